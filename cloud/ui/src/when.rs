//! Times as people say them.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::languages::spoken;
use crate::{Lang, t};

/// How moments are said to someone: in which language, in which zone, and what is now.
///
/// Moments are instants; the zone is the facility's.
#[derive(Debug, Clone)]
pub struct When {
    /// The reader's language.
    pub lang: Lang,
    /// The facility's zone.
    pub zone: TimeZone,
    /// The moment the page is made.
    pub now: Timestamp,
}

impl When {
    /// The date it is now in the zone.
    pub fn today(&self) -> Date {
        self.date(self.now)
    }

    /// The date of a moment in the zone.
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// `18.00`; in English `18:00`.
    pub fn clock(&self, at: Timestamp) -> String {
        clock_time(self.lang, at.to_zoned(self.zone.clone()).time())
    }

    /// `torsdag 27 nov`; with the year when it is not this one.
    pub fn day(&self, at: Timestamp) -> String {
        date_words(self.lang, self.date(at), self.today())
    }

    /// `i dag`, `i morgon`, `i går`, otherwise [`When::day`].
    pub fn near_day(&self, at: Timestamp) -> String {
        let date = self.date(at);
        let today = self.today();
        if date == today {
            t(self.lang, "time-today", &[])
        } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == date) {
            t(self.lang, "time-tomorrow", &[])
        } else if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
            t(self.lang, "time-yesterday", &[])
        } else {
            self.day(at)
        }
    }

    /// `torsdag 27 nov 18.00`.
    pub fn day_and_clock(&self, at: Timestamp) -> String {
        format!("{} {}", self.day(at), self.clock(at))
    }

    /// `18.00` for a moment today, otherwise `torsdag 27 nov 18.00`.
    pub fn near_clock(&self, at: Timestamp) -> String {
        if self.date(at) == self.today() { self.clock(at) } else { self.day_and_clock(at) }
    }

    /// `18.00–20.00`, the half-open span without its day.
    pub fn clocks(&self, start: Timestamp, end: Timestamp) -> String {
        format!("{}–{}", self.clock(start), self.clock(end))
    }

    /// `torsdag 27 nov 18.00–20.00`; over midnight `fredag 28 nov 22.00 – lördag 29 nov 02.00`.
    ///
    /// A span that ends at midnight belongs to the day it began.
    pub fn span(&self, start: Timestamp, end: Timestamp) -> String {
        let last_moment = end.to_zoned(self.zone.clone());
        let ends_at_midnight = last_moment.time() == Time::midnight()
            && self.date(start).tomorrow().is_ok_and(|next| next == last_moment.date());
        if self.date(start) == last_moment.date() || ends_at_midnight {
            format!("{} {}", self.day(start), self.clocks(start, end))
        } else {
            format!("{} – {}", self.day_and_clock(start), self.day_and_clock(end))
        }
    }

    /// `om 40 minuter`, `om 3 timmar`, `om 2 dagar`, `nu`, `för 5 minuter sedan`.
    ///
    /// Rounded to the unit that is said; days are calendar days.
    pub fn from_now(&self, at: Timestamp) -> String {
        let seconds = at.as_second() - self.now.as_second();
        let minutes = (seconds.unsigned_abs() + 30) / 60;
        let hours = (seconds.unsigned_abs() + 1800) / 3600;
        let days = self.date(at).since(self.today()).map_or(0, |span| span.get_days().unsigned_abs());
        let later = seconds > 0;
        if minutes == 0 {
            t(self.lang, "time-now", &[])
        } else if minutes < 60 {
            if later {
                t(self.lang, "time-in-minutes", &[("count", &minutes)])
            } else {
                t(self.lang, "time-minutes-ago", &[("count", &minutes)])
            }
        } else if hours < 24 || days == 0 {
            if later {
                t(self.lang, "time-in-hours", &[("count", &hours)])
            } else {
                t(self.lang, "time-hours-ago", &[("count", &hours)])
            }
        } else {
            if later {
                t(self.lang, "time-in-days", &[("count", &days)])
            } else {
                t(self.lang, "time-days-ago", &[("count", &days)])
            }
        }
    }
}

/// `18.00`; in English `18:00`.
pub fn clock_time(lang: Lang, time: Time) -> String {
    let separator = &spoken().of(lang).clock_separator;
    format!("{:02}{separator}{:02}", time.hour(), time.minute())
}

/// `18–19`, and `18.30–20` where minutes matter: how a time span is written in a schedule.
pub(crate) fn short_clocks(lang: Lang, start: Time, end: Time) -> String {
    let short = |time: Time| match time.minute() {
        0 => format!("{:02}", time.hour()),
        _ => clock_time(lang, time),
    };
    format!("{}–{}", short(start), if end == Time::midnight() { "24".to_owned() } else { short(end) })
}

/// `torsdag 27 nov`; `torsdag 27 nov 2027` when the year is not that of `today`.
pub fn date_words(lang: Lang, date: Date, today: Date) -> String {
    let weekday = weekday(lang, date);
    let month = short_month(lang, date);
    let day = date.day();
    if date.year() == today.year() {
        t(lang, "language-date", &[("weekday", &weekday), ("day", &day), ("month", &month)])
    } else {
        // As words: a year has no thousands separator in any language.
        let year = date.year().to_string();
        t(
            lang,
            "language-date-with-year",
            &[("weekday", &weekday), ("day", &day), ("month", &month), ("year", &year)],
        )
    }
}

/// `vecka 48` (ISO 8601 week).
pub fn week(lang: Lang, date: Date) -> String {
    t(lang, "time-week", &[("number", &date.iso_week_date().week())])
}

