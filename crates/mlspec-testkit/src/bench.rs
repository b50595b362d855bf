//! A store in a temporary folder, and what a stage needs around it.

use crate::{FixedHost, must, record};
use mlspec_record::{
    ArtifactRef, Column, ColumnLineage, Digest, Lineage, LineageParent, Name, Output, Record, RowLineage, Seed,
    TableSchema,
};
use mlspec_stage::{BoundInput, Changes, Context, Outcome, Previous, Site, Stage, StageEntry, StageError};
use mlspec_store::Store;
use mlspec_table::polars::prelude::DataFrame;
use mlspec_table::{ChunkOptions, Table};
use serde_json::Value;
use std::sync::Arc;

/// A store in a temporary folder, removed in the end.
#[derive(Debug)]
pub struct Bench {
    folder: tempfile::TempDir,
    store: Store,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// An empty store.
    pub fn new() -> Self {
        let folder = must("make a folder", tempfile::tempdir());
        let store = must("open a store", Store::open(folder.path().join("store")));
        Self { folder, store }
    }

    /// An empty store in a folder of its own within this one, such as one that lies in memory.
    #[track_caller]
    pub fn within(folder: &std::path::Path) -> Self {
        let folder = must("make a folder", tempfile::tempdir_in(folder));
        let store = must("open a store", Store::open(folder.path().join("store")));
        Self { folder, store }
    }

