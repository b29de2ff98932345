//! What rules and bookings are called, as one says it.

use booking_domain::{
    Accessory, AgeGroup, Boat, CustomerKind, Gender, Nights, PURPOSE_CHARS_MAX, Particulars, Period,
    PurposeError, PurposeKind, Quota, Reason, Who,
};
use cloud_contracts::Facility;
use cloud_ui::{Facts, Lang, When, duration, t};

/// The sort of thing that a booking is for.
pub(in crate::pages) fn purpose_kind_name(lang: Lang, kind: PurposeKind) -> String {
    match kind {
        PurposeKind::Training => t(lang, "booking-kind-training", &[]),
        PurposeKind::Match => t(lang, "booking-kind-match", &[]),
        PurposeKind::Event => t(lang, "booking-kind-event", &[]),
        PurposeKind::School => t(lang, "booking-kind-school", &[]),
        PurposeKind::Meeting => t(lang, "booking-kind-meeting", &[]),
        PurposeKind::Private => t(lang, "booking-kind-private", &[]),
        PurposeKind::Overnight => t(lang, "booking-kind-overnight", &[]),
        PurposeKind::Other => t(lang, "booking-kind-other", &[]),
    }
}

/// What is wrong with a purpose.
pub(in crate::pages) fn purpose_error(lang: Lang, error: PurposeError) -> String {
    match error {
        PurposeError::Blank => t(lang, "booking-error-purpose-blank", &[]),
        PurposeError::TooLong { chars, .. } => {
            t(lang, "booking-error-purpose-long", &[("chars", &chars), ("most", &PURPOSE_CHARS_MAX)])
        }
    }
}

/// How old those who come are.
pub(in crate::pages) fn age_group_name(lang: Lang, group: AgeGroup) -> String {
    match group {
        AgeGroup::Children => t(lang, "booking-age-children", &[]),
        AgeGroup::Youth => t(lang, "booking-age-youth", &[]),
        AgeGroup::Adults => t(lang, "booking-age-adults", &[]),
        AgeGroup::Seniors => t(lang, "booking-age-seniors", &[]),
        AgeGroup::Mixed => t(lang, "booking-age-mixed", &[]),
    }
}

/// Whom the activity is for.
pub(in crate::pages) fn gender_name(lang: Lang, gender: Gender) -> String {
    match gender {
        Gender::GirlsWomen => t(lang, "booking-gender-girls", &[]),
        Gender::BoysMen => t(lang, "booking-gender-boys", &[]),
        Gender::Mixed => t(lang, "booking-gender-mixed", &[]),
    }
}

/// `föreningar, prisgrupp taxa-1`.
pub(in crate::pages) fn whom(lang: Lang, who: &[Who]) -> String {
    let names: Vec<String> = who
        .iter()
        .map(|who| match who {
            Who::Kind(CustomerKind::Person) => t(lang, "booking-who-person", &[]),
            Who::Kind(CustomerKind::Association) => t(lang, "booking-who-association", &[]),
            Who::Kind(CustomerKind::Company) => t(lang, "booking-who-company", &[]),
            Who::Kind(CustomerKind::Unit) => t(lang, "booking-who-unit", &[]),
            Who::Group(code) => t(lang, "booking-who-group", &[("code", code)]),
        })
        .collect();
    names.join(", ")
}

/// `per vecka`.
pub(in crate::pages) fn period_words(lang: Lang, period: Period) -> String {
    match period {
        Period::Day => t(lang, "booking-per-day", &[]),
        Period::Week => t(lang, "booking-per-week", &[]),
        Period::Month => t(lang, "booking-per-month", &[]),
        Period::Year => t(lang, "booking-per-year", &[]),
        Period::Ahead => t(lang, "booking-per-ahead", &[]),
    }
}

/// `högst 2 timmar per vecka`.
pub(in crate::pages) fn quota_words(lang: Lang, quota: &Quota) -> String {
    let much = [
        quota.minutes.map(|minutes| duration(lang, minutes)),
        quota.times.map(|times| t(lang, "booking-times-count", &[("count", &times)])),
    ];
    let much = much.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let per = period_words(lang, quota.per);
    let words = t(lang, "booking-quota", &[("much", &much), ("per", &per)]);
    if quota.who.is_empty() {
        words
    } else {
        t(lang, "booking-rule-for", &[("rule", &words), ("who", &whom(lang, &quota.who))])
    }
}

