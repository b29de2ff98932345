//! `/facilities/{slug}`: what is free, a day of everything or a week of one thing.
//!
//! **Invariant:** three statements within the transaction that names the tenant (which is a fourth), whatever
//! the facility's size: the register, what is taken, the prices. Who has signed in costs a transaction
//! before, and the customer they act for one statement more. Names are shown to officers of the facility's
//! authority only.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, Query};
use booking_domain::{Cell, Occupancy, Occupied, Place, Span, cells, row_minutes, rows};
use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, TenantTx, Viewer};
use cloud_ui::{
    Column, DayStrip, EmptyState, Hall, ScheduleDay, ScheduleWeek, Slot, StripDay, Tabs, WeekDay, amount, t,
};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use maud::{Markup, html};
use protocols_ids::{BookingId, PartId, ResourceId};
use serde::Deserialize;

use super::{book_href, booking_href};
use crate::Ports;
use crate::place::place_of;
use crate::store::{self, TakenPart};

/// What to show. What cannot be read is as if it were not there.
#[derive(Deserialize)]
pub struct Choice {
    day: Option<String>,
    view: Option<String>,
    resource: Option<String>,
    hall: Option<String>,
}

/// The schedule.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Query(choice): Query<Choice>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let facility = ports.facilities.by_slug(&mut tx, &slug).await?.ok_or(Failure::NotFound)?;
    let today = facility.time_zone.to_datetime(tx.now()).date();
    let day = choice.day.as_deref().and_then(|day| day.parse().ok()).unwrap_or(today);
    let page = visit.page(&facility.name);
    let page = match &facility.address {
        Some(address) => page.lead(address),
        None => page,
    };
    let chosen = match choice.view.as_deref() {
        Some("week") => facility
            .resources
            .iter()
            .find(|resource| Some(resource.slug.as_str()) == choice.resource.as_deref())
            .or(facility.resources.first()),
        Some(_) | None => None,
    };
    let resources: Vec<&Resource> = chosen.map_or(facility.resources.iter().collect(), |one| vec![one]);
    let dates = if chosen.is_some() { week_of(day) } else { vec![day] };
    let (first, last) = (dates.first().copied().unwrap_or(day), dates.last().copied().unwrap_or(day));
    let place = place_of(ports.facilities.as_ref(), &facility, first, last);
    let Some(during) = span_of(&place, &dates) else { return Err(Failure::NotFound) };
    let known = Known::read(&mut tx, &visit, &ports, &facility, &resources, (during, day)).await?;
    tx.commit().await?;

    let view = View { visit: &visit, facility: &facility, place: &place, today, day, known };
    let body = html! {
        p { a href={ "/facilities/" (facility.slug) "/about" } { (t(visit.lang, "facilities-about-link", &[])) } }
        (view.tabs(chosen))
        @if facility.resources.is_empty() {
            (EmptyState::new(&t(visit.lang, "booking-nothing-here", &[]), &t(visit.lang, "booking-nothing-here-hint", &[])))
        } @else if let Some(resource) = chosen {
            (view.week(resource))
        } @else {
            (view.day(choice.hall.as_deref()))
        }
    };
    Ok(page.body(body).render())
}

/// Monday to Sunday.
fn week_of(day: Date) -> Vec<Date> {
    let back = i64::from(day.weekday().since(Weekday::Monday));
    let monday = day.checked_sub(back.days()).unwrap_or(day);
    (0..7).filter_map(|after| monday.checked_add(i64::from(after).days()).ok()).collect()
}

fn span_of(place: &Place, dates: &[Date]) -> Option<Span> {
    let (first, last) = (place.day(*dates.first()?)?, place.day(*dates.last()?)?);
    Span::new(first.starts_at(), last.ends_at())
}

/// What the database says of the times shown.
struct Known {
    taken: Occupancy,
    bookings: BTreeMap<BookingId, TakenPart>,
    ore_per_hour: BTreeMap<ResourceId, i64>,
}

