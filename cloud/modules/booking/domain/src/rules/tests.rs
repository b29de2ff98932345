//! A hall, a school and a berth in Stockholm, and what their municipality's rules say.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;
use protocols_ids::{AuthorityId, FacilityId, PartId, ResourceId, Uuid};

use super::{
    Asker, CancelFee, CancelledTime, Condition, ConditionError, CustomerKind, Difference, Effect, Layer,
    Parameter, Parameters, Request, RuleBook, Rules, Scope, Used, Who, WhyApproval, cancel_step,
    cancel_terms, cancellation, cut, differences, free_until, judge, meets, priority,
};
use crate::{AgeGroup, Asked, Place, PurposeKind, Reason, Resource, Span, package_on, stay};

const BOARD: AuthorityId = AuthorityId::new(Uuid::from_u128(1));
const SCHOOL: FacilityId = FacilityId::new(Uuid::from_u128(2));
const HALL: ResourceId = ResourceId::new(Uuid::from_u128(3));

/// Monday 23 November 2026, 10.00 in Stockholm.
const NOW: &str = "2026-11-23T09:00:00Z";
/// Thursday of the same week, 18.00.
const THURSDAY: &str = "2026-11-26T17:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn read(text: &str) -> Parameters {
    let parameters: Parameters = toml::from_str(text).unwrap();
    parameters.validate().unwrap();
    parameters
}

fn layer(scope: Scope, text: &str) -> Layer {
    Layer { scope, first: date(2026, 1, 1), last: None, parameters: read(text) }
}

/// Open round the clock, with these rules.
fn place(layers: &[Layer]) -> Place {
    let open = Span::new(at("2026-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z")).unwrap();
    let hall = Resource {
        id: HALL,
        facility: SCHOOL,
        parent: None,
        parts: vec![PartId::new(Uuid::from_u128(4))],
        open: vec![open],
        persons_max: None,
        buffer: (0, 0),
        rules: RuleBook::new(layers),
    };
    Place {
        time_zone: TimeZone::get("Europe/Stockholm").unwrap(),
        holidays: BTreeSet::from([date(2026, 12, 25)]),
        resources: vec![hall],
    }
}

fn club() -> Asker {
    Asker {
        kind: CustomerKind::Association,
        group: Some("taxa-1".to_owned()),
        age: Some(40),
        known: true,
        used: Vec::new(),
        officer: false,
    }
}

fn asked(start: &str, minutes: u32) -> Asked {
    Asked { resource: HALL, starts_at: at(start), minutes }
}

fn ask(place: &Place, asker: &Asker, times: &[Asked]) -> Result<Vec<WhyApproval>, Vec<Reason>> {
    let request = Request { asker, purpose: PurposeKind::Training, persons: None, asked: times };
    let judged = judge(place, &request, at(NOW)).map(|judged| judged.approval);
    judged.map_err(|refusals| refusals.into_iter().map(|refusal| refusal.reason).collect())
}

#[test]
fn what_a_nearer_layer_says_takes_the_place_and_what_it_does_not_say_stays() {
    let layers = [
        layer(Scope::Resource(HALL), "longest_minutes = 120"),
        layer(Scope::Tenant, "step_minutes = 60\nlongest_minutes = 480\nbooker_age_min = 18"),
        layer(Scope::Facility(SCHOOL), "longest_minutes = 240\nwho = [\"association\"]"),
    ];
    let book = RuleBook::new(&layers);
    let rules = book.on(date(2026, 11, 23));
    assert_eq!((rules.step_minutes, rules.longest_minutes, rules.booker_age_min), (60, 120, Some(18)));
    assert_eq!(rules.who.as_ref(), [Who::Kind(CustomerKind::Association)]);
    // Before any of them held.
    assert_eq!(book.on(date(2025, 12, 31)), &Rules::default());
}

#[test]
fn rules_change_on_the_day_that_they_say() {
    let mut summer = layer(Scope::Facility(SCHOOL), "longest_minutes = 60");
    summer.first = date(2026, 6, 15);
    summer.last = Some(date(2026, 8, 15));
    let book = RuleBook::new(&[layer(Scope::Tenant, "longest_minutes = 240"), summer]);
    let longest = |day| book.on(day).longest_minutes;
    assert_eq!(
        [date(2026, 6, 14), date(2026, 6, 15), date(2026, 8, 15), date(2026, 8, 16)].map(longest),
        [240, 60, 60, 240]
    );
    assert_eq!(book.changes().count(), 3);
}

