//! A grant as it is kept: small, shared between table and disk, and the same as it came when it is asked for.
//!
//! Grants of one resource reach the same doors with the same lead and lag and light the same zones. That part is
//! shared between them ([`Patterns`]), so that 50 000 grants take about 130 bytes each.

use std::sync::Arc;

use hashbrown::HashTable;
use protocols_ids::{DoorId, GrantId, ZoneId};
use protocols_wire::{CONTRACT_VERSION, DoorWindow, Grant, GrantClass, SealedCredential, UnixMs};

/// A grant as it is kept. A clone is another hold on the same grant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptGrant(Arc<Kept>);

#[derive(PartialEq, Eq, Debug)]
struct Kept {
    id: GrantId,
    booking_number: u64,
    starts_at: UnixMs,
    ends_at: UnixMs,
    pattern: Arc<Pattern>,
    credentials: Credentials,
    min_version: u16,
    class: GrantClass,
    responder: bool,
}

/// Nearly every grant has one credential: it needs no room elsewhere.
#[derive(PartialEq, Eq, Debug)]
enum Credentials {
    One(SealedCredential),
    Many(Box<[SealedCredential]>),
}

/// Doors and zones, as seen from the booked time.
#[derive(PartialEq, Eq, Hash, Debug)]
struct Pattern {
    doors: Box<[Reach]>,
    zones: Box<[ZoneId]>,
}

/// One door. The differences wrap, so that each instant comes back as it was.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Reach {
    door: DoorId,
    from_start_ms: i64,
    from_end_ms: i64,
}

impl KeptGrant {
    /// The grant's own id.
    pub fn id(&self) -> GrantId {
        self.0.id
    }

    /// The booking's number, as people see it; 0 where there is none.
    pub fn booking_number(&self) -> u64 {
        self.0.booking_number
    }

    /// Visitor, staff or technician.
    pub fn class(&self) -> GrantClass {
        self.0.class
    }

    /// The doors that it opens, each with its window.
    pub fn windows(&self) -> impl Iterator<Item = DoorWindow> {
        self.0.pattern.doors.iter().map(|reach| DoorWindow {
            door: reach.door,
            not_before: UnixMs(self.0.starts_at.0.wrapping_add(reach.from_start_ms)),
            not_after: UnixMs(self.0.ends_at.0.wrapping_add(reach.from_end_ms)),
        })
    }

    /// What opens.
    pub fn credentials(&self) -> &[SealedCredential] {
        match &self.0.credentials {
            Credentials::One(credential) => std::slice::from_ref(credential),
            Credentials::Many(credentials) => credentials,
        }
    }

    /// What is lit for it.
    pub fn zones(&self) -> &[ZoneId] {
        &self.0.pattern.zones
    }

    /// When the booked time itself ends, without lag.
    pub fn ends_at(&self) -> UnixMs {
        self.0.ends_at
    }

    /// Whether it opens in a lockdown.
    pub fn responder(&self) -> bool {
        self.0.responder
    }

    /// Whether this program knows every restriction that the grant may carry.
    pub fn understood(&self) -> bool {
        self.0.min_version <= CONTRACT_VERSION
    }

    /// When the last of its windows ends; the beginning of time for a grant without windows.
    pub fn last_end(&self) -> UnixMs {
        self.windows().map(|window| window.not_after).max().unwrap_or(UnixMs(i64::MIN))
    }

    /// When the first of its windows begins; the beginning of time for a grant without windows.
    pub fn first_start(&self) -> UnixMs {
        self.windows().map(|window| window.not_before).min().unwrap_or(UnixMs(i64::MIN))
    }

    /// See [`expired`].
    pub fn expired(&self, before: UnixMs) -> bool {
        over(self.windows(), before)
    }

    /// The grant as it came.
    pub fn grant(&self) -> Grant {
        Grant {
            id: self.0.id,
            class: self.0.class,
            booking_number: self.0.booking_number,
            doors: self.windows().collect(),
            credentials: self.credentials().to_vec(),
            zones: self.zones().to_vec(),
            starts_at: self.0.starts_at,
            ends_at: self.0.ends_at,
            min_version: self.0.min_version,
            responder: self.0.responder,
        }
    }

    fn new(grant: Grant, share: impl FnOnce(Pattern) -> Arc<Pattern>) -> Self {
        let reach = |window: &DoorWindow| Reach {
            door: window.door,
            from_start_ms: window.not_before.0.wrapping_sub(grant.starts_at.0),
            from_end_ms: window.not_after.0.wrapping_sub(grant.ends_at.0),
        };
        let doors = grant.doors.iter().map(reach).collect();
        let credentials = match grant.credentials.as_slice() {
            [one] => Credentials::One(*one),
            many => Credentials::Many(many.into()),
        };
        Self(Arc::new(Kept {
            id: grant.id,
            booking_number: grant.booking_number,
            starts_at: grant.starts_at,
            ends_at: grant.ends_at,
            pattern: share(Pattern { doors, zones: grant.zones.into_boxed_slice() }),
            credentials,
            min_version: grant.min_version,
            class: grant.class,
            responder: grant.responder,
        }))
    }
}

