//! `/bookings/{id}/change`: gives up or moves chosen times of a booking. `/bookings/{id}/times/{time}`: changes one.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Asked, Reason, SPAN_MINUTES_MAX, Span, shifted};
use cloud_contracts::Facility;
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Checkbox, ErrorSummary, Field, Notice, Select, t};
use http::StatusCode;
use jiff::civil::{Date, Time as Clock};
use maud::{Markup, html};
use protocols_ids::{BookingId, OccurrenceId, ResourceId};
use serde::Deserialize;

use super::words::reason_text;
use super::{Right, booking_href, facility_of, place_name, seen_booking, when_at};
use crate::Ports;
use crate::book::cancel;
use crate::change::{Change, Changed, asked_of, change};
use crate::place::place_over;
use crate::store::{self, Booking, Time};
use crate::terms::standing;

/// A booking with what its pages of change need.
struct Seen {
    booking: Booking,
    facility: Facility,
    officer: bool,
}

impl Seen {
    async fn read(visit: &Visit, ports: &Ports, id: BookingId) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let mut tx = visit.begin().await?;
        let (booking, right) = seen_booking(&mut tx, ports, person, id).await?;
        let facility = facility_of(&mut tx, ports, &booking).await?.ok_or(Failure::NotFound)?;
        tx.commit().await?;
        let officer = match right {
            Right::Officer => person.roles.contains(&(booking.authority, Role::Officer)),
            Right::Own => false,
        };
        Ok(Self { booking, facility, officer })
    }

    /// Its times that have not ended.
    fn coming(&self, visit: &Visit) -> Vec<Time> {
        let now = visit.kernel.now();
        self.booking.times.iter().filter(|time| time.span.ends_at() > now).copied().collect()
    }

    fn says(&self, visit: &Visit, time: &Time) -> String {
        let when = when_at(visit, Some(&self.facility));
        let place = place_name(visit.lang, Some(&self.facility), time.resource);
        format!("{}, {place}", when.span(time.span.starts_at(), time.span.ends_at()))
    }
}

/// What can be done with the times.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let seen = Seen::read(&visit, &ports, id).await?;
    if !seen.booking.status.keeps(visit.kernel.now()) {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    }
    Ok(list(&visit, &seen, StatusCode::OK, &Typed::default(), &html! {}, &ErrorSummary::new(visit.lang)))
}

/// What was chosen.
#[derive(Default)]
struct Typed {
    times: Vec<OccurrenceId>,
    action: String,
    days: String,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "time" => typed.times.extend(value.parse::<OccurrenceId>().ok()),
                "action" => typed.action = value,
                "days" => typed.days = value,
                _ => {}
            }
        }
        typed.times.sort_unstable();
        typed.times.dedup();
        typed
    }
}

/// Gives the chosen times up, or moves them by so many days.
pub async fn carry_out(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = sent.map_err(|_| Failure::BadRequest("a form of changes that no page of ours has"))?;
    let typed = Typed::read(fields);
    let person = visit.signed_in()?.person;
    let seen = Seen::read(&visit, &ports, id).await?;
    let lang = visit.lang;
    let coming = seen.coming(&visit);
    let chosen: Vec<Time> = coming.iter().filter(|time| typed.times.contains(&time.id)).copied().collect();
    let mut errors = ErrorSummary::new(lang);
    if chosen.is_empty() {
        errors = errors.error("times", &t(lang, "booking-change-none", &[]));
    }
    let asked: Vec<Asked> = chosen.iter().map(asked_of).collect();
    let take = if typed.action == "move" {
        let days = typed.days.trim().parse::<i64>().ok().filter(|days| *days != 0);
        let mut tx = visit.begin().await?;
        let place = place_over(&mut tx, ports.facilities.as_ref(), &seen.facility, &asked).await?;
        tx.commit().await?;
        let take = days.and_then(|days| shifted(&place, &asked, days));
        if take.is_none() {
            errors = errors.error("days", &t(lang, "booking-change-days-error", &[]));
        }
        take.unwrap_or_default()
    } else {
        Vec::new()
    };
    if !errors.is_empty() {
        return Ok(list(&visit, &seen, StatusCode::UNPROCESSABLE_ENTITY, &typed, &html! {}, &errors));
    }
    if take.is_empty() && !seen.officer {
        let mut tx = visit.begin().await?;
        let standing = standing(&mut tx, &ports, &seen.booking, &chosen).await?;
        tx.commit().await?;
        // What costs something is asked first.
        if !standing.too_late && !standing.cost.is_free() {
            return Ok(Redirect::to(&super::cancel::href(id, &chosen)).into_response());
        }
    }
    if take.is_empty() && chosen.len() == seen.booking.times.len() {
        return cancel_all(&visit, &ports, id, person).await;
    }
    let wanted = Change {
        person,
        officer: seen.officer,
        give_up: chosen.iter().map(|time| time.id).collect(),
        take: take.clone(),
    };
    let changed = change(visit.begin().await?, &ports, id, &seen.facility, &wanted).await?;
    Ok(match told(&visit, &seen, &take, &changed) {
        None => Redirect::to(&booking_href(id)).into_response(),
        Some((status, notice)) => list(&visit, &seen, status, &typed, &notice, &errors),
    })
}

