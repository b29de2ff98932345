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
    CONTRACT_VERSION, CREDENTIALS_MAX, DOORS_MAX, Grant, GrantBatch, Position, SealedCredential, TableHash,
    UnixMs, ZONES_MAX,
};

use crate::rows::{Match, Rows};
use crate::{KeptGrant, Patterns};

/// Grants in a table: twice the largest that the numbers to meet speak of.
pub const GRANTS_MAX: usize = 200_000;
/// Parts of one batch: [`GRANTS_MAX`] grants of the usual size, at 64 KiB a part.
pub const PARTS_MAX: u16 = 1024;
/// How long an id is remembered that was taken back without ever having been here: the longest horizon is 35 days.
const UNKNOWN_REMEMBERED_MS: i64 = 36 * 24 * 3_600_000;

/// The grants that a gateway holds, at a position.
#[derive(Clone, Debug, Default)]
pub struct GrantTable {
    position: Position,
    seal_id: u32,
    rows: Rows,
    patterns: Patterns,
    collecting: Option<Collecting>,
    /// The rows of this position are gone: only a snapshot leads on.
    lost: bool,
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
    pub upserts: Vec<KeptGrant>,
    /// Grants that go.
    pub removals: Vec<GrantId>,
    /// Grants that are [expired](KeptGrant::expired) before this go as well.
    pub expired_before: Option<UnixMs>,
    /// What is reached.
    pub position: Position,
    /// The sealing secret of every credential in the table.
    pub seal_id: u32,
    /// When the cloud built the batch.
    pub issued_at: UnixMs,
    /// The table's hash after it.
    pub hash: TableHash,
    /// Ids that are taken back by it, and until when each must be remembered.
    pub taken_back: Vec<(GrantId, UnixMs)>,
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
    /// A table that holds these grants, and never took any back.
    pub fn load(position: Position, seal_id: u32, grants: Vec<Grant>) -> Self {
        let mut patterns = Patterns::default();
        let grants = grants.into_iter().map(|grant| patterns.keep(grant)).collect();
        Self { patterns, ..Self::restore(position, seal_id, grants, Vec::new()) }
    }

    /// The table as it was stored, with the ids that were taken back and until when each must be remembered.
    pub fn restore(
        position: Position,
        seal_id: u32,
        grants: Vec<KeptGrant>,
        taken_back: Vec<(GrantId, UnixMs)>,
    ) -> Self {
        let mut rows = Rows::remembering(taken_back);
        for grant in grants {
            rows.upsert(grant);
        }
        rows.take_news();
        Self { position, seal_id, rows, ..Self::default() }
    }

    /// A table whose rows are not to be believed: it holds none, remembers what was taken back, and takes nothing but a
    /// snapshot of that position or a later one.
    pub fn lost(position: Position, seal_id: u32, taken_back: Vec<(GrantId, UnixMs)>) -> Self {
        Self { lost: true, ..Self::restore(position, seal_id, Vec::new(), taken_back) }
    }

    /// Whether the rows are [gone](Self::lost).
    pub const fn is_lost(&self) -> bool {
        self.lost
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

    /// Grants that open nothing, because they were taken back before.
    pub const fn barred(&self) -> usize {
        self.rows.barred()
    }

    /// The sum over all rows, barred ones and those that are not understood among them.
    pub const fn hash(&self) -> TableHash {
        self.rows.hash()
    }

    /// Whether a grant of that id was taken back: it opens nothing, whoever brings it again.
    pub fn is_taken_back(&self, id: GrantId) -> bool {
        self.rows.is_taken_back(id)
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
    pub fn get(&self, id: GrantId) -> Option<&KeptGrant> {
        self.rows.get(id)
    }

    /// All grants, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &KeptGrant> {
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
            Collecting::begin(batch, &mut self.patterns)
        } else {
            let collecting = match self.collecting.take() {
                Some(mut begun) if begun.belongs(&batch) => {
                    begun.add(batch, &mut self.patterns);
                    begun
                }
                // A delayed part of an older batch must not push out the newer one.
                Some(begun) if begun.issued_at > batch.issued_at => begun,
                Some(_) | None => Collecting::begin(batch, &mut self.patterns),
            };
            if collecting.grants() > GRANTS_MAX || collecting.removals() > GRANTS_MAX {
                return Err(ApplyError::TooLarge);
            }
            let (have, of) = (collecting.have(), collecting.of());
            if have < of {
                self.collecting = Some(collecting);
                return Ok(Applied::Collecting { have, of });
            }
            collecting
        };
        self.take_step(whole)
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
        if base != own || self.lost {
            return Err(ApplyError::Gap { own, base });
        }
        if batch.seal_id != self.seal_id {
            return Err(ApplyError::Sealed { own: self.seal_id, offered: batch.seal_id });
        }
        Ok(())
    }

