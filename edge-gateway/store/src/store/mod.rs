//! The only SQL of the gateway.

mod examine;
mod files;
mod journal;
mod rebuild;
mod rows;
mod schema;

use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use gateway_core::{Change, Stored, StoredEntry};
use protocols_access::{Patterns, Throttle};
use protocols_ids::{BootId, GrantId};
use protocols_wire::{
    Damage, Grant, JournalEntry, JournalEvent, Posture, SiteConfig, UnixMs, decode, encode,
};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use self::examine::{Found, examine};
use self::files::Generations;
pub use self::journal::{JournalMarks, JournalVerdict};
use self::rebuild::{Hurt, rebuild};
pub use self::rows::KEPT_ENTRIES_MAX;
use self::rows::{chain_at, delete_grant, expire, forget, insert_entry, put_grants, remember, signed};
use self::schema::Version;
use crate::error::is_damage_at_opening;
use crate::sections::{CommandKept, Enrolment, JournalKept, LeaseKept, Lit, Section, Standing, Table};
use crate::{ApplyError, LoadError, OpenError};

/// How large the file may become, in pages of 4 KiB: 1 GiB. A month of entries and 100 000 grants are a tenth of it;
/// beyond it the disk counts as full, and the rest of the machine goes on.
const PAGES_MAX: u32 = 262_144;

/// The open file.
#[derive(Debug)]
pub struct Store {
    connection: SqliteConnection,
    /// As it is on disk; of a file that is only read, as it never was.
    standing: Standing,
    /// The run that has loaded the file: its commands are counted.
    boot: Option<BootId>,
    put_aside: Option<PathBuf>,
}

/// What `status` tells, without the rows themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overview {
    /// All but grants, entries and what was taken back.
    pub stored: Stored,
    /// Grants in the table.
    pub grants: u64,
    /// Grants that were taken back and are remembered.
    pub taken_back: u64,
    /// Entries that the cloud has not acknowledged.
    pub waiting: u64,
    /// Entries that it has, kept for a time.
    pub kept: u64,
}

/// What a transaction is for.
enum Work<'a> {
    Changes(&'a [Change]),
    Room,
}

/// What a look at the file found.
enum Look {
    Whole(SqliteConnection, Box<Standing>),
    Hurt(Box<Hurt>),
}

impl Store {
    /// Opens the file at `path` for writing, made anew if there is none, and goes through all of it.
    ///
    /// `journal_generation` is the enrolment's; a file of another enrolment is refused rather than continued,
    /// since its entries would be taken for this one's. What does not hold is put aside under another name
    /// ([`Store::put_aside`]), and [`Stored::damage`] names it until the journal has told of it.
    pub async fn open(path: &Path, journal_generation: u64) -> Result<Self, OpenError> {
        Self::open_within(path, journal_generation, PAGES_MAX).await
    }

    /// The same, for a file that may grow to `pages_max` pages of 4 KiB and is full then, however large the disk is.
    pub async fn open_within(
        path: &Path,
        journal_generation: u64,
        pages_max: u32,
    ) -> Result<Self, OpenError> {
        match Self::try_open(path, journal_generation, pages_max).await {
            // The doors go on from what is on a full disk, too: room was kept for that.
            Err(error) if error.is_full() && files::give_up_reserve(path) => {
                Self::try_open(path, journal_generation, pages_max).await
            }
            Ok(store) => {
                // Where there is no room for it, it is kept at a later start.
                drop(files::keep_reserve(path));
                Ok(store)
            }
            Err(error) => Err(error),
        }
    }

    async fn try_open(path: &Path, journal_generation: u64, pages_max: u32) -> Result<Self, OpenError> {
        let file_error = |source| OpenError::File { path: path.display().to_string(), source };
        let mut put_aside = files::take_over(path).map_err(file_error)?;
        let marks = Generations::read(path).filter(|marks| marks.enrolled == journal_generation);
        // The mark is made after the first file: where there is a mark and no file, there was one.
        let mut look = if marks.is_some() && !path.exists() {
            Look::Hurt(Box::default())
        } else {
            files::create_private(path).map_err(file_error)?;
            look(path, journal_generation, marks, pages_max).await?
        };
        if let Look::Hurt(hurt) = look {
            put_aside = rebuild(path, journal_generation, *hurt).await?.or(put_aside);
            look = self::look(path, journal_generation, marks, pages_max).await?;
        }
        let Look::Whole(connection, standing) = look else {
            return Err(OpenError::StillDamaged { path: path.display().to_string() });
        };
        let marks = Generations { enrolled: journal_generation, journal: standing.journal.generation };
        marks.write(path).map_err(file_error)?;
        Ok(Self { connection, standing: *standing, boot: None, put_aside })
    }

