//! `/desk/requests`: what waits for an officer's decision, those with priority first, then the oldest; the decision; and notes among staff.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Accessory, Particulars};
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, SignedIn, TenantTx};
use cloud_ui::{
    Badge, Button, Card, EmptyState, ErrorSummary, Facts, Field, LinkCard, Notice, Select, Tone, date_words,
    t,
};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::{BookingId, FacilityId};
use serde::Deserialize;
use serde_json::json;

use super::words::{accessories_text, particulars_facts, purpose_kind_name};
use super::{booking_href, enquiry, place_name, thread, when_at};
use crate::Ports;
use crate::book::{approve, refuse};
use crate::extras;
use crate::places::Places;
use crate::store::decision::{self, Note, QUEUE_MAX, Ruling};
use crate::store::delegations::{self, Delegation};
use crate::store::{self, Booking, extras as rows};

/// A reason or a note at most, in characters.
const TEXT_CHARS_MAX: usize = 2000;

/// The queue.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let authorities: Vec<_> = officer
        .roles
        .iter()
        .filter(|(_, role)| *role == Role::Officer)
        .map(|(authority, _)| *authority)
        .collect();
    let mut tx = visit.begin().await?;
    let queue = decision::queue(&mut tx, &authorities).await?;
    let groups = decision::groups(&mut tx, &queue).await?;
    let facilities: BTreeMap<FacilityId, Facility> =
        ports.facilities.all(&mut tx).await?.into_iter().map(|facility| (facility.id, facility)).collect();
    let enquiries = enquiry::waiting(&visit, &mut tx, &facilities, &authorities).await?;
    let written = thread::waiting(&visit, &mut tx, &authorities).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let cards: Vec<LinkCard> = queue
        .iter()
        .map(|booking| {
            let card = card(&visit, &facilities, booking);
            match groups.get(&booking.id) {
                Some(name) => card.line(&t(lang, "booking-requests-priority", &[("name", name)])),
                None => card,
            }
        })
        .collect();
    let body = html! {
        @if cards.is_empty() {
            (EmptyState::new(&t(lang, "booking-requests-empty", &[]), &t(lang, "booking-requests-empty-hint", &[]))
                .action(Button::quiet(&t(lang, "booking-day-title", &[])).href("/desk")))
        } @else {
            @if i64::try_from(cards.len()).is_ok_and(|count| count >= QUEUE_MAX) {
                (Notice::info(&t(lang, "booking-requests-more", &[("count", &QUEUE_MAX)])))
            }
            (LinkCard::list(&cards))
        }
        (written)
        (enquiries)
    };
    let lead = t(lang, "booking-requests-lead", &[]);
    Ok(visit.page(&t(lang, "booking-requests-title", &[])).lead(&lead).body(body).render())
}

fn card(visit: &Visit, facilities: &BTreeMap<FacilityId, Facility>, booking: &Booking) -> LinkCard {
    let lang = visit.lang;
    let facility = booking.times.first().and_then(|time| facilities.get(&time.facility));
    let when = when_at(visit, facility);
    let title = match booking.times.first() {
        Some(time) => format!(
            "{}: {}",
            when.span(time.span.starts_at(), time.span.ends_at()),
            place_name(lang, facility, time.resource)
        ),
        None => booking.number.to_string(),
    };
    let kind = purpose_kind_name(lang, booking.purpose_kind);
    let mut card = LinkCard::new(&title, &format!("{}/decide", booking_href(booking.id)))
        .line(&format!("{} · {kind} · {}", booking.customer_name, booking.purpose));
    if booking.times.len() > 1 {
        card = card.line(&t(lang, "booking-times-count", &[("count", &booking.times.len())]));
    }
    for reason in booking.approval_reasons.iter().filter(|reason| !reason.is_empty()) {
        card = card.line(reason);
    }
    match booking.decide_by {
        Some(day) if day < when.today() => {
            card.badge(Badge::new(Tone::Warning, &t(lang, "booking-decide-late", &[])))
        }
        Some(day) => {
            let day = date_words(lang, day, when.today());
            card.badge(Badge::new(Tone::Waiting, &t(lang, "booking-decide-by", &[("day", &day)])))
        }
        None => card,
    }
}

