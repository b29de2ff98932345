//! `/enquiries`: questions about what cannot be booked directly: the form, the thread, and what comes of it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    Asked, ENQUIRIES_OPEN_MAX, ENQUIRY_MESSAGES_MAX, ENQUIRY_TEXT_CHARS_MAX, ENQUIRY_WHEN_CHARS_MAX,
    EnquiryState, PERSONS_MAX, Purpose, PurposeKind, SPAN_MINUTES_MAX,
};
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, TenantTx};
use cloud_ui::{Badge, Button, Card, ErrorSummary, Facts, Field, Lang, LinkCard, Notice, Select, Tone, t};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use maud::{Markup, html};
use protocols_ids::{AuthorityId, EnquiryId, FacilityId, ResourceId};
use serde::Deserialize;

use super::book::acts_for_another;
use super::words::{purpose_error, purpose_kind_name, reason_text};
use super::{booking_href, place_name, when_at};
use crate::Ports;
use crate::book::Outcome;
use crate::enquiries::{self, NotWritten, Question};
use crate::store::enquiries::{self as rows, Enquiry, Written};

/// Where one asks about a resource.
pub(super) fn new_href(resource: ResourceId, at: Option<Timestamp>) -> String {
    let start = at.map(|at| format!("&start={at}")).unwrap_or_default();
    format!("/enquiries/new?resource={resource}{start}")
}

fn href(id: EnquiryId) -> String {
    format!("/enquiries/{id}")
}

/// How an enquiry stands, to the one who asked or to staff.
fn badge(lang: Lang, state: EnquiryState, staff: bool) -> Badge {
    match (state, staff) {
        (EnquiryState::Waiting, true) => Badge::new(Tone::Warning, &t(lang, "enquiry-state-unanswered", &[])),
        (EnquiryState::Waiting, false) => Badge::new(Tone::Waiting, &t(lang, "enquiry-state-waiting", &[])),
        (EnquiryState::Answered, true) => Badge::new(Tone::Waiting, &t(lang, "enquiry-state-answered", &[])),
        (EnquiryState::Answered, false) => Badge::new(Tone::Good, &t(lang, "enquiry-state-answer", &[])),
        (EnquiryState::Booked, _) => Badge::new(Tone::Good, &t(lang, "enquiry-state-booked", &[])),
        (EnquiryState::Closed, _) => Badge::new(Tone::Info, &t(lang, "enquiry-state-closed", &[])),
    }
}

/// Enquiries as cards, for somebody's own page or for staff.
pub(super) fn cards(
    visit: &Visit,
    facilities: &BTreeMap<FacilityId, Facility>,
    enquiries: &[Enquiry],
    staff: bool,
) -> Markup {
    let lang = visit.lang;
    let card = |enquiry: &Enquiry| {
        let place = place_name(lang, facilities.get(&enquiry.facility), enquiry.resource);
        let card = LinkCard::new(&format!("{place}: {}", enquiry.wished), &href(enquiry.id));
        let line = if staff {
            format!("{} · {}", enquiry.customer_name, enquiry.purpose)
        } else {
            enquiry.purpose.clone()
        };
        card.line(&line).badge(badge(lang, enquiry.state, staff))
    };
    LinkCard::list(&enquiries.iter().map(card).collect::<Vec<_>>())
}

/// What is asked about.
#[derive(Deserialize)]
pub struct About {
    resource: Option<String>,
    start: Option<String>,
}

/// A question as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    resource: String,
    start: String,
    wished: String,
    purpose: String,
    purpose_kind: String,
    persons: String,
    message: String,
    /// On whose account it is asked.
    customer: String,
    /// For whom the person acted when they were asked whether they meant another one.
    certain: String,
}

/// The place that is asked about.
async fn place_of(
    tx: &mut TenantTx,
    ports: &Ports,
    resource: &str,
) -> Result<(Facility, ResourceId), Failure> {
    let id: ResourceId = resource.parse().map_err(|_| Failure::NotFound)?;
    let facility = ports.facilities.of_resource(tx, id).await?.ok_or(Failure::NotFound)?;
    Ok((facility, id))
}

