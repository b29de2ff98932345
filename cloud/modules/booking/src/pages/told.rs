//! `/bookings/{id}/told`: who must know of a booking, chosen by an officer, with what is written to them and what they were
//! told when.

use std::collections::BTreeSet;

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{CONTACT_MESSAGE_CHARS_MAX, State};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn, TenantTx};
use cloud_ui::{Badge, Button, Card, Checkbox, EmptyState, ErrorSummary, Field, Lang, Notice, Tone, When, t};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::{BookingId, ContactId};

use super::booking_href;
use super::contacts::role_name;
use crate::contacts::{choose as choose_contacts, of_booking};
use crate::store::contacts::{self as rows, Contact, Told};
use crate::store::{self, Booking};

/// Who must know of a booking, with what they were told.
pub(super) struct Knowing {
    contacts: Vec<Contact>,
    must: BTreeSet<ContactId>,
    told: Vec<Told>,
    message: Option<String>,
}

impl Knowing {
    pub(super) async fn read(tx: &mut TenantTx, booking: &Booking) -> Result<Self, Failure> {
        let (contacts, must) = of_booking(tx, booking).await?;
        let told = rows::told(tx, booking.id).await?;
        let message = rows::message(tx, booking.id).await?;
        Ok(Self { contacts, must, told, message })
    }

    /// The latest that a contact was told.
    fn latest(&self, contact: ContactId) -> Option<&Told> {
        self.told.iter().find(|told| told.contact == contact)
    }

    /// On the booking's page.
    pub(super) fn card(&self, visit: &Visit, when: &When, booking: &Booking) -> Markup {
        let lang = visit.lang;
        let knowing: Vec<&Contact> =
            self.contacts.iter().filter(|contact| self.must.contains(&contact.id)).collect();
        let body = html! {
            @if knowing.is_empty() {
                p { (t(lang, "contacts-told-nobody", &[])) }
            } @else {
                ul {
                    @for contact in knowing {
                        li {
                            (contact.name) ", " (role_name(lang, contact.role)) " "
                            (badge(lang, when, booking, self.latest(contact.id)))
                        }
                    }
                }
            }
            @if let Some(message) = &self.message { p.quiet { (message) } }
            p { (Button::quiet(&t(lang, "contacts-told-choose", &[])).href(&format!("{}/told", booking_href(booking.id)))) }
        };
        html! { (Card::new("told", &t(lang, "contacts-told-title", &[]), body)) }
    }
}

/// What somebody was told last, and when.
fn badge(lang: Lang, when: &When, booking: &Booking, told: Option<&Told>) -> Badge {
    let Some(told) = told else {
        let text = match booking.status.state() {
            State::Confirmed => t(lang, "contacts-told-not-yet", &[]),
            State::Held | State::Requested | State::Refused | State::Cancelled => {
                t(lang, "contacts-told-when-agreed", &[])
            }
        };
        return Badge::new(Tone::Waiting, &text);
    };
    let time = when.near_clock(told.at);
    match told.status.as_str() {
        "queued" => Badge::new(Tone::Waiting, &t(lang, "contacts-told-queued", &[])),
        "sent" => match told.kind.as_str() {
            "contact_cancelled" => {
                Badge::new(Tone::Good, &t(lang, "contacts-told-cancelled", &[("time", &time)]))
            }
            "contact_changed" => {
                Badge::new(Tone::Good, &t(lang, "contacts-told-changed", &[("time", &time)]))
            }
            "contact_released" => {
                Badge::new(Tone::Good, &t(lang, "contacts-told-released", &[("time", &time)]))
            }
            _ => Badge::new(Tone::Good, &t(lang, "contacts-told-sent", &[("time", &time)])),
        },
        _ => Badge::new(Tone::Warning, &t(lang, "contacts-told-failed", &[("time", &time)])),
    }
}

/// A booking of the officer's authority; to everybody else there is none.
async fn booking_of(tx: &mut TenantTx, officer: &SignedIn, id: BookingId) -> Result<Booking, Failure> {
    let booking = store::find(tx, id).await?.ok_or(Failure::NotFound)?;
    if officer.roles.contains(&(booking.authority, Role::Officer)) {
        Ok(booking)
    } else {
        Err(Failure::NotFound)
    }
}