/// One request, and the two buttons.
pub async fn ask(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let booking = request_of(&mut tx, officer, id).await?;
    let screen = Screen::read(&visit, &mut tx, &ports, booking).await?;
    tx.commit().await?;
    Ok(screen.answer(StatusCode::OK, &ErrorSummary::new(visit.lang), ""))
}

/// What was decided.
#[derive(Deserialize)]
pub struct Answer {
    decision: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    delegation: String,
}

/// Decides. A request that somebody else has decided meanwhile stays as it was decided: its page says so.
pub async fn decide(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Answer>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a decision that no page of ours has"))?;
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let booking = request_of(&mut tx, officer, id).await?;
    let to = Redirect::to(&booking_href(id)).into_response();
    let reason = sent.reason.trim();
    let approves = sent.decision == "approve";
    let lang = visit.lang;
    let mut errors = ErrorSummary::new(lang);
    if reason.chars().count() > TEXT_CHARS_MAX {
        errors = errors.error("reason", &t(lang, "booking-error-text-long", &[("most", &TEXT_CHARS_MAX)]));
    } else if !approves && reason.is_empty() {
        errors = errors.error("reason", &t(lang, "booking-error-reason", &[]));
    }
    let screen = Screen::read(&visit, &mut tx, &ports, booking).await?;
    let delegation = screen.delegations.iter().find(|one| one.id.to_string() == sent.delegation);
    if delegation.is_none() && !screen.delegations.is_empty() {
        errors = errors.error("delegation", &t(lang, "booking-error-delegation", &[]));
    }
    if !errors.is_empty() {
        return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors, reason));
    }
    let ruling = Ruling { by: officer.person, delegation: delegation.map(|one| one.id), reason };
    let booking = &screen.booking;
    if approves {
        if booking.status.approve().is_ok() {
            approve(tx, &ports, booking, ruling).await?;
        }
    } else if booking.status.refuse(tx.now()).is_ok() {
        refuse(tx, booking, ruling).await?;
    }
    Ok(to)
}

/// A note as it was typed.
#[derive(Deserialize)]
pub struct NewNote {
    #[serde(default)]
    text: String,
}

/// Adds a note.
pub async fn note(
    visit: Visit,
    Path(id): Path<BookingId>,
    sent: Result<Form<NewNote>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a note that no page of ours has"))?;
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let booking = request_of(&mut tx, officer, id).await?;
    let text: String = sent.text.trim().chars().take(TEXT_CHARS_MAX).collect();
    if !text.is_empty() {
        decision::add_note(&mut tx, id, officer.person, &text).await?;
        let detail = json!({ "number": booking.number });
        tx.audit(Actor::Person(officer.person), "booking.noted", Some(id.uuid()), &detail).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&booking_href(id)).into_response())
}

/// A booking of the officer's authority; to everybody else there is none.
async fn request_of(tx: &mut TenantTx, officer: &SignedIn, id: BookingId) -> Result<Booking, Failure> {
    let booking = store::find(tx, id).await?.ok_or(Failure::NotFound)?;
    if officer.roles.contains(&(booking.authority, Role::Officer)) {
        Ok(booking)
    } else {
        Err(Failure::NotFound)
    }
}

/// Notes, and the field for the next.
pub(super) fn notes_card(visit: &Visit, booking: BookingId, notes: &[Note]) -> Markup {
    let lang = visit.lang;
    let body = html! {
        @if !notes.is_empty() {
            ul {
                @for note in notes {
                    li { (note.text) br; span.quiet { (note.author) ", " (visit.when().near_day(note.written_at)) } }
                }
            }
        }
        form method="post" action={ (booking_href(booking)) "/notes" } {
            (Field::long_text("text", &t(lang, "booking-note", &[])).hint(&t(lang, "booking-note-hint", &[])))
            (Button::quiet(&t(lang, "booking-note-add", &[])))
        }
    };
    html! { (Card::new("notes", &t(lang, "booking-notes", &[]), body)) }
}

