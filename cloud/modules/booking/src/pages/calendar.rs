//! `/bookings/{id}/calendar.ics`: the times for one's own calendar, without the code.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use booking_domain::State;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::calendar::{self, Event, Method, Organizer};
use cloud_ui::t;
use http::header;
use protocols_ids::BookingId;

use super::{booking_href, place_name, seen_booking};
use crate::Ports;
use crate::places::Places;

/// The file.
pub async fn file(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (booking, _) = seen_booking(&mut tx, &ports, person, id).await?;
    let places = Places::of_booking(&mut tx, &ports, &booking).await?;
    tx.commit().await?;

    let service = visit.kernel.service();
    let host = &visit.tenant.host;
    let page = service.url(host, &booking_href(id));
    let cancelled = booking.status.state() == State::Cancelled;
    let method = if cancelled { Method::Cancel } else { Method::Publish };
    let events: Vec<Event> = booking
        .times
        .iter()
        .map(|time| Event {
            uid: format!("{}@{host}", time.id),
            sequence: u32::from(cancelled),
            starts_at: time.span.starts_at(),
            ends_at: time.span.ends_at(),
            summary: format!(
                "{}: {}",
                place_name(visit.lang, places.at(time.resource), time.resource),
                booking.purpose
            ),
            location: places.at(time.resource).map(|facility| {
                let address = facility.address.as_deref();
                address.map_or(facility.name.clone(), |address| format!("{}, {address}", facility.name))
            }),
            description: Some(t(visit.lang, "booking-calendar-code", &[])),
            url: Some(page.clone()),
        })
        .collect();
    let organizer = Organizer { name: visit.tenant.name.clone(), uri: service.url(host, "/") };
    let text = calendar::file(method, &organizer, visit.kernel.now(), &events);
    let kind = format!("text/calendar; charset=utf-8; method={}", method.as_str());
    let name = format!("attachment; filename=\"{}.ics\"", booking.number);
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], text).into_response())
}