    fn take_step(&mut self, whole: Collecting) -> Result<Applied, ApplyError> {
        let Collecting { epoch, base, revision, seal_id, issued_at, expired_before, parts } = whole;
        let position = Position { epoch, revision };
        let replace = base == 0;
        let unknown_until = issued_at.plus_ms(UNKNOWN_REMEMBERED_MS);
        let mut upserts = Vec::with_capacity(parts.iter().flatten().map(|(more, _)| more.len()).sum());
        let mut removals = Vec::new();
        for (more_upserts, more_removals) in parts.into_iter().flatten() {
            upserts.extend(more_upserts);
            removals.extend(more_removals);
        }
        if replace {
            let mut rows = self.rows.successor();
            // Those that a restored cloud still knows to be gone.
            for id in &removals {
                let until = self.rows.get(*id).map_or(unknown_until, KeptGrant::last_end);
                rows.take_back(*id, until);
            }
            for grant in &mut upserts {
                // A grant that is here already is held once more, not kept twice.
                if let Some(held) = self.rows.get(grant.id()).filter(|held| *held == grant) {
                    *grant = held.clone();
                }
                rows.upsert(grant.clone());
            }
            if let Some(before) = expired_before {
                rows.expire(before);
            }
            let same = position == self.position && seal_id == self.seal_id && rows.same_as(&self.rows);
            if same && !self.lost {
                return Err(ApplyError::Replayed { own: self.position, offered: position });
            }
            rows.follow(&self.rows, epoch == self.position.epoch, issued_at);
            self.rows = rows;
            self.lost = false;
        } else {
            let grown = self.rows.len().saturating_add(upserts.len());
            if grown > GRANTS_MAX.saturating_add(removals.len()) {
                return Err(ApplyError::TooLarge);
            }
            for id in &removals {
                self.rows.take_back(*id, unknown_until);
            }
            for grant in &upserts {
                self.rows.upsert(grant.clone());
            }
            if let Some(before) = expired_before {
                self.rows.expire(before);
            }
        }
        self.position = position;
        self.seal_id = seal_id;
        let (hash, taken_back) = (self.rows.hash(), self.rows.take_news());
        Ok(Applied::Whole(Step {
            replace,
            upserts,
            removals,
            expired_before,
            position,
            seal_id,
            issued_at,
            hash,
            taken_back,
        }))
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
    parts: Vec<Option<(Vec<KeptGrant>, Vec<GrantId>)>>,
}

impl Collecting {
    fn begin(batch: GrantBatch, patterns: &mut Patterns) -> Self {
        let mut begun = Self {
            epoch: batch.epoch,
            base: batch.base,
            revision: batch.revision,
            seal_id: batch.seal_id,
            issued_at: batch.issued_at,
            expired_before: None,
            parts: vec![None; usize::from(batch.parts)],
        };
        begun.add(batch, patterns);
        begun
    }

    /// Parts of one batch agree in all of these; whoever builds a batch to the same revision anew gives it
    /// another `issued_at`.
    fn belongs(&self, batch: &GrantBatch) -> bool {
        (self.epoch, self.base, self.revision, self.seal_id, self.issued_at, self.of())
            == (batch.epoch, batch.base, batch.revision, batch.seal_id, batch.issued_at, batch.parts)
    }

    fn add(&mut self, batch: GrantBatch, patterns: &mut Patterns) {
        self.expired_before = self.expired_before.max(batch.expired_before);
        if let Some(place) = self.parts.get_mut(usize::from(batch.part)) {
            let upserts = batch.upserts.into_iter().map(|grant| patterns.keep(kept_out_for_good(grant)));
            *place = Some((upserts.collect(), batch.removals));
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

    fn removals(&self) -> usize {
        self.parts.iter().flatten().map(|(_, removals)| removals.len()).sum()
    }
}

/// A grant that is not understood has lost the fields that restrict it when it was decoded. A later program
/// would understand its version but find only the rest of it on disk: so it is marked as beyond every
/// version, until the cloud sends it anew.
fn kept_out_for_good(mut grant: Grant) -> Grant {
    if grant.min_version > CONTRACT_VERSION {
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
