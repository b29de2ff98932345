//! `/book/several`: many times in one booking. One adds times one by one or by a rule, sees what stands in the way of
//! each and what is free instead, and books those that are left.
//!
//! What has been chosen lies in the form; nothing is kept until it is booked, and then all of it or nothing.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    ACCESSORIES_MAX, Asked, Asker, Every, Minute, OCCURRENCES_MAX, Obstacle, Occupancy, Place, PurposeKind,
    Reason, Request, SPAN_MINUTES_MAX, STAY_MINUTES_MAX, Series, Span, again, judge_one, obstacles,
};
use cloud_contracts::{Customer, Facility};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{SignedIn, TenantTx};
use cloud_ui::{Button, Card, Checkbox, EmptyState, ErrorSummary, Facts, Field, Notice, Select, amount, t};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use protocols_ids::{BookingId, CustomerId, ResourceId};
use serde::Deserialize;
use uuid::Uuid;

use super::fields::{About, Asks, accessory_field};
use super::words::{purpose_kind_name, reason_text};
use super::{booking_href, place_name, seen_booking, when_at};
use crate::Ports;
use crate::book::{Asking, Outcome, Wish, asker, book, price};
use crate::extras;
use crate::hold::asked as times_of;
use crate::place::place_at;
use crate::places::Places;
use crate::store::{self, Time, extras as rows, hold};

/// Where it begins: at a facility, perhaps with a first time; or with the times of last year's booking again.
#[derive(Deserialize)]
pub struct Link {
    facility: Option<String>,
    resource: Option<ResourceId>,
    start: Option<Timestamp>,
    minutes: Option<u32>,
    again: Option<BookingId>,
}

/// Where last year's times are booked again.
pub fn again_href(booking: BookingId) -> String {
    format!("/book/several?again={booking}")
}

/// The form, empty or with the times of the link.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    link: Result<Query<Link>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failure> {
    const FOREIGN: &str = "a link to /book/several without facility";
    let Query(link) = link.map_err(|_| Failure::BadRequest(FOREIGN))?;
    let person = visit.signed_in()?;
    let errors = ErrorSummary::new(visit.lang);
    if let Some(booking) = link.again {
        let (typed, left_out) = last_years(&visit, &ports, person, booking).await?;
        let mut screen = Screen::read(&visit, &ports, person, typed).await?;
        screen.left_out = left_out;
        return Ok(screen.answer(StatusCode::OK, &errors));
    }
    let first = link.resource.zip(link.start).map(|(resource, starts_at)| Asked {
        resource,
        starts_at,
        minutes: link.minutes.unwrap_or(60).min(STAY_MINUTES_MAX),
    });
    let typed = Typed {
        facility: link.facility.ok_or(Failure::BadRequest(FOREIGN))?,
        request_key: visit.kernel.new_id(),
        times: first.into_iter().collect(),
        new_resource: link.resource.map(|resource| resource.to_string()).unwrap_or_default(),
        ..Typed::default()
    };
    let screen = Screen::read(&visit, &ports, person, typed).await?;
    Ok(screen.answer(StatusCode::OK, &errors))
}

/// A booking's times and all that was said of it, in the next year; and how many have no such week there.
async fn last_years(
    visit: &Visit,
    ports: &Ports,
    person: &SignedIn,
    id: BookingId,
) -> Result<(Typed, usize), Failure> {
    let mut tx = visit.begin().await?;
    let (booking, _) = seen_booking(&mut tx, ports, person, id).await?;
    let places = Places::of_booking(&mut tx, ports, &booking).await?;
    let old = times_of(&booking);
    let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &old).await?;
    let (Some(place), Some(home)) = (place, places.first()) else { return Err(Failure::NotFound) };
    let next = again(&place, &old, tx.now());
    let accessories = extras::of_booking(&mut tx, &booking.times).await?;
    let particulars = rows::said(&mut tx, id).await?;
    tx.commit().await?;
    let typed = Typed {
        facility: home.slug.clone(),
        customer: booking.customer.to_string(),
        request_key: visit.kernel.new_id(),
        about: About::of(&booking, &accessories, &particulars),
        times: next.times,
        ..Typed::default()
    };
    Ok((typed, next.left_out))
}

