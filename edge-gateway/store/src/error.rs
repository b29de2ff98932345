//! Why the disk did not do what was asked.

use crate::Broken;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file cannot be made, given its rights, or renamed.
    #[error("cannot create, rename or protect {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses the file, and not because it is damaged: that is put aside.
    #[error("cannot open {path}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        source: sqlx::Error,
    },
    /// A newer program has written the file.
    #[error(
        "{path} was written by a newer hallport-gateway (its format is {found}, this program knows {known}): \
         install that one again, or enrol this gateway anew in an empty folder"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its format.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// An older program has written the file, and it was only to be read.
    #[error(
        "{path} was written by an older hallport-gateway: start this one once, and it is brought up to date"
    )]
    Older {
        /// The file.
        path: String,
    },
    /// The file belongs to another enrolment.
    #[error("{path} belongs to enrolment {found}, but this gateway is enrolled with {expected}")]
    OtherGeneration {
        /// The file.
        path: String,
        /// What the file has.
        found: u64,
        /// What the identity says.
        expected: u64,
    },
    /// A file that was just written is not what was written.
    #[error(
        "{path} was damaged, and what was written in its place is damaged too: the disk does not keep what it is given"
    )]
    StillDamaged {
        /// The file.
        path: String,
    },
}

impl OpenError {
    /// Whether more room on the disk might help. SQLite tells a lack of it as any error of the disk.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::File { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            Self::Open { source, .. } => matches!(primary_code(source), Some(IOERR | FULL | CANTOPEN)),
            Self::Newer { .. }
            | Self::Older { .. }
            | Self::OtherGeneration { .. }
            | Self::StillDamaged { .. } => false,
        }
    }
}

/// Why the stored state could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// SQLite failed.
    #[error("cannot read the store")]
    Database(#[from] sqlx::Error),
    /// A row is not what this version writes.
    #[error("{what} in the store is not readable")]
    Unreadable {
        /// Which row.
        what: &'static str,
    },
}

/// Why a journal could not be verified to its end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It could not be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It was read, and does not hold.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Why changes were not applied. None of the call's changes are on disk then.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// There is no room. It may come back.
    #[error("the disk is full")]
    Full(#[source] sqlx::Error),
    /// The file is damaged: it is to be opened anew, which puts aside what does not hold.
    #[error("the store is damaged")]
    Damaged(#[source] sqlx::Error),
    /// SQLite failed otherwise: the disk fails, or someone else holds the file. Worth another try.
    #[error("cannot write the store")]
    Database(#[source] sqlx::Error),
    /// An entry does not follow the one before it.
    #[error("journal entry {sequence} does not follow entry {head}")]
    Gap {
        /// The entry that was to be written.
        sequence: u64,
        /// The last entry there is.
        head: u64,
    },
    /// An acknowledgement of entries that were never written.
    #[error("acknowledgement of journal entry {sequence}, but the last entry is {head}")]
    BeyondHead {
        /// What was acknowledged.
        sequence: u64,
        /// The last entry there is.
        head: u64,
    },
    /// A counter does not fit into SQLite's 63 bits.
    #[error("counter {value} is beyond what the store can keep")]
    Counter {
        /// Its value.
        value: u64,
    },
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(FULL) => Self::Full(error),
            Some(_) | None if is_damage(&error) => Self::Damaged(error),
            Some(_) | None => Self::Database(error),
        }
    }
}

// SQLite's result codes, https://www.sqlite.org/rescode.html.
const ERROR: u32 = 1;
const READONLY: u32 = 8;
const IOERR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const MISMATCH: u32 = 20;
const FORMAT: u32 = 24;
const NOTADB: u32 = 26;
const IOERR_READ: u32 = 266;
const IOERR_SHORT_READ: u32 = 522;
const IOERR_DATA: u32 = 8_202;
const IOERR_CORRUPTFS: u32 = 8_458;

fn extended_code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn primary_code(error: &sqlx::Error) -> Option<u32> {
    extended_code(error).map(|code| code & 0xFF)
}

/// Whether the error says that the file's content is not what was written. All statements are static and run in
/// the tests, so that an SQL error (a table or column that is not there) says so as well.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    if let Some(code) = extended_code(error) {
        return matches!(code & 0xFF, ERROR | CORRUPT | MISMATCH | FORMAT | NOTADB)
            || matches!(code, IOERR_READ | IOERR_SHORT_READ | IOERR_DATA | IOERR_CORRUPTFS);
    }
    matches!(
        error,
        sqlx::Error::RowNotFound
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::TypeNotFound { .. }
    )
}

/// The same while opening: there a file that pretends to be of a later format is taken for read-only.
pub(crate) fn is_damage_at_opening(error: &sqlx::Error) -> bool {
    is_damage(error) || primary_code(error) == Some(READONLY)
}
