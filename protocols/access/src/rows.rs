//! Where the grants lie, and how they are found by id and by seal.

use std::collections::VecDeque;

use hashbrown::HashTable;
use protocols_ids::GrantId;
use protocols_wire::{CONTRACT_VERSION, Grant, Seal, SealedCredential, UnixMs};
use subtle::ConstantTimeEq;

/// Removed grants that are remembered, so that the journal can say 'revoked' and not 'unknown': a week of
/// cancellations in a busy house. Memory only; a restart or a snapshot forgets them.
const REVOKED_MAX: usize = 1024;

/// One place for a grant.
#[derive(Clone, Debug)]
enum Row {
    Vacant,
    Live(Grant),
    Revoked(Grant),
}

impl Row {
    const fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Vacant => None,
            Self::Live(grant) | Self::Revoked(grant) => Some(grant),
        }
    }
}

/// A grant that a credential matches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Match<'a> {
    Live(&'a Grant),
    Revoked(&'a Grant),
}

/// The place of one credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    row: usize,
    credential: usize,
}

/// Grants by id and by seal. Several grants may share a seal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    places: Vec<Row>,
    vacant: Vec<usize>,
    by_id: HashTable<usize>,
    by_seal: HashTable<Place>,
    revoked: VecDeque<GrantId>,
    live: usize,
    not_understood: usize,
}

impl Rows {
    /// Live grants.
    pub(crate) const fn len(&self) -> usize {
        self.live
    }

    /// Live grants that ask for a newer contract.
    pub(crate) const fn not_understood(&self) -> usize {
        self.not_understood
    }

    /// The live grant of that id.
    pub(crate) fn get(&self, id: GrantId) -> Option<&Grant> {
        match self.places.get(self.find(id)?)? {
            Row::Live(grant) => Some(grant),
            Row::Revoked(_) | Row::Vacant => None,
        }
    }

    /// The live grants, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.places.iter().filter_map(|row| match row {
            Row::Live(grant) => Some(grant),
            Row::Revoked(_) | Row::Vacant => None,
        })
    }

    /// Whether both hold the same live grants.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.live == other.live && self.iter().all(|grant| other.get(grant.id) == Some(grant))
    }

    /// Every grant, live or revoked, that the credential belongs to. Seals are compared in constant time.
    pub(crate) fn matching(&self, presented: SealedCredential) -> impl Iterator<Item = Match<'_>> {
        self.by_seal.iter_hash(seal_hash(&presented.seal)).filter_map(move |place| {
            let row = self.places.get(place.row)?;
            let credential = row.grant()?.credentials.get(place.credential)?;
            let same: bool = credential.seal.0.ct_eq(&presented.seal.0).into();
            match row {
                Row::Live(grant) if same && credential.kind == presented.kind => Some(Match::Live(grant)),
                Row::Revoked(grant) if same && credential.kind == presented.kind => {
                    Some(Match::Revoked(grant))
                }
                Row::Live(_) | Row::Revoked(_) | Row::Vacant => None,
            }
        })
    }

    /// Adds a grant, or puts it in the place of the one with the same id.
    pub(crate) fn upsert(&mut self, grant: Grant) {
        self.drop_row(grant.id);
        self.live = self.live.saturating_add(1);
        self.not_understood = self.not_understood.saturating_add(usize::from(!understood(&grant)));
        self.put(Row::Live(grant));
    }

    /// Removes a grant but remembers that it was there.
    pub(crate) fn revoke(&mut self, id: GrantId) {
        if self.get(id).is_none() {
            return;
        }
        let Some(Row::Live(grant)) = self.drop_row(id) else { return };
        self.put(Row::Revoked(grant));
        self.revoked.push_back(id);
        if self.revoked.len() > REVOKED_MAX
            && let Some(oldest) = self.revoked.front().copied()
        {
            self.drop_row(oldest);
        }
    }

    /// Forgets every grant that [`expired`] before that instant.
    pub(crate) fn expire(&mut self, before: UnixMs) {
        let gone: Vec<GrantId> =
            self.places.iter().filter_map(Row::grant).filter(|g| expired(g, before)).map(|g| g.id).collect();
        for id in gone {
            self.drop_row(id);
        }
    }

    fn find(&self, id: GrantId) -> Option<usize> {
        self.by_id.find(id_hash(id), |row| self.id_at(*row) == Some(id)).copied()
    }

    fn id_at(&self, row: usize) -> Option<GrantId> {
        self.places.get(row).and_then(Row::grant).map(|grant| grant.id)
    }

    fn put(&mut self, row: Row) {
        let Some(grant) = row.grant() else { return };
        let at = self.vacant.pop().unwrap_or(self.places.len());
        let places = &self.places;
        let id = grant.id;
        self.by_id.insert_unique(id_hash(id), at, |other| {
            places.get(*other).and_then(Row::grant).map_or(0, |grant| id_hash(grant.id))
        });
        for (credential, sealed) in grant.credentials.iter().enumerate() {
            let place = Place { row: at, credential };
            // `at` is not in `places` yet: its own seals are read from the grant.
            self.by_seal.insert_unique(seal_hash(&sealed.seal), place, |other| {
                let owner =
                    if other.row == at { Some(grant) } else { places.get(other.row).and_then(Row::grant) };
                owner.and_then(|g| g.credentials.get(other.credential)).map_or(0, |c| seal_hash(&c.seal))
            });
        }
        match self.places.get_mut(at) {
            Some(place) => *place = row,
            None => self.places.push(row),
        }
    }

    fn drop_row(&mut self, id: GrantId) -> Option<Row> {
        let at = self.find(id)?;
        if let Ok(entry) = self.by_id.find_entry(id_hash(id), |row| *row == at) {
            entry.remove();
        }
        let row = std::mem::replace(self.places.get_mut(at)?, Row::Vacant);
        self.vacant.push(at);
        for (credential, sealed) in row.grant()?.credentials.iter().enumerate() {
            let place = Place { row: at, credential };
            if let Ok(entry) = self.by_seal.find_entry(seal_hash(&sealed.seal), |other| *other == place) {
                entry.remove();
            }
        }
        match &row {
            Row::Live(grant) => {
                self.live = self.live.saturating_sub(1);
                self.not_understood = self.not_understood.saturating_sub(usize::from(!understood(grant)));
            }
            Row::Revoked(_) => self.revoked.retain(|other| *other != id),
            Row::Vacant => {}
        }
        Some(row)
    }
}

