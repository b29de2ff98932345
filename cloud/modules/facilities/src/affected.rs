//! Which booked times are no longer within opening hours after a change of them.

use std::collections::BTreeMap;

use cloud_contracts::{ComingTime, Facilities as _, Facility, Open};
use jiff::ToSpan as _;
use jiff::civil::Date;
use protocols_ids::ResourceId;

use crate::FacilityRegister;

/// Of the times to come, those that were within the hours before and are not within those after. A time that was
/// outside before has been let in by somebody, or is a stay over night: no change of hours concerns it.
pub(crate) fn affected(before: &Facility, after: &Facility, coming: &[ComingTime]) -> Vec<ComingTime> {
    let mut of_resource: BTreeMap<ResourceId, Vec<&ComingTime>> = BTreeMap::new();
    for time in coming {
        of_resource.entry(time.resource).or_default().push(time);
    }
    let mut met = Vec::new();
    for (resource, times) in of_resource {
        let dates = times.iter().flat_map(|time| dates(before, time));
        let Some((first, last)) = dates.fold(None, |span: Option<(Date, Date)>, date| {
            Some(span.map_or((date, date), |(first, last)| (first.min(date), last.max(date))))
        }) else {
            continue;
        };
        let open = |facility: &Facility| FacilityRegister.open(facility, resource, first, last);
        let (was, is) = (open(before), open(after));
        let no_more = times.into_iter().filter(|time| within(&was, time) && !within(&is, time));
        met.extend(no_more.copied());
    }
    met.sort_unstable_by_key(|time| (time.starts_at, time.number));
    met
}

/// The date on which a time begins and the one after it ends, by the clock of the place: hours that run past midnight
/// are joined over it.
fn dates(facility: &Facility, time: &ComingTime) -> [Date; 2] {
    let date = |at: jiff::Timestamp| at.to_zoned(facility.time_zone.clone()).date();
    let ends = date(time.ends_at);
    [date(time.starts_at), ends.checked_add(1.day()).unwrap_or(ends)]
}

fn within(open: &[Open], time: &ComingTime) -> bool {
    open.iter().any(|span| span.starts_at <= time.starts_at && time.ends_at <= span.ends_at)
}

#[cfg(test)]
mod tests {
    use cloud_contracts::{HoursException, OpeningHours, Resource};
    use protocols_ids::{AuthorityId, FacilityId, PartId, Uuid};

    use super::*;

    fn hall(opens_minute: u16, closes_minute: u16) -> Facility {
        let id = Uuid::from_u128(1);
        let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap();
        let hours = |weekday| OpeningHours { weekday, opens_minute, closes_minute };
        let resource = Resource::named(ResourceId::new(id), "hallen", "Hallen", &[PartId::new(id)]);
        Facility {
            opening_hours: (1..=7).map(hours).collect(),
            resources: vec![resource],
            ..Facility::named(FacilityId::new(id), AuthorityId::new(id), "hallen", "Hallen", zone)
        }
    }

    fn time(number: u64, starts_at: &str, ends_at: &str) -> ComingTime {
        let resource = ResourceId::new(Uuid::from_u128(1));
        ComingTime {
            starts_at: starts_at.parse().unwrap(),
            ends_at: ends_at.parse().unwrap(),
            resource,
            number,
        }
    }

    fn numbers(before: &Facility, after: &Facility, coming: &[ComingTime]) -> Vec<u64> {
        affected(before, after, coming).iter().map(|time| time.number).collect()
    }

    #[test]
    fn a_time_that_was_within_the_hours_and_is_not_any_more_is_named() {
        let coming = [
            time(3, "2026-12-02T20:00:00Z", "2026-12-02T21:30:00Z"),
            time(1, "2026-12-01T17:00:00Z", "2026-12-01T18:00:00Z"),
            time(2, "2026-12-01T20:30:00Z", "2026-12-01T21:30:00Z"),
            time(4, "2026-12-03T20:00:00Z", "2026-12-03T21:00:00Z"),
        ];
        assert_eq!(
            numbers(&hall(480, 1380), &hall(480, 1320), &coming),
            [2, 3],
            "closed at ten instead of eleven"
        );
        assert_eq!(numbers(&hall(480, 1320), &hall(480, 1380), &coming), [0; 0], "longer hours meet nobody");
    }

    #[test]
    fn a_time_outside_the_hours_before_is_nobodys_business_now() {
        let night = [time(1, "2026-12-01T01:00:00Z", "2026-12-01T02:00:00Z")];
        assert_eq!(numbers(&hall(480, 1380), &hall(600, 1380), &night), [0; 0]);
    }

    #[test]
    fn a_time_over_midnight_is_within_hours_that_meet_there() {
        let over = [time(1, "2026-12-01T22:00:00Z", "2026-12-02T00:00:00Z")];
        assert_eq!(numbers(&hall(0, 1440), &hall(480, 1560), &over), [0; 0]);
        assert_eq!(numbers(&hall(0, 1440), &hall(480, 1440), &over), [1]);
    }

    #[test]
    fn an_exception_names_those_of_its_dates_alone() {
        let coming = [
            time(1, "2026-12-01T17:00:00Z", "2026-12-01T18:00:00Z"),
            time(2, "2026-12-02T17:00:00Z", "2026-12-02T18:00:00Z"),
        ];
        let before = hall(480, 1380);
        let mut after = before.clone();
        let date = Date::constant(2026, 12, 2);
        after.special_hours = cloud_contracts::SpecialHours {
            exceptions: vec![HoursException {
                resource: None,
                first: date,
                last: date,
                minutes: Vec::new(),
                reason: "Städdag".to_owned(),
            }],
            ..Default::default()
        };
        assert_eq!(numbers(&before, &after, &coming), [2]);
    }
}
