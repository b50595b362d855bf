//! Locks between processes, and what killed ones left behind.
//!
//! A process that writes holds `tmp/_lock` shared for as long as its [`Store`] lives. Who gets it alone knows that nobody
//! is writing, so every other file in `tmp` belongs to nobody. The system frees locks of killed processes.

use crate::verified::Verified;
use crate::{Store, StoreError};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What the handles of one opened store share.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) writing: OnceLock<Option<File>>,
    pub(crate) memo: crate::memo::Memo,
    pub(crate) watcher: Option<crate::place::Watcher>,
    pub(crate) verified: Verified,
    pub(crate) unflushed: crate::unflushed::Unflushed,
}

pub(crate) fn open_lock(path: &Path) -> Result<File, StoreError> {
    let open = || OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let opened = match (open(), path.parent()) {
        (Err(error), Some(folder)) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(folder).and_then(|()| open())
        }
        (opened, _) => opened,
    };
    opened.map_err(|error| StoreError::io(path, error))
}

impl Store {
    pub(crate) fn memo(&self) -> &crate::memo::Memo {
        &self.session.memo
    }

    /// Where files lie until they are renamed into place.
    pub(crate) fn tmp(&self) -> PathBuf {
        let tmp = self.root.join("tmp");
        self.session.writing.get_or_init(|| {
            let file = open_lock(&tmp.join("_lock")).ok()?;
            // A file system without locks has no sweeping either.
            file.lock_shared().ok()?;
            Some(file)
        });
        tmp
    }

    /// A folder on the store's file system for files that are not to stay; what a killed process leaves there is removed.
    pub fn writing_folder(&self) -> PathBuf {
        self.tmp()
    }

    /// Removes what killed processes left half-written, unless somebody is writing.
    pub(crate) fn sweep(&self) {
        let tmp = self.root.join("tmp");
        let Ok(mut entries) = std::fs::read_dir(&tmp).map(|entries| entries.flatten().peekable()) else { return };
        if entries.peek().is_none() {
            return;
        }
        let Ok(lock) = open_lock(&tmp.join("_lock")) else { return };
        if lock.try_lock().is_err() {
            return;
        }
        for path in
            entries.map(|entry| entry.path()).filter(|path| path.file_name().is_some_and(|name| name != "_lock"))
        {
            // What cannot be removed now is removed later.
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }

    /// Waits until no other process updates what this name stands for; held until dropped.
    pub(crate) fn lock(&self, name: &str) -> Result<File, StoreError> {
        let path = self.root.join("locks").join(name);
        let file = open_lock(&path)?;
        file.lock().map_err(|error| StoreError::io(&path, error))?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use crate::Store;

    #[test]
    fn leftovers_go_once_nobody_writes() {
        let folder = tempfile::tempdir().unwrap();
        let leftover = folder.path().join("tmp/.tmpXY");
        let writer = Store::open(folder.path()).unwrap();
        writer.put_object(b"rows").unwrap();
        std::fs::write(&leftover, b"half").unwrap();
        Store::open(folder.path()).unwrap();
        assert!(leftover.exists(), "a writer is there");
        drop(writer);
        Store::open(folder.path()).unwrap();
        assert!(!leftover.exists());
    }
}
