//! Taking away what nobody needs any more. What that is, the caller knows; here is only how it goes, file by file, so that it
//! can be interrupted and done again.

use crate::lock::open_lock;
use crate::{Store, StoreError};
use mlspec_record::{Digest, Id, Name, Record, canonical_bytes};
use serde::{Serialize, de::DeserializeOwned};
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a purge that is under way was asked to do.
const UNDER_WAY: &str = "purge.json";

/// Digests, with the sizes of their files.
pub type Sizes = Vec<(Digest, u64)>;

/// The right to take files away, held until dropped: meanwhile no run begins.
#[derive(Debug)]
pub struct PurgeLock(#[expect(dead_code, reason = "held, not read")] File);

impl Store {
    /// The lock that runs share and a purge has alone.
    pub(crate) fn purge_lock(&self) -> Result<(PathBuf, File), StoreError> {
        let path = self.own("locks/purge");
        let file = open_lock(&path)?;
        Ok((path, file))
    }

    /// The right to take files away; nothing where a run is at work.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn lock_to_purge(&self) -> Result<Option<PurgeLock>, StoreError> {
        let (path, file) = self.purge_lock()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(PurgeLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path, error)),
        }
    }

    /// Writes what a purge is about to do; on disk when this returns.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn put_purge(&self, request: &impl Serialize) -> Result<(), StoreError> {
        self.put(&self.own(UNDER_WAY), &canonical_bytes(request)?)
    }

    /// What a purge that was interrupted was asked to do.
    ///
    /// # Errors
    /// When the file cannot be read or has another shape.
    pub fn purge_under_way<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        Ok(Self::read_json(self.own(UNDER_WAY))?.map(|(value, _)| value))
    }

    /// Says that the purge is done.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn end_purge(&self) -> Result<(), StoreError> {
        self.remove(&self.own(UNDER_WAY)).map(drop)
    }

    /// The digests of all objects and of all tables that the store itself holds, with the sizes of their files.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn stored(&self) -> Result<(Sizes, Sizes), StoreError> {
        let mut objects = Vec::new();
        let folder = self.own("objects");
        for head in crate::records::entries(&folder)? {
            for tail in crate::records::entries(&folder.join(&head))? {
                let size = std::fs::metadata(folder.join(&head).join(&tail)).map_or(0, |data| data.len());
                objects.extend(Digest::from_hex(&format!("{head}{tail}")).ok().map(|digest| (digest, size)));
            }
        }
        let folder = self.own("manifests");
        let manifests = crate::records::entries(&folder)?.into_iter().filter_map(|name| {
            let size = std::fs::metadata(folder.join(&name)).map_or(0, |data| data.len());
            Some((Digest::from_hex(name.strip_suffix(".json")?).ok()?, size))
        });
        Ok((objects, manifests.collect()))
    }

    /// Takes an object away; says whether it was there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove_object(&self, digest: &Digest) -> Result<bool, StoreError> {
        self.remove(&self.own(crate::objects::object(digest)))
    }

    /// Takes the manifest of a table away; says whether it was there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove_manifest(&self, digest: &Digest) -> Result<bool, StoreError> {
        self.remove(&self.own(crate::objects::manifest(digest)))
    }

    /// The keys under which outputs of steps are kept.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn cached_keys(&self) -> Result<Vec<Digest>, StoreError> {
        let names = crate::records::entries(&self.own("cache"))?;
        Ok(names.iter().filter_map(|name| Digest::from_hex(name.strip_suffix(".json")?).ok()).collect())
    }

    /// Forgets the digests of files outside the store, but for those that are to be kept; says how many.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn forget_files(&self, keep: &dyn Fn(&Digest) -> bool) -> Result<u64, StoreError> {
        let folder = self.own("files");
        let mut forgotten = 0;
        for name in crate::records::entries(&folder)? {
            let path = folder.join(name);
            if !crate::file_digest::remembered(&path).is_some_and(|digest| keep(&digest)) {
                forgotten += u64::from(self.remove(&path)?);
            }
        }
        Ok(forgotten)
    }

    /// Deletes the index, which is made again from the files when it is needed, and files whose bytes were found changed.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn forget_index(&self) -> Result<(), StoreError> {
        for suffix in ["", "-wal", "-shm"] {
            self.remove(&self.own(format!("index.sqlite{suffix}")))?;
        }
        let folder = self.own("changed");
        for name in crate::records::entries(&folder)? {
            self.remove(&folder.join(name))?;
        }
        Ok(())
    }

    /// Puts what is left of a record in its place, after its body went: apart from the records, since it obeys no schema
    /// any more. [`Store::record`] finds it there.
    ///
    /// # Errors
    /// When the record has no canonical form, or the file system refuses.
    pub fn bury_record(&self, run: &Id, step: &Name, record: &Record) -> Result<(), StoreError> {
        self.put(&self.own(crate::records::grave(run, step)), &record.to_bytes()?)?;
        self.remove(&self.own(format!("records/{run}/{step}.json")))?;
        // The journal has a copy of what went.
        self.remove(&self.own(format!("records/{run}/{}", crate::records::JOURNAL))).map(drop)
    }

    fn remove(&self, path: &Path) -> Result<bool, StoreError> {
        if path.symlink_metadata().is_err() {
            return Ok(false);
        }
        self.watch(path)?;
        match std::fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io(path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_and_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (object, table) = (store.put_object(b"rows").unwrap(), Digest::of(b"table"));
        store.put_manifest(&table, &serde_json::json!({})).unwrap();
        assert_eq!(store.stored().unwrap(), (vec![(object, 4)], vec![(table, 2)]));
        assert!(store.remove_object(&object).unwrap() && !store.remove_object(&object).unwrap());
        assert!(store.remove_manifest(&table).unwrap());
        assert_eq!(store.stored().unwrap(), (Vec::new(), Vec::new()));
        store.put_purge(&7).unwrap();
        assert_eq!(store.purge_under_way::<u64>().unwrap(), Some(7));
        store.end_purge().unwrap();
        assert_eq!(store.purge_under_way::<u64>().unwrap(), None);
        store.index().unwrap();
        store.forget_index().unwrap();
        assert!(!folder.path().join("index.sqlite").exists());
    }

    #[test]
    fn a_purge_is_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let alone = store.lock_to_purge().unwrap();
        assert!(alone.is_some() && store.lock_to_purge().unwrap().is_none());
        drop(alone);
        assert!(store.lock_to_purge().unwrap().is_some());
    }
}