#[test]
fn only_those_whom_it_is_for_book_and_only_what_it_is_for() {
    let place = place(&[layer(
        Scope::Tenant,
        "who = [\"group:taxa-1\", \"unit\"]\npurposes = [\"training\"]\nbooker_age_min = 18",
    )]);
    let time = [asked(THURSDAY, 60)];
    assert_eq!(ask(&place, &club(), &time), Ok(vec![]));
    let stranger = Asker { group: None, age: Some(17), ..club() };
    let reasons = ask(&place, &stranger, &time).unwrap_err();
    assert!(matches!(reasons[..], [Reason::NotForYou { .. }, Reason::TooYoung { least: 18 }]), "{reasons:?}");
    let request = Request { asker: &club(), purpose: PurposeKind::Match, persons: None, asked: &time };
    let refused = judge(&place, &request, at(NOW)).unwrap_err();
    assert!(matches!(refused[0].reason, Reason::OtherPurpose { .. }));
    // An officer may.
    assert_eq!(ask(&place, &Asker { officer: true, ..stranger }, &time), Ok(vec![]));
}

#[test]
fn working_days_are_counted_without_weekends_holidays_and_both_ends() {
    let place = place(&[layer(Scope::Tenant, "lead_working_days = 3")]);
    // Monday: Tuesday, Wednesday, Thursday lie between it and Friday.
    assert_eq!(ask(&place, &club(), &[asked("2026-11-27T17:00:00Z", 60)]), Ok(vec![]));
    let short = ask(&place, &club(), &[asked(THURSDAY, 60)]).unwrap_err();
    assert_eq!(short, [Reason::TooFewWorkingDays { least: 3 }]);
    // From Tuesday 22 December: Wednesday, Thursday; Friday is Christmas Day, then a weekend; Monday is the third.
    let ask_on = |day: &str| {
        let time = [asked(day, 60)];
        let request = Request { asker: &club(), purpose: PurposeKind::Training, persons: None, asked: &time };
        judge(&place, &request, at("2026-12-22T09:00:00Z")).is_ok()
    };
    assert!(!ask_on("2026-12-28T17:00:00Z"));
    assert!(ask_on("2026-12-29T17:00:00Z"));
}

#[test]
fn a_quota_of_a_facility_does_not_count_what_is_asked_for_at_another() {
    let quota = layer(Scope::Facility(SCHOOL), "quotas = [{ times = 1, per = \"week\" }]");
    let elsewhere = ResourceId::new(Uuid::from_u128(70));
    let mut place = place(&[quota]);
    let mut other = place.resources[0].clone();
    other.id = elsewhere;
    other.facility = FacilityId::new(Uuid::from_u128(71));
    other.parts = vec![PartId::new(Uuid::from_u128(72))];
    other.rules = RuleBook::new(&[]);
    place.resources.push(other);
    let there = Asked { resource: elsewhere, ..asked(THURSDAY, 60) };
    assert_eq!(ask(&place, &club(), &[asked(THURSDAY, 60), there]), Ok(Vec::new()));
    let two = [asked(THURSDAY, 60), asked("2026-11-25T17:00:00Z", 60)];
    assert!(matches!(ask(&place, &club(), &two).unwrap_err()[..], [Reason::OverQuota { .. }, ..]));
}

#[test]
fn a_quota_counts_what_one_has_and_what_one_asks_for_in_its_period_and_place() {
    let place = place(&[layer(Scope::Facility(SCHOOL), "quotas = [{ minutes = 120, per = \"week\" }]")]);
    let used = |start: &str, facility| Used {
        resource: HALL,
        facility,
        authority: BOARD,
        span: Span::lasting(at(start), 60).unwrap(),
    };
    let elsewhere = FacilityId::new(Uuid::from_u128(9));
    let with = |used: Vec<Used>| Asker { used, ..club() };
    let time = [asked(THURSDAY, 60)];
    let ok = |asker: &Asker, asked: &[Asked]| ask(&place, asker, asked).is_ok();
    assert!(ok(&with(vec![used("2026-11-24T17:00:00Z", SCHOOL)]), &time));
    let two = vec![used("2026-11-24T17:00:00Z", SCHOOL), used("2026-11-25T17:00:00Z", SCHOOL)];
    assert!(!ok(&with(two), &time));
    // Another week, another place.
    let two = vec![used("2026-11-24T17:00:00Z", elsewhere), used("2026-11-30T17:00:00Z", SCHOOL)];
    assert!(ok(&with(two), &time));
    // Three at once.
    let three = ["2026-11-24T17:00:00Z", "2026-11-25T17:00:00Z", THURSDAY].map(|start| asked(start, 60));
    assert!(!ok(&with(vec![]), &three));
    assert!(ok(&with(vec![]), &three[..2]));
}

