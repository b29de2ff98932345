//! When: a day as people choose it, between two times of the clock.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Days that are looked through where no day is asked for: a week, from today.
pub const DAYS_SHOWN: i64 = 7;
/// When the day begins for those who ask for no time of the clock: nobody who looks for 'tomorrow' means the small hours,
/// which places that are open round the clock would be full of.
pub(crate) const MORNING: Time = Time::constant(6, 0, 0, 0);
/// So long may a time still last when its day is over, where nothing was said of its end: until the morning.
pub(crate) const NIGHT_MINUTES: u32 = 6 * 60;
/// When the evening begins.
const EVENING: Time = Time::constant(17, 0, 0, 0);

/// From an instant until just before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// The first instant that is in it.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

/// Which day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Day {
    /// Any in the coming week.
    Any,
    /// Today.
    Today,
    /// This evening.
    Tonight,
    /// Tomorrow.
    Tomorrow,
    /// Saturday and Sunday, or what is left of them.
    Weekend,
    /// That date.
    On(Date),
}

impl Day {
    /// Its key, or the date.
    pub fn key(self) -> String {
        match self {
            Self::Any => String::new(),
            Self::Today => "today".to_owned(),
            Self::Tonight => "tonight".to_owned(),
            Self::Tomorrow => "tomorrow".to_owned(),
            Self::Weekend => "weekend".to_owned(),
            Self::On(date) => date.to_string(),
        }
    }

    /// The day with this key, or this date.
    pub fn parse(key: &str) -> Option<Self> {
        let named = [Self::Any, Self::Today, Self::Tonight, Self::Tomorrow, Self::Weekend];
        named.into_iter().find(|day| day.key() == key).or_else(|| date(key).map(Self::On))
    }

    /// The dates of it, by today's.
    pub fn dates(self, today: Date) -> Vec<Date> {
        let later = |days: i64| today.checked_add(days.days()).ok();
        match self {
            Self::Any => (0..DAYS_SHOWN).filter_map(later).collect(),
            Self::Today | Self::Tonight => vec![today],
            Self::Tomorrow => later(1).into_iter().collect(),
            Self::Weekend if today.weekday() == Weekday::Sunday => vec![today],
            Self::Weekend => {
                let saturday = i64::from(Weekday::Saturday.since(today.weekday()));
                [Some(saturday), saturday.checked_add(1)].into_iter().flatten().filter_map(later).collect()
            }
            Self::On(date) => vec![date],
        }
    }

    /// When it is, between these times of the clock, from now on.
    pub fn windows(
        self,
        after: Option<Time>,
        before: Option<Time>,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Vec<Window> {
        let after = match self {
            Self::Tonight => Some(after.map_or(EVENING, |after| after.max(EVENING))),
            Self::Any | Self::Today | Self::Tomorrow | Self::Weekend | Self::On(_) => after,
        };
        let at = |date: Date, clock: Time| {
            let shown = zone.to_ambiguous_timestamp(date.to_datetime(clock));
            shown.compatible().ok()
        };
        let windows = self.dates(zone.to_datetime(now).date()).into_iter().filter_map(|date| {
            let starts_at = at(date, after.unwrap_or(Time::midnight()))?.max(now);
            let ends_at = match before {
                Some(before) => at(date, before)?,
                None => at(date.tomorrow().ok()?, Time::midnight())?,
            };
            (starts_at < ends_at).then_some(Window { starts_at, ends_at })
        });
        windows.collect()
    }
}

/// A date as forms send it, `2026-11-26`.
fn date(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| plain)
}

