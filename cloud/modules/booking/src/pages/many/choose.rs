//! `/desk/many`: which times, and what shall become of them.

use std::collections::BTreeSet;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use booking_domain::{MASS_TIMES_MAX, PurposeKind, Span};
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, TenantTx};
use cloud_ui::{
    Button, Card, Checkbox, EmptyState, ErrorSummary, Field, LinkCard, Notice, RadioGroup, Select, t,
};
use http::StatusCode;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time as Clock};
use maud::{Markup, html};
use protocols_ids::{OccurrenceId, PartId, ResourceId};

use super::super::when_at;
use super::super::words::purpose_kind_name;
use super::{Typed, decides, of_time, time_words};
use crate::Ports;
use crate::store::mass::{self as rows, Action, Change, Filter, Hit};

/// How far ahead is looked where no last day is said: two years.
const AHEAD_DAYS: i64 = 2 * 366;
/// A word to look for at most, in characters.
const WORDS_CHARS_MAX: usize = 80;

/// What is looked for, as it was typed; what cannot be read narrows nothing and stands there as it was.
#[derive(Clone, Default)]
pub(super) struct Search {
    facility: String,
    number: String,
    words: String,
    kind: String,
    resources: BTreeSet<ResourceId>,
    first: String,
    last: String,
    from: String,
    to: String,
    weekdays: BTreeSet<i8>,
}

impl Search {
    fn read(query: &str) -> Self {
        let mut search = Self::default();
        for (name, value) in pairs(query) {
            match name.as_str() {
                "facility" => search.facility = value,
                "number" => search.number = value.trim().to_owned(),
                "words" => search.words = value.trim().chars().take(WORDS_CHARS_MAX).collect(),
                "kind" => search.kind = value,
                "resource" => search.resources.extend(value.parse::<ResourceId>().ok()),
                "first" => search.first = value,
                "last" => search.last = value,
                "from" => search.from = value,
                "to" => search.to = value,
                "weekday" => {
                    search.weekdays.extend(value.parse::<i8>().ok().filter(|day| (1..=7).contains(day)));
                }
                _ => {}
            }
        }
        search
    }

    fn is_asked(&self) -> bool {
        !self.facility.is_empty() || !self.number.is_empty()
    }
}

/// The pairs of a query.
fn pairs(query: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (plain(name), plain(value))).collect()
}

/// The page.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Response, Failure> {
    let query = visit.uri.query().unwrap_or_default().to_owned();
    let typed = Typed { query, action: Action::Move.key().to_owned(), offering: true, ..Typed::default() };
    answer(&visit, &ports, typed, StatusCode::OK, &ErrorSummary::new(visit.lang)).await
}

/// The page with what was typed and what is wrong with it.
pub(super) async fn answer(
    visit: &Visit,
    ports: &Ports,
    mut typed: Typed,
    status: StatusCode,
    errors: &ErrorSummary,
) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let mut facilities = ports.facilities.all(&mut tx).await?;
    facilities.retain(|facility| decides(officer, facility));
    let mut authorities: Vec<_> = facilities.iter().map(|facility| facility.authority).collect();
    authorities.sort_unstable();
    authorities.dedup();
    let mut search = Search::read(&typed.query);
    let number = search.number.parse::<i64>().ok();
    let chosen = facilities.iter().find(|one| one.slug == search.facility);
    let mut elsewhere = Vec::new();
    let facility = match number {
        Some(number) => {
            let places = rows::facilities_of_number(&mut tx, number, &authorities).await?;
            elsewhere.extend(places.iter().filter_map(|id| facilities.iter().find(|one| one.id == *id)));
            chosen.filter(|one| places.contains(&one.id)).or(elsewhere.first().copied())
        }
        None => chosen,
    };
    elsewhere.retain(|one| facility.is_none_or(|facility| facility.id != one.id));
    let hits = match facility {
        Some(facility) => found(visit, &mut tx, &search, number, facility).await?,
        None => Vec::new(),
    };
    let latest = rows::latest(&mut tx, &authorities).await?;
    tx.commit().await?;
    if let Some(facility) = facility {
        typed.facility.clone_from(&facility.slug);
    }
    if let ([only], true) = (facilities.as_slice(), search.facility.is_empty()) {
        search.facility.clone_from(&only.slug);
    }
    let page = Choosing {
        visit,
        facilities: &facilities,
        facility,
        elsewhere: &elsewhere,
        search: &search,
        hits: &hits,
        typed: &typed,
    };
    let body = html! {
        (page.search_form())
        @if search.is_asked() { (page.result(errors)) }
        (page.latest(&latest))
    };
    let lang = visit.lang;
    let shown = visit
        .page(&t(lang, "booking-many-title", &[]))
        .lead(&t(lang, "booking-many-lead", &[]))
        .crumb(&t(lang, "booking-day-title", &[]), "/desk")
        .errors(errors.clone());
    Ok((status, shown.body(body).render()).into_response())
}

