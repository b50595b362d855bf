//! The run whose results are in use, per pipeline; one rename commits a change.

use crate::write::sync_folder;
use crate::{Store, StoreError, write_atomic};
use mlspec_record::{Digest, Id, Name, Output, Version, canonical_bytes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The run whose results are in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// The run.
    pub run: Id,
    /// The pipeline's version.
    pub version: Version,
    /// What each step left.
    pub steps: BTreeMap<Name, LiveStep>,
}

/// What a step left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveStep {
    /// Its record.
    pub record: Id,
    /// The record's content digest.
    pub content: Digest,
    /// Its artifacts.
    pub outputs: Vec<Output>,
}

impl Store {
    /// What is live of a pipeline.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn live(&self, pipeline: &Name) -> Result<Option<Live>, StoreError> {
        let path = self.root.join("live").join(format!("{pipeline}.json"));
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| StoreError::Corrupt { path, reason: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    /// Makes a run live. A run that began after it stays live.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn put_live(&self, pipeline: &Name, live: &Live) -> Result<bool, StoreError> {
        let _lock = self.lock(&format!("live-{pipeline}"))?;
        if self.live(pipeline).ok().flatten().is_some_and(|there| there.run > live.run) {
            return Ok(false);
        }
        let folder = self.root.join("live");
        write_atomic(&self.tmp(), &folder.join(format!("{pipeline}.json")), &canonical_bytes(live)?)?;
        sync_folder(&folder)?;
        Ok(true)
    }

    /// The pipelines that have something live.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn live_pipelines(&self) -> Result<Vec<Name>, StoreError> {
        let names = crate::records::entries(&self.root.join("live"))?;
        Ok(names.iter().filter_map(|name| Name::new(name.strip_suffix(".json")?).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_began_later_stays_live() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let name = Name::new("complaints").unwrap();
        let live =
            |run: &str| Live { run: Id::new(run).unwrap(), version: Version::of(1, 0, 0), steps: BTreeMap::new() };
        assert_eq!(store.live(&name).unwrap(), None);
        for (run, wins) in [("b", true), ("a", false), ("c", true), ("c", true)] {
            assert_eq!(store.put_live(&name, &live(run)).unwrap(), wins, "{run}");
        }
        assert_eq!(store.live(&name).unwrap(), Some(live("c")));
        assert_eq!(store.live_pipelines().unwrap(), [name]);
    }
}