impl Known {
    async fn read(
        tx: &mut TenantTx,
        visit: &Visit,
        ports: &Ports,
        facility: &Facility,
        resources: &[&Resource],
        (during, day): (Span, Date),
    ) -> Result<Self, Failure> {
        let mut space: Vec<PartId> = resources.iter().flat_map(|resource| resource.parts.clone()).collect();
        space.sort_unstable();
        space.dedup();
        // A booking that covers a row may begin before the first and end after the last.
        let margin = resources.iter().map(|resource| resource.rules.shortest).max().unwrap_or(0);
        let rows = store::taken(tx, &space, widened(during, margin)).await?;
        let (person, acts_for, price_group) = match &visit.viewer {
            Viewer::Anonymous => (None, None, None),
            Viewer::SignedIn(person) => {
                let acts_for = person.acts_for.as_ref().map(|(customer, _)| *customer);
                let customer = match acts_for {
                    Some(customer) => ports.customers.acted_for(tx, person.person, customer).await?,
                    None => None,
                };
                let group = customer.as_ref().and_then(|customer| customer.price_group.clone());
                (Some(person.person), customer.map(|customer| customer.id), group)
            }
        };
        let taken = Occupancy::new(rows.iter().map(|row| Occupied {
            part: row.part,
            span: row.span,
            booking: row.booking,
            mine: Some(row.booker) == person || Some(row.customer) == acts_for,
        }));
        let ids: Vec<ResourceId> = resources.iter().map(|resource| resource.id).collect();
        let rates = ports.prices.rates(tx, &ids, price_group.as_deref(), day).await?;
        let named = match &visit.viewer {
            Viewer::SignedIn(person) => person.roles.contains(&(facility.authority, Role::Officer)),
            Viewer::Anonymous => false,
        };
        let bookings = rows.into_iter().map(|row| {
            let customer_name = if named { row.customer_name.clone() } else { String::new() };
            (row.booking, TakenPart { customer_name, ..row })
        });
        Ok(Self {
            taken,
            bookings: bookings.collect(),
            ore_per_hour: rates.into_iter().map(|rate| (rate.resource, rate.ore_per_hour)).collect(),
        })
    }
}

fn widened(during: Span, minutes: u32) -> Span {
    let margin = jiff::SignedDuration::from_mins(minutes.into());
    let from = during.starts_at().checked_sub(margin).unwrap_or(during.starts_at());
    let to = during.ends_at().checked_add(margin).unwrap_or(during.ends_at());
    Span::new(from, to).unwrap_or(during)
}

struct View<'a> {
    visit: &'a Visit,
    facility: &'a Facility,
    place: &'a Place,
    today: Date,
    day: Date,
    known: Known,
}