#[test]
fn some_book_earlier_and_nobody_in_a_blocked_time_but_those_excepted() {
    let place = place(&[layer(
        Scope::Tenant,
        "horizon_days = 7\nearly = [{ who = [\"association\"], horizon_days = 60 }]\n\
         blocked = [{ weekdays = [4], starts = \"17:00\", ends = \"19:00\", reason = \"Skolan har prov\", except = [\"unit\"] }]",
    )]);
    let far = [asked("2026-12-16T17:00:00Z", 60)];
    assert!(ask(&place, &club(), &far).is_ok());
    let person = Asker { kind: CustomerKind::Person, ..club() };
    assert!(matches!(ask(&place, &person, &far).unwrap_err()[..], [Reason::TooFar { .. }]));
    let blocked = ask(&place, &club(), &[asked(THURSDAY, 60)]).unwrap_err();
    assert_eq!(blocked, [Reason::Blocked { why: "Skolan har prov".to_owned() }]);
    assert!(ask(&place, &Asker { kind: CustomerKind::Unit, ..club() }, &[asked(THURSDAY, 60)]).is_ok());
    // From 19 on it is free.
    assert!(ask(&place, &club(), &[asked("2026-11-26T18:00:00Z", 60)]).is_ok());
}

#[test]
fn requests_are_decided_where_the_rules_say_so_and_others_are_booked() {
    let place = place(&[layer(
        Scope::Tenant,
        "approval = { unless = [\"association\"] }\n\
         [[conditions]]\nwhen = \"minutes > 120 && purpose == 'training'\"\nthen = \"approve\"\nsay = \"Långa pass prövas\"\n\
         [[conditions]]\nwhen = \"starts >= '21:00'\"\nthen = \"refuse\"\nsay = \"Inte så sent\"",
    )]);
    assert_eq!(ask(&place, &club(), &[asked(THURSDAY, 60)]), Ok(vec![]));
    let long = ask(&place, &club(), &[asked(THURSDAY, 180)]).unwrap();
    assert_eq!(long, [WhyApproval::Condition("Långa pass prövas".to_owned())]);
    let person = Asker { kind: CustomerKind::Person, ..club() };
    assert_eq!(ask(&place, &person, &[asked(THURSDAY, 60)]), Ok(vec![WhyApproval::Always]));
    let late = ask(&place, &club(), &[asked("2026-11-26T20:00:00Z", 60)]).unwrap_err();
    assert_eq!(late, [Reason::Condition { say: "Inte så sent".to_owned() }]);
}

#[test]
fn a_condition_that_could_cost_more_than_its_length_or_asks_for_what_is_not_there_is_refused_when_saved() {
    let check = |when: &str| {
        Condition { when: when.to_owned(), then: Effect::Refuse, say: "Nej".to_owned() }.validate()
    };
    for good in [
        "minutes > 60",
        "group in ['taxa-1', 'taxa-2'] || customer == 'unit'",
        "date.startsWith('2026-12') && !holiday",
        "(weekday == 6 ? 1 : 2) == 2",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    assert!(matches!(check("minutes >"), Err(ConditionError::Unreadable { .. })));
    assert!(matches!(check("salary > 1"), Err(ConditionError::UnknownName { .. })));
    assert!(matches!(check("[1,2,3].all(x, [1,2,3].all(y, x > y))"), Err(ConditionError::NotPlain)));
    assert!(matches!(
        check("{'a': 1}['a'] == 1"),
        Err(ConditionError::NotPlain | ConditionError::UnknownFunction { .. })
    ));
    assert!(matches!(check("group.matches('(a+)+$')"), Err(ConditionError::UnknownFunction { .. })));
    assert!(matches!(check("minutes + 1"), Err(ConditionError::NoAnswer(_))));
    assert!(matches!(check("minutes > 'long'"), Err(ConditionError::NoAnswer(_))));
    assert!(matches!(check(&"!".repeat(501)), Err(ConditionError::TooLong { .. })));
    assert_eq!(
        check(&format!("{}true{}", "(".repeat(200), ")".repeat(200))),
        Err(ConditionError::TooComplicated)
    );
}

#[test]
fn the_most_complicated_condition_fits_on_half_a_threads_stack() {
    let worst = [
        format!("{}true{}", "(".repeat(4), ")".repeat(4)),
        format!("{}true", "!".repeat(490)),
        format!("true{}", " ? true : true".repeat(11)),
        format!("minutes{} > 0", " + 1".repeat(10)),
        format!("true{}", " && true".repeat(60)),
        format!("true{}", " ? true : true".repeat(34)),
        format!("minutes{} > 0", " + 1".repeat(120)),
        format!("[{}] == []", "true,".repeat(95)),
    ];
    let asked = std::thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        for when in worst {
            let condition = Condition { when: when.clone(), then: Effect::Refuse, say: "Nej".to_owned() };
            let known = matches!(condition.validate(), Ok(()) | Err(ConditionError::TooComplicated));
            assert!(known, "{when}: {:?}", condition.validate());
        }
    });
    asked.unwrap().join().unwrap();
}

