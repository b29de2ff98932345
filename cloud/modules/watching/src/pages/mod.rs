//! The pages of watching, one a file, and the words that they share.

pub mod list;
pub mod new;
pub mod stop;

use cloud_contracts::Facility;
use cloud_kernel::web::Visit;
use cloud_ui::{Lang, When, clock_time, duration, t};
use jiff::civil::Weekday;
use watching_domain::{Hours, Weekdays, Wish};

use crate::store::{Of, Watch};

/// The days of a week, from Monday.
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn weekday_name(lang: Lang, day: Weekday) -> String {
    t(lang, "time-weekday", &[("number", &day.to_monday_one_offset())])
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

/// Of what somebody wants a time, in words.
fn of_words(lang: Lang, of: &Of, facilities: &[Facility]) -> String {
    match of {
        Of::Resource(id) => facilities
            .iter()
            .find_map(|facility| Some(format!("{}, {}", facility.name, facility.resource(*id)?.name)))
            .unwrap_or_else(|| t(lang, "watching-gone", &[])),
        Of::Activity(key, facility) => {
            let where_ = facility.and_then(|id| facilities.iter().find(|facility| facility.id == id));
            let activity = activity_name(lang, key);
            match where_ {
                Some(facility) => format!("{activity}, {}", facility.name),
                None => t(lang, "watching-anywhere", &[("activity", &activity)]),
            }
        }
    }
}

fn days_words(lang: Lang, days: Weekdays) -> String {
    if days == Weekdays::ALL {
        return t(lang, "watching-every-day", &[]);
    }
    let names: Vec<String> =
        WEEK.into_iter().filter(|day| days.has(*day)).map(|day| weekday_name(lang, day)).collect();
    names.join(", ")
}

fn hours_words(lang: Lang, hours: Hours) -> String {
    if hours == Hours::ALL {
        return t(lang, "watching-any-hour", &[]);
    }
    let (from, until) = (clock_time(lang, hours.from()), clock_time(lang, hours.until()));
    t(lang, "watching-hours", &[("from", &from), ("until", &until)])
}

/// What somebody wants, in words.
fn wish_words(when: &When, wish: Wish) -> String {
    let lang = when.lang;
    match wish {
        Wish::This(span) => when.span(span.starts_at(), span.ends_at()),
        Wish::Any { days, hours, minutes } => t(
            lang,
            "watching-wish",
            &[
                ("days", &days_words(lang, days)),
                ("hours", &hours_words(lang, hours)),
                ("length", &duration(lang, minutes)),
            ],
        ),
    }
}

/// Says times by the clocks of what is followed.
fn when_of(visit: &Visit, watch: &Watch, facilities: &[Facility]) -> When {
    let facility = match &watch.of {
        Of::Resource(id) => facilities.iter().find(|facility| facility.resource(*id).is_some()),
        Of::Activity(_, facility) => {
            facility.and_then(|id| facilities.iter().find(|facility| facility.id == id))
        }
    };
    let when = visit.when();
    match facility {
        Some(facility) => When { zone: facility.time_zone.clone(), ..when },
        None => when,
    }
}
