//! Objects and manifests that were written and may not be on disk yet. Flushing each by itself costs more than all else about
//! it; nothing depends on one before a record, a version or what is live names it. So they are flushed together, before the
//! next file that must be on disk.
//!
//! A reader that meets one which a power failure tore notices by its digest.

use crate::{Store, StoreError};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// From how many files on their whole file system is flushed by one call, where the system has one.
const MANY: usize = 8;

/// Files that may not be on disk yet.
#[derive(Debug, Default)]
pub(crate) struct Unflushed {
    files: Mutex<Vec<(PathBuf, By)>>,
    /// Held while they are flushed: who finds no file waits for those who took them.
    flushing: Mutex<()>,
}

/// Who wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// This process.
    Us,
    /// Perhaps another one, perhaps a moment ago.
    Others,
}

impl Store {
    /// Takes note of a file that may not be on disk yet. An overlay's never need to be.
    pub(crate) fn unflushed(&self, path: PathBuf, by: By) {
        if self.below.is_none() {
            self.session.unflushed.files.lock().unwrap_or_else(PoisonError::into_inner).push((path, by));
        }
    }

    /// Puts on disk whatever was noted until now.
    ///
    /// # Errors
    /// When the file system refuses; what this process wrote goes then, since what was dropped cannot be told from what was kept.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        let unflushed = &self.session.unflushed;
        let _alone = unflushed.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        let files = std::mem::take(&mut *unflushed.files.lock().unwrap_or_else(PoisonError::into_inner));
        if files.is_empty() {
            return Ok(());
        }
        self.flush_files(&files).inspect_err(|_| {
            for (path, _) in files.iter().filter(|(_, by)| *by == By::Us) {
                let _ = std::fs::remove_file(path);
            }
        })
    }

    fn flush_files(&self, files: &[(PathBuf, By)]) -> Result<(), StoreError> {
        if files.len() >= MANY && flush_all(&self.root)? {
            return Ok(());
        }
        files.iter().try_for_each(|(path, _)| match File::open(path).and_then(|file| file.sync_data()) {
            // What was set aside or purged meanwhile needs no flushing.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(path, error)),
            _ => Ok(()),
        })
    }
}

/// Flushes the file system of a folder; says whether that can be done.
#[cfg(target_os = "linux")]
fn flush_all(folder: &Path) -> Result<bool, StoreError> {
    let flushed = File::open(folder).and_then(|folder| Ok(rustix::fs::syncfs(folder)?));
    flushed.map(|()| true).map_err(|error| StoreError::io(folder, error))
}

/// Flushes the file system of a folder; says whether that can be done.
#[cfg(not(target_os = "linux"))]
fn flush_all(_: &Path) -> Result<bool, StoreError> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use crate::Store;

    #[test]
    fn nothing_is_left_unflushed_once_something_depends_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let waiting = || store.session.unflushed.files.lock().unwrap().len();
        for files in [1_u8, 7, 8, 50] {
            for at in 0..files {
                store.put_object(&[files, at]).unwrap();
            }
            assert_eq!(waiting(), usize::from(files));
            store.put(&store.own("live/a.json"), b"{}").unwrap();
            assert_eq!(waiting(), 0);
        }
        store.put_object(&[50, 1]).unwrap();
        assert_eq!(waiting(), 0, "written and flushed by this process");
        let other = Store::open(folder.path()).unwrap();
        other.put_object(&[50, 1]).unwrap();
        assert_eq!(other.session.unflushed.files.lock().unwrap().len(), 1, "perhaps not flushed by the other");
        let overlay = store.overlay().unwrap();
        overlay.put_object(b"dropped").unwrap();
        assert_eq!(overlay.session.unflushed.files.lock().unwrap().len(), 0);
        // What went before it was flushed is no failure.
        let gone = store.put_object(b"gone").unwrap();
        store.remove_object(&gone).unwrap();
        store.flush().unwrap();
    }
}