/// The choice.
pub async fn show(visit: Visit, Path(id): Path<BookingId>) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let booking = booking_of(&mut tx, officer, id).await?;
    let knowing = Knowing::read(&mut tx, &booking).await?;
    tx.commit().await?;
    let message = knowing.message.clone().unwrap_or_default();
    let errors = ErrorSummary::new(visit.lang);
    Ok(answer(&visit, StatusCode::OK, &booking, &knowing, &knowing.must, &message, &errors))
}

/// Chooses.
pub async fn choose(
    visit: Visit,
    Path(id): Path<BookingId>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = sent.map_err(|_| Failure::BadRequest("a choice that no page of ours has"))?;
    let officer = visit.staff(Role::Officer)?;
    let mut wanted = BTreeSet::new();
    let mut message = String::new();
    for (name, value) in fields {
        match name.as_str() {
            "contact" => wanted.extend(value.parse::<ContactId>().ok()),
            "message" => value.trim().clone_into(&mut message),
            _ => {}
        }
    }
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let booking = booking_of(&mut tx, officer, id).await?;
    if message.chars().count() > CONTACT_MESSAGE_CHARS_MAX {
        let knowing = Knowing::read(&mut tx, &booking).await?;
        let text = t(visit.lang, "booking-error-text-long", &[("most", &CONTACT_MESSAGE_CHARS_MAX)]);
        let errors = ErrorSummary::new(visit.lang).error("message", &text);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(answer(&visit, status, &booking, &knowing, &wanted, &message, &errors));
    }
    let message = Some(message.as_str()).filter(|message| !message.is_empty());
    choose_contacts(tx, officer.person, &booking, &wanted, message).await?;
    Ok(Redirect::to(&format!("{}/told?done=chosen", booking_href(id))).into_response())
}

fn answer(
    visit: &Visit,
    status: StatusCode,
    booking: &Booking,
    knowing: &Knowing,
    chosen: &BTreeSet<ContactId>,
    message: &str,
    errors: &ErrorSummary,
) -> Response {
    let (lang, when) = (visit.lang, visit.when());
    let body = html! {
        @if knowing.contacts.is_empty() {
            (EmptyState::new(&t(lang, "contacts-told-no-contacts", &[]), &t(lang, "contacts-told-no-contacts-hint", &[]))
                .action(Button::quiet(&t(lang, "contacts-new", &[])).href("/contacts/new")))
        } @else {
            form method="post" action={ (booking_href(booking.id)) "/told" } {
                fieldset.field {
                    legend { (t(lang, "contacts-told-who", &[])) }
                    @for contact in &knowing.contacts {
                        @let name = format!("{}, {}", contact.name, role_name(lang, contact.role));
                        (Checkbox::new("contact", &name).value(&contact.id.to_string())
                            .checked(chosen.contains(&contact.id)))
                    }
                }
                (Field::long_text("message", &t(lang, "contacts-told-message", &[]))
                    .hint(&t(lang, "contacts-told-message-hint", &[])).value(message).error(errors.of("message")))
                p.quiet { (t(lang, "contacts-told-effect", &[])) }
                p.actions { (Button::primary(&t(lang, "contacts-told-save", &[]))) }
            }
        }
        @if !knowing.told.is_empty() {
            (Card::new("letters", &t(lang, "contacts-told-letters", &[]), html! {
                ul {
                    @for told in &knowing.told {
                        @let name = knowing.contacts.iter().find(|contact| contact.id == told.contact)
                            .map_or_else(|| t(lang, "contacts-told-gone", &[]), |contact| contact.name.clone());
                        li { (name) " " (badge(lang, &when, booking, Some(told))) }
                    }
                }
            }))
        }
    };
    let number = booking.number.to_string();
    let mut page = visit
        .page(&t(lang, "contacts-told-title", &[]))
        .crumb(&t(lang, "booking-title", &[("number", &number)]), &booking_href(booking.id));
    if visit.uri.query() == Some("done=chosen") {
        page = page.notice(Notice::success(&t(lang, "contacts-told-done", &[])));
    }
    (status, page.errors(errors.clone()).body(body).render()).into_response()
}
