use jiff::SignedDuration;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn stockholm() -> TimeZone {
    TimeZone::get("Europe/Stockholm").unwrap()
}

fn hours(on: DayKind, days: std::ops::RangeInclusive<i8>, opens: u16, closes: u16) -> Vec<RegularHours> {
    days.map(|weekday| RegularHours {
        on,
        hours: DayHours { weekday, opens_minute: opens * 60, closes_minute: closes * 60 },
    })
    .collect()
}

fn calendar(zone: &TimeZone, regular: Vec<RegularHours>) -> Calendar<'_> {
    Calendar { zone, regular, periods: Vec::new(), exceptions: Vec::new(), closed: Vec::new() }
}

/// The clock hours of a date, as `7-23`.
fn on(calendar: &Calendar<'_>, day: Date) -> Vec<String> {
    calendar
        .open(day, day)
        .iter()
        .map(|span| {
            let clock = |at: Timestamp| at.to_zoned(calendar.zone.clone());
            format!("{}-{}", clock(span.starts_at).hour(), clock(span.ends_at).hour())
        })
        .collect()
}

fn except(reach: Reach, first: Date, last: Date, hours: &[(u16, u16)]) -> Exception {
    Exception { reach, first, last, hours: hours.iter().map(|(from, to)| (from * 60, to * 60)).collect() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn an_exception_stands_before_a_red_day_that_before_term_and_break_and_those_before_every_day() {
    let zone = stockholm();
    let mut all = calendar(&zone, hours(DayKind::Always, 1..=7, 8, 22));
    all.regular.extend(hours(DayKind::Term, 1..=5, 17, 22));
    all.regular.extend(hours(DayKind::Holiday, 1..=7, 10, 16));
    all.regular.push(RegularHours::closed(DayKind::Eve, 4));
    all.periods = vec![
        SchoolPeriod { kind: PeriodKind::Term, first: date(2026, 8, 18), last: date(2026, 12, 18) },
        SchoolPeriod { kind: PeriodKind::Break, first: date(2026, 10, 26), last: date(2026, 10, 30) },
        SchoolPeriod { kind: PeriodKind::Term, first: date(2027, 1, 11), last: date(2027, 6, 11) },
    ];
    assert_eq!(on(&all, date(2026, 9, 1)), ["17-22"], "a Tuesday in term");
    assert_eq!(on(&all, date(2026, 9, 5)), ["8-22"], "a Saturday, of which the term says nothing");
    assert_eq!(on(&all, date(2026, 10, 27)), ["8-22"], "the autumn break says nothing");
    assert_eq!(on(&all, date(2027, 1, 6)), ["10-16"], "Epiphany");
    assert_eq!(on(&all, date(2027, 1, 4)), ["8-22"], "between two terms is a break");
    assert_eq!(on(&all, date(2026, 12, 24)), [""; 0], "Christmas Eve, a Thursday, is closed");
    assert_eq!(on(&all, date(2026, 7, 1)), ["8-22"], "before the terms that are known");
    assert_eq!(school_day(&all.periods, date(2026, 7, 1)), None);

    all.exceptions = vec![except(Reach::Facility, date(2027, 1, 6), date(2027, 1, 7), &[(12, 14)])];
    assert_eq!(on(&all, date(2027, 1, 6)), ["12-14"], "an exception for the date");
    all.exceptions.push(except(Reach::Own, date(2027, 1, 7), date(2027, 1, 7), &[]));
    assert_eq!(on(&all, date(2027, 1, 7)), [""; 0], "its own exception, closed");
    all.exceptions.push(except(Reach::Shared, date(2027, 1, 6), date(2027, 1, 6), &[]));
    assert_eq!(on(&all, date(2027, 1, 6)), [""; 0], "a half is closed, so that the whole is");
}

#[test]
fn a_week_is_told_in_as_few_lines_as_it_can_be() {
    let mut regular = hours(DayKind::Always, 1..=5, 7, 23);
    regular.extend(hours(DayKind::Always, 7..=7, 8, 12));
    regular.extend(hours(DayKind::Term, 2..=3, 17, 22));
    let run = |first, last, hours: &[(u16, u16)]| DayRun { first, last, hours: hours.to_vec() };
    assert_eq!(
        day_runs(&regular, DayKind::Always),
        [run(1, 5, &[(420, 1380)]), run(6, 6, &[]), run(7, 7, &[(480, 720)])]
    );
    assert_eq!(day_runs(&regular, DayKind::Term), [run(2, 3, &[(1020, 1320)])]);
    assert_eq!(day_runs(&regular, DayKind::Eve), []);
    assert_eq!(hours_words(&regular[4..6]), "fri 07:00-23:00; sun 08:00-12:00");
}

#[test]
fn hours_past_midnight_belong_to_the_day_on_which_they_begin() {
    let zone = stockholm();
    let friday = calendar(&zone, hours(DayKind::Always, 5..=5, 18, 26));
    assert_eq!(on(&friday, date(2026, 11, 27)), ["18-0"]);
    assert_eq!(on(&friday, date(2026, 11, 28)), ["0-2"], "the night to Saturday");
    assert_eq!(friday.open(date(2026, 11, 27), date(2026, 11, 28)).len(), 1, "one span over midnight");
    assert_eq!(on(&friday, date(2026, 11, 29)), [""; 0]);
}

#[test]
fn the_nights_when_the_clock_changes_are_an_hour_shorter_and_longer() {
    let zone = stockholm();
    let saturday = calendar(&zone, hours(DayKind::Always, 6..=6, 20, 28));
    let minutes = |first: Date| -> i64 {
        let open = saturday.open(first, first.tomorrow().unwrap());
        open.iter().map(|span| span.ends_at.duration_since(span.starts_at).as_mins()).sum()
    };
    assert_eq!(minutes(date(2026, 11, 21)), 8 * 60);
    assert_eq!(minutes(date(2026, 3, 28)), 7 * 60);
    assert_eq!(minutes(date(2026, 10, 24)), 9 * 60);
}

#[test]
fn what_is_closed_until_further_notice_stays_closed() {
    let zone = stockholm();
    let mut snow = calendar(&zone, hours(DayKind::Always, 1..=7, 8, 22));
    snow.closed = vec![Closed { starts_at: at("2026-11-23T11:00:00Z"), ends_at: None }];
    assert_eq!(on(&snow, date(2026, 11, 23)), ["8-12"]);
    assert_eq!(on(&snow, date(2030, 1, 2)), [""; 0]);
    snow.closed =
        vec![Closed { starts_at: at("2026-11-23T11:00:00Z"), ends_at: Some(at("2026-11-23T13:00:00Z")) }];
    assert_eq!(on(&snow, date(2026, 11, 23)), ["8-12", "14-22"]);
}

const FIRST: Date = date(2026, 1, 1);

fn some_date() -> impl Strategy<Value = Date> {
    (0i64..365).prop_map(|days| FIRST.checked_add(jiff::ToSpan::days(days)).unwrap())
}

fn some_regular() -> impl Strategy<Value = Vec<RegularHours>> {
    let one =
        (0usize..5, 1i8..=7, 0u16..1440, 1u16..=1440).prop_map(|(kind, weekday, opens, long)| RegularHours {
            on: DayKind::ALL[kind],
            hours: DayHours { weekday, opens_minute: opens, closes_minute: opens + long },
        });
    proptest::collection::vec(one, 0..20)
}

fn some_exceptions() -> impl Strategy<Value = Vec<Exception>> {
    let reach = prop_oneof![Just(Reach::Facility), Just(Reach::Around), Just(Reach::Own)];
    let one = (reach, some_date(), 0i64..10, proptest::collection::vec((0u16..1440, 1u16..1440), 0..2));
    let one = one.prop_map(|(reach, first, days, hours)| Exception {
        reach,
        first,
        last: first.checked_add(jiff::ToSpan::days(days)).unwrap(),
        hours: hours.into_iter().map(|(opens, long)| (opens, opens + long)).collect(),
    });
    proptest::collection::vec(one, 0..5)
}

fn some_closed() -> impl Strategy<Value = Vec<Closed>> {
    let one =
        (some_date(), 0i64..1440, proptest::option::of(1i64..10_000)).prop_map(|(date, minute, long)| {
            let starts_at =
                date.to_zoned(stockholm()).unwrap().timestamp() + SignedDuration::from_mins(minute);
            Closed { starts_at, ends_at: long.map(|long| starts_at + SignedDuration::from_mins(long)) }
        });
    proptest::collection::vec(one, 0..4)
}

proptest! {
    #[test]
    fn open_spans_are_in_order_apart_and_never_outside_the_dates(
        regular in some_regular(), exceptions in some_exceptions(), closed in some_closed(),
        first in some_date(), days in 0i64..20,
    ) {
        let zone = stockholm();
        let last = first.checked_add(jiff::ToSpan::days(days)).unwrap();
        let calendar = Calendar { zone: &zone, regular, periods: Vec::new(), exceptions, closed };
        let open = calendar.open(first, last);
        prop_assert!(open.iter().all(|span| span.starts_at < span.ends_at));
        prop_assert!(open.windows(2).all(|pair| pair[0].ends_at < pair[1].starts_at));
        let midnight = |date: Date| date.to_zoned(stockholm()).unwrap().timestamp();
        prop_assert!(open.first().is_none_or(|span| span.starts_at >= midnight(first)));
        prop_assert!(open.last().is_none_or(|span| span.ends_at <= midnight(last.tomorrow().unwrap())));
    }

    #[test]
    fn a_closures_time_is_never_open(
        regular in some_regular(), closed in some_closed(), first in some_date(), days in 0i64..20,
    ) {
        let zone = stockholm();
        let last = first.checked_add(jiff::ToSpan::days(days)).unwrap();
        let calendar = Calendar { zone: &zone, regular, periods: Vec::new(), exceptions: Vec::new(), closed };
        for span in calendar.open(first, last) {
            for closed in &calendar.closed {
                let ends_at = closed.ends_at.unwrap_or(Timestamp::MAX);
                prop_assert!(span.ends_at <= closed.starts_at || ends_at <= span.starts_at);
            }
        }
    }

    #[test]
    fn two_weeks_asked_at_once_are_the_same_as_day_by_day(
        regular in some_regular(), exceptions in some_exceptions(), closed in some_closed(), first in some_date(),
    ) {
        let zone = stockholm();
        let calendar = Calendar { zone: &zone, regular, periods: Vec::new(), exceptions, closed };
        let last = first.checked_add(jiff::ToSpan::days(13)).unwrap();
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(|day| *day <= last);
        let by_day = join(days.flat_map(|day| calendar.open(day, day)).collect());
        prop_assert_eq!(calendar.open(first, last), by_day);
    }
}
