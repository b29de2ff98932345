//! Where the grants lie, and how they are found by id and by seal.

use hashbrown::HashTable;
use protocols_ids::GrantId;
use protocols_wire::{Seal, SealedCredential, TableHash, UnixMs, row_hash};
use subtle::ConstantTimeEq;

use crate::KeptGrant;
use crate::taken_back::TakenBack;

/// What begins within this lies within any horizon: the usual one is twice as long.
const WITHIN_HORIZON_MS: i64 = 7 * 24 * 3_600_000;

/// One place for a grant.
///
/// ```text
///              upsert                      removed
///   Vacant ──────────────▶ Live ─────────────────────────▶ Revoked
///     ▲       taken back    │                                │ ▲
///     │ └──── before ─────▶ Barred ◀── comes again ──────────┘ │
///     │                     │  └───────────── removed ─────────┘
///     └────── expired ──────┴──────────────────────────────────── expired
/// ```
#[derive(Clone, Debug)]
enum Row {
    Vacant,
    /// In the table, and opens what it says.
    Live(KeptGrant),
    /// In the table, since the cloud has it, but it was taken back before: opens nothing.
    Barred(KeptGrant),
    /// Taken back and no longer in the table; remembered so that the journal can say so.
    Revoked(KeptGrant),
}

impl Row {
    const fn grant(&self) -> Option<&KeptGrant> {
        match self {
            Self::Vacant => None,
            Self::Live(grant) | Self::Barred(grant) | Self::Revoked(grant) => Some(grant),
        }
    }

    const fn in_table(&self) -> Option<&KeptGrant> {
        match self {
            Self::Vacant | Self::Revoked(_) => None,
            Self::Live(grant) | Self::Barred(grant) => Some(grant),
        }
    }
}

/// A grant that a credential matches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Match<'a> {
    Live(&'a KeptGrant),
    TakenBack(&'a KeptGrant),
}

/// The place of one credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    row: u32,
    credential: u16,
}

/// Grants by id and by seal. Several grants may share a seal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    places: Vec<Row>,
    vacant: Vec<u32>,
    by_id: HashTable<u32>,
    by_seal: HashTable<Place>,
    taken_back: TakenBack,
    /// What was taken back since [`Rows::take_news`].
    news: Vec<(GrantId, UnixMs)>,
    hash: TableHash,
    len: usize,
    barred: usize,
    not_understood: usize,
}

impl Rows {
    /// No rows, but the memory of what was taken back.
    pub(crate) fn remembering(taken_back: impl IntoIterator<Item = (GrantId, UnixMs)>) -> Self {
        let mut rows = Self::default();
        for (id, until) in taken_back {
            rows.taken_back.add(id, until);
            rows.taken_back.pop_surplus();
        }
        rows
    }

    /// Grants in the table.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Grants in the table that ask for a newer contract.
    pub(crate) const fn not_understood(&self) -> usize {
        self.not_understood
    }

    /// Grants in the table that were taken back before.
    pub(crate) const fn barred(&self) -> usize {
        self.barred
    }

    /// Over all grants in the table.
    pub(crate) const fn hash(&self) -> TableHash {
        self.hash
    }

    pub(crate) fn is_taken_back(&self, id: GrantId) -> bool {
        self.taken_back.contains(id)
    }

    /// The grant of that id, if it is in the table.
    pub(crate) fn get(&self, id: GrantId) -> Option<&KeptGrant> {
        self.row(self.find(id)?)?.in_table()
    }