/// All times given up is the booking cancelled.
async fn cancel_all(
    visit: &Visit,
    ports: &Ports,
    id: BookingId,
    person: protocols_ids::PersonId,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, id).await?;
    let booking = store::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let at = tx.now();
    if booking.status.cancel(booking.ends_at(), at).is_ok() {
        cancel(tx, ports, person, &booking, at).await?;
    }
    Ok(Redirect::to(&booking_href(id)).into_response())
}

/// What stands in the way; nothing where it is done.
fn told(visit: &Visit, seen: &Seen, take: &[Asked], changed: &Changed) -> Option<(StatusCode, Markup)> {
    let (lang, when) = (visit.lang, when_at(visit, Some(&seen.facility)));
    let name = |asked: &Asked| {
        let ends_at = Span::lasting(asked.starts_at, asked.minutes).map_or(asked.starts_at, Span::ends_at);
        let place = place_name(lang, Some(&seen.facility), asked.resource);
        format!("{}, {place}", when.span(asked.starts_at, ends_at))
    };
    let listed = |text: &str, lines: Vec<String>| {
        html! {
            (Notice::warning(text).more(&t(lang, "booking-change-nothing", &[])))
            ul { @for line in &lines { li { (line) } } }
        }
    };
    Some(match changed {
        Changed::Done => return None,
        Changed::Clash { taken } => {
            let lines = taken.iter().filter_map(|index| take.get(*index)).map(name).collect();
            (StatusCode::CONFLICT, listed(&t(lang, "booking-change-taken", &[]), lines))
        }
        Changed::Refused(refusals) => {
            let line = |reason: &Reason, occurrence: usize| match take.get(occurrence) {
                Some(asked) => format!("{}: {}", name(asked), reason_text(lang, &when, reason)),
                None => reason_text(lang, &when, reason),
            };
            let lines = refusals.iter().map(|refusal| line(&refusal.reason, refusal.occurrence)).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, listed(&t(lang, "booking-change-refused", &[]), lines))
        }
        Changed::NeedsOfficer => {
            (StatusCode::UNPROCESSABLE_ENTITY, listed(&t(lang, "booking-change-officer", &[]), Vec::new()))
        }
        Changed::TooLate => {
            (StatusCode::UNPROCESSABLE_ENTITY, listed(&t(lang, "booking-change-late", &[]), Vec::new()))
        }
        Changed::Gone => (StatusCode::CONFLICT, listed(&t(lang, "booking-change-gone", &[]), Vec::new())),
    })
}

fn list(
    visit: &Visit,
    seen: &Seen,
    status: StatusCode,
    typed: &Typed,
    notice: &Markup,
    errors: &ErrorSummary,
) -> Response {
    let (lang, href) = (visit.lang, booking_href(seen.booking.id));
    let coming = seen.coming(visit);
    let body = html! {
        (notice)
        form method="post" action={ (href) "/change" } {
            fieldset #times {
                legend { (t(lang, "booking-change-which", &[])) }
                @for time in &coming {
                    div {
                        (Checkbox::new("time", &seen.says(visit, time))
                            .value(&time.id.to_string())
                            .checked(coming.len() == 1 || typed.times.contains(&time.id)))
                        a href={ (href) "/times/" (time.id) } {
                            (t(lang, "booking-change-one", &[]))
                            span.visually-hidden { " " (seen.says(visit, time)) }
                        }
                    }
                }
            }
            p { (Button::danger(&t(lang, "booking-change-cancel", &[])).value("action", "cancel")) }
            (Field::number("days", &t(lang, "booking-change-days", &[]))
                .hint(&t(lang, "booking-change-days-hint", &[]))
                .value(&typed.days)
                .error(errors.of("days")))
            p { (Button::primary(&t(lang, "booking-change-move", &[])).value("action", "move")) }
        }
        p { a href=(href) { (t(lang, "booking-keep", &[])) } }
    };
    (
        status,
        page(visit, seen, &t(lang, "booking-change-title", &[])).errors(errors.clone()).body(body).render(),
    )
        .into_response()
}

fn page(visit: &Visit, seen: &Seen, title: &str) -> cloud_ui::Page {
    let number = seen.booking.number.to_string();
    visit
        .page(title)
        .crumb(&t(visit.lang, "booking-mine-title", &[]), "/bookings")
        .crumb(&t(visit.lang, "booking-title", &[("number", &number)]), &booking_href(seen.booking.id))
}

