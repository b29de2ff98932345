//! A sheet as tables, in the words and links of one reader.

use std::collections::{BTreeMap, BTreeSet};

use booking_domain::{
    Blocked, Cell, DayState, Occupancy, Place, Span, blocked_on, cells, day_state, row_minutes, rows,
};
use cloud_contracts::{ClosureKind, Facility, Resource};
use cloud_kernel::Viewer;
use cloud_kernel::web::Visit;
use cloud_ui::{
    Because, Column, Day, DayLook, DayStrip, Hall, OverviewRow, ScheduleDay, ScheduleMonth, ScheduleOverview,
    ScheduleWeek, Slot, StripDay, Tabs, WeekDay, When, amount, t,
};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, Render as _, html};
use protocols_ids::{BookingId, PartId, ResourceId};

use super::known::Known;
use super::sheet::{Layout, Sheet, is_divided, week_of};
use crate::pages::rule_words::blocked_words;
use crate::pages::{book_href, booking_href, enquiry, when_at};

/// Where this schedule's own links lead.
#[derive(Clone, Debug)]
pub(super) struct Address {
    path: String,
    /// Follows every link: what a site that frames it has chosen.
    fixed: String,
}

impl Address {
    /// The facility's own page.
    pub(super) fn of_facility(facility: &Facility) -> Self {
        Self { path: format!("/facilities/{}", facility.slug), fixed: String::new() }
    }

    /// The page for frames; `fixed` are further parameters, each with `&` before it.
    pub(super) fn framed(facility: &Facility, fixed: String) -> Self {
        Self { path: format!("/embed/schedule/{}", facility.slug), fixed }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn of(&self, day: Date, layout: Layout<'_>) -> String {
        format!("{}?day={day}{}{}", self.path, layout.query(), self.fixed)
    }
}

/// What is needed to say it.
pub(super) struct View<'a> {
    pub(super) visit: &'a Visit,
    pub(super) facility: &'a Facility,
    place: &'a Place,
    pub(super) sheet: &'a Sheet<'a>,
    known: &'a Known,
    pub(super) address: Address,
    /// Whether it stands in another site's page.
    framed: bool,
}

impl<'a> View<'a> {
    pub(super) fn new(
        visit: &'a Visit,
        facility: &'a Facility,
        place: &'a Place,
        sheet: &'a Sheet<'a>,
        known: &'a Known,
        address: Address,
    ) -> Self {
        Self { visit, facility, place, sheet, known, address, framed: false }
    }

    /// The same in another site's page.
    pub(super) fn framed(self) -> Self {
        Self { framed: true, ..self }
    }

    pub(super) fn when(&self) -> When {
        when_at(self.visit, Some(self.facility))
    }

    /// What is shown, as an address.
    pub(super) fn here(&self) -> String {
        self.address.of(self.sheet.day, self.sheet.layout)
    }

    /// Where changes of what is shown are told.
    pub(super) fn events(&self, seen: u64) -> String {
        let (path, query) = (self.address.path(), self.sheet.layout.query());
        format!("{path}/live?day={}{query}{}&seen={seen:x}", self.sheet.day, self.address.fixed)
    }

    /// Day, week or month; and, of a week or month, of what.
    pub(super) fn tabs(&self) -> Markup {
        let (lang, day, layout) = (self.visit.lang, self.sheet.day, self.sheet.layout);
        let resources = &self.facility.resources;
        if resources.is_empty() {
            return html! {};
        }
        let week = match (layout, resources.as_slice()) {
            (Layout::Day { hall: Some(hall) }, _) => Layout::week_of(self.facility, hall),
            (Layout::Month(Some(one)), _) | (_, [one]) => Layout::Week(one),
            _ => Layout::Overview,
        };
        let month = match layout {
            Layout::Week(one) | Layout::HallWeek(one) => Layout::Month(Some(one)),
            Layout::Day { .. } | Layout::Overview | Layout::Month(_) => Layout::Month(None),
        };
        let is_week = matches!(layout, Layout::Week(_) | Layout::HallWeek(_) | Layout::Overview);
        let views = Tabs::new(&t(lang, "booking-view", &[]))
            .tab(
                &t(lang, "booking-view-day", &[]),
                &self.address.of(day, Layout::Day { hall: self.hall_shown() }),
                matches!(layout, Layout::Day { .. }),
            )
            .tab(&t(lang, "booking-view-week", &[]), &self.address.of(day, week), is_week)
            .tab(
                &t(lang, "booking-view-month", &[]),
                &self.address.of(day, month),
                matches!(layout, Layout::Month(_)),
            );
        html! {
            (views)
            @if resources.len() > 1 && !matches!(layout, Layout::Day { .. }) { (self.choices()) }
        }
    }