/// The form as it was sent.
#[derive(Default)]
struct Typed {
    /// Where times are added.
    facility: String,
    /// Where they shall be added from now on.
    other_facility: String,
    customer: String,
    request_key: Uuid,
    about: About,
    times: Vec<Asked>,
    action: String,
    new_resource: String,
    new_date: String,
    new_start: String,
    new_minutes: String,
    last: String,
    every: String,
    weekdays: BTreeSet<i8>,
    skip_holidays: bool,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            let Some(value) = typed.about.take(&name, value) else { continue };
            match name.as_str() {
                "facility" => typed.facility = value,
                "other_facility" => typed.other_facility = value,
                "customer" => typed.customer = value,
                "request_key" => typed.request_key = value.parse().unwrap_or_default(),
                "time" => typed.times.extend(time_of(&value)),
                "action" => typed.action = value,
                "new_resource" => typed.new_resource = value,
                "new_date" => typed.new_date = value,
                "new_start" => typed.new_start = value,
                "new_minutes" => typed.new_minutes = value,
                "last" => typed.last = value,
                "every_weeks" => typed.every = value,
                "weekday" => {
                    typed.weekdays.extend(value.parse::<i8>().ok().filter(|day| (1..=7).contains(day)));
                }
                "skip_holidays" => typed.skip_holidays = true,
                _ => {}
            }
        }
        typed
    }
}

/// A time as the form carries it: resource, start and minutes with bars between.
fn time_of(text: &str) -> Option<Asked> {
    let mut parts = text.split('|');
    let asked = Asked {
        resource: parts.next()?.parse().ok()?,
        starts_at: parts.next()?.parse().ok()?,
        minutes: parts.next()?.parse().ok().filter(|minutes| *minutes <= STAY_MINUTES_MAX)?,
    };
    parts.next().is_none().then_some(asked)
}

fn text_of(asked: &Asked) -> String {
    format!("{}|{}|{}", asked.resource, asked.starts_at, asked.minutes)
}

/// Does what the pressed button says, and shows the form again; or books.
pub async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) =
        sent.map_err(|_| Failure::BadRequest("a form to /book/several that no page of ours has"))?;
    let mut typed = Typed::read(fields);
    if typed.action == "facility" {
        typed.facility = std::mem::take(&mut typed.other_facility);
        typed.new_resource = String::new();
    }
    let Ok(person) = visit.signed_in() else {
        return Err(Failure::SignIn { return_to: format!("/book/several?facility={}", typed.facility) });
    };
    let mut screen = Screen::read(&visit, &ports, person, typed).await?;
    let errors = screen.act();
    if !errors.is_empty() {
        return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors));
    }
    if screen.typed.action != "book" {
        // What was added is looked at too.
        let typed = std::mem::take(&mut screen.typed);
        let screen = Screen::read(&visit, &ports, person, typed).await?;
        return Ok(screen.answer(StatusCode::OK, &errors));
    }
    screen.book(&ports, person).await
}

/// Everything that the page shows.
struct Screen<'a> {
    visit: &'a Visit,
    typed: Typed,
    /// Where times are added.
    facility: Facility,
    /// The other facilities whose times can be in the same booking: path and name.
    siblings: Vec<(String, String)>,
    places: Places,
    place: Place,
    customer: Option<Customer>,
    obstacles: Vec<Option<Obstacle>>,
    price_ore: Option<i64>,
    asks: Asks,
    /// How many of last year's times have no such week this year.
    left_out: usize,
}

