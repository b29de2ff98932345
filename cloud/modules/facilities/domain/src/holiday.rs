//! Sweden's red days and the eves before them, by calculation.
//!
//! The days are those of the Swedish law on public holidays (lagen om allmänna helgdagar, 1989:253), without the plain
//! Sundays: a Sunday is a weekday with hours of its own. The eves are those on which offices close early or not open
//! at all; no law names them.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

/// A day that is not like others of its weekday.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SpecialDay {
    /// Nyårsdagen.
    NewYear,
    /// Trettondagsafton.
    EpiphanyEve,
    /// Trettondedag jul.
    Epiphany,
    /// Långfredagen.
    GoodFriday,
    /// Påskafton.
    EasterEve,
    /// Påskdagen.
    Easter,
    /// Annandag påsk.
    EasterMonday,
    /// Valborgsmässoafton.
    Walpurgis,
    /// Första maj.
    FirstOfMay,
    /// Kristi himmelsfärdsdag.
    Ascension,
    /// Pingstafton.
    PentecostEve,
    /// Pingstdagen.
    Pentecost,
    /// Sveriges nationaldag.
    NationalDay,
    /// Midsommarafton.
    MidsummerEve,
    /// Midsommardagen.
    Midsummer,
    /// Allhelgonaafton.
    AllSaintsEve,
    /// Alla helgons dag.
    AllSaints,
    /// Julafton.
    ChristmasEve,
    /// Juldagen.
    Christmas,
    /// Annandag jul.
    BoxingDay,
    /// Nyårsafton.
    NewYearsEve,
}

impl SpecialDay {
    /// Whether it is an eve rather than a red day.
    pub const fn is_eve(self) -> bool {
        match self {
            Self::EpiphanyEve
            | Self::EasterEve
            | Self::Walpurgis
            | Self::PentecostEve
            | Self::MidsummerEve
            | Self::AllSaintsEve
            | Self::ChristmasEve
            | Self::NewYearsEve => true,
            Self::NewYear
            | Self::Epiphany
            | Self::GoodFriday
            | Self::Easter
            | Self::EasterMonday
            | Self::FirstOfMay
            | Self::Ascension
            | Self::Pentecost
            | Self::NationalDay
            | Self::Midsummer
            | Self::AllSaints
            | Self::Christmas
            | Self::BoxingDay => false,
        }
    }

    /// What a date is, if it is more than its weekday. A red day stands before an eve that falls on it.
    pub fn of(date: Date) -> Option<Self> {
        red_day(date).or_else(|| eve(date))
    }
}

fn red_day(date: Date) -> Option<SpecialDay> {
    let fixed = match (date.month(), date.day()) {
        (1, 1) => Some(SpecialDay::NewYear),
        (1, 6) => Some(SpecialDay::Epiphany),
        (5, 1) => Some(SpecialDay::FirstOfMay),
        (6, 6) => Some(SpecialDay::NationalDay),
        (12, 25) => Some(SpecialDay::Christmas),
        (12, 26) => Some(SpecialDay::BoxingDay),
        _ => None,
    };
    fixed.or_else(|| match (date.weekday(), date.month(), date.day()) {
        (Weekday::Saturday, 6, 20..=26) => Some(SpecialDay::Midsummer),
        (Weekday::Saturday, 10, 31) | (Weekday::Saturday, 11, 1..=6) => Some(SpecialDay::AllSaints),
        _ => match days_after_easter(date)? {
            -2 => Some(SpecialDay::GoodFriday),
            0 => Some(SpecialDay::Easter),
            1 => Some(SpecialDay::EasterMonday),
            39 => Some(SpecialDay::Ascension),
            49 => Some(SpecialDay::Pentecost),
            _ => None,
        },
    })
}

fn eve(date: Date) -> Option<SpecialDay> {
    match (date.month(), date.day()) {
        (1, 5) => return Some(SpecialDay::EpiphanyEve),
        (4, 30) => return Some(SpecialDay::Walpurgis),
        (12, 24) => return Some(SpecialDay::ChristmasEve),
        (12, 31) => return Some(SpecialDay::NewYearsEve),
        _ => {}
    }
    match red_day(date.checked_add(1.day()).ok()?) {
        Some(SpecialDay::Easter) => Some(SpecialDay::EasterEve),
        Some(SpecialDay::Pentecost) => Some(SpecialDay::PentecostEve),
        Some(SpecialDay::Midsummer) => Some(SpecialDay::MidsummerEve),
        Some(SpecialDay::AllSaints) => Some(SpecialDay::AllSaintsEve),
        Some(_) | None => None,
    }
}

