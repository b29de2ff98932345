//! What of a file holds.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use protocols_access::Throttle;
use protocols_wire::{Damage, JournalFrame, Posture, SiteConfig, decode};
use sqlx::{Row as _, SqliteConnection};

use super::rows::{proven_grant, stored_entry, taken_back};
use super::schema;
use crate::error::is_damage_at_opening;
use crate::sections::{
    CommandKept, Enrolment, JournalKept, LeaseKept, Lit, Section, Standing, Table, add, taken_back_proof,
};
use crate::walk::Walk;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// SQLite finds nothing wrong, and tables and indexes are ours.
    pub(super) file: bool,
    /// The values that are what was written.
    pub(super) sections: BTreeMap<Section, Vec<u8>>,
    pub(super) grants: bool,
    pub(super) taken_back: bool,
    pub(super) journal: JournalFound,
}

/// How much of the journal holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum JournalFound {
    /// All of it.
    Whole,
    /// What waits for the cloud; not what was kept beside it.
    Waiting,
    /// Not even that.
    #[default]
    Lost,
}

impl Found {
    pub(super) fn section<T: for<'b> minicbor::Decode<'b, ()>>(&self, section: Section) -> Option<T> {
        decode(self.sections.get(&section)?).ok()
    }

    /// Whether the rows may be believed at the next start, too: one whose id was taken back, and is forgotten here, would
    /// open again.
    pub(super) const fn keeps_grants(&self) -> bool {
        self.grants && self.taken_back
    }

    /// Where the gateway stands, when everything holds.
    pub(super) fn standing(&self) -> Option<Standing> {
        let whole = self.file && self.grants && self.taken_back && self.journal == JournalFound::Whole;
        if !whole || Section::ALL.iter().any(|section| !self.sections.contains_key(section)) {
            return None;
        }
        Some(Standing {
            table: self.section(Section::Table)?,
            lease: self.section(Section::Lease)?,
            lit: self.section(Section::Lit)?,
            command: self.section(Section::Command)?,
            journal: self.section(Section::Journal)?,
            damage: self.section(Section::Damage)?,
        })
    }
}

/// Goes through the whole file. Fails only for what has nothing to do with its content.
pub(super) async fn examine(connection: &mut SqliteConnection) -> Result<Found, sqlx::Error> {
    let mut found =
        Found { file: held(file(connection).await)?, sections: BTreeMap::new(), ..Found::default() };
    for section in Section::ALL {
        match schema::read(connection, section).await {
            Ok(content) if readable(section, &content) => {
                found.sections.insert(section, content);
            }
            Ok(_) => {}
            Err(error) => {
                held(Err(error))?;
            }
        }
    }
    if let Some(table) = found.section::<Table>(Section::Table) {
        found.grants = held(grants(connection, &table).await)?;
        found.taken_back = held(all_taken_back(connection, &table).await)?;
    }
    if let Some(kept) = found.section::<JournalKept>(Section::Journal) {
        found.journal = if held(journal(connection, &kept).await)? {
            JournalFound::Whole
        } else if held(waiting(connection, &kept).await)? {
            JournalFound::Waiting
        } else {
            JournalFound::Lost
        };
    }
    Ok(found)
}

/// Damage is a finding; anything else is an error.
fn held(result: Result<bool, sqlx::Error>) -> Result<bool, sqlx::Error> {
    match result {
        Err(error) if is_damage_at_opening(&error) => Ok(false),
        other => other,
    }
}

async fn file(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Not `quick_check`: that one does not compare indexes with their tables.
    let checked: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *connection).await?;
    Ok(checked == "ok" && schema::is_ours(connection).await?)
}

/// A value may be proven and still not be readable: by a program that is older than its writer.
fn readable(section: Section, content: &[u8]) -> bool {
    match section {
        Section::Enrolment => decode::<Enrolment>(content).is_ok(),
        Section::Table => decode::<Table>(content).is_ok(),
        Section::Config => decode::<Option<SiteConfig>>(content).is_ok(),
        Section::Posture => decode::<Option<Posture>>(content).is_ok(),
        Section::Lease => decode::<LeaseKept>(content).is_ok(),
        Section::Throttle => decode::<Throttle>(content).is_ok(),
        Section::Lit => decode::<Lit>(content).is_ok(),
        Section::Command => decode::<CommandKept>(content).is_ok(),
        Section::Journal => decode::<JournalKept>(content).is_ok(),
        Section::Damage => decode::<Vec<Damage>>(content).is_ok(),
    }
}

async fn grants(connection: &mut SqliteConnection, table: &Table) -> Result<bool, sqlx::Error> {
    let mut sum = [0; 32];
    let mut rows = sqlx::query("SELECT id, ends_at_ms, content, proof FROM grant_row").fetch(connection);
    while let Some(row) = rows.try_next().await? {
        add(&mut sum, &proven_grant(&row)?.1);
    }
    Ok(sum == table.rows)
}

async fn all_taken_back(connection: &mut SqliteConnection, table: &Table) -> Result<bool, sqlx::Error> {
    let mut sum = [0; 32];
    let mut rows = sqlx::query("SELECT id, until_ms FROM taken_back").fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (id, until) = taken_back(&row)?;
        add(&mut sum, &taken_back_proof(id, until));
    }
    Ok(sum == table.taken_back)
}

async fn journal(connection: &mut SqliteConnection, kept: &JournalKept) -> Result<bool, sqlx::Error> {
    let Ok(mut walk) = Walk::from_kept(kept) else { return Ok(false) };
    let mut rows = sqlx::query("SELECT sequence, at_ms, entry, chain FROM journal_entry ORDER BY sequence")
        .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let entry = stored_entry(&row)?;
        let at: i64 = row.try_get("at_ms")?;
        let same = decode::<JournalFrame>(&entry.entry).is_ok_and(|frame| frame.at.0 == at);
        if !same || walk.step(&entry).is_err() {
            return Ok(false);
        }
    }
    Ok(walk.end().is_ok())
}

async fn waiting(connection: &mut SqliteConnection, kept: &JournalKept) -> Result<bool, sqlx::Error> {
    let (Ok(mut walk), Ok(after)) = (Walk::from_acknowledged(kept), i64::try_from(kept.acknowledged)) else {
        return Ok(false);
    };
    let mut rows =
        sqlx::query("SELECT sequence, entry, chain FROM journal_entry WHERE sequence > ?1 ORDER BY sequence")
            .bind(after)
            .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        if walk.step(&stored_entry(&row)?).is_err() {
            return Ok(false);
        }
    }
    Ok(walk.end().is_ok())
}
