//! The module's pages, and the words that they share.

pub(crate) mod about;
pub(crate) mod closures;
pub(crate) mod photos;
pub(crate) mod register;
pub(crate) mod start;

use cloud_contracts::{Closure, ClosureKind, Facility, SizeCm};
use cloud_kernel::web::Visit;
use cloud_ui::{Badge, Icon, Lang, Notice, Tone, When, clock_time, t};
use facilities_domain::{Accessibility, Activity, DayKind, DayRun, ResourceKind, SpecialDay};
use jiff::Timestamp;
use jiff::civil::Time;
use protocols_ids::ResourceId;

/// How moments are said where the facility is.
pub(crate) fn when_at(visit: &Visit, facility: &Facility) -> When {
    When { zone: facility.time_zone.clone(), ..visit.when() }
}

pub(crate) fn kind_name(lang: Lang, key: &str) -> String {
    match key {
        "pitch" => t(lang, "facilities-kind-pitch", &[]),
        "room" => t(lang, "facilities-kind-room", &[]),
        "premises" => t(lang, "facilities-kind-premises", &[]),
        "lodging" => t(lang, "facilities-kind-lodging", &[]),
        "vehicle" => t(lang, "facilities-kind-vehicle", &[]),
        "berth" => t(lang, "facilities-kind-berth", &[]),
        "other" => t(lang, "facilities-kind-other", &[]),
        _ => t(lang, "facilities-kind-hall", &[]),
    }
}

/// All kinds, as forms offer them: key and words.
pub(crate) fn kinds(lang: Lang) -> Vec<(&'static str, String)> {
    ResourceKind::KEYS.into_iter().map(|key| (key, kind_name(lang, key))).collect()
}

pub(crate) fn activity_name(lang: Lang, activity: Activity) -> String {
    match activity {
        Activity::Badminton => t(lang, "facilities-badminton", &[]),
        Activity::Basketball => t(lang, "facilities-basketball", &[]),
        Activity::Dance => t(lang, "facilities-dance", &[]),
        Activity::Floorball => t(lang, "facilities-floorball", &[]),
        Activity::Football => t(lang, "facilities-football", &[]),
        Activity::Gymnastics => t(lang, "facilities-gymnastics", &[]),
        Activity::Handball => t(lang, "facilities-handball", &[]),
        Activity::IceSports => t(lang, "facilities-ice-sports", &[]),
        Activity::TableTennis => t(lang, "facilities-table-tennis", &[]),
        Activity::Volleyball => t(lang, "facilities-volleyball", &[]),
    }
}

pub(crate) fn accessibility_name(lang: Lang, fact: Accessibility) -> String {
    match fact {
        Accessibility::Parking => t(lang, "facilities-access-parking", &[]),
        Accessibility::StepFreeEntrance => t(lang, "facilities-access-step-free-entrance", &[]),
        Accessibility::AutomaticDoor => t(lang, "facilities-access-automatic-door", &[]),
        Accessibility::Lift => t(lang, "facilities-access-lift", &[]),
        Accessibility::Toilet => t(lang, "facilities-access-toilet", &[]),
        Accessibility::ChangingRoom => t(lang, "facilities-access-changing-room", &[]),
        Accessibility::SpectatorPlaces => t(lang, "facilities-access-spectator-places", &[]),
        Accessibility::HearingLoop => t(lang, "facilities-access-hearing-loop", &[]),
        Accessibility::TactileSigns => t(lang, "facilities-access-tactile-signs", &[]),
        Accessibility::AssistanceDogs => t(lang, "facilities-access-assistance-dogs", &[]),
    }
}

pub(crate) fn day_kind_name(lang: Lang, kind: DayKind) -> String {
    match kind {
        DayKind::Always => t(lang, "facilities-days-always", &[]),
        DayKind::Term => t(lang, "facilities-days-term", &[]),
        DayKind::Break => t(lang, "facilities-days-break", &[]),
        DayKind::Eve => t(lang, "facilities-days-eve", &[]),
        DayKind::Holiday => t(lang, "facilities-days-holiday", &[]),
    }
}

