//! Atomic writes: a reader sees the old file or the new one, never a part.

use crate::StoreError;
use std::io::Write as _;
use std::path::Path;

/// Writes a file: into `tmp` (on the same file system), flushed to disk, then renamed into place.
///
/// # Errors
/// When the file system refuses; nothing is left behind then.
pub fn write_atomic(tmp: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let refused = |error| StoreError::io(path, error);
    let mut file = tempfile::NamedTempFile::new_in(tmp).map_err(refused)?;
    file.write_all(bytes).map_err(refused)?;
    file.as_file().sync_data().map_err(refused)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(refused)?;
    }
    file.persist(path).map_err(|error| refused(error.error))?;
    Ok(())
}
