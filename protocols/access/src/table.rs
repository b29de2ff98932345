//! The grants that a gateway holds, and how batches move them on.
//!
//! ```text
//!   snapshot (base 0) at or above ─────────────┐
//!                                              ▼
//!   (epoch, revision) ──delta, base = revision──▶ (epoch, revision′)
//!        │
//!        ├── a part, more to come ──▶ collected beside the table, which stays as it is
//!        ├── at or below ──▶ Replayed, nothing changes
//!        └── base elsewhere ──▶ Gap, nothing changes: ask for a resync
//! ```

use protocols_ids::GrantId;
use protocols_wire::{
    CREDENTIALS_MAX, DOORS_MAX, Grant, GrantBatch, Position, SealedCredential, UnixMs, ZONES_MAX,
};

use crate::rows::{Match, Rows, understood};

/// Grants in a table: twice the largest that the numbers to meet speak of.
pub const GRANTS_MAX: usize = 200_000;
/// Parts of one batch: [`GRANTS_MAX`] grants of the usual size, at 64 KiB a part.
pub const PARTS_MAX: u16 = 1024;

/// The grants that a gateway holds, at a position.
#[derive(Clone, Debug, Default)]
pub struct GrantTable {
    position: Position,
    seal_id: u32,
    rows: Rows,
    collecting: Option<Collecting>,
}

/// What a batch did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Applied {
    /// A part was put aside; the table is as before.
    Collecting {
        /// Parts that are here.
        have: u16,
        /// Parts in all.
        of: u16,
    },
    /// The table moved, all at once.
    Whole(Step),
}

/// A move of the table from one position to the next, as it is to be stored: forget all if `replace`, then
/// removals, then upserts, then what expired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// A snapshot: what was there before goes.
    pub replace: bool,
    /// New and changed grants.
    pub upserts: Vec<Grant>,
    /// Grants that go.
    pub removals: Vec<GrantId>,
    /// Grants that are [`expired`](crate::expired) before this go as well.
    pub expired_before: Option<UnixMs>,
    /// What is reached.
    pub position: Position,
    /// The sealing secret of every credential in the table.
    pub seal_id: u32,
    /// When the cloud built the batch.
    pub issued_at: UnixMs,
}

/// Why a batch changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ApplyError {
    /// Applied already, or older than what holds.
    #[error("batch to {offered:?} is not newer than {own:?}")]
    Replayed {
        /// Where the table is.
        own: Position,
        /// Where the batch leads.
        offered: Position,
    },
    /// Builds on what is not here.
    #[error("batch builds on {base:?}, the table is at {own:?}")]
    Gap {
        /// Where the table is.
        own: Position,
        /// What the batch builds on.
        base: Position,
    },
    /// A delta under another sealing secret than the table's: only a snapshot may change it.
    #[error("delta is sealed under secret {offered}, the table under {own}")]
    Sealed {
        /// The table's.
        own: u32,
        /// The batch's.
        offered: u32,
    },
    /// Part, parts, base and revision contradict each other.
    #[error("batch contradicts itself")]
    Impossible,
    /// More parts, grants, doors, credentials or zones than allowed.
    #[error("batch is beyond its bounds")]
    TooLarge,
}

impl GrantTable {
    /// The table as it was stored.
    pub fn load(position: Position, seal_id: u32, grants: Vec<Grant>) -> Self {
        Self { position, seal_id, rows: grants.into_iter().collect(), collecting: None }
    }

    /// How far the table has come.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The sealing secret of its credentials.
    pub const fn seal_id(&self) -> u32 {
        self.seal_id
    }

    /// How many grants it holds.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Grants that open nothing, because their restrictions need a newer program than this.
    pub const fn not_understood(&self) -> usize {
        self.rows.not_understood()
    }

    /// Whether parts of a batch lie aside, waiting for the rest.
    pub const fn is_collecting(&self) -> bool {
        self.collecting.is_some()
    }

    /// Forgets parts that lie aside: the rest will not come.
    pub fn stop_collecting(&mut self) {
        self.collecting = None;
    }

    /// The grant of that id.
    pub fn get(&self, id: GrantId) -> Option<&Grant> {
        self.rows.get(id)
    }

