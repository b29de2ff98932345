//! A change of a gateway's table in parts that fit into a message each.

use protocols_ids::GrantId;
use protocols_wire::{Grant, GrantBatch, MESSAGE_BYTES_MAX, UnixMs, encode};

/// What COSE adds to a payload: headers, key id and signature take about 120 bytes; the rest is room to grow.
const SIGNATURE_BYTES_MAX: usize = 512;
/// Bytes of an id in a list of removals: 16 and their length.
const REMOVAL_BYTES: usize = 17;
/// Grants and removals of one part.
const PART_BYTES_MAX: usize = MESSAGE_BYTES_MAX.saturating_sub(SIGNATURE_BYTES_MAX);

/// What the parts of a batch have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchHead {
    /// The epoch.
    pub epoch: u64,
    /// What it builds on; 0 for a snapshot.
    pub base: u64,
    /// What is reached.
    pub revision: u64,
    /// Rows that ended before this leave the table.
    pub expired_before: Option<UnixMs>,
    /// The sealing secret.
    pub seal_id: u32,
    /// When it was built.
    pub issued_at: UnixMs,
}

/// Splits a change into parts, each of which fits into one signed message. Always at least one part.
///
/// Every grant and every removal is in exactly one part. `None` when there would be more parts than the
/// contract can number.
pub fn split(head: BatchHead, upserts: Vec<Grant>, removals: Vec<GrantId>) -> Option<Vec<GrantBatch>> {
    let empty = || GrantBatch {
        epoch: head.epoch,
        base: head.base,
        revision: head.revision,
        part: u16::MAX,
        parts: u16::MAX,
        upserts: Vec::new(),
        removals: Vec::new(),
        expired_before: head.expired_before,
        seal_id: head.seal_id,
        issued_at: head.issued_at,
    };
    // The widest head that this batch can have, list heads included.
    let head_bytes = encode(&empty()).len().saturating_add(16);
    let mut parts = vec![empty()];
    let mut used = head_bytes;
    let room_for = |parts: &mut Vec<GrantBatch>, used: &mut usize, bytes: usize| {
        if used.saturating_add(bytes) > PART_BYTES_MAX {
            parts.push(empty());
            *used = head_bytes;
        }
        *used = used.saturating_add(bytes);
    };
    for removal in removals {
        room_for(&mut parts, &mut used, REMOVAL_BYTES);
        if let Some(part) = parts.last_mut() {
            part.removals.push(removal);
        }
    }
    for grant in upserts {
        room_for(&mut parts, &mut used, encode(&grant).len());
        if let Some(part) = parts.last_mut() {
            part.upserts.push(grant);
        }
    }
    let count = u16::try_from(parts.len()).ok()?;
    for (part, number) in parts.iter_mut().zip(0..count) {
        part.part = number;
        part.parts = count;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BookedTime, DoorTiming, Reach, grant};
    use proptest::prelude::*;
    use protocols_ids::{DoorId, Uuid};
    use protocols_wire::{CredentialKind, Seal, SealedCredential};

    const HEAD: BatchHead = BatchHead {
        epoch: 1,
        base: 0,
        revision: 1,
        expired_before: Some(UnixMs(1_700_000_000_000)),
        seal_id: 1,
        issued_at: UnixMs(1_800_000_000_000),
    };

    fn grants(count: usize, doors: usize) -> Vec<Grant> {
        let door =
            |n: u128| DoorTiming { door: DoorId::new(Uuid::from_u128(n)), lead_minutes: 15, lag_minutes: 15 };
        let reach = Reach { doors: (0..doors as u128).map(door).collect(), zones: vec![] };
        let time = BookedTime { starts_at: UnixMs(1_800_000_000_000), ends_at: UnixMs(1_800_003_600_000) };
        let sealed = SealedCredential { kind: CredentialKind::Pin, seal: Seal([7; 32]) };
        (0..count as u128)
            .map(|n| grant(GrantId::new(Uuid::from_u128(n)), 1_000_000, time, &reach, sealed).unwrap())
            .collect()
    }

    #[test]
    fn an_empty_table_is_one_part() {
        let parts = split(HEAD, vec![], vec![]).unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!((parts[0].part, parts[0].parts), (0, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn every_part_fits_into_a_message_and_nothing_is_lost(
            count in 0_usize..3000, doors in 1_usize..64, removed in 0_usize..6000,
        ) {
            let upserts = grants(count, doors);
            let removals: Vec<GrantId> = (0..removed as u128).map(|n| GrantId::new(Uuid::from_u128(n))).collect();
            let parts = split(HEAD, upserts.clone(), removals.clone()).unwrap();
            for (part, number) in parts.iter().zip(0_u16..) {
                prop_assert!(encode(part).len() + SIGNATURE_BYTES_MAX <= MESSAGE_BYTES_MAX);
                prop_assert_eq!((part.part, usize::from(part.parts)), (number, parts.len()));
            }
            let all: Vec<Grant> = parts.iter().flat_map(|part| part.upserts.clone()).collect();
            let gone: Vec<GrantId> = parts.iter().flat_map(|part| part.removals.clone()).collect();
            prop_assert_eq!(all, upserts);
            prop_assert_eq!(gone, removals);
        }
    }
}
