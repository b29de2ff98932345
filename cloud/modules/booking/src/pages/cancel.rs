//! `/bookings/{id}/cancel`: says what cancelling does and costs now, then does it.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Asked, State};
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Facts, Notice, t};
use http::StatusCode;
use maud::html;
use protocols_ids::BookingId;

use super::{Right, booking_href, place_name, seen_booking, when_at};
use crate::Ports;
use crate::change::{asked_of, latest_change};
use crate::place::place_at;
use crate::places::Places;
use crate::store::{Booking, Time};
use crate::{book, store};

/// The question.
pub async fn ask(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    let places = Places::of_booking(&mut tx, &ports, &booking).await?;
    tx.commit().await?;
    if right != Right::Own {
        return Err(Failure::NotFound);
    }
    let held = booking.status.state() == State::Held;
    if held || booking.status.cancel(booking.ends_at(), visit.kernel.now()).is_err() {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    }
    let late = too_late(&mut visit.begin().await?, &ports, &places, &booking).await?;
    let (lang, when) = (visit.lang, when_at(&visit, places.first()));
    let mut facts = Facts::new();
    for time in &booking.times {
        let what = place_name(lang, places.at(time.resource), time.resource);
        facts = facts.row(&when.span(time.span.starts_at(), time.span.ends_at()), what);
    }
    let body = html! {
        (facts)
        @if late {
            (Notice::warning(&t(lang, "booking-change-late", &[])))
        } @else {
            (Notice::info(&t(lang, "booking-cancel-effect", &[])).more(&t(lang, "booking-cancel-cost", &[])))
            form method="post" action={ (booking_href(id)) "/cancel" } {
                (Button::danger(&t(lang, "booking-cancel", &[])))
            }
        }
        p.actions { (Button::quiet(&t(lang, "booking-keep", &[])).href(&booking_href(id))) }
    };
    let title = t(lang, "booking-cancel-title", &[]);
    let page = visit
        .page(&title)
        .crumb(&t(lang, "booking-mine-title", &[]), "/bookings")
        .crumb(&t(lang, "booking-title", &[("number", &booking.number.to_string())]), &booking_href(id));
    Ok(page.body(body).render().into_response())
}

/// The deed. Again, or too late: the booking's page says how it is.
pub async fn carry_out(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    if right != Right::Own {
        return Err(Failure::NotFound);
    }
    let to = Redirect::to(&booking_href(id));
    if booking.status.state() == State::Held {
        // A hold is let go on its own page.
        return Ok(to.into_response());
    }
    let places = Places::of_booking(&mut tx, &ports, &booking).await?;
    if too_late(&mut tx, &ports, &places, &booking).await? {
        return Ok(Redirect::to(&format!("{}/cancel", booking_href(id))).into_response());
    }
    match booking.status.cancel(booking.ends_at(), tx.now()) {
        Ok(_) => {
            let at = tx.now();
            book::cancel(tx, &ports, person.person, &booking, at).await?;
            Ok(to.into_response())
        }
        Err(refused) => {
            tracing::info!(%refused, booking = %id, "not cancelled");
            Ok((StatusCode::SEE_OTHER, to).into_response())
        }
    }
}

/// Whether a rule leaves it to the municipality by now: each time that is to come is given up with the others.
pub(super) async fn too_late(
    tx: &mut TenantTx,
    ports: &Ports,
    places: &Places,
    booking: &Booking,
) -> Result<bool, Failure> {
    let asked: Vec<Asked> = booking.times.iter().map(asked_of).collect();
    let place = place_at(tx, ports.facilities.as_ref(), places.all(), &asked).await?;
    let (Some(place), now) = (place, tx.now()) else { return Ok(false) };
    let late = |time: &Time| {
        let minutes = place.rules_of(&asked_of(time)).map_or(0, |rules| rules.cancel_minutes);
        minutes > 0 && time.span.ends_at() > now && latest_change(time.span.starts_at(), minutes) <= now
    };
    Ok(booking.times.iter().any(late))
}