#[test]
fn a_condition_that_cannot_be_answered_lets_nothing_through_unseen() {
    let broken =
        Condition { when: "1 / (minutes - 180) > 0".to_owned(), then: Effect::Refuse, say: "Fel".to_owned() };
    broken.validate().unwrap();
    let mut layer = layer(Scope::Tenant, "");
    layer.parameters.conditions = Some(vec![broken]);
    let place = place(&[layer]);
    assert_eq!(
        ask(&place, &club(), &[asked(THURSDAY, 180)]),
        Ok(vec![WhyApproval::Condition("Fel".to_owned())])
    );
}

#[test]
fn a_school_is_booked_by_night_from_its_arrival_to_its_departure() {
    let rules = "nights = { arrive = \"16:00\", leave = \"10:00\", most = 3 }";
    let place = place(&[layer(Scope::Tenant, rules)]);
    let nights = place.resources[0].rules.on(date(2026, 11, 27)).nights.unwrap();
    let two = stay(&place, nights, date(2026, 11, 27), date(2026, 11, 29)).unwrap();
    assert_eq!((two.starts_at(), two.ends_at()), (at("2026-11-27T15:00:00Z"), at("2026-11-29T09:00:00Z")));
    let ask_for = |start: Timestamp, minutes| {
        ask(&place, &club(), &[Asked { resource: HALL, starts_at: start, minutes }])
    };
    assert_eq!(ask_for(two.starts_at(), two.minutes()), Ok(vec![]));
    let wrong = ask_for(two.starts_at(), two.minutes() - 60).unwrap_err();
    assert_eq!(wrong, [Reason::NotAStay { nights }]);
    assert_eq!(stay(&place, nights, date(2026, 11, 27), date(2026, 12, 1)), None);
    assert_eq!(stay(&place, nights, date(2026, 11, 27), date(2026, 11, 27)), None);
}

#[test]
fn a_weekend_and_a_season_are_booked_whole() {
    let rules = "packages = [{ name = \"Helg\", weekday = 5, starts = \"15:00\", days = 2, ends = \"18:00\" }, \
                 { name = \"Säsong\", first = \"2027-04-15\", last = \"2027-10-15\" }]\nhorizon_days = 365";
    let place = place(&[layer(Scope::Tenant, rules)]);
    let packages = place.resources[0].rules.on(date(2026, 11, 27)).packages.clone();
    let weekend = package_on(&place, &packages[0], date(2026, 11, 27)).unwrap();
    assert_eq!(weekend.ends_at(), at("2026-11-29T17:00:00Z"));
    assert_eq!(package_on(&place, &packages[0], date(2026, 11, 28)), None);
    let season = package_on(&place, &packages[1], date(2027, 4, 15)).unwrap();
    assert_eq!(season.ends_at(), at("2027-10-15T22:00:00Z"));
    let ask_for = |span: Span| {
        ask(
            &place,
            &club(),
            &[Asked { resource: HALL, starts_at: span.starts_at(), minutes: span.minutes() }],
        )
    };
    assert_eq!(ask_for(weekend), Ok(vec![]));
    assert_eq!(ask_for(season), Ok(vec![]));
    let half = Span::new(weekend.starts_at(), at("2026-11-28T17:00:00Z")).unwrap();
    assert_eq!(
        ask_for(half).unwrap_err(),
        [Reason::NotAPackage { names: vec!["Helg".into(), "Säsong".into()] }]
    );
    // A season is more rows of occupancy than one, none of them too long, which together are all of it.
    let rows: Vec<Span> = season.rows().collect();
    assert!(rows.len() > 25 && rows.iter().all(|row| row.minutes() <= crate::ROW_MINUTES_MAX));
    assert!(rows.windows(2).all(|pair| pair[0].ends_at() == pair[1].starts_at()));
    assert_eq!((rows[0].starts_at(), rows[rows.len() - 1].ends_at()), (season.starts_at(), season.ends_at()));
}