/// The form. A time that was pointed at stands in it, in words.
pub async fn new(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(about): Query<About>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (facility, id) = place_of(&mut tx, &ports, about.resource.as_deref().unwrap_or_default()).await?;
    tx.commit().await?;
    let start = about.start.as_deref().and_then(|start| start.parse::<Timestamp>().ok());
    let when = when_at(&visit, Some(&facility));
    let typed = Typed {
        resource: id.to_string(),
        start: start.map(|start| start.to_string()).unwrap_or_default(),
        wished: start.map(|start| when.day_and_clock(start)).unwrap_or_default(),
        purpose_kind: PurposeKind::Other.key().to_owned(),
        customer: person.acts_for.as_ref().map(|(customer, _)| customer.to_string()).unwrap_or_default(),
        ..Typed::default()
    };
    Ok(form(&visit, StatusCode::OK, &facility, id, &typed, &ErrorSummary::new(visit.lang)))
}

/// Asks, or says beside the field what is wrong.
pub async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(mut typed) = sent.map_err(|_| Failure::BadRequest("a question that no page of ours has"))?;
    let person = visit.signed_in()?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let (facility, id) = place_of(&mut tx, &ports, &typed.resource).await?;
    let mut errors = ErrorSummary::new(lang);
    let asked_for = typed.customer.parse().ok().or(person.acts_for.as_ref().map(|(customer, _)| *customer));
    let customer = match asked_for {
        Some(customer) => ports.customers.acted_for(&mut tx, person.person, customer).await?,
        None => None,
    };
    match &customer {
        None => errors = errors.error("wished", &t(lang, "enquiry-error-customer", &[])),
        Some(customer) => {
            if let Some(other) = acts_for_another(person, customer.id, typed.certain.parse().ok()) {
                let text =
                    t(lang, "enquiry-acts-for-another", &[("other", &other.1), ("name", &customer.name)]);
                typed.certain = other.0.to_string();
                errors = errors.error("wished", &text);
            }
        }
    }
    let wished = one_line(&typed.wished);
    if wished.is_empty() || wished.chars().count() > ENQUIRY_WHEN_CHARS_MAX {
        errors =
            errors.error("wished", &t(lang, "enquiry-error-wished", &[("most", &ENQUIRY_WHEN_CHARS_MAX)]));
    }
    let purpose = Purpose::parse(&typed.purpose);
    if let Err(error) = &purpose {
        errors = errors.error("purpose", &purpose_error(lang, *error));
    }
    let persons = persons(&typed.persons);
    if persons.is_err() {
        errors = errors.error("persons", &t(lang, "booking-error-persons", &[("most", &PERSONS_MAX)]));
    }
    let message = typed.message.trim();
    if message.chars().count() > ENQUIRY_TEXT_CHARS_MAX {
        errors = errors
            .error("message", &t(lang, "booking-error-text-long", &[("most", &ENQUIRY_TEXT_CHARS_MAX)]));
    }
    let (Some(customer), Ok(purpose), Ok(persons), true) = (customer, purpose, persons, errors.is_empty())
    else {
        return Ok(form(&visit, StatusCode::UNPROCESSABLE_ENTITY, &facility, id, &typed, &errors));
    };
    let question = Question {
        resource: id,
        wished,
        wished_at: typed.start.parse().ok(),
        purpose,
        purpose_kind: PurposeKind::parse(&typed.purpose_kind).unwrap_or(PurposeKind::Other),
        persons,
        message: message.to_owned(),
    };
    if let Some(id) = enquiries::ask(tx, person.person, &customer, &facility, &question).await? {
        return Ok(Redirect::to(&format!("{}?done=asked", href(id))).into_response());
    }
    let errors = errors.error("wished", &t(lang, "enquiry-error-many", &[("most", &ENQUIRIES_OPEN_MAX)]));
    Ok(form(&visit, StatusCode::CONFLICT, &facility, id, &typed, &errors))
}

/// White space of any kind becomes single spaces.
fn one_line(typed: &str) -> String {
    let words = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn persons(typed: &str) -> Result<Option<u32>, ()> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().ok().filter(|persons| (1..=PERSONS_MAX).contains(persons)).map(Some).ok_or(()),
    }
}

