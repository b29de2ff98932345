//! `/bookings/{id}/guests`: lets people in by codes of their own, one code or many; and who came, on the booking's page.
//!
//! **Invariant:** codes are for whoever may enter by the booking. Staff see who is let in and can take it back; they read
//! no code here. Each reading of codes is audited.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    Email, FullHouse, GUEST_TIMES_MAX, GUESTS_EVER_MAX, GUESTS_MAX, GuestTimes, NAME_CHARS_MAX, PersonName,
    State,
};
use cloud_contracts::{BookingAccess, Facility, GuestAccess, Passage};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{
    Button, Card, Checkbox, CodeEntry, CodeList, EmptyState, ErrorSummary, Field, Notice, RadioGroup, When, t,
};
use http::{StatusCode, header};
use maud::{Markup, html};
use protocols_ids::{BookingId, GuestId, OccurrenceId};
use serde_json::json;

use super::{Right, booking_href, door_state, facility_of, place_name, seen_booking, when_at};
use crate::Ports;
use crate::guests::{Invitation, Invited, code_each_time, is_let_in, let_in, take_back};
use crate::places::Places;
use crate::store::guests::{self as rows, Guest};
use crate::store::{self, Booking, Time};

/// What was typed.
#[derive(Default)]
struct Typed {
    name: String,
    email: String,
    which: String,
    times: Vec<OccurrenceId>,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "name" => typed.name = value,
                "email" => typed.email = value,
                "which" => typed.which = value,
                "time" => typed.times.extend(value.parse::<OccurrenceId>().ok()),
                _ => {}
            }
        }
        typed.times.sort_unstable();
        typed.times.dedup();
        typed
    }

    /// What is wanted, or what is wrong with it.
    fn invitation(&self, visit: &Visit, coming: &[Time]) -> Result<Invitation, ErrorSummary> {
        let lang = visit.lang;
        let mut errors = ErrorSummary::new(lang);
        let name = PersonName::parse(&self.name);
        if name.is_none() {
            errors = errors.error("name", &t(lang, "guests-error-name", &[("most", &NAME_CHARS_MAX)]));
        }
        let email = Email::parse(&self.email);
        if email.is_none() && !self.email.trim().is_empty() {
            errors = errors.error("email", &t(lang, "guests-error-email", &[]));
        }
        let times = if self.which == "chosen" {
            let chosen = self.times.iter().filter(|id| coming.iter().any(|time| time.id == **id));
            GuestTimes::Chosen(chosen.copied().collect())
        } else {
            GuestTimes::All
        };
        if times == GuestTimes::Chosen(Vec::new()) {
            errors = errors.error("which", &t(lang, "guests-error-times", &[]));
        }
        match name {
            Some(name) if errors.is_empty() => Ok(Invitation { name, email, language: lang.code(), times }),
            Some(_) | None => Err(errors),
        }
    }
}

/// A booking with what its page of guests shows.
struct Seen {
    booking: Booking,
    right: Right,
    facility: Option<Facility>,
    guests: Vec<Guest>,
    doors: Vec<GuestAccess>,
    each_time: bool,
    /// Whether any door opens by a code.
    has_doors: bool,
}