    /// Where the file went that was found damaged; `None`: nothing was put aside.
    pub fn put_aside(&self) -> Option<&Path> {
        self.put_aside.as_deref()
    }

    /// Opens an existing file for reading beside the process that writes it.
    pub async fn open_read_only(path: &Path) -> Result<Self, OpenError> {
        let shown = || path.display().to_string();
        let open = |source| OpenError::Open { path: shown(), source };
        let mut connection = SqliteConnection::connect_with(&schema::reading(path)).await.map_err(open)?;
        match schema::version(&mut connection).await.map_err(open)? {
            Version::Ours => {
                Ok(Self { connection, standing: Standing::begun(0), boot: None, put_aside: None })
            }
            Version::Newer(found) => Err(OpenError::Newer { path: shown(), found, known: schema::VERSION }),
            Version::First | Version::Empty | Version::Foreign => Err(OpenError::Older { path: shown() }),
        }
    }

    /// Everything on disk, as the core wants it at its start; `boot` is this run's id.
    pub async fn load(&mut self, boot: BootId) -> Result<Stored, LoadError> {
        // One read transaction, so that what is read is of one moment.
        let mut transaction = self.connection.begin().await?;
        let mut stored = values(&mut transaction, boot).await?;
        {
            let mut patterns = Patterns::default();
            let mut rows = sqlx::query("SELECT content FROM grant_row ORDER BY id").fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await? {
                let grant: Grant = decode(row.try_get::<&[u8], _>("content")?)
                    .map_err(|_| LoadError::Unreadable { what: "a grant" })?;
                stored.grants.push(patterns.keep(grant));
            }
        }
        {
            let mut rows =
                sqlx::query("SELECT id, until_ms FROM taken_back ORDER BY id").fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await? {
                stored.taken_back.push(rows::taken_back(&row)?);
            }
        }
        let after = i64::try_from(stored.journal_acknowledged).unwrap_or(i64::MAX);
        stored.unacknowledged = journal::entries(&mut transaction, after, -1).await?;
        transaction.commit().await?;
        self.boot = Some(boot);
        Ok(stored)
    }

    /// Where the gateway stands and how much there is, without loading it.
    pub async fn overview(&mut self, boot: BootId) -> Result<Overview, LoadError> {
        let mut transaction = self.connection.begin().await?;
        let stored = values(&mut transaction, boot).await?;
        let kept: JournalKept = value(&mut transaction, Section::Journal).await?;
        let grants: i64 =
            sqlx::query_scalar("SELECT count(*) FROM grant_row").fetch_one(&mut *transaction).await?;
        let taken_back: i64 =
            sqlx::query_scalar("SELECT count(*) FROM taken_back").fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Overview {
            stored,
            grants: rows::unsigned(grants),
            taken_back: rows::unsigned(taken_back),
            waiting: kept.head.saturating_sub(kept.acknowledged),
            kept: kept.acknowledged.saturating_sub(kept.forgotten),
        })
    }

    /// Writes `changes` in their order, all or none, and returns when they are on the disk.
    pub async fn apply(&mut self, changes: &[Change]) -> Result<(), ApplyError> {
        let next = self.step(Work::Changes(changes)).await?;
        self.standing = next;
        Ok(())
    }

    /// One transaction. SQLite ends it by itself when the disk is full, and a guard that does not know of that would
    /// never begin another: it is begun and ended in plain words.
    async fn step(&mut self, work: Work<'_>) -> Result<Standing, ApplyError> {
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        let written = self.within(work).await;
        if written.is_err() {
            // It may have ended already; then there is nothing to take back.
            drop(sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await);
        }
        written
    }

    async fn within(&mut self, work: Work<'_>) -> Result<Standing, ApplyError> {
        let mut next = self.standing.clone();
        let connection = &mut self.connection;
        match work {
            Work::Changes(changes) => {
                for change in changes {
                    write(connection, &mut next, self.boot, change).await?;
                }
            }
            Work::Room => forget(connection, &mut next.journal, UnixMs(i64::MAX), 0).await?,
        }
        for (section, content) in next.changed(&self.standing) {
            schema::write(connection, section, &content).await?;
        }
        sqlx::raw_sql("COMMIT").execute(connection).await?;
        Ok(next)
    }

    /// Gives up what the cloud has long since stored, for the sake of what it has not: to be called when there is no
    /// room. Tells whether anything was given up.
    pub async fn make_room(&mut self) -> Result<bool, ApplyError> {
        let next = self.step(Work::Room).await?;
        let made = next != self.standing;
        self.standing = next;
        Ok(made)
    }

    /// Closes the file in good order. Not closing it loses nothing.
    pub async fn close(self) -> Result<(), ApplyError> {
        Ok(self.connection.close().await?)
    }
}

