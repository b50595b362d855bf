//! Runs: begun under a lock, ended by one rename.
//!
//! The record of a step that *ran* is flushed to disk before anything depends on it, and with it whatever it names. The record of a step taken from the
//! cache could be made again from the cache, so its file is not flushed by itself: all of them go into one journal,
//! `_cached.ndjson`, which is flushed once before the run is marked as ended. A reader falls back on the journal where a
//! power failure took a file.

use crate::lock::open_lock;
use crate::write::{Existing, Flush, sync_folder};
use crate::{Store, StoreError};
use mlspec_record::object::PipelineRun;
use mlspec_record::{Id, Name, Object, Record};
use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A run under way. Dropped without [`RunGuard::finish`], it counts as interrupted.
#[derive(Debug)]
pub struct RunGuard {
    store: Store,
    run: Id,
    journal: Mutex<Vec<u8>>,
    /// Whether it carries a change: nothing depends on its records before all of it is complete.
    whole: bool,
    _lock: File,
    _no_purge: File,
}

impl Store {
    /// The folder of a run.
    pub fn run_folder(&self, run: &Id) -> PathBuf {
        self.find(format!("records/{run}"))
    }

    /// Where a run itself lies.
    pub fn run_path(&self, run: &Id) -> PathBuf {
        self.run_folder(run).join("_run.json")
    }

    /// Begins a run: others see it, and whether its process is still there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn begin_run(&self, run: &Object<PipelineRun>) -> Result<RunGuard, StoreError> {
        let (path, no_purge) = self.purge_lock()?;
        no_purge.lock_shared().map_err(|error| StoreError::io(&path, error))?;
        let path = self.run_folder(&run.id).join("_lock");
        let lock = open_lock(&path)?;
        lock.lock().map_err(|error| StoreError::io(&path, error))?;
        self.put_run(run)?;
        let (store, whole, run) = (self.clone(), run.body.update.is_some(), run.id.clone());
        Ok(RunGuard { store, run, journal: Mutex::default(), whole, _lock: lock, _no_purge: no_purge })
    }

    fn put_run(&self, run: &Object<PipelineRun>) -> Result<(), StoreError> {
        self.put(&self.run_path(&run.id), &Record::from_view(run)?.to_bytes()?)
    }

    /// Whether the process of a run is still there.
    pub fn is_running(&self, run: &Id) -> bool {
        let path = self.run_folder(run).join("_lock");
        File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
    }

    /// A run.
    ///
    /// # Errors
    /// When there is none of this id, or its file is no run.
    pub fn run(&self, id: &Id) -> Result<Object<PipelineRun>, StoreError> {
        let path = self.run_path(id);
        match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| StoreError::Corrupt { path, reason: error.to_string() })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(StoreError::Unknown { what: "run", name: id.to_string() })
            }
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    /// The ids of all runs, newest first.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn runs(&self) -> Result<Vec<Id>, StoreError> {
        let mut runs: Vec<_> = self.names("records")?.iter().filter_map(|name| Id::new(name).ok()).collect();
        // Ids begin with their time.
        runs.sort_unstable_by(|a, b| b.cmp(a));
        Ok(runs)
    }

    /// The runs of a pipeline, newest first, but for those that only predicted new rows; one whose file cannot be read is passed over.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn runs_of(&self, pipeline: &Name) -> Result<impl Iterator<Item = Object<PipelineRun>>, StoreError> {
        let runs = self.runs()?.into_iter();
        let of = move |run: &Object<PipelineRun>| run.name == *pipeline && run.body.prediction.is_none();
        Ok(runs.filter_map(|id| self.run(&id).ok()).filter(of))
    }

    /// The newest run of a pipeline.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn latest_run(&self, pipeline: &Name) -> Result<Option<Object<PipelineRun>>, StoreError> {
        Ok(self.runs_of(pipeline)?.next())
    }
}

impl RunGuard {
    /// Keeps the record of a step that ran; returns the bytes of its file. It is on disk when this returns, or, where the run carries
    /// a change, when the run ends.
    ///
    /// # Errors
    /// When the record has no canonical form, or the file system refuses.
    pub fn put_record(&self, step: &Name, record: &Record) -> Result<Vec<u8>, StoreError> {
        let bytes = record.to_bytes()?;
        let path = self.store.record_path(&self.run, step);
        match self.whole {
            true => self.store.put_later(&path, &bytes).map(drop)?,
            false => self.store.put(&path, &bytes)?,
        }
        Ok(bytes)
    }

    /// Keeps the record of a step that was taken from the cache; flushed with all others by [`RunGuard::finish`]. Returns
    /// the bytes of its file.
    ///
    /// # Errors
    /// When the record has no canonical form, or the file system refuses.
    pub fn put_cached_record(&self, step: &Name, record: &Record) -> Result<Vec<u8>, StoreError> {
        let bytes = record.to_bytes()?;
        self.store.write(&self.store.record_path(&self.run, step), &bytes, Flush::Later, Existing::Replaced)?;
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.extend_from_slice(&bytes);
        journal.push(b'\n');
        Ok(bytes)
    }

    /// Ends the run: after this, whatever it says has happened is on disk.
    ///
    /// # Errors
    /// When the file system refuses; the run counts as interrupted then.
    pub fn finish(self, run: &Object<PipelineRun>) -> Result<(), StoreError> {
        let journal = self.journal.into_inner().unwrap_or_else(PoisonError::into_inner);
        let folder = self.store.run_folder(&self.run);
        if !journal.is_empty() {
            self.store.put(&folder.join(crate::records::JOURNAL), &journal)?;
        }
        sync_folder(&folder)?;
        self.store.put_run(run)?;
        sync_folder(&folder)
    }
}
