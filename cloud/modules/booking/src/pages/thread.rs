//! `/bookings/{id}/thread`: what officers and who booked write to each other about a booking, and what else who booked was
//! told, by which channel, and whether it arrived.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::State;
use cloud_contracts::BookingWritten;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, TenantTx};
use cloud_ui::{Badge, Button, Card, ErrorSummary, Field, Lang, LinkCard, Notice, Tone, t};
use http::StatusCode;
use jiff::SignedDuration;
use maud::{Markup, html};
use protocols_ids::{AuthorityId, BookingId};
use serde::Deserialize;
use serde_json::json;

use super::{booking_href, seen_booking};
use crate::Ports;
use crate::store::thread::{self as rows, THREAD_MAX, Text, Told};
use crate::store::{self, Booking};

/// Characters of a text at most: as many as an enquiry's.
const TEXT_CHARS_MAX: usize = 2000;
/// For so long a customer's text stands among what waits for an answer; some need none.
const WAITS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Where it is.
pub(super) fn href(booking: BookingId) -> String {
    format!("{}/thread", booking_href(booking))
}

/// What is written.
#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    text: String,
}

fn kind_words(lang: Lang, told: &Told, number: &str) -> String {
    match (told.kind.as_str(), told.about.as_deref()) {
        (_, Some("rearranged")) => t(lang, "messages-kind-rearranged", &[("number", &number)]),
        (_, Some("closed")) => t(lang, "messages-kind-closed", &[("number", &number)]),
        (_, Some("opened")) => t(lang, "messages-kind-opened", &[("number", &number)]),
        (_, Some(_)) => t(lang, "messages-kind-written", &[("number", &number)]),
        ("booking_requested", None) => t(lang, "messages-kind-requested", &[("number", &number)]),
        ("booking_confirmed", None) => t(lang, "messages-kind-confirmed", &[("number", &number)]),
        ("booking_refused", None) => t(lang, "messages-kind-refused", &[("number", &number)]),
        ("booking_cancelled", None) => t(lang, "messages-kind-cancelled", &[("number", &number)]),
        (_, None) => t(lang, "messages-kind-changed", &[("number", &number)]),
    }
}

fn state(lang: Lang, told: &Told) -> Badge {
    match (told.status.as_str(), told.delivery.as_deref()) {
        ("queued", _) => Badge::new(Tone::Waiting, &t(lang, "messages-state-queued", &[])),
        ("sent", Some("arrived")) => Badge::new(Tone::Good, &t(lang, "messages-state-arrived", &[])),
        ("sent", Some(_)) => Badge::new(Tone::Warning, &t(lang, "messages-state-lost", &[])),
        ("sent", None) => Badge::new(Tone::Good, &t(lang, "messages-state-sent", &[])),
        _ => Badge::new(Tone::Warning, &t(lang, "messages-state-unsent", &[])),
    }
}

fn channel(lang: Lang, told: &Told) -> String {
    match told.channel.as_str() {
        "sms" => t(lang, "messages-by-sms", &[]),
        _ => t(lang, "messages-by-email", &[]),
    }
}

struct Screen<'a> {
    visit: &'a Visit,
    booking: Booking,
    /// Whether the reader writes as an officer: of the authority, and not about what they booked themselves.
    staff: bool,
    texts: Vec<Text>,
    told: Vec<Told>,
}

