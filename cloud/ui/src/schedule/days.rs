//! Schedules in which a day is one cell: a month, and a week of many resources.

use jiff::civil::Date;
use maud::{Markup, Render, html};

use super::{DayStrip, day_words, step};
use crate::when::{capital, month_words, short_month, short_weekday, weekday};
use crate::{EmptyState, Icon, Lang, duration, t, week};

/// How much of a day is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayLook {
    /// Something can be booked.
    Free {
        /// How many minutes, of all that the cell stands for.
        minutes: u32,
    },
    /// Open, and nothing is left.
    Full,
    /// Not open.
    Closed,
    /// It has been.
    Past,
    /// It cannot be booked yet.
    NotYet,
}

/// One day as a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Where its times are shown.
    pub href: String,
    /// How much is free.
    pub look: DayLook,
    /// What is closed then, and why: `Ishallen: snö på taket`.
    pub closed: Vec<String>,
}

/// A month: weeks down, weekdays across.
#[derive(Debug, Clone)]
#[must_use = "a schedule is nothing until it is rendered"]
pub struct ScheduleMonth {
    /// The reader's language.
    pub lang: Lang,
    /// What is shown, for the table's caption.
    pub title: String,
    /// Any day of the month.
    pub month: Date,
    /// The date it is now.
    pub today: Date,
    /// For each week where it is shown by itself, and its days that are of the month, Monday first.
    pub weeks: Vec<(String, [Option<Day>; 7])>,
    /// The month before; none where there is nothing to see.
    pub earlier: Option<String>,
    /// The month after; none beyond what can be booked.
    pub later: Option<String>,
    /// The month it is now, where another one is shown.
    pub now: Option<String>,
}

/// A week of many resources: resources down, days across.
#[derive(Debug, Clone)]
#[must_use = "a schedule is nothing until it is rendered"]
pub struct ScheduleOverview {
    /// The reader's language.
    pub lang: Lang,
    /// What is shown, for the table's caption.
    pub title: String,
    /// The days that stand across.
    pub strip: DayStrip,
    /// The resources, each with a cell for every day of the strip.
    pub rows: Vec<OverviewRow>,
}

/// A resource in a [`ScheduleOverview`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewRow {
    /// What it is called beside its siblings.
    pub name: String,
    /// Whether it is a part of the one above it that is none.
    pub is_part: bool,
    /// Its own week.
    pub href: String,
    /// The name on its own, in the middle of a sentence.
    pub full_name: String,
    /// Its days.
    pub days: Vec<Day>,
}

