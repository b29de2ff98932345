//! The schedule: free and taken times, a hall with its halves beside each other or a week of one of them.
//!
//! Two layouts over the same grid. [`ScheduleDay`] has what can be booked across and time down; on a narrow screen
//! it shows the chosen hall and links to the others. [`ScheduleWeek`] has seven days across, for one resource or for a
//! hall with its parts beside each other; on a narrow screen it shows the chosen day. [`ScheduleMonth`] and
//! [`ScheduleOverview`] have a cell for each day. All are real tables that work without script; with it the arrow keys
//! move between the cells that can be opened, and a [`live_schedule`] follows what others book.

mod days;
mod grid;
mod live;
mod plan;
mod week_strip;

use jiff::civil::{Date, Time};
use maud::{Markup, Render, html};

use crate::when::{capital, short_clocks, short_month, short_weekday, weekday};
use crate::{Icon, Lang, Tabs, t, week};
use grid::{Block, Grid, GridColumn};
use plan::Plan;

pub use days::{Day, DayLook, OverviewRow, ScheduleMonth, ScheduleOverview};
pub use live::{live_framed_schedule, live_schedule, print_button};
pub use week_strip::WeekStrip;

/// Rows that fit a printed page at their usual height: of half an hour from 7 to 23, or of an hour all day.
const ROWS_A_PAGE: usize = 32;

/// One row: from `start` to `end` by the facility's clock; midnight as `end` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
}

/// What a time on a resource is to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// It can be booked.
    Free {
        /// Where booking it begins.
        href: String,
        /// What it costs the reader, as words (`55 kr`).
        price: Option<String>,
    },
    /// Someone has it, or a part of it.
    Taken {
        /// Who, for those who may know.
        label: Option<String>,
        /// Where the booking is shown, for those who may see it.
        href: Option<String>,
        /// What is booked, where that is something else in the same hall.
        because: Option<Because>,
        /// Where following it begins, for those who may book it.
        watch: Option<String>,
    },
    /// The reader has it.
    Mine {
        /// What the booking is called; where it has no name the cell says that it is the reader's.
        label: String,
        /// Where the booking is shown.
        href: String,
    },
    /// Nobody can book it: closed, blocked.
    Closed,
    /// It can no longer be booked.
    Past,
}

/// Why something cannot be had although nobody has booked it as such: another part of the hall is booked, or all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// Which of its parts are taken, as in [`Column::parts`].
    pub parts: Vec<u8>,
    /// What is booked, as it is called in the hall: `A1`.
    pub names: String,
}

/// Something that can be booked: a whole hall or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name beside its siblings: `Hela`, `A1`.
    pub name: String,
    /// The name on its own, in the middle of a sentence: `hela Sporthallen A`, `halva A1`.
    pub full_name: String,
    /// Where it is shown alone.
    pub href: Option<String>,
    /// Which of the hall's parts it takes, from 0 in the order they lie.
    pub parts: Vec<u8>,
    /// One for each slot.
    pub cells: Vec<Cell>,
}

/// A hall with everything in it that can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hall {
    /// Its name: `Sporthallen A`.
    pub name: String,
    /// The facility that it is in, where several stand side by side.
    pub over: Option<String>,
    /// The same day with this hall chosen (narrow screens show one at a time).
    pub href: String,
    /// How many parts it is divided into; 1 for what cannot be divided.
    pub parts: u8,
    /// The whole first, then its parts as they lie.
    pub columns: Vec<Column>,
}

/// A day to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripDay {
    /// Which.
    pub date: Date,
    /// The same view with this day chosen.
    pub href: String,
    /// How many free times it has, where that is known.
    pub free: Option<u32>,
}

/// The days beside the one that is shown, and the way to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayStrip {
    /// Usually Monday to Sunday.
    pub days: Vec<StripDay>,
    /// The day that is shown.
    pub chosen: Date,
    /// The date it is now.
    pub today: Date,
    /// The week before; none where there is nothing to see.
    pub earlier: Option<String>,
    /// The week after; none beyond what can be booked.
    pub later: Option<String>,
    /// Today, where it is not among the days.
    pub now: Option<String>,
    /// The day before the chosen one and the day after it, for a finger that is drawn across the table.
    pub beside: (Option<String>, Option<String>),
}

