//! What lies where in the data folder.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The folder of one gateway.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// Held while the gateway runs; given back by the system even when it is killed.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Grants, journal, configuration.
    pub(crate) fn store(&self) -> PathBuf {
        self.path.join("gateway.sqlite")
    }

    /// Stores that were found damaged and put aside, oldest first.
    pub(crate) fn put_aside(&self) -> Vec<PathBuf> {
        let Ok(files) = std::fs::read_dir(&self.path) else { return Vec::new() };
        let mut aside: Vec<PathBuf> = files
            .filter_map(|file| Some(file.ok()?.path()))
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("gateway.sqlite.damaged-")
                    && !name.ends_with("-wal")
                    && !name.ends_with("-shm")
            })
            .collect();
        aside.sort();
        aside
    }

    /// Bytes that may still be written where the folder lies.
    pub(crate) fn free_bytes(&self) -> anyhow::Result<u64> {
        let disk = nix::sys::statvfs::statvfs(&self.path)
            .with_context(|| format!("cannot ask how much room there is for {}", self.shown()))?;
        Ok(disk.blocks_available().saturating_mul(disk.fragment_size()))
    }

    /// What only the running process knows, for `status`.
    pub(crate) fn live(&self) -> PathBuf {
        self.path.join("live.json")
    }

    /// The configuration that is taken when none is named.
    pub(crate) fn config(&self) -> PathBuf {
        self.path.join("gateway.toml")
    }

    /// Takes the folder for this process; a second gateway on the same journal would break its chain.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path).with_context(|| self.shown())?;
        let path = self.path.join("run.lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!("a gateway runs on {} already", self.shown()),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}
