//! The run whose results are in use, per pipeline; one rename commits a change.

use crate::write::sync_folder;
use crate::{Store, StoreError};
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
        Ok(Self::read_json(self.find(format!("live/{pipeline}.json")))?.map(|(value, _)| value))
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
        self.write_live(pipeline, live)?;
        Ok(true)
    }

    /// Makes a run live in the place of another, whenever it began; says whether it is live now.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn replace_live(&self, pipeline: &Name, before: &Id, live: &Live) -> Result<bool, StoreError> {
        let _lock = self.lock(&format!("live-{pipeline}"))?;
        match self.live(pipeline)? {
            Some(there) if there.run == live.run => Ok(true),
            Some(there) if there.run == *before => self.write_live(pipeline, live).map(|()| true),
            _ => Ok(false),
        }
    }

    fn write_live(&self, pipeline: &Name, live: &Live) -> Result<(), StoreError> {
        let folder = self.own("live");
        self.put(&folder.join(format!("{pipeline}.json")), &canonical_bytes(live)?)?;
        sync_folder(&folder)
    }

    /// The pipelines that have something live.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn live_pipelines(&self) -> Result<Vec<Name>, StoreError> {
        let names = self.names("live")?;
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
        assert_eq!(store.live_pipelines().unwrap(), std::slice::from_ref(&name));
        let id = |run: &str| Id::new(run).unwrap();
        for (before, run, done) in [("b", "a", false), ("c", "a", true), ("c", "a", true), ("c", "d", false)] {
            assert_eq!(store.replace_live(&name, &id(before), &live(run)).unwrap(), done, "{before} {run}");
        }
        assert_eq!(store.live(&name).unwrap(), Some(live("a")));
    }
}
