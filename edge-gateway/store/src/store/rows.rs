//! Rows of grants, of what was taken back, and of the journal: written and deleted with the sums that prove them.

use futures_util::future::join;
use gateway_core::StoredEntry;
use protocols_access::KeptGrant;
use protocols_ids::{GrantId, Uuid};
use protocols_wire::{Grant, UnixMs, decode, encode};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, Sqlite, SqliteConnection};

use super::schema::unreadable;
use crate::ApplyError;
use crate::sections::{JournalKept, Table, add, grant_proof, subtract, taken_back_proof};

/// Acknowledged entries that stay for `journal export`, whatever their age: a month of a busy hall, some 15 MiB.
pub const KEPT_ENTRIES_MAX: u64 = 50_000;

/// The end of the last of its windows ([`KeptGrant::last_end`]). A grant without doors has no window that is still
/// to end.
pub(super) fn ends_at_ms(grant: &Grant) -> i64 {
    grant.doors.iter().map(|door| door.not_after.0).max().unwrap_or(i64::MIN)
}

pub(super) async fn insert_grant(
    connection: &mut SqliteConnection,
    id: GrantId,
    ends_at_ms: i64,
    content: &[u8],
    proof: &[u8; 32],
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO grant_row (id, ends_at_ms, content, proof) VALUES (?1, ?2, ?3, ?4)")
        .bind(id.as_bytes().as_slice())
        .bind(ends_at_ms)
        .bind(content)
        .bind(proof.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// Rows of one statement. A snapshot of 100 000 grants is as many trips to SQLite's thread as it has statements.
const BULK_ROWS: usize = 32;
macro_rules! eight_rows {
    () => {
        "(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?)"
    };
}
const BULK: &str = concat!(
    "INSERT INTO grant_row (id, ends_at_ms, content, proof) VALUES ",
    eight_rows!(),
    ",",
    eight_rows!(),
    ",",
    eight_rows!(),
    ",",
    eight_rows!()
);

/// Rows of one statement, ready to be written: what SQLite's thread does with them, this one does for the next.
struct Bulk<'a> {
    grants: &'a [KeptGrant],
    insert: Query<'static, Sqlite, SqliteArguments>,
    proofs: Vec<[u8; 32]>,
}

impl<'a> Bulk<'a> {
    fn of(grants: &'a [KeptGrant]) -> Self {
        let mut insert = sqlx::query(BULK);
        let mut proofs = Vec::with_capacity(grants.len());
        for grant in grants {
            let content = encode(&grant.grant());
            let proof = grant_proof(&content);
            proofs.push(proof);
            insert = insert
                .bind(grant.id().as_bytes().to_vec())
                .bind(grant.last_end().0)
                .bind(content)
                .bind(proof.to_vec());
        }
        Self { grants, insert, proofs }
    }
}

/// New rows, or others in their place; of two with one id the later counts.
pub(super) async fn put_grants(
    connection: &mut SqliteConnection,
    table: &mut Table,
    grants: &[KeptGrant],
) -> Result<(), sqlx::Error> {
    let mut chunks = grants.chunks_exact(BULK_ROWS);
    let rest = chunks.remainder();
    let mut next = chunks.next().map(Bulk::of);
    while let Some(Bulk { grants, insert, proofs }) = next {
        let written;
        (written, next) = join(insert.execute(&mut *connection), async { chunks.next().map(Bulk::of) }).await;
        match written {
            Ok(_) => proofs.iter().for_each(|proof| add(&mut table.rows, proof)),
            // None of them is written then.
            Err(error) if is_taken(&error) => put_one_by_one(connection, table, grants).await?,
            Err(error) => return Err(error),
        }
    }
    put_one_by_one(connection, table, rest).await
}

async fn put_one_by_one(
    connection: &mut SqliteConnection,
    table: &mut Table,
    grants: &[KeptGrant],
) -> Result<(), sqlx::Error> {
    for grant in grants {
        put_grant(connection, table, grant).await?;
    }
    Ok(())
}

fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// A new row, or another in its place.
async fn put_grant(
    connection: &mut SqliteConnection,
    table: &mut Table,
    grant: &KeptGrant,
) -> Result<(), sqlx::Error> {
    let content = encode(&grant.grant());
    let proof = grant_proof(&content);
    let (id, ends_at_ms) = (grant.id(), grant.last_end().0);
    // Most rows are new: a snapshot has no others.
    match insert_grant(connection, id, ends_at_ms, &content, &proof).await {
        Ok(()) => {}
        Err(error) if is_taken(&error) => {
            delete_grant(connection, table, id).await?;
            insert_grant(connection, id, ends_at_ms, &content, &proof).await?;
        }
        Err(error) => return Err(error),
    }
    add(&mut table.rows, &proof);
    Ok(())
}

pub(super) async fn delete_grant(
    connection: &mut SqliteConnection,
    table: &mut Table,
    id: GrantId,
) -> Result<(), sqlx::Error> {
    let row = sqlx::query("DELETE FROM grant_row WHERE id = ?1 RETURNING proof")
        .bind(id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    if let Some(row) = row {
        subtract(&mut table.rows, &proof(&row)?);
    }
    Ok(())
}

/// Everything that ended before `instant`: grants, and the memory of those that were taken back.
pub(super) async fn expire(
    connection: &mut SqliteConnection,
    table: &mut Table,
    instant: UnixMs,
) -> Result<(), sqlx::Error> {
    let gone = sqlx::query("DELETE FROM grant_row WHERE ends_at_ms < ?1 RETURNING proof")
        .bind(instant.0)
        .fetch_all(&mut *connection)
        .await?;
    for row in gone {
        subtract(&mut table.rows, &proof(&row)?);
    }
    let gone = sqlx::query("DELETE FROM taken_back WHERE until_ms < ?1 RETURNING id, until_ms")
        .bind(instant.0)
        .fetch_all(&mut *connection)
        .await?;
    for row in gone {
        let (id, until) = taken_back(&row)?;
        subtract(&mut table.taken_back, &taken_back_proof(id, until));
    }
    Ok(())
}

/// Remembers that a grant was taken back; the later instant counts.
pub(super) async fn remember(
    connection: &mut SqliteConnection,
    table: &mut Table,
    id: GrantId,
    until: UnixMs,
) -> Result<(), sqlx::Error> {
    let known = sqlx::query("SELECT id, until_ms FROM taken_back WHERE id = ?1")
        .bind(id.as_bytes().as_slice())
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = known {
        let (_, before) = taken_back(&row)?;
        if before >= until {
            return Ok(());
        }
        subtract(&mut table.taken_back, &taken_back_proof(id, before));
    }
    sqlx::query(
        "INSERT INTO taken_back (id, until_ms) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms",
    )
    .bind(id.as_bytes().as_slice())
    .bind(until.0)
    .execute(connection)
    .await?;
    add(&mut table.taken_back, &taken_back_proof(id, until));
    Ok(())
}

pub(super) fn taken_back(row: &SqliteRow) -> Result<(GrantId, UnixMs), sqlx::Error> {
    let id = Uuid::from_slice(row.try_get("id")?).map_err(|_| unreadable("a grant's id"))?;
    Ok((GrantId::new(id), UnixMs(row.try_get("until_ms")?)))
}

/// A grant's row that is what was written, and its proof.
pub(super) fn proven_grant(row: &SqliteRow) -> Result<(Grant, [u8; 32]), sqlx::Error> {
    let content: &[u8] = row.try_get("content")?;
    let proof = proof(row)?;
    let grant: Grant = decode(content).map_err(|_| unreadable("a grant"))?;
    let whole = proof == grant_proof(content)
        && grant.id.as_bytes().as_slice() == row.try_get::<&[u8], _>("id")?
        && ends_at_ms(&grant) == row.try_get::<i64, _>("ends_at_ms")?;
    if whole { Ok((grant, proof)) } else { Err(unreadable("a grant")) }
}

fn proof(row: &SqliteRow) -> Result<[u8; 32], sqlx::Error> {
    row.try_get::<&[u8], _>("proof")?.try_into().map_err(|_| unreadable("a proof"))
}

pub(super) async fn insert_entry(
    connection: &mut SqliteConnection,
    sequence: i64,
    at: UnixMs,
    entry: &[u8],
    chain: &[u8; 32],
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO journal_entry (sequence, at_ms, entry, chain) VALUES (?1, ?2, ?3, ?4)")
        .bind(sequence)
        .bind(at.0)
        .bind(entry)
        .bind(chain.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// A row of `sequence, entry, chain`.
pub(super) fn stored_entry(row: &SqliteRow) -> Result<StoredEntry, sqlx::Error> {
    let sequence = u64::try_from(row.try_get::<i64, _>("sequence")?).map_err(|_| unreadable("a sequence"))?;
    let chain = row.try_get::<&[u8], _>("chain")?.try_into().map_err(|_| unreadable("a chain hash"))?;
    Ok(StoredEntry { sequence, entry: row.try_get("entry")?, chain })
}

/// The chain's hash after an entry that is there.
pub(super) async fn chain_at(
    connection: &mut SqliteConnection,
    sequence: u64,
) -> Result<[u8; 32], ApplyError> {
    let row = sqlx::query("SELECT sequence, entry, chain FROM journal_entry WHERE sequence = ?1")
        .bind(signed(sequence)?)
        .fetch_one(connection)
        .await?;
    Ok(stored_entry(&row)?.chain)
}

/// Deletes acknowledged entries: those older than `before`, oldest first up to the first that is not, and what is
/// beyond `kept_max`.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    journal: &mut JournalKept,
    before: UnixMs,
    kept_max: u64,
) -> Result<(), ApplyError> {
    let first_to_stay: Option<i64> =
        sqlx::query_scalar("SELECT sequence FROM journal_entry WHERE at_ms >= ?1 ORDER BY sequence LIMIT 1")
            .bind(before.0)
            .fetch_optional(&mut *connection)
            .await?;
    let old = first_to_stay.map_or(journal.acknowledged, |first| unsigned(first).saturating_sub(1));
    let last = old.max(journal.acknowledged.saturating_sub(kept_max)).min(journal.acknowledged);
    if last <= journal.forgotten {
        return Ok(());
    }
    journal.forgotten_chain = if last == journal.acknowledged {
        journal.acknowledged_chain
    } else {
        chain_at(connection, last).await?
    };
    journal.forgotten = last;
    sqlx::query("DELETE FROM journal_entry WHERE sequence <= ?1")
        .bind(signed(last)?)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn signed(value: u64) -> Result<i64, ApplyError> {
    i64::try_from(value).map_err(|_| ApplyError::Counter { value })
}

/// Sequences are above zero by the table's own rule.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
