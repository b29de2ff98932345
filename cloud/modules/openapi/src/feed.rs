//! What a calendar shows of booked times.

use std::collections::{BTreeMap, BTreeSet};

use cloud_contracts::{BookedState, BookedTime, BookedTimes, Facility, Open, PortError, PublicNames};
use cloud_contracts::{TimesWanted, Whose};
use cloud_kernel::TenantTx;
use cloud_ui::calendar::{Event, Feed, FeedEvent, FeedStatus};
use cloud_ui::{Lang, t};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{CustomerId, FacilityId, ResourceId};

/// Times that a calendar shows at most: a hall that is full from morning to night has so many in five months.
const TIMES_MAX: usize = 2_000;
/// How far back: whoever writes down what was looks at the last month.
const BACK: SignedDuration = SignedDuration::from_hours(35 * 24);
/// How far ahead: a season, and the next one's beginning.
const AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long a time that is gone is shown as gone: a calendar that is read once a month still hears of it.
const GONE_SHOWN: SignedDuration = SignedDuration::from_hours(35 * 24);
/// How often readers are asked to come back, in minutes.
const REFRESH_MINUTES: u32 = 60;

/// Which times a calendar shows now.
fn wanted(now: Timestamp) -> TimesWanted {
    // Whole days, so that the same address says the same until something changes.
    let today = midnight(now);
    let back = |by| today.checked_sub(by).unwrap_or(today);
    TimesWanted {
        during: Open { starts_at: back(BACK), ends_at: today.checked_add(AHEAD).unwrap_or(today) },
        gone_since: back(GONE_SHOWN),
        most: TIMES_MAX,
    }
}

/// When the day began, in UTC.
fn midnight(now: Timestamp) -> Timestamp {
    let seconds = now.as_second();
    Timestamp::from_second(seconds.saturating_sub(seconds.rem_euclid(86_400))).unwrap_or(now)
}

/// A calendar as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    /// Not before this: also what is not an event's own, such as a hall's name, is told the next day at the latest.
    pub(crate) changed_at: Timestamp,
}

/// What the words of a calendar are made with.
pub(crate) struct Words<'a> {
    pub(crate) lang: Lang,
    /// The host name, in which a time's id is one in the world.
    pub(crate) host: &'a str,
    /// The address of a path.
    pub(crate) url: &'a (dyn Fn(&str) -> String + Send + Sync),
}

/// The calendar of a facility, or of one of its resources, for everybody: names as the public schedule says them, and no
/// booker's words.
pub(crate) async fn public(
    tx: &mut TenantTx,
    (times, names): (&dyn BookedTimes, &dyn PublicNames),
    facility: &Facility,
    resource: Option<ResourceId>,
    words: &Words<'_>,
) -> Result<Rendered, PortError> {
    let shown = beside(facility, resource);
    let found = times.at(tx, facility.id, &shown, wanted(tx.now())).await?;
    let customers: BTreeSet<CustomerId> = found.iter().map(|time| time.customer).collect();
    let names =
        if customers.is_empty() { BTreeMap::new() } else { names.public_names(tx, &customers).await? };
    let page = (words.url)(&format!("/facilities/{}", facility.slug));
    let address = place(facility);
    let events = found.iter().map(|time| {
        let what = facility.resource(time.resource).map_or("", |resource| &resource.name);
        let who = names.get(&time.customer).cloned();
        let who = who.unwrap_or_else(|| t(words.lang, "feeds-booked", &[]));
        let summary =
            if Some(time.resource) == resource || what.is_empty() { who } else { format!("{what}: {who}") };
        event(words, time, summary, Some(address.clone()), None, page.clone())
    });
    // Without a comma, which has to be escaped and which some readers show so.
    let name = match resource.and_then(|id| facility.resource(id)) {
        Some(resource) => format!("{}: {}", facility.name, resource.name),
        None => facility.name.clone(),
    };
    Ok(rendered(name, events.collect(), tx.now()))
}

/// The resources whose bookings take something of this one; of a facility all.
fn beside(facility: &Facility, resource: Option<ResourceId>) -> Vec<ResourceId> {
    let own: Option<&[_]> = resource.and_then(|id| facility.resource(id)).map(|one| one.parts.as_slice());
    let meets = |other: &&cloud_contracts::Resource| {
        own.is_none_or(|parts| other.parts.iter().any(|part| parts.contains(part)))
    };
    facility.resources.iter().filter(meets).map(|one| one.id).collect()
}

/// Somebody's own calendar: what for in their words, with the way to each booking, and never a code.
pub(crate) async fn private(
    tx: &mut TenantTx,
    times: &dyn BookedTimes,
    (whose, name): (Whose, String),
    facilities: &[Facility],
    words: &Words<'_>,
) -> Result<Rendered, PortError> {
    let found = times.of(tx, whose, wanted(tx.now())).await?;
    let known: BTreeMap<FacilityId, &Facility> = facilities.iter().map(|one| (one.id, one)).collect();
    let events = found.iter().map(|time| {
        let facility = known.get(&time.facility);
        let where_to = match facility {
            Some(facility) => match facility.resource(time.resource) {
                Some(resource) => format!("{}, {}", facility.name, resource.name),
                None => facility.name.clone(),
            },
            None => t(words.lang, "feeds-place-gone", &[]),
        };
        let about = t(words.lang, "feeds-about-booking", &[("number", &time.number.to_string())]);
        let page = (words.url)(&format!("/bookings/{}", time.booking));
        let address = facility.map(|facility| place(facility));
        event(words, time, format!("{where_to}: {}", time.purpose), address, Some(about), page)
    });
    Ok(rendered(name, events.collect(), tx.now()))
}

fn place(facility: &Facility) -> String {
    match &facility.address {
        Some(address) => format!("{}, {address}", facility.name),
        None => facility.name.clone(),
    }
}

fn event(
    words: &Words<'_>,
    time: &BookedTime,
    summary: String,
    location: Option<String>,
    description: Option<String>,
    page: String,
) -> FeedEvent {
    let (status, gone) = match time.state {
        BookedState::Asked => (FeedStatus::Tentative, false),
        BookedState::Agreed => (FeedStatus::Confirmed, false),
        BookedState::Gone => (FeedStatus::Cancelled, true),
    };
    let summary = if gone { t(words.lang, "feeds-gone", &[("what", &summary)]) } else { summary };
    FeedEvent {
        event: Event {
            uid: format!("{}@{}", time.id, words.host),
            // A time never moves: all that can become of it is that it goes.
            sequence: u32::from(gone),
            starts_at: time.starts_at,
            ends_at: time.ends_at,
            summary,
            location,
            description,
            url: Some(page),
        },
        status,
        changed_at: time.changed_at,
    }
}

fn rendered(name: String, events: Vec<FeedEvent>, now: Timestamp) -> Rendered {
    let last = events.iter().map(|one| one.changed_at).max().unwrap_or(Timestamp::MIN);
    let changed_at = last.max(midnight(now));
    Rendered { text: Feed { name, refresh_minutes: REFRESH_MINUTES, events }.file(), changed_at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_also_before_the_epoch() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(midnight(at("2026-11-23T09:00:00Z")), at("2026-11-23T00:00:00Z"));
        assert_eq!(midnight(at("1969-12-31T23:00:00Z")), at("1969-12-31T00:00:00Z"));
    }
}