/// The times that are looked for.
async fn found(
    visit: &Visit,
    tx: &mut TenantTx,
    search: &Search,
    number: Option<i64>,
    facility: &Facility,
) -> Result<Vec<Hit>, Failure> {
    let zone = &facility.time_zone;
    let now = visit.kernel.now();
    let midnight = |date: Date| date.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let date = |text: &str| text.trim().parse::<Date>().ok().filter(|_| number.is_none());
    let today = zone.to_datetime(now).date();
    let last = date(&search.last).or_else(|| today.checked_add(AHEAD_DAYS.days()).ok());
    let ends = last.and_then(|last| last.tomorrow().ok()).and_then(midnight);
    let starts = date(&search.first).and_then(midnight).map_or(now, |first| first.max(now));
    let Some(during) = ends.and_then(|ends| Span::new(starts, ends)) else { return Ok(Vec::new()) };
    let filter = Filter {
        number,
        words: if number.is_some() { String::new() } else { search.words.clone() },
        kind: PurposeKind::parse(&search.kind).filter(|_| number.is_none()),
    };
    let mut hits = rows::choose(tx, facility.id, during, &filter).await?;
    hits.sort_by_key(|hit| {
        let place = facility.resources.iter().position(|one| one.id == hit.time.resource);
        (hit.time.span.starts_at(), hit.number, place)
    });
    if number.is_none() {
        let parts_of = |id: ResourceId| facility.resource(id).map_or(&[][..], |one| one.parts.as_slice());
        let parts: BTreeSet<PartId> =
            search.resources.iter().flat_map(|id| parts_of(*id).iter().copied()).collect();
        let clock = |text: &str| text.trim().parse::<Clock>().ok();
        let (from, to) = (clock(&search.from), clock(&search.to));
        hits.retain(|hit| {
            let at = zone.to_datetime(hit.time.span.starts_at());
            let day = at.weekday().to_monday_one_offset();
            (parts.is_empty() || parts_of(hit.time.resource).iter().any(|part| parts.contains(part)))
                && (search.weekdays.is_empty() || search.weekdays.contains(&day))
                && from.is_none_or(|from| from <= at.time())
                && to.is_none_or(|to| at.time() < to)
        });
    }
    Ok(hits)
}

struct Choosing<'a> {
    visit: &'a Visit,
    facilities: &'a [Facility],
    facility: Option<&'a Facility>,
    /// Where the booking that is looked for has more times.
    elsewhere: &'a [&'a Facility],
    search: &'a Search,
    hits: &'a [Hit],
    typed: &'a Typed,
}

