//! From a booked time to a grant: which doors, and when each of them opens.

use protocols_ids::{DoorId, GrantId, ZoneId};
use protocols_wire::{
    CONTRACT_VERSION, DOORS_MAX, DoorWindow, Grant, GrantClass, SealedCredential, UnixMs, ZONES_MAX,
};

const MINUTE_MS: i64 = 60_000;

/// A booked time, without lead and lag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookedTime {
    /// From.
    pub starts_at: UnixMs,
    /// To.
    pub ends_at: UnixMs,
}

/// How long before and after the booked time a door opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoorTiming {
    /// Which door.
    pub door: DoorId,
    /// Minutes before.
    pub lead_minutes: u16,
    /// Minutes after.
    pub lag_minutes: u16,
}

impl DoorTiming {
    /// When the door opens for a booked time: half open, lead and lag included.
    pub fn window(&self, time: BookedTime) -> DoorWindow {
        DoorWindow {
            door: self.door,
            not_before: time.starts_at.plus_ms(minutes(self.lead_minutes).saturating_neg()),
            not_after: time.ends_at.plus_ms(minutes(self.lag_minutes)),
        }
    }
}

fn minutes(count: u16) -> i64 {
    i64::from(count).saturating_mul(MINUTE_MS)
}

/// What a resource needs at one gateway.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// The doors on the way to it.
    pub doors: Vec<DoorTiming>,
    /// What is lit for it.
    pub zones: Vec<ZoneId>,
}

/// From when to when some door opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenSpan {
    /// The first instant at which a door opens.
    pub opens_at: UnixMs,
    /// The first instant at which none opens any more.
    pub closes_at: UnixMs,
}

/// The span in which some door of `reach` opens for a booked time; `None` without doors.
pub fn open_span(time: BookedTime, reach: &Reach) -> Option<OpenSpan> {
    let windows = || reach.doors.iter().map(|door| door.window(time));
    Some(OpenSpan {
        opens_at: windows().map(|window| window.not_before).min()?,
        closes_at: windows().map(|window| window.not_after).max()?,
    })
}

/// A resource needs more doors or zones than one grant can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{doors} doors and {zones} zones; a grant names at most {DOORS_MAX} and {ZONES_MAX}")]
pub struct TooManyDoors {
    /// Doors.
    pub doors: usize,
    /// Zones.
    pub zones: usize,
}

/// A visitor's grant for one booked time at one gateway.
pub fn grant(
    id: GrantId,
    booking_number: u64,
    time: BookedTime,
    reach: &Reach,
    credential: SealedCredential,
) -> Result<Grant, TooManyDoors> {
    if reach.doors.len() > DOORS_MAX || reach.zones.len() > ZONES_MAX {
        return Err(TooManyDoors { doors: reach.doors.len(), zones: reach.zones.len() });
    }
    Ok(Grant {
        id,
        class: GrantClass::Visitor,
        booking_number,
        doors: reach.doors.iter().map(|door| door.window(time)).collect(),
        credentials: vec![credential],
        zones: reach.zones.clone(),
        starts_at: time.starts_at,
        ends_at: time.ends_at,
        min_version: CONTRACT_VERSION,
        responder: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocols_ids::Uuid;
    use protocols_wire::{CredentialKind, Seal};

    fn timing(door: u128, lead_minutes: u16, lag_minutes: u16) -> DoorTiming {
        DoorTiming { door: DoorId::new(Uuid::from_u128(door)), lead_minutes, lag_minutes }
    }

    const SEALED: SealedCredential = SealedCredential { kind: CredentialKind::Pin, seal: Seal([7; 32]) };

    #[test]
    fn each_door_opens_by_its_own_lead_and_lag() {
        let time = BookedTime { starts_at: UnixMs(3_600_000), ends_at: UnixMs(7_200_000) };
        let reach = Reach { doors: vec![timing(1, 15, 10), timing(2, 0, 30)], zones: vec![] };
        let id = GrantId::new(Uuid::from_u128(9));
        let grant = grant(id, 17, time, &reach, SEALED).unwrap();
        assert_eq!(grant.doors[0].not_before, UnixMs(2_700_000));
        assert_eq!(grant.doors[0].not_after, UnixMs(7_800_000));
        assert_eq!(grant.doors[1].not_before, UnixMs(3_600_000));
        assert_eq!(grant.doors[1].not_after, UnixMs(9_000_000));
        assert_eq!((grant.starts_at, grant.ends_at), (time.starts_at, time.ends_at));
        let span = open_span(time, &reach).unwrap();
        assert_eq!((span.opens_at, span.closes_at), (UnixMs(2_700_000), UnixMs(9_000_000)));
    }

    #[test]
    fn a_resource_without_doors_opens_nothing() {
        let time = BookedTime { starts_at: UnixMs(0), ends_at: UnixMs(1) };
        assert_eq!(open_span(time, &Reach::default()), None);
    }

    #[test]
    fn more_doors_than_a_grant_can_name_are_an_error_not_a_shorter_list() {
        let reach = Reach { doors: vec![timing(1, 0, 0); DOORS_MAX + 1], zones: vec![] };
        let time = BookedTime { starts_at: UnixMs(0), ends_at: UnixMs(1) };
        let id = GrantId::new(Uuid::from_u128(9));
        assert_eq!(grant(id, 1, time, &reach, SEALED), Err(TooManyDoors { doors: DOORS_MAX + 1, zones: 0 }));
    }

    proptest! {
        #[test]
        fn every_door_opens_within_the_span_and_at_least_during_the_booked_time(
            start in 0_i64..4_000_000_000_000, length in 1_i64..100_000_000,
            timings in prop::collection::vec((0_u16..1440, 0_u16..1440), 1..8),
        ) {
            let time = BookedTime { starts_at: UnixMs(start), ends_at: UnixMs(start + length) };
            let doors = timings.iter().zip(1..).map(|((lead, lag), id)| timing(id, *lead, *lag)).collect();
            let reach = Reach { doors, zones: vec![] };
            let span = open_span(time, &reach).unwrap();
            for door in &reach.doors {
                let window = door.window(time);
                prop_assert!(span.opens_at <= window.not_before && window.not_before <= time.starts_at);
                prop_assert!(time.ends_at <= window.not_after && window.not_after <= span.closes_at);
            }
        }
    }
}
