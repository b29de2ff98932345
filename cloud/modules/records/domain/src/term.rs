//! Months from the day on which something was over.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

fn months(count: u16) -> Span {
    i32::from(count).months()
}

/// The first day on which what was over on a day need not be kept any more, so many months later; `None` at the end of the
/// calendar. Of a month that is too short the last day counts: what was over on 31 January is kept for a month until 1
/// March.
pub fn until(over: Date, kept: u16) -> Option<Date> {
    over.checked_add(months(kept)).ok()?.tomorrow().ok()
}

/// The last day such that what was over on it need not be kept any more today: what was over later is kept. `None` where
/// the calendar has none.
pub fn last_day_over(today: Date, kept: u16) -> Option<Date> {
    let free = |day: Date| until(day, kept).is_some_and(|until| until <= today);
    // Counted back a day may miss by as much as months differ in length, so from a day beyond that.
    let mut day = today.checked_sub(months(kept)).ok()?.checked_add(4.days()).ok()?;
    while !free(day) {
        day = day.yesterday().ok()?;
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_over_on_the_last_of_a_month_is_kept_to_the_last_of_a_shorter_one() {
        assert_eq!(until(date(2026, 1, 31), 1), Some(date(2026, 3, 1)));
        assert_eq!(until(date(2026, 2, 28), 1), Some(date(2026, 3, 29)));
        assert_eq!(until(date(2024, 2, 29), 12), Some(date(2025, 3, 1)));
    }

    #[test]
    fn nothing_is_kept_longer_than_the_day_where_it_need_not_be_kept_at_all() {
        assert_eq!(until(date(2026, 11, 23), 0), Some(date(2026, 11, 24)));
        assert_eq!(last_day_over(date(2026, 11, 23), 0), Some(date(2026, 11, 22)));
    }

    proptest! {
        #[test]
        fn both_ways_to_ask_agree(days in 0_i32..20_000, kept in 0_u16..1200, beside in -40_i32..40) {
            let today = date(2020, 1, 1).checked_add(days.days()).unwrap();
            let last = last_day_over(today, kept).unwrap();
            let day = last.checked_add(beside.days()).unwrap();
            let free = until(day, kept).unwrap() <= today;
            prop_assert_eq!(free, day <= last, "{} is over, {} is the last", day, last);
        }
    }
}