    /// Everything, or one resource: the same week or month of it.
    fn choices(&self) -> Tabs {
        let (lang, day, layout) = (self.visit.lang, self.sheet.day, self.sheet.layout);
        let is_month = matches!(layout, Layout::Month(_));
        let of = |resource| {
            if is_month { Layout::Month(Some(resource)) } else { Layout::week_of(self.facility, resource) }
        };
        let (all, shown) = match layout {
            Layout::Month(shown) => (Layout::Month(None), shown),
            Layout::Week(one) | Layout::HallWeek(one) => (Layout::Overview, Some(one)),
            Layout::Day { .. } | Layout::Overview => (Layout::Overview, None),
        };
        let tabs = Tabs::new(&t(lang, "booking-resources", &[])).tab(
            &t(lang, "booking-resources-all", &[]),
            &self.address.of(day, all),
            shown.is_none(),
        );
        self.facility.resources.iter().fold(tabs, |tabs, resource| {
            let current = shown.is_some_and(|shown| shown.id == resource.id);
            tabs.tab(&resource.name, &self.address.of(day, of(resource)), current)
        })
    }

    /// The table of what is shown.
    pub(super) fn table(&self) -> Markup {
        match self.sheet.layout {
            Layout::Day { .. } => self.day().render(),
            Layout::Week(resource) => {
                self.week(&format!("{}, {}", self.facility.name, resource.name)).render()
            }
            Layout::HallWeek(hall) => self.week(&format!("{}, {}", self.facility.name, hall.name)).render(),
            Layout::Overview => self.overview().render(),
            Layout::Month(resource) => self.month(resource).render(),
        }
    }

    fn day(&self) -> ScheduleDay {
        let rows = self.rows(self.sheet.day, row_minutes(&self.place.resources, self.sheet.day));
        let slots: Vec<Slot> = rows.iter().map(|(slot, _)| *slot).collect();
        let halls: Vec<Hall> = self.wholes().map(|whole| self.hall(whole, &rows)).collect();
        let chosen_hall = self.hall_shown();
        ScheduleDay {
            lang: self.visit.lang,
            title: self.facility.name.clone(),
            strip: self.strip(self.sheet.layout, None),
            slots,
            chosen_hall: self
                .wholes()
                .position(|whole| Some(whole.id) == chosen_hall.map(|hall| hall.id))
                .unwrap_or(0),
            halls,
            framed: self.framed,
        }
    }

