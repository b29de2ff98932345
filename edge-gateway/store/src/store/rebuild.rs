//! A new file with everything that holds in the damaged one.

use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use protocols_wire::{Damage, encode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::examine::{Found, JournalFound};
use super::files::{self, Generations};
use super::rows::{ends_at_ms, insert_entry, insert_grant, proven_grant, remember, stored_entry, taken_back};
use super::schema;
use crate::OpenError;
use crate::error::is_damage_at_opening;
use crate::sections::{JournalKept, Section, Standing, Table};

/// A file that does not hold, as far as it can be opened.
#[derive(Debug, Default)]
pub(super) struct Hurt {
    pub(super) connection: Option<SqliteConnection>,
    pub(super) found: Found,
    /// The journal's generation where the file still says it, but not in a kept value.
    pub(super) generation: Option<u64>,
}

impl Hurt {
    /// What is lost, worst last.
    fn damage(&self) -> Vec<Damage> {
        let found = &self.found;
        let lacks = |section| !found.sections.contains_key(&section);
        if found.sections.is_empty() {
            return vec![Damage::Everything];
        }
        let mut damage: Vec<Damage> = found.section(Section::Damage).unwrap_or_default();
        if !found.grants || !found.taken_back || lacks(Section::Table) {
            damage.push(Damage::Grants);
        }
        if found.journal != JournalFound::Whole {
            damage.push(Damage::Journal);
        }
        let single = [
            Section::Config,
            Section::Posture,
            Section::Lease,
            Section::Throttle,
            Section::Lit,
            Section::Command,
            Section::Damage,
        ];
        if single.into_iter().any(lacks) {
            damage.push(Damage::Everything);
        }
        damage.sort_unstable();
        damage.dedup();
        damage
    }

    /// The journal that goes on, or the one that begins.
    fn journal(&self, enrolled: u64, marks: Option<Generations>) -> JournalKept {
        let kept: Option<JournalKept> = self.found.section(Section::Journal);
        match (self.found.journal, kept) {
            (JournalFound::Whole, Some(kept)) => kept,
            (JournalFound::Waiting, Some(kept)) => {
                JournalKept { forgotten: kept.acknowledged, forgotten_chain: kept.acknowledged_chain, ..kept }
            }
            (JournalFound::Lost, kept) | (JournalFound::Whole | JournalFound::Waiting, kept @ None) => {
                let told = kept.map(|kept| kept.generation).or(self.generation).unwrap_or_default();
                let marked = marks.filter(|marks| marks.enrolled == enrolled).map(|marks| marks.journal);
                let last = enrolled.max(told).max(marked.unwrap_or_default());
                JournalKept::begun(last.saturating_add(1))
            }
        }
    }
}

/// Writes the new file beside the damaged one, and lets them change places. Tells where the damaged one went.
pub(super) async fn rebuild(
    path: &Path,
    enrolled: u64,
    mut hurt: Hurt,
) -> Result<Option<PathBuf>, OpenError> {
    let file_error = |source| OpenError::File { path: path.display().to_string(), source };
    let open_error = |source| OpenError::Open { path: path.display().to_string(), source };
    let found = &hurt.found;
    let standing = Standing {
        table: if found.keeps_grants() {
            found.section(Section::Table).unwrap_or_default()
        } else {
            Table::default()
        },
        lease: found.section(Section::Lease).unwrap_or_default(),
        lit: found.section(Section::Lit).unwrap_or_default(),
        command: found.section(Section::Command).unwrap_or_default(),
        journal: hurt.journal(enrolled, Generations::read(path)),
        damage: hurt.damage(),
    };
    // Before the new journal can have an entry.
    Generations { enrolled, journal: standing.journal.generation }.write(path).map_err(file_error)?;

    let target = files::rebuilding(path).map_err(file_error)?;
    let options = SqliteConnectOptions::new()
        .filename(&target)
        .journal_mode(SqliteJournalMode::Delete)
        .synchronous(SqliteSynchronous::Full);
    let mut new = SqliteConnection::connect_with(&options).await.map_err(open_error)?;
    schema::create(&mut new, enrolled, &standing).await.map_err(open_error)?;
    if let Some(old) = &mut hurt.connection {
        fill(old, &mut new, &hurt.found, standing).await.map_err(open_error)?;
    }
    new.close().await.map_err(open_error)?;
    if let Some(old) = hurt.connection {
        // It may have nothing left to say.
        drop(old.close().await);
    }
    files::rebuilt(path).map_err(file_error)?;
    files::take_over(path).map_err(file_error)
}

async fn fill(
    old: &mut SqliteConnection,
    new: &mut SqliteConnection,
    found: &Found,
    mut standing: Standing,
) -> Result<(), sqlx::Error> {
    let mut transaction = new.begin().await?;
    for section in [Section::Config, Section::Posture, Section::Throttle] {
        if let Some(content) = found.sections.get(&section) {
            schema::write(&mut transaction, section, content).await?;
        }
    }
    if found.keeps_grants() {
        let mut rows = sqlx::query("SELECT id, ends_at_ms, content, proof FROM grant_row").fetch(&mut *old);
        while let Some(row) = rows.try_next().await? {
            let (grant, proof) = proven_grant(&row)?;
            let content: &[u8] = row.try_get("content")?;
            insert_grant(&mut transaction, grant.id, ends_at_ms(&grant), content, &proof).await?;
        }
    }
    standing.table.taken_back = [0; 32];
    copy_taken_back(old, &mut transaction, &mut standing.table).await?;
    schema::write(&mut transaction, Section::Table, &encode(&standing.table)).await?;

    if found.journal != JournalFound::Lost {
        let after = i64::try_from(standing.journal.forgotten).unwrap_or(i64::MAX);
        let mut rows = sqlx::query(
            "SELECT sequence, at_ms, entry, chain FROM journal_entry WHERE sequence > ?1 ORDER BY sequence",
        )
        .bind(after)
        .fetch(&mut *old);
        while let Some(row) = rows.try_next().await? {
            let entry = stored_entry(&row)?;
            let at = protocols_wire::decode::<protocols_wire::JournalFrame>(&entry.entry)
                .map_err(|_| schema::unreadable("a journal entry"))?
                .at;
            let sequence = row.try_get("sequence")?;
            insert_entry(&mut transaction, sequence, at, &entry.entry, &entry.chain).await?;
        }
    }
    transaction.commit().await
}

/// As many as can be read, proven or not: one too many refuses a grant that nobody has, one too few opens a door.
async fn copy_taken_back(
    old: &mut SqliteConnection,
    new: &mut SqliteConnection,
    table: &mut Table,
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query("SELECT id, until_ms FROM taken_back").fetch(old);
    loop {
        match rows.try_next().await {
            Ok(Some(row)) => {
                if let Ok((id, until)) = taken_back(&row) {
                    remember(new, table, id, until).await?;
                }
            }
            Ok(None) => return Ok(()),
            Err(error) if is_damage_at_opening(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
