//! What files and the history say, in the reader's language.

use cloud_ui::{Lang, When, duration, t};
use facilities_domain::{
    Accessibility, Activity, Change, DayHours, DayKind, Fault, Place, RegularHours, Thing, clock_span,
    day_runs,
};
use jiff::Timestamp;
use maud::{Markup, html};

use super::wrong_text;
use crate::pages::{
    accessibility_name, activity_name, day_kind_name, hours_text, kind_name, metres, reason_text, run_name,
};

/// Characters of a value that are shown of what it was and what it becomes.
const VALUE_CHARS_SHOWN: usize = 80;

/// What a fact is called on pages.
pub(crate) fn key_name(lang: Lang, key: &str) -> String {
    match key {
        "name" => t(lang, "facilities-name", &[]),
        "authority" => t(lang, "facilities-authority", &[]),
        "owner" => t(lang, "facilities-owner", &[]),
        "time_zone" => t(lang, "facilities-time-zone", &[]),
        "address" => t(lang, "facilities-address", &[]),
        "description" => t(lang, "facilities-description", &[]),
        "rules_text" => t(lang, "facilities-rules", &[]),
        "directions" => t(lang, "facilities-directions", &[]),
        "accessibility" => t(lang, "facilities-access", &[]),
        "accessibility_notes" => t(lang, "facilities-access-notes", &[]),
        "position" => t(lang, "facilities-position", &[]),
        "other_ids" => t(lang, "facilities-other-ids", &[]),
        "opening_hours" => t(lang, "facilities-hours", &[]),
        "kind" => t(lang, "facilities-kind", &[]),
        "licence" => t(lang, "facilities-licence", &[]),
        "boat_length_cm" => t(lang, "facilities-boat-length", &[]),
        "boat_beam_cm" => t(lang, "facilities-boat-beam", &[]),
        "boat_draught_cm" => t(lang, "facilities-boat-draught", &[]),
        "persons_max" => t(lang, "facilities-persons-name", &[]),
        "before_minutes" => t(lang, "facilities-before", &[]),
        "after_minutes" => t(lang, "facilities-after", &[]),
        "width_cm" => t(lang, "facilities-width-name", &[]),
        "length_cm" => t(lang, "facilities-length-name", &[]),
        "ceiling_cm" => t(lang, "facilities-ceiling-name", &[]),
        "activities" => t(lang, "facilities-activities", &[]),
        "parent" => t(lang, "facilities-part-of", &[]),
        "parts" => t(lang, "facilities-parts-name", &[]),
        "order" => t(lang, "facilities-order", &[]),
        "stock" => t(lang, "facilities-stock-name", &[]),
        "resources" => t(lang, "facilities-equipment-with", &[]),
        "resource" => t(lang, "facilities-what", &[]),
        "dates" => t(lang, "facilities-dates", &[]),
        "hours" => t(lang, "facilities-hours-clocks", &[]),
        "reason" => t(lang, "facilities-reason", &[]),
        "closing" => t(lang, "facilities-closure-kind", &[]),
        "last" => t(lang, "facilities-exception-last", &[]),
        "ends" => t(lang, "facilities-closure-ends", &[]),
        // A key that has no name is shown as files write it.
        other => other.to_owned(),
    }
}

/// A value as people say it.
fn value(when: &When, key: &str, text: &str) -> String {
    let lang = when.lang;
    if text.is_empty() {
        return "–".to_owned();
    }
    let list = |name: &dyn Fn(&str) -> Option<String>| {
        let words = text.split_whitespace().map(|word| name(word).unwrap_or_else(|| word.to_owned()));
        words.collect::<Vec<String>>().join(", ")
    };
    match key {
        "accessibility" => list(&|key| Accessibility::parse(key).map(|fact| accessibility_name(lang, fact))),
        "activities" => list(&|key| Activity::parse(key).map(|activity| activity_name(lang, activity))),
        "kind" => kind_name(lang, text),
        "closing" if text == "unplayable" => t(lang, "facilities-unplayable", &[]),
        "closing" => t(lang, "facilities-closed", &[]),
        "ends" => text.parse::<Timestamp>().map_or_else(|_| text.to_owned(), |at| when.day_and_clock(at)),
        "reason" => reason_text(lang, text),
        "opening_hours" => week(lang, text),
        "hours" if text == "closed" => t(lang, "facilities-hours-closed", &[]),
        "hours" => {
            let spans = text.split(' ').filter_map(clock_span_of);
            hours_text(lang, &spans.collect::<Vec<(u16, u16)>>())
        }
        "before_minutes" | "after_minutes" => {
            text.parse().map_or_else(|_| text.to_owned(), |minutes| duration(lang, minutes))
        }
        _ if key.ends_with("_cm") => {
            let sides = text.split('-').filter_map(|side| side.parse().ok());
            let sides: Vec<String> = sides.map(|cm| metres(lang, cm)).collect();
            format!("{} m", sides.join("–"))
        }
        _ => short(text),
    }
}