struct Screen<'a> {
    visit: &'a Visit,
    booking: Booking,
    places: Places,
    accessories: Vec<Accessory>,
    particulars: Particulars,
    notes: Vec<Note>,
    /// By which somebody may decide today.
    delegations: Vec<Delegation>,
}

impl<'a> Screen<'a> {
    async fn read(
        visit: &'a Visit,
        tx: &mut TenantTx,
        ports: &Ports,
        booking: Booking,
    ) -> Result<Self, Failure> {
        let places = Places::of_booking(tx, ports, &booking).await?;
        let accessories = extras::of_booking(tx, &booking.times).await?;
        let particulars = rows::said(tx, booking.id).await?;
        let notes = decision::notes(tx, booking.id).await?;
        let today = visit.when().today();
        let delegations = delegations::of_authorities(tx, &[booking.authority]).await?;
        let delegations = delegations.into_iter().filter(|one| one.holds_on(today)).collect();
        Ok(Self { visit, booking, places, accessories, particulars, notes, delegations })
    }

    fn answer(&self, status: StatusCode, errors: &ErrorSummary, reason: &str) -> Response {
        let (lang, booking) = (self.visit.lang, &self.booking);
        if booking.status.approve().is_err() {
            return Redirect::to(&booking_href(booking.id)).into_response();
        }
        let when = when_at(self.visit, self.places.first());
        let mut facts = Facts::new()
            .row(&t(lang, "booking-customer", &[]), booking.customer_name.clone())
            .row(&t(lang, "booking-purpose-kind", &[]), purpose_kind_name(lang, booking.purpose_kind))
            .row(&t(lang, "booking-purpose-short", &[]), booking.purpose.clone());
        if let Some(persons) = booking.participants.persons {
            facts = facts.row(&t(lang, "booking-persons", &[]), persons.to_string());
        }
        facts = particulars_facts(lang, facts, &self.particulars);
        if !self.accessories.is_empty() {
            let names = accessories_text(lang, self.places.all(), &self.accessories);
            facts = facts.row(&t(lang, "booking-accessories", &[]), names);
        }
        for time in &booking.times {
            let place = place_name(lang, self.places.at(time.resource), time.resource);
            facts = facts.row(&when.span(time.span.starts_at(), time.span.ends_at()), place);
        }
        let why: Vec<&String> = booking.approval_reasons.iter().filter(|reason| !reason.is_empty()).collect();
        let body = html! {
            (facts)
            @if !why.is_empty() {
                (Card::new("why", &t(lang, "booking-decide-why", &[]), html! { ul { @for reason in &why { li { (reason) } } } }))
            }
            form method="post" action={ (booking_href(booking.id)) "/decide" } {
                (Field::long_text("reason", &t(lang, "booking-decide-reason", &[]))
                    .hint(&t(lang, "booking-decide-reason-hint", &[]))
                    .value(reason)
                    .error(errors.of("reason")))
                @match self.delegations.as_slice() {
                    [] => { p.quiet { (t(lang, "booking-decide-no-delegation", &[])) } }
                    [only] => {
                        input type="hidden" name="delegation" value=(only.id);
                        p { (t(lang, "booking-decide-by-delegation", &[("matter", &only.matter), ("reference", &only.reference)])) }
                    }
                    several => {
                        (several.iter().fold(
                            Select::new("delegation", &t(lang, "booking-decide-delegation", &[]))
                                .placeholder(lang).error(errors.of("delegation")),
                            |select, one| select.option(&one.id.to_string(), &format!("{} ({})", one.matter, one.reference)),
                        ))
                    }
                }
                p.actions {
                    (Button::primary(&t(lang, "booking-approve", &[])).value("decision", "approve"))
                    " "
                    (Button::danger(&t(lang, "booking-refuse", &[])).value("decision", "refuse"))
                }
            }
            (notes_card(self.visit, booking.id, &self.notes))
        };
        let title = t(lang, "booking-decide-title", &[("number", &booking.number.to_string())]);
        let page = self.visit.page(&title).crumb(&t(lang, "booking-requests-title", &[]), "/desk/requests");
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }
}