impl Seen {
    /// Reads it, with the codes for whoever may enter.
    async fn read(visit: &Visit, tx: &mut TenantTx, ports: &Ports, id: BookingId) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let (booking, right) = seen_booking(tx, ports, person, id).await?;
        let facility = facility_of(tx, ports, &booking).await?;
        let guests = rows::of_booking(tx, id).await?.into_iter().filter(is_let_in).collect();
        let with_code = right == Right::Own && booking.status.state() == State::Confirmed;
        let doors = ports.access.of_guests(tx, id, with_code).await?;
        if doors.iter().any(|guest| guest.pin.is_some()) {
            let detail = json!({ "number": booking.number });
            tx.audit(Actor::Person(person.person), "access.guest_codes_read", Some(id.uuid()), &detail)
                .await?;
        }
        let each_time = rows::code_each_time(tx, id).await?;
        let has_doors = ports.access.of_booking(tx, id, false).await?.is_some();
        Ok(Self { booking, right, facility, guests, doors, each_time, has_doors })
    }

    /// Its times that have not ended.
    fn coming(&self, visit: &Visit) -> Vec<Time> {
        let now = visit.kernel.now();
        self.booking.times.iter().filter(|time| time.span.ends_at() > now).copied().collect()
    }

    /// Whether anybody can be let in now.
    fn is_open(&self, visit: &Visit) -> bool {
        self.has_doors
            && self.right == Right::Own
            && self.booking.status.state() == State::Confirmed
            && !self.coming(visit).is_empty()
    }

    fn says(&self, visit: &Visit, time: &Time) -> String {
        let when = when_at(visit, self.facility.as_ref());
        let place = place_name(visit.lang, self.facility.as_ref(), time.resource);
        format!("{}, {place}", when.span(time.span.starts_at(), time.span.ends_at()))
    }

    /// The guests, each with the code and what can be done about it.
    fn list(&self, visit: &Visit) -> CodeList {
        let lang = visit.lang;
        let when = when_at(visit, self.facility.as_ref());
        let all: Vec<OccurrenceId> = self.booking.times.iter().map(|time| time.id).collect();
        let entry = |guest: &Guest| {
            let door = self.doors.iter().find(|door| door.guest == guest.id);
            let times = guest.times.among(&all);
            let mut lines = Vec::new();
            match (door.and_then(|door| door.opens_at.zip(door.closes_at)), times.len()) {
                (Some((opens, closes)), 1) => {
                    let span = when.span(opens, closes);
                    lines.push(t(lang, "guests-valid", &[("span", &span)]));
                }
                (_, 0) => lines.push(t(lang, "guests-no-times", &[])),
                (_, count) => lines.push(t(lang, "guests-times", &[("count", &count)])),
            }
            if let Some(email) = &guest.email {
                lines.push(t(lang, "guests-mail-to", &[("email", email)]));
            }
            let action = format!("{}/guests/{}/take-back", booking_href(self.booking.id), guest.id);
            let button = Button::quiet(&t(lang, "guests-take-back", &[])).about(&guest.name);
            CodeEntry {
                title: guest.name.clone(),
                code: door.and_then(|door| door.pin.clone()),
                lines,
                state: door.and_then(|door| door_state(lang, &when, door.state)),
                action: Some(cloud_ui::post_button(&action, &button)),
            }
        };
        CodeList { lang, entries: self.guests.iter().map(entry).collect() }
    }

    fn answer(&self, visit: &Visit, status: StatusCode, typed: &Typed, errors: &ErrorSummary) -> Response {
        let lang = visit.lang;
        let is_open = self.is_open(visit);
        let body = html! {
            @if self.guests.is_empty() {
                (EmptyState::new(&t(lang, "guests-empty", &[]), &t(lang, "guests-empty-hint", &[])))
            } @else {
                (self.list(visit))
            }
            @if is_open {
                (self.form(visit, typed, errors))
                @if self.booking.times.len() > 1 { (self.choice_of_codes(visit)) }
            } @else if self.right == Right::Own {
                (Notice::info(&t(lang, "guests-closed", &[])))
            }
            p { a href=(booking_href(self.booking.id)) { (t(lang, "guests-back", &[])) } }
        };
        let number = self.booking.number.to_string();
        let mut page = visit
            .page(&t(lang, "guests-title", &[]))
            .lead(&t(lang, "guests-lead", &[]))
            .crumb(&t(lang, "booking-title", &[("number", &number)]), &booking_href(self.booking.id));
        let query = visit.uri.query().unwrap_or_default();
        for (done, text) in [
            ("done=let-in", t(lang, "guests-done-let-in", &[])),
            ("done=taken-back", t(lang, "guests-done-taken-back", &[])),
            ("done=each", t(lang, "guests-done-each", &[])),
            ("done=one", t(lang, "guests-done-one", &[])),
        ] {
            if query == done {
                page = page.notice(Notice::success(&text));
            }
        }
        let page = page.errors(errors.clone()).body(body).render();
        // The next one at this browser does not find the codes by going back.
        (status, [(header::CACHE_CONTROL, "no-store")], page).into_response()
    }

    fn form(&self, visit: &Visit, typed: &Typed, errors: &ErrorSummary) -> Markup {
        let lang = visit.lang;
        let coming = self.coming(visit);
        let chosen = if typed.which == "chosen" { "chosen" } else { "all" };
        let body = html! {
            form method="post" action={ (booking_href(self.booking.id)) "/guests" } {
                (Field::text("name", &t(lang, "guests-name", &[]))
                    .hint(&t(lang, "guests-name-hint", &[])).autocomplete("off")
                    .value(&typed.name).error(errors.of("name")).required())
                (Field::email("email", &t(lang, "guests-email", &[]))
                    .hint(&t(lang, "guests-email-hint", &[])).autocomplete("off")
                    .value(&typed.email).error(errors.of("email")).optional(lang))
                @if coming.len() > 1 {
                    (RadioGroup::new("which", &t(lang, "guests-which", &[]))
                        .option("all", &t(lang, "guests-which-all", &[]))
                        .option("chosen", &t(lang, "guests-which-chosen", &[]))
                        .chosen(chosen)
                        .error(errors.of("which")))
                    fieldset.field {
                        legend { (t(lang, "guests-which-times", &[])) }
                        @for time in &coming {
                            (Checkbox::new("time", &self.says(visit, time))
                                .value(&time.id.to_string())
                                .checked(typed.times.contains(&time.id)))
                        }
                    }
                }
                p.actions { (Button::primary(&t(lang, "guests-add", &[]))) }
            }
        };
        html! { (Card::new("let-in", &t(lang, "guests-add-title", &[]), body)) }
    }

    /// One code for all times, or one for each.
    fn choice_of_codes(&self, visit: &Visit) -> Markup {
        let lang = visit.lang;
        let (text, button, value) = if self.each_time {
            (t(lang, "guests-each-now", &[]), t(lang, "guests-each-one", &[]), "one")
        } else {
            (t(lang, "guests-one-now", &[]), t(lang, "guests-one-each", &[]), "each")
        };
        let body = html! {
            p { (text) }
            form method="post" action={ (booking_href(self.booking.id)) "/codes" } {
                (Button::quiet(&button).value("codes", value))
            }
        };
        html! { (Card::new("codes", &t(lang, "guests-codes-title", &[]), body)) }
    }
}

