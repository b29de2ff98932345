//! A gateway's changes as the core makes them, with a true chain and true sums.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};

use gateway_core::{Change, Stored};
use gateway_store::Store;
use protocols_access::Patterns;
use protocols_ids::{BootId, DoorId, GrantId, Uuid, ZoneId};
use protocols_wire::{
    CHAIN_START, CredentialKind, DoorWindow, Grant, GrantClass, JournalEntry, JournalEvent, Position, Seal,
    SealedCredential, SiteConfig, TableHash, TimeQuality, UnixMs, chain, encode, row_hash,
};

pub const GENERATION: u64 = 3;

pub fn boot() -> BootId {
    BootId::new(Uuid::from_u128(7))
}

pub fn door() -> DoorId {
    DoorId::new(Uuid::from_u128(1))
}

pub fn grant_id(number: u64) -> GrantId {
    GrantId::new(Uuid::from_u128(u128::from(number)))
}

pub fn zone(number: u64) -> ZoneId {
    ZoneId::new(Uuid::from_u128(u128::from(number)))
}

pub fn grant(number: u64, not_after: i64) -> Grant {
    Grant {
        id: grant_id(number),
        class: GrantClass::Visitor,
        booking_number: number,
        doors: vec![DoorWindow { door: door(), not_before: UnixMs(0), not_after: UnixMs(not_after) }],
        credentials: vec![SealedCredential { kind: CredentialKind::Pin, seal: Seal([7; 32]) }],
        zones: vec![],
        starts_at: UnixMs(0),
        ends_at: UnixMs(not_after),
        min_version: 1,
        responder: false,
    }
}

/// The hash over these rows.
pub fn hash<'a>(grants: impl IntoIterator<Item = &'a Grant>) -> [u8; 32] {
    grants.into_iter().fold(TableHash::default(), |sum, grant| sum.with(&row_hash(grant))).bytes()
}

/// A step of the table; what it does is set with `..`.
pub fn delta(upserts: Vec<Grant>, revision: u64) -> Change {
    let hash = hash(&upserts);
    let mut patterns = Patterns::default();
    Change::Grants {
        replace: false,
        upserts: upserts.into_iter().map(|grant| patterns.keep(grant)).collect(),
        removals: vec![],
        expired_before: None,
        position: Position { epoch: 2, revision },
        seal_id: 9,
        hash,
        taken_back: vec![],
    }
}

/// The step with what it removes, expires and takes back.
pub fn with(step: Change, gone: &[u64], expired: Option<i64>, back: &[(u64, i64)]) -> Change {
    let Change::Grants { replace, upserts, position, seal_id, hash, .. } = step else { panic!("a step") };
    Change::Grants {
        replace,
        upserts,
        removals: gone.iter().map(|number| grant_id(*number)).collect(),
        expired_before: expired.map(UnixMs),
        position,
        seal_id,
        hash,
        taken_back: back.iter().map(|(number, until)| (grant_id(*number), UnixMs(*until))).collect(),
    }
}

/// The step as a snapshot, in another epoch.
pub fn snapshot(step: Change) -> Change {
    let Change::Grants { upserts, removals, expired_before, position, hash, taken_back, .. } = step else {
        panic!("a step")
    };
    let position = Position { epoch: position.epoch + 1, ..position };
    Change::Grants {
        replace: true,
        upserts,
        removals,
        expired_before,
        position,
        seal_id: 10,
        hash,
        taken_back,
    }
}

/// Writes a journal, entry by entry.
#[derive(Clone)]
pub struct Pen {
    pub sequence: u64,
    pub chain: [u8; 32],
}

impl Default for Pen {
    fn default() -> Self {
        Self { sequence: 0, chain: CHAIN_START }
    }
}

impl Pen {
    /// Goes on where a file ends.
    pub fn after(stored: &Stored) -> Self {
        Self { sequence: stored.journal_head, chain: stored.journal_chain }
    }

    pub fn entry(&mut self, at: i64, event: JournalEvent) -> Change {
        self.sequence += 1;
        let entry = encode(&JournalEntry {
            sequence: self.sequence,
            at: UnixMs(at),
            time_quality: TimeQuality::Holdover,
            boot: boot(),
            uptime_ms: self.sequence,
            event,
        });
        self.chain = chain(&self.chain, &entry);
        Change::Append { sequence: self.sequence, at: UnixMs(at), entry, chain: self.chain }
    }

    /// The next entry, at a time that is its sequence in seconds.
    pub fn next(&mut self) -> Change {
        let at = i64::try_from(self.sequence + 1).unwrap() * 1_000;
        self.entry(at, JournalEvent::Started)
    }
}

pub fn acknowledged(sequence: u64, forget_before: i64) -> Change {
    Change::Acknowledged { sequence, forget_before: UnixMs(forget_before) }
}

pub fn lease(at: i64) -> Change {
    Change::Lease {
        lease_until: Some(UnixMs(at + 90)),
        heartbeat_at: UnixMs(at),
        time_floor: UnixMs(at),
        clock_error_ms: 40,
    }
}

pub fn site() -> SiteConfig {
    SiteConfig { revision: 4, site: "Idrottsvägen".into(), ..SiteConfig::default() }
}

pub fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("gateway.sqlite")
}

pub async fn open(path: &Path) -> Store {
    Store::open(path, GENERATION).await.unwrap()
}

/// Closed again before whoever called does something to the files: SQLite deletes the log by its name.
pub async fn reopened(path: &Path) -> Stored {
    let mut store = open(path).await;
    let stored = store.load(boot()).await.unwrap();
    store.close().await.unwrap();
    stored
}

pub fn numbers(stored: &Stored) -> Vec<u64> {
    stored.grants.iter().map(|grant| grant.grant().booking_number).collect()
}

pub fn sequences(stored: &Stored) -> Vec<u64> {
    stored.unacknowledged.iter().map(|entry| entry.sequence).collect()
}

/// Whether the journal that waits is chained from the acknowledged point to the head.
pub fn is_whole(stored: &Stored) -> bool {
    let mut at = stored.journal_acknowledged;
    let mut hash = stored.journal_acknowledged_chain;
    for entry in &stored.unacknowledged {
        hash = chain(&hash, &entry.entry);
        if entry.sequence != at + 1 || entry.chain != hash {
            return false;
        }
        at = entry.sequence;
    }
    at == stored.journal_head && hash == stored.journal_chain
}
