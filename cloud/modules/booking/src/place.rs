//! The register's facility in the words of the domain.

use booking_domain::{Place, Resource, Rules, SPAN_MINUTES_MAX, Span};
use cloud_contracts::{Facilities, Facility};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

/// Dates whose opening hours are worked out at most, from the first: three years. Nobody books further ahead than
/// that, and whoever asks for a time in each of two millennia is refused without the days between.
const DAYS_MAX: i64 = 3 * 366;

/// What the domain needs to know of a facility for times that start on these dates. A day more is known on both sides:
/// what covers the first row of a day may begin on the day before.
pub fn place_of(register: &dyn Facilities, facility: &Facility, first: Date, last: Date) -> Place {
    let first = first.yesterday().unwrap_or(first);
    let most = first.checked_add(DAYS_MAX.days()).unwrap_or(first);
    let last = last.tomorrow().unwrap_or(last).min(most);
    let resources = facility.resources.iter().map(|resource| {
        let open = register.open(facility, resource.id, first, last);
        Resource {
            id: resource.id,
            parent: resource.parent,
            parts: resource.parts.clone(),
            open: open.iter().filter_map(|open| Span::new(open.starts_at, open.ends_at)).collect(),
            rules: Rules {
                step_minutes: resource.rules.step.into(),
                shortest_minutes: resource.rules.shortest,
                longest_minutes: resource.rules.longest,
                lead_minutes: resource.rules.lead,
                horizon_minutes: resource.rules.horizon,
            },
        }
    });
    Place { time_zone: facility.time_zone.clone(), resources: resources.collect() }
}

/// The same for times that start at these instants: from the first to as long after the last as a time can take.
pub fn place_over(
    register: &dyn Facilities,
    facility: &Facility,
    starts: impl Iterator<Item = Timestamp> + Clone,
) -> Place {
    let date = |at: Timestamp| facility.time_zone.to_datetime(at).date();
    let first = starts.clone().min().map_or(Date::ZERO, date);
    let last = starts.max().map_or(first, date);
    let longest = i64::from(SPAN_MINUTES_MAX.div_ceil(24 * 60)).days();
    place_of(register, facility, first, last.checked_add(longest).unwrap_or(last))
}