#[test]
fn mistakes_in_parameters_are_named() {
    let wrong = |text: &str| match toml::from_str::<Parameters>(text) {
        Ok(parameters) => parameters.validate().unwrap_err().to_string(),
        Err(error) => error.message().to_owned(),
    };
    for (text, expected) in [
        ("step_minutes = 3", "step_minutes"),
        ("shortest_minutes = 60\nlongest_minutes = 30", "longest_minutes"),
        ("who = [\"friends\"]", "friends"),
        ("nights = { arrive = \"25:00\", leave = \"10:00\", most = 3 }", "25:00"),
        ("quotas = [{ per = \"week\" }]", "quotas"),
        ("blocked = [{ starts = \"22:00\", ends = \"06:00\", reason = \"natt\" }]", "blocked"),
        (
            "packages = [{ name = \"Helg\", weekday = 9, starts = \"15:00\", days = 2, ends = \"18:00\" }]",
            "packages",
        ),
        ("lead = 3", "unknown field"),
        ("cancel_fees = [{ less_than_days = 3 }]", "either kr"),
        ("cancel_fees = [{ less_than_days = 3, kr = 1, percent = 1 }]", "either kr"),
        ("cancel_fees = [{ less_than_days = 0, kr = 1 }]", "less_than_days"),
        ("priority = [{ name = \" \" }]", "priority"),
    ] {
        assert!(wrong(text).contains(expected), "{text}: {}", wrong(text));
    }
}

/// The booking rules that Österåker publishes, as parameters.
const OSTERAKER: &str = "step_minutes = 30\nlead_working_days = 3\nbooker_age_min = 18\napproval = \"always\"\n\
                         decided_within_working_days = 3\ndecided_new_within_working_days = 14\n";

#[test]
fn osterakers_rules_accept_and_refuse_as_they_say() {
    let large =
        place(&[layer(Scope::Tenant, OSTERAKER), layer(Scope::Resource(HALL), "purposes = [\"match\"]")]);
    let small = place(&[layer(Scope::Tenant, OSTERAKER)]);
    let friday = "2026-11-27T17:00:00Z";
    // Whole and half hours.
    assert_eq!(ask(&small, &club(), &[asked(friday, 60)]), Ok(vec![WhyApproval::Always]));
    assert!(ask(&small, &club(), &[asked("2026-11-27T17:30:00Z", 90)]).is_ok());
    assert!(matches!(
        ask(&small, &club(), &[asked("2026-11-27T17:15:00Z", 60)]).unwrap_err()[..],
        [Reason::StartOffStep { step_minutes: 30 }]
    ));
    // At least three working days before.
    assert!(ask(&small, &club(), &[asked(THURSDAY, 60)]).is_err());
    // The booker is at least 18.
    let young = Asker { age: Some(17), ..club() };
    assert!(ask(&small, &young, &[asked(friday, 60)]).is_err());
    // Large halls are kept for matches.
    assert!(ask(&large, &club(), &[asked(friday, 60)]).is_err());
    let time = [asked(friday, 60)];
    let request = Request { asker: &club(), purpose: PurposeKind::Match, persons: None, asked: &time };
    assert_eq!(judge(&large, &request, at(NOW)).unwrap().approval, [WhyApproval::Always]);
    // Preparation and cleaning belong to the booked time: nothing more is taken.
    assert_eq!(judge(&large, &request, at(NOW)).unwrap().occurrences[0].occupies().minutes(), 60);
    // Decided within three working days, a new customer's within fourteen.
    assert_eq!(small.resources[0].rules.on(date(2026, 11, 27)).decided_within, Some((3, 14)));
}

fn some_parameters() -> impl Strategy<Value = Parameters> {
    let number = |range: std::ops::Range<u32>| proptest::option::of(range);
    (number(5..120), number(1..600), number(0..10_000), number(1..700), proptest::option::of(0_u8..100))
        .prop_map(|(step_minutes, longest_minutes, lead_minutes, horizon_days, booker_age_min)| Parameters {
            step_minutes,
            longest_minutes,
            lead_minutes,
            horizon_days,
            booker_age_min,
            ..Parameters::default()
        })
}

fn some_layers() -> impl Strategy<Value = Vec<Layer>> {
    let scope = prop_oneof![
        Just(Scope::Tenant),
        Just(Scope::Authority(BOARD)),
        Just(Scope::Facility(SCHOOL)),
        Just(Scope::Resource(HALL))
    ];
    let day = |day: i64| date(2026, 1, 1).checked_add(day.days()).unwrap();
    let layer = (scope, 0_i64..300, proptest::option::of(0_i64..300), some_parameters()).prop_map(
        move |(scope, first, length, parameters)| Layer {
            scope,
            first: day(first),
            last: length.map(|length| day(first + length)),
            parameters,
        },
    );
    proptest::collection::vec(layer, 0..6)
}

