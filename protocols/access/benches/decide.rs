//! What a decision costs: a PIN as it was typed is sealed, and looked for among 100 000 grants.
//!
//! `decide_ns_100k_grants` and `decide_allocations`, see `docs/benchmarks.md`.

#[path = "../../../e2e/bench/figure.rs"]
mod figure;
#[path = "../../../e2e/bench/snapshot.rs"]
mod snapshot;

use std::alloc::System;
use std::hint::black_box;
use std::time::Instant;

use figure::{Dice, Figure, percentile, quick};
use hashbrown::HashTable;
use protocols_access::{Attempt, Decision, GrantTable, Lease, Sealer, Site, decide};
use protocols_ids::DoorId;
use protocols_wire::{CredentialKind, Position, PostureMode, SitePolicy, TimeQuality, UnixMs};
use snapshot::{Snapshot, door, pin};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const GRANTS: usize = 100_000;
const DOORS: usize = 32;
/// Attempts in a round: enough that neither their own memory nor the table's stays in the first caches.
const ATTEMPTS: usize = 100_000;
const NOW: UnixMs = UnixMs(1_795_000_000_000);
const SECRET: [u8; 32] = [7; 32];

/// Somebody at a keypad.
struct Shown {
    pin: String,
    door: DoorId,
    at: UnixMs,
    /// Whether the door must open.
    good: bool,
}

/// Half of them right: a grant of the table, at its door, in its hour. Half of them a PIN that nobody has.
fn attempts(table: &Snapshot<'_>) -> Vec<Shown> {
    let mut dice = Dice::new(1);
    let one = |_| {
        let good = dice.below(2) == 0;
        let number = if good { dice.below(GRANTS) } else { GRANTS + dice.below(1_000_000 - GRANTS) };
        let at = table.grant(number).starts_at.plus_ms(60_000);
        Shown { pin: pin(number), door: door(number % DOORS), at, good }
    };
    (0..ATTEMPTS).map(one).collect()
}

fn main() {
    let sealer = Sealer::new(&SECRET);
    let snapshot = Snapshot { sealer: &sealer, seal_id: 1, revision: 1, now: NOW, doors: DOORS };
    let grants: Vec<_> = (0..GRANTS).map(|number| snapshot.grant(number)).collect();
    let bare_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &SECRET);
    let mut bare: HashTable<([u8; 32], usize)> = HashTable::with_capacity(GRANTS);
    for (number, grant) in grants.iter().enumerate() {
        let seal = grant.credentials[0].seal.0;
        bare.insert_unique(bare_hash(&seal), (seal, number), |(seal, _)| bare_hash(seal));
    }
    let table = GrantTable::load(Position { epoch: 1, revision: 1 }, 1, grants);
    let site = Site {
        posture: PostureMode::Normal,
        time_quality: TimeQuality::Synchronised,
        lease: Lease { heartbeat_at: Some(NOW), until: Some(NOW.plus_ms(30 * 24 * 3_600_000)) },
        policy: SitePolicy::default(),
    };
    let attempts = attempts(&snapshot);
    let answer = |shown: &Shown| {
        let presented = sealer.credential(CredentialKind::Pin, &shown.pin);
        decide(&table, &site, &Attempt { presented, door: shown.door, at: shown.at, locked_out: false })
    };
    for shown in &attempts {
        let admits = matches!(answer(shown), Decision::Admit { .. });
        assert_eq!(admits, shown.good, "a PIN was decided wrongly: {}", shown.pin);
    }

    let rounds = if quick() { 3 } else { 25 };
    let (mut decided, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        decided.push(nanoseconds_each(&attempts, |shown| {
            black_box(answer(black_box(shown)));
        }));
        floors.push(nanoseconds_each(&attempts, |shown| {
            let mut text = [1; 7];
            text[1..].copy_from_slice(black_box(shown).pin.as_bytes());
            let tag = ring::hmac::sign(&bare_key, &text);
            let seal: [u8; 32] = tag.as_ref().try_into().expect("a tag has 32 bytes");
            black_box(bare.find(bare_hash(&seal), |(other, _)| *other == seal));
        }));
    }
    Figure {
        name: "decide_ns_100k_grants",
        value: percentile(&decided, 50),
        unit: "ns",
        goal: Some(1000.0),
        floor: Some(percentile(&floors, 50)),
        note: "median of the rounds, each 100 000 random PINs of which half open; sealing included. \
               Floor: HMAC-SHA-256 by ring and one look-up in a hash table of seals",
    }
    .tell();

    let counts = Region::new(ALLOCATOR);
    drop(black_box(Box::new(0_u8)));
    assert_eq!(counts.change().allocations, 1, "allocations are counted");
    let region = Region::new(ALLOCATOR);
    for shown in &attempts {
        black_box(answer(black_box(shown)));
    }
    let change = region.change();
    let calls = u32::try_from(change.allocations + change.reallocations).expect("a few at most");
    Figure {
        name: "decide_allocations",
        value: f64::from(calls),
        unit: "allocations",
        goal: Some(0.0),
        floor: Some(0.0),
        note: "allocations and reallocations in 100 000 decisions, counted by the global allocator",
    }
    .tell();
}

fn bare_hash(seal: &[u8; 32]) -> u64 {
    seal.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn nanoseconds_each(attempts: &[Shown], one: impl FnMut(&Shown)) -> f64 {
    let began = Instant::now();
    attempts.iter().for_each(one);
    began.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(attempts.len()).expect("a count"))
}