impl<'a> Screen<'a> {
    async fn read(
        visit: &'a Visit,
        ports: &Ports,
        person: &SignedIn,
        mut typed: Typed,
    ) -> Result<Self, Failure> {
        let mut tx = visit.begin().await?;
        let all = ports.facilities.all(&mut tx).await?;
        let facility = all.iter().find(|one| one.slug == typed.facility).ok_or(Failure::NotFound)?.clone();
        typed.times.sort_by_key(|time| (time.starts_at, time.resource));
        typed.times.dedup();
        typed.times.truncate(OCCURRENCES_MAX);
        let acts_for = person.acts_for.as_ref().map(|(customer, _)| *customer);
        let mut customer = None;
        for wanted in [typed.customer.parse::<CustomerId>().ok(), acts_for].into_iter().flatten() {
            if customer.is_none() {
                customer = ports.customers.acted_for(&mut tx, person.person, wanted).await?;
            }
        }
        let places = Places::among(&all, &facility, typed.times.iter().map(|time| time.resource));
        let siblings = all
            .iter()
            .filter(|other| other.authority == facility.authority && other.time_zone == facility.time_zone)
            .filter(|other| other.id != facility.id && !other.resources.is_empty())
            .map(|other| (other.slug.clone(), other.name.clone()))
            .collect();
        let window = series_window(&facility, &typed);
        let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &window).await?;
        let place = place.ok_or(Failure::BadRequest("times by different clocks in one list"))?;
        let holds = hold::of_person(&mut tx, person.person).await?;
        let holds: Vec<BookingId> = holds.iter().map(|hold| hold.id).collect();
        let asks = asks_of(&mut tx, &places, &typed, &holds).await?;
        let (obstacles, price_ore) = match &customer {
            Some(customer) => {
                let looking = Looking { person, customer, place: &place, typed: &typed, asks: &asks };
                looked_at(&mut tx, ports, &looking, &places, &holds).await?
            }
            None => (Vec::new(), None),
        };
        tx.commit().await?;
        let left_out = 0;
        Ok(Self {
            visit,
            typed,
            facility,
            siblings,
            places,
            place,
            customer,
            obstacles,
            price_ore,
            asks,
            left_out,
        })
    }

    /// What the pressed button does to the list of times.
    fn act(&mut self) -> ErrorSummary {
        let lang = self.visit.lang;
        let errors = ErrorSummary::new(lang);
        let action = self.typed.action.clone();
        let (verb, rest) = action.split_once(':').unwrap_or((action.as_str(), ""));
        match verb {
            "add" => match self.new_time() {
                Ok(time) => self.typed.times.push(time),
                Err(error) => return errors.error("new_date", &error),
            },
            "series" => match self.new_series() {
                Ok(series) => self.typed.times.extend(series.times(&self.place)),
                Err(error) => return errors.error("last", &error),
            },
            "remove" => {
                let gone = time_of(rest);
                self.typed.times.retain(|time| Some(*time) != gone);
            }
            "swap" => {
                if let Some((old, new)) = rest.split_once('>') {
                    let (old, new) = (time_of(old), time_of(new));
                    self.typed.times.retain(|time| Some(*time) != old);
                    self.typed.times.extend(new);
                }
            }
            "skip" => {
                let times = std::mem::take(&mut self.typed.times);
                let left = times.into_iter().zip(&self.obstacles).filter(|(_, obstacle)| obstacle.is_none());
                self.typed.times = left.map(|(time, _)| time).collect();
            }
            _ => {}
        }
        if self.typed.times.len() > OCCURRENCES_MAX {
            return errors.error("times", &t(lang, "booking-several-many", &[("most", &OCCURRENCES_MAX)]));
        }
        errors
    }

    fn new_time(&self) -> Result<Asked, String> {
        let lang = self.visit.lang;
        let resource = self.chosen_resource().ok_or_else(|| t(lang, "booking-error-resource", &[]))?;
        let date: Date =
            self.typed.new_date.trim().parse().map_err(|_| t(lang, "booking-error-date", &[]))?;
        let minute: Minute =
            self.typed.new_start.trim().parse().map_err(|_| t(lang, "booking-error-clock", &[]))?;
        let starts_at =
            self.place.at(date, minute.of_day()).ok_or_else(|| t(lang, "booking-error-clock", &[]))?;
        Ok(Asked { resource, starts_at, minutes: self.minutes()? })
    }

    fn new_series(&self) -> Result<Series, String> {
        let lang = self.visit.lang;
        let typed = &self.typed;
        let resource = self.chosen_resource().ok_or_else(|| t(lang, "booking-error-resource", &[]))?;
        let first: Date = typed.new_date.trim().parse().map_err(|_| t(lang, "booking-error-date", &[]))?;
        let last: Date = typed.last.trim().parse().map_err(|_| t(lang, "booking-several-last-error", &[]))?;
        let starts: Minute =
            typed.new_start.trim().parse().map_err(|_| t(lang, "booking-error-clock", &[]))?;
        if last < first {
            return Err(t(lang, "booking-several-last-error", &[]));
        }
        let every = match typed.every.as_str() {
            "month-weekday" => Every::MonthByWeekday,
            "month-date" => Every::MonthByDate,
            weeks => {
                let mut weekdays = typed.weekdays.clone();
                if weekdays.is_empty() {
                    weekdays.insert(first.weekday().to_monday_one_offset());
                }
                Every::Week { weekdays, weeks: weeks.trim().parse().unwrap_or(1) }
            }
        };
        let (minutes, skip_holidays) = (self.minutes()?, typed.skip_holidays);
        Ok(Series { resource, first, last, every, starts, minutes, skip_holidays })
    }

    fn chosen_resource(&self) -> Option<ResourceId> {
        let chosen = self.typed.new_resource.parse().ok()?;
        self.facility.resource(chosen).map(|resource| resource.id)
    }

    fn minutes(&self) -> Result<u32, String> {
        let minutes = self.typed.new_minutes.trim().parse().ok();
        minutes
            .filter(|minutes| (1..=SPAN_MINUTES_MAX).contains(minutes))
            .ok_or_else(|| t(self.visit.lang, "booking-error-minutes", &[]))
    }

    /// Books all of it, or says what is wrong.
    async fn book(self, ports: &Ports, person: &SignedIn) -> Result<Response, Failure> {
        let lang = self.visit.lang;
        let mut errors = ErrorSummary::new(lang);
        if self.typed.times.is_empty() {
            errors = errors.error("times", &t(lang, "booking-several-none", &[]));
        }
        let said = self.typed.about.read(lang, &self.asks, errors);
        let said = match said {
            Ok(said) => said,
            Err(errors) => return Ok(self.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors)),
        };
        let Some(customer) = &self.customer else {
            return Ok(self.answer(StatusCode::UNPROCESSABLE_ENTITY, &ErrorSummary::new(lang)));
        };
        let errors = ErrorSummary::new(lang);
        let wish = Wish {
            booker: person.person,
            customer: customer.id,
            purpose: said.purpose,
            purpose_kind: said.kind,
            participants: said.participants,
            officer: false,
            request_key: self.typed.request_key,
            asked: self.typed.times.clone(),
            accessories: said.accessories,
            particulars: said.particulars,
            // Times, price and terms stand on this page already.
            hold: false,
        };
        let outcome = book(&self.visit.kernel, self.visit.tenant.id, ports, &wish).await?;
        if let Outcome::Booked { booking, .. } | Outcome::Requested { booking, .. } = outcome {
            return Ok(Redirect::to(&booking_href(booking)).into_response());
        }
        let when = when_at(self.visit, Some(&self.facility));
        let (status, errors) = match outcome {
            // The list shows which.
            Outcome::Clash { .. } => {
                (StatusCode::CONFLICT, errors.error("times", &t(lang, "booking-change-taken", &[])))
            }
            Outcome::Refused(refusals) => {
                let mut told: Vec<(String, String)> = refusals
                    .iter()
                    .map(|refusal| (field_of(&refusal.reason), reason_text(lang, &when, &refusal.reason)))
                    .collect();
                told.dedup();
                let errors = told.iter().fold(errors, |errors, (field, text)| errors.error(field, text));
                (StatusCode::UNPROCESSABLE_ENTITY, errors)
            }
            Outcome::Short(short) => {
                let errors = short.iter().fold(errors, |errors, short| {
                    let text = t(lang, "booking-error-short", &[("left", &short.left)]);
                    errors.error(&accessory_field(short.equipment), &text)
                });
                (StatusCode::CONFLICT, errors)
            }
            Outcome::NotForCustomer
            | Outcome::Booked { .. }
            | Outcome::Requested { .. }
            | Outcome::Held { .. }
            | Outcome::TooManyHolds => (
                StatusCode::UNPROCESSABLE_ENTITY,
                errors.error("customer", &t(lang, "booking-error-customer", &[])),
            ),
        };
        let screen = Screen::read(self.visit, ports, person, self.typed).await?;
        Ok(screen.answer(status, &errors))
    }

    fn answer(&self, status: StatusCode, errors: &ErrorSummary) -> Response {
        let lang = self.visit.lang;
        let page = self.visit.page(&t(lang, "booking-several-title", &[])).errors(errors.clone());
        let page = page
            .lead(&t(lang, "booking-several-lead", &[]))
            .crumb(&self.facility.name, &format!("/facilities/{}", self.facility.slug));
        let body = if let Some(customer) = &self.customer {
            self.form(customer, errors)
        } else {
            let here = format!("/act-for?next=%2Fbook%2Fseveral%3Ffacility%3D{}", self.facility.slug);
            let action = Button::primary(&t(lang, "booking-choose-customer", &[])).href(&here);
            html! { (Notice::info(&t(lang, "booking-no-customer", &[])).action(action)) }
        };
        (status, page.body(body).render()).into_response()
    }

    fn form(&self, customer: &Customer, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, &self.typed);
        html! {
            form method="post" action="/book/several" {
                input type="hidden" name="facility" value=(self.facility.slug);
                input type="hidden" name="customer" value=(customer.id);
                input type="hidden" name="request_key" value=(typed.request_key);
                @for time in &typed.times { input type="hidden" name="time" value=(text_of(time)); }
                (Card::new("times", &t(lang, "booking-times", &[]), self.list()))
                (Card::new("add", &t(lang, "booking-several-add-title", &[]), self.add(errors)))
                (Card::new("book", &t(lang, "booking-several-book-title", &[]), self.finish(customer, errors)))
            }
        }
    }

    /// The times, each with what stands in its way.
    fn list(&self) -> Markup {
        let lang = self.visit.lang;
        let left_out = self.left_out;
        let troubled = self.obstacles.iter().filter(|obstacle| obstacle.is_some()).count();
        html! {
            @if left_out > 0 { (Notice::info(&t(lang, "booking-again-left-out", &[("count", &left_out)]))) }
            @if self.typed.times.is_empty() {
                (EmptyState::new(&t(lang, "booking-several-empty", &[]), &t(lang, "booking-several-empty-hint", &[])))
            } @else {
                @if troubled > 0 {
                    (Notice::warning(&t(lang, "booking-several-troubled", &[("count", &troubled), ("all", &self.typed.times.len())])))
                    p { (Button::quiet(&t(lang, "booking-several-skip", &[])).value("action", "skip")) }
                }
                ol.plain-list {
                    @for (time, obstacle) in self.typed.times.iter().zip(self.obstacles.iter()) {
                        li { (self.row(time, obstacle.as_ref())) }
                    }
                }
            }
        }
    }

    fn row(&self, time: &Asked, obstacle: Option<&Obstacle>) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, Some(&self.facility)));
        let name = self.says(time);
        let remove = Button::quiet(&t(lang, "booking-several-remove", &[])).about(&name);
        html! {
            strong { (name) } " "
            (remove.value("action", &format!("remove:{}", text_of(time))))
            @match obstacle {
                None => {}
                Some(Obstacle::Taken { instead }) => {
                    p { (t(lang, "booking-several-taken", &[])) }
                    @for other in instead {
                        @let new = Asked { resource: other.resource(), starts_at: other.span().starts_at(), minutes: other.span().minutes() };
                        (Button::quiet(&t(lang, "booking-several-swap", &[("time", &self.says(&new))]))
                            .value("action", &format!("swap:{}>{}", text_of(time), text_of(&new))))
                        " "
                    }
                }
                Some(Obstacle::Refused { reasons }) => {
                    @for reason in reasons { p { (reason_text(lang, &when, reason)) } }
                }
                Some(Obstacle::ExcludesOwn { other }) => {
                    @if let Some(other) = self.typed.times.get(*other) {
                        p { (t(lang, "booking-several-own", &[("time", &self.says(other))])) }
                    }
                }
            }
        }
    }

    fn says(&self, time: &Asked) -> String {
        let when = when_at(self.visit, Some(&self.facility));
        let ends_at = Span::lasting(time.starts_at, time.minutes).map_or(time.starts_at, Span::ends_at);
        let at = self.places.at(time.resource);
        let name = match at.filter(|_| self.places.all().len() == 1) {
            Some(facility) => facility.resource(time.resource).map(|resource| resource.name.clone()),
            None => None,
        };
        let name = name.unwrap_or_else(|| place_name(self.visit.lang, at, time.resource));
        format!("{}, {name}", when.span(time.starts_at, ends_at))
    }

    /// Where times are added, and where else they could be.
    fn other_facilities(&self) -> Markup {
        let lang = self.visit.lang;
        if self.siblings.is_empty() {
            return html! {};
        }
        let label = t(lang, "booking-several-elsewhere", &[]);
        let select = self
            .siblings
            .iter()
            .fold(Select::new("other_facility", &label), |select, (slug, name)| select.option(slug, name));
        html! {
            details {
                summary { (t(lang, "booking-several-here", &[("name", &self.facility.name)])) }
                (select)
                p { (Button::quiet(&t(lang, "booking-several-go", &[])).value("action", "facility")) }
            }
        }
    }

    fn add(&self, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, &self.typed);
        let or = |text: &str, otherwise: &str| {
            if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
        };
        let resources = self.facility.resources.iter().fold(
            Select::new("new_resource", &t(lang, "booking-place", &[])).chosen(&typed.new_resource),
            |select, resource| select.option(&resource.id.to_string(), &resource.name),
        );
        let every = [
            ("1", "booking-every-1"),
            ("2", "booking-every-2"),
            ("4", "booking-every-4"),
            ("month-weekday", "booking-every-month-weekday"),
            ("month-date", "booking-every-month-date"),
        ];
        let every = every.into_iter().fold(
            Select::new("every_weeks", &t(lang, "booking-several-every", &[])).chosen(&typed.every),
            |select, (weeks, key)| select.option(weeks, &t(lang, key, &[])),
        );
        let weekdays = [
            (1, "booking-weekday-1"),
            (2, "booking-weekday-2"),
            (3, "booking-weekday-3"),
            (4, "booking-weekday-4"),
            (5, "booking-weekday-5"),
            (6, "booking-weekday-6"),
            (7, "booking-weekday-7"),
        ];
        html! {
            (self.other_facilities())
            (resources)
            (Field::date("new_date", &t(lang, "booking-several-date", &[])).value(&typed.new_date).error(errors.of("new_date")))
            (Field::time("new_start", &t(lang, "booking-starts", &[])).value(&or(&typed.new_start, "18:00")))
            (Field::number("new_minutes", &t(lang, "booking-try-minutes", &[])).value(&or(&typed.new_minutes, "60")))
            p { (Button::quiet(&t(lang, "booking-several-add", &[])).value("action", "add")) }
            details open[!typed.last.is_empty()] {
                summary { (t(lang, "booking-several-series", &[])) }
                fieldset {
                    legend { (t(lang, "booking-several-weekdays", &[])) }
                    @for (day, key) in weekdays {
                        (Checkbox::new("weekday", &t(lang, key, &[])).value(&day.to_string()).checked(typed.weekdays.contains(&day)))
                    }
                }
                (every)
                (Field::date("last", &t(lang, "booking-several-last", &[])).value(&typed.last).error(errors.of("last")))
                (Checkbox::new("skip_holidays", &t(lang, "booking-several-skip-holidays", &[])).checked(typed.skip_holidays))
                p { (Button::quiet(&t(lang, "booking-several-add-series", &[])).value("action", "series")) }
            }
        }
    }

    fn finish(&self, customer: &Customer, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, &self.typed);
        let kinds = PurposeKind::ALL.into_iter().fold(
            Select::new("purpose_kind", &t(lang, "booking-purpose-kind", &[]))
                .chosen(PurposeKind::parse(&typed.about.kind).unwrap_or(PurposeKind::Training).key()),
            |select, kind| select.option(kind.key(), &purpose_kind_name(lang, kind)),
        );
        let price = match self.price_ore {
            Some(ore) => amount(lang, ore),
            None => t(lang, "booking-no-price", &[]),
        };
        html! {
            (Facts::new()
                .row(&t(lang, "booking-customer", &[]), customer.name.clone())
                .row(&t(lang, "booking-times", &[]), t(lang, "booking-times-count", &[("count", &typed.times.len())]))
                .row(&t(lang, "booking-price", &[]), price))
            (Field::text("purpose", &t(lang, "booking-purpose", &[]))
                .hint(&t(lang, "booking-purpose-hint", &[]))
                .value(&typed.about.purpose)
                .error(errors.of("purpose")))
            (kinds)
            (typed.about.peculiar(lang, &self.asks, errors))
            (typed.about.participants(lang, &self.asks, errors))
            (typed.about.equipment(lang, &self.asks, errors))
            p { (Button::primary(&t(lang, "booking-several-book", &[])).value("action", "book")) }
        }
    }
}