/// Opens the file, brings it up to this version, and goes through it.
async fn look(
    path: &Path,
    enrolled: u64,
    marks: Option<Generations>,
    pages_max: u32,
) -> Result<Look, OpenError> {
    let shown = || path.display().to_string();
    let open = |source| OpenError::Open { path: shown(), source };
    let other = |found| OpenError::OtherGeneration { path: shown(), found, expected: enrolled };

    let mut connection = match SqliteConnection::connect_with(&schema::writing(path, pages_max)).await {
        Ok(connection) => connection,
        Err(error) if is_damage_at_opening(&error) => {
            // It cannot be opened for writing: perhaps there is something to be read.
            return match SqliteConnection::connect_with(&schema::reading(path)).await {
                Ok(mut connection) => {
                    let found = examine(&mut connection).await.map_err(open)?;
                    Ok(hurt(Some(connection), found))
                }
                Err(error) if is_damage_at_opening(&error) => Ok(Look::Hurt(Box::default())),
                Err(error) => Err(open(error)),
            };
        }
        Err(error) => return Err(open(error)),
    };
    let version = match schema::version(&mut connection).await {
        Ok(version) => version,
        // Not even its first page can be read.
        Err(error) if is_damage_at_opening(&error) => Version::Ours,
        Err(error) => return Err(open(error)),
    };
    match version {
        Version::Newer(found) => {
            return Err(OpenError::Newer { path: shown(), found, known: schema::VERSION });
        }
        // With its connection, which must be closed before another file takes the name.
        Version::Empty if marks.is_some() => return Ok(hurt(Some(connection), Found::default())),
        Version::Foreign => return Ok(hurt(Some(connection), Found::default())),
        Version::Empty => {
            let begun = Standing::begun(enrolled);
            schema::create(&mut connection, enrolled, &begun).await.map_err(open)?;
        }
        Version::First => {
            let generation = schema::first_generation(&mut connection).await.ok();
            if let Some(found) = generation.filter(|generation| *generation != enrolled) {
                return Err(other(found));
            }
            match schema::upgrade(&mut connection).await {
                Ok(()) => {}
                Err(error) if is_damage_at_opening(&error) => {
                    return Ok(Look::Hurt(Box::new(Hurt {
                        connection: Some(connection),
                        generation,
                        ..Hurt::default()
                    })));
                }
                Err(error) => return Err(open(error)),
            }
        }
        Version::Ours => {}
    }
    let mut found = examine(&mut connection).await.map_err(open)?;
    // A flipped byte in the file's head can make it one that is only to be read.
    found.file &= match is_writable(&mut connection).await {
        Err(error) if is_damage_at_opening(&error) => false,
        writable => writable.map(|()| true).map_err(open)?,
    };
    if let Some(enrolment) = found.section::<Enrolment>(Section::Enrolment)
        && enrolment.generation != enrolled
    {
        return Err(other(enrolment.generation));
    }
    Ok(match found.standing() {
        Some(standing) => Look::Whole(connection, Box::new(standing)),
        None => hurt(Some(connection), found),
    })
}

async fn is_writable(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // A file that is only to be read takes the beginning for that of reading.
    schema::mark(&mut transaction).await?;
    transaction.rollback().await
}

fn hurt(connection: Option<SqliteConnection>, found: Found) -> Look {
    Look::Hurt(Box::new(Hurt { connection, found, generation: None }))
}

async fn value<T>(connection: &mut SqliteConnection, section: Section) -> Result<T, LoadError>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    let content = schema::read(connection, section).await?;
    decode(&content).map_err(|_| LoadError::Unreadable { what: section.name() })
}

