//! What stands in the place of results that were purged: what it was, when and why it went. History stays readable by it.

use crate::{Store, StoreError};
use mlspec_record::{ArtifactKind, Digest, Id, Name, Timestamp, canonical_bytes};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What stands in the place of something that was purged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The digest of what was there.
    pub digest: Digest,
    /// What kind of artifact it was; absent for what belonged to artifacts, such as lineage and fitted state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ArtifactKind>,
    /// How many rows it had, if it had rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The pipeline whose older version it was a part of.
    pub pipeline: Name,
    /// When it was purged.
    pub purged: Timestamp,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Why.
    pub reason: String,
    /// The run whose statement tells of an erasure for which it was purged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Id>,
}

impl std::fmt::Display for Tombstone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "purged on {}", self.purged)?;
        self.actor.as_ref().map_or(Ok(()), |actor| write!(f, " by {actor}"))?;
        write!(f, ": {}", self.reason)
    }
}

impl Store {
    /// What was said about results of this digest when they were purged. They may have been made again since.
    pub fn tombstone(&self, digest: &Digest) -> Option<Tombstone> {
        serde_json::from_slice(&std::fs::read(self.find(tombstone_path(digest))).ok()?).ok()
    }

    /// Says about results of this digest that they were purged.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn put_tombstone(&self, tombstone: &Tombstone) -> Result<(), StoreError> {
        self.put(&self.own(tombstone_path(&tombstone.digest)), &canonical_bytes(tombstone)?)
    }

    /// Why nothing of this digest is there.
    pub(crate) fn absent(&self, digest: &Digest) -> StoreError {
        match self.tombstone(digest) {
            Some(tombstone) => StoreError::Purged(Box::new(tombstone)),
            None => StoreError::Missing(*digest),
        }
    }
}

fn tombstone_path(digest: &Digest) -> PathBuf {
    format!("tombstones/{}.json", digest.hex()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_purged_is_told_until_it_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let digest = Digest::of(b"rows");
        assert!(matches!(store.object(&digest), Err(StoreError::Missing(_))));
        let tombstone = Tombstone {
            digest,
            kind: Some(ArtifactKind::Table),
            rows: Some(1),
            pipeline: Name::new("complaints").unwrap(),
            purged: Timestamp::from_millis(0).unwrap(),
            actor: Some("anna".to_owned()),
            reason: "retention".to_owned(),
            statement: None,
        };
        store.put_tombstone(&tombstone).unwrap();
        for error in [store.object(&digest).unwrap_err(), store.manifest::<u64>(&digest).unwrap_err()] {
            let told = error.to_string();
            assert!(told.ends_with("was purged on 1970-01-01T00:00:00.000Z by anna: retention"), "{told}");
        }
        store.put_object(b"rows").unwrap();
        assert_eq!(store.object(&digest).unwrap(), b"rows");
    }
}
