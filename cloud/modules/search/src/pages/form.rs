//! The form of a search: time first, the rest behind 'more choices'. A plain form with a shareable address; with
//! script the list is fetched anew in its place.

use std::collections::BTreeSet;

use cloud_kernel::web::Visit;
use cloud_ui::{Button, ErrorSummary, Field, Lang, Select, date_words, duration, t};
use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::{Markup, Render as _, html};
use search_domain::{DAYS_SHOWN, Day, Kind, Known, Size, Sort, Wrong, WrongField};

use super::{activity_name, kind_name};
use crate::city::City;

/// Lengths that are offered, in minutes; another can be asked for in the address.
const LENGTHS: [u32; 9] = [30, 60, 90, 120, 180, 240, 480, NIGHT, 2 * NIGHT];
/// A day and night: how stays and packages are counted.
const NIGHT: u32 = 24 * 60;

/// What stands in the form: as it was sent, so that a wrong field comes back as it was typed.
pub(crate) struct Form<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) city: &'a City,
    /// What may be asked for.
    pub(crate) known: Known,
    /// The activities that the register names.
    pub(crate) activities: BTreeSet<String>,
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) errors: ErrorSummary,
}

impl Form<'_> {
    fn value(&self, name: &str) -> &str {
        let last = self.pairs.iter().rev().find(|(field, _)| field == name);
        last.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// The three questions of the start page.
    pub(crate) fn questions(&self) -> Markup {
        html! {
            form.find-form method="get" action="/find#list" role="search" aria-label=(t(self.visit.lang, "search-form", &[])) {
                div.find-fields.find-questions { (self.what()) (self.day()) (self.near()) }
                (self.buttons())
            }
        }
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Markup {
        let more = ["place", "kind", "size", "persons", "equipment", "accessible", "price", "date", "sort"];
        let words = self.asks_activity() && !self.value("q").is_empty();
        let open = words || more.iter().any(|name| !self.value(name).is_empty());
        html! {
            form.find-form method="get" action="/find#list" role="search" aria-label=(t(self.visit.lang, "search-form", &[]))
                hx-get="/find" hx-trigger="change delay:100ms, submit" hx-target="#results" hx-select="#results"
                hx-swap="outerHTML" hx-select-oob="#found:innerHTML" hx-push-url="true" {
                div.find-fields {
                    (self.what())
                    (self.day())
                    (self.time("after", &t(self.visit.lang, "search-after", &[])))
                    (self.time("before", &t(self.visit.lang, "search-before", &[])))
                    (self.minutes())
                    (self.near())
                }
                details open[open] {
                    summary { (t(self.visit.lang, "search-more", &[])) }
                    div.find-fields.find-more {
                        (self.sort())
                        @if self.asks_activity() { (self.words()) }
                        (self.text("date", Field::date("date", &t(self.visit.lang, "search-date", &[]))))
                        (self.place())
                        (self.kind())
                        (self.size())
                        (self.text("persons", Field::number("persons", &t(self.visit.lang, "search-persons", &[]))))
                        (self.text("price", Field::number("price", &t(self.visit.lang, "search-price", &[]))))
                        (self.equipment())
                        (self.accessible())
                    }
                }
                (self.buttons())
            }
        }
    }

    fn text(&self, name: &str, field: Field) -> Field {
        field.value(self.value(name)).error(self.errors.of(name))
    }

    fn time(&self, name: &str, label: &str) -> Field {
        // A time control takes `18:00` only.
        let typed = self.value(name);
        let padded = match typed.replace('.', ":") {
            clock if clock.len() <= 2 && !clock.is_empty() => format!("{clock:0>2}:00"),
            clock => format!("{clock:0>5}"),
        };
        let value = if typed.is_empty() { "" } else { &padded };
        Field::time(name, label).value(value).error(self.errors.of(name))
    }

    fn select(&self, name: &str, label: &str, any: &str) -> Select {
        Select::new(name, label).option("", any).chosen(self.value(name)).error(self.errors.of(name))
    }

    /// Whether there is an activity to choose: where the register names none, people write what they want.
    fn asks_activity(&self) -> bool {
        !self.activities.is_empty() || !self.value("activity").is_empty()
    }

    fn what(&self) -> Markup {
        if self.asks_activity() { self.activity().render() } else { self.words().render() }
    }

    fn words(&self) -> Field {
        self.text("q", Field::search("q", &t(self.visit.lang, "search-text", &[])))
    }

    fn activity(&self) -> Select {
        let lang = self.visit.lang;
        let chosen = Some(self.value("activity")).filter(|key| self.known.activities.contains(*key));
        let keys: BTreeSet<&str> = self.activities.iter().map(String::as_str).chain(chosen).collect();
        let mut names: Vec<(String, &str)> =
            keys.into_iter().map(|key| (activity_name(lang, key), key)).collect();
        names.sort();
        let select = self.select(
            "activity",
            &t(self.visit.lang, "search-activity", &[]),
            &t(self.visit.lang, "search-any-activity", &[]),
        );
        names.iter().fold(select, |select, (name, key)| select.option(key, name))
    }

    fn day(&self) -> Select {
        let lang = self.visit.lang;
        let today = self.visit.when().today();
        let select = self
            .select(
                "when",
                &t(self.visit.lang, "search-when", &[]),
                &t(self.visit.lang, "search-any-day", &[]),
            )
            .option(&Day::Tonight.key(), &t(self.visit.lang, "search-tonight", &[]))
            .option(&Day::Today.key(), &t(self.visit.lang, "search-today", &[]))
            .option(&Day::Tomorrow.key(), &t(self.visit.lang, "search-tomorrow", &[]))
            .option(&Day::Weekend.key(), &t(self.visit.lang, "search-weekend", &[]));
        let later = |days: i64| today.checked_add(days.days()).ok();
        let mut dates: Vec<Date> = (2..DAYS_SHOWN).filter_map(later).collect();
        if let Some(Day::On(date)) = Day::parse(self.value("when"))
            && !dates.contains(&date)
        {
            dates.push(date);
        }
        dates
            .iter()
            .fold(select, |select, date| select.option(&date.to_string(), &date_words(lang, *date, today)))
    }

    fn minutes(&self) -> Select {
        let lang = self.visit.lang;
        let mut lengths = LENGTHS.to_vec();
        lengths.extend(self.value("minutes").parse::<u32>().ok().filter(|minutes| *minutes > 0));
        lengths.sort_unstable();
        lengths.dedup();
        let select = self.select(
            "minutes",
            &t(self.visit.lang, "search-minutes", &[]),
            &t(self.visit.lang, "search-any-length", &[]),
        );
        let told = |minutes: u32| match minutes / NIGHT {
            nights @ 1.. if minutes.is_multiple_of(NIGHT) => t(lang, "search-nights", &[("count", &nights)]),
            _ => duration(lang, minutes),
        };
        lengths.iter().fold(select, |select, minutes| select.option(&minutes.to_string(), &told(*minutes)))
    }

    fn sort(&self) -> Select {
        let name = |sort: Sort| match sort {
            Sort::Soonest => t(self.visit.lang, "search-soonest", &[]),
            Sort::Nearest => t(self.visit.lang, "search-nearest", &[]),
            Sort::Cheapest => t(self.visit.lang, "search-cheapest", &[]),
        };
        let select = self.select(
            "sort",
            &t(self.visit.lang, "search-sort", &[]),
            &t(self.visit.lang, "search-sort-fitting", &[]),
        );
        Sort::ALL.into_iter().fold(select, |select, sort| select.option(sort.key(), &name(sort)))
    }

    /// A place, or the position that a browser gives when it is asked to.
    fn near(&self) -> Field {
        self.text("near", Field::text("near", &t(self.visit.lang, "search-near", &[])))
    }

    fn buttons(&self) -> Markup {
        html! {
            div.find-buttons {
                (Button::primary(&t(self.visit.lang, "search-show", &[])))
                button.button.button-quiet type="button" data-locate="near" hidden
                    data-failed=(t(self.visit.lang, "search-locate-failed", &[])) { (t(self.visit.lang, "search-locate", &[])) }
            }
            p.field-error role="status" data-located {}
        }
    }

    fn place(&self) -> Select {
        let select = self.select(
            "place",
            &t(self.visit.lang, "search-place", &[]),
            &t(self.visit.lang, "search-any-place", &[]),
        );
        self.city.facilities.iter().fold(select, |select, one| select.option(&one.slug, &one.name))
    }

    fn kind(&self) -> Select {
        let lang = self.visit.lang;
        let select = self.select(
            "kind",
            &t(self.visit.lang, "search-kind", &[]),
            &t(self.visit.lang, "search-any-kind", &[]),
        );
        Kind::ALL
            .into_iter()
            .fold(select, |select, kind| select.option(kind.words().key, &kind_name(lang, kind)))
    }

    fn size(&self) -> Select {
        let lang = self.visit.lang;
        let name = |size: Size| {
            let metres = size.square_metres();
            match size {
                Size::Court => t(lang, "search-size-court", &[("metres", &metres)]),
                Size::Half => t(lang, "search-size-half", &[("metres", &metres)]),
                Size::Whole => t(lang, "search-size-whole", &[("metres", &metres)]),
            }
        };
        let select = self.select(
            "size",
            &t(self.visit.lang, "search-size", &[]),
            &t(self.visit.lang, "search-any-size", &[]),
        );
        Size::ALL.into_iter().fold(select, |select, size| select.option(size.key(), &name(size)))
    }

    /// Nothing where nothing can be had.
    fn equipment(&self) -> Markup {
        if self.known.equipment.is_empty() {
            return html! {};
        }
        let select = self.select(
            "equipment",
            &t(self.visit.lang, "search-equipment", &[]),
            &t(self.visit.lang, "search-any-equipment", &[]),
        );
        html! { (self.known.equipment.iter().fold(select, |select, name| select.option(name, name))) }
    }

    /// All that must be so; nothing where nothing is known.
    fn accessible(&self) -> Markup {
        let lang = self.visit.lang;
        let is_chosen =
            |key: &str| self.pairs.iter().any(|(name, value)| name == "accessible" && value.trim() == key);
        let mut names: Vec<(String, &String)> =
            self.known.accessible.iter().map(|key| (accessible_name(lang, key), key)).collect();
        names.sort();
        html! {
            @if !names.is_empty() {
                fieldset #accessible.field {
                    legend { (t(lang, "search-accessible", &[])) }
                    @for (name, key) in &names {
                        div.choice {
                            input type="checkbox" id={ "accessible-" (key) } name="accessible" value=(key)
                                checked[is_chosen(key)];
                            label for={ "accessible-" (key) } { (name) }
                        }
                    }
                }
            }
        }
    }
}

