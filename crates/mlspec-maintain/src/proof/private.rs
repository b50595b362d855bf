//! Files for their owner alone: made exclusively, with safe permissions from the first moment.

use super::ProofError;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The largest key, receipt or statement that is read.
const MOST: u64 = 256 << 20;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner.
    Owner,
    /// Everybody, as the user's mask allows.
    Everybody,
}

/// Writes a file that is not there yet.
///
/// # Errors
/// [`ProofError::Exists`] when it is there; when the file system refuses.
pub(crate) fn create(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), ProofError> {
    let refused = |error| ProofError::io(path, error);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(refused)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(ProofError::Exists(path.to_owned())),
        opened => opened.map_err(refused)?,
    };
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half a file is no file.
        let _ = std::fs::remove_file(path);
        ProofError::io(path, error)
    })
}

/// The bytes of a file that only its owner may use.
///
/// # Errors
/// [`ProofError::Exposed`] when others may; when the file system refuses.
pub(crate) fn read_private(path: &Path) -> Result<Vec<u8>, ProofError> {
    let file = std::fs::File::open(path).map_err(|error| ProofError::io(path, error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(|error| ProofError::io(path, error))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(ProofError::Exposed { path: path.to_owned(), mode });
        }
    }
    take(path, file)
}

/// The bytes of a file.
///
/// # Errors
/// When the file system refuses, or the file is too large to be meant.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ProofError> {
    take(path, std::fs::File::open(path).map_err(|error| ProofError::io(path, error))?)
}

fn take(path: &Path, file: std::fs::File) -> Result<Vec<u8>, ProofError> {
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).map_err(|error| ProofError::io(path, error))?;
    Ok(bytes)
}

/// Refuses a path inside a store.
///
/// # Errors
/// [`ProofError::KeyInStore`].
pub(crate) fn outside_stores(path: &Path) -> Result<(), ProofError> {
    // The folder may not be there yet: its nearest ancestor that is says where it lies.
    let whole = std::path::absolute(path).map_err(|error| ProofError::io(path, error))?;
    let real: Vec<PathBuf> = whole.ancestors().skip(1).filter_map(|folder| folder.canonicalize().ok()).collect();
    match real.iter().any(|folder| folder.join("store.json").is_file()) {
        true => Err(ProofError::KeyInStore(path.to_owned())),
        false => Ok(()),
    }
}
