//! The values that the store keeps besides rows, each with a proof that it is what was written.

use minicbor::{Decode, Encode};
use protocols_ids::{BootId, GrantId, ZoneId};
use protocols_wire::{CHAIN_START, Damage, Position, TableHash, UnixMs, encode};
use sha2::{Digest, Sha256};

/// The name of a kept value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Section {
    /// [`Enrolment`].
    Enrolment,
    /// [`Table`].
    Table,
    /// `Option<SiteConfig>`.
    Config,
    /// `Option<Posture>`.
    Posture,
    /// [`LeaseKept`].
    Lease,
    /// `Throttle`.
    Throttle,
    /// [`Lit`].
    Lit,
    /// [`CommandKept`].
    Command,
    /// [`JournalKept`].
    Journal,
    /// `Vec<Damage>`: found, and not yet told in the journal.
    Damage,
}

impl Section {
    pub(crate) const ALL: [Self; 10] = [
        Self::Enrolment,
        Self::Table,
        Self::Config,
        Self::Posture,
        Self::Lease,
        Self::Throttle,
        Self::Lit,
        Self::Command,
        Self::Journal,
        Self::Damage,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Table => "table",
            Self::Config => "config",
            Self::Posture => "posture",
            Self::Lease => "lease",
            Self::Throttle => "throttle",
            Self::Lit => "lit",
            Self::Command => "command",
            Self::Journal => "journal",
            Self::Damage => "damage",
        }
    }

    /// The proof of this value's content.
    pub(crate) fn proof(self, content: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.name());
        // No name has this byte, so that no content can be taken for another's.
        hash.update([0]);
        hash.update(content);
        hash.finalize().into()
    }
}

/// The proof of a grant's row.
pub(crate) fn grant_proof(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

/// The proof of a row of `taken_back`.
pub(crate) fn taken_back_proof(id: GrantId, until: UnixMs) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(id.as_bytes());
    hash.update(until.0.to_be_bytes());
    hash.finalize().into()
}

/// To whom the file belongs, and how it is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Enrolment {
    /// The schema's version, once more: the file's own mark can be hit by a flipped byte.
    #[n(0)]
    pub(crate) schema: u32,
    /// The generation that the enrolment began.
    #[n(1)]
    pub(crate) generation: u64,
}

/// Where the grant table stands, and what its rows add up to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Table {
    #[n(0)]
    pub(crate) position: Position,
    #[n(1)]
    pub(crate) seal_id: u32,
    /// The hash as the core counts it; `None` while the core never said.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) hash: Option<[u8; 32]>,
    /// The sum of the rows' proofs.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(crate) rows: [u8; 32],
    /// The sum of the proofs of `taken_back`.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(crate) taken_back: [u8; 32],
}

/// The last heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct LeaseKept {
    #[n(0)]
    pub(crate) lease_until: Option<UnixMs>,
    #[n(1)]
    pub(crate) heartbeat_at: Option<UnixMs>,
    #[n(2)]
    pub(crate) time_floor: UnixMs,
    #[n(3)]
    pub(crate) clock_error_ms: Option<u64>,
}

/// Zones that are lit, by their id.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Lit(#[n(0)] pub(crate) Vec<(ZoneId, UnixMs)>);

impl Lit {
    pub(crate) fn set(&mut self, zone: ZoneId, until: Option<UnixMs>) {
        self.0.retain(|(lit, _)| *lit != zone);
        if let Some(until) = until {
            self.0.push((zone, until));
            self.0.sort_unstable();
        }
    }
}

/// The last command's counter and the run that it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct CommandKept {
    #[n(0)]
    pub(crate) boot: Option<BootId>,
    #[n(1)]
    pub(crate) counter: u64,
}

/// ```text
///   1 ───── forgotten ───── acknowledged ───── head
///    deleted           kept              waits
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct JournalKept {
    #[n(0)]
    pub(crate) generation: u64,
    #[n(1)]
    pub(crate) head: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) chain: [u8; 32],
    #[n(3)]
    pub(crate) acknowledged: u64,
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(crate) acknowledged_chain: [u8; 32],
    #[n(5)]
    pub(crate) forgotten: u64,
    #[cbor(n(6), with = "minicbor::bytes")]
    pub(crate) forgotten_chain: [u8; 32],
}

impl JournalKept {
    pub(crate) const fn begun(generation: u64) -> Self {
        Self {
            generation,
            head: 0,
            chain: CHAIN_START,
            acknowledged: 0,
            acknowledged_chain: CHAIN_START,
            forgotten: 0,
            forgotten_chain: CHAIN_START,
        }
    }
}

/// Everything of the sections that changes are worked out from, as it is on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) table: Table,
    pub(crate) lease: LeaseKept,
    pub(crate) lit: Lit,
    pub(crate) command: CommandKept,
    pub(crate) journal: JournalKept,
    pub(crate) damage: Vec<Damage>,
}

impl Standing {
    pub(crate) fn begun(generation: u64) -> Self {
        Self {
            table: Table::default(),
            lease: LeaseKept::default(),
            lit: Lit::default(),
            command: CommandKept::default(),
            journal: JournalKept::begun(generation),
            damage: Vec::new(),
        }
    }

    /// What differs from `before` and is to be written.
    pub(crate) fn changed(&self, before: &Self) -> Vec<(Section, Vec<u8>)> {
        let mut changed = Vec::new();
        if self.table != before.table {
            changed.push((Section::Table, encode(&self.table)));
        }
        if self.lease != before.lease {
            changed.push((Section::Lease, encode(&self.lease)));
        }
        if self.lit != before.lit {
            changed.push((Section::Lit, encode(&self.lit)));
        }
        if self.command != before.command {
            changed.push((Section::Command, encode(&self.command)));
        }
        if self.journal != before.journal {
            changed.push((Section::Journal, encode(&self.journal)));
        }
        if self.damage != before.damage {
            changed.push((Section::Damage, encode(&self.damage)));
        }
        changed
    }
}

/// One more row in a sum.
pub(crate) fn add(sum: &mut [u8; 32], proof: &[u8; 32]) {
    *sum = TableHash::from_bytes(*sum).with(proof).bytes();
}

/// One row less in a sum.
pub(crate) fn subtract(sum: &mut [u8; 32], proof: &[u8; 32]) {
    *sum = TableHash::from_bytes(*sum).without(proof).bytes();
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::Uuid;
    use protocols_wire::decode;

    #[test]
    fn every_value_has_a_name_of_its_own_and_a_proof_of_its_own() {
        for section in Section::ALL {
            for other in Section::ALL.into_iter().filter(|other| *other != section) {
                assert_ne!(section.name(), other.name());
                assert_ne!(section.proof(b"same"), other.proof(b"same"));
            }
        }
    }

    #[test]
    fn only_what_changed_is_written() {
        let before = Standing::begun(3);
        assert_eq!(before.changed(&before), []);
        let mut after = before.clone();
        after.lit.set(ZoneId::new(Uuid::from_u128(2)), Some(UnixMs(5)));
        after.lit.set(ZoneId::new(Uuid::from_u128(1)), Some(UnixMs(4)));
        let written = after.changed(&before);
        let [(Section::Lit, content)] = written.as_slice() else { panic!("{written:?}") };
        let lit: Lit = decode(content).unwrap();
        assert_eq!(lit, after.lit);
        after.lit.set(ZoneId::new(Uuid::from_u128(2)), None);
        after.lit.set(ZoneId::new(Uuid::from_u128(1)), None);
        assert_eq!(after, before);
    }
}
