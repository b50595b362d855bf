//! Changes of pipelines that are under way: a journal per pipeline, and who may change it.
//!
//! Whoever changes a live pipeline in several steps writes first what is under way, then does it, then removes the journal. A
//! journal that is found without a process at work tells how to finish or to go back.

use crate::lock::open_lock;
use crate::write::sync_folder;
use crate::{Store, StoreError};
use mlspec_record::{Name, canonical_bytes};
use serde::{Serialize, de::DeserializeOwned};
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::PathBuf;

/// The right to run or to change a pipeline, held until dropped.
#[derive(Debug)]
pub struct PipelineLock(#[expect(dead_code, reason = "held, not read")] File);

impl Store {
    fn pending_path(&self, pipeline: &Name) -> PathBuf {
        self.own(format!("changes/{pipeline}.json"))
    }

    /// Writes what is under way with a pipeline; on disk when this returns.
    ///
    /// # Errors
    /// When the value has no canonical form, or the file system refuses.
    pub fn put_pending(&self, pipeline: &Name, journal: &impl Serialize) -> Result<(), StoreError> {
        self.put(&self.pending_path(pipeline), &canonical_bytes(journal)?)?;
        sync_folder(&self.own("changes"))
    }

    /// What is under way with a pipeline, if anything is.
    ///
    /// # Errors
    /// When the journal cannot be read or has another shape.
    pub fn pending<T: DeserializeOwned>(&self, pipeline: &Name) -> Result<Option<T>, StoreError> {
        Ok(Self::read_json(self.pending_path(pipeline))?.map(|(value, _)| value))
    }

    /// Removes the journal: nothing is under way any more.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove_pending(&self, pipeline: &Name) -> Result<(), StoreError> {
        let path = self.pending_path(pipeline);
        self.watch(&path)?;
        match std::fs::remove_file(&path) {
            Ok(()) => sync_folder(&self.own("changes")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    /// The pipelines that something is under way with.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn pending_pipelines(&self) -> Result<Vec<Name>, StoreError> {
        let names = crate::records::entries(&self.own("changes"))?;
        Ok(names.iter().filter_map(|name| Name::new(name.strip_suffix(".json")?).ok()).collect())
    }

    /// Waits until nobody changes the pipeline; until the lock is dropped, nobody will. Others may run it meanwhile.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn lock_to_run(&self, pipeline: &Name) -> Result<PipelineLock, StoreError> {
        let (path, file) = self.pipeline_lock(pipeline)?;
        file.lock_shared().map_err(|error| StoreError::io(&path, error))?;
        Ok(PipelineLock(file))
    }

    /// Waits until nobody runs or changes the pipeline; until the lock is dropped, nobody will. `busy` is told if that takes
    /// waiting.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn lock_to_change(&self, pipeline: &Name, busy: impl FnOnce()) -> Result<PipelineLock, StoreError> {
        let (path, file) = self.pipeline_lock(pipeline)?;
        match file.try_lock() {
            Ok(()) => return Ok(PipelineLock(file)),
            Err(TryLockError::WouldBlock) => busy(),
            Err(TryLockError::Error(error)) => return Err(StoreError::io(&path, error)),
        }
        file.lock().map_err(|error| StoreError::io(&path, error))?;
        Ok(PipelineLock(file))
    }

    fn pipeline_lock(&self, pipeline: &Name) -> Result<(PathBuf, File), StoreError> {
        let path = self.own(format!("locks/pipeline-{pipeline}"));
        let file = open_lock(&path)?;
        Ok((path, file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_excludes_others_and_leaves_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let name = Name::new("complaints").unwrap();
        assert_eq!(store.pending::<u64>(&name).unwrap(), None);
        store.put_pending(&name, &7).unwrap();
        assert_eq!(store.pending::<u64>(&name).unwrap(), Some(7));
        assert!(store.pending::<String>(&name).is_err());
        assert_eq!(store.pending_pipelines().unwrap(), std::slice::from_ref(&name));
        store.remove_pending(&name).unwrap();
        store.remove_pending(&name).unwrap();
        assert_eq!(store.pending_pipelines().unwrap(), []);

        let runs = (store.lock_to_run(&name).unwrap(), store.lock_to_run(&name).unwrap());
        let (sender, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| store.lock_to_change(&name, || sender.send(()).unwrap()));
            told.recv().unwrap();
            drop(runs);
            waits.join().unwrap().unwrap();
        });
        store.lock_to_change(&name, || panic!("nobody is there")).unwrap();
    }
}
