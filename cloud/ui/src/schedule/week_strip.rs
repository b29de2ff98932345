//! A resource's next days in one line: what is free and what is taken, before anybody opens the schedule.

use jiff::civil::Date;
use maud::{Markup, Render, html};

use super::days::hours;
use super::{Day, DayLook, day_words};
use crate::when::{capital, short_weekday};
use crate::{Lang, t};

/// Seven days beside each other, each leading to its times.
#[derive(Debug, Clone)]
#[must_use = "a strip is nothing until it is rendered"]
pub struct WeekStrip {
    /// The reader's language.
    pub lang: Lang,
    /// What it is a strip of, for those who listen.
    pub title: String,
    /// The date it is now.
    pub today: Date,
    /// The days, in order.
    pub days: Vec<Day>,
}

impl Render for WeekStrip {
    fn render(&self) -> Markup {
        html! {
            ul.week-strip aria-label=(self.title) {
                @for day in &self.days { li class=(day.look.class()) { (self.day(day)) } }
            }
        }
    }
}

impl WeekStrip {
    fn day(&self, day: &Day) -> Markup {
        let lang = self.lang;
        let state = day.look.words(lang);
        let content = html! {
            span.visually-hidden { (capital(&day_words(lang, day.date))) ", " (state) }
            span.strip-weekday aria-hidden="true" {
                @if day.date == self.today { (t(lang, "ui-schedule-today", &[])) }
                @else { (capital(&short_weekday(lang, day.date))) }
            }
            span.strip-date aria-hidden="true" { (day.date.day()) }
            span.week-strip-state aria-hidden="true" {
                @if let DayLook::Free { minutes } = day.look { (hours(lang, minutes)) }
                @else { (state) }
            }
        };
        match day.look {
            DayLook::Free { .. } | DayLook::Full => html! { a.cell href=(day.href) { (content) } },
            DayLook::Closed | DayLook::Past | DayLook::NotYet => html! { span.cell { (content) } },
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn each_day_says_what_is_left_and_leads_to_its_times_where_there_are_any() {
        let day =
            |of, look| Day { date: date(2026, 11, of), href: format!("/f?day={of}"), look, closed: vec![] };
        let strip = WeekStrip {
            lang: Lang::Sv,
            title: "Konstgräset".into(),
            today: date(2026, 11, 26),
            days: vec![
                day(26, DayLook::Free { minutes: 850 }),
                day(27, DayLook::Full),
                day(28, DayLook::Closed),
            ],
        };
        let page = strip.render().into_string();
        assert!(
            page.contains("aria-label=\"Konstgräset\"") && page.contains("Torsdag 26 nov, 14 tim ledigt")
        );
        assert!(page.contains("class=\"cell-taken\"><a class=\"cell\" href=\"/f?day=27\">"), "{page}");
        assert!(page.contains("Lördag 28 nov, stängt") && !page.contains("/f?day=28"));
        assert!(page.contains(">I dag<"), "{page}");
    }
}