/// One time as it was typed anew.
#[derive(Deserialize)]
pub struct NewTime {
    #[serde(default)]
    resource: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    minutes: String,
}

/// The form of one time.
pub async fn one(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((id, time)): Path<(BookingId, OccurrenceId)>,
) -> Result<Response, Failure> {
    let seen = Seen::read(&visit, &ports, id).await?;
    let Some(time) = seen.coming(&visit).into_iter().find(|one| one.id == time) else {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    };
    let clock = seen.facility.time_zone.to_datetime(time.span.starts_at());
    let typed = NewTime {
        resource: time.resource.to_string(),
        date: clock.date().to_string(),
        start: format!("{:02}:{:02}", clock.hour(), clock.minute()),
        minutes: time.span.minutes().to_string(),
    };
    Ok(form(&visit, &seen, &time, &typed, &(StatusCode::OK, html! {}), &ErrorSummary::new(visit.lang)))
}

/// Moves, lengthens or shortens one time, or takes another resource for it.
pub async fn move_one(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((id, time)): Path<(BookingId, OccurrenceId)>,
    sent: Result<Form<NewTime>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a form of a time that no page of ours has"))?;
    let person = visit.signed_in()?.person;
    let seen = Seen::read(&visit, &ports, id).await?;
    let Some(time) = seen.coming(&visit).into_iter().find(|one| one.id == time) else {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    };
    let lang = visit.lang;
    let resource =
        typed.resource.parse::<ResourceId>().ok().filter(|id| seen.facility.resource(*id).is_some());
    let date = typed.date.trim().parse::<Date>().ok();
    let clock = typed.start.trim().parse::<Clock>().ok();
    let minutes =
        typed.minutes.trim().parse::<u32>().ok().filter(|minutes| (1..=SPAN_MINUTES_MAX).contains(minutes));
    let at = date.zip(clock).and_then(|(date, clock)| {
        let at = seen.facility.time_zone.to_ambiguous_timestamp(date.to_datetime(clock));
        at.compatible().ok()
    });
    let mut errors = ErrorSummary::new(lang);
    if resource.is_none() {
        errors = errors.error("resource", &t(lang, "booking-error-resource", &[]));
    }
    if date.is_none() {
        errors = errors.error("date", &t(lang, "booking-error-date", &[]));
    }
    if clock.is_none() || (date.is_some() && at.is_none()) {
        errors = errors.error("start", &t(lang, "booking-error-clock", &[]));
    }
    if minutes.is_none() {
        errors = errors.error("minutes", &t(lang, "booking-error-minutes", &[]));
    }
    let (Some(resource), Some(starts_at), Some(minutes)) = (resource, at, minutes) else {
        return Ok(form(
            &visit,
            &seen,
            &time,
            &typed,
            &(StatusCode::UNPROCESSABLE_ENTITY, html! {}),
            &errors,
        ));
    };
    let take = vec![Asked { resource, starts_at, minutes }];
    let wanted = Change { person, officer: seen.officer, give_up: vec![time.id], take: take.clone() };
    let changed = change(visit.begin().await?, &ports, id, &seen.facility, &wanted).await?;
    Ok(match told(&visit, &seen, &take, &changed) {
        None => Redirect::to(&booking_href(id)).into_response(),
        Some(answer) => form(&visit, &seen, &time, &typed, &answer, &errors),
    })
}

fn form(
    visit: &Visit,
    seen: &Seen,
    time: &Time,
    typed: &NewTime,
    (status, notice): &(StatusCode, Markup),
    errors: &ErrorSummary,
) -> Response {
    let lang = visit.lang;
    let resources = seen.facility.resources.iter().fold(
        Select::new("resource", &t(lang, "booking-place", &[]))
            .chosen(&typed.resource)
            .error(errors.of("resource")),
        |select, resource| select.option(&resource.id.to_string(), &resource.name),
    );
    let body = html! {
        p.lead { (seen.says(visit, time)) }
        (notice)
        form method="post" action={ (booking_href(seen.booking.id)) "/times/" (time.id) } {
            (resources)
            (Field::date("date", &t(lang, "booking-try-date", &[])).value(&typed.date).error(errors.of("date")))
            (Field::time("start", &t(lang, "booking-starts", &[])).value(&typed.start).error(errors.of("start")))
            (Field::number("minutes", &t(lang, "booking-try-minutes", &[])).value(&typed.minutes).error(errors.of("minutes")))
            p.quiet { (t(lang, "booking-change-safe", &[])) }
            (Button::primary(&t(lang, "booking-change-save", &[])))
        }
    };
    let page = page(visit, seen, &t(lang, "booking-change-one-title", &[]));
    (*status, page.errors(errors.clone()).body(body).render()).into_response()
}
