//! Where files are written, and where they are read: an overlay reads what it has not written from the store below it.

use crate::unflushed::By;
use crate::write::{Existing, Flush, write};
use crate::{Store, StoreError};
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

type Before = dyn Fn(&Path) -> std::io::Result<()> + Send + Sync;

/// Is asked before a file gets its name; the write fails with its error.
#[derive(Clone)]
pub(crate) struct Watcher(Arc<Before>);

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

impl Store {
    /// Opens a store as [`Store::open`] does, with `before` asked before each file that is written or removed: an error that it
    /// returns is the file system's. For tests of disks that are full and processes that die.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_watched(
        root: impl AsRef<Path>,
        before: impl Fn(&Path) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let store = Self::open(root)?;
        let session = crate::lock::Session { watcher: Some(Watcher(Arc::new(before))), ..Default::default() };
        Ok(Self { session: session.into(), ..store })
    }

    /// The bytes of a file and the JSON that they are; nothing where there is no file.
    pub(crate) fn read_json<T: DeserializeOwned>(path: PathBuf) -> Result<Option<(T, Vec<u8>)>, StoreError> {
        match std::fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(value) => Ok(Some((value, bytes))),
                Err(error) => Err(StoreError::Corrupt { path, reason: error.to_string() }),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    /// Where a file of this path is written.
    pub(crate) fn own(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// Where a file or folder of this path is read.
    pub(crate) fn find(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        let own = self.own(path);
        match &self.below {
            Some(below) if !own.exists() => Some(below.find(path)).filter(|found| found.exists()).unwrap_or(own),
            _ => own,
        }
    }

    /// The path of a file in the store, from wherever it is read.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> Option<&'a str> {
        match path.strip_prefix(&self.root) {
            Ok(path) => path.to_str(),
            Err(_) => self.below.as_ref()?.relative(path),
        }
    }

    /// The names in a folder, sorted; none where there is no folder.
    pub(crate) fn names(&self, folder: impl AsRef<Path>) -> Result<Vec<String>, StoreError> {
        let folder = folder.as_ref();
        let mut names = crate::records::entries(&self.own(folder))?;
        if let Some(below) = &self.below {
            names.append(&mut below.names(folder)?);
            names.sort_unstable();
            names.dedup();
        }
        Ok(names)
    }

    /// Writes a file of the store.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8], flush: Flush, existing: Existing) -> Result<(), StoreError> {
        self.watch(path)?;
        let flush = if self.below.is_some() { Flush::Later } else { flush };
        if flush == Flush::Now {
            self.flush()?;
        }
        write(&self.tmp(), path, bytes, flush, existing).map(drop)
    }

    /// Writes a file that follows from nothing and that nothing refers to yet: it is flushed with all others like it, before the
    /// next file that must be on disk. What the file looks like, as far as the system tells.
    pub(crate) fn put_later(&self, path: &Path, bytes: &[u8]) -> Result<Option<std::fs::Metadata>, StoreError> {
        self.watch(path)?;
        let data = write(&self.tmp(), path, bytes, Flush::Later, Existing::Replaced)?;
        self.unflushed(path.to_owned(), By::Us);
        Ok(data)
    }

    /// Asks whoever watches before a file is changed.
    pub(crate) fn watch(&self, path: &Path) -> Result<(), StoreError> {
        let Some(Watcher(before)) = &self.session.watcher else { return Ok(()) };
        before(path).map_err(|error| StoreError::io(path, error))
    }

    /// Writes a file of the store, flushed, in the place of one of this name.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(path, bytes, Flush::Now, Existing::Replaced)
    }
}
