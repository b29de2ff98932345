//! `/bookings/{id}/change`: gives up or moves chosen times of a booking. `/bookings/{id}/times/{time}`: changes one.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Asked, Reason, STAY_MINUTES_MAX, Span, State, shifted};
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Checkbox, ErrorSummary, Field, Notice, Select, t};
use http::StatusCode;
use jiff::civil::{Date, Time as Clock};
use maud::{Markup, html};
use protocols_ids::{BookingId, OccurrenceId, ResourceId};
use serde::Deserialize;

use super::words::reason_text;
use super::{Right, booking_href, place_name, seen_booking, when_at};
use crate::Ports;
use crate::book::cancel;
use crate::change::{Change, Changed, asked_of, change};
use crate::extras::Short;
use crate::place::place_at;
use crate::places::Places;
use crate::split::{Split, split};
use crate::store::{self, Booking, Time};
use crate::terms::standing;

/// A booking with what its pages of change need.
pub(super) struct Seen {
    pub(super) booking: Booking,
    pub(super) places: Places,
    pub(super) officer: bool,
}

impl Seen {
    pub(super) async fn read(visit: &Visit, ports: &Ports, id: BookingId) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let mut tx = visit.begin().await?;
        let (booking, right) = seen_booking(&mut tx, ports, person, id).await?;
        let places = Places::of_booking(&mut tx, ports, &booking).await?;
        places.first().ok_or(Failure::NotFound)?;
        tx.commit().await?;
        let officer = match right {
            Right::Officer => person.roles.contains(&(booking.authority, Role::Officer)),
            Right::Own => false,
        };
        Ok(Self { booking, places, officer })
    }

    /// Whether it has times that can be changed: a hold is changed on its own page.
    pub(super) fn can_change(&self, visit: &Visit) -> bool {
        self.booking.status.state() != State::Held && self.booking.status.keeps(visit.kernel.now())
    }

    /// Its times that have not ended.
    pub(super) fn coming(&self, visit: &Visit) -> Vec<Time> {
        let now = visit.kernel.now();
        self.booking.times.iter().filter(|time| time.span.ends_at() > now).copied().collect()
    }

    pub(super) fn says(&self, visit: &Visit, time: &Time) -> String {
        let when = when_at(visit, self.places.first());
        let place = place_name(visit.lang, self.places.at(time.resource), time.resource);
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
    if !seen.can_change(&visit) {
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
        let place = place_at(&mut tx, ports.facilities.as_ref(), seen.places.all(), &asked).await?;
        tx.commit().await?;
        let take = days.zip(place).and_then(|(days, place)| shifted(&place, &asked, days));
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
    if typed.action == "split" {
        return split_off(&visit, &ports, &seen, &chosen, &typed).await;
    }
    if take.is_empty() && !seen.officer {
        let mut tx = visit.begin().await?;
        let standing = standing(&mut tx, &ports, &seen.booking, &chosen).await?;
        tx.commit().await?;
        if let Some((status, notice)) =
            told(&visit, &seen, &[], &Changed::TooLate).filter(|_| standing.too_late)
        {
            return Ok(list(&visit, &seen, status, &typed, &notice, &errors));
        }
        // What costs something is asked first.
        if !standing.cost.is_free() {
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
    let changed = change(visit.begin().await?, &ports, id, &wanted).await?;
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
    let held = booking.status.state() == State::Held;
    if !held && booking.status.cancel(booking.ends_at(), at).is_ok() {
        cancel(tx, ports, person, &booking, at).await?;
    }
    Ok(Redirect::to(&booking_href(id)).into_response())
}

/// What stands in the way; nothing where it is done.
fn told(visit: &Visit, seen: &Seen, take: &[Asked], changed: &Changed) -> Option<(StatusCode, Markup)> {
    let (lang, when) = (visit.lang, when_at(visit, seen.places.first()));
    let name = |asked: &Asked| {
        let ends_at = Span::lasting(asked.starts_at, asked.minutes).map_or(asked.starts_at, Span::ends_at);
        let place = place_name(lang, seen.places.at(asked.resource), asked.resource);
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
        Changed::Short(short) => {
            let name = |short: &Short| {
                let mut known = seen.places.all().iter().flat_map(|facility| &facility.equipment);
                let name = known.find(|known| known.id == short.equipment).map(|known| known.name.clone());
                let left = t(lang, "booking-error-short", &[("left", &short.left)]);
                format!("{}: {left}", name.unwrap_or_default())
            };
            let lines = short.iter().map(name).collect();
            (StatusCode::CONFLICT, listed(&t(lang, "booking-change-short", &[]), lines))
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
                ul.plain-list {
                    @for time in &coming {
                        li {
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
            }
            p { (Button::danger(&t(lang, "booking-change-cancel", &[])).value("action", "cancel")) }
            (Field::number("days", &t(lang, "booking-change-days", &[]))
                .hint(&t(lang, "booking-change-days-hint", &[]))
                .value(&typed.days)
                .error(errors.of("days")))
            p { (Button::primary(&t(lang, "booking-change-move", &[])).value("action", "move")) }
            @if seen.booking.times.len() > 1 {
                p.quiet { (t(lang, "booking-change-split-hint", &[])) }
                p { (Button::quiet(&t(lang, "booking-change-split", &[])).value("action", "split")) }
            }
        }
        p { a href=(href) { (t(lang, "booking-keep", &[])) } }
    };
    (
        status,
        page(visit, seen, &t(lang, "booking-change-title", &[])).errors(errors.clone()).body(body).render(),
    )
        .into_response()
}

/// Makes the chosen times a booking of their own.
async fn split_off(
    visit: &Visit,
    ports: &Ports,
    seen: &Seen,
    chosen: &[Time],
    typed: &Typed,
) -> Result<Response, Failure> {
    let (lang, id) = (visit.lang, seen.booking.id);
    let errors = ErrorSummary::new(lang);
    if chosen.len() == seen.booking.times.len() {
        let errors = errors.error("times", &t(lang, "booking-change-split-all", &[]));
        return Ok(list(visit, seen, StatusCode::UNPROCESSABLE_ENTITY, typed, &html! {}, &errors));
    }
    let person = visit.signed_in()?.person;
    let times: Vec<OccurrenceId> = chosen.iter().map(|time| time.id).collect();
    let wanted = Change { person, officer: seen.officer, give_up: times, take: Vec::new() };
    Ok(match split(visit.begin().await?, ports, id, &wanted).await? {
        Split::Done(booking) => Redirect::to(&booking_href(booking)).into_response(),
        Split::Not(changed) => match told(visit, seen, &[], &changed) {
            None => Redirect::to(&booking_href(id)).into_response(),
            Some((status, notice)) => list(visit, seen, status, typed, &notice, &errors),
        },
    })
}

pub(super) fn page(visit: &Visit, seen: &Seen, title: &str) -> cloud_ui::Page {
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
    let at = seen.places.at(time.resource).or(seen.places.first()).ok_or(Failure::NotFound)?;
    let clock = at.time_zone.to_datetime(time.span.starts_at());
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
    let resource = typed.resource.parse::<ResourceId>().ok().filter(|id| seen.places.at(*id).is_some());
    let date = typed.date.trim().parse::<Date>().ok();
    let clock = typed.start.trim().parse::<Clock>().ok();
    let minutes =
        typed.minutes.trim().parse::<u32>().ok().filter(|minutes| (1..=STAY_MINUTES_MAX).contains(minutes));
    let at = date.zip(clock).zip(seen.places.first()).and_then(|((date, clock), facility)| {
        let at = facility.time_zone.to_ambiguous_timestamp(date.to_datetime(clock));
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
    let changed = change(visit.begin().await?, &ports, id, &wanted).await?;
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
    let several = seen.places.all().len() > 1;
    let all = seen
        .places
        .all()
        .iter()
        .flat_map(|facility| facility.resources.iter().map(move |one| (facility, one)));
    let resources = all.fold(
        Select::new("resource", &t(lang, "booking-place", &[]))
            .chosen(&typed.resource)
            .error(errors.of("resource")),
        |select, (facility, resource)| {
            let name =
                if several { place_name(lang, Some(facility), resource.id) } else { resource.name.clone() };
            select.option(&resource.id.to_string(), &name)
        },
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