impl View<'_> {
    fn href(&self, day: Date, more: &str) -> String {
        format!("/facilities/{}?day={day}{more}", self.facility.slug)
    }

    fn week_href(&self, day: Date, resource: &Resource) -> String {
        self.href(day, &format!("&view=week&resource={}", resource.slug))
    }

    fn tabs(&self, chosen: Option<&Resource>) -> Markup {
        let lang = self.visit.lang;
        let Some(first) = self.facility.resources.first() else { return html! {} };
        let views = Tabs::new(&t(lang, "booking-view", &[]))
            .tab(&t(lang, "booking-view-day", &[]), &self.href(self.day, ""), chosen.is_none())
            .tab(&t(lang, "booking-view-week", &[]), &self.week_href(self.day, first), chosen.is_some());
        let resources = chosen.map(|chosen| {
            let tabs = Tabs::new(&t(lang, "booking-resources", &[]));
            self.facility.resources.iter().fold(tabs, |tabs, resource| {
                tabs.tab(&resource.name, &self.week_href(self.day, resource), resource.id == chosen.id)
            })
        });
        html! { (views) @if let Some(resources) = resources { (resources) } }
    }

    fn day(&self, hall: Option<&str>) -> ScheduleDay {
        let lang = self.visit.lang;
        let rows = rows(self.place, self.day, row_minutes(&self.place.resources));
        let wholes: Vec<&Resource> =
            self.facility.resources.iter().filter(|resource| self.whole_of(resource).is_none()).collect();
        let halls = wholes.iter().map(|whole| self.hall(whole, &rows)).collect();
        let chosen_hall = wholes.iter().position(|whole| Some(whole.slug.as_str()) == hall).unwrap_or(0);
        let more = wholes.get(chosen_hall).map(|whole| format!("&hall={}", whole.slug)).unwrap_or_default();
        ScheduleDay {
            lang,
            title: self.facility.name.clone(),
            strip: self.strip(|day| self.href(day, &more), None),
            slots: self.slots(&rows),
            halls,
            chosen_hall,
        }
    }

    fn week(&self, resource: &Resource) -> ScheduleWeek {
        let minutes = row_minutes(self.place.resources.iter().filter(|one| one.id == resource.id));
        let dates = week_of(self.day);
        let rows_of: Vec<Vec<Span>> = dates.iter().map(|date| rows(self.place, *date, minutes)).collect();
        // Across a week every day has the same rows; the two days on which clocks change have one or more cells
        // that the others do not, so rows are kept by the clock on the wall.
        let mut slots: Vec<Slot> = rows_of.iter().flat_map(|rows| self.slots(rows)).collect();
        slots.sort_unstable_by_key(|slot| slot.start);
        slots.dedup_by_key(|slot| slot.start);
        let by_day: Vec<Vec<(Slot, cloud_ui::Cell)>> = rows_of
            .iter()
            .map(|rows| self.slots(rows).into_iter().zip(self.cells(resource, rows)).collect())
            .collect();
        let free: Vec<u32> = by_day
            .iter()
            .map(|day| day.iter().filter(|(_, cell)| matches!(cell, cloud_ui::Cell::Free { .. })).count())
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
            .collect();
        let days = by_day
            .into_iter()
            .map(|day| {
                let mut by_start: BTreeMap<_, _> =
                    day.into_iter().rev().map(|(slot, cell)| (slot.start, cell)).collect();
                let cell = |slot: &Slot| by_start.remove(&slot.start).unwrap_or(cloud_ui::Cell::Closed);
                WeekDay { cells: slots.iter().map(cell).collect() }
            })
            .collect();
        ScheduleWeek {
            lang: self.visit.lang,
            title: format!("{}, {}", self.facility.name, resource.name),
            place: self.full_name(resource),
            strip: self.strip(|day| self.week_href(day, resource), Some(&free)),
            slots,
            days,
        }
    }

    fn strip(&self, href: impl Fn(Date) -> String, free: Option<&[u32]>) -> DayStrip {
        let dates = week_of(self.day);
        let free_on = |index: usize| free.and_then(|free| free.get(index)).copied();
        let days = dates.iter().enumerate();
        let days =
            days.map(|(index, date)| StripDay { date: *date, href: href(*date), free: free_on(index) });
        let week_away = |weeks: i64| self.day.checked_add((weeks * 7).days()).ok();
        let horizon = self.place.resources.iter().map(|resource| resource.rules.horizon_minutes).max();
        let last = self
            .visit
            .kernel
            .now()
            .checked_add(jiff::SignedDuration::from_mins(horizon.unwrap_or(0).into()))
            .map_or(self.today, |last| self.place.date_of(last));
        let (first_shown, last_shown) = (dates.first().copied(), dates.last().copied());
        DayStrip {
            days: days.collect(),
            chosen: self.day,
            today: self.today,
            earlier: week_away(-1)
                .filter(|_| first_shown > Some(self.today))
                .map(|day| href(day.max(self.today))),
            later: week_away(1).filter(|_| last_shown < Some(last)).map(&href),
        }
    }

    fn slots(&self, rows: &[Span]) -> Vec<Slot> {
        let clock = |at| self.place.time_zone.to_datetime(at).time();
        rows.iter().map(|row| Slot { start: clock(row.starts_at()), end: clock(row.ends_at()) }).collect()
    }

    /// The whole that a resource is shown under.
    fn whole_of(&self, resource: &Resource) -> Option<&Resource> {
        let parent = resource.parent?;
        self.facility.resources.iter().find(|other| other.id == parent)
    }

    fn hall(&self, whole: &Resource, rows: &[Span]) -> Hall {
        let lang = self.visit.lang;
        let halves: Vec<&Resource> =
            self.facility.resources.iter().filter(|other| other.parent == Some(whole.id)).collect();
        // The parts as the halves lie; the register's own order says nothing.
        let mut lie: Vec<PartId> = Vec::new();
        for part in halves.iter().flat_map(|half| &half.parts).chain(&whole.parts) {
            if whole.parts.contains(part) && !lie.contains(part) {
                lie.push(*part);
            }
        }
        let number = |part: &PartId| lie.iter().position(|other| other == part);
        let column = |resource: &Resource, name: String| Column {
            name,
            full_name: self.full_name(resource),
            parts: resource.parts.iter().filter_map(number).filter_map(|n| u8::try_from(n).ok()).collect(),
            cells: self.cells(resource, rows),
        };
        let whole_name = if halves.is_empty() { whole.name.clone() } else { t(lang, "booking-whole", &[]) };
        let mut columns = vec![column(whole, whole_name)];
        columns.extend(halves.iter().map(|half| column(half, half.name.clone())));
        Hall {
            name: whole.name.clone(),
            href: self.href(self.day, &format!("&hall={}", whole.slug)),
            parts: if halves.is_empty() { 1 } else { u8::try_from(whole.parts.len()).unwrap_or(u8::MAX) },
            columns,
        }
    }

    /// The name in the middle of a sentence.
    fn full_name(&self, resource: &Resource) -> String {
        let divided = self.facility.resources.iter().any(|other| other.parent == Some(resource.id));
        match self.whole_of(resource) {
            Some(whole) => format!("{}, {}", whole.name, resource.name),
            None if divided => t(self.visit.lang, "booking-whole-of", &[("name", &resource.name)]),
            None => resource.name.clone(),
        }
    }

    fn cells(&self, resource: &Resource, rows: &[Span]) -> Vec<cloud_ui::Cell> {
        let Some(known) = self.place.resource(resource.id) else { return Vec::new() };
        let cells = cells(self.place, known, rows, &self.known.taken, self.visit.kernel.now());
        cells.into_iter().map(|cell| self.shown(resource.id, cell)).collect()
    }

    fn shown(&self, resource: ResourceId, cell: Cell) -> cloud_ui::Cell {
        let booking = |id: &BookingId| self.known.bookings.get(id);
        match cell {
            Cell::Free { starts_at, minutes } => cloud_ui::Cell::Free {
                href: book_href(resource, starts_at, minutes, ""),
                price: self.price(resource, minutes),
            },
            Cell::Taken { by } => {
                let name = by.as_ref().and_then(booking).map(|row| row.customer_name.clone());
                let label = name.filter(|name| !name.is_empty());
                cloud_ui::Cell::Taken { href: by.filter(|_| label.is_some()).map(booking_href), label }
            }
            Cell::Mine { booking: id } => cloud_ui::Cell::Mine {
                label: booking(&id).map(|row| row.purpose.clone()).unwrap_or_default(),
                href: booking_href(id),
            },
            Cell::Closed | Cell::NotYet => cloud_ui::Cell::Closed,
            Cell::Past => cloud_ui::Cell::Past,
        }
    }

    /// What a span of this length costs, where the list says what an hour does.
    fn price(&self, resource: ResourceId, minutes: u32) -> Option<String> {
        let ore_per_hour = self.known.ore_per_hour.get(&resource)?;
        let ore = ore_per_hour.checked_mul(minutes.into())? / 60;
        Some(amount(self.visit.lang, ore))
    }
}