/// What the nearest layer that says anything about it says, asked layer by layer.
fn nearest<T>(layers: &[Layer], on: Date, of: impl Fn(&Parameters) -> Option<T>) -> Option<T> {
    let mut holding: Vec<&Layer> = layers.iter().filter(|layer| layer.holds_on(on)).collect();
    holding.sort_by_key(|layer| (layer.scope, layer.first));
    holding.into_iter().rev().find_map(|layer| of(&layer.parameters))
}

proptest! {
    #[test]
    fn on_every_day_each_parameter_is_what_the_nearest_layer_says(layers in some_layers(), offset in 0_i64..700) {
        let on = date(2025, 12, 1).checked_add(offset.days()).unwrap();
        let book = RuleBook::new(&layers);
        let rules = book.on(on);
        let or = Rules::default();
        prop_assert_eq!(rules.step_minutes, nearest(&layers, on, |p| p.step_minutes).unwrap_or(or.step_minutes));
        prop_assert_eq!(
            rules.longest_minutes,
            nearest(&layers, on, |p| p.longest_minutes).unwrap_or(or.longest_minutes)
        );
        prop_assert_eq!(rules.booker_age_min, nearest(&layers, on, |p| p.booker_age_min));
    }

    #[test]
    fn parameters_survive_being_stored(parameters in some_parameters()) {
        let stored = serde_json::to_string(&parameters).unwrap();
        prop_assert_eq!(serde_json::from_str::<Parameters>(&stored).unwrap(), parameters);
    }
}

/// Nykvarn's terms: less than three days before, the hour's tariff, category 0 as category 1; an event less than thirty
/// days 1 575 kr, less than fourteen days 3 150 kr.
const NYKVARN: &str = "[[cancel_fees]]\nless_than_days = 3\npercent = 100\npays_as = { \"0\" = \"1\" }\n\
                       [[cancel_fees]]\nless_than_days = 30\npurposes = [\"event\"]\nkr = 1575\n\
                       [[cancel_fees]]\nless_than_days = 14\npurposes = [\"event\"]\nkr = 3150\n";
/// Haninge's: less than three days before, as in the confirmation; an event 1 500 and 3 000 kr.
const HANINGE: &str = "[[cancel_fees]]\nless_than_days = 3\npercent = 100\n\
                       [[cancel_fees]]\nless_than_days = 30\npurposes = [\"event\"]\nkr = 1500\n\
                       [[cancel_fees]]\nless_than_days = 14\npurposes = [\"event\"]\nkr = 3000\n";

fn rules_of(text: &str) -> Rules {
    RuleBook::new(&[layer(Scope::Tenant, text)]).on(date(2026, 11, 23)).clone()
}

/// What it costs to cancel a time of 200 kronor so many days before it.
fn fee(rules: &Rules, purpose: PurposeKind, days: i64) -> Option<u64> {
    let today = date(2026, 11, 23);
    let day = today.checked_add(days.days()).unwrap();
    let step = cancel_step(rules, purpose, day, today);
    cancellation(&[CancelledTime { step, price_ore: Some(20_000) }], &[]).ore
}

#[test]
fn the_two_municipalities_terms_of_cancellation_cost_what_they_say() {
    for (text, far, near) in [(NYKVARN, 157_500, 315_000), (HANINGE, 150_000, 300_000)] {
        let rules = rules_of(text);
        for (purpose, days, expected) in [
            (PurposeKind::Training, 0, 20_000),
            (PurposeKind::Training, 2, 20_000),
            (PurposeKind::Training, 3, 0),
            (PurposeKind::Match, 40, 0),
            // An event has terms of its own, also on its last days.
            (PurposeKind::Event, 0, near),
            (PurposeKind::Event, 13, near),
            (PurposeKind::Event, 14, far),
            (PurposeKind::Event, 29, far),
            (PurposeKind::Event, 30, 0),
        ] {
            assert_eq!(fee(&rules, purpose, days), Some(expected), "{purpose:?} {days} days before: {text}");
        }
    }
    // Who pays nothing for the hour pays as the next category for leaving it unused; others as themselves.
    let nykvarn = rules_of(NYKVARN);
    let step = cancel_step(&nykvarn, PurposeKind::Training, date(2026, 11, 24), date(2026, 11, 23)).unwrap();
    assert_eq!([Some("0"), Some("2"), None].map(|own| step.group(own)), [Some("1"), Some("2"), None]);
    let steps: Vec<u32> =
        cancel_terms(&nykvarn, PurposeKind::Event).iter().map(|step| step.less_than_days).collect();
    assert_eq!(steps, [30, 14]);
    let until = |purpose| free_until(&nykvarn, purpose, date(2026, 12, 31));
    assert_eq!(until(PurposeKind::Event), Some(date(2026, 12, 1)));
    assert_eq!(until(PurposeKind::Training), Some(date(2026, 12, 28)));
    assert_eq!(free_until(&Rules::default(), PurposeKind::Event, date(2026, 12, 31)), None);
}