impl Render for ScheduleMonth {
    fn render(&self) -> Markup {
        let lang = self.lang;
        let words = month_words(lang, self.month);
        let closed: Vec<(Date, &String)> = self
            .weeks
            .iter()
            .flat_map(|(_, days)| days.iter().flatten())
            .flat_map(|day| day.closed.iter().map(|why| (day.date, why)))
            .collect();
        html! {
            div.schedule.schedule-month data-schedule {
                nav.strip aria-label=(t(lang, "ui-schedule-months", &[])) {
                    div.strip-head {
                        (step(self.earlier.as_deref(), "prev", &t(lang, "ui-schedule-earlier", &[]), Icon::Back))
                        p.strip-shown { strong { (capital(&words)) } }
                        (step(self.later.as_deref(), "next", &t(lang, "ui-schedule-later", &[]), Icon::Forward))
                    }
                    @if let Some(href) = &self.now { p.strip-now { a href=(href) { (t(lang, "ui-schedule-this-month", &[])) } } }
                }
                table.grid.days {
                    caption.visually-hidden { (self.title) ", " (words) }
                    thead {
                        tr {
                            th.corner scope="col" {
                                span aria-hidden="true" { (t(lang, "ui-schedule-week-short", &[])) }
                                span.visually-hidden { (t(lang, "ui-schedule-week", &[])) }
                            }
                            @for day in self.weeks.first().map(|(_, days)| weekdays_of(days)).unwrap_or_default() {
                                th.column-head scope="col" {
                                    span aria-hidden="true" { (capital(&short_weekday(lang, day))) }
                                    span.visually-hidden { (capital(&weekday(lang, day))) }
                                }
                            }
                        }
                    }
                    tbody {
                        @for (href, days) in &self.weeks {
                            @if let Some(first) = days.iter().flatten().next() {
                                tr {
                                    th scope="row" {
                                        a href=(href) {
                                            span aria-hidden="true" { (first.date.iso_week_date().week()) }
                                            span.visually-hidden { (capital(&week(lang, first.date))) }
                                        }
                                    }
                                    @for day in days {
                                        @match day {
                                            Some(day) => (day.cell(lang, None, day.date == self.today)),
                                            None => td {},
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                (legend(lang, &self.weeks.iter().flat_map(|(_, days)| days.iter().flatten()).collect::<Vec<_>>()))
                @if !closed.is_empty() {
                    h2 { (t(lang, "ui-schedule-closed-title", &[])) }
                    ul.closed-list {
                        @for (date, why) in closed { li { (capital(&day_words(lang, date))) ": " (why) } }
                    }
                }
                p.quiet.keys-hint hidden { (t(lang, "ui-schedule-keys", &[])) }
            }
        }
    }
}

impl Render for ScheduleOverview {
    fn render(&self) -> Markup {
        let lang = self.lang;
        let week_words = week(lang, self.strip.chosen);
        html! {
            div.schedule.schedule-week.schedule-overview data-schedule {
                (self.strip.navigation(lang, &html! { strong { (capital(&week_words)) } }))
                @if self.rows.is_empty() {
                    (EmptyState::new(&t(lang, "ui-schedule-none", &[]), &t(lang, "ui-schedule-none-hint", &[])))
                } @else {
                    table.grid.days {
                        caption.visually-hidden { (self.title) ", " (week_words) }
                        thead {
                            tr {
                                th.corner scope="col" { (t(lang, "ui-schedule-what", &[])) }
                                @for day in &self.strip.days {
                                    th class=(if day.date == self.strip.chosen { "column-head" } else { "column-head not-chosen" }) scope="col" {
                                        @if day.date == self.strip.today {
                                            span.today-mark { (t(lang, "ui-schedule-today", &[])) " " }
                                        }
                                        (capital(&short_weekday(lang, day.date))) " " (day.date.day()) " " (short_month(lang, day.date))
                                    }
                                }
                            }
                        }
                        tbody {
                            @for row in &self.rows {
                                tr {
                                    th class=[row.is_part.then_some("is-part")] scope="row" { a href=(row.href) { (row.name) } }
                                    @for day in &row.days { (day.cell(lang, Some((&row.full_name, self.strip.chosen)), false)) }
                                }
                            }
                        }
                    }
                    (legend(lang, &self.rows.iter().flat_map(|row| &row.days).collect::<Vec<_>>()))
                    p.quiet.keys-hint hidden { (t(lang, "ui-schedule-keys", &[])) }
                }
            }
        }
    }
}

/// The dates of a week of which at least one day is known.
fn weekdays_of(days: &[Option<Day>; 7]) -> Vec<Date> {
    let known =
        days.iter().enumerate().find_map(|(at, day)| Some((i64::try_from(at).ok()?, day.as_ref()?.date)));
    let Some((at, date)) = known else { return Vec::new() };
    (0..7).filter_map(|day| date.checked_add(jiff::ToSpan::days(day - at)).ok()).collect()
}

impl Day {
    /// A cell; in a table of resources without its number, which stands in the head.
    fn cell(&self, lang: Lang, of: Option<(&str, Date)>, is_today: bool) -> Markup {
        let state = self.look.words(lang);
        let closed = self.closed.iter().fold(String::new(), |all, why| all + ", " + why);
        let place = of.map(|(place, _)| format!(", {place}")).unwrap_or_default();
        let today = if is_today { format!(", {}", t(lang, "time-today", &[])) } else { String::new() };
        let not_chosen = of.is_some_and(|(_, chosen)| chosen != self.date);
        let kind = self.look.class();
        let class = if not_chosen { format!("{kind} not-chosen") } else { kind.to_owned() };
        let content = html! {
            span.visually-hidden { (capital(&day_words(lang, self.date))) (today) (place) ", " (state) (closed) }
            span.day aria-hidden="true" {
                @if of.is_none() { span.day-number { (self.date.day()) } }
                span.day-free {
                    @if let DayLook::Free { minutes } = self.look { (hours(lang, minutes)) }
                    @else { (state) }
                }
                @if !self.closed.is_empty() { (Icon::Warning) }
            }
        };
        html! {
            td class=(class) {
                @match self.look {
                    DayLook::Free { .. } | DayLook::Full => {
                        a.cell href=(self.href) data-cell aria-current=[is_today.then_some("date")] { (content) }
                    }
                    DayLook::Closed | DayLook::Past | DayLook::NotYet => span.cell { (content) },
                }
            }
        }
    }
}

impl DayLook {
    pub(super) fn words(self, lang: Lang) -> String {
        match self {
            Self::Free { minutes } => t(lang, "ui-day-free", &[("time", &hours(lang, minutes))]),
            Self::Full => t(lang, "ui-day-full", &[]),
            Self::Closed => t(lang, "ui-cell-closed", &[]),
            Self::Past => t(lang, "ui-day-past", &[]),
            Self::NotYet => t(lang, "ui-day-not-yet", &[]),
        }
    }

    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Free { .. } => "cell-free",
            Self::Full => "cell-taken",
            Self::Closed => "cell-closed",
            Self::Past | Self::NotYet => "cell-past",
        }
    }
}

/// `14 tim`: whole hours; minutes only where there is no whole hour.
pub(super) fn hours(lang: Lang, minutes: u32) -> String {
    duration(lang, if minutes >= 60 { minutes - minutes % 60 } else { minutes })
}

fn legend(lang: Lang, days: &[&Day]) -> Markup {
    let any = |wanted: fn(DayLook) -> bool| days.iter().any(|day| wanted(day.look));
    html! {
        ul.legend aria-label=(t(lang, "ui-schedule-legend", &[])) {
            @if any(|look| matches!(look, DayLook::Free { .. })) {
                li { span.sample.cell-free {} (t(lang, "ui-legend-free-hours", &[])) }
            }
            @if any(|look| look == DayLook::Full) {
                li { span.sample.cell-taken {} (t(lang, "ui-legend-full", &[])) }
            }
            @if any(|look| look == DayLook::Closed) {
                li { span.sample.cell-closed {} (t(lang, "ui-legend-closed", &[])) }
            }
        }
    }
}