    /// The whole that a narrow screen shows, where one was chosen.
    fn hall_shown(&self) -> Option<&'a Resource> {
        let shown = match self.sheet.layout {
            Layout::Day { hall } => hall,
            Layout::Week(one) | Layout::HallWeek(one) | Layout::Month(Some(one)) => Some(one),
            Layout::Overview | Layout::Month(None) => None,
        }?;
        Some(self.whole_of(shown).unwrap_or(shown))
    }

    /// What is no part of anything else.
    fn wholes(&self) -> impl Iterator<Item = &'a Resource> {
        let facility = self.facility;
        facility.resources.iter().filter(|resource| whole_of(facility, resource).is_none())
    }

    /// A hall with its parts beside it, on the day shown.
    fn hall(&self, whole: &'a Resource, rows: &[(Slot, Span)]) -> Hall {
        let spans: Vec<Span> = rows.iter().map(|(_, span)| *span).collect();
        let (lie, members) = self.members(whole);
        let columns = members.iter().map(|member| {
            let cells = self.cells(member, (&lie, &members), &spans);
            self.column(member.clone(), cells)
        });
        Hall {
            name: whole.name.clone(),
            over: None,
            href: self.address.of(self.sheet.day, Layout::Day { hall: Some(whole) }),
            parts: number_of(&lie),
            columns: columns.collect(),
        }
    }

    fn week(&self, title: &str) -> ScheduleWeek {
        let minutes = row_minutes(
            self.place
                .resources
                .iter()
                .filter(|one| self.sheet.resources.iter().any(|shown| shown.id == one.id)),
            self.sheet.day,
        );
        let days: Vec<Vec<(Slot, Span)>> =
            self.sheet.dates.iter().map(|date| self.rows(*date, minutes)).collect();
        let slots = joined_slots(days.iter().flatten().map(|(slot, _)| *slot));
        let (lie, members) = match self.sheet.layout {
            Layout::HallWeek(hall) => self.members(hall),
            Layout::Week(_) | Layout::Day { .. } | Layout::Overview | Layout::Month(_) => {
                let member =
                    |resource| Member { resource, name: resource.name.clone(), parts: vec![0], href: None };
                (Vec::new(), self.sheet.resources.iter().copied().map(member).collect())
            }
        };
        let days: Vec<WeekDay> = days
            .iter()
            .map(|rows| {
                let spans: Vec<Span> = rows.iter().map(|(_, span)| *span).collect();
                let columns = members.iter().map(|member| {
                    let cells = self.cells(member, (&lie, &members), &spans);
                    self.column(member.clone(), by_clock(&slots, rows, cells))
                });
                WeekDay { parts: number_of(&lie), columns: columns.collect() }
            })
            .collect();
        let free = match self.sheet.layout {
            Layout::Week(_) => Some(days.iter().map(free_cells).collect::<Vec<u32>>()),
            Layout::HallWeek(_) | Layout::Day { .. } | Layout::Overview | Layout::Month(_) => None,
        };
        ScheduleWeek {
            lang: self.visit.lang,
            title: title.to_owned(),
            strip: self.strip(self.sheet.layout, free.as_deref()),
            slots,
            days,
            framed: self.framed,
        }
    }

    fn overview(&self) -> ScheduleOverview {
        let dates = week_of(self.sheet.day);
        let row = |resource: &'a Resource| OverviewRow {
            name: resource.name.clone(),
            is_part: self.whole_of(resource).is_some(),
            href: self.address.of(self.sheet.day, Layout::Week(resource)),
            full_name: self.full_name(resource),
            days: dates.iter().map(|date| self.summary(*date, &[resource], Some(resource))).collect(),
        };
        ScheduleOverview {
            lang: self.visit.lang,
            title: self.facility.name.clone(),
            strip: self.strip(Layout::Overview, None),
            rows: self.facility.resources.iter().map(row).collect(),
        }
    }

    fn month(&self, resource: Option<&'a Resource>) -> ScheduleMonth {
        let (day, today, layout) = (self.sheet.day, self.sheet.today, self.sheet.layout);
        // What contains others would count their time twice.
        let smallest = self.facility.resources.iter().filter(|one| !is_divided(self.facility, one));
        let counted: Vec<&Resource> = resource.map_or(smallest.collect(), |one| vec![one]);
        let first = day.first_of_month();
        let mondays = std::iter::successors(week_of(first).first().copied(), |monday| {
            monday.checked_add(7.days()).ok()
        });
        let week_layout = resource.map_or(Layout::Overview, |one| Layout::week_of(self.facility, one));
        let weeks = mondays.take_while(|monday| *monday <= day.last_of_month()).map(|monday| {
            let in_month = |date: &Date| date.first_of_month() == first;
            let mut days = week_of(monday).into_iter();
            let cells = std::array::from_fn(|_| {
                days.next().filter(in_month).map(|date| self.summary(date, &counted, resource))
            });
            (self.address.of(monday.max(first), week_layout), cells)
        });
        let other = |date: Date| self.address.of(date.max(today), layout);
        let last_bookable = self.last_bookable();
        ScheduleMonth {
            lang: self.visit.lang,
            title: resource
                .map_or(self.facility.name.clone(), |one| format!("{}, {}", self.facility.name, one.name)),
            month: day,
            today,
            weeks: weeks.collect(),
            earlier: first
                .yesterday()
                .ok()
                .filter(|_| first > today)
                .map(|before| other(before.first_of_month())),
            later: day.last_of_month().tomorrow().ok().filter(|next| *next <= last_bookable).map(other),
            now: (first != today.first_of_month()).then(|| self.address.of(today, layout)),
        }
    }

    /// A day as one cell.
    fn summary(&self, date: Date, counted: &[&Resource], of: Option<&'a Resource>) -> Day {
        let known = counted.iter().filter_map(|resource| self.place.resource(resource.id));
        let look = match day_state(self.place, known, date, &self.known.taken, self.visit.kernel.now()) {
            DayState::Free { minutes } => DayLook::Free { minutes },
            DayState::Full => DayLook::Full,
            DayState::Closed => DayLook::Closed,
            DayState::Past => DayLook::Past,
            DayState::NotYet => DayLook::NotYet,
        };
        let hall = of.map(|one| self.whole_of(one).unwrap_or(one));
        let href = self.address.of(date, Layout::Day { hall });
        Day { date, href, look, closed: self.closed_on(date, of) }
    }

    /// What is closed or blocked by rule on a date, and why; of one resource only what concerns it.
    pub(super) fn closed_on(&self, date: Date, of: Option<&Resource>) -> Vec<String> {
        let mut told = self.closures_on(date, of);
        told.extend(self.blocked_on(date, of));
        told
    }

    /// When nobody books on a date, by rule; once for what all that is shown has in common.
    fn blocked_on(&self, date: Date, of: Option<&Resource>) -> Vec<String> {
        let (lang, today) = (self.visit.lang, self.sheet.today);
        let shown: Vec<&&Resource> =
            self.sheet.resources.iter().filter(|one| of.is_none_or(|of| of.id == one.id)).collect();
        let mut told: Vec<(&Blocked, Vec<&str>)> = Vec::new();
        for resource in &shown {
            let Some(known) = self.place.resource(resource.id) else { continue };
            for (_, blocked) in blocked_on(self.place, known.rules.on(date), date) {
                match told.iter_mut().find(|(other, _)| *other == blocked) {
                    Some((_, names)) => names.push(&resource.name),
                    None => told.push((blocked, vec![&resource.name])),
                }
            }
        }
        let whole = self.facility.name.as_str();
        told.into_iter()
            .map(|(blocked, names)| {
                let what = if names.len() == shown.len() { whole.to_owned() } else { names.join(", ") };
                format!("{what}: {}", blocked_words(lang, blocked, today))
            })
            .collect()
    }

    fn closures_on(&self, date: Date, of: Option<&Resource>) -> Vec<String> {
        let Some(day) = self.place.day(date) else { return Vec::new() };
        let shown = |resource: Option<ResourceId>| match (resource, of) {
            (Some(closed), Some(of)) => closed == of.id,
            (Some(closed), None) => self.sheet.resources.iter().any(|shown| shown.id == closed),
            (None, _) => true,
        };
        let (lang, closures) = (self.visit.lang, self.facility.closures.iter());
        let on_date = closures.filter(|closure| {
            let ends = closure.ends_at.is_none_or(|ends| ends > day.starts_at());
            closure.starts_at < day.ends_at() && ends && shown(closure.resource)
        });
        on_date
            .map(|closure| {
                let resource = closure.resource.and_then(|id| self.facility.resource(id));
                let what = resource.map_or(&self.facility.name, |resource| &resource.name);
                let reason = &closure.reason;
                match closure.kind {
                    ClosureKind::Closed => {
                        t(lang, "booking-closed-why", &[("what", what), ("reason", reason)])
                    }
                    ClosureKind::Unplayable => {
                        t(lang, "booking-unplayable-why", &[("what", what), ("reason", reason)])
                    }
                }
            })
            .collect()
    }

    fn strip(&self, layout: Layout<'_>, free: Option<&[u32]>) -> DayStrip {
        let (day, today) = (self.sheet.day, self.sheet.today);
        let dates = week_of(day);
        let free_on = |index: usize| free.and_then(|free| free.get(index)).copied();
        let days = dates.iter().enumerate().map(|(index, date)| StripDay {
            date: *date,
            href: self.address.of(*date, layout),
            free: free_on(index),
        });
        let week_away = |weeks: i64| day.checked_add((weeks * 7).days()).ok();
        let last = self.last_bookable();
        let (first_shown, last_shown) = (dates.first().copied(), dates.last().copied());
        DayStrip {
            days: days.collect(),
            chosen: day,
            today,
            earlier: week_away(-1)
                .filter(|_| first_shown > Some(today))
                .map(|day| self.address.of(day.max(today), layout)),
            later: week_away(1).filter(|_| last_shown < Some(last)).map(|day| self.address.of(day, layout)),
            now: (!dates.contains(&today)).then(|| self.address.of(today, layout)),
            beside: (
                day.yesterday()
                    .ok()
                    .filter(|before| *before >= today)
                    .map(|before| self.address.of(before, layout)),
                day.tomorrow()
                    .ok()
                    .filter(|after| *after <= last)
                    .map(|after| self.address.of(after, layout)),
            ),
        }
    }

    /// The last date on which something can be booked now.
    fn last_bookable(&self) -> Date {
        let horizon = self
            .place
            .resources
            .iter()
            .map(|resource| resource.rules.on(self.sheet.today).horizon_minutes)
            .max();
        let horizon = jiff::SignedDuration::from_mins(horizon.unwrap_or(0).into());
        let last = self.visit.kernel.now().checked_add(horizon);
        last.map_or(self.sheet.today, |last| self.place.date_of(last))
    }

    /// The rows of a date, with what the clock on the wall shows.
    fn rows(&self, date: Date, minutes: u32) -> Vec<(Slot, Span)> {
        clocked(self.place, date, minutes)
    }

    fn whole_of(&self, resource: &Resource) -> Option<&'a Resource> {
        whole_of(self.facility, resource)
    }

    /// The parts of a whole that is divided, as they lie, and the whole with the resources that are parts of it. Of what is
    /// not divided no part is drawn.
    fn members(&self, whole: &'a Resource) -> (Vec<PartId>, Vec<Member<'a>>) {
        let (lang, day) = (self.visit.lang, self.sheet.day);
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
        let member = |resource: &'a Resource, name: String| Member {
            resource,
            name,
            parts: resource.parts.iter().filter_map(number).filter_map(|n| u8::try_from(n).ok()).collect(),
            href: Some(self.address.of(day, Layout::Week(resource))),
        };
        let whole_name = if halves.is_empty() { whole.name.clone() } else { t(lang, "booking-whole", &[]) };
        let is_divided = !halves.is_empty();
        let mut members = vec![member(whole, whole_name)];
        members.extend(halves.into_iter().map(|half| member(half, half.name.clone())));
        (if is_divided { lie } else { Vec::new() }, members)
    }

    fn column(&self, member: Member<'_>, cells: Vec<cloud_ui::Cell>) -> Column {
        let full_name = self.full_name(member.resource);
        Column { name: member.name, full_name, href: member.href, parts: member.parts, cells }
    }

    /// The name in the middle of a sentence.
    fn full_name(&self, resource: &Resource) -> String {
        match self.whole_of(resource) {
            Some(whole) => format!("{}, {}", whole.name, resource.name),
            None if is_divided(self.facility, resource) => {
                t(self.visit.lang, "booking-whole-of", &[("name", &resource.name)])
            }
            None => resource.name.clone(),
        }
    }

    /// The cells of one of the members of a hall whose parts lie so.
    fn cells(
        &self,
        member: &Member<'_>,
        (lie, members): (&[PartId], &[Member<'_>]),
        rows: &[Span],
    ) -> Vec<cloud_ui::Cell> {
        let Some(known) = self.place.resource(member.resource.id) else { return Vec::new() };
        let cells = cells(self.place, known, rows, &self.known.taken, self.visit.kernel.now());
        let shown =
            cells.into_iter().zip(rows).map(|(cell, row)| match self.shown(member.resource.id, cell) {
                cloud_ui::Cell::Taken { label, href, .. } => {
                    let because = because(&self.known.taken, member, (lie, members), *row);
                    let watch = self.watch_href(member.resource.id, *row);
                    cloud_ui::Cell::Taken { label, href, because, watch }
                }
                other => other,
            });
        shown.collect()
    }

    fn shown(&self, resource: ResourceId, cell: Cell) -> cloud_ui::Cell {
        let booking = |id: &BookingId| self.known.bookings.get(id);
        match cell {
            Cell::Free { starts_at, .. } if self.is_by_enquiry(resource, starts_at) => cloud_ui::Cell::Free {
                href: enquiry::new_href(resource, Some(starts_at)),
                price: Some(t(self.visit.lang, "enquiry-cell", &[])),
            },
            Cell::Free { starts_at, minutes } => cloud_ui::Cell::Free {
                href: book_href(resource, starts_at, minutes, ""),
                price: self.price(resource, minutes),
            },
            Cell::Taken { by } => {
                let name = by.as_ref().and_then(booking).map(|row| row.customer_name.clone());
                let label = name.filter(|name| !name.is_empty());
                cloud_ui::Cell::Taken {
                    href: by.filter(|id| self.known.opens.contains(id)).map(booking_href),
                    label,
                    because: None,
                    watch: None,
                }
            }
            Cell::Mine { booking: id } => cloud_ui::Cell::Mine {
                label: booking(&id).map(|row| row.purpose.clone()).unwrap_or_default(),
                href: booking_href(id),
            },
            Cell::Closed | Cell::NotYet => cloud_ui::Cell::Closed,
            Cell::Past => cloud_ui::Cell::Past,
        }
    }

    /// Where following what is taken begins, for whoever has signed in and where following is possible.
    fn watch_href(&self, resource: ResourceId, row: Span) -> Option<String> {
        let can = !self.framed
            && self.visit.tenant.uses("watching")
            && matches!(self.visit.viewer, Viewer::SignedIn(_))
            && row.starts_at() > self.visit.kernel.now();
        can.then(|| super::super::watch_href(resource, row))
    }

    /// Whether a resource is asked about instead of booked.
    fn is_by_enquiry(&self, resource: ResourceId, at: Timestamp) -> bool {
        let date = self.place.date_of(at);
        self.place.resource(resource).is_some_and(|known| known.rules.on(date).by_enquiry)
    }

    /// What a span of this length costs, where the list says what an hour does.
    fn price(&self, resource: ResourceId, minutes: u32) -> Option<String> {
        let ore_per_hour = self.known.ore_per_hour.get(&resource)?;
        let ore = ore_per_hour.checked_mul(minutes.into())? / 60;
        Some(amount(self.visit.lang, ore))
    }

    /// The halls of this facility beside those of others: with its name over them, for rows that all of them have.
    pub(super) fn halls_beside(&self, slots: &[Slot], minutes: u32, with_parts: bool) -> Vec<Hall> {
        let rows = self.rows(self.sheet.day, minutes);
        let beside = |whole| {
            let mut hall = self.hall(whole, &rows);
            if !with_parts {
                hall.columns.truncate(1);
            }
            for column in &mut hall.columns {
                column.full_name = format!("{}, {}", self.facility.name, column.full_name);
                column.cells = by_clock(slots, &rows, std::mem::take(&mut column.cells));
            }
            Hall { over: Some(self.facility.name.clone()), ..hall }
        };
        self.wholes().map(beside).collect()
    }
}

/// What stands in a column.
#[derive(Clone)]
struct Member<'a> {
    resource: &'a Resource,
    name: String,
    parts: Vec<u8>,
    href: Option<String>,
}