/// Who is let in, and the form for one more.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let seen = Seen::read(&visit, &mut tx, &ports, id).await?;
    tx.commit().await?;
    Ok(seen.answer(&visit, StatusCode::OK, &Typed::default(), &ErrorSummary::new(visit.lang)))
}

/// Lets somebody in.
pub async fn add(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = sent.map_err(|_| Failure::BadRequest("a form of guests that no page of ours has"))?;
    let typed = Typed::read(fields);
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let seen = Seen::read(&visit, &mut tx, &ports, id).await?;
    if seen.right != Right::Own {
        return Err(Failure::NotFound);
    }
    let lang = visit.lang;
    let invitation = match typed.invitation(&visit, &seen.coming(&visit)) {
        Ok(invitation) => invitation,
        Err(errors) => {
            tx.commit().await?;
            return Ok(seen.answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, &typed, &errors));
        }
    };
    let errors = ErrorSummary::new(lang);
    let errors = match let_in(tx, &ports, person, &seen.booking, &invitation).await? {
        Invited::Done(_) => {
            return Ok(Redirect::to(&format!("{}/guests?done=let-in", booking_href(id))).into_response());
        }
        Invited::Full(FullHouse::Guests) => {
            errors.error("name", &t(lang, "guests-error-full", &[("most", &GUESTS_MAX)]))
        }
        Invited::Full(FullHouse::Ever) => {
            errors.error("name", &t(lang, "guests-error-ever", &[("most", &GUESTS_EVER_MAX)]))
        }
        Invited::Full(FullHouse::Times { .. }) => {
            errors.error("which", &t(lang, "guests-error-full-times", &[("most", &GUEST_TIMES_MAX)]))
        }
        Invited::Nothing => errors.error("name", &t(lang, "guests-closed", &[])),
    };
    Ok(seen.answer(&visit, StatusCode::CONFLICT, &typed, &errors))
}

