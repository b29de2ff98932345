//! Children and those who act for them, until they are of age (the Swedish code on parents, chapters 6 and 9).

use jiff::civil::Date;

/// The age from which one acts for oneself alone.
pub const ADULT_YEARS: i16 = 18;

/// The day on which somebody comes of age; whoever is born on 29 February does on 1 March of other years.
pub fn adult_on(born: Date) -> Option<Date> {
    let year = born.year().checked_add(ADULT_YEARS)?;
    let birthday = Date::new(year, born.month(), born.day());
    birthday.or_else(|_| Date::new(year, 3, 1)).ok()
}

/// The last day on which a guardian acts; `None` for somebody who is of age on the day already, or is not born.
pub fn guardian_until(born: Date, day: Date) -> Option<Date> {
    let adult = adult_on(born)?;
    (born <= day && day < adult).then(|| adult.yesterday().ok()).flatten()
}

/// Whole years from a birth to a date; whoever is born on 29 February is a year older on 1 March of other years.
pub fn whole_years(born: Date, on: Date) -> Option<u8> {
    let years = on.year().checked_sub(born.year())?;
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    u8::try_from(if had_birthday { years } else { years.checked_sub(1)? }).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_is_a_year_older_on_the_birthday_and_not_the_day_before() {
        let born = date(2008, 11, 28);
        assert_eq!(whole_years(born, date(2026, 11, 27)), Some(17));
        assert_eq!(whole_years(born, date(2026, 11, 28)), Some(18));
        assert_eq!(whole_years(date(2008, 2, 29), date(2026, 2, 28)), Some(17));
        assert_eq!(whole_years(date(2008, 2, 29), date(2026, 3, 1)), Some(18));
        assert_eq!(whole_years(born, date(2008, 1, 1)), None);
    }

    #[test]
    fn a_guardian_acts_until_the_day_before_the_eighteenth_birthday() {
        let born = date(2012, 5, 4);
        assert_eq!(guardian_until(born, date(2026, 11, 28)), Some(date(2030, 5, 3)));
        assert_eq!(guardian_until(born, date(2030, 5, 3)), Some(date(2030, 5, 3)));
        assert_eq!(guardian_until(born, date(2030, 5, 4)), None);
        assert_eq!(guardian_until(born, date(2012, 5, 3)), None);
        assert_eq!(guardian_until(date(2012, 2, 29), date(2026, 1, 1)), Some(date(2030, 2, 28)));
    }

    proptest! {
        #[test]
        fn who_has_a_guardian_is_under_age_and_who_is_of_age_has_none(
            born in 0..40_000_i32, on in 0..40_000_i32,
        ) {
            let day = |days: i32| date(1930, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (born, on) = (day(born), day(on));
            let until = guardian_until(born, on);
            let years = whole_years(born, on);
            prop_assert_eq!(until.is_some(), born <= on && years.is_some_and(|years| years < 18));
            if let Some(until) = until {
                prop_assert_eq!(whole_years(born, until), Some(17));
                prop_assert_eq!(whole_years(born, until.tomorrow().unwrap()), Some(18));
            }
        }
    }
}