/// Only between March and June, where Easter and what hangs on it can be.
fn days_after_easter(date: Date) -> Option<i32> {
    if !(3..=6).contains(&date.month()) {
        return None;
    }
    let easter = easter(date.year())?;
    Some(date.since(easter).ok()?.get_days())
}

/// Easter Sunday of the Gregorian calendar: the computus as Meeus gives it (Astronomical Algorithms, chapter 8).
#[expect(clippy::many_single_char_names, reason = "the names of the published formula")]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a year has four digits, so that no intermediate value leaves an i32"
)]
pub fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    if y < 1583 {
        return None;
    }
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    let (month, day) = (i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?);
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn easter_falls_where_the_almanac_has_it() {
        for (year, month, day) in [
            (1961, 4, 2),
            (1981, 4, 19),
            (2000, 4, 23),
            (2008, 3, 23),
            (2011, 4, 24),
            (2019, 4, 21),
            (2023, 4, 9),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
            (2049, 4, 18),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)), "{year}");
        }
    }

    #[test]
    fn the_red_days_of_2026_are_those_of_the_almanac() {
        let mut found = Vec::new();
        let mut day = date(2026, 1, 1);
        while day.year() == 2026 {
            if let Some(special) = SpecialDay::of(day).filter(|special| !special.is_eve()) {
                found.push((day, special));
            }
            day = day.tomorrow().unwrap();
        }
        let expected = [
            (date(2026, 1, 1), SpecialDay::NewYear),
            (date(2026, 1, 6), SpecialDay::Epiphany),
            (date(2026, 4, 3), SpecialDay::GoodFriday),
            (date(2026, 4, 5), SpecialDay::Easter),
            (date(2026, 4, 6), SpecialDay::EasterMonday),
            (date(2026, 5, 1), SpecialDay::FirstOfMay),
            (date(2026, 5, 14), SpecialDay::Ascension),
            (date(2026, 5, 24), SpecialDay::Pentecost),
            (date(2026, 6, 6), SpecialDay::NationalDay),
            (date(2026, 6, 20), SpecialDay::Midsummer),
            (date(2026, 10, 31), SpecialDay::AllSaints),
            (date(2026, 12, 25), SpecialDay::Christmas),
            (date(2026, 12, 26), SpecialDay::BoxingDay),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn eves_stand_before_their_days() {
        for (day, eve) in [
            (date(2026, 4, 4), SpecialDay::EasterEve),
            (date(2026, 4, 30), SpecialDay::Walpurgis),
            (date(2026, 6, 19), SpecialDay::MidsummerEve),
            (date(2026, 10, 30), SpecialDay::AllSaintsEve),
            (date(2026, 12, 24), SpecialDay::ChristmasEve),
            (date(2026, 12, 31), SpecialDay::NewYearsEve),
        ] {
            assert_eq!(SpecialDay::of(day), Some(eve));
            assert!(eve.is_eve());
        }
        assert_eq!(SpecialDay::of(date(2026, 11, 23)), None);
        // Ascension on the first of May: one of the two names, and a red day.
        assert_eq!(SpecialDay::of(date(2008, 5, 1)), Some(SpecialDay::FirstOfMay));
    }

    proptest! {
        #[test]
        fn easter_is_a_sunday_between_22_march_and_25_april(year in 1583i16..=9999) {
            let easter = easter(year).unwrap();
            prop_assert_eq!(easter.weekday(), Weekday::Sunday);
            prop_assert!((date(year, 3, 22)..=date(year, 4, 25)).contains(&easter));
        }

        #[test]
        fn every_year_has_thirteen_red_days_or_fewer_where_two_meet(year in 1900i16..=2199) {
            let mut day = date(year, 1, 1);
            let mut red = 0;
            while day.year() == year {
                red += i32::from(SpecialDay::of(day).is_some_and(|special| !special.is_eve()));
                day = day.tomorrow().unwrap();
            }
            prop_assert!((12..=13).contains(&red), "{red}");
        }
    }
}
