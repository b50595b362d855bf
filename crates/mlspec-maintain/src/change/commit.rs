//! The point from which a change goes on, whatever happens, and what becomes of changes that were left before or after it.

use super::Maintainer;
use crate::MaintainError;
use mlspec_ingest::suppress_listed;
use mlspec_record::object::{ChangeKind, DatasetVersion};
use mlspec_record::{Id, Name, Object, Timestamp};
use mlspec_store::{Live, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is under way with a pipeline. It holds no values of rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Journal {
    /// What the change is for.
    pub(crate) change: ChangeKind,
    /// The run before.
    pub(crate) base: Id,
    /// When it began.
    pub(crate) began: Timestamp,
    /// How far it is.
    pub(crate) phase: Phase,
}

/// How far a change is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Nothing of it can be seen yet: left here, it is as if it had not been begun.
    Working,
    /// All of it is made and stored: left here, it is finished.
    Committing(Box<Commit>),
}

/// What is left to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// What is to be live.
    pub(crate) live: Live,
    /// The dataset versions to be published.
    pub(crate) versions: Vec<Object<DatasetVersion>>,
    /// The lists of erased rows, by dataset: keyed digests, no values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) suppressed: BTreeMap<Name, Value>,
    /// What is kept of the proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<Value>,
}

/// What became of a change that a process left unfinished.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settled {
    /// What the change was for.
    pub change: ChangeKind,
    /// When it began.
    pub began: Timestamp,
    /// What became of it.
    pub settlement: Settlement,
    /// What was kept of the proof, if it was finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Value>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// It is live now.
    Finished,
    /// It is as if it had not been begun.
    RolledBack,
}

/// Whether this is not the first time that a change is brought to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It is the first.
    No,
    /// A process was killed meanwhile.
    Yes,
}

impl Maintainer<'_> {
    /// Finishes a change of the pipeline that a process left, or takes it back. Every command that changes or runs the pipeline
    /// begins with this.
    ///
    /// # Errors
    /// When the store fails.
    pub fn settle(&self, pipeline: &Name) -> Result<Option<Settled>, MaintainError> {
        if !self.store.pending_pipelines()?.contains(pipeline) {
            return Ok(None);
        }
        let _lock = self.store.lock_to_change(pipeline, || (self.busy)())?;
        self.settle_locked(pipeline)
    }

    /// The same, for whoever holds the lock.
    pub(super) fn settle_locked(&self, pipeline: &Name) -> Result<Option<Settled>, MaintainError> {
        let Some(journal) = self.store.pending::<Journal>(pipeline)? else { return Ok(None) };
        let (settlement, proof) = match &journal.phase {
            Phase::Working => {
                self.store.remove_pending(pipeline)?;
                (Settlement::RolledBack, None)
            }
            Phase::Committing(commit) => {
                self.finish(pipeline, &journal, Again::Yes)?;
                (Settlement::Finished, commit.proof.clone())
            }
        };
        Ok(Some(Settled { change: journal.change, began: journal.began, settlement, proof }))
    }

    /// Publishes the dataset versions, makes the run live, removes the journal. It may be done again at any point.
    pub(super) fn finish(&self, pipeline: &Name, journal: &Journal, again: Again) -> Result<(), MaintainError> {
        let Phase::Committing(commit) = &journal.phase else {
            return Ok(self.store.remove_pending(pipeline)?);
        };
        let Commit { live, versions, suppressed, proof } = &**commit;
        let published = match self.store.put_dataset_versions(versions) {
            // A pipeline that shares the dataset came in between. It read erased rows by then or did not, but not from us: what is
            // live of this pipeline is not touched by it, and the next version of the dataset is made from the one published.
            Err(StoreError::Conflict { .. }) if again == Again::Yes => Ok(()),
            published => published,
        };
        let done = match published {
            Ok(()) => {
                for (dataset, list) in suppressed {
                    suppress_listed(self.store, dataset, list)?;
                }
                self.store.replace_live(pipeline, &journal.base, live)?
            }
            Err(error) => {
                if matches!(error, StoreError::Conflict { .. }) {
                    self.store.remove_pending(pipeline)?;
                }
                return Err(error.into());
            }
        };
        if let Some(statement) = proof.as_ref().filter(|_| done) {
            self.store
                .put_statement(&live.run, &mlspec_record::canonical_document(statement).map_err(StoreError::from)?)?;
        }
        self.store.remove_pending(pipeline)?;
        if done { Ok(()) } else { Err(MaintainError::Overtaken(pipeline.to_string())) }
    }
}