fn form(
    visit: &Visit,
    status: StatusCode,
    facility: &Facility,
    resource: ResourceId,
    typed: &Typed,
    errors: &ErrorSummary,
) -> Response {
    let lang = visit.lang;
    let kinds = PurposeKind::ALL.iter().fold(
        Select::new("purpose_kind", &t(lang, "booking-purpose-kind", &[])).chosen(&typed.purpose_kind),
        |select, kind| select.option(kind.key(), &purpose_kind_name(lang, *kind)),
    );
    let body = html! {
        form method="post" action="/enquiries" {
            input type="hidden" name="resource" value=(typed.resource);
            input type="hidden" name="start" value=(typed.start);
            input type="hidden" name="customer" value=(typed.customer);
            input type="hidden" name="certain" value=(typed.certain);
            (Field::text("wished", &t(lang, "enquiry-wished", &[])).hint(&t(lang, "enquiry-wished-hint", &[]))
                .value(&typed.wished).error(errors.of("wished")).required())
            (Field::text("purpose", &t(lang, "enquiry-purpose", &[]))
                .value(&typed.purpose).error(errors.of("purpose")).required())
            (kinds)
            (Field::number("persons", &t(lang, "booking-persons", &[]))
                .value(&typed.persons).error(errors.of("persons")).optional(lang))
            (Field::long_text("message", &t(lang, "enquiry-message", &[]))
                .value(&typed.message).error(errors.of("message")).optional(lang))
            p.actions { (Button::primary(&t(lang, "enquiry-send", &[]))) }
        }
    };
    let page = visit
        .page(&t(lang, "enquiry-ask", &[]))
        .lead(&place_name(lang, Some(facility), resource))
        .crumb(&facility.name, &format!("/facilities/{}", facility.slug))
        .notice(Notice::info(&t(lang, "enquiry-info", &[])));
    (status, page.errors(errors.clone()).body(body).render()).into_response()
}

/// An enquiry, for somebody who may see it.
struct Seen {
    enquiry: Enquiry,
    /// Whether the reader is an officer of the authority; otherwise the one who asked.
    staff: bool,
    facility: Option<Facility>,
    messages: Vec<Written>,
}

