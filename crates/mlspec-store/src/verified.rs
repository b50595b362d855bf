//! Objects whose bytes this process wrote or verified: not hashed again while their files stay as they are.
//!
//! A file counts as the same while device, inode, size, and times of last change are. Another process's memory of a file
//! counts for nothing: every process verifies once.

use crate::Store;
use mlspec_record::Digest;
use std::collections::HashMap;
use std::fs::Metadata;
use std::sync::{Mutex, PoisonError};

/// How many objects are remembered; beyond that, others are verified at each reading.
const MOST: usize = 1 << 20;

/// What a file that was not touched keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp([i128; 5]);

impl Stamp {
    /// The stamp of a file; none where the system does not tell enough.
    #[cfg(unix)]
    pub(crate) fn of(data: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let time = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        let (changed, written) = (time(data.ctime(), data.ctime_nsec()), time(data.mtime(), data.mtime_nsec()));
        Some(Self([data.dev().into(), data.ino().into(), data.len().into(), changed, written]))
    }

    /// The stamp of a file; none where the system does not tell enough.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

/// Stamps of verified objects, and what their values were found to be.
#[derive(Debug, Default)]
pub(crate) struct Verified(Mutex<HashMap<Digest, (Stamp, Option<Digest>)>>);

impl Verified {
    /// Remembers that the file of this stamp holds the bytes of this digest.
    pub(crate) fn note(&self, object: &Digest, stamp: Option<Stamp>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stamp) = stamp.filter(|_| known.len() < MOST) {
            let entry = known.entry(*object).or_insert((stamp, None));
            entry.0 = stamp;
        }
    }

    /// Whether this process wrote or verified an object of this digest.
    pub(crate) fn knows(&self, object: &Digest) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(object)
    }

    /// Whether the file of this stamp is known to hold the bytes of this digest.
    pub(crate) fn holds(&self, object: &Digest, stamp: Option<Stamp>) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stamp.is_some() && known.get(object).map(|(stamp, _)| *stamp) == stamp
    }
}

impl Store {
    /// Remembers that the bytes of `object` stand for values of the digest `values`, as the caller found by computing it.
    pub fn note_values(&self, object: &Digest, values: Digest) {
        let mut known = self.session.verified.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get_mut(object) {
            entry.1 = Some(values);
        }
    }

    /// The digest of the values that the bytes of `object` were found to stand for, if this process computed it.
    pub fn values_of(&self, object: &Digest) -> Option<Digest> {
        let known = self.session.verified.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(object).and_then(|(_, values)| *values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreError;

    #[test]
    fn bytes_that_change_after_they_were_verified_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let digest = store.put_object(b"abc").unwrap();
        assert_eq!(store.object(&digest).unwrap(), b"abc");
        store.note_values(&digest, Digest::of(b"values"));
        assert_eq!(store.values_of(&digest), Some(Digest::of(b"values")));
        let path = store.object_path(&digest);
        for (bytes, pause) in [(&b"abcd"[..], 0), (b"abd", 20)] {
            store.put_object(b"abc").unwrap();
            assert_eq!(store.object(&digest).unwrap(), b"abc");
            std::thread::sleep(std::time::Duration::from_millis(pause));
            std::fs::write(&path, bytes).unwrap();
            assert!(matches!(store.object(&digest), Err(StoreError::Changed(_))), "{bytes:?}");
        }
    }
}