/// One day of a facility: resources across, time down.
#[derive(Debug, Clone)]
#[must_use = "a schedule is nothing until it is rendered"]
pub struct ScheduleDay {
    /// The reader's language.
    pub lang: Lang,
    /// What is shown, for the table's caption: the facility's name.
    pub title: String,
    /// The days to choose.
    pub strip: DayStrip,
    /// The rows.
    pub slots: Vec<Slot>,
    /// The halls, each with a cell for every slot in every column.
    pub halls: Vec<Hall>,
    /// Which hall a narrow screen shows, from 0.
    pub chosen_hall: usize,
    /// Whether it stands within another site's page, so that bookings open in the whole window.
    pub framed: bool,
}

/// A week of one resource, or of a hall with its parts: days across, time down.
#[derive(Debug, Clone)]
#[must_use = "a schedule is nothing until it is rendered"]
pub struct ScheduleWeek {
    /// The reader's language.
    pub lang: Lang,
    /// What is shown, for the table's caption: `Österåkers sportcentrum, Sporthallen A`.
    pub title: String,
    /// The days that stand across.
    pub strip: DayStrip,
    /// The rows.
    pub slots: Vec<Slot>,
    /// For each day of the strip the same columns.
    pub days: Vec<WeekDay>,
    /// Whether it stands within another site's page, so that bookings open in the whole window.
    pub framed: bool,
}

/// One day in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekDay {
    /// How many parts the hall is divided into; 1 for what cannot be divided.
    pub parts: u8,
    /// The resource; or the whole first, then its parts as they lie. A cell for every slot in each.
    pub columns: Vec<Column>,
}

impl Render for ScheduleDay {
    fn render(&self) -> Markup {
        let lang = self.lang;
        let day = capital(&weekday(lang, self.strip.chosen));
        let blocks = self
            .halls
            .iter()
            .enumerate()
            .map(|(index, hall)| Block {
                head: html! {
                    @if let Some(over) = &hall.over { span.block-over { (over) } " " }
                    (hall.name)
                },
                // An index beyond the halls would leave a narrow screen empty.
                chosen: index == self.chosen_hall.min(self.halls.len().saturating_sub(1)),
                columns: hall
                    .columns
                    .iter()
                    .map(|column| GridColumn::new(lang, hall.parts, column, &day))
                    .collect(),
            })
            .collect();
        let grid = Grid {
            lang,
            caption: format!("{}, {}", self.title, day_words(lang, self.strip.chosen)),
            rows: row_heads(lang, &self.slots),
            blocks,
            framed: self.framed,
        };
        html! {
            div class=(class("schedule-day", &self.slots)) data-schedule {
                (self.strip.navigation(lang, &html! {
                    strong { (capital(&day_words(lang, self.strip.chosen))) }
                    " " span.quiet { (week(lang, self.strip.chosen)) }
                }))
                @if self.halls.len() > 1 { div.only-narrow { (self.hall_tabs()) } }
                (grid)
            }
        }
    }
}

impl ScheduleDay {
    fn hall_tabs(&self) -> Tabs {
        let tabs = Tabs::new(&t(self.lang, "ui-schedule-halls", &[]));
        self.halls
            .iter()
            .enumerate()
            .fold(tabs, |tabs, (index, hall)| tabs.tab(&hall.label(), &hall.href, index == self.chosen_hall))
    }
}