impl Seen {
    async fn read(visit: &Visit, tx: &mut TenantTx, ports: &Ports, id: EnquiryId) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let enquiry = rows::find(tx, id).await?.ok_or(Failure::NotFound)?;
        let staff = person.roles.contains(&(enquiry.authority, Role::Officer));
        if !staff && enquiry.asker != person.person {
            return Err(Failure::NotFound);
        }
        let facility = ports.facilities.of_resource(tx, enquiry.resource).await?;
        let messages = rows::messages(tx, id).await?;
        // An officer who asked for themselves is answered by a colleague.
        Ok(Self { staff: staff && enquiry.asker != person.person, enquiry, facility, messages })
    }

    fn facts(&self, visit: &Visit) -> Facts {
        let (lang, enquiry) = (visit.lang, &self.enquiry);
        let mut facts = Facts::new()
            .row(&t(lang, "booking-place", &[]), place_name(lang, self.facility.as_ref(), enquiry.resource))
            .row(&t(lang, "enquiry-wished", &[]), enquiry.wished.clone())
            .row(&t(lang, "booking-customer", &[]), enquiry.customer_name.clone())
            .row(&t(lang, "booking-purpose-short", &[]), enquiry.purpose.clone())
            .row(&t(lang, "booking-purpose-kind", &[]), purpose_kind_name(lang, enquiry.purpose_kind));
        if let Some(persons) = enquiry.persons {
            facts = facts.row(&t(lang, "booking-persons", &[]), persons.to_string());
        }
        facts
            .row(
                &t(lang, "enquiry-asked", &[]),
                when_at(visit, self.facility.as_ref()).near_day(enquiry.asked_at),
            )
            .row(&t(lang, "enquiry-number", &[]), enquiry.number.to_string())
            .row(&t(lang, "booking-status", &[]), badge(lang, enquiry.state, self.staff))
    }

    fn thread(&self, visit: &Visit) -> Markup {
        let (lang, when) = (visit.lang, visit.when());
        if self.messages.is_empty() {
            return html! {};
        }
        let body = html! {
            ul {
                @for message in &self.messages {
                    li {
                        @for line in message.text.lines() { (line) br; }
                        span.quiet {
                            (message.author)
                            @if message.staff { ", " (t(lang, "enquiry-staff", &[])) }
                            ", " (when.near_clock(message.at))
                        }
                    }
                }
            }
        };
        html! { (Card::new("thread", &t(lang, "enquiry-thread", &[]), body)) }
    }

    /// The form that makes a booking of it.
    fn booking_form(&self, visit: &Visit, typed: &ToBook, errors: &ErrorSummary) -> Markup {
        let lang = visit.lang;
        let Some(facility) = &self.facility else { return html! {} };
        let resources = facility.resources.iter().fold(
            Select::new("resource", &t(lang, "booking-place", &[]))
                .chosen(&typed.resource)
                .error(errors.of("resource")),
            |select, one| select.option(&one.id.to_string(), &one.name),
        );
        let body = html! {
            p { (t(lang, "enquiry-book-hint", &[("customer", &self.enquiry.customer_name)])) }
            form method="post" action={ (href(self.enquiry.id)) "/book" } {
                (resources)
                (Field::date("date", &t(lang, "booking-try-date", &[])).value(&typed.date).error(errors.of("date")))
                (Field::time("start", &t(lang, "booking-starts", &[])).value(&typed.start).error(errors.of("start")))
                (Field::number("minutes", &t(lang, "booking-try-minutes", &[]))
                    .value(&typed.minutes).error(errors.of("minutes")))
                (Field::text("purpose", &t(lang, "enquiry-purpose", &[]))
                    .value(&typed.purpose).error(errors.of("purpose")))
                (Button::quiet(&t(lang, "enquiry-book", &[])))
            }
        };
        html! { (Card::new("book", &t(lang, "enquiry-book-title", &[]), body)) }
    }

    fn answer(
        &self,
        visit: &Visit,
        status: StatusCode,
        typed: (&str, &str, &ToBook),
        errors: &ErrorSummary,
    ) -> Response {
        let (lang, enquiry) = (visit.lang, &self.enquiry);
        let (text, reason, to_book) = typed;
        let (label, send) = if self.staff {
            (t(lang, "enquiry-answer", &[]), t(lang, "enquiry-answer-send", &[]))
        } else {
            (t(lang, "enquiry-write", &[]), t(lang, "enquiry-write-send", &[]))
        };
        let close = if self.staff { t(lang, "enquiry-close", &[]) } else { t(lang, "enquiry-withdraw", &[]) };
        let body = html! {
            @if let Some(booking) = enquiry.booking {
                (Notice::success(&t(lang, "enquiry-became", &[]))
                    .action(Button::quiet(&t(lang, "enquiry-became-open", &[])).href(&booking_href(booking))))
            }
            @if enquiry.state == EnquiryState::Closed {
                (Notice::info(&t(lang, "enquiry-closed", &[])).more(enquiry.end_reason.as_deref().unwrap_or_default()))
            }
            (self.facts(visit))
            (self.thread(visit))
            @if enquiry.state.is_open() {
                form method="post" action={ (href(enquiry.id)) "/messages" } {
                    (Field::long_text("text", &label).value(text).error(errors.of("text")))
                    p.actions { (Button::primary(&send)) }
                }
                @if self.staff { (self.booking_form(visit, to_book, errors)) }
                (Card::new("close", &close, html! {
                    form method="post" action={ (href(enquiry.id)) "/close" } {
                        (Field::long_text("reason", &t(lang, "enquiry-close-reason", &[]))
                            .value(reason).error(errors.of("reason")))
                        (Button::danger(&close))
                    }
                }))
            }
        };
        let number = enquiry.number.to_string();
        let mut page = visit.page(&t(lang, "enquiry-title", &[("number", &number)]));
        page = if self.staff {
            page.crumb(&t(lang, "booking-requests-title", &[]), "/desk/requests")
        } else {
            page.crumb(&t(lang, "booking-mine-title", &[]), "/bookings")
        };
        for (done, text) in [
            ("done=asked", t(lang, "enquiry-done-asked", &[])),
            ("done=sent", t(lang, "enquiry-done-sent", &[])),
        ] {
            if visit.uri.query() == Some(done) {
                page = page.notice(Notice::success(&text));
            }
        }
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }

    /// What the booking's form begins with: what was pointed at.
    fn to_book(&self) -> ToBook {
        let clock = self.facility.as_ref().zip(self.enquiry.wished_at);
        let clock = clock.map(|(facility, at)| facility.time_zone.to_datetime(at));
        ToBook {
            resource: self.enquiry.resource.to_string(),
            date: clock.map(|clock| clock.date().to_string()).unwrap_or_default(),
            start: clock
                .map(|clock| format!("{:02}:{:02}", clock.hour(), clock.minute()))
                .unwrap_or_default(),
            minutes: "60".to_owned(),
            purpose: self.enquiry.purpose.clone(),
        }
    }
}