/// A time of the clock as people and forms write it: `18`, `18:00`, `18.30`.
pub(crate) fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once([':', '.']).unwrap_or((text, "0"));
    let number = |text: &str| {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i8>().ok().filter(|_| plain)
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn stockholm() -> TimeZone {
        TimeZone::get("Europe/Stockholm").unwrap()
    }

    fn windows(day: &str, after: Option<&str>, before: Option<&str>, now: &str) -> Vec<String> {
        let clock = |text: Option<&str>| text.map(|text| clock(text).unwrap());
        let windows =
            Day::parse(day).unwrap().windows(clock(after), clock(before), &stockholm(), now.parse().unwrap());
        windows.iter().map(|window| format!("{} {}", window.starts_at, window.ends_at)).collect()
    }

    #[test]
    fn days_are_what_people_mean_by_them() {
        // Monday at ten.
        let now = "2026-11-23T09:00:00Z";
        assert_eq!(windows("today", None, None, now), ["2026-11-23T09:00:00Z 2026-11-23T23:00:00Z"]);
        assert_eq!(windows("tonight", None, None, now), ["2026-11-23T16:00:00Z 2026-11-23T23:00:00Z"]);
        assert_eq!(windows("tonight", Some("19"), None, now), ["2026-11-23T18:00:00Z 2026-11-23T23:00:00Z"]);
        assert_eq!(
            windows("tonight", Some("12"), Some("18.30"), now),
            ["2026-11-23T16:00:00Z 2026-11-23T17:30:00Z"]
        );
        assert_eq!(
            windows("2026-11-26", Some("18"), None, now),
            ["2026-11-26T17:00:00Z 2026-11-26T23:00:00Z"]
        );
        assert_eq!(
            windows("weekend", Some("10"), Some("12"), now),
            ["2026-11-28T09:00:00Z 2026-11-28T11:00:00Z", "2026-11-29T09:00:00Z 2026-11-29T11:00:00Z"]
        );
        assert_eq!(windows("", None, None, now).len(), 7);
        // What is over is not in it.
        assert_eq!(windows("2026-11-22", None, None, now), [""; 0]);
        assert_eq!(windows("today", None, Some("09:30"), now), [""; 0]);
    }

    #[test]
    fn a_weekend_that_has_begun_is_what_is_left_of_it() {
        let dates = |today| Day::Weekend.dates(today);
        let (saturday, sunday) = (date(2026, 11, 28), date(2026, 11, 29));
        assert_eq!(dates(date(2026, 11, 27)), [saturday, sunday]);
        assert_eq!(dates(saturday), [saturday, sunday]);
        assert_eq!(dates(sunday), [sunday]);
    }

    #[test]
    fn clocks_are_read_as_people_write_them_and_nothing_else_is() {
        for (text, told) in
            [("18", "18:00:00"), ("18:30", "18:30:00"), ("7.05", "07:05:00"), ("0", "00:00:00")]
        {
            assert_eq!(clock(text).map(|time| time.to_string()), Some(told.to_owned()), "{text}");
        }
        for text in ["", "24", "18:60", "+8", "18:", "1800", "kl 18", "18:00:00", "-1", "１８"] {
            assert_eq!(clock(text), None, "{text}");
        }
        assert_eq!(Day::parse("2026-11-26T10"), None);
        assert_eq!(Day::parse("2026-02-30"), None);
    }

    #[test]
    fn the_night_when_the_clocks_change_is_as_long_as_it_is() {
        let hours = |day: &str, now: &str| {
            let windows = Day::parse(day).unwrap().windows(None, None, &stockholm(), now.parse().unwrap());
            windows[0].ends_at.duration_since(windows[0].starts_at).as_hours()
        };
        assert_eq!(hours("2026-10-25", "2026-10-01T00:00:00Z"), 25);
        assert_eq!(hours("2027-03-28", "2026-10-01T00:00:00Z"), 23);
    }

    proptest! {
        #[test]
        fn windows_stand_in_order_apart_and_ahead(
            key in prop_oneof![Just(""), Just("today"), Just("tonight"), Just("tomorrow"), Just("weekend")],
            after in proptest::option::of(0i8..24), before in proptest::option::of(0i8..24), hour in 0i64..9000,
        ) {
            let now = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour);
            let clock = |hour: Option<i8>| hour.map(|hour| Time::constant(hour, 0, 0, 0));
            let windows = Day::parse(key).unwrap().windows(clock(after), clock(before), &stockholm(), now);
            prop_assert!(windows.iter().all(|one| now <= one.starts_at && one.starts_at < one.ends_at));
            prop_assert!(windows.windows(2).all(|pair| pair[0].ends_at <= pair[1].starts_at));
        }

        #[test]
        fn any_text_is_a_day_or_is_not(text in any::<String>()) {
            if let Some(day) = Day::parse(&text) {
                prop_assert_eq!(Day::parse(&day.key()), Some(day));
            }
            let _clock = clock(&text);
        }
    }
}
