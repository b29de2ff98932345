//! The pages of finding, one a file, and the words and links that they share.

pub(crate) mod find;
mod form;
mod list;
pub(crate) mod start;
pub(crate) mod today;

use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::Visit;
use cloud_ui::{Lang, When, t};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocols_ids::ResourceId;
use search_domain::{Doing, Free, Kind, Query};

/// What a query's value escapes: everything but what RFC 3986 (§2.3) leaves alone, and the colon and comma of clocks
/// and positions, which are easier to read as they are.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b',');

/// Where a search is found.
fn find_href(query: &Query) -> String {
    let pairs: Vec<String> = query
        .pairs()
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED)))
        .collect();
    if pairs.is_empty() { "/find".to_owned() } else { format!("/find?{}", pairs.join("&")) }
}

/// Where a free time is booked.
fn book_href(resource: ResourceId, free: Free) -> String {
    let minutes = free.ends_at.duration_since(free.starts_at).as_mins();
    format!("/book?resource={resource}&start={}&minutes={minutes}", free.starts_at)
}

/// The facility's schedule on the day of an instant.
fn schedule_href(facility: &Facility, at: Timestamp) -> String {
    format!("/facilities/{}?day={}", facility.slug, facility.time_zone.to_datetime(at).date())
}

/// What can be booked, with its place: `Provhallen, Hallen, Halva A1`.
fn full_name(facility: &Facility, resource: &Resource) -> String {
    let whole = resource.parent.and_then(|parent| facility.resource(parent));
    let mut names = vec![facility.name.as_str()];
    names.extend(whole.map(|whole| whole.name.as_str()));
    names.push(&resource.name);
    names.join(", ")
}

/// Says times by the facility's clocks.
fn when_at(visit: &Visit, facility: &Facility) -> When {
    When { zone: facility.time_zone.clone(), ..visit.when() }
}

/// An activity by its key; one that has no word of ours is said as the register writes it.
fn activity_name(lang: Lang, key: &str) -> String {
    match key {
        "athletics" => t(lang, "search-athletics", &[]),
        "badminton" => t(lang, "search-badminton", &[]),
        "basketball" => t(lang, "search-basketball", &[]),
        "dance" => t(lang, "search-dance", &[]),
        "floorball" => t(lang, "search-floorball", &[]),
        "football" => t(lang, "search-football", &[]),
        "gymnastics" => t(lang, "search-gymnastics", &[]),
        "handball" => t(lang, "search-handball", &[]),
        "ice-sports" => t(lang, "search-ice-sports", &[]),
        "martial-arts" => t(lang, "search-martial-arts", &[]),
        "padel" => t(lang, "search-padel", &[]),
        "riding" => t(lang, "search-riding", &[]),
        "swimming" => t(lang, "search-swimming", &[]),
        "table-tennis" => t(lang, "search-table-tennis", &[]),
        "tennis" => t(lang, "search-tennis", &[]),
        "volleyball" => t(lang, "search-volleyball", &[]),
        "yoga" => t(lang, "search-yoga", &[]),
        other => other.replace('-', " "),
    }
}

fn kind_name(lang: Lang, kind: Kind) -> String {
    match kind {
        Kind::Hall => t(lang, "search-kind-hall", &[]),
        Kind::Pitch => t(lang, "search-kind-pitch", &[]),
        Kind::Room => t(lang, "search-kind-room", &[]),
        Kind::Premises => t(lang, "search-kind-premises", &[]),
        Kind::Lodging => t(lang, "search-kind-lodging", &[]),
        Kind::Vehicle => t(lang, "search-kind-vehicle", &[]),
        Kind::Berth => t(lang, "search-kind-berth", &[]),
        Kind::Other => t(lang, "search-kind-other", &[]),
    }
}

fn doing_name(lang: Lang, doing: Option<Doing>) -> String {
    match doing {
        Some(Doing::Activity(key)) => activity_name(lang, key),
        Some(Doing::Contest) => t(lang, "search-doing-contest", &[]),
        Some(Doing::Training) => t(lang, "search-doing-training", &[]),
        Some(Doing::Party) => t(lang, "search-doing-party", &[]),
        Some(Doing::Meeting) => t(lang, "search-doing-meeting", &[]),
        Some(Doing::Camp) => t(lang, "search-doing-camp", &[]),
        Some(Doing::Show) => t(lang, "search-doing-show", &[]),
        Some(Doing::School) => t(lang, "search-doing-school", &[]),
        None => t(lang, "search-doing-booked", &[]),
    }
}

/// `400 m`, `2,3 km`, `12 km`: as finely as anybody walks it.
fn distance(lang: Lang, metres: f64) -> String {
    if metres < 950.0 {
        return format!("{:.0}\u{a0}m", (metres / 50.0).round() * 50.0);
    }
    let kilometres = metres / 1000.0;
    if kilometres >= 9.95 {
        return format!("{kilometres:.0}\u{a0}km");
    }
    let tenths = format!("{kilometres:.1}");
    let (whole, tenth) = tenths.split_once('.').unwrap_or((&tenths, "0"));
    t(lang, "search-kilometres", &[("whole", &whole), ("tenth", &tenth)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_said_as_finely_as_anybody_walks_it() {
        assert_eq!(distance(Lang::Sv, 12.0), "0\u{a0}m");
        assert_eq!(distance(Lang::Sv, 412.0), "400\u{a0}m");
        assert_eq!(distance(Lang::Sv, 2_340.0), "2,3\u{a0}km");
        assert_eq!(distance(Lang::En, 2_340.0), "2.3\u{a0}km");
        assert_eq!(distance(Lang::Sv, 12_400.0), "12\u{a0}km");
    }

    #[test]
    fn every_activity_and_kind_has_a_name_and_a_link_asks_for_what_was_asked() {
        for words in search_domain::ACTIVITIES {
            for lang in [Lang::Sv, Lang::En] {
                assert_ne!(activity_name(lang, words.key), "", "{}", words.key);
            }
        }
        let query = Query { text: "a&b=c å".to_owned(), minutes: Some(120), ..Query::default() };
        assert_eq!(find_href(&query), "/find?q=a%26b%3Dc%20%C3%A5&minutes=120");
        assert_eq!(find_href(&Query::default()), "/find");
    }
}
