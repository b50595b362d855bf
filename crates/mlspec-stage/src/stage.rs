//! The trait.

use crate::{Changes, Context, Ports, Schemas, StageError};
use mlspec_record::{Kind, Producer, StageId};
use mlspec_store::Store;
use serde_json::{Map, Value};
use std::fmt::Debug;

/// One stage, set up and checked: what remains is to run it.
pub trait Stage: Debug + Send + Sync {
    /// The stage and the version of its behaviour, as in records and cache keys.
    fn id(&self) -> StageId;

    /// The kind of record that a run of the stage writes.
    fn kind(&self) -> Kind;

    /// The crate that implements the stage: `CARGO_PKG_NAME` and `CARGO_PKG_VERSION`.
    fn producer(&self) -> Producer;

    /// The settings, with defaults filled in, as in records and cache keys.
    fn settings(&self) -> Map<String, Value>;

    /// The names and kinds of inputs and outputs.
    fn ports(&self) -> Ports;

    /// Columns and types of the output tables from those of the connected input tables, before data is read. Ports of
    /// other kinds have no entry.
    ///
    /// # Errors
    /// When a column is missing, has the wrong type, or clashes with another.
    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError>;

    /// What determines the result besides settings, seed and inputs: for a stage that reads files, their digests. It is
    /// part of the cache key. Digests of files come from `Store::file_digest`, which remembers them by size and time.
    ///
    /// # Errors
    /// When a file is missing or lies outside its datastore.
    fn external(&self, _store: &Store) -> Result<Value, StageError> {
        Ok(Value::Null)
    }

    /// Whether what it reads from outside is there, before anything runs. By default [`Stage::external`] must work; a stage for which
    /// that is much work looks less closely.
    ///
    /// # Errors
    /// As [`Stage::external`].
    fn reachable(&self, store: &Store) -> Result<(), StageError> {
        self.external(store).map(drop)
    }

    /// Runs: reads the inputs, writes exactly the declared outputs, sets the record's body.
    ///
    /// # Errors
    /// When settings and data do not fit, or the store fails.
    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError>;

    /// Runs again after inputs changed, and leaves what [`Stage::run`] would leave: the same artifacts, lineage and body, except
    /// where the record states another guarantee. [`Context::previous`] has what the run before read and left; settings and
    /// seed are the same. The default runs; a stage that can do better takes over what did not change and calls
    /// [`Context::incremental`].
    ///
    /// # Errors
    /// As [`Stage::run`].
    fn update(&self, cx: &mut Context<'_>, _changes: &Changes) -> Result<(), StageError> {
        self.run(cx)
    }
}
