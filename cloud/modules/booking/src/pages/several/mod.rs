//! `/book/several`: many times in one booking. One adds times one by one or by a rule, sees what stands in the way of
//! each and what is free instead, and goes on with those that are left: to price and terms (`hold`) while all of them are
//! held, or to a request that an officer decides. An officer copies last year's times for a customer, and books at once.
//!
//! What has been chosen lies in the form; nothing is kept until all of it is.
//!
//! **Invariant:** as many statements for a hundred times as for one, and one more where some of them are taken.

mod begin;
mod typed;
mod view;

pub use begin::{again_href, held_href};

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    ACCESSORIES_MAX, Asked, Asker, Every, Minute, OCCURRENCES_MAX, Obstacle, Occupancy, Occurrence, Place,
    PurposeKind, Reason, Request, SPAN_MINUTES_MAX, STAY_MINUTES_MAX, Series, Span, judge, judge_one,
    neighbourhood, obstacles,
};
use cloud_contracts::{Customer, Facility};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{SignedIn, TenantTx};
use cloud_ui::{ErrorSummary, t};
use http::StatusCode;
use jiff::civil::Date;
use protocols_ids::{BookingId, CustomerId, PersonId, ResourceId};

use self::begin::{Desk, Link, desk_facility, from_hold, last_years};
use self::typed::{Typed, time_of};
use super::book::acts_for_another;
use super::fields::{Asks, accessory_field};
use super::words::reason_text;
use super::{booking_href, when_at};
use crate::Ports;
use crate::book::{Asking, Outcome, Wish, asker, book, price};
use crate::extras;
use crate::hold::HOLDS_MAX;
use crate::place::place_at;
use crate::places::Places;
use crate::store::{self, Time, hold};

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
    if let Some(booking) = link.held {
        let Some(typed) = from_hold(&visit, &ports, person, booking).await? else {
            return Ok(Redirect::to(&booking_href(booking)).into_response());
        };
        let screen = Screen::read(&visit, &ports, person, typed).await?;
        return Ok(screen.answer(StatusCode::OK, &errors));
    }
    let first = link.resource.zip(link.start).map(|(resource, starts_at)| Asked {
        resource,
        starts_at,
        minutes: link.minutes.unwrap_or(60).min(STAY_MINUTES_MAX),
    });
    let facility = match (link.facility, link.customer) {
        (Some(facility), _) => facility,
        (None, Some(_)) => desk_facility(&visit, &ports, person).await?,
        (None, None) => return Err(Failure::BadRequest(FOREIGN)),
    };
    let typed = Typed {
        facility,
        on_behalf: link.customer,
        request_key: visit.kernel.new_id(),
        times: first.into_iter().collect(),
        new_resource: link.resource.map(|resource| resource.to_string()).unwrap_or_default(),
        ..Typed::default()
    };
    let screen = Screen::read(&visit, &ports, person, typed).await?;
    Ok(screen.answer(StatusCode::OK, &errors))
}

/// Does what the pressed button says, and shows the form again; or holds all of it and leads to price and terms.
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
    // An officer at the desk books for whom they have before them.
    if let (None, Some(customer)) = (&screen.desk, &screen.customer)
        && let Some(other) = acts_for_another(person, customer.id, screen.typed.certain)
    {
        let text =
            t(visit.lang, "booking-acts-for-another", &[("other", &other.1), ("name", &customer.name)]);
        screen.typed.certain = Some(other.0);
        return Ok(screen.answer(StatusCode::CONFLICT, &errors.error("times", &text)));
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
    /// For whom an officer books; otherwise one books oneself.
    desk: Option<Desk>,
    obstacles: Vec<Option<Obstacle>>,
    price_ore: Option<i64>,
    /// Whether an officer decides about what can be had of it.
    is_decided: bool,
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
        let desk = match (typed.copied, typed.on_behalf) {
            (Some(copied), _) => Some(Desk::of(&mut tx, ports, person, copied).await?),
            (None, Some(customer)) => {
                Some(Desk::on_behalf(&mut tx, ports, person, (facility.authority, customer)).await?)
            }
            (None, None) => None,
        };
        let customer = match &desk {
            Some(desk) => Some(desk.customer.clone()),
            None => own_customer(&mut tx, ports, person, &typed).await?,
        };
        let booker = desk.as_ref().map_or(person.person, |desk| desk.booker);
        let places = Places::among(&all, &facility, typed.times.iter().map(|time| time.resource));
        // An officer books at their own authority's facilities.
        let is_theirs = |desk: &Desk| places.all().iter().all(|one| one.authority == desk.authority);
        if !desk.as_ref().is_none_or(is_theirs) {
            return Err(Failure::NotFound);
        }
        let siblings = all
            .iter()
            .filter(|other| other.authority == facility.authority && other.time_zone == facility.time_zone)
            .filter(|other| other.id != facility.id && !other.resources.is_empty())
            .map(|other| (other.slug.clone(), other.name.clone()))
            .collect();
        let window = series_window(&facility, &typed);
        let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &window).await?;
        let place = place.ok_or(Failure::BadRequest("times by different clocks in one list"))?;
        let holds = hold::of_person(&mut tx, booker).await?;
        let holds: Vec<BookingId> = holds.iter().map(|hold| hold.id).collect();
        let asks = asks_of(&mut tx, &places, &typed, &holds).await?;
        let seen = match &customer {
            Some(customer) => {
                let (officer, place, typed, asks) = (desk.is_some(), &place, &typed, &asks);
                let looking = Looking { booker, officer, customer, place, typed, asks };
                looked_at(&mut tx, ports, &looking, &places, &holds).await?
            }
            None => Seen::default(),
        };
        tx.commit().await?;
        let Seen { obstacles, price_ore, is_decided } = seen;
        let left_out = 0;
        Ok(Self {
            visit,
            typed,
            facility,
            siblings,
            places,
            place,
            customer,
            desk,
            obstacles,
            price_ore,
            is_decided,
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

    /// Holds all of it, or asks for it, or books it at the desk; or says what is wrong.
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
            booker: self.desk.as_ref().map_or(person.person, |desk| desk.booker),
            customer: customer.id,
            purpose: said.purpose,
            purpose_kind: said.kind,
            participants: said.participants,
            officer: self.desk.is_some().then_some(person.person),
            request_key: self.typed.request_key,
            asked: self.typed.times.clone(),
            accessories: said.accessories,
            particulars: said.particulars,
            // An officer knows price and terms, and has somebody on the telephone.
            hold: self.desk.is_none(),
        };
        let outcome = book(&self.visit.kernel, self.visit.tenant.id, ports, &wish).await?;
        let when = when_at(self.visit, Some(&self.facility));
        let (status, errors) = match outcome {
            Outcome::Held { booking } => {
                return Ok(Redirect::to(&super::hold::href(booking)).into_response());
            }
            Outcome::Booked { booking, .. } | Outcome::Requested { booking, .. } => {
                return Ok(Redirect::to(&booking_href(booking)).into_response());
            }
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
            Outcome::TooManyHolds => {
                let text = t(lang, "booking-error-holds", &[("most", &HOLDS_MAX)]);
                (StatusCode::CONFLICT, errors.error("times", &text))
            }
            Outcome::NotForCustomer => (
                StatusCode::UNPROCESSABLE_ENTITY,
                errors.error("customer", &t(lang, "booking-error-customer", &[])),
            ),
        };
        let screen = Screen::read(self.visit, ports, person, self.typed).await?;
        Ok(screen.answer(status, &errors))
    }
}