/// `1 tim 30 min`, `45 min`, `2 tim`.
pub fn duration(lang: Lang, minutes: u32) -> String {
    let (hours, rest) = (minutes / 60, minutes % 60);
    match (hours, rest) {
        (0, _) => t(lang, "time-minutes-long", &[("minutes", &rest)]),
        (_, 0) => t(lang, "time-hours-long", &[("hours", &hours)]),
        _ => t(lang, "time-hours-minutes-long", &[("hours", &hours), ("minutes", &rest)]),
    }
}

/// `torsdag`; in English `Thursday`.
pub(crate) fn weekday(lang: Lang, date: Date) -> String {
    t(lang, "time-weekday", &[("number", &date.weekday().to_monday_one_offset())])
}

/// `tors`; in English `Thu`.
pub(crate) fn short_weekday(lang: Lang, date: Date) -> String {
    t(lang, "time-weekday-short", &[("number", &date.weekday().to_monday_one_offset())])
}

/// `nov`; in English `Nov`.
pub(crate) fn short_month(lang: Lang, date: Date) -> String {
    t(lang, "time-month-short", &[("number", &date.month())])
}

/// `november 2026`.
pub(crate) fn month_words(lang: Lang, date: Date) -> String {
    let month = t(lang, "time-month", &[("number", &date.month())]);
    t(lang, "time-month-year", &[("month", &month), ("year", &date.year().to_string())])
}

/// With a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{When, duration, week};
    use crate::Lang;

    fn when(lang: Lang) -> When {
        let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap();
        When { lang, zone, now: "2026-11-26T12:00:00Z".parse().unwrap() }
    }

    #[test]
    fn a_span_names_its_day_once() {
        let (start, end) = ("2026-11-26T17:00:00Z".parse().unwrap(), "2026-11-26T19:00:00Z".parse().unwrap());
        assert_eq!(when(Lang::Sv).span(start, end), "torsdag 26 nov 18.00–20.00");
        assert_eq!(when(Lang::En).span(start, end), "Thursday 26 Nov 18:00–20:00");
    }

    #[test]
    fn a_span_over_midnight_names_both_days_and_one_until_midnight_does_not() {
        let start = "2026-11-26T21:00:00Z".parse().unwrap();
        assert_eq!(
            when(Lang::Sv).span(start, "2026-11-27T01:00:00Z".parse().unwrap()),
            "torsdag 26 nov 22.00 – fredag 27 nov 02.00"
        );
        assert_eq!(
            when(Lang::Sv).span(start, "2026-11-26T23:00:00Z".parse().unwrap()),
            "torsdag 26 nov 22.00–00.00"
        );
    }

    #[test]
    fn another_year_is_said() {
        assert_eq!(when(Lang::Sv).day("2027-01-03T12:00:00Z".parse().unwrap()), "söndag 3 jan 2027");
    }

    #[test]
    fn near_days_have_names() {
        let sv = when(Lang::Sv);
        assert_eq!(sv.near_day("2026-11-26T22:30:00Z".parse().unwrap()), "i dag");
        assert_eq!(sv.near_day("2026-11-26T23:30:00Z".parse().unwrap()), "i morgon");
        assert_eq!(sv.near_day("2026-11-25T12:00:00Z".parse().unwrap()), "i går");
        assert_eq!(sv.near_day("2026-11-28T12:00:00Z".parse().unwrap()), "lördag 28 nov");
    }

    #[test]
    fn a_moment_today_is_said_by_the_clock_alone() {
        let sv = when(Lang::Sv);
        assert_eq!(sv.near_clock("2026-11-26T17:04:00Z".parse().unwrap()), "18.04");
        assert_eq!(sv.near_clock("2026-11-27T17:04:00Z".parse().unwrap()), "fredag 27 nov 18.04");
    }

    #[test]
    fn distances_are_said_in_the_unit_that_fits() {
        let sv = when(Lang::Sv);
        let said = |text: &str| sv.from_now(text.parse().unwrap());
        assert_eq!(said("2026-11-26T12:40:00Z"), "om 40 minuter");
        assert_eq!(said("2026-11-26T12:01:10Z"), "om 1 minut");
        assert_eq!(said("2026-11-26T12:00:20Z"), "nu");
        assert_eq!(said("2026-11-26T11:55:00Z"), "för 5 minuter sedan");
        assert_eq!(said("2026-11-26T15:00:00Z"), "om 3 timmar");
        assert_eq!(said("2026-11-28T15:00:00Z"), "om 2 dagar");
        assert_eq!(said("2026-12-30T15:00:00Z"), "om 34 dagar");
        assert_eq!(when(Lang::En).from_now("2026-11-26T12:01:00Z".parse().unwrap()), "in 1 minute");
    }

    #[test]
    fn the_change_to_summer_time_does_not_move_the_day() {
        let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap();
        let sv = When { lang: Lang::Sv, zone, now: "2026-03-28T20:00:00Z".parse().unwrap() };
        // 01:30 and 03:30 local, one hour apart.
        assert_eq!(
            sv.span("2026-03-29T00:30:00Z".parse().unwrap(), "2026-03-29T01:30:00Z".parse().unwrap()),
            "söndag 29 mars 01.30–03.30"
        );
    }

    #[test]
    fn weeks_are_iso_weeks() {
        assert_eq!(week(Lang::Sv, date(2026, 11, 26)), "vecka 48");
        assert_eq!(week(Lang::En, date(2027, 1, 1)), "week 53");
    }

    #[test]
    fn durations_leave_out_what_is_nothing() {
        assert_eq!(duration(Lang::Sv, 90), "1 tim 30 min");
        assert_eq!(duration(Lang::Sv, 45), "45 min");
        assert_eq!(duration(Lang::En, 120), "2 h");
    }
}