/// The enquiry's page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<EnquiryId>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let seen = Seen::read(&visit, &mut tx, &ports, id).await?;
    tx.commit().await?;
    Ok(seen.answer(&visit, StatusCode::OK, ("", "", &seen.to_book()), &ErrorSummary::new(visit.lang)))
}

/// What was written.
#[derive(Deserialize)]
pub struct Text {
    #[serde(default)]
    text: String,
    #[serde(default)]
    reason: String,
}

type SentText = Result<Form<Text>, axum::extract::rejection::FormRejection>;

/// Writes a message.
pub async fn write(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<EnquiryId>,
    sent: SentText,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a message that no page of ours has"))?;
    let person = visit.signed_in()?.person;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let seen = Seen::read(&visit, &mut tx, &ports, id).await?;
    let text = sent.text.trim();
    let errors = ErrorSummary::new(lang);
    let errors = if text.is_empty() {
        errors.error("text", &t(lang, "enquiry-error-text", &[]))
    } else if text.chars().count() > ENQUIRY_TEXT_CHARS_MAX {
        errors.error("text", &t(lang, "booking-error-text-long", &[("most", &ENQUIRY_TEXT_CHARS_MAX)]))
    } else {
        match enquiries::write(tx, person, seen.staff, &seen.enquiry, text).await? {
            Ok(()) => return Ok(Redirect::to(&format!("{}?done=sent", href(id))).into_response()),
            Err(NotWritten::Ended(_)) => return Ok(Redirect::to(&href(id)).into_response()),
            Err(NotWritten::Full) => {
                errors.error("text", &t(lang, "enquiry-error-full", &[("most", &ENQUIRY_MESSAGES_MAX)]))
            }
        }
    };
    let typed = (sent.text.as_str(), "", &seen.to_book());
    Ok(seen.answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, typed, &errors))
}

/// Ends it without a booking: an officer with a reason, or the one who asked.
pub async fn close(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<EnquiryId>,
    sent: SentText,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a reason that no page of ours has"))?;
    let person = visit.signed_in()?.person;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let seen = Seen::read(&visit, &mut tx, &ports, id).await?;
    let reason = sent.reason.trim();
    let errors = ErrorSummary::new(lang);
    let errors = if seen.staff && reason.is_empty() {
        errors.error("reason", &t(lang, "booking-error-reason", &[]))
    } else if reason.chars().count() > ENQUIRY_TEXT_CHARS_MAX {
        errors.error("reason", &t(lang, "booking-error-text-long", &[("most", &ENQUIRY_TEXT_CHARS_MAX)]))
    } else {
        // One that has ended meanwhile stays as it ended: its page says so.
        if let Err(ended) = enquiries::close(tx, person, seen.staff, &seen.enquiry, reason).await? {
            tracing::info!(%ended, enquiry = %id, "not closed");
        }
        return Ok(Redirect::to(&href(id)).into_response());
    };
    let typed = ("", sent.reason.as_str(), &seen.to_book());
    Ok(seen.answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, typed, &errors))
}

/// A booking as an officer types it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ToBook {
    resource: String,
    date: String,
    start: String,
    minutes: String,
    purpose: String,
}

