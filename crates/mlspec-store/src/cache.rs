//! What a step left behind, by everything that determines it.
//!
//! An entry can be made again by running the step, so its file is not flushed; it carries its own digest, and one that a
//! power failure tore counts as absent.

use crate::write::{Existing, Flush};
use crate::{Store, StoreError, StoredFile};
use mlspec_record::{Digest, Id, Output, canonical_document};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::SystemTime;

/// What a step left behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// What determines the result; the digest of its canonical JSON is the key.
    pub parts: Value,
    /// The artifacts, by port.
    pub outputs: Vec<Output>,
    /// The files that they consist of; an entry without one of them is of no use.
    pub files: Vec<StoredFile>,
    /// The record's body.
    pub body: Value,
    /// What the user was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why the pipeline must not go on, if it must not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// The run that made it.
    pub run: Id,
    /// The record of that run's step.
    pub record: Id,
}

#[derive(Deserialize)]
struct Sealed {
    entry: Value,
    seal: Digest,
}

impl Store {
    fn cache_path(key: &Digest) -> String {
        format!("cache/{}.json", key.hex())
    }

    /// Keeps what a step left behind.
    ///
    /// # Errors
    /// When the entry has no canonical form, or the file system refuses.
    pub fn put_cached(&self, key: &Digest, entry: &CacheEntry) -> Result<(), StoreError> {
        let entry = serde_json::to_value(entry).map_err(mlspec_record::CanonicalError::from)?;
        // As canonical JSON writes the two: `entry` comes before `seal`.
        let document = canonical_document(&entry)?;
        let seal = Digest::of(&document);
        let bytes = [b"{\"entry\":".as_slice(), &document, format!(",\"seal\":\"{seal}\"}}").as_bytes()].concat();
        self.write(&self.own(Self::cache_path(key)), &bytes, Flush::Later, Existing::Replaced)
    }

    /// What a step left behind, and when it was kept; nothing where the entry is missing or torn.
    pub fn cached(&self, key: &Digest) -> Option<(CacheEntry, SystemTime)> {
        let path = self.find(Self::cache_path(key));
        let sealed: Sealed = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        if Digest::of(&canonical_document(&sealed.entry).ok()?) != sealed.seal {
            return None;
        }
        let kept = std::fs::metadata(&path).and_then(|data| data.modified()).ok()?;
        Some((CacheEntry::deserialize(sealed.entry).ok()?, kept))
    }

    /// Forgets what a step left behind.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn forget_cached(&self, key: &Digest) -> Result<(), StoreError> {
        let path = self.own(Self::cache_path(key));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(&path, error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_entry_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let key = Digest::of(b"key");
        let id = Id::new("a").unwrap();
        let body = serde_json::json!({"third": 1.0 / 3.0, "list": [1, null]});
        let entry = CacheEntry {
            parts: Value::Null,
            outputs: Vec::new(),
            files: Vec::new(),
            body,
            warnings: Vec::new(),
            refusal: Some("no".to_owned()),
            run: id.clone(),
            record: id,
        };
        store.put_cached(&key, &entry).unwrap();
        assert_eq!(store.cached(&key).unwrap().0, entry);
        let path = store.own(Store::cache_path(&key));
        let text = std::fs::read_to_string(&path).unwrap();
        for torn in [&text[..text.len() / 2], "", &text.replace("null]", "true]")] {
            std::fs::write(&path, torn).unwrap();
            assert!(store.cached(&key).is_none(), "{torn}");
        }
    }
}
