//! Records, where they lie: `records/<run>/<step>.json`.

use crate::{Store, StoreError};
use mlspec_record::{Id, Name, Record};
use serde_json::Value;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The records of a run's cached steps once more, flushed together; see [`crate::RunGuard`].
pub(crate) const JOURNAL: &str = "_cached.ndjson";

/// Where a purge leaves what stays of a record.
pub(crate) fn grave(run: &Id, step: &Name) -> String {
    format!("tombstones/records/{run}/{step}.json")
}

/// The names in a folder, sorted; none where there is no folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<String>, StoreError> {
    let refused = |error| StoreError::io(folder, error);
    let found = match std::fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(error)),
    };
    let mut names = Vec::new();
    for entry in found {
        names.extend(entry.map_err(refused)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

impl Store {
    /// Where the record of a step lies, or what a purge left of it.
    pub fn record_path(&self, run: &Id, step: &Name) -> PathBuf {
        let path = self.run_folder(run).join(format!("{step}.json"));
        let grave = self.find(grave(run, step));
        if !path.exists() && grave.exists() { grave } else { path }
    }

    /// The record of a step, read from its file. Whether it obeys its schema is for the caller to check.
    ///
    /// # Errors
    /// When there is none, or the file is no record.
    pub fn record(&self, run: &Id, step: &Name) -> Result<Record, StoreError> {
        let path = self.record_path(run, step);
        let corrupt = |reason: String| StoreError::Corrupt { path: path.clone(), reason };
        let document = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err("it is missing".to_owned()),
            Err(error) => return Err(StoreError::io(&path, error)),
        };
        let document = match document {
            Ok(document) => document,
            Err(reason) => self.journaled(run, step).ok_or_else(|| corrupt(reason))?,
        };
        Record::from_value(document).map_err(|error| corrupt(error.to_string()))
    }

    /// The steps of a run that have a record, by name.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn recorded_steps(&self, run: &Id) -> Result<Vec<Name>, StoreError> {
        let mut names = entries(&self.run_folder(run))?;
        names.extend(entries(&self.find(format!("tombstones/records/{run}")))?);
        names.sort_unstable();
        names.dedup();
        Ok(names.iter().filter_map(|name| Name::new(name.strip_suffix(".json")?).ok()).collect())
    }

    fn journaled(&self, run: &Id, step: &Name) -> Option<Value> {
        let text = std::fs::read_to_string(self.run_folder(run).join(JOURNAL)).ok()?;
        let documents = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        documents.into_iter().find(|document| document.pointer("/step/name") == Some(&Value::from(step.as_str())))
    }
}