/// How many parts a hall is drawn with: one where none lie beside each other.
fn number_of(lie: &[PartId]) -> u8 {
    u8::try_from(lie.len().max(1)).unwrap_or(u8::MAX)
}

/// Why a member of a hall cannot be had in a row: what is booked there, where that is not the member itself. Of each
/// booking the members are named that it takes whole, but for those that lie within another of them.
fn because(
    taken: &Occupancy,
    member: &Member<'_>,
    (lie, members): (&[PartId], &[Member<'_>]),
    row: Span,
) -> Option<Because> {
    let mut by_booking: BTreeMap<BookingId, Vec<u8>> = BTreeMap::new();
    for (number, part) in (0_u8..).zip(lie) {
        for booking in taken.on(*part, row).map(|occupied| occupied.booking).collect::<BTreeSet<_>>() {
            by_booking.entry(booking).or_default().push(number);
        }
    }
    by_booking.retain(|_, parts| parts.iter().any(|part| member.parts.contains(part)));
    let within = |inner: &[u8], outer: &[u8]| inner.iter().all(|part| outer.contains(part));
    let is_largest = |one: &Member<'_>, booked: &[u8]| {
        within(&one.parts, booked)
            && !members.iter().any(|other| {
                other.parts.len() > one.parts.len()
                    && within(&one.parts, &other.parts)
                    && within(&other.parts, booked)
            })
    };
    let names: Vec<&str> = members
        .iter()
        .filter(|one| by_booking.values().any(|booked| is_largest(one, booked)))
        .map(|one| one.name.as_str())
        .collect();
    if names.is_empty() || names == [member.name.as_str()] {
        return None;
    }
    let mut parts: Vec<u8> = by_booking.into_values().flatten().collect();
    parts.retain(|part| member.parts.contains(part));
    parts.sort_unstable();
    parts.dedup();
    Some(Because { parts, names: names.join(", ") })
}

/// The whole that a resource is shown under.
fn whole_of<'a>(facility: &'a Facility, resource: &Resource) -> Option<&'a Resource> {
    facility.resource(resource.parent?)
}

