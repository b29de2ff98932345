//! How the file is built, and how an older one is brought up to it.

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use minicbor::Encode;
use protocols_wire::{Damage, Grant, JournalFrame, Posture, SiteConfig, UnixMs, decode, encode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::sections::{
    CommandKept, Enrolment, JournalKept, LeaseKept, Lit, Section, Standing, Table, add, grant_proof,
};
use crate::store::rows::{ends_at_ms, insert_grant};

/// The format that this program writes.
pub(super) const VERSION: u32 = 2;
const SCHEMA: &str = include_str!("../../migrations/0002_what_survives.sql");
const MARK: &str = "PRAGMA user_version = 2";
/// How long a statement waits for someone else (`status`) who holds the file: longer than any checkpoint.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What an existing file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Version {
    /// Made, and never written.
    Empty,
    /// Of the first format, which knew no proofs.
    First,
    /// Of ours.
    Ours,
    /// Of a later program.
    Newer(u32),
    /// None that any program of ours has written.
    Foreign,
}

pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
}

pub(super) fn writing(path: &Path, pages_max: u32) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("max_page_count", pages_max.to_string())
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
}

/// The mark in the file's head and the one among the kept values can each be hit by a flipped byte: the proven one
/// counts.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<Version, sqlx::Error> {
    let mark: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut *connection)
        .await?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    if has("kept")
        && let Ok(content) = read(connection, Section::Enrolment).await
        && let Ok(enrolment) = decode::<Enrolment>(&content)
    {
        return Ok(if enrolment.schema > VERSION { Version::Newer(enrolment.schema) } else { Version::Ours });
    }
    let mark = u32::try_from(mark).unwrap_or(u32::MAX);
    if mark > VERSION {
        return Ok(Version::Newer(mark));
    }
    if has("kept") || mark == VERSION {
        return Ok(Version::Ours);
    }
    if has("standing") {
        return Ok(Version::First);
    }
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
    Ok(if tables.is_empty() && pages <= 1 { Version::Empty } else { Version::Foreign })
}

/// Tables and indexes as this program makes them, and as the file has them, are the same.
pub(super) async fn is_ours(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let mut fresh = SqliteConnection::connect_with(&SqliteConnectOptions::new().in_memory(true)).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut fresh).await?;
    let ours = objects(&mut fresh).await?;
    fresh.close().await?;
    Ok(objects(connection).await? == ours)
}

type Object = (String, String, String, Option<String>);

async fn objects(connection: &mut SqliteConnection) -> Result<Vec<Object>, sqlx::Error> {
    sqlx::query_as("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
        .fetch_all(connection)
        .await
}

/// Builds the schema in an empty file, with every value as it is at the beginning.
pub(super) async fn create(
    connection: &mut SqliteConnection,
    enrolled: u64,
    standing: &Standing,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
    begin_values(&mut transaction, enrolled, standing).await?;
    sqlx::raw_sql(MARK).execute(&mut *transaction).await?;
    transaction.commit().await
}

async fn begin_values(
    connection: &mut SqliteConnection,
    enrolled: u64,
    standing: &Standing,
) -> Result<(), sqlx::Error> {
    for section in Section::ALL {
        let content = match section {
            Section::Enrolment => encode(&Enrolment { schema: VERSION, generation: enrolled }),
            Section::Table => encode(&standing.table),
            Section::Config => encode(&None::<SiteConfig>),
            Section::Posture => encode(&None::<Posture>),
            Section::Lease => encode(&standing.lease),
            Section::Throttle => encode(&protocols_access::Throttle::default()),
            Section::Lit => encode(&standing.lit),
            Section::Command => encode(&standing.command),
            Section::Journal => encode(&standing.journal),
            Section::Damage => encode(&standing.damage),
        };
        write(connection, section, &content).await?;
    }
    Ok(())
}

/// Writes the version's mark.
pub(super) async fn mark(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(MARK).execute(connection).await?;
    Ok(())
}

/// Writes one value with its proof.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    section: Section,
    content: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO kept (what, content, proof) VALUES (?1, ?2, ?3)
         ON CONFLICT (what) DO UPDATE SET content = excluded.content, proof = excluded.proof",
    )
    .bind(section.name())
    .bind(content)
    .bind(section.proof(content).as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads one value; one that is not what was written is as good as none.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    section: Section,
) -> Result<Vec<u8>, sqlx::Error> {
    let row = sqlx::query("SELECT content, proof FROM kept WHERE what = ?1")
        .bind(section.name())
        .fetch_one(connection)
        .await?;
    let content: Vec<u8> = row.try_get("content")?;
    if row.try_get::<&[u8], _>("proof")? == section.proof(&content) {
        Ok(content)
    } else {
        Err(unreadable("a kept value"))
    }
}

/// The first format's one row of standing, as far as it says whose the file is.
pub(super) async fn first_generation(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let generation: i64 =
        sqlx::query_scalar("SELECT journal_generation FROM standing").fetch_one(connection).await?;
    u64::try_from(generation).map_err(|_| unreadable("the generation"))
}