    /// The grants in the table, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &KeptGrant> {
        self.places.iter().filter_map(Row::in_table)
    }

    /// Whether both tables hold the same grants.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().all(|grant| other.get(grant.id()) == Some(grant))
    }

    /// Every grant that the credential belongs to. Seals are compared in constant time.
    pub(crate) fn matching(&self, presented: SealedCredential) -> impl Iterator<Item = Match<'_>> {
        self.by_seal.iter_hash(seal_hash(&presented.seal)).filter_map(move |place| {
            let row = self.row(place.row)?;
            let credential = row.grant()?.credentials().get(usize::from(place.credential))?;
            let same: bool = credential.seal.0.ct_eq(&presented.seal.0).into();
            if !same || credential.kind != presented.kind {
                return None;
            }
            match row {
                Row::Live(grant) => Some(Match::Live(grant)),
                Row::Barred(grant) | Row::Revoked(grant) => Some(Match::TakenBack(grant)),
                Row::Vacant => None,
            }
        })
    }

    /// Adds a grant, or puts it in the place of the one with the same id. What was taken back stays so.
    pub(crate) fn upsert(&mut self, grant: KeptGrant) {
        self.drop_row(grant.id());
        self.hash = self.hash.with(&row_hash(&grant.grant()));
        self.len = self.len.saturating_add(1);
        self.not_understood = self.not_understood.saturating_add(usize::from(!grant.understood()));
        if self.taken_back.contains(grant.id()) {
            self.barred = self.barred.saturating_add(1);
            self.remember(grant.id(), grant.last_end());
            self.put(Row::Barred(grant));
        } else {
            self.put(Row::Live(grant));
        }
    }

    /// Takes a grant back. One that was never here is remembered until `unknown_until`: it may come late.
    pub(crate) fn take_back(&mut self, id: GrantId, unknown_until: UnixMs) {
        let row = self.drop_row(id);
        let grant = row.as_ref().and_then(Row::grant);
        self.remember(id, grant.map_or(unknown_until, KeptGrant::last_end));
        if let Some(grant) = grant
            && self.taken_back.contains(id)
        {
            self.put(Row::Revoked(grant.clone()));
        }
    }

    /// A snapshot that was built at `at` comes in the place of `before`. If it tells the same history, what it no longer
    /// has was taken back: unless that had ended, or begins so late that it may lie beyond the horizon.
    pub(crate) fn follow(&mut self, before: &Self, same_history: bool, at: UnixMs) {
        let soon = at.plus_ms(WITHIN_HORIZON_MS);
        for row in &before.places {
            match row {
                Row::Live(grant) | Row::Barred(grant) if self.find(grant.id()).is_none() => {
                    let left = same_history && grant.first_start() < soon && !grant.expired(at);
                    if left || self.is_taken_back(grant.id()) {
                        self.remember(grant.id(), grant.last_end());
                        self.put(Row::Revoked(grant.clone()));
                    }
                }
                Row::Revoked(grant) if self.is_taken_back(grant.id()) && self.find(grant.id()).is_none() => {
                    self.put(Row::Revoked(grant.clone()));
                }
                Row::Live(_) | Row::Barred(_) | Row::Revoked(_) | Row::Vacant => {}
            }
        }
    }

    /// An empty table that remembers what this one took back.
    pub(crate) fn successor(&self) -> Self {
        Self { taken_back: self.taken_back.clone(), ..Self::default() }
    }

    /// Forgets every grant that is [expired](KeptGrant::expired) before that instant, and ids that need not be
    /// remembered any more.
    pub(crate) fn expire(&mut self, before: UnixMs) {
        let ended = self.places.iter().filter_map(Row::grant).filter(|grant| grant.expired(before));
        let ended: Vec<GrantId> = ended.map(KeptGrant::id).collect();
        for id in ended {
            self.drop_row(id);
        }
        while let Some(id) = self.taken_back.pop_ended(before) {
            self.forget(id);
        }
    }

    /// Ids that were taken back since the last call, for the disk.
    pub(crate) fn take_news(&mut self) -> Vec<(GrantId, UnixMs)> {
        std::mem::take(&mut self.news)
    }

    fn remember(&mut self, id: GrantId, until: UnixMs) {
        if let Some(until) = self.taken_back.add(id, until) {
            self.news.push((id, until));
        }
        while let Some(surplus) = self.taken_back.pop_surplus() {
            self.forget(surplus);
        }
    }

    /// The row of an id that is no longer remembered goes with it, unless the cloud has it.
    fn forget(&mut self, id: GrantId) {
        if let Some(at) = self.find(id)
            && let Some(Row::Revoked(_)) = self.row(at)
        {
            self.drop_row(id);
        }
    }

    fn find(&self, id: GrantId) -> Option<u32> {
        self.by_id.find(id_hash(id), |row| self.id_at(*row) == Some(id)).copied()
    }

    fn row(&self, at: u32) -> Option<&Row> {
        self.places.get(usize::try_from(at).ok()?)
    }

    fn id_at(&self, row: u32) -> Option<GrantId> {
        self.row(row).and_then(Row::grant).map(KeptGrant::id)
    }

    fn put(&mut self, row: Row) {
        let Some(grant) = row.grant().cloned() else { return };
        let at = self.vacant.pop().or_else(|| u32::try_from(self.places.len()).ok());
        // There are never more rows than a table and its memory may have, far below 2³².
        let Some(at) = at else { return };
        let index = usize::try_from(at).unwrap_or(usize::MAX);
        match self.places.get_mut(index) {
            Some(place) => *place = row,
            None => self.places.push(row),
        }
        let places = &self.places;
        let owner =
            |other: u32| usize::try_from(other).ok().and_then(|at| places.get(at)).and_then(Row::grant);
        self.by_id.insert_unique(id_hash(grant.id()), at, |other| {
            owner(*other).map_or(0, |grant| id_hash(grant.id()))
        });
        for (credential, sealed) in (0_u16..).zip(grant.credentials()) {
            let place = Place { row: at, credential };
            self.by_seal.insert_unique(seal_hash(&sealed.seal), place, |other| {
                owner(other.row)
                    .and_then(|grant| grant.credentials().get(usize::from(other.credential)))
                    .map_or(0, |credential| seal_hash(&credential.seal))
            });
        }
    }

    fn drop_row(&mut self, id: GrantId) -> Option<Row> {
        let at = self.find(id)?;
        if let Ok(entry) = self.by_id.find_entry(id_hash(id), |row| *row == at) {
            entry.remove();
        }
        let row = std::mem::replace(self.places.get_mut(usize::try_from(at).ok()?)?, Row::Vacant);
        self.vacant.push(at);
        for (credential, sealed) in (0_u16..).zip(row.grant()?.credentials()) {
            let place = Place { row: at, credential };
            if let Ok(entry) = self.by_seal.find_entry(seal_hash(&sealed.seal), |other| *other == place) {
                entry.remove();
            }
        }
        if let Some(grant) = row.in_table() {
            self.hash = self.hash.without(&row_hash(&grant.grant()));
            self.len = self.len.saturating_sub(1);
            self.not_understood = self.not_understood.saturating_sub(usize::from(!grant.understood()));
        }
        if let Row::Barred(_) = row {
            self.barred = self.barred.saturating_sub(1);
        }
        Some(row)
    }
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
    use protocols_wire::{CredentialKind, DoorWindow, Grant, GrantClass};

    use crate::taken_back::TAKEN_BACK_MAX;

    fn grant(id: u32, ends_at: i64) -> KeptGrant {
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
        .into()
    }

    fn id(number: u32) -> GrantId {
        GrantId::new(Uuid::from_u128(number.into()))
    }

    fn summed(rows: &Rows) -> TableHash {
        rows.iter().fold(TableHash::default(), |sum, grant| sum.with(&row_hash(&grant.grant())))
    }

    #[test]
    fn grants_that_come_and_go_leave_nothing_behind() {
        let mut rows = Rows::default();
        for round in 0..20 {
            for number in 0..500 {
                rows.upsert(grant(number, round));
            }
            for number in 0..250 {
                rows.take_back(id(number), UnixMs(round));
            }
            assert_eq!(rows.hash(), summed(&rows));
        }
        assert_eq!((rows.len(), rows.places.len(), rows.by_id.len()), (250, 500, 500));
        rows.expire(UnixMs(20));
        assert_eq!((rows.len(), rows.by_id.len(), rows.by_seal.len()), (0, 0, 0));
        assert_eq!(rows.vacant.len(), rows.places.len());
        assert_eq!(rows.hash(), TableHash::default());
        assert!(!rows.is_taken_back(id(1)));
    }

    #[test]
    fn only_so_many_taken_back_are_remembered_and_those_that_end_first_are_forgotten_first() {
        let mut rows = Rows::default();
        let most = u32::try_from(TAKEN_BACK_MAX).unwrap();
        for number in 0..most + 100 {
            rows.upsert(grant(number, i64::from(most + 100 - number)));
            rows.take_back(id(number), UnixMs(0));
        }
        assert_eq!((rows.len(), rows.by_id.len()), (0, TAKEN_BACK_MAX));
        assert!(rows.is_taken_back(id(0)) && !rows.is_taken_back(id(most + 99)));
    }

    #[test]
    fn what_was_taken_back_is_barred_when_it_comes_again_and_remembered_as_long_as_it_is_there() {
        let mut rows = Rows::remembering([(id(1), UnixMs(10))]);
        rows.upsert(grant(1, 50));
        assert_eq!((rows.len(), rows.barred()), (1, 1));
        assert_eq!(rows.hash(), summed(&rows));
        assert_eq!(rows.take_news(), [(id(1), UnixMs(50))]);
        rows.expire(UnixMs(50));
        assert!(rows.is_taken_back(id(1)));
        rows.expire(UnixMs(51));
        assert!(!rows.is_taken_back(id(1)));
        assert_eq!((rows.len(), rows.barred()), (0, 0));
    }
}