impl Render for ScheduleWeek {
    fn render(&self) -> Markup {
        let lang = self.lang;
        let blocks = self
            .strip
            .days
            .iter()
            .zip(&self.days)
            .map(|(day, cells)| {
                let head = html! {
                    @if day.date == self.strip.today {
                        span.today-mark { (t(lang, "ui-schedule-today", &[])) " " }
                    }
                    (capital(&short_weekday(lang, day.date))) " " (day.date.day()) " " (short_month(lang, day.date))
                };
                let name = capital(&weekday(lang, day.date));
                let column = |column| GridColumn::new(lang, cells.parts, column, &name);
                let columns = cells.columns.iter().map(column);
                Block { head, chosen: day.date == self.strip.chosen, columns: columns.collect() }
            })
            .collect();
        let week_words = capital(&week(lang, self.strip.chosen));
        let grid = Grid {
            lang,
            caption: format!("{}, {}", self.title, week(lang, self.strip.chosen)),
            rows: row_heads(lang, &self.slots),
            blocks,
            framed: self.framed,
        };
        html! {
            div class=(class("schedule-week", &self.slots)) data-schedule {
                (self.strip.navigation(lang, &html! { strong { (week_words) } }))
                (grid)
            }
        }
    }
}

impl DayStrip {
    fn navigation(&self, lang: Lang, shown: &Markup) -> Markup {
        html! {
            nav.strip aria-label=(t(lang, "ui-schedule-strip", &[]))
                data-day-before=[&self.beside.0] data-day-after=[&self.beside.1] {
                div.strip-head {
                    (step(self.earlier.as_deref(), "prev", &t(lang, "ui-schedule-earlier", &[]), Icon::Back))
                    p.strip-shown { (shown) }
                    (step(self.later.as_deref(), "next", &t(lang, "ui-schedule-later", &[]), Icon::Forward))
                }
                @if let Some(href) = &self.now { p.strip-now { a href=(href) { (t(lang, "ui-schedule-to-today", &[])) } } }
                ul.strip-days {
                    @for day in &self.days {
                        li {
                            a.strip-day href=(day.href) aria-current=[(day.date == self.chosen).then_some("date")] {
                                span.visually-hidden { (capital(&day_words(lang, day.date))) }
                                span.strip-weekday aria-hidden="true" {
                                    @if day.date == self.today { (t(lang, "ui-schedule-today", &[])) }
                                    @else { (capital(&short_weekday(lang, day.date))) }
                                }
                                span.strip-date aria-hidden="true" { (day.date.day()) }
                                @match day.free {
                                    None => {}
                                    Some(0) => span.strip-full { (t(lang, "ui-strip-full", &[])) },
                                    Some(free) => span.strip-free { (t(lang, "ui-strip-free", &[("count", &free)])) },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A link to the days before or after; its place is kept where there is none.
fn step(href: Option<&str>, rel: &str, label: &str, icon: Icon) -> Markup {
    html! {
        @match href {
            Some(href) => a.step href=(href) rel=(rel) { (icon) span.visually-hidden { (label) } },
            None => span.step.step-none aria-hidden="true" { (icon) },
        }
    }
}

/// The schedule's classes: one with many rows is drawn closer when it is printed, so that it fits a page.
fn class(layout: &str, slots: &[Slot]) -> String {
    let long = if slots.len() > ROWS_A_PAGE { " schedule-long" } else { "" };
    format!("schedule {layout}{long}")
}

impl Hall {
    /// Its name, with the facility's where several stand side by side.
    fn label(&self) -> String {
        match &self.over {
            Some(over) => format!("{over}, {}", self.name),
            None => self.name.clone(),
        }
    }
}

fn row_heads(lang: Lang, slots: &[Slot]) -> Vec<String> {
    slots.iter().map(|slot| short_clocks(lang, slot.start, slot.end)).collect()
}

/// `torsdag 27 nov`.
fn day_words(lang: Lang, date: Date) -> String {
    crate::date_words(lang, date, date)
}

impl GridColumn {
    /// A column of a hall that has so many parts.
    fn new(lang: Lang, parts: u8, column: &Column, day: &str) -> Self {
        let plan = (parts > 1).then(|| Plan::new(parts, &column.parts));
        Self {
            head: html! {
                @if let Some(plan) = &plan { (plan) }
                @match &column.href {
                    Some(href) => a href=(href) { (column.name) },
                    None => span { (column.name) },
                }
            },
            name_start: day.to_owned(),
            place: column.full_name.clone(),
            cells: column.cells.clone(),
            parts: (parts, column.parts.len()),
            lang,
        }
    }
}

#[cfg(test)]
mod tests;