fn short(text: &str) -> String {
    let mut cut: String = text.chars().take(VALUE_CHARS_SHOWN).collect();
    if text.chars().nth(VALUE_CHARS_SHOWN).is_some() {
        cut.push('…');
    }
    cut
}

fn clock_span_of(text: &str) -> Option<(u16, u16)> {
    let (opens, closes) = text.split_once('-')?;
    clock_span(opens, closes)
}

/// `mon 07:00-23:00; holiday tue closed` as people say it: `Måndag 07.00–23.00; Helgdagar: tisdag stängt`.
fn week(lang: Lang, text: &str) -> String {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let regular = text.split("; ").filter_map(|words| {
        let words: Vec<&str> = words.split(' ').collect();
        let (on, day, clocks) = match words.as_slice() {
            [day, clocks] => (DayKind::Always, *day, *clocks),
            [on, day, clocks] => (DayKind::parse(on)?, *day, *clocks),
            _ => return None,
        };
        let weekday = i8::try_from(days.iter().position(|known| *known == day)? + 1).ok()?;
        if clocks == "closed" {
            return Some(RegularHours::closed(on, weekday));
        }
        let (opens_minute, closes_minute) = clock_span_of(clocks)?;
        Some(RegularHours { on, hours: DayHours { weekday, opens_minute, closes_minute } })
    });
    let regular: Vec<RegularHours> = regular.collect();
    let kinds = DayKind::ALL.into_iter().filter(|kind| regular.iter().any(|hours| hours.on == *kind));
    let said = kinds.map(|kind| {
        let runs = day_runs(&regular, kind);
        let runs = runs.iter().map(|run| format!("{} {}", run_name(lang, run), hours_text(lang, &run.hours)));
        let runs = runs.collect::<Vec<String>>().join(", ");
        if kind == DayKind::Always { runs } else { format!("{}: {runs}", day_kind_name(lang, kind)) }
    });
    said.collect::<Vec<String>>().join("; ")
}

/// What changes, fact by fact.
pub(crate) fn change_list(when: &When, changes: &[Change]) -> Markup {
    html! {
        ul.changes {
            @for change in changes {
                li {
                    (key_name(when.lang, change.key)) ": "
                    @if !change.from.is_empty() { (value(when, change.key, &change.from)) " → " }
                    (value(when, change.key, &change.to))
                }
            }
        }
    }
}

/// What something in a file is about.
pub(crate) fn place_text(lang: Lang, place: &Place) -> String {
    let facility =
        place.facility.as_ref().map(|slug| t(lang, "facilities-place-facility", &[("slug", slug)]));
    let thing = place.thing.as_ref().map(|thing| match thing {
        Thing::Head => t(lang, "facilities-place-head", &[]),
        Thing::Feature => t(lang, "facilities-place-feature", &[]),
        Thing::Hours(days) => t(lang, "facilities-place-hours", &[("days", days)]),
        Thing::Resource(slug) => t(lang, "facilities-place-resource", &[("slug", slug)]),
        Thing::Equipment(slug) => t(lang, "facilities-place-equipment", &[("slug", slug)]),
        Thing::Exception(first) => t(lang, "facilities-place-exception", &[("first", &first.to_string())]),
        Thing::Closure(from) => t(lang, "facilities-place-closure", &[("from", from)]),
        Thing::Period(name) => t(lang, "facilities-place-period", &[("name", name)]),
    });
    facility.into_iter().chain(thing).collect::<Vec<String>>().join(", ")
}

