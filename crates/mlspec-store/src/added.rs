//! Records that no run of this store wrote: those of finished scripts and foreign tools.

use crate::{Store, StoreError};
use mlspec_record::{Digest, Name, Record};
use std::path::PathBuf;

impl Store {
    /// Keeps a record that no run of this store wrote, with objects that it names, in a folder of its own: `records/<its id>/<its step>.json`.
    /// Objects come first, so the record is there whole or not at all. Whether it obeys its schema, and whether its id is free, is for
    /// the caller to check.
    ///
    /// # Errors
    /// When the record has no canonical form, or the file system refuses.
    pub fn add_record(&self, step: &Name, record: &Record, objects: &[Vec<u8>]) -> Result<PathBuf, StoreError> {
        let (path, no_purge) = self.purge_lock()?;
        no_purge.lock_shared().map_err(|error| StoreError::io(&path, error))?;
        for bytes in objects {
            self.put_object(bytes)?;
        }
        let path = self.record_path(record.id(), step);
        self.put(&path, &record.to_bytes()?)?;
        Ok(path)
    }

    /// Whether something is stored under this digest: a table or an object.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.manifest_path(digest).is_file() || self.has_object(digest, None)
    }
}