    /// All grants, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.rows.iter()
    }

    pub(crate) fn matching(&self, presented: SealedCredential) -> impl Iterator<Item = Match<'_>> {
        self.rows.matching(presented)
    }

    /// Takes a batch, or a part of one. On an error nothing has changed.
    pub fn apply(&mut self, batch: GrantBatch) -> Result<Applied, ApplyError> {
        check_bounds(&batch)?;
        self.check_place(&batch)?;
        let whole = if batch.parts == 1 {
            self.collecting = None;
            Collecting::begin(batch)
        } else {
            let collecting = match self.collecting.take() {
                Some(mut begun) if begun.belongs(&batch) => {
                    begun.add(batch);
                    begun
                }
                // A delayed part of an older batch must not push out the newer one.
                Some(begun) if begun.issued_at > batch.issued_at => begun,
                Some(_) | None => Collecting::begin(batch),
            };
            if collecting.grants() > GRANTS_MAX {
                return Err(ApplyError::TooLarge);
            }
            let (have, of) = (collecting.have(), collecting.of());
            if have < of {
                self.collecting = Some(collecting);
                return Ok(Applied::Collecting { have, of });
            }
            collecting
        };
        self.take_step(whole.into_step())
    }

    /// Whether the batch leads onward from where the table is.
    fn check_place(&self, batch: &GrantBatch) -> Result<(), ApplyError> {
        let own = self.position;
        let offered = Position { epoch: batch.epoch, revision: batch.revision };
        let snapshot = batch.base == 0;
        // A snapshot of the very position that holds may mend a table; `take_step` looks closer.
        if offered < own || (offered == own && !snapshot) {
            return Err(ApplyError::Replayed { own, offered });
        }
        if snapshot {
            return Ok(());
        }
        let base = Position { epoch: batch.epoch, revision: batch.base };
        if base != own {
            return Err(ApplyError::Gap { own, base });
        }
        if batch.seal_id != self.seal_id {
            return Err(ApplyError::Sealed { own: self.seal_id, offered: batch.seal_id });
        }
        Ok(())
    }

    fn take_step(&mut self, step: Step) -> Result<Applied, ApplyError> {
        if step.replace {
            let mut rows: Rows = step.upserts.iter().cloned().collect();
            if let Some(before) = step.expired_before {
                rows.expire(before);
            }
            if step.position == self.position && step.seal_id == self.seal_id && rows.same_as(&self.rows) {
                return Err(ApplyError::Replayed { own: self.position, offered: step.position });
            }
            self.rows = rows;
        } else {
            let grown = self.rows.len().saturating_add(step.upserts.len());
            if grown > GRANTS_MAX.saturating_add(step.removals.len()) {
                return Err(ApplyError::TooLarge);
            }
            for id in &step.removals {
                self.rows.revoke(*id);
            }
            for grant in &step.upserts {
                self.rows.upsert(grant.clone());
            }
            if let Some(before) = step.expired_before {
                self.rows.expire(before);
            }
        }
        self.position = step.position;
        self.seal_id = step.seal_id;
        Ok(Applied::Whole(step))
    }
}

/// Parts of one batch that wait for the rest.
#[derive(Clone, Debug)]
struct Collecting {
    epoch: u64,
    base: u64,
    revision: u64,
    seal_id: u32,
    issued_at: UnixMs,
    expired_before: Option<UnixMs>,
    parts: Vec<Option<(Vec<Grant>, Vec<GrantId>)>>,
}

impl Collecting {
    fn begin(batch: GrantBatch) -> Self {
        let mut begun = Self {
            epoch: batch.epoch,
            base: batch.base,
            revision: batch.revision,
            seal_id: batch.seal_id,
            issued_at: batch.issued_at,
            expired_before: None,
            parts: vec![None; usize::from(batch.parts)],
        };
        begun.add(batch);
        begun
    }

    /// Parts of one batch agree in all of these; whoever builds a batch to the same revision anew gives it
    /// another `issued_at`.
    fn belongs(&self, batch: &GrantBatch) -> bool {
        (self.epoch, self.base, self.revision, self.seal_id, self.issued_at, self.of())
            == (batch.epoch, batch.base, batch.revision, batch.seal_id, batch.issued_at, batch.parts)
    }

    fn add(&mut self, batch: GrantBatch) {
        self.expired_before = self.expired_before.max(batch.expired_before);
        if let Some(place) = self.parts.get_mut(usize::from(batch.part)) {
            *place = Some((batch.upserts, batch.removals));
        }
    }

    fn have(&self) -> u16 {
        u16::try_from(self.parts.iter().flatten().count()).unwrap_or(u16::MAX)
    }

    fn of(&self) -> u16 {
        u16::try_from(self.parts.len()).unwrap_or(u16::MAX)
    }

    fn grants(&self) -> usize {
        self.parts.iter().flatten().map(|(upserts, _)| upserts.len()).sum()
    }

    fn into_step(self) -> Step {
        let mut upserts = Vec::with_capacity(self.grants());
        let mut removals = Vec::new();
        for (more_upserts, more_removals) in self.parts.into_iter().flatten() {
            upserts.extend(more_upserts.into_iter().map(kept_out_for_good));
            removals.extend(more_removals);
        }
        Step {
            replace: self.base == 0,
            upserts,
            removals,
            expired_before: self.expired_before,
            position: Position { epoch: self.epoch, revision: self.revision },
            seal_id: self.seal_id,
            issued_at: self.issued_at,
        }
    }
}

/// A grant that is not understood has lost the fields that restrict it when it was decoded. A later program
/// would understand its version but find only the rest of it on disk: so it is marked as beyond every
/// version, until the cloud sends it anew.
fn kept_out_for_good(mut grant: Grant) -> Grant {
    if !understood(&grant) {
        grant.min_version = u16::MAX;
    }
    grant
}

fn check_bounds(batch: &GrantBatch) -> Result<(), ApplyError> {
    if batch.part >= batch.parts || batch.revision <= batch.base {
        return Err(ApplyError::Impossible);
    }
    let fits = |grant: &Grant| {
        grant.doors.len() <= DOORS_MAX
            && grant.credentials.len() <= CREDENTIALS_MAX
            && grant.zones.len() <= ZONES_MAX
    };
    if batch.parts > PARTS_MAX
        || batch.upserts.len() > GRANTS_MAX
        || batch.removals.len() > GRANTS_MAX
        || !batch.upserts.iter().all(fits)
    {
        return Err(ApplyError::TooLarge);
    }
    Ok(())
}
