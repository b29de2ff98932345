//! `/schedule?facility=…&facility=…&day=…`: a day of several facilities beside each other.
//!
//! **Invariant:** five statements, as a facility's own page.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use booking_domain::{Place, Span, row_minutes};
use cloud_contracts::{Facility, Resource};
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, NothingSecret, Visit};
use cloud_ui::{Button, DayStrip, EmptyState, Field, ScheduleDay, StripDay, print_button, t};
use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::{Markup, html};
use protocols_ids::PartId;

use super::known::{Known, is_officer};
use super::sheet::{Sheet, week_of};
use super::view::{Address, View, clocked, joined_slots};
use super::{Choice, today};
use crate::Ports;
use crate::pages::when_at;
use crate::place::rule_books;

/// Facilities beside each other at most: more cannot be compared by anybody.
const FACILITIES_MAX: usize = 6;
/// Columns at most with which halls are shown with their parts; beyond it wholes stand alone.
const COLUMNS_WITH_PARTS_MAX: usize = 60;

/// What to show, by the names in the address.
#[derive(Default)]
struct Asked {
    facilities: Vec<String>,
    day: Option<String>,
    hall: Option<usize>,
}

impl Asked {
    /// Reads an address's query; what is no short name, date or number is as if it were not there.
    fn read(query: &str) -> Self {
        let plain = |value: &str| {
            value.len() <= 40 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let mut asked = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "facility" if plain(value) && !asked.facilities.iter().any(|known| known == value) => {
                    asked.facilities.push(value.to_owned());
                }
                "day" if plain(value) => asked.day = Some(value.to_owned()),
                "hall" => asked.hall = value.parse().ok(),
                _ => {}
            }
        }
        asked.facilities.truncate(FACILITIES_MAX);
        asked
    }
}

/// The facilities that were asked for, in that order.
pub(super) struct Beside {
    asked: Asked,
    all: Vec<Facility>,
    pub(super) chosen: Vec<Facility>,
}

impl Beside {
    /// Reads the register; `query` is an address's.
    pub(super) async fn read(tx: &mut TenantTx, ports: &Ports, query: &str) -> Result<Self, Failure> {
        let asked = Asked::read(query);
        let all = ports.facilities.all(tx).await?;
        let named = |slug: &String| all.iter().find(|facility| facility.slug == *slug).cloned();
        let chosen = asked.facilities.iter().filter_map(named).collect();
        Ok(Self { asked, all, chosen })
    }

    /// The day of each of them.
    pub(super) fn sheets(&self, tx: &TenantTx) -> Vec<Sheet<'_>> {
        let choice = Choice { day: self.asked.day.clone(), view: None, resource: None, hall: None };
        self.chosen.iter().map(|facility| Sheet::of(facility, &choice, today(facility, tx))).collect()
    }

    /// What the domain needs to know for that day.
    pub(super) async fn places(
        &self,
        tx: &mut TenantTx,
        ports: &Ports,
        sheets: &[Sheet<'_>],
    ) -> Result<Vec<Place>, Failure> {
        let books = rule_books(tx, &self.chosen).await?;
        let pairs = self.chosen.iter().zip(sheets);
        Ok(pairs.map(|(facility, sheet)| sheet.place_with(&books, ports, facility)).collect())
    }

    /// The same facilities on a day.
    fn query(&self, day: Date) -> String {
        let chosen = self.chosen.iter();
        let facilities = chosen.fold(String::new(), |query, one| format!("{query}facility={}&", one.slug));
        format!("{facilities}day={day}")
    }
}