/// Why something in a file cannot be.
pub(crate) fn fault_text(lang: Lang, fault: &Fault) -> String {
    match fault {
        Fault::Wrong(key, wrong) => format!("{key}: {}", wrong_text(lang, wrong)),
        Fault::Needed(key) => t(lang, "facilities-fault-needed", &[("key", key)]),
        Fault::Twice => t(lang, "facilities-fault-twice", &[]),
        Fault::NoneOf { key, text, known } => {
            t(lang, "facilities-fault-none-of", &[("key", key), ("text", text), ("known", known)])
        }
        Fault::NoZone(zone) => t(lang, "facilities-fault-zone", &[("zone", zone)]),
        Fault::NoAuthority(slug) => t(lang, "facilities-fault-authority", &[("slug", slug)]),
        Fault::NoOwner(slug) => t(lang, "facilities-fault-owner", &[("slug", slug)]),
        Fault::NoFacility(slug) => t(lang, "facilities-fault-facility", &[("slug", slug)]),
        Fault::NoResources => t(lang, "facilities-fault-resources", &[]),
        Fault::NoResource(slug) => t(lang, "facilities-fault-resource", &[("slug", slug)]),
        Fault::NoParent(slug) => t(lang, "facilities-fault-parent", &[("slug", slug)]),
        Fault::ParentNotBefore(slug) => t(lang, "facilities-fault-parent-before", &[("slug", slug)]),
        Fault::PartWithoutCode => t(lang, "facilities-fault-part-code", &[]),
        Fault::PartTwice(part) => t(lang, "facilities-fault-part-twice", &[("part", part)]),
        Fault::PartUnused(part) => t(lang, "facilities-fault-part-unused", &[("part", part)]),
        Fault::PartUnknown(part) => t(lang, "facilities-fault-part-unknown", &[("part", part)]),
        Fault::OutsideParent(part) => t(lang, "facilities-wrong-outside", &[("part", part)]),
        Fault::NoParts => t(lang, "facilities-fault-parts", &[]),
        Fault::Awaited => t(lang, "facilities-wrong-awaited", &[]),
        Fault::TooMany(most) => t(lang, "facilities-wrong-many", &[("most", most)]),
        Fault::NoDays(days) => t(lang, "facilities-fault-days", &[("days", days)]),
        Fault::NoClock { key, text } => t(lang, "facilities-fault-clock", &[("key", key), ("text", text)]),
        Fault::ClosedAndOpen => t(lang, "facilities-fault-closed", &[]),
        Fault::NoLength => t(lang, "facilities-fault-length", &[]),
        Fault::Overlaps => t(lang, "facilities-fault-overlaps", &[]),
        Fault::NoExtent { key, most } => t(lang, "facilities-fault-extent", &[("key", key), ("most", most)]),
        Fault::HalfASize => t(lang, "facilities-fault-size", &[]),
        Fault::KindNeeded => t(lang, "facilities-fault-kind", &[]),
        Fault::NoActivity(key) => t(lang, "facilities-fault-activity", &[("key", key)]),
        Fault::NoAccessibility(key) => t(lang, "facilities-fault-accessibility", &[("key", key)]),
        Fault::LongList(most) => t(lang, "facilities-fault-list", &[("most", most)]),
        Fault::TooManyCells => t(lang, "facilities-fault-cells", &[]),
        Fault::TooManyColumns(most) => t(lang, "facilities-fault-columns", &[("most", most)]),
        Fault::NoColumn { name, known } => {
            t(lang, "facilities-fault-column", &[("name", name), ("known", known)])
        }
        Fault::ColumnTwice(name) => t(lang, "facilities-fault-column-twice", &[("name", name)]),
        Fault::NoSuchColumn(name) => t(lang, "facilities-fault-column-missing", &[("name", name)]),
        Fault::NoPoint(kind) => t(lang, "facilities-fault-point", &[("kind", kind)]),
        Fault::NoCoordinates => t(lang, "facilities-fault-coordinates", &[]),
        Fault::Unreadable(what) => t(lang, "facilities-fault-unreadable", &[("what", what)]),
        Fault::NoMoment { key, text } => t(lang, "facilities-fault-moment", &[("key", key), ("text", text)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_in_the_words_of_files_is_said_as_people_say_it() {
        let text = "mon 07:00-23:00; tue 07:00-23:00; sat 18:00-02:00; holiday mon closed";
        assert_eq!(
            week(Lang::Sv, text),
            "Måndag–tisdag 07.00–23.00, Onsdag–fredag stängt, Lördag 18.00–02.00, Söndag stängt; \
             Helgdagar: Måndag stängt"
        );
    }

    #[test]
    fn values_are_said_in_the_readers_language() {
        let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap();
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        let when = |lang| When { lang, zone: zone.clone(), now };
        let (sv, en) = (when(Lang::Sv), when(Lang::En));
        assert_eq!(value(&sv, "activities", "floorball table-tennis"), "Innebandy, Bordtennis");
        assert_eq!(value(&en, "length_cm", "1600-2250"), "16–22.5 m");
        assert_eq!(value(&sv, "hours", "closed"), "stängt");
        assert_eq!(value(&sv, "hours", "10:00-14:00"), "10.00–14.00");
        assert_eq!(value(&sv, "ends", "2026-11-25T09:00:00Z"), "onsdag 25 nov 10.00");
        assert_eq!(value(&sv, "description", &"å".repeat(200)).chars().count(), 81);
        assert_eq!(value(&sv, "stock", ""), "–");
    }
}