pub(crate) fn special_day_name(lang: Lang, day: SpecialDay) -> String {
    match day {
        SpecialDay::NewYear => t(lang, "facilities-day-new-year", &[]),
        SpecialDay::EpiphanyEve => t(lang, "facilities-day-epiphany-eve", &[]),
        SpecialDay::Epiphany => t(lang, "facilities-day-epiphany", &[]),
        SpecialDay::GoodFriday => t(lang, "facilities-day-good-friday", &[]),
        SpecialDay::EasterEve => t(lang, "facilities-day-easter-eve", &[]),
        SpecialDay::Easter => t(lang, "facilities-day-easter", &[]),
        SpecialDay::EasterMonday => t(lang, "facilities-day-easter-monday", &[]),
        SpecialDay::Walpurgis => t(lang, "facilities-day-walpurgis", &[]),
        SpecialDay::FirstOfMay => t(lang, "facilities-day-first-of-may", &[]),
        SpecialDay::Ascension => t(lang, "facilities-day-ascension", &[]),
        SpecialDay::PentecostEve => t(lang, "facilities-day-pentecost-eve", &[]),
        SpecialDay::Pentecost => t(lang, "facilities-day-pentecost", &[]),
        SpecialDay::NationalDay => t(lang, "facilities-day-national-day", &[]),
        SpecialDay::MidsummerEve => t(lang, "facilities-day-midsummer-eve", &[]),
        SpecialDay::Midsummer => t(lang, "facilities-day-midsummer", &[]),
        SpecialDay::AllSaintsEve => t(lang, "facilities-day-all-saints-eve", &[]),
        SpecialDay::AllSaints => t(lang, "facilities-day-all-saints", &[]),
        SpecialDay::ChristmasEve => t(lang, "facilities-day-christmas-eve", &[]),
        SpecialDay::Christmas => t(lang, "facilities-day-christmas", &[]),
        SpecialDay::BoxingDay => t(lang, "facilities-day-boxing-day", &[]),
        SpecialDay::NewYearsEve => t(lang, "facilities-day-new-years-eve", &[]),
    }
}

/// `Måndag–fredag`, `Söndag`.
pub(crate) fn run_name(lang: Lang, run: &DayRun) -> String {
    let weekday = |number: i8| t(lang, "time-weekday", &[("number", &number)]);
    if run.first == run.last {
        capital(&weekday(run.first))
    } else {
        format!("{}–{}", capital(&weekday(run.first)), weekday(run.last))
    }
}

/// With a capital first letter, as a line begins.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `07.00–23.00`, `dygnet runt`, `stängt`; past midnight `18.00–02.00`.
pub(crate) fn hours_text(lang: Lang, hours: &[(u16, u16)]) -> String {
    if hours.is_empty() {
        return t(lang, "facilities-hours-closed", &[]);
    }
    if hours == [(0, 1440)] {
        return t(lang, "facilities-hours-all-day", &[]);
    }
    let spans =
        hours.iter().map(|(from, to)| format!("{}–{}", minute_text(lang, *from), minute_text(lang, *to)));
    spans.collect::<Vec<String>>().join(", ")
}

fn minute_text(lang: Lang, minute: u16) -> String {
    let (hour, rest) = ((minute / 60) % 24, minute % 60);
    let time = Time::new(i8::try_from(hour).unwrap_or(0), i8::try_from(rest).unwrap_or(0), 0, 0);
    clock_time(lang, time.unwrap_or(Time::midnight()))
}

/// `10 × 16–22 m`.
pub(crate) fn size_in_metres(lang: Lang, size: &SizeCm) -> String {
    let across = |(from, to): (u32, u32)| {
        if from == to { metres(lang, from) } else { format!("{}–{}", metres(lang, from), metres(lang, to)) }
    };
    format!("{} × {} m", across(size.width), across(size.length))
}

/// `15`, and `15,5` where half metres matter.
pub(crate) fn metres(lang: Lang, cm: u32) -> String {
    let comma = lang.decimal_separator();
    match cm % 100 {
        0 => format!("{}", cm / 100),
        rest if rest % 10 == 0 => format!("{}{comma}{}", cm / 100, rest / 10),
        rest => format!("{}{comma}{rest:02}", cm / 100),
    }
}