impl Choosing<'_> {
    fn search_form(&self) -> Markup {
        let (lang, search) = (self.visit.lang, self.search);
        let facilities = self.facilities.iter().fold(
            Select::new("facility", &t(lang, "booking-many-facility", &[]))
                .placeholder(lang)
                .chosen(&search.facility),
            |select, one| select.option(&one.slug, &one.name),
        );
        let kinds = PurposeKind::ALL.into_iter().fold(
            Select::new("kind", &t(lang, "booking-purpose-kind", &[])).placeholder(lang).chosen(&search.kind),
            |select, kind| select.option(kind.key(), &purpose_kind_name(lang, kind)),
        );
        let form = html! {
            form method="get" action="/desk/many" {
                (Field::number("number", &t(lang, "booking-number", &[])).value(&search.number)
                    .hint(&t(lang, "booking-many-number-hint", &[])).optional(lang))
                (facilities)
                details open[!search.resources.is_empty() || !search.weekdays.is_empty()] {
                    summary { (t(lang, "booking-many-narrow", &[])) }
                    (Field::date("first", &t(lang, "booking-many-first", &[])).value(&search.first).optional(lang))
                    (Field::date("last", &t(lang, "booking-many-last", &[])).value(&search.last).optional(lang))
                    (Field::time("from", &t(lang, "booking-many-from", &[])).value(&search.from).optional(lang))
                    (Field::time("to", &t(lang, "booking-many-to", &[])).value(&search.to).optional(lang))
                    fieldset {
                        legend { (t(lang, "booking-many-weekdays", &[])) }
                        @for day in 1_i8..=7 {
                            (Checkbox::new("weekday", &t(lang, "time-weekday", &[("number", &day)])).value(&day.to_string()).checked(search.weekdays.contains(&day)))
                        }
                    }
                    @if let Some(facility) = self.facility {
                        fieldset {
                            legend { (t(lang, "booking-many-resources", &[])) }
                            p.hint { (t(lang, "booking-many-resources-hint", &[])) }
                            @for one in &facility.resources {
                                (Checkbox::new("resource", &one.name).value(&one.id.to_string())
                                    .checked(search.resources.contains(&one.id)))
                            }
                        }
                    }
                    (Field::text("words", &t(lang, "booking-many-words", &[])).value(&search.words)
                        .hint(&t(lang, "booking-many-words-hint", &[])).optional(lang))
                    (kinds)
                }
                (Button::quiet(&t(lang, "booking-many-find", &[])))
            }
        };
        html! { (Card::new("find", &t(lang, "booking-many-find-title", &[]), form)) }
    }

    fn result(&self, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, self.typed);
        let Some(facility) = self.facility else {
            return html! { (EmptyState::new(&t(lang, "booking-many-none", &[]), &t(lang, "booking-many-none-hint", &[]))) };
        };
        let here = std::slice::from_ref(facility);
        let when = when_at(self.visit, Some(facility));
        let shown = self.hits.get(..MASS_TIMES_MAX).unwrap_or(self.hits);
        let label = |hit: &Hit| {
            let time = time_words(lang, &when, here, of_time(&hit.time));
            format!("{time} · {} · {} · {}", hit.number, hit.customer_name, hit.purpose)
        };
        html! {
            @if !self.elsewhere.is_empty() {
                p { (t(lang, "booking-many-elsewhere", &[])) }
                ul {
                    @for one in self.elsewhere {
                        li { a href={ "/desk/many?number=" (self.search.number) "&facility=" (one.slug) } { (one.name) } }
                    }
                }
            }
            @if shown.is_empty() {
                (EmptyState::new(&t(lang, "booking-many-none", &[]), &t(lang, "booking-many-none-hint", &[])))
            }
            form method="post" action="/desk/many/preview" {
                input type="hidden" name="facility" value=(facility.slug);
                input type="hidden" name="query" value=(typed.query);
                div.many {
                    @if !shown.is_empty() { (self.times(shown, facility, &label)) }
                    div.many-deed {
                        (self.deed(facility, errors))
                        (Button::primary(&t(lang, "booking-many-preview", &[])))
                    }
                }
            }
        }
    }

    fn times(&self, shown: &[Hit], facility: &Facility, label: &dyn Fn(&Hit) -> String) -> Markup {
        let (lang, typed) = (self.visit.lang, self.typed);
        let all = typed.times.is_empty();
        html! {
            fieldset #times .many-times {
                legend { (t(lang, "booking-many-hits", &[("count", &shown.len()), ("place", &facility.name)])) }
                p.hint { (t(lang, "booking-many-hits-hint", &[])) }
                @if self.hits.len() > shown.len() {
                    (Notice::warning(&t(lang, "booking-many-more", &[("count", &MASS_TIMES_MAX)])))
                }
                @for hit in shown {
                    (Checkbox::new("time", &label(hit)).value(&hit.time.id.to_string())
                        .checked(all || typed.times.contains::<OccurrenceId>(&hit.time.id)))
                }
            }
        }
    }

    /// What shall happen.
    fn deed(&self, facility: &Facility, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, self.typed);
        let resources = |name: &str, label: &str, none: &str, chosen: &str| {
            facility.resources.iter().fold(
                Select::new(name, label).option("", none).chosen(chosen).error(errors.of(name)),
                |select, one| select.option(&one.id.to_string(), &one.name),
            )
        };
        let number = |name: &str, label: &str, value: &str| {
            Field::number(name, label).value(value).error(errors.of(name)).optional(lang)
        };
        let moving = html! {
            (number("weeks", &t(lang, "booking-many-weeks", &[]), &typed.weeks)
                .hint(&t(lang, "booking-many-weeks-hint", &[])))
            (number("days", &t(lang, "booking-many-days", &[]), &typed.days))
            (number("hours", &t(lang, "booking-many-hours", &[]), &typed.hours))
            (resources("to", &t(lang, "booking-many-to-resource", &[]), &t(lang, "booking-many-same", &[]), &typed.to))
            (Checkbox::new("displacing", &t(lang, "booking-many-displacing", &[]))
                .hint(&t(lang, "booking-many-displacing-hint", &[])).checked(typed.displacing))
        };
        let closing = html! {
            (resources("close_resource", &t(lang, "booking-many-close-what", &[]), &t(lang, "booking-many-all-of-it", &[]), &typed.close_resource))
            (Field::date("close_first", &t(lang, "booking-many-close-first", &[])).value(&typed.close_first)
                .error(errors.of("close_first")).optional(lang))
            (Field::date("close_last", &t(lang, "booking-many-close-last", &[])).value(&typed.close_last)
                .error(errors.of("close_last")).optional(lang))
        };
        let (is_move, is_close) = (typed.action == Action::Move.key(), typed.action == Action::Close.key());
        let body = html! {
            (RadioGroup::new("action", &t(lang, "booking-many-action", &[]))
                .option("move", &t(lang, "booking-many-move", &[]))
                .option("cancel", &t(lang, "booking-many-cancel", &[]))
                .option("close", &t(lang, "booking-many-close", &[]))
                .chosen(&typed.action)
                .error(errors.of("action")))
            details open[is_move] { summary { (t(lang, "booking-many-if-move", &[])) } (moving) }
            details open[is_close] { summary { (t(lang, "booking-many-if-close", &[])) } (closing) }
            (Checkbox::new("offering", &t(lang, "booking-many-offering", &[]))
                .hint(&t(lang, "booking-many-offering-hint", &[])).checked(typed.offering))
            (Field::long_text("reason", &t(lang, "booking-many-reason", &[]))
                .hint(&t(lang, "booking-many-reason-hint", &[]))
                .value(&typed.reason)
                .error(errors.of("reason")))
        };
        html! { (Card::new("deed", &t(lang, "booking-many-deed", &[]), body)) }
    }

    fn latest(&self, latest: &[Change]) -> Markup {
        let lang = self.visit.lang;
        if latest.is_empty() {
            return html! {};
        }
        let when = self.visit.when();
        let cards: Vec<LinkCard> = latest
            .iter()
            .map(|change| {
                let place = self.facilities.iter().find(|one| one.id == change.facility);
                let title = super::done::change_title(lang, change, place);
                let card = LinkCard::new(&title, &super::done::href(change.id)).line(&format!(
                    "{}, {}",
                    when.day_and_clock(change.made_at),
                    change.by
                ));
                card.badge(super::done::state_badge(lang, change, when.now))
            })
            .collect();
        html! { (Card::new("latest", &t(lang, "booking-many-latest", &[]), LinkCard::list(&cards))) }
    }
}
