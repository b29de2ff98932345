use jiff::Timestamp;

use crate::request::check_one;
use crate::{Asked, Occupancy, Occurrence, Place, Resource, Span};

/// Alternatives shown at most: what fits on a phone without scrolling.
pub const ALTERNATIVES_MAX: usize = 4;
/// Neighbouring times among them at most, so that another place at the same time is seen too.
const OTHER_TIMES_MAX: usize = 2;
/// The longest day has an hour more, in a night when nobody books.
const DAY_MINUTES: u32 = 24 * 60;

/// What is free instead of a time that is taken: the nearest times of the same day with the same length, and the
/// same time elsewhere in the place, what belongs to the same hall and is about as large first. Each of them keeps to the rules.
pub fn alternatives(place: &Place, wanted: &Asked, taken: &Occupancy, now: Timestamp) -> Vec<Occurrence> {
    let Some(resource) = place.resource(wanted.resource) else { return Vec::new() };
    let free = |asked: Asked| check_one(place, &asked, now).ok().filter(|new| taken.has_room_for(new));

    let date = place.date_of(wanted.starts_at);
    let mut starts = place.starts_on(date, resource.rules.on(date).step());
    starts.retain(|start| *start != wanted.starts_at);
    starts.sort_by_key(|start| start.duration_since(wanted.starts_at).unsigned_abs());
    let other_times =
        starts.into_iter().filter_map(|starts_at| free(Asked { starts_at, ..*wanted })).take(OTHER_TIMES_MAX);

    let mut others: Vec<&Resource> = place.resources.iter().filter(|other| other.id != resource.id).collect();
    others
        .sort_by_key(|other| (!same_hall(resource, other), other.parts.len().abs_diff(resource.parts.len())));
    let elsewhere = others.into_iter().filter_map(|other| free(Asked { resource: other.id, ..*wanted }));

    other_times.chain(elsewhere).take(ALTERNATIVES_MAX).collect()
}

/// What must be known to be taken or free for [`alternatives`] to a time: the day before it and the day after it too, since
/// the same day may begin or end so far away.
pub fn neighbourhood(time: Span) -> Span {
    time.widened(DAY_MINUTES, DAY_MINUTES)
}

/// Halves of the same whole, or a whole and its half.
fn same_hall(a: &Resource, b: &Resource) -> bool {
    a.parent.unwrap_or(a.id) == b.parent.unwrap_or(b.id)
}
