//! What a change of many did to a booking, on its page; and the answer to what it is offered instead, in one tap.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::Facility;
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, Notice, t};
use maud::{Markup, html};
use protocols_ids::{BookingId, OccurrenceId};
use serde::Deserialize;

use super::many::done::offer_badge;
use super::{Right, booking_href, place_name, seen_booking, when_at};
use crate::Ports;
use crate::mass::offers::{Answered, answer as answer_offer};
use crate::store::mass::{self as rows, Answer, Changed};
use crate::store::{self, Booking, Time};

/// The answer.
#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    answer: String,
}

/// Takes or declines an offered time. Again, or too late: the booking's page says how it is.
pub async fn answer(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((id, time)): Path<(BookingId, OccurrenceId)>,
    sent: Result<Form<Sent>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("an answer that no page of ours has"))?;
    let takes = match sent.answer.as_str() {
        "take" => true,
        "decline" => false,
        _ => return Err(Failure::BadRequest("an answer that is neither yes nor no")),
    };
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    if right != Right::Own {
        return Err(Failure::NotFound);
    }
    let done = match answer_offer(tx, &ports, person.person, &booking, time, takes).await? {
        Answered::Taken => "taken",
        Answered::Declined => "declined",
        Answered::Gone => "gone",
    };
    Ok(Redirect::to(&format!("{}?offer={done}", booking_href(id))).into_response())
}

/// What happened to a booking, with the facilities of what it is offered: nothing for most.
pub(super) struct Story {
    changed: Vec<Changed>,
    facilities: Vec<Facility>,
}

impl Story {
    pub(super) async fn read(tx: &mut TenantTx, ports: &Ports, booking: BookingId) -> Result<Self, Failure> {
        let changed = rows::changed(tx, None, Some(booking)).await?;
        let facilities = if changed.is_empty() { Vec::new() } else { ports.facilities.all(tx).await? };
        Ok(Self { changed, facilities })
    }

    /// The card, and what came of an answer.
    pub(super) fn card(&self, visit: &Visit, booking: &Booking, right: Right) -> Markup {
        let lang = visit.lang;
        let answered = visit.uri.query().and_then(|query| query.strip_prefix("offer="));
        let told = match answered {
            Some("taken") => html! { (Notice::success(&t(lang, "booking-offer-took", &[]))) },
            Some("declined") => html! { (Notice::success(&t(lang, "booking-offer-refused", &[]))) },
            Some("gone") => html! {
                (Notice::warning(&t(lang, "booking-offer-gone", &[])).more(&t(lang, "booking-offer-gone-next", &[])))
            },
            Some(_) | None => html! {},
        };
        if self.changed.is_empty() {
            return told;
        }
        let list = html! {
            ul.list { @for one in &self.changed { li { (self.one(visit, booking, one, right)) } } }
        };
        html! { (told) (Card::new("changes", &t(lang, "booking-offer-title", &[]), list)) }
    }

    /// Whether an offer waits for an answer.
    pub(super) fn waits(&self, visit: &Visit) -> bool {
        let now = visit.kernel.now();
        let open = |offer: rows::Offer| offer.answer == Answer::Open && offer.until > now;
        self.changed.iter().any(|one| one.offer.is_some_and(open))
    }

    fn says(&self, visit: &Visit, time: &Time) -> String {
        let at = self.facilities.iter().find(|one| one.resource(time.resource).is_some());
        let when = when_at(visit, at);
        let place = place_name(visit.lang, at, time.resource);
        format!("{}, {place}", when.span(time.span.starts_at(), time.span.ends_at()))
    }

    fn one(&self, visit: &Visit, booking: &Booking, one: &Changed, right: Right) -> Markup {
        let lang = visit.lang;
        let old = self.says(visit, &one.time);
        let what = match (&one.moved_to, one.displaced) {
            (Some(to), _) => t(lang, "booking-offer-moved", &[("old", &old), ("new", &self.says(visit, to))]),
            (None, true) => t(lang, "booking-offer-displaced", &[("old", &old)]),
            (None, false) => t(lang, "booking-offer-cancelled", &[("old", &old)]),
        };
        html! {
            p { (what) }
            @if !one.reason.is_empty() { p { (t(lang, "booking-offer-reason", &[("reason", &one.reason)])) } }
            @if let Some(offer) = one.offer {
                @let facility = self.facilities.iter().find(|one| one.resource(offer.resource).is_some());
                @let place = facility.map_or(one.time.facility, |facility| facility.id);
                @let new = self.says(visit, &offer.time(one.time.id, place));
                @let open = offer.answer == Answer::Open && offer.until > visit.kernel.now();
                p { strong { (t(lang, "booking-offer-new", &[("new", &new)])) } " " (offer_badge(lang, offer, visit.kernel.now())) }
                @if open {
                    p { (t(lang, "booking-offer-until", &[("time", &when_at(visit, facility).day_and_clock(offer.until))])) }
                    @if right == Right::Own {
                        form method="post" action={ (booking_href(booking.id)) "/offers/" (one.time.id) } {
                            p.actions {
                                (Button::primary(&t(lang, "booking-offer-take", &[])).about(&new).value("answer", "take"))
                                " "
                                (Button::quiet(&t(lang, "booking-offer-decline", &[])).about(&new).value("answer", "decline"))
                            }
                        }
                    }
                }
            }
        }
    }
}
