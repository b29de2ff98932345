//! `/bookings/{id}/cancel`: says what cancelling does and costs now, then does it; of a booking of several times also for
//! some of them.

use axum::Extension;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Cancellation, State};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Facts, Lang, Notice, amount, date_words, t};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::{BookingId, OccurrenceId};

use super::rule_words::fee_words;
use super::{Right, booking_href, place_name, seen_booking, when_at};
use crate::Ports;
use crate::change::{Change, change};
use crate::places::Places;
use crate::store::{Booking, Time};
use crate::terms::{Standing, standing};
use crate::{book, store};

/// The times that are chosen; none are all of them. What is no time of the booking is as if it were not there.
fn chosen(booking: &Booking, pairs: &[(String, String)]) -> Vec<Time> {
    let ids: Vec<OccurrenceId> =
        pairs.iter().filter(|(name, _)| name == "time").filter_map(|(_, value)| value.parse().ok()).collect();
    let times: Vec<Time> = booking.times.iter().filter(|time| ids.contains(&time.id)).copied().collect();
    if times.is_empty() { booking.times.clone() } else { times }
}

/// Where some times of a booking are cancelled.
pub(super) fn href(booking: BookingId, times: &[Time]) -> String {
    let times: Vec<String> = times.iter().map(|time| format!("time={}", time.id)).collect();
    format!("{}/cancel?{}", booking_href(booking), times.join("&"))
}

/// The question.
pub async fn ask(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    let places = Places::of_booking(&mut tx, &ports, &booking).await?;
    let times = chosen(&booking, &pairs);
    let standing = standing(&mut tx, &ports, &booking, &times).await?;
    tx.commit().await?;
    if right != Right::Own {
        return Err(Failure::NotFound);
    }
    let held = booking.status.state() == State::Held;
    if held || booking.status.cancel(booking.ends_at(), visit.kernel.now()).is_err() {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    }
    Ok(question(&visit, &booking, &places, &times, &standing))
}

fn question(
    visit: &Visit,
    booking: &Booking,
    places: &Places,
    times: &[Time],
    standing: &Standing,
) -> Response {
    let (lang, when, href) = (visit.lang, when_at(visit, places.first()), booking_href(booking.id));
    let mut facts = Facts::new();
    for time in times {
        let what = place_name(lang, places.at(time.resource), time.resource);
        facts = facts.row(&when.span(time.span.starts_at(), time.span.ends_at()), what);
    }
    let keep = Button::quiet(&t(lang, "booking-keep", &[])).href(&href);
    let body = html! {
        (facts)
        @if standing.too_late {
            (Notice::warning(&t(lang, "booking-cancel-late", &[])).more(&t(lang, "booking-cancel-late-more", &[])))
        } @else {
            (cost(lang, &standing.cost))
            @if let Some(until) = standing.free_until.filter(|_| standing.cost.is_free()) {
                p { (t(lang, "booking-cancel-free-until", &[("day", &date_words(lang, until, when.today()))])) }
            }
        }
        div.actions {
            @if !standing.too_late {
                form.inline method="post" action={ (href) "/cancel" } {
                    @if times.len() < booking.times.len() {
                        @for time in times { input type="hidden" name="time" value=(time.id); }
                    }
                    (Button::danger(&t(lang, "booking-cancel", &[])))
                }
            }
            (keep)
        }
    };
    let page = visit
        .page(&t(lang, "booking-cancel-title", &[]))
        .crumb(&t(lang, "booking-mine-title", &[]), "/bookings")
        .crumb(&t(lang, "booking-title", &[("number", &booking.number.to_string())]), &href);
    page.body(body).render().into_response()
}

/// What cancelling does, and what it costs now by which terms.
fn cost(lang: Lang, cost: &Cancellation) -> Markup {
    let effect = t(lang, "booking-cancel-effect", &[]);
    if cost.is_free() {
        return html! { (Notice::info(&effect).more(&t(lang, "booking-cancel-cost", &[]))) };
    }
    let said = match cost.ore {
        Some(ore) => {
            let due = amount(lang, i64::try_from(ore).unwrap_or(i64::MAX));
            t(lang, "booking-cancel-due", &[("due", &due)])
        }
        None => t(lang, "booking-cancel-due-unknown", &[]),
    };
    html! {
        (Notice::warning(&effect).more(&said))
        ul { @for step in &cost.steps { li { (fee_words(lang, step, true)) } } }
    }
}

/// The deed. Again, or too late: the booking's page says how it is.
pub async fn carry_out(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    // A form without fields is one without a type, too.
    let pairs = sent.map(|Form(pairs)| pairs).unwrap_or_default();
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
    if let Err(refused) = booking.status.cancel(booking.ends_at(), tx.now()) {
        tracing::info!(%refused, booking = %id, "not cancelled");
        return Ok((StatusCode::SEE_OTHER, to).into_response());
    }
    let times = chosen(&booking, &pairs);
    let places = Places::of_booking(&mut tx, &ports, &booking).await?;
    let standing = standing(&mut tx, &ports, &booking, &times).await?;
    if standing.too_late {
        let page = question(&visit, &booking, &places, &times, &standing);
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    if times.len() < booking.times.len() {
        let give_up = times.iter().map(|time| time.id).collect();
        let wanted = Change { person: person.person, officer: false, give_up, take: Vec::new() };
        // Whoever was quicker has changed the booking: its page says how it is.
        change(tx, &ports, id, &wanted).await?;
    } else {
        let at = tx.now();
        book::cancel(tx, &ports, person.person, &booking, at).await?;
    }
    Ok(to.into_response())
}
