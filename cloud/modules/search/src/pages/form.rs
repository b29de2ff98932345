//! The form of a search: time first, the rest behind 'more choices'. A plain form with a shareable address; with
//! script the list is fetched anew in its place.

use cloud_kernel::web::Visit;
use cloud_ui::{Button, ErrorSummary, Field, Lang, Select, date_words, duration, t};
use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::{Markup, html};
use search_domain::{DAYS_SHOWN, Day, Kind, Known, Size, Sort, Wrong, WrongField};

use super::{activity_name, kind_name};
use crate::city::City;

/// Lengths that are offered, in minutes; another can be asked for in the address.
const LENGTHS: [u32; 7] = [30, 60, 90, 120, 180, 240, 480];

/// What stands in the form: as it was sent, so that a wrong field comes back as it was typed.
pub(crate) struct Form<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) city: &'a City,
    pub(crate) known: Known,
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) errors: ErrorSummary,
}

impl Form<'_> {
    fn value(&self, name: &str) -> &str {
        let last = self.pairs.iter().rev().find(|(field, _)| field == name);
        last.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    fn t(&self, key: &str) -> String {
        t(self.visit.lang, key, &[])
    }

    /// The three questions of the start page.
    pub(crate) fn questions(&self) -> Markup {
        html! {
            form.find-form method="get" action="/find#list" role="search" aria-label=(self.t("search-form")) {
                div.find-fields { (self.activity()) (self.day()) (self.near()) }
                (self.buttons())
            }
        }
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Markup {
        let more = ["q", "place", "kind", "size", "persons", "equipment", "price", "date", "sort"];
        let open = more.iter().any(|name| !self.value(name).is_empty());
        html! {
            form.find-form method="get" action="/find#list" role="search" aria-label=(self.t("search-form"))
                hx-get="/find" hx-trigger="change delay:100ms, submit" hx-target="#results" hx-select="#results"
                hx-swap="outerHTML" hx-select-oob="#found:innerHTML" hx-push-url="true" {
                div.find-fields {
                    (self.activity())
                    (self.day())
                    (self.time("after", &self.t("search-after")))
                    (self.time("before", &self.t("search-before")))
                    (self.minutes())
                    (self.near())
                }
                details open[open] {
                    summary { (self.t("search-more")) }
                    div.find-fields.find-more {
                        (self.sort())
                        (self.text("q", Field::search("q", &self.t("search-text"))))
                        (self.text("date", Field::date("date", &self.t("search-date"))))
                        (self.place())
                        (self.kind())
                        (self.size())
                        (self.text("persons", Field::number("persons", &self.t("search-persons"))))
                        (self.text("price", Field::number("price", &self.t("search-price"))))
                        (self.equipment())
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

    fn activity(&self) -> Select {
        let lang = self.visit.lang;
        let mut names: Vec<(String, &String)> =
            self.known.activities.iter().map(|key| (activity_name(lang, key), key)).collect();
        names.sort();
        let select = self.select("activity", &self.t("search-activity"), &self.t("search-any-activity"));
        names.iter().fold(select, |select, (name, key)| select.option(key, name))
    }

    fn day(&self) -> Select {
        let lang = self.visit.lang;
        let today = self.visit.when().today();
        let select = self
            .select("when", &self.t("search-when"), &self.t("search-any-day"))
            .option(&Day::Tonight.key(), &self.t("search-tonight"))
            .option(&Day::Today.key(), &self.t("search-today"))
            .option(&Day::Tomorrow.key(), &self.t("search-tomorrow"))
            .option(&Day::Weekend.key(), &self.t("search-weekend"));
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
        let select = self.select("minutes", &self.t("search-minutes"), &self.t("search-any-length"));
        lengths
            .iter()
            .fold(select, |select, minutes| select.option(&minutes.to_string(), &duration(lang, *minutes)))
    }

    fn sort(&self) -> Select {
        let name = |sort: Sort| match sort {
            Sort::Soonest => self.t("search-soonest"),
            Sort::Nearest => self.t("search-nearest"),
            Sort::Cheapest => self.t("search-cheapest"),
        };
        let select = self.select("sort", &self.t("search-sort"), &self.t("search-sort-fitting"));
        Sort::ALL.into_iter().fold(select, |select, sort| select.option(sort.key(), &name(sort)))
    }

    /// A place, or the position that a browser gives when it is asked to.
    fn near(&self) -> Field {
        self.text("near", Field::text("near", &self.t("search-near")))
    }

    fn buttons(&self) -> Markup {
        html! {
            div.find-buttons {
                (Button::primary(&self.t("search-show")))
                button.button.button-quiet type="button" data-locate="near" hidden
                    data-failed=(self.t("search-locate-failed")) { (self.t("search-locate")) }
            }
            p.field-error role="status" data-located {}
        }
    }

    fn place(&self) -> Select {
        let select = self.select("place", &self.t("search-place"), &self.t("search-any-place"));
        self.city.facilities.iter().fold(select, |select, one| select.option(&one.slug, &one.name))
    }

    fn kind(&self) -> Select {
        let lang = self.visit.lang;
        let select = self.select("kind", &self.t("search-kind"), &self.t("search-any-kind"));
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
        let select = self.select("size", &self.t("search-size"), &self.t("search-any-size"));
        Size::ALL.into_iter().fold(select, |select, size| select.option(size.key(), &name(size)))
    }

    /// Nothing where nothing can be had.
    fn equipment(&self) -> Markup {
        if self.known.equipment.is_empty() {
            return html! {};
        }
        let select = self.select("equipment", &self.t("search-equipment"), &self.t("search-any-equipment"));
        html! { (self.known.equipment.iter().fold(select, |select, name| select.option(name, name))) }
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
