//! Atomic writes: a reader sees the old file or the new one, never a part.

use crate::StoreError;
use std::fs::Metadata;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Writes a file: into `tmp` (on the same file system), flushed to disk, then renamed into place.
///
/// # Errors
/// When the file system refuses; nothing is left behind then.
pub fn write_atomic(tmp: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write(tmp, path, bytes, Flush::Now, Existing::Replaced).map(drop)
}

/// Whether the bytes must be on disk before the name is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flush {
    /// They must.
    Now,
    /// The file may be lost or torn by a power failure: its reader notices, and it can be made anew.
    Later,
}

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Existing {
    /// It is replaced.
    Replaced,
    /// The write fails.
    Kept,
}

/// Writes a file; what it looks like in its place, as far as the system tells.
pub(crate) fn write(
    tmp: &Path,
    path: &Path,
    bytes: &[u8],
    flush: Flush,
    existing: Existing,
) -> Result<Option<Metadata>, StoreError> {
    let refused = |error| StoreError::io(path, error);
    let mut file = temporary(tmp).map_err(refused)?;
    file.write_all(bytes).map_err(refused)?;
    if flush == Flush::Now {
        file.as_file().sync_data().map_err(refused)?;
    }
    let rename = |file: tempfile::NamedTempFile| match existing {
        Existing::Replaced => file.persist(path),
        Existing::Kept => file.persist_noclobber(path),
    };
    match (rename(file), path.parent()) {
        (Ok(file), _) => Ok(file.metadata().ok()),
        (Err(failed), Some(folder)) if failed.error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(folder).map_err(refused)?;
            rename(failed.file).map(|file| file.metadata().ok()).map_err(|failed| refused(failed.error))
        }
        (Err(failed), _) => Err(refused(failed.error)),
    }
}

/// A temporary file that others may read once it has its name, as the user's mask allows.
fn temporary(tmp: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let make = || {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(tmp)
    };
    match make() {
        Err(error) if error.kind() == ErrorKind::NotFound => std::fs::create_dir_all(tmp).and_then(|()| make()),
        made => made,
    }
}

/// Puts the names in a folder on disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    std::fs::File::open(folder).and_then(|file| file.sync_all()).map_err(|error| StoreError::io(folder, error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let tmp = folder.path().join("tmp");
        let blocked = folder.path().join("file");
        write_atomic(&tmp, &blocked, b"a").unwrap();
        assert!(write_atomic(&tmp, &blocked.join("below"), b"b").is_err());
        assert!(write(&tmp, &blocked, b"c", Flush::Now, Existing::Kept).is_err());
        assert_eq!(std::fs::read(&blocked).unwrap(), b"a");
        assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 0);
    }
}