/// Everything but rows.
async fn values(connection: &mut SqliteConnection, boot: BootId) -> Result<Stored, LoadError> {
    let table: Table = value(connection, Section::Table).await?;
    let lease: LeaseKept = value(connection, Section::Lease).await?;
    let command: CommandKept = value(connection, Section::Command).await?;
    let journal: JournalKept = value(connection, Section::Journal).await?;
    Ok(Stored {
        boot,
        position: table.position,
        seal_id: table.seal_id,
        table_hash: table.hash,
        grants: Vec::new(),
        taken_back: Vec::<(GrantId, UnixMs)>::new(),
        config: value::<Option<SiteConfig>>(connection, Section::Config).await?,
        posture: value::<Option<Posture>>(connection, Section::Posture).await?,
        lease_until: lease.lease_until,
        heartbeat_at: lease.heartbeat_at,
        time_floor: lease.time_floor,
        clock_error_ms: lease.clock_error_ms,
        throttle: value::<Throttle>(connection, Section::Throttle).await?,
        lit: value::<Lit>(connection, Section::Lit).await?.0,
        command_counter: if command.boot == Some(boot) { command.counter } else { 0 },
        journal_generation: journal.generation,
        journal_head: journal.head,
        journal_chain: journal.chain,
        journal_acknowledged: journal.acknowledged,
        journal_acknowledged_chain: journal.acknowledged_chain,
        unacknowledged: Vec::<StoredEntry>::new(),
        damage: value::<Vec<Damage>>(connection, Section::Damage).await?,
    })
}

async fn write(
    connection: &mut SqliteConnection,
    next: &mut Standing,
    boot: Option<BootId>,
    change: &Change,
) -> Result<(), ApplyError> {
    match change {
        Change::Append { sequence, at, entry, chain } => {
            let journal = &mut next.journal;
            if journal.head.checked_add(1) != Some(*sequence) {
                return Err(ApplyError::Gap { sequence: *sequence, head: journal.head });
            }
            insert_entry(connection, signed(*sequence)?, *at, entry, chain).await?;
            journal.head = *sequence;
            journal.chain = *chain;
            told(&mut next.damage, entry);
        }
        Change::Acknowledged { sequence, forget_before } => {
            let journal = &mut next.journal;
            if *sequence > journal.head {
                return Err(ApplyError::BeyondHead { sequence: *sequence, head: journal.head });
            }
            // One that is repeated or overtaken moves nothing.
            if *sequence > journal.acknowledged {
                journal.acknowledged_chain = chain_at(connection, *sequence).await?;
                journal.acknowledged = *sequence;
            }
            forget(connection, journal, *forget_before, KEPT_ENTRIES_MAX).await?;
        }
        Change::Grants {
            replace,
            upserts,
            removals,
            expired_before,
            position,
            seal_id,
            hash,
            taken_back,
        } => {
            let table = &mut next.table;
            if *replace {
                sqlx::query("DELETE FROM grant_row").execute(&mut *connection).await?;
                table.rows = [0; 32];
            }
            for id in removals {
                delete_grant(connection, table, *id).await?;
            }
            put_grants(connection, table, upserts).await?;
            if let Some(instant) = expired_before {
                expire(connection, table, *instant).await?;
            }
            for (id, until) in taken_back {
                remember(connection, table, *id, *until).await?;
            }
            table.position = *position;
            table.seal_id = *seal_id;
            table.hash = Some(*hash);
        }
        Change::Config { config } => {
            schema::write(connection, Section::Config, &encode(&Some(config.as_ref()))).await?;
        }
        Change::Posture { posture } => {
            schema::write(connection, Section::Posture, &encode(&Some(posture))).await?;
        }
        Change::Lease { lease_until, heartbeat_at, time_floor, clock_error_ms } => {
            next.lease = LeaseKept {
                lease_until: *lease_until,
                heartbeat_at: Some(*heartbeat_at),
                time_floor: *time_floor,
                clock_error_ms: Some(*clock_error_ms),
            };
        }
        Change::Throttle { throttle } => {
            schema::write(connection, Section::Throttle, &encode(throttle)).await?;
        }
        Change::Lit { zone, until } => next.lit.set(*zone, *until),
        Change::Command { counter } => next.command = CommandKept { boot, counter: *counter },
    }
    Ok(())
}

/// What the journal tells of damage need not be told at the next start.
fn told(damage: &mut Vec<Damage>, entry: &[u8]) {
    if damage.is_empty() {
        return;
    }
    if let Ok(JournalEntry { event: JournalEvent::Damaged { what }, .. }) = decode::<JournalEntry>(entry) {
        damage.retain(|untold| *untold != what);
    }
}