    /// Opens the store anew: what its handle kept in memory is forgotten.
    #[track_caller]
    pub fn reopen(&mut self) {
        self.store = must("open a store", Store::open(self.folder.path().join("store")));
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The folder around the store, for files that a test needs.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A name.
    #[track_caller]
    pub fn name(text: &str) -> Name {
        must("read a name", Name::new(text))
    }

    /// Keeps a frame as a dataset: rows numbered from 0 unless it has `_row`, and the lineage of a source.
    #[track_caller]
    pub fn source(&self, dataset: &str, frame: DataFrame) -> ArtifactRef {
        let named = frame.get_column_index(mlspec_table::ROW).is_some();
        let table = must("make a table", if named { Table::new(frame) } else { Table::number(frame, 0) });
        let rows = RowLineage::Source { dataset: Self::name(dataset) };
        self.keep(
            &table,
            &Lineage {
                parents: Vec::new(),
                rows,
                columns: columns(table.schema(), None),
                indirect: Vec::new(),
                features: Vec::new(),
            },
        )
    }

    /// Keeps a frame that has `_row` as rows of `parent` with the same ids; columns of the same name are the same.
    #[track_caller]
    pub fn derived(&self, frame: DataFrame, scan: &str, parent: &ArtifactRef) -> ArtifactRef {
        let table = must("make a table", Table::new(frame));
        let parents = vec![LineageParent { scan: scan.to_owned(), artifact: parent.clone() }];
        let columns = columns(table.schema(), Some(scan));
        self.keep(
            &table,
            &Lineage { parents, rows: RowLineage::Identity, columns, indirect: Vec::new(), features: Vec::new() },
        )
    }

    /// Keeps a table with this lineage.
    #[track_caller]
    pub fn keep(&self, table: &Table, lineage: &Lineage) -> ArtifactRef {
        let mut artifact = must("write a table", table.write(&self.store, &ChunkOptions::default()));
        artifact.lineage = Some(self.json(lineage));
        artifact
    }

    /// Keeps a value as JSON.
    #[track_caller]
    pub fn json(&self, value: &impl serde::Serialize) -> Digest {
        must("write JSON", self.store.put_json(value)).0
    }

    /// A table of the store.
    #[track_caller]
    pub fn table(&self, artifact: &ArtifactRef) -> Table {
        must("read a table", Table::read(&self.store, &artifact.digest))
    }

    /// An artifact at an input port, with a record that wrote it.
    #[track_caller]
    pub fn bind(&self, port: &str, artifact: &ArtifactRef) -> BoundInput {
        let record = record::producer(Output { port: Self::name("rows"), artifact: artifact.clone() });
        BoundInput { port: Self::name(port), artifact: artifact.clone(), record: Arc::new(record) }
    }

    /// Sets up a stage for the step `step` of a pipeline without datastores.
    ///
    /// # Errors
    /// When the stage refuses the settings.
    pub fn build(&self, entry: &StageEntry, settings: &Value) -> Result<Box<dyn Stage>, StageError> {
        self.build_at(entry, settings, &Site::default())
    }

    /// Sets up a stage for the step `step` of a pipeline with these datastores.
    ///
    /// # Errors
    /// When the stage refuses the settings.
    #[track_caller]
    pub fn build_at(&self, entry: &StageEntry, settings: &Value, site: &Site) -> Result<Box<dyn Stage>, StageError> {
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        (entry.build)(&Self::name("step"), settings.clone(), site)
    }

    /// Runs a stage.
    ///
    /// # Errors
    /// When the stage fails.
    pub fn run(&self, stage: &dyn Stage, seed: u64, inputs: &[(&str, &ArtifactRef)]) -> Result<Outcome, StageError> {
        self.run_in(&FixedHost::default(), stage, seed, inputs)
    }

    /// Runs a stage in this host.
    ///
    /// # Errors
    /// When the stage fails.
    #[track_caller]
    pub fn run_in(
        &self,
        host: &FixedHost,
        stage: &dyn Stage,
        seed: u64,
        inputs: &[(&str, &ArtifactRef)],
    ) -> Result<Outcome, StageError> {
        let inputs = inputs.iter().map(|(port, artifact)| self.bind(port, artifact)).collect();
        let mut context = Context::new(&self.store, host, must("read a seed", Seed::new(seed)), inputs);
        stage.run(&mut context)?;
        Ok(context.finish())
    }

    /// Updates a stage from a run with the inputs `before`, which gave the outcome `previous`, to other inputs.
    ///
    /// # Errors
    /// When the stage fails.
    #[track_caller]
    pub fn update(
        &self,
        stage: &dyn Stage,
        seed: u64,
        (before, previous): (&[(&str, &ArtifactRef)], &Outcome),
        inputs: &[(&str, &ArtifactRef)],
    ) -> Result<Outcome, StageError> {
        let record = self.record(stage, seed, before, previous);
        let previous = must("read a record", Previous::of(Arc::new(record)));
        let inputs: Vec<_> = inputs.iter().map(|(port, artifact)| self.bind(port, artifact)).collect();
        let changes = Changes::between(previous.inputs(), inputs.iter().map(|input| (&input.port, &input.artifact)));
        let host = FixedHost::default();
        let context = Context::new(&self.store, &host, must("read a seed", Seed::new(seed)), inputs);
        let mut context = context.after(&previous);
        stage.update(&mut context, &changes)?;
        Ok(context.finish())
    }

    /// Sets up a stage, runs it, and gives its outcome.
    #[track_caller]
    pub fn outcome(&self, entry: &StageEntry, settings: &Value, inputs: &[(&str, &ArtifactRef)]) -> Outcome {
        let stage = must("build the stage", self.build(entry, settings));
        must("run the stage", self.run(stage.as_ref(), 42, inputs))
    }

    /// The record of a run, as the runner would write it.
    #[track_caller]
    pub fn record(&self, stage: &dyn Stage, seed: u64, inputs: &[(&str, &ArtifactRef)], outcome: &Outcome) -> Record {
        let inputs: Vec<_> = inputs.iter().map(|(port, artifact)| self.bind(port, artifact)).collect();
        record::of_run(stage, must("read a seed", Seed::new(seed)), &inputs, outcome)
    }
}

/// The artifact at this port.
#[track_caller]
pub(crate) fn output<'a>(outcome: &'a Outcome, port: &str) -> &'a ArtifactRef {
    match outcome.outputs.iter().find(|output| output.port.as_str() == port) {
        Some(output) => &output.artifact,
        None => panic!("nothing was written to the port `{port}`"),
    }
}

fn columns(schema: &TableSchema, scan: Option<&str>) -> Vec<ColumnLineage> {
    use mlspec_record::{Dependency, SourceColumn};
    let sources = |column: &Column| {
        let same = |scan: &str| SourceColumn {
            scan: scan.to_owned(),
            column: column.name.clone(),
            dependency: Dependency::Identity,
        };
        scan.map(same).into_iter().collect()
    };
    let lineage = |column: &Column| ColumnLineage {
        column: column.name.clone(),
        data_type: column.data_type,
        sources: sources(column),
    };
    schema.columns().iter().map(lineage).collect()
}
