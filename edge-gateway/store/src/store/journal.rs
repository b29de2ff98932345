//! The journal as people read it: beside the process that writes it.

use futures_util::TryStreamExt as _;
use gateway_core::StoredEntry;
use sqlx::{Connection as _, SqliteConnection};

use super::rows::stored_entry;
use super::{Store, value};
use crate::sections::{JournalKept, Section};
use crate::walk::Walk;
use crate::{Broken, LoadError, VerifyError};

/// Where the journal stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JournalMarks {
    /// Its generation.
    pub generation: u64,
    /// Deleted up to here.
    pub forgotten: u64,
    /// The cloud has it up to here.
    pub acknowledged: u64,
    /// The last entry.
    pub head: u64,
}

/// What a walk through the journal came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JournalVerdict {
    /// Where it stands.
    pub marks: JournalMarks,
    /// Entries that were read and hold.
    pub hold: u64,
    /// The first thing that does not.
    pub broken: Option<Broken>,
}

impl From<&JournalKept> for JournalMarks {
    fn from(kept: &JournalKept) -> Self {
        Self {
            generation: kept.generation,
            forgotten: kept.forgotten,
            acknowledged: kept.acknowledged,
            head: kept.head,
        }
    }
}

impl Store {
    /// Walks from the first entry that is kept to the head: sequence, chain, acknowledged point.
    pub async fn verify_journal(&mut self) -> Result<JournalVerdict, LoadError> {
        let mut transaction = self.connection.begin().await?;
        let kept: JournalKept = value(&mut transaction, Section::Journal).await?;
        let mut hold = 0;
        let broken = match walk(&mut transaction, &kept, &mut hold).await {
            Ok(()) => None,
            Err(VerifyError::Broken(broken)) => Some(broken),
            Err(VerifyError::Load(error)) => return Err(error),
        };
        transaction.commit().await?;
        Ok(JournalVerdict { marks: JournalMarks::from(&kept), hold, broken })
    }

    /// Where the journal stands.
    pub async fn journal_marks(&mut self) -> Result<JournalMarks, LoadError> {
        let kept: JournalKept = value(&mut self.connection, Section::Journal).await?;
        Ok(JournalMarks::from(&kept))
    }

    /// The entries after `sequence`, oldest first, at most `count`. No lock is held between two calls: whoever reads
    /// slowly does not keep the log of a running gateway from being emptied, but may find entries deleted.
    pub async fn journal_after(&mut self, sequence: u64, count: u16) -> Result<Vec<StoredEntry>, LoadError> {
        let after = i64::try_from(sequence).unwrap_or(i64::MAX);
        entries(&mut self.connection, after, i64::from(count)).await
    }
}

async fn walk(
    connection: &mut SqliteConnection,
    kept: &JournalKept,
    hold: &mut u64,
) -> Result<(), VerifyError> {
    let mut walk = Walk::from_kept(kept)?;
    let mut rows =
        sqlx::query("SELECT sequence, entry, chain FROM journal_entry ORDER BY sequence").fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(LoadError::from)? {
        walk.step(&stored_entry(&row).map_err(LoadError::from)?)?;
        *hold = hold.saturating_add(1);
    }
    Ok(walk.end()?)
}

/// A negative count is none.
pub(super) async fn entries(
    connection: &mut SqliteConnection,
    after: i64,
    count: i64,
) -> Result<Vec<StoredEntry>, LoadError> {
    let mut rows = sqlx::query(
        "SELECT sequence, entry, chain FROM journal_entry WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )
    .bind(after)
    .bind(count)
    .fetch(connection);
    let mut entries = Vec::new();
    while let Some(row) = rows.try_next().await? {
        entries.push(stored_entry(&row)?);
    }
    Ok(entries)
}