/// What is known of a place's accessibility, by its key; what has no word of ours is said as the register writes it.
fn accessible_name(lang: Lang, key: &str) -> String {
    match key {
        "parking" => t(lang, "search-accessible-parking", &[]),
        "step-free-entrance" => t(lang, "search-accessible-entrance", &[]),
        "automatic-door" => t(lang, "search-accessible-door", &[]),
        "lift" => t(lang, "search-accessible-lift", &[]),
        "toilet" => t(lang, "search-accessible-toilet", &[]),
        "changing-room" => t(lang, "search-accessible-changing", &[]),
        "spectator-places" => t(lang, "search-accessible-spectators", &[]),
        "hearing-loop" => t(lang, "search-accessible-hearing", &[]),
        "tactile-signs" => t(lang, "search-accessible-tactile", &[]),
        "assistance-dogs" => t(lang, "search-accessible-dogs", &[]),
        other => other.replace('-', " "),
    }
}

/// What is wrong, in words that say what would be right.
pub(crate) fn wrong_text(lang: Lang, wrong: &WrongField) -> String {
    match wrong.wrong {
        Wrong::Unknown => t(lang, "search-wrong-unknown", &[]),
        Wrong::TooLong => t(lang, "search-wrong-long", &[("most", &search_domain::TEXT_CHARS_MAX)]),
        Wrong::NoNumber { from, to } => t(lang, "search-wrong-number", &[("from", &from), ("to", &to)]),
        Wrong::NoClock => t(lang, "search-wrong-clock", &[]),
        Wrong::NoDay => t(lang, "search-wrong-day", &[]),
        Wrong::NotAfter => t(lang, "search-wrong-order", &[]),
    }
}