/// What is closed now and concerns this: the facility itself, or a resource with all that shares its parts.
pub(crate) fn closed_now(facility: &Facility, resource: Option<ResourceId>, now: Timestamp) -> Vec<&Closure> {
    let parts = |id: ResourceId| facility.resource(id).map_or(&[][..], |resource| resource.parts.as_slice());
    let concerns = |closure: &&Closure| match (closure.resource, resource) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(closed), Some(asked)) => parts(closed).iter().any(|part| parts(asked).contains(part)),
    };
    let holds = |closure: &&Closure| closure.starts_at <= now && closure.ends_at.is_none_or(|end| now < end);
    facility.closures.iter().filter(holds).filter(concerns).collect()
}

pub(crate) fn closure_kind(lang: Lang, kind: ClosureKind) -> String {
    match kind {
        ClosureKind::Closed => t(lang, "facilities-closed", &[]),
        ClosureKind::Unplayable => t(lang, "facilities-unplayable", &[]),
    }
}

/// A closure in one or two words with an icon: a padlock is closed, a triangle cannot be played.
pub(crate) fn closure_badge(lang: Lang, kind: ClosureKind) -> Badge {
    match kind {
        ClosureKind::Closed => Badge::new(Tone::Bad, &closure_kind(lang, kind)).icon(Icon::Lock),
        ClosureKind::Unplayable => Badge::new(Tone::Warning, &closure_kind(lang, kind)),
    }
}

/// `Ospelbar: Snö`, with since when and until when.
pub(crate) fn closure_notice(lang: Lang, when: &When, closure: &Closure) -> Notice {
    let text = format!("{}: {}", closure_kind(lang, closure.kind), reason_text(lang, &closure.reason));
    Notice::warning(&text).more(&closure_span(lang, when, closure))
}

/// `Från 06.30 tills vidare`.
pub(crate) fn closure_span(lang: Lang, when: &When, closure: &Closure) -> String {
    let from = when.near_clock(closure.starts_at);
    match closure.ends_at {
        Some(end) => t(lang, "facilities-closed-until", &[("from", &from), ("to", &when.near_clock(end))]),
        None => t(lang, "facilities-closed-on", &[("from", &from)]),
    }
}

/// The reasons that take one tap, in the language that is stored.
pub(crate) fn quick_reasons(lang: Lang) -> [String; 3] {
    [
        t(lang, "facilities-reason-snow", &[]),
        t(lang, "facilities-reason-water", &[]),
        t(lang, "facilities-reason-frost", &[]),
    ]
}

/// A reason as people read it: one of ours in their language, words of somebody's own as they are.
pub(crate) fn reason_text(lang: Lang, stored: &str) -> String {
    let known = quick_reasons(Lang::Sv).into_iter().zip(quick_reasons(lang));
    known.filter(|(ours, _)| ours == stored).map(|(_, said)| said).next().unwrap_or_else(|| stored.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_said_in_metres_and_a_range_stays_a_range() {
        let size = SizeCm { width: (1000, 1000), length: (1600, 2250), ceiling: None };
        assert_eq!(size_in_metres(Lang::Sv, &size), "10 × 16–22,5 m");
        assert_eq!(size_in_metres(Lang::En, &size), "10 × 16–22.5 m");
        assert_eq!(metres(Lang::Sv, 1205), "12,05");
    }

    #[test]
    fn hours_are_said_as_clocks_also_past_midnight() {
        assert_eq!(hours_text(Lang::Sv, &[(420, 1380), (1080, 1560)]), "07.00–23.00, 18.00–02.00");
        assert_eq!(hours_text(Lang::Sv, &[(0, 1440)]), "dygnet runt");
        assert_eq!(hours_text(Lang::En, &[]), "closed");
    }

    #[test]
    fn a_reason_of_ours_is_read_in_the_readers_language_and_anothers_as_it_is() {
        assert_eq!(reason_text(Lang::En, "Snö"), "Snow");
        assert_eq!(reason_text(Lang::En, "Taket läcker"), "Taket läcker");
    }
}
