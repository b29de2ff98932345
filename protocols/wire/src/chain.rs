//! The journal's hash chain, kept by the gateway and followed by the cloud.

use sha2::{Digest, Sha256};

/// The chain's hash before the first entry of a generation.
pub const CHAIN_START: [u8; 32] = [0; 32];

/// The chain's hash after an entry: SHA-256(`previous` ‖ `entry`).
///
/// `entry` is the CBOR of a [`JournalEntry`](crate::JournalEntry) as its gateway wrote it. It holds its own sequence,
/// so that two entries cannot change places.
pub fn chain(previous: &[u8; 32], entry: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(entry);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{JournalEntry, JournalEvent, TimeQuality, UnixMs, encode};
    use protocols_ids::{BootId, Uuid};

    fn entry(sequence: u64) -> JournalEntry {
        JournalEntry {
            sequence,
            at: UnixMs(1_800_000_000_000),
            time_quality: TimeQuality::Synchronised,
            boot: BootId::new(Uuid::from_u128(7)),
            uptime_ms: 12,
            event: JournalEvent::Started,
        }
    }

    #[test]
    fn the_chain_covers_the_entry_its_place_and_all_that_went_before() {
        let first = chain(&CHAIN_START, &encode(&entry(1)));
        let second = chain(&first, &encode(&entry(2)));
        assert_ne!(first, second);
        assert_ne!(chain(&CHAIN_START, &encode(&entry(2))), second, "what went before counts");
        let mut later = entry(2);
        later.at = later.at.plus_ms(1);
        assert_ne!(chain(&first, &encode(&later)), second, "each field counts");
    }

    #[test]
    fn the_first_hash_is_what_it_has_always_been() {
        let hash = chain(&CHAIN_START, &encode(&entry(1)));
        let text = hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(text, "1beaf295088738a4205db82c71bbd939cd4d87cabadc0f84f5528114b08ff60d");
    }
}
