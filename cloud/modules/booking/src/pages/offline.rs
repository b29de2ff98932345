//! `/bookings/{id}/access/offline`: the off-line codes alone, for a page that hears that the hall fell silent while
//! somebody looks at it. Asked for by the page's script; without it the whole page is loaded anew.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use booking_domain::State;
use cloud_contracts::{OfflineAccess, OfflineCode, OfflineGiven};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{Lang, OfflineCodes, OfflineEntry, OfflineShown, When};
use http::header;
use maud::Render;
use protocols_ids::{BookingId, PersonId};
use serde_json::json;

use super::{Right, facility_of, seen_booking, when_at};
use crate::Ports;
use crate::store::Booking;

/// The codes, for those who enter by them.
pub async fn codes(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    if right != Right::Own || booking.status.state() != State::Confirmed {
        return Err(Failure::NotFound);
    }
    let facility = facility_of(&mut tx, &ports, &booking).await?;
    let access = read(&mut tx, &ports, person.person, &booking).await?;
    tx.commit().await?;
    let shown = shown(visit.lang, &when_at(&visit, facility.as_ref()), &booking, &access);
    Ok(([(header::CACHE_CONTROL, "no-store")], shown.render()).into_response())
}

/// What opens the doors of a confirmed booking without the gateway having heard of it, for somebody who enters by
/// it. That digits were read is audited.
pub(super) async fn read(
    tx: &mut TenantTx,
    ports: &Ports,
    person: PersonId,
    booking: &Booking,
) -> Result<OfflineAccess, Failure> {
    let access = ports.offline.of_booking(tx, booking.id).await?;
    let digits = |code: &OfflineCode| matches!(code.given, OfflineGiven::Digits { .. });
    if access.codes.iter().any(digits) {
        let detail = json!({ "number": booking.number });
        tx.audit(Actor::Person(person), "access.offline_code_read", Some(booking.id.uuid()), &detail).await?;
    }
    Ok(access)
}

/// The codes in words.
pub(super) fn shown(lang: Lang, when: &When, booking: &Booking, access: &OfflineAccess) -> OfflineCodes {
    let several = booking.times.len() > 1;
    let entry = |code: &OfflineCode| OfflineEntry {
        time: several.then(|| when.span(code.starts_at, code.ends_at)),
        valid: when.span(code.opens_at, code.closes_at),
        door: code.doors.join(", "),
        shown: match &code.given {
            OfflineGiven::Digits { digits, taken_from } => OfflineShown::Digits {
                code: digits.text().to_owned(),
                // Before the time opens the door there is nothing to wait for.
                taken_from: (*taken_from > when.now && *taken_from > code.opens_at)
                    .then(|| when.near_clock(*taken_from)),
            },
            OfflineGiven::TooLong => OfflineShown::TooLong,
            OfflineGiven::NoneLeft => OfflineShown::NoneLeft,
        },
    };
    OfflineCodes { lang, entries: access.codes.iter().map(entry).collect() }
}