/// Takes a guest's right back; whoever may enter by the booking, or an officer.
pub async fn remove(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((id, guest)): Path<(BookingId, GuestId)>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let (booking, _) = seen_booking(&mut tx, &ports, person, id).await?;
    take_back(tx, &ports, person.person, &booking, guest).await?;
    Ok(Redirect::to(&format!("{}/guests?done=taken-back", booking_href(id))).into_response())
}

/// One code for all times, or one for each.
#[derive(serde::Deserialize)]
pub struct Codes {
    codes: String,
}

/// Changes over.
pub async fn codes(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Codes>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a choice of codes that no page of ours has"))?;
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    if right != Right::Own {
        return Err(Failure::NotFound);
    }
    let each = sent.codes == "each";
    code_each_time(tx, &ports, person.person, &booking, each).await?;
    let done = if each { "each" } else { "one" };
    Ok(Redirect::to(&format!("{}/guests?done={done}", booking_href(id))).into_response())
}

/// The codes of a booking each of whose times has its own.
pub(super) fn codes_of_times(
    visit: &Visit,
    when: &When,
    places: &Places,
    booking: &Booking,
    access: &BookingAccess,
) -> CodeList {
    let entry = |time: &Time| CodeEntry {
        title: when.span(time.span.starts_at(), time.span.ends_at()),
        code: access.pins.iter().find(|(id, _)| *id == time.id).map(|(_, code)| code.clone()),
        lines: vec![place_name(visit.lang, places.at(time.resource), time.resource)],
        state: None,
        action: None,
    };
    let coming = booking.times.iter().filter(|time| time.span.ends_at() > when.now);
    CodeList { lang: visit.lang, entries: coming.map(entry).collect() }
}

/// Who is let in, and the way to let in more, on the booking's page.
pub(super) fn card(
    visit: &Visit,
    booking: &Booking,
    (right, has_doors): (Right, bool),
    guests: &[Guest],
) -> Markup {
    let lang = visit.lang;
    let let_in: Vec<&Guest> = guests.iter().filter(|guest| is_let_in(guest)).collect();
    let can_add = has_doors
        && right == Right::Own
        && booking.status.state() == State::Confirmed
        && booking.ends_at() > visit.kernel.now();
    if let_in.is_empty() && !can_add {
        return html! {};
    }
    let href = format!("{}/guests", booking_href(booking.id));
    let body = html! {
        @if let_in.is_empty() {
            p { (t(lang, "guests-card-empty", &[])) }
        } @else {
            ul { @for guest in &let_in { li { (guest.name) } } }
        }
        p { (Button::quiet(&t(lang, "guests-card-open", &[])).href(&href)) }
    };
    html! { (Card::new("guests", &t(lang, "guests-title", &[]), body)) }
}

/// Passages that are shown at most, the latest: a day of a camp is looked at, not counted.
const PASSAGES_SHOWN: usize = 50;

/// Who came, and when.
pub(super) fn passages_card(visit: &Visit, when: &When, guests: &[Guest], passages: &[Passage]) -> Markup {
    if passages.is_empty() {
        return html! {};
    }
    let lang = visit.lang;
    let who = |passage: &Passage| match passage.guest {
        None => t(lang, "guests-came-own", &[]),
        Some(id) => guests
            .iter()
            .find(|guest| guest.id == id)
            .map_or_else(|| t(lang, "guests-came-guest", &[]), |guest| guest.name.clone()),
    };
    let hidden = passages.len().saturating_sub(PASSAGES_SHOWN);
    let body = html! {
        ul {
            @for passage in passages.iter().rev().take(PASSAGES_SHOWN) {
                li { (when.near_clock(passage.at)) " · " (passage.door) " · " (who(passage)) }
            }
        }
        @if hidden > 0 { p.quiet { (t(lang, "guests-came-more", &[("count", &hidden)])) } }
    };
    html! { (Card::new("came", &t(lang, "guests-came-title", &[]), body)) }
}