impl<'a> Screen<'a> {
    async fn read(
        visit: &'a Visit,
        tx: &mut TenantTx,
        ports: &Ports,
        id: BookingId,
    ) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let (booking, _) = seen_booking(tx, ports, person, id).await?;
        let decides = person.roles.contains(&(booking.authority, Role::Officer));
        let staff = decides && booking.booker != person.person;
        if booking.status.state() == State::Held {
            return Err(Failure::NotFound);
        }
        let texts = rows::of_booking(tx, id).await?;
        let told = rows::told(tx, id).await?;
        Ok(Self { visit, booking, staff, texts, told })
    }

    fn answer(&self, status: StatusCode, typed: &str, errors: &ErrorSummary) -> Response {
        let (lang, when) = (self.visit.lang, self.visit.when());
        let number = self.booking.number.to_string();
        let hint = if self.staff {
            t(lang, "booking-thread-hint-officer", &[("customer", &self.booking.customer_name)])
        } else {
            t(lang, "booking-thread-hint-own", &[])
        };
        let body = html! {
            @if !self.texts.is_empty() {
                (Card::new("thread", &t(lang, "booking-thread-texts", &[]), html! {
                    ul {
                        @for one in &self.texts {
                            li {
                                @for line in one.words.lines() { (line) br; }
                                span.quiet {
                                    (one.author) @if one.staff { ", " (t(lang, "enquiry-staff", &[])) }
                                    ", " (when.near_clock(one.at))
                                }
                            }
                        }
                    }
                }))
            }
            form method="post" action=(href(self.booking.id)) {
                (Field::long_text("text", &t(lang, "booking-thread-write", &[])).hint(&hint).value(typed)
                    .error(errors.of("text")).required())
                p.actions { (Button::primary(&t(lang, "booking-thread-send", &[]))) }
            }
            @if !self.told.is_empty() {
                (Card::new("told-booker", &t(lang, "booking-thread-told", &[]), html! {
                    ul {
                        @for one in &self.told {
                            li {
                                (kind_words(lang, one, &number)) " " (state(lang, one)) br;
                                span.quiet { (t(lang, "messages-how", &[("time", &when.near_clock(one.at)), ("channel", &channel(lang, one))])) }
                            }
                        }
                    }
                }))
            }
        };
        let mut page = self
            .visit
            .page(&t(lang, "booking-thread-title", &[]))
            .crumb(&t(lang, "booking-title", &[("number", &number)]), &booking_href(self.booking.id));
        if errors.is_empty() && self.visit.uri.query() == Some("done=sent") {
            page = page.notice(Notice::success(&t(lang, "booking-thread-sent", &[])));
        }
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }
}

/// The thread.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &ports, id).await?;
    tx.commit().await?;
    Ok(screen.answer(StatusCode::OK, "", &ErrorSummary::new(visit.lang)))
}

/// Writes; what an officer writes is told to who booked.
pub async fn write(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Sent>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a text that no page of ours has"))?;
    let person = visit.signed_in()?.person;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let screen = Screen::read(&visit, &mut tx, &ports, id).await?;
    let text = sent.text.trim().replace("\r\n", "\n");
    let errors = ErrorSummary::new(lang);
    let errors = if text.is_empty() {
        errors.error("text", &t(lang, "enquiry-error-text", &[]))
    } else if text.chars().count() > TEXT_CHARS_MAX {
        errors.error("text", &t(lang, "booking-error-text-long", &[("most", &TEXT_CHARS_MAX)]))
    } else {
        let staff = screen.staff;
        match rows::write(&mut tx, id, (person, staff), &text).await? {
            Some(text) => {
                let detail = json!({ "text": text, "staff": staff });
                tx.audit(Actor::Person(person), "booking.written", Some(id.uuid()), &detail).await?;
                if staff {
                    tx.emit(&BookingWritten { booking: id, text }).await?;
                }
                tx.commit().await?;
                return Ok(Redirect::to(&format!("{}?done=sent", href(id))).into_response());
            }
            None => errors.error("text", &t(lang, "booking-thread-full", &[("most", &THREAD_MAX)])),
        }
    };
    Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &sent.text, &errors))
}

/// Bookings whose customers wait for an answer, on the page of what needs a decision.
pub(super) async fn waiting(
    visit: &Visit,
    tx: &mut TenantTx,
    authorities: &[AuthorityId],
) -> Result<Markup, Failure> {
    let since = tx.now().saturating_sub(WAITS).unwrap_or(tx.now());
    let waiting = rows::waiting(tx, authorities, since).await?;
    let (lang, when) = (visit.lang, visit.when());
    let card = |one: &rows::Waiting| {
        let title = t(lang, "booking-title", &[("number", &one.number.to_string())]);
        let begin: String = one.text.chars().take(120).collect();
        LinkCard::new(&title, &href(one.booking))
            .line(&format!("{}, {}", one.customer_name, when.near_clock(one.at)))
            .line(&begin)
    };
    let cards: Vec<LinkCard> = waiting.iter().map(card).collect();
    Ok(html! {
        @if !cards.is_empty() {
            (Card::new("written", &t(lang, "booking-thread-waiting", &[]), LinkCard::list(&cards)))
        }
    })
}