#[test]
fn a_sum_is_paid_once_for_a_booking_and_a_share_for_each_of_its_times() {
    let step = |text: &str| -> CancelFee { toml::from_str(text).unwrap() };
    let (half, sum) = (step("less_than_days = 3\npercent = 50"), step("less_than_days = 14\nkr = 1000"));
    let share = |price_ore| CancelledTime { step: Some(&half), price_ore };
    let flat = CancelledTime { step: Some(&sum), price_ore: None };
    let free = CancelledTime { step: None, price_ore: None };
    assert_eq!(cancellation(&[share(Some(101)), share(Some(200)), free], &[]).ore, Some(51 + 100));
    assert_eq!(cancellation(&[flat, flat, free], &[]).ore, Some(100_000));
    assert_eq!(cancellation(&[flat, share(Some(200))], &[]).ore, Some(100_000 + 100));
    assert_eq!(cancellation(&[flat, share(None)], &[]).ore, None);
    assert!(cancellation(&[free, free], &[]).is_free());
    // Times of the same booking that were cancelled before have paid the sum, or some of it.
    assert!(cancellation(&[flat], std::slice::from_ref(&sum)).is_free());
    let less = step("less_than_days = 30\nkr = 400");
    assert_eq!(cancellation(&[flat, share(Some(200))], &[less, half.clone()]).ore, Some(60_000 + 100));
    assert_eq!(cancellation(&[flat, flat, share(None)], &[]).steps, [sum.clone(), half.clone()]);
}

#[test]
fn groups_with_priority_go_first_in_the_order_of_the_list() {
    let rules = rules_of(
        "[[priority]]\nname = \"Barn och ungdom\"\nages = [\"children\", \"youth\"]\nwho = [\"association\"]\n\
         [[priority]]\nname = \"Föreningar\"\nwho = [\"association\"]\n\
         [[priority]]\nname = \"Möten\"\npurposes = [\"meeting\"]\n",
    );
    let person = Asker { kind: CustomerKind::Person, ..club() };
    let of = |asker: &Asker, purpose, age| {
        priority(&rules.priority, asker, purpose, age).map(|(place, group)| (place, group.name.clone()))
    };
    let training = PurposeKind::Training;
    assert_eq!(of(&club(), training, Some(AgeGroup::Youth)), Some((1, "Barn och ungdom".to_owned())));
    assert_eq!(of(&club(), training, Some(AgeGroup::Adults)), Some((2, "Föreningar".to_owned())));
    // Who comes was not said.
    assert_eq!(of(&club(), training, None), Some((2, "Föreningar".to_owned())));
    assert_eq!(of(&person, PurposeKind::Meeting, None), Some((3, "Möten".to_owned())));
    assert_eq!(of(&person, training, Some(AgeGroup::Children)), None);
}

#[test]
fn a_change_from_a_day_is_told_with_what_held_and_until_when() {
    let year = layer(Scope::Tenant, "longest_minutes = 180\nhorizon_days = 90");
    let mut spring = layer(Scope::Tenant, "longest_minutes = 120\nhorizon_days = 90");
    (spring.first, spring.last) = (date(2027, 1, 1), Some(date(2027, 5, 31)));
    let before = RuleBook::new(std::slice::from_ref(&year));
    let (earlier, later) = cut(&year, spring.first, spring.last);
    let after = RuleBook::new(&[earlier.unwrap(), spring, later.unwrap()]);
    let told = differences(&before, &after, date(2026, 11, 23));
    let [one] = told.as_slice() else { panic!("one difference: {told:?}") };
    assert_eq!((one.first, one.last), (date(2027, 1, 1), Some(date(2027, 5, 31))));
    assert_eq!(one.what, [Parameter::Longest]);
    assert_eq!((one.before.longest_minutes, one.after.longest_minutes), (180, 120));
    assert_eq!(differences(&before, &before, date(2026, 11, 23)), []);
}

