//! The files around the store: what was put aside, what is being built anew, and the generations' mark.
//!
//! ```text
//! gateway.sqlite                           the store, with -wal and -shm
//!        .rebuilding                       being written after damage; means nothing yet
//!        .rebuilt                          whole, to take the store's place
//!        .damaged-20261128T021500Z         put aside, with -wal
//! gateway.generation                       the generations, in case the store can no longer tell
//!        .reserve                          room to start with when the disk is full
//! ```

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The files are for their owner alone: they tell who may enter when, if only by sealed credentials.
const FILE_MODE: u32 = 0o600;
/// Damaged files that are kept for whoever wants to know why: a disk that goes on failing is not filled with them.
const DAMAGED_KEPT_MAX: usize = 3;

/// SQLite gives its log and shared memory files the rights of the main file.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
        }
        Err(error) => Err(error),
    }
}

/// What SQLite needs to open a file on a disk that is full: the index of its log and some pages of the log.
const RESERVE_BYTES: usize = 256 * 1024;

/// Takes room while there is some. Without it the gateway runs as well, until it is started on a full disk.
pub(super) fn keep_reserve(path: &Path) -> io::Result<()> {
    let reserve = path.with_extension("reserve");
    if reserve.exists() {
        return Ok(());
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&reserve)?;
    let kept = file.write_all(&vec![0; RESERVE_BYTES]).and_then(|()| file.sync_all());
    if kept.is_err() {
        remove(&reserve)?;
    }
    kept
}

/// Answers whether there was anything to give up.
pub(super) fn give_up_reserve(path: &Path) -> bool {
    fs::remove_file(path.with_extension("reserve")).is_ok()
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Where the new file is written: empty, whatever an earlier try has left.
pub(super) fn rebuilding(path: &Path) -> io::Result<PathBuf> {
    let rebuilding = with_suffix(path, ".rebuilding");
    for suffix in ["", "-journal", "-wal", "-shm"] {
        remove(&with_suffix(&rebuilding, suffix))?;
    }
    create_private(&rebuilding)?;
    Ok(rebuilding)
}

/// From here on the new file counts.
pub(super) fn rebuilt(path: &Path) -> io::Result<()> {
    fs::rename(with_suffix(path, ".rebuilding"), with_suffix(path, ".rebuilt"))?;
    sync_folder(path)
}

/// Puts a file that was rebuilt in the place of the damaged one, and tells where that went. Each step may be the last
/// before the power goes: the next start goes on with the next.
pub(super) fn take_over(path: &Path) -> io::Result<Option<PathBuf>> {
    let rebuilt = with_suffix(path, ".rebuilt");
    if !rebuilt.exists() {
        return Ok(None);
    }
    let aside = aside(path);
    for suffix in ["", "-wal"] {
        match fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    remove(&with_suffix(path, "-shm"))?;
    // The log is gone for good before another file takes the name that it belonged to.
    sync_folder(path)?;
    fs::rename(&rebuilt, path)?;
    sync_folder(path)?;
    forget_oldest(path)?;
    Ok(aside.exists().then_some(aside))
}

/// Named after when the file was last written.
fn aside(path: &Path) -> PathBuf {
    let written = |suffix| fs::metadata(with_suffix(path, suffix)).and_then(|file| file.modified()).ok();
    let last = written("").max(written("-wal")).unwrap_or(SystemTime::UNIX_EPOCH);
    let when = jiff::Timestamp::try_from(last)
        .map_or_else(|_| "unknown".to_owned(), |at| at.strftime("%Y%m%dT%H%M%SZ").to_string());
    let named = with_suffix(path, &format!(".damaged-{when}"));
    if !named.exists() {
        return named;
    }
    (2..=u32::MAX)
        .map(|number| with_suffix(&named, &format!("-{number}")))
        .find(|other| !other.exists())
        .unwrap_or(named)
}

fn forget_oldest(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let mut prefix = name.to_string_lossy().into_owned();
    prefix.push_str(".damaged-");
    let mut damaged = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.starts_with(&prefix) && !name.ends_with("-wal") && !name.ends_with("-shm") {
            damaged.push((file.metadata()?.modified()?, file.path()));
        }
    }
    damaged.sort();
    let beyond = damaged.len().saturating_sub(DAMAGED_KEPT_MAX);
    for (_, oldest) in damaged.into_iter().take(beyond) {
        for suffix in ["", "-wal", "-shm"] {
            remove(&with_suffix(&oldest, suffix))?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()
    })
}

/// `gateway.generation`: which enrolment, and which generation its journal has come to. It says so when the store
/// itself is gone: a generation that was used must not begin twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Generations {
    pub(super) enrolled: u64,
    pub(super) journal: u64,
}

impl Generations {
    /// `None` where there is no such file, or nothing that can be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path.with_extension("generation")).ok()?;
        let (enrolled, journal) = text.trim_end().strip_prefix("enrolled ")?.split_once(" journal ")?;
        Some(Self { enrolled: enrolled.parse().ok()?, journal: journal.parse().ok()? })
    }

    /// Written only where it differs.
    pub(super) fn write(self, path: &Path) -> io::Result<()> {
        if Self::read(path) == Some(self) {
            return Ok(());
        }
        let target = path.with_extension("generation");
        let new = path.with_extension("generation.new");
        remove(&new)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&new)?;
        writeln!(file, "enrolled {} journal {}", self.enrolled, self.journal)?;
        file.sync_all()?;
        fs::rename(&new, &target)?;
        sync_folder(path)
    }
}