/// The customer that the form names, or that the person acts for; nobody where they may act for neither.
async fn own_customer(
    tx: &mut TenantTx,
    ports: &Ports,
    person: &SignedIn,
    typed: &Typed,
) -> Result<Option<Customer>, Failure> {
    let acts_for = person.acts_for.as_ref().map(|(customer, _)| *customer);
    for wanted in [typed.customer.parse::<CustomerId>().ok(), acts_for].into_iter().flatten() {
        if let Some(customer) = ports.customers.acted_for(tx, person.person, wanted).await? {
            return Ok(Some(customer));
        }
    }
    Ok(None)
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
    booker: PersonId,
    officer: bool,
    customer: &'a Customer,
    place: &'a Place,
    typed: &'a Typed,
    asks: &'a Asks,
}

/// What stands in the way of each time; what those cost that can be had, and whether an officer decides about them.
#[derive(Default)]
struct Seen {
    obstacles: Vec<Option<Obstacle>>,
    price_ore: Option<i64>,
    is_decided: bool,
}

async fn looked_at(
    tx: &mut TenantTx,
    ports: &Ports,
    looking: &Looking<'_>,
    places: &Places,
    holds: &[BookingId],
) -> Result<Seen, Failure> {
    let Looking { booker, officer, customer, place, typed, asks } = *looking;
    if typed.times.is_empty() {
        return Ok(Seen::default());
    }
    let asking = Asking { person: booker, customer, asked: &typed.times, officer };
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
        let reasons = match (said.is_empty(), officer) {
            (true, _) => Vec::new(),
            (false, false) => peculiar.reasons(request.persons, &said),
            (false, true) => peculiar.misfits(request.persons, &said),
        };
        if reasons.is_empty() { Ok(time) } else { Err(reasons) }
    };
    let checked: Vec<_> = typed.times.iter().map(check).collect();
    let mut spans: Vec<Span> = checked.iter().flatten().map(Occurrence::occupies).collect();
    let mut taken = taken_by_others(tx, place, &spans, holds).await?;
    let clashing = checked.iter().flatten().filter(|one| !taken.has_room_for(one));
    let clashing: Vec<Span> = clashing.map(Occurrence::occupies).collect();
    if !clashing.is_empty() {
        // What is free instead is looked for on the same days.
        spans.extend(clashing.into_iter().map(neighbourhood));
        taken = taken_by_others(tx, place, &spans, holds).await?;
    }
    let obstacles = obstacles(place, &typed.times, checked, &taken, now);
    let can_be_had = typed.times.iter().zip(&obstacles).filter(|(_, obstacle)| obstacle.is_none());
    let can_be_had: Vec<Asked> = can_be_had.map(|(one, _)| *one).collect();
    let judged = judge(place, &Request { asked: &can_be_had, ..request }, now);
    let is_decided = judged.is_ok_and(|judged| !judged.approval.is_empty());
    let times = can_be_had.iter().filter_map(|one| {
        let span = Span::lasting(one.starts_at, one.minutes)?;
        let facility = places.at(one.resource)?.id;
        Some(Time { id: tx.new_id(), resource: one.resource, facility, span })
    });
    let times: Vec<Time> = times.collect();
    let price_ore = price(tx, ports, place, customer, &times).await?;
    Ok(Seen { obstacles, price_ore, is_decided })
}

/// What takes the place during these spans. What one holds oneself is in nobody's way.
async fn taken_by_others(
    tx: &mut TenantTx,
    place: &Place,
    spans: &[Span],
    holds: &[BookingId],
) -> Result<Occupancy, Failure> {
    let taken = store::occupied(tx, &place.parts(), spans).await?;
    Ok(Occupancy::new(taken.into_iter().filter(|taken| !holds.contains(&taken.booking))))
}