/// Why a time cannot be booked, as one says it.
pub(in crate::pages) fn reason_text(lang: Lang, when: &When, reason: &Reason) -> String {
    match reason {
        Reason::Nothing
        | Reason::TooMany { .. }
        | Reason::UnknownResource(_)
        | Reason::ExcludesOwn { .. } => t(lang, "booking-error-other", &[]),
        Reason::Apart => t(lang, "booking-error-apart", &[]),
        Reason::PersonsMissing => t(lang, "booking-error-persons-missing", &[]),
        Reason::DriverMissing => t(lang, "booking-error-driver", &[]),
        Reason::LicenceMissing { .. } => t(lang, "booking-error-licence", &[]),
        Reason::BoatMissing => t(lang, "booking-error-boat", &[]),
        Reason::BoatTooLong { most_cm } => t(lang, "booking-error-boat-long", &[("most", &metres(*most_cm))]),
        Reason::BoatTooBroad { most_cm } => {
            t(lang, "booking-error-boat-broad", &[("most", &metres(*most_cm))])
        }
        Reason::NoSuchEquipment(_) => t(lang, "booking-error-no-accessory", &[]),
        Reason::Past { .. } => t(lang, "booking-error-past", &[]),
        Reason::TooSoon { earliest } => {
            t(lang, "booking-error-too-soon", &[("time", &when.day_and_clock(*earliest))])
        }
        Reason::TooFar { latest } => t(lang, "booking-error-too-far", &[("day", &when.day(*latest))]),
        Reason::StartOffStep { step_minutes } => {
            t(lang, "booking-error-start-step", &[("minutes", step_minutes)])
        }
        Reason::LengthOffStep { step_minutes } => {
            t(lang, "booking-error-length-step", &[("minutes", step_minutes)])
        }
        Reason::TooShort { shortest_minutes } => {
            t(lang, "booking-error-too-short", &[("length", &duration(lang, *shortest_minutes))])
        }
        Reason::TooLong { longest_minutes } => {
            t(lang, "booking-error-too-long", &[("length", &duration(lang, *longest_minutes))])
        }
        Reason::Closed { open } if open.is_empty() => t(lang, "booking-error-closed-day", &[]),
        Reason::Closed { open } => {
            let hours: Vec<String> =
                open.iter().map(|span| when.clocks(span.starts_at(), span.ends_at())).collect();
            t(lang, "booking-error-closed", &[("hours", &hours.join(", "))])
        }
        Reason::NotAPackage { names } => t(lang, "booking-error-package", &[("names", &names.join(", "))]),
        Reason::NotAStay { nights } => stay_text(lang, *nights),
        Reason::ByEnquiry => t(lang, "enquiry-reason", &[]),
        Reason::NotForYou { who } => t(lang, "booking-error-who", &[("who", &whom(lang, who))]),
        Reason::OtherPurpose { purposes } => {
            let names: Vec<String> =
                purposes.iter().map(|kind| purpose_kind_name(lang, *kind).to_lowercase()).collect();
            t(lang, "booking-error-purposes", &[("purposes", &names.join(", "))])
        }
        Reason::TooYoung { least } => t(lang, "booking-error-age", &[("age", least)]),
        Reason::TooFewWorkingDays { least } => t(lang, "booking-error-working-days", &[("days", least)]),
        Reason::Blocked { why } => t(lang, "booking-error-blocked", &[("why", why)]),
        Reason::OverQuota { quota } => {
            t(lang, "booking-error-quota", &[("quota", &quota_words(lang, quota))])
        }
        Reason::TooManyPersons { most } => t(lang, "booking-error-too-many", &[("most", most)]),
        Reason::Condition { say } => say.clone(),
    }
}

/// How stays are booked.
pub(super) fn stay_text(lang: Lang, nights: Nights) -> String {
    t(
        lang,
        "booking-error-stay",
        &[
            ("arrive", &nights.arrive.to_string()),
            ("leave", &nights.leave.to_string()),
            ("most", &nights.most),
        ],
    )
}

/// A measure as one writes it, `7,5`: without a unit, since it stands in a field too.
pub(super) fn metres(cm: u32) -> String {
    let (whole, part) = (cm / 100, cm % 100);
    match (part, part % 10) {
        (0, _) => whole.to_string(),
        (tens, 0) => format!("{whole},{}", tens / 10),
        (part, _) => format!("{whole},{part:02}"),
    }
}

/// What was answered to what is peculiar to a kind of resource, as names and values.
pub(super) fn particulars_facts(lang: Lang, facts: Facts, said: &Particulars) -> Facts {
    let facts = match &said.driver {
        Some(driver) => facts.row(&t(lang, "booking-driver", &[]), driver.name.clone()),
        None => facts,
    };
    match &said.boat {
        Some(boat) => facts.row(&t(lang, "booking-boat", &[]), boat_text(lang, boat)),
        None => facts,
    }
}

/// `Vega, 7,5 m lång och 2,6 m bred`.
pub(super) fn boat_text(lang: Lang, boat: &Boat) -> String {
    let (length, beam) = (metres(boat.length_cm), metres(boat.beam_cm));
    t(lang, "booking-boat-measured", &[("name", &boat.name), ("length", &length), ("beam", &beam)])
}

/// `4 mål · 1 projektor`, by the register's names.
pub(super) fn accessories_text(lang: Lang, facilities: &[Facility], accessories: &[Accessory]) -> String {
    let names: Vec<String> = accessories
        .iter()
        .map(|one| {
            let mut known = facilities.iter().flat_map(|facility| &facility.equipment);
            let name = known.find(|known| known.id == one.equipment).map(|known| known.name.clone());
            let name = name.unwrap_or_else(|| t(lang, "booking-accessory-gone", &[]));
            t(lang, "booking-accessory-count", &[("count", &one.count), ("name", &name)])
        })
        .collect();
    names.join(" · ")
}