/// Brings a file of the first format up to ours, in one transaction.
pub(super) async fn upgrade(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let checked: String =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *transaction).await?;
    if checked != "ok" {
        return Err(unreadable("the file"));
    }
    sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
    let row = sqlx::query("SELECT * FROM standing").fetch_one(&mut *transaction).await?;
    let mut standing = first_standing(&row)?;
    begin_values(&mut transaction, standing.journal.generation, &standing).await?;
    let table = &mut standing.table;
    for row in sqlx::query("SELECT content FROM access_grant").fetch_all(&mut *transaction).await? {
        let content: &[u8] = row.try_get("content")?;
        let grant: Grant = decode(content).map_err(|_| unreadable("a grant"))?;
        let proof = grant_proof(content);
        insert_grant(&mut transaction, grant.id, ends_at_ms(&grant), content, &proof).await?;
        add(&mut table.rows, &proof);
    }
    write(&mut transaction, Section::Table, &encode(table)).await?;
    optional::<SiteConfig>(&mut transaction, Section::Config, &row, "config").await?;
    optional::<Posture>(&mut transaction, Section::Posture, &row, "posture").await?;
    if let Some(throttle) = row.try_get::<Option<&[u8]>, _>("throttle")? {
        decode::<protocols_access::Throttle>(throttle).map_err(|_| unreadable("the throttle"))?;
        write(&mut transaction, Section::Throttle, throttle).await?;
    }
    move_journal(&mut transaction).await?;
    move_lit(&mut transaction).await?;
    sqlx::raw_sql(
        "DROP TABLE standing; DROP TABLE access_grant; DROP TABLE journal; DROP TABLE lit;
         DROP TABLE IF EXISTS _sqlx_migrations;",
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::raw_sql(MARK).execute(&mut *transaction).await?;
    transaction.commit().await
}

fn first_standing(row: &SqliteRow) -> Result<Standing, sqlx::Error> {
    let number = |column: &str| -> Result<u64, sqlx::Error> {
        u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| unreadable("a counter"))
    };
    let chain = |column: &str| -> Result<[u8; 32], sqlx::Error> {
        row.try_get::<&[u8], _>(column)?.try_into().map_err(|_| unreadable("a chain hash"))
    };
    let instant = |column: &str| row.try_get::<Option<i64>, _>(column).map(|at| at.map(UnixMs));
    let acknowledged = number("journal_acknowledged")?;
    let acknowledged_chain = chain("journal_acknowledged_chain")?;
    let position = protocols_wire::Position { epoch: number("epoch")?, revision: number("revision")? };
    let seal_id = u32::try_from(number("seal_id")?).map_err(|_| unreadable("the seal's id"))?;
    Ok(Standing {
        table: Table { position, seal_id, ..Table::default() },
        lease: LeaseKept {
            lease_until: instant("lease_until_ms")?,
            heartbeat_at: instant("heartbeat_at_ms")?,
            time_floor: UnixMs(row.try_get("time_floor_ms")?),
            clock_error_ms: None,
        },
        lit: Lit::default(),
        command: CommandKept::default(),
        journal: JournalKept {
            generation: number("journal_generation")?,
            head: number("journal_head")?,
            chain: chain("journal_chain")?,
            acknowledged,
            acknowledged_chain,
            // The first format kept nothing that was acknowledged.
            forgotten: acknowledged,
            forgotten_chain: acknowledged_chain,
        },
        damage: Vec::<Damage>::new(),
    })
}

async fn optional<T>(
    connection: &mut SqliteConnection,
    section: Section,
    row: &SqliteRow,
    column: &str,
) -> Result<(), sqlx::Error>
where
    T: Encode<()> + for<'b> minicbor::Decode<'b, ()>,
{
    let Some(content) = row.try_get::<Option<&[u8]>, _>(column)? else { return Ok(()) };
    let value: T = decode(content).map_err(|_| unreadable("configuration or posture"))?;
    write(connection, section, &encode(&Some(value))).await
}

async fn move_journal(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let rows: Vec<SqliteRow> = sqlx::query("SELECT sequence, entry, chain FROM journal ORDER BY sequence")
        .fetch(&mut *connection)
        .try_collect()
        .await?;
    for row in rows {
        let entry: &[u8] = row.try_get("entry")?;
        let frame: JournalFrame = decode(entry).map_err(|_| unreadable("a journal entry"))?;
        sqlx::query("INSERT INTO journal_entry (sequence, at_ms, entry, chain) VALUES (?1, ?2, ?3, ?4)")
            .bind(row.try_get::<i64, _>("sequence")?)
            .bind(frame.at.0)
            .bind(entry)
            .bind(row.try_get::<&[u8], _>("chain")?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn move_lit(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut lit = Lit::default();
    for row in sqlx::query("SELECT zone, until_ms FROM lit").fetch_all(&mut *connection).await? {
        let zone =
            protocols_ids::Uuid::from_slice(row.try_get("zone")?).map_err(|_| unreadable("a lit zone"))?;
        lit.set(protocols_ids::ZoneId::new(zone), Some(UnixMs(row.try_get("until_ms")?)));
    }
    write(connection, Section::Lit, &encode(&lit)).await
}

/// Something that no program of ours has written.
pub(super) fn unreadable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what} is not readable").into())
}