fn some_fees() -> impl Strategy<Value = Vec<CancelFee>> {
    let purposes = proptest::sample::subsequence(PurposeKind::ALL.to_vec(), 0..=3);
    let due = prop_oneof![
        (0_u32..5_000).prop_map(|kr| (Some(kr), None)),
        (1_u8..=100).prop_map(|p| (None, Some(p)))
    ];
    let fee = (1_u32..60, purposes, due).prop_map(|(less_than_days, purposes, (kr, percent))| CancelFee {
        less_than_days,
        purposes,
        kr,
        percent,
        pays_as: std::collections::BTreeMap::new(),
    });
    proptest::collection::vec(fee, 0..6)
}

proptest! {
    #[test]
    fn a_step_of_cancellation_is_the_nearest_that_is_reached_and_of_the_purpose(
        fees in some_fees(), purpose in proptest::sample::select(PurposeKind::ALL.to_vec()), days in 0_i64..70
    ) {
        let rules = Rules { cancel_fees: fees.clone().into(), ..Rules::default() };
        let today = date(2026, 11, 23);
        let step = cancel_step(&rules, purpose, today.checked_add(days.days()).unwrap(), today);
        let named = fees.iter().any(|fee| fee.purposes.contains(&purpose));
        let about = |fee: &&CancelFee| if named { fee.purposes.contains(&purpose) } else { fee.purposes.is_empty() };
        let reached: Vec<&CancelFee> =
            fees.iter().filter(about).filter(|fee| days < i64::from(fee.less_than_days)).collect();
        match step {
            None => prop_assert!(reached.is_empty()),
            Some(step) => {
                prop_assert!(reached.contains(&step));
                prop_assert!(reached.iter().all(|other| step.less_than_days <= other.less_than_days));
            }
        }
    }

    #[test]
    fn cancelling_more_times_never_costs_less(
        fees in some_fees(), prices in proptest::collection::vec((0_i64..70, 0_u64..1_000_000), 1..6)
    ) {
        let rules = Rules { cancel_fees: fees.into(), ..Rules::default() };
        let today = date(2026, 11, 23);
        let times: Vec<CancelledTime<'_>> = prices
            .iter()
            .map(|(days, price)| CancelledTime {
                step: cancel_step(&rules, PurposeKind::Training, today.checked_add(days.days()).unwrap(), today),
                price_ore: Some(*price),
            })
            .collect();
        let all = cancellation(&times, &[]);
        let fewer = cancellation(times.get(1..).unwrap(), &[]);
        prop_assert!(fewer.ore <= all.ore);
        prop_assert_eq!(all.steps.is_empty(), times.iter().all(|time| time.step.is_none()));
    }

    #[test]
    fn what_is_left_of_a_cut_layer_holds_on_the_days_that_nobody_took(
        layers in some_layers(), first in 0_i64..300, length in proptest::option::of(0_i64..300), offset in 0_i64..700
    ) {
        let start = date(2026, 1, 1).checked_add(first.days()).unwrap();
        let last = length.map(|length| start.checked_add(length.days()).unwrap());
        let on = date(2025, 12, 1).checked_add(offset.days()).unwrap();
        let taken = start <= on && last.is_none_or(|last| on <= last);
        for layer in &layers {
            let (before, after) = cut(layer, start, last);
            let left = before.iter().chain(&after).filter(|piece| piece.holds_on(on)).count();
            prop_assert_eq!(left, usize::from(layer.holds_on(on) && !taken));
            prop_assert!(before.iter().chain(&after).all(|piece| piece.last.is_none_or(|end| piece.first <= end)));
            if layer.holds_on(on) && taken {
                prop_assert!(meets(layer, start, last));
            }
        }
    }

    #[test]
    fn on_every_day_the_differences_say_what_became_other(
        before in some_layers(), after in some_layers(), offset in 0_i64..700
    ) {
        let first = date(2025, 12, 1);
        let (before, after) = (RuleBook::new(&before), RuleBook::new(&after));
        let told = differences(&before, &after, first);
        let on = first.checked_add(offset.days()).unwrap();
        let of_day: Vec<&Difference<'_>> = told
            .iter()
            .filter(|one| one.first <= on && one.last.is_none_or(|last| on <= last))
            .collect();
        let expected: Vec<Parameter> = Parameter::ALL
            .into_iter()
            .filter(|parameter| parameter.differs(before.on(on), after.on(on)))
            .collect();
        match of_day[..] {
            [] => prop_assert!(expected.is_empty()),
            [one] => {
                prop_assert_eq!(&one.what, &expected);
                for parameter in expected {
                    prop_assert!(!parameter.differs(one.before, before.on(on)));
                    prop_assert!(!parameter.differs(one.after, after.on(on)));
                }
            }
            _ => prop_assert!(false, "a day is told of twice"),
        }
    }
}
