//! A snapshot of usual grants in parts of at most 64 KiB, as the cloud sends it. Included by path.
#![allow(dead_code, reason = "each bench uses a part of it")]

use protocols_access::Sealer;
use protocols_ids::{DoorId, GrantId, Uuid, ZoneId};
use protocols_wire::{
    CredentialKind, DoorWindow, Grant, GrantBatch, GrantClass, MESSAGE_BYTES_MAX, Signer, UnixMs, encode,
};

/// What frame and signature of a message take at most, with a margin.
const FRAME_BYTES_MAX: usize = 1024;
const HOUR_MS: i64 = 3_600_000;
/// Hours over which the grants are spread: less than the seven days that a visitor's lease lasts.
pub const HOURS: usize = 140;

/// The door of that number.
pub fn door(number: usize) -> DoorId {
    DoorId::new(Uuid::from_u128(0xD000 + wide(number)))
}

/// Where a snapshot leads, and under which secret.
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    /// Seals the PINs.
    pub sealer: &'a Sealer,
    /// The secret's id.
    pub seal_id: u32,
    /// The revision that is reached in epoch 1.
    pub revision: u64,
    /// When the cloud builds it, and the first hour begins.
    pub now: UnixMs,
    /// Doors on site.
    pub doors: usize,
}

/// The PIN of the grant of that number; no two below a million are equal.
pub fn pin(number: usize) -> String {
    format!("{:06}", number.wrapping_mul(7_919) % 1_000_000)
}

impl Snapshot<'_> {
    /// A booked hour as the demo's hall has it: an entrance, an inner door, two zones, one PIN.
    pub fn grant(&self, number: usize) -> Grant {
        let hour = i64::try_from(number % HOURS).expect("a few hours");
        let starts_at = self.now.plus_ms(hour * HOUR_MS);
        let ends_at = starts_at.plus_ms(HOUR_MS);
        let window = |door_number: usize, margin_ms: i64| DoorWindow {
            door: door(door_number % self.doors),
            not_before: starts_at.plus_ms(-margin_ms),
            not_after: ends_at.plus_ms(margin_ms),
        };
        let zone = |zone: usize| ZoneId::new(Uuid::from_u128(0xC000 + wide(zone % self.doors)));
        Grant {
            id: GrantId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + wide(number))),
            class: GrantClass::Visitor,
            booking_number: u64::try_from(number).expect("a number of 64 bits"),
            doors: vec![window(number, 900_000), window(number + 1, 600_000)],
            credentials: vec![self.sealer.credential(CredentialKind::Pin, &pin(number))],
            zones: vec![zone(number), zone(number + 1)],
            starts_at,
            ends_at,
            min_version: 1,
            responder: false,
        }
    }

    /// Signed parts that hold `grants`, as large as a message may be.
    pub fn parts(&self, grants: Vec<Grant>, topic: &str, signer: &Signer) -> Vec<Vec<u8>> {
        let mut parts: Vec<Vec<Grant>> = vec![Vec::new()];
        let mut bytes = 0;
        for grant in grants {
            let length = encode(&grant).len();
            if bytes + length > MESSAGE_BYTES_MAX - FRAME_BYTES_MAX {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += length;
            parts.last_mut().expect("there is a part").push(grant);
        }
        let of = u16::try_from(parts.len()).expect("fewer parts than the contract allows");
        let batches = (0..of).zip(parts).map(|(part, upserts)| GrantBatch {
            epoch: 1,
            base: 0,
            revision: self.revision,
            part,
            parts: of,
            upserts,
            removals: Vec::new(),
            expired_before: None,
            seal_id: self.seal_id,
            issued_at: self.now,
        });
        batches.map(|batch| signer.seal(topic, &batch)).collect()
    }
}

fn wide(number: usize) -> u128 {
    u128::try_from(number).expect("a number of 128 bits")
}