/// The times that are chosen, and the ends of the series that is typed: what the place must be known for.
fn series_window(facility: &Facility, typed: &Typed) -> Vec<Asked> {
    let midnight = |text: &str| {
        let date: Date = text.trim().parse().ok()?;
        date.to_zoned(facility.time_zone.clone()).ok().map(|at| at.timestamp())
    };
    let ends = [midnight(&typed.new_date), midnight(&typed.last)].into_iter().flatten();
    let resource = facility.resources.first().map(|resource| resource.id);
    let ends = resource.into_iter().flat_map(|resource| {
        ends.clone().map(move |starts_at| Asked { resource, starts_at, minutes: 24 * 60 })
    });
    typed.times.iter().copied().chain(ends).collect()
}

/// The field of this form that a reason stands beside: what is about times, about the list.
fn field_of(reason: &Reason) -> String {
    let name = super::book::field_name(reason);
    match name.as_str() {
        "resource" | "start" | "minutes" | "customer" => "times".to_owned(),
        _ => name,
    }
}

/// What the chosen resources ask, what can be had with them, and how much of that is left at all of the times.
async fn asks_of(
    tx: &mut TenantTx,
    places: &Places,
    typed: &Typed,
    holds: &[BookingId],
) -> Result<Asks, Failure> {
    let resources: BTreeSet<ResourceId> = typed.times.iter().map(|time| time.resource).collect();
    let mut peculiar = Vec::new();
    for resource in &resources {
        let asked = extras::peculiar_of(places.all(), *resource);
        if !peculiar.iter().any(|known| std::mem::discriminant(known) == std::mem::discriminant(&asked)) {
            peculiar.push(asked);
        }
    }
    let equipment = extras::equipment_with(places.all(), resources.into_iter());
    let equipment: Vec<_> = equipment.into_iter().take(ACCESSORIES_MAX).cloned().collect();
    let counted: Vec<_> = equipment.iter().filter(|one| one.stock.is_some()).map(|one| one.id).collect();
    let spans: Vec<Span> =
        typed.times.iter().filter_map(|time| Span::lasting(time.starts_at, time.minutes)).collect();
    let left = extras::left(tx, &counted, &spans, holds).await?;
    Ok(Asks { peculiar, equipment, left })
}