/// Whether every window of the grant ended before that instant: then both ends let it go when a batch says so. A
/// grant without windows opens nothing and goes as well.
pub fn expired(grant: &Grant, before: UnixMs) -> bool {
    over(grant.doors.iter().copied(), before)
}

fn over(mut windows: impl Iterator<Item = DoorWindow>, before: UnixMs) -> bool {
    windows.all(|window| window.not_after < before)
}

impl From<Grant> for KeptGrant {
    /// By itself, sharing nothing.
    fn from(grant: Grant) -> Self {
        Self::new(grant, Arc::new)
    }
}

/// What the grants of one table share.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    known: HashTable<Arc<Pattern>>,
    tidy_at: usize,
}

/// Patterns below which nothing is tidied away: more than a site has resources.
const TIDY_FROM: usize = 1024;

impl Patterns {
    /// Keeps a grant, sharing what it has in common with those kept before.
    pub fn keep(&mut self, grant: Grant) -> KeptGrant {
        self.tidy();
        KeptGrant::new(grant, |pattern| self.shared(pattern))
    }

    fn shared(&mut self, pattern: Pattern) -> Arc<Pattern> {
        let hash = pattern_hash(&pattern);
        if let Some(known) = self.known.find(hash, |known| **known == pattern) {
            return Arc::clone(known);
        }
        let pattern = Arc::new(pattern);
        self.known.insert_unique(hash, Arc::clone(&pattern), |known| pattern_hash(known));
        pattern
    }

    /// Lets go of what no grant has any more, each time that the patterns have doubled.
    fn tidy(&mut self) {
        if self.known.len() >= self.tidy_at.max(TIDY_FROM) {
            self.known.retain(|pattern| Arc::strong_count(pattern) > 1);
            self.tidy_at = self.known.len().saturating_mul(2);
        }
    }
}

/// Only spreads: whoever could choose patterns that meet here signs grants.
fn pattern_hash(pattern: &Pattern) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    pattern.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocols_ids::Uuid;
    use protocols_wire::{CredentialKind, Seal};

    fn credential(byte: u8) -> SealedCredential {
        SealedCredential { kind: CredentialKind::Pin, seal: Seal([byte; 32]) }
    }

    fn grant(number: u128, starts_at: i64, doors: &[(u128, i64, i64)], credentials: usize) -> Grant {
        Grant {
            id: GrantId::new(Uuid::from_u128(number)),
            class: GrantClass::Staff,
            booking_number: 7,
            doors: doors
                .iter()
                .map(|(door, from, to)| DoorWindow {
                    door: DoorId::new(Uuid::from_u128(*door)),
                    not_before: UnixMs(*from),
                    not_after: UnixMs(*to),
                })
                .collect(),
            credentials: (0..credentials).map(|n| credential(u8::try_from(n).unwrap())).collect(),
            zones: vec![ZoneId::new(Uuid::from_u128(3))],
            starts_at: UnixMs(starts_at),
            ends_at: UnixMs(starts_at.saturating_add(5)),
            min_version: 1,
            responder: true,
        }
    }

    proptest! {
        #[test]
        fn a_grant_comes_back_as_it_was_kept(
            starts_at in any::<i64>(),
            doors in prop::collection::vec((1_u128..4, any::<i64>(), any::<i64>()), 0..4),
            credentials in 0_usize..4,
        ) {
            let grant = grant(1, starts_at, &doors, credentials);
            let kept = Patterns::default().keep(grant.clone());
            prop_assert_eq!(kept.grant(), grant.clone());
            prop_assert_eq!(&KeptGrant::from(grant.clone()), &kept);
            prop_assert_eq!(kept.expired(UnixMs(0)), grant.doors.iter().all(|w| w.not_after < UnixMs(0)));
        }
    }

    #[test]
    fn bookings_of_one_resource_share_its_doors_and_what_is_gone_is_let_go() {
        let mut patterns = Patterns::default();
        let booked = |n: u32| grant(n.into(), i64::from(n), &[(1, i64::from(n) - 10, i64::from(n) + 10)], 1);
        let kept: Vec<KeptGrant> = (0..500).map(|n| patterns.keep(booked(n))).collect();
        assert_eq!((kept.len(), patterns.known.len()), (500, 1));
        for n in 0..10_000 {
            patterns.keep(grant(1, 0, &[(1, n, n)], 1));
        }
        assert!(patterns.known.len() <= TIDY_FROM, "{}", patterns.known.len());
        assert_eq!(kept[7].grant(), booked(7));
    }

    #[test]
    fn a_kept_grant_is_small() {
        assert!(size_of::<Kept>() <= 112, "{}", size_of::<Kept>());
    }
}