impl FromIterator<Grant> for Rows {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        let mut rows = Self::default();
        for grant in grants {
            rows.upsert(grant);
        }
        rows
    }
}

/// Whether every window of the grant ended before that instant: then both ends let it go when a batch says
/// so. A grant without windows opens nothing and goes as well.
pub fn expired(grant: &Grant, before: UnixMs) -> bool {
    grant.doors.iter().all(|window| window.not_after < before)
}

/// Whether this program knows every restriction that the grant may carry.
pub(crate) const fn understood(grant: &Grant) -> bool {
    grant.min_version <= CONTRACT_VERSION
}

/// A seal is uniform already: eight bytes of it are a hash.
fn seal_hash(seal: &Seal) -> u64 {
    seal.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The last half of an id is its random part; the odd factor spreads ids that were counted up.
fn id_hash(id: GrantId) -> u64 {
    let (_, random) = id.uuid().as_u64_pair();
    random.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::Uuid;
    use protocols_wire::{CredentialKind, DoorWindow, GrantClass};

    fn grant(id: u32, ends_at: i64) -> Grant {
        let pin = |number: u32| {
            let mut seal = [0; 32];
            seal[..4].copy_from_slice(&number.to_be_bytes());
            SealedCredential { kind: CredentialKind::Pin, seal: Seal(seal) }
        };
        let door = protocols_ids::DoorId::new(Uuid::from_u128(1));
        Grant {
            id: GrantId::new(Uuid::from_u128(id.into())),
            class: GrantClass::Visitor,
            booking_number: 0,
            doors: vec![DoorWindow { door, not_before: UnixMs(0), not_after: UnixMs(ends_at) }],
            credentials: vec![pin(id), pin(id % 7)],
            zones: Vec::new(),
            starts_at: UnixMs(0),
            ends_at: UnixMs(ends_at),
            min_version: 1,
            responder: false,
        }
    }

    #[test]
    fn grants_that_come_and_go_leave_nothing_behind() {
        let mut rows = Rows::default();
        for round in 0..20 {
            for id in 0..500 {
                rows.upsert(grant(id, round));
            }
            for id in 0..250 {
                rows.revoke(GrantId::new(Uuid::from_u128(id)));
            }
        }
        assert_eq!((rows.len(), rows.places.len(), rows.by_id.len()), (250, 500, 500));
        rows.expire(UnixMs(20));
        assert_eq!((rows.len(), rows.by_id.len(), rows.by_seal.len()), (0, 0, 0));
        assert_eq!(rows.vacant.len(), rows.places.len());
    }

    #[test]
    fn only_so_many_revoked_grants_are_remembered_and_no_live_one_is_lost_to_them() {
        let mut rows = Rows::default();
        let many = u32::try_from(REVOKED_MAX).unwrap() + 100;
        for id in 0..many {
            rows.upsert(grant(id, 1));
            rows.revoke(grant(id, 1).id);
        }
        rows.upsert(grant(150, 1));
        for id in many..many + 100 {
            rows.upsert(grant(id, 1));
            rows.revoke(grant(id, 1).id);
        }
        assert_eq!(rows.len(), 1);
        assert!(rows.get(grant(150, 1).id).is_some());
        assert_eq!(rows.by_id.len(), REVOKED_MAX + 1);
    }
}
