//! Why the disk did not do what was asked.

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made or given its rights.
    #[error("cannot create {path}")]
    Create {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses the file.
    #[error("cannot open {path}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The schema cannot be brought to this version.
    #[error("cannot bring {path} to this version")]
    Migrate {
        /// The file.
        path: String,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// The file belongs to another enrolment.
    #[error(
        "{path} holds journal generation {found}, but this gateway is enrolled with generation {expected}"
    )]
    OtherGeneration {
        /// The file.
        path: String,
        /// What the file has.
        found: u64,
        /// What the identity says.
        expected: u64,
    },
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

/// Why changes were not applied. None of the call's changes are on disk then.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// SQLite failed: the disk is full or broken, or the file is held by someone else.
    #[error("cannot write the store")]
    Database(#[from] sqlx::Error),
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