/// Makes a booking of it, for the one who asked.
pub async fn book(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<EnquiryId>,
    sent: Result<Form<ToBook>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a form to book that no page of ours has"))?;
    let officer = visit.staff(Role::Officer)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let seen = Seen::read(&visit, &mut tx, &ports, id).await?;
    tx.commit().await?;
    if !seen.staff {
        return Err(Failure::NotFound);
    }
    if !seen.enquiry.state.is_open() {
        return Ok(Redirect::to(&href(id)).into_response());
    }
    let facility = seen.facility.as_ref().ok_or(Failure::NotFound)?;
    let mut errors = ErrorSummary::new(lang);
    let resource = typed.resource.parse::<ResourceId>().ok().filter(|id| facility.resource(*id).is_some());
    let date = typed.date.trim().parse::<Date>().ok();
    let clock = typed.start.trim().parse::<Time>().ok();
    let minutes =
        typed.minutes.trim().parse::<u32>().ok().filter(|minutes| (1..=SPAN_MINUTES_MAX).contains(minutes));
    let starts_at = date.zip(clock).and_then(|(date, clock)| {
        facility.time_zone.to_ambiguous_timestamp(date.to_datetime(clock)).compatible().ok()
    });
    let purpose = Purpose::parse(&typed.purpose);
    for (wrong, field, text) in [
        (resource.is_none(), "resource", t(lang, "booking-error-resource", &[])),
        (date.is_none(), "date", t(lang, "booking-error-date", &[])),
        (starts_at.is_none() && date.is_some(), "start", t(lang, "booking-error-clock", &[])),
        (minutes.is_none(), "minutes", t(lang, "booking-error-minutes", &[])),
    ] {
        if wrong {
            errors = errors.error(field, &text);
        }
    }
    if let Err(error) = &purpose {
        errors = errors.error("purpose", &purpose_error(lang, *error));
    }
    let (Some(resource), Some(starts_at), Some(minutes), Ok(purpose)) =
        (resource, starts_at, minutes, purpose)
    else {
        return Ok(seen.answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, ("", "", &typed), &errors));
    };
    let wish = (Asked { resource, starts_at, minutes }, purpose);
    let outcome =
        enquiries::make_booking(&visit.kernel, visit.tenant.id, &ports, officer.person, &seen.enquiry, wish)
            .await?;
    let (status, errors) = match outcome {
        Outcome::Booked { booking, .. } | Outcome::Requested { booking, .. } => {
            return Ok(Redirect::to(&booking_href(booking)).into_response());
        }
        // Neither is asked for: nothing is held, and nothing goes with it.
        Outcome::Clash { .. } | Outcome::Held { .. } | Outcome::Short(_) | Outcome::TooManyHolds => {
            (StatusCode::CONFLICT, errors.error("start", &t(lang, "booking-taken", &[])))
        }
        Outcome::Refused(refusals) => {
            let when = when_at(&visit, Some(facility));
            let errors = refusals.iter().fold(errors, |errors, refusal| {
                errors.error("start", &reason_text(lang, &when, &refusal.reason))
            });
            (StatusCode::UNPROCESSABLE_ENTITY, errors)
        }
        Outcome::NotForCustomer => {
            (StatusCode::CONFLICT, errors.error("resource", &t(lang, "enquiry-error-mandate", &[])))
        }
    };
    Ok(seen.answer(&visit, status, ("", "", &typed), &errors))
}

/// What somebody has asked, on their own page.
pub(super) async fn mine(
    visit: &Visit,
    tx: &mut TenantTx,
    facilities: &BTreeMap<FacilityId, Facility>,
) -> Result<Markup, Failure> {
    let asked = rows::of_person(tx, visit.signed_in()?.person).await?;
    if asked.is_empty() {
        return Ok(html! {});
    }
    let list = cards(visit, facilities, &asked, false);
    Ok(html! { (Card::new("enquiries", &t(visit.lang, "enquiry-mine", &[]), list)) })
}

/// What waits for an answer, on the page of what needs a decision.
pub(super) async fn waiting(
    visit: &Visit,
    tx: &mut TenantTx,
    facilities: &BTreeMap<FacilityId, Facility>,
    authorities: &[AuthorityId],
) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let open = rows::open_of(tx, authorities).await?;
    if open.is_empty() {
        return Ok(html! {});
    }
    let list = cards(visit, facilities, &open, true);
    Ok(html! { (Card::new("enquiries", &t(lang, "enquiry-waiting", &[]), list)) })
}