/// The page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let beside = Beside::read(&mut tx, &ports, query.as_deref().unwrap_or_default()).await?;
    let chosen = &beside.chosen;
    let sheets = beside.sheets(&tx);
    let places = beside.places(&mut tx, &ports, &sheets).await?;
    let now = when_at(&visit, chosen.first());
    let day = sheets.first().map_or(now.today(), |sheet| sheet.day);
    let known = match during(&sheets, &places) {
        Some(during) => {
            let resources: Vec<&Resource> = sheets.iter().flat_map(|sheet| sheet.resources.clone()).collect();
            let may_name: BTreeSet<PartId> = chosen
                .iter()
                .filter(|facility| is_officer(&visit, facility.authority))
                .flat_map(|facility| facility.resources.iter().flat_map(|resource| resource.parts.clone()))
                .collect();
            let when = (during, Some(day));
            Known::of(&mut tx, &visit, &ports, &resources, when, |part| may_name.contains(&part)).await?
        }
        None if sheets.is_empty() => Known::default(),
        None => return Err(Failure::NotFound),
    };
    tx.commit().await?;

    let minutes = row_minutes(places.iter().flat_map(|place| &place.resources), day);
    let slots =
        joined_slots(places.iter().flat_map(|place| clocked(place, day, minutes)).map(|(slot, _)| slot));
    let columns: usize = chosen.iter().map(|facility| facility.resources.len()).sum();
    let mut halls = Vec::new();
    for ((facility, sheet), place) in chosen.iter().zip(&sheets).zip(&places) {
        let view = View::new(&visit, facility, place, sheet, &known, Address::of_facility(facility));
        halls.extend(view.halls_beside(&slots, minutes, columns <= COLUMNS_WITH_PARTS_MAX));
    }
    let here = |day: Date| format!("/schedule?{}", beside.query(day));
    let shown = beside.asked.hall.map_or_else(|| here(day), |hall| format!("{}&hall={hall}", here(day)));
    let events = format!("/schedule/live?{}&seen={:x}", beside.query(day), known.seen);
    for (index, hall) in halls.iter_mut().enumerate() {
        hall.href = format!("{}&hall={index}", here(day));
    }
    let title = t(lang, "booking-side-title", &[]);
    let schedule = ScheduleDay {
        lang,
        title: title.clone(),
        strip: strip(day, now.today(), here),
        slots,
        chosen_hall: beside.asked.hall.unwrap_or(0),
        halls,
        framed: false,
    };
    let body = html! {
        (chooser(&visit, &beside, day))
        @if chosen.is_empty() {
            (EmptyState::new(&t(lang, "booking-side-none", &[]), &t(lang, "booking-side-none-hint", &[("most", &FACILITIES_MAX)])))
        } @else {
            (cloud_ui::live_schedule(&events, &shown, schedule))
            div.schedule-tools { (print_button(lang, &visit.tenant.name, &now.day_and_clock(visit.kernel.now()))) }
        }
    };
    Ok((Extension(NothingSecret), visit.page(&title).body(body).render()).into_response())
}

/// From the first beginning of the day to its last end, by all their clocks.
pub(super) fn during(sheets: &[Sheet<'_>], places: &[Place]) -> Option<Span> {
    let days: Option<Vec<Span>> =
        sheets.iter().zip(places).map(|(sheet, place)| sheet.during(place)).collect();
    let days = days?;
    Span::new(days.iter().map(|day| day.starts_at()).min()?, days.iter().map(|day| day.ends_at()).max()?)
}

fn strip(day: Date, today: Date, here: impl Fn(Date) -> String) -> DayStrip {
    let dates = week_of(day);
    let away = |weeks: i64| day.checked_add((weeks * 7).days()).ok();
    DayStrip {
        days: dates.iter().map(|date| StripDay { date: *date, href: here(*date), free: None }).collect(),
        chosen: day,
        today,
        earlier: away(-1).filter(|_| dates.first() > Some(&today)).map(|date| here(date.max(today))),
        later: away(1).map(&here),
        now: (!dates.contains(&today)).then(|| here(today)),
        beside: (day.yesterday().ok().filter(|day| *day >= today).map(&here), day.tomorrow().ok().map(&here)),
    }
}

/// Which facilities, and which day; open where none are chosen yet.
fn chooser(visit: &Visit, beside: &Beside, day: Date) -> Markup {
    let (lang, chosen) = (visit.lang, &beside.chosen);
    html! {
        details.schedule-chooser open[chosen.is_empty()] {
            summary { (t(lang, "booking-side-choose", &[])) }
            form method="get" action="/schedule" {
                fieldset.field {
                    legend { (t(lang, "booking-side-facilities", &[("most", &FACILITIES_MAX)])) }
                    @for facility in &beside.all {
                        div.choice {
                            input type="checkbox" id={ "facility-" (facility.slug) } name="facility" value=(facility.slug)
                                checked[chosen.iter().any(|one| one.id == facility.id)];
                            label for={ "facility-" (facility.slug) } { (facility.name) }
                        }
                    }
                }
                (Field::date("day", &t(lang, "booking-schedule-to-day", &[])).value(&day.to_string()))
                (Button::primary(&t(lang, "booking-schedule-show", &[])))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, FACILITIES_MAX};

    #[test]
    fn an_address_names_facilities_once_each_and_not_too_many() {
        let asked = Asked::read("facility=a&facility=b-2&facility=a&day=2026-11-24&hall=3&x=y");
        assert_eq!(asked.facilities, ["a", "b-2"]);
        assert_eq!((asked.day.as_deref(), asked.hall), (Some("2026-11-24"), Some(3)));
        let many = (0..20).map(|n| format!("facility=f{n}")).collect::<Vec<_>>().join("&");
        assert_eq!(Asked::read(&many).facilities.len(), FACILITIES_MAX);
        let hostile = Asked::read("facility=%22%3E&facility=a/b&facility=&day=a%20b&hall=x&&=&facility");
        assert_eq!((hostile.facilities.len(), hostile.day, hostile.hall), (1, None, None));
    }
}