/// Who looks at which times.
struct Looking<'a> {
    person: &'a SignedIn,
    customer: &'a Customer,
    place: &'a Place,
    typed: &'a Typed,
    asks: &'a Asks,
}

/// What stands in the way of each time, and what all of them cost.
async fn looked_at(
    tx: &mut TenantTx,
    ports: &Ports,
    looking: &Looking<'_>,
    places: &Places,
    holds: &[BookingId],
) -> Result<(Vec<Option<Obstacle>>, Option<i64>), Failure> {
    let Looking { person, customer, place, typed, asks } = looking;
    let spans = typed.times.iter().filter_map(|time| Span::lasting(time.starts_at, time.minutes));
    let (first, last) = (spans.clone().map(Span::starts_at).min(), spans.map(Span::ends_at).max());
    let Some(during) = first.zip(last).and_then(|(first, last)| {
        // Neighbouring times of the same days are looked for too.
        let day = jiff::SignedDuration::from_hours(24);
        Span::new(first.checked_sub(day).ok()?, last.checked_add(day).ok()?)
    }) else {
        return Ok((Vec::new(), None));
    };
    let taken = store::occupied(tx, &place.parts(), during).await?;
    // What one holds oneself is in nobody's way.
    let taken = Occupancy::new(taken.into_iter().filter(|taken| !holds.contains(&taken.booking)));
    let asking = Asking { person: person.person, customer, asked: &typed.times, officer: false };
    let asker: Asker = asker(tx, ports, &asking, place).await?;
    let request = Request {
        asker: &asker,
        purpose: PurposeKind::parse(&typed.about.kind).unwrap_or(PurposeKind::Training),
        persons: typed.about.persons().ok().flatten(),
        asked: &typed.times,
    };
    let (now, said) = (tx.now(), typed.about.particulars(asks));
    let check = |one: &Asked| {
        let time = judge_one(place, &request, one, now)?;
        // What was not said yet is asked for below; what was said must fit.
        let peculiar = extras::peculiar_of(places.all(), one.resource);
        let reasons = if said.is_empty() { Vec::new() } else { peculiar.reasons(request.persons, &said) };
        if reasons.is_empty() { Ok(time) } else { Err(reasons) }
    };
    let found = obstacles(place, &typed.times, &taken, now, check);
    let times: Vec<Time> = typed
        .times
        .iter()
        .zip(&found)
        .filter(|(_, obstacle)| obstacle.is_none())
        .filter_map(|(one, _)| {
            let span = Span::lasting(one.starts_at, one.minutes)?;
            let facility = places.at(one.resource)?.id;
            Some(Time { id: tx.new_id(), resource: one.resource, facility, span })
        })
        .collect();
    let price_ore = price(tx, ports, place, customer, &times).await?;
    Ok((found, price_ore))
}
