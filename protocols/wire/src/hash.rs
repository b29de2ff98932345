//! The hash over a grant table, the same at both ends when both hold the same rows.

use minicbor::Encoder;
use sha2::{Digest, Sha256};

use crate::Grant;

/// Which fields [`row_hash`] covers. A later version covers more, and both ends use the lower of the two.
pub const HASH_VERSION: u16 = 1;

/// SHA-256 over one row as version 1 sees it: id, class, booking number, doors with their windows, credentials, zones,
/// booked time, responder; CBOR, one array.
///
/// `min_version` is left out: what a gateway may not read is told by count, and is marked there as out of reach.
pub fn row_hash(grant: &Grant) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(256);
    // Writing to a Vec cannot fail.
    let written = Encoder::new(&mut bytes)
        .array(9)
        .and_then(|e| e.encode(grant.id))
        .and_then(|e| e.encode(grant.class))
        .and_then(|e| e.encode(grant.booking_number))
        .and_then(|e| e.encode(&grant.doors))
        .and_then(|e| e.encode(&grant.credentials))
        .and_then(|e| e.encode(&grant.zones))
        .and_then(|e| e.encode(grant.starts_at))
        .and_then(|e| e.encode(grant.ends_at))
        .and_then(|e| e.encode(grant.responder))
        .is_ok();
    debug_assert!(written, "a row encodes");
    Sha256::digest(&bytes).into()
}

/// The sum of row hashes modulo 2²⁵⁶: rows come and go in any order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TableHash([u8; 32]);

impl TableHash {
    /// The hash as it is reported, big endian.
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// A hash that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash with one more row.
    #[must_use]
    pub fn with(self, row: &[u8; 32]) -> Self {
        let mut sum = self.0;
        let mut carry = false;
        for (to, by) in sum.iter_mut().rev().zip(row.iter().rev()) {
            (*to, carry) = to.carrying_add(*by, carry);
        }
        Self(sum)
    }

    /// The hash without a row that is in it.
    #[must_use]
    pub fn without(self, row: &[u8; 32]) -> Self {
        let mut sum = self.0;
        let mut borrow = false;
        for (from, by) in sum.iter_mut().rev().zip(row.iter().rev()) {
            (*from, borrow) = from.borrowing_sub(*by, borrow);
        }
        Self(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sums_carry_over_all_bytes_and_wrap() {
        let mut one = [0; 32];
        one[31] = 1;
        let all = TableHash::from_bytes([0xFF; 32]);
        assert_eq!(all.with(&one), TableHash::default());
        assert_eq!(TableHash::default().without(&one), all);
    }

    proptest! {
        #[test]
        fn rows_come_and_go_in_any_order(rows in prop::collection::vec(any::<[u8; 32]>(), 0..12), gone in 0_usize..12) {
            let sum = |rows: &mut dyn Iterator<Item = &[u8; 32]>| rows.fold(TableHash::default(), TableHash::with);
            let all = sum(&mut rows.iter());
            prop_assert_eq!(all, sum(&mut rows.iter().rev()));
            let gone = gone.min(rows.len());
            let left = rows[..gone].iter().fold(all, TableHash::without);
            prop_assert_eq!(left, sum(&mut rows[gone..].iter()));
        }
    }
}
