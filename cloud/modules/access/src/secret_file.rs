//! Files that only the service's own user may read, written whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What could not be done with a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}", path.display())]
pub struct SecretFileError {
    what: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// The file's bytes; `None` where there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, SecretFileError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SecretFileError { what: "read", path: path.to_owned(), source }),
    }
}

/// Writes beside the file and renames, so that a crash leaves the old file or the new one. The directory is
/// made (0700) where it is missing; the file is 0600.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), SecretFileError> {
    let fail = |what| move |source| SecretFileError { what, path: path.to_owned(), source };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(fail("make the directory of"))?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .map_err(fail("write"))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail("write"))?;
    fs::rename(&beside, path).map_err(fail("put in place"))?;
    // The name is on disk only when its directory is.
    if let Some(directory) = path.parent() {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(fail("put in place"))?;
    }
    Ok(())
}

/// Removes the file; nothing happens where there is none.
pub(crate) fn remove(path: &Path) -> Result<(), SecretFileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SecretFileError { what: "remove", path: path.to_owned(), source: error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
