//! The only SQL of the gateway.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use gateway_core::{Change, Stored, StoredEntry};
use protocols_access::{KeptGrant, Patterns, Throttle};
use protocols_ids::{BootId, Uuid, ZoneId};
use protocols_wire::{Grant, Position, Posture, SiteConfig, UnixMs, decode, encode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{Connection, Row, SqliteConnection};

use crate::{ApplyError, LoadError, OpenError};

/// How long a statement waits for a reader (`status`) that holds the file: longer than any checkpoint.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The file is for its owner alone: it tells who may enter when, if only by sealed credentials.
const FILE_MODE: u32 = 0o600;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// The open file.
#[derive(Debug)]
pub struct Store {
    connection: SqliteConnection,
}

impl Store {
    /// Opens the file at `path` for writing, made anew if there is none.
    ///
    /// `journal_generation` is the enrolment's; a file of another enrolment is refused rather than continued,
    /// since its entries would be taken for this one's.
    pub async fn open(path: &Path, journal_generation: u64) -> Result<Self, OpenError> {
        let shown = || path.display().to_string();
        create_private(path).map_err(|source| OpenError::Create { path: shown(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let open = |source| OpenError::Open { path: shown(), source };
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(open)?;
        MIGRATIONS
            .run(&mut connection)
            .await
            .map_err(|source| OpenError::Migrate { path: shown(), source })?;

        let expected = i64::try_from(journal_generation).unwrap_or(i64::MAX);
        sqlx::query(
            "INSERT INTO standing (only_row, journal_generation) VALUES (1, ?1) ON CONFLICT DO NOTHING",
        )
        .bind(expected)
        .execute(&mut connection)
        .await
        .map_err(open)?;
        let found: i64 = sqlx::query_scalar("SELECT journal_generation FROM standing")
            .fetch_one(&mut connection)
            .await
            .map_err(open)?;
        if found != expected {
            return Err(OpenError::OtherGeneration {
                path: shown(),
                found: unsigned(found),
                expected: journal_generation,
            });
        }
        Ok(Self { connection })
    }

    /// Opens an existing file for reading beside the process that writes it.
    pub async fn open_read_only(path: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
        let connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(|source| OpenError::Open { path: path.display().to_string(), source })?;
        Ok(Self { connection })
    }

    /// Everything on disk, as the core wants it at its start; `boot` is this run's id.
    pub async fn load(&mut self, boot: BootId) -> Result<Stored, LoadError> {
        // One read transaction, so that `status` sees one moment of a running gateway.
        let mut transaction = self.connection.begin().await?;
        let standing = sqlx::query("SELECT * FROM standing").fetch_one(&mut *transaction).await?;
        let mut patterns = Patterns::default();
        let grants = sqlx::query("SELECT content FROM access_grant ORDER BY id")
            .fetch_all(&mut *transaction)
            .await?
            .iter()
            .map(|row| Ok(patterns.keep(from_cbor::<Grant>(row, "content", "a grant")?)))
            .collect::<Result<_, LoadError>>()?;
        let unacknowledged = sqlx::query("SELECT sequence, entry, chain FROM journal ORDER BY sequence")
            .fetch_all(&mut *transaction)
            .await?
            .iter()
            .map(|row| {
                Ok(StoredEntry {
                    sequence: unsigned(row.try_get("sequence")?),
                    entry: row.try_get("entry")?,
                    chain: chain(row, "chain")?,
                })
            })
            .collect::<Result<_, LoadError>>()?;
        let lit = sqlx::query("SELECT zone, until_ms FROM lit ORDER BY zone")
            .fetch_all(&mut *transaction)
            .await?
            .iter()
            .map(|row| {
                let zone = Uuid::from_slice(row.try_get("zone")?)
                    .map_err(|_| LoadError::Unreadable { what: "a lit zone" })?;
                Ok((ZoneId::new(zone), UnixMs(row.try_get("until_ms")?)))
            })
            .collect::<Result<_, LoadError>>()?;
        transaction.commit().await?;

        Ok(Stored {
            boot,
            position: Position {
                epoch: unsigned(standing.try_get("epoch")?),
                revision: unsigned(standing.try_get("revision")?),
            },
            seal_id: standing.try_get("seal_id")?,
            grants,
            table_hash: None,
            taken_back: Vec::new(),
            config: optional_cbor::<SiteConfig>(&standing, "config", "the configuration")?,
            posture: optional_cbor::<Posture>(&standing, "posture", "the posture")?,
            lease_until: standing.try_get::<Option<i64>, _>("lease_until_ms")?.map(UnixMs),
            heartbeat_at: standing.try_get::<Option<i64>, _>("heartbeat_at_ms")?.map(UnixMs),
            throttle: optional_cbor::<Throttle>(&standing, "throttle", "the throttle")?.unwrap_or_default(),
            lit,
            time_floor: UnixMs(standing.try_get("time_floor_ms")?),
            clock_error_ms: None,
            command_counter: 0,
            journal_generation: unsigned(standing.try_get("journal_generation")?),
            journal_head: unsigned(standing.try_get("journal_head")?),
            journal_chain: chain(&standing, "journal_chain")?,
            journal_acknowledged: unsigned(standing.try_get("journal_acknowledged")?),
            journal_acknowledged_chain: chain(&standing, "journal_acknowledged_chain")?,
            unacknowledged,
            damage: Vec::new(),
        })
    }

    /// Writes `changes` in their order, all or none, and returns when they are on the disk.
    pub async fn apply(&mut self, changes: &[Change]) -> Result<(), ApplyError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for change in changes {
            match change {
                Change::Append { sequence, entry, chain, .. } => {
                    append(&mut transaction, *sequence, entry, chain).await?;
                }
                Change::Acknowledged { sequence, .. } => acknowledge(&mut transaction, *sequence).await?,
                Change::Grants { replace, upserts, removals, expired_before, position, seal_id, .. } => {
                    if *replace {
                        sqlx::query("DELETE FROM access_grant").execute(&mut *transaction).await?;
                    }
                    for id in removals {
                        sqlx::query("DELETE FROM access_grant WHERE id = ?1")
                            .bind(id.as_bytes().as_slice())
                            .execute(&mut *transaction)
                            .await?;
                    }
                    for grant in upserts {
                        upsert_grant(&mut transaction, grant).await?;
                    }
                    if let Some(instant) = expired_before {
                        sqlx::query("DELETE FROM access_grant WHERE ends_at_ms < ?1")
                            .bind(instant.0)
                            .execute(&mut *transaction)
                            .await?;
                    }
                    sqlx::query("UPDATE standing SET epoch = ?1, revision = ?2, seal_id = ?3")
                        .bind(signed(position.epoch)?)
                        .bind(signed(position.revision)?)
                        .bind(i64::from(*seal_id))
                        .execute(&mut *transaction)
                        .await?;
                }
                Change::Config { config } => {
                    sqlx::query("UPDATE standing SET config = ?1")
                        .bind(encode(config.as_ref()))
                        .execute(&mut *transaction)
                        .await?;
                }
                Change::Posture { posture } => {
                    sqlx::query("UPDATE standing SET posture = ?1")
                        .bind(encode(posture))
                        .execute(&mut *transaction)
                        .await?;
                }
                Change::Lease { lease_until, heartbeat_at, time_floor, .. } => {
                    sqlx::query(
                        "UPDATE standing SET lease_until_ms = ?1, heartbeat_at_ms = ?2, time_floor_ms = ?3",
                    )
                    .bind(lease_until.map(|until| until.0))
                    .bind(heartbeat_at.0)
                    .bind(time_floor.0)
                    .execute(&mut *transaction)
                    .await?;
                }
                Change::Command { .. } => {}
                Change::Throttle { throttle } => {
                    sqlx::query("UPDATE standing SET throttle = ?1")
                        .bind(encode(throttle))
                        .execute(&mut *transaction)
                        .await?;
                }
                Change::Lit { zone, until } => light(&mut transaction, *zone, *until).await?,
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Closes the file in good order. Not closing it loses nothing.
    pub async fn close(self) -> Result<(), ApplyError> {
        Ok(self.connection.close().await?)
    }
}

/// SQLite gives its log and shared memory files the rights of the main file.
fn create_private(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(FILE_MODE))
        }
        Err(error) => Err(error),
    }
}

async fn append(
    connection: &mut SqliteConnection,
    place: u64,
    entry: &[u8],
    chain: &[u8; 32],
) -> Result<(), ApplyError> {
    let sequence = signed(place)?;
    let moved =
        sqlx::query("UPDATE standing SET journal_head = ?1, journal_chain = ?2 WHERE journal_head + 1 = ?1")
            .bind(sequence)
            .bind(chain.as_slice())
            .execute(&mut *connection)
            .await?;
    if moved.rows_affected() != 1 {
        return Err(ApplyError::Gap { sequence: place, head: head(connection).await? });
    }
    sqlx::query("INSERT INTO journal (sequence, entry, chain) VALUES (?1, ?2, ?3)")
        .bind(sequence)
        .bind(entry)
        .bind(chain.as_slice())
        .execute(&mut *connection)
        .await?;
    Ok(())
}

/// An acknowledgement that is repeated or overtaken changes nothing.
async fn acknowledge(connection: &mut SqliteConnection, sequence: u64) -> Result<(), ApplyError> {
    let head = head(connection).await?;
    if sequence > head {
        return Err(ApplyError::BeyondHead { sequence, head });
    }
    sqlx::query(
        "UPDATE standing SET journal_acknowledged = ?1,
           journal_acknowledged_chain = (SELECT chain FROM journal WHERE sequence = ?1)
         WHERE journal_acknowledged < ?1",
    )
    .bind(signed(sequence)?)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM journal WHERE sequence <= ?1")
        .bind(signed(sequence)?)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn upsert_grant(connection: &mut SqliteConnection, grant: &KeptGrant) -> Result<(), ApplyError> {
    sqlx::query(
        "INSERT INTO access_grant (id, ends_at_ms, content) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET ends_at_ms = excluded.ends_at_ms, content = excluded.content",
    )
    .bind(grant.id().as_bytes().as_slice())
    .bind(grant.last_end().0)
    .bind(encode(&grant.grant()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn light(
    connection: &mut SqliteConnection,
    zone: ZoneId,
    until: Option<UnixMs>,
) -> Result<(), ApplyError> {
    let query = match until {
        Some(until) => sqlx::query(
            "INSERT INTO lit (zone, until_ms) VALUES (?1, ?2)
             ON CONFLICT (zone) DO UPDATE SET until_ms = excluded.until_ms",
        )
        .bind(zone.as_bytes().as_slice())
        .bind(until.0),
        None => sqlx::query("DELETE FROM lit WHERE zone = ?1").bind(zone.as_bytes().as_slice()),
    };
    query.execute(connection).await?;
    Ok(())
}

async fn head(connection: &mut SqliteConnection) -> Result<u64, ApplyError> {
    let head: i64 = sqlx::query_scalar("SELECT journal_head FROM standing").fetch_one(connection).await?;
    Ok(unsigned(head))
}

fn signed(value: u64) -> Result<i64, ApplyError> {
    i64::try_from(value).map_err(|_| ApplyError::Counter { value })
}

/// Counters are written by [`signed`] alone, so that none is negative.
fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn chain(row: &SqliteRow, column: &str) -> Result<[u8; 32], LoadError> {
    <[u8; 32]>::try_from(row.try_get::<&[u8], _>(column)?)
        .map_err(|_| LoadError::Unreadable { what: "a chain hash" })
}

fn from_cbor<T>(row: &SqliteRow, column: &str, what: &'static str) -> Result<T, LoadError>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    decode(row.try_get::<&[u8], _>(column)?).map_err(|_| LoadError::Unreadable { what })
}

fn optional_cbor<T>(row: &SqliteRow, column: &str, what: &'static str) -> Result<Option<T>, LoadError>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    row.try_get::<Option<&[u8]>, _>(column)?
        .map(|bytes| decode(bytes).map_err(|_| LoadError::Unreadable { what }))
        .transpose()
}