/// The rows of a date, with what the clock on the wall shows.
pub(super) fn clocked(place: &Place, date: Date, minutes: u32) -> Vec<(Slot, Span)> {
    let clock = |at| place.time_zone.to_datetime(at).time();
    let slot = |row: &Span| Slot { start: clock(row.starts_at()), end: clock(row.ends_at()) };
    rows(place, date, minutes).into_iter().map(|row| (slot(&row), row)).collect()
}

/// Rows of several days or places as one column of heads. The two days on which clocks change have one or more rows
/// that others do not, so rows are kept by the clock on the wall.
pub(super) fn joined_slots(slots: impl Iterator<Item = Slot>) -> Vec<Slot> {
    let mut slots: Vec<Slot> = slots.collect();
    slots.sort_unstable_by_key(|slot| slot.start);
    slots.dedup_by_key(|slot| slot.start);
    slots
}

/// Cells of some rows under the heads of all; of two with the same clock the first.
fn by_clock(slots: &[Slot], rows: &[(Slot, Span)], cells: Vec<cloud_ui::Cell>) -> Vec<cloud_ui::Cell> {
    let mut by_start: BTreeMap<Time, cloud_ui::Cell> =
        rows.iter().zip(cells).rev().map(|((slot, _), cell)| (slot.start, cell)).collect();
    slots.iter().map(|slot| by_start.remove(&slot.start).unwrap_or(cloud_ui::Cell::Closed)).collect()
}

fn free_cells(day: &WeekDay) -> u32 {
    let cells = day.columns.first().into_iter().flat_map(|column| &column.cells);
    let free = cells.filter(|cell| matches!(cell, cloud_ui::Cell::Free { .. })).count();
    u32::try_from(free).unwrap_or(u32::MAX)
}
