//! A run and the records of its steps, read once.

use crate::cell::cell;
use crate::{RowId, TraceError};
use mlspec_record::body::{Ingestion, RowPlaces};
use mlspec_record::object::PipelineRun;
use mlspec_record::{ArtifactRef, Envelope, Id, Kind, Name, Object, PortRef};
use mlspec_store::Store;
use mlspec_table::{ROW, Table};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A run and the records of its steps.
#[derive(Debug)]
pub struct View {
    pub(crate) store: Store,
    pub(crate) run: Object<PipelineRun>,
    pub(crate) records: BTreeMap<Name, Envelope<Value>>,
    sources: Vec<Source>,
}

/// A dataset version that the run read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The step that ingested it.
    pub step: Name,
    /// Its rows.
    pub artifact: ArtifactRef,
    /// What the step recorded.
    pub body: Ingestion,
}

/// A row of a source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceRow {
    /// Its id.
    pub row: RowId,
    /// The values of the key columns, where rows have keys.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub key: Map<String, Value>,
    /// Where it stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePlace>,
    /// All its values, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Map<String, Value>>,
}

/// Where a source row stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilePlace {
    /// The datastore.
    pub datastore: Name,
    /// The path in it; empty for a row of a query.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Which row of the file it was, from 1; a header is not counted. In a workbook the row of the sheet, of a query that of its result
    /// in the order of the key.
    pub record: u64,
}

/// The body of a record, typed.
pub(crate) fn body<B: serde::de::DeserializeOwned>(record: &Envelope<Value>) -> Result<B, TraceError> {
    Ok(B::deserialize(&record.body).map_err(mlspec_record::RecordError::from)?)
}

impl View {
    /// Reads a run and the records of its steps.
    ///
    /// # Errors
    /// When the run is unknown, or a record cannot be read.
    pub fn open(store: &Store, run: &Id) -> Result<Self, TraceError> {
        let run = store.run(run)?;
        let mut records = BTreeMap::new();
        let mut sources = Vec::new();
        for step in run.body.steps.iter().filter(|step| step.record.is_some()) {
            let record = store.record(&run.id, &step.step)?;
            let envelope = record.envelope()?;
            if record.kind() == Kind::Ingestion {
                let body = record.envelope_of::<Ingestion>(Kind::Ingestion)?.body;
                // Beside its rows a step may leave those that it put aside.
                let outputs = envelope.outputs.iter().filter(|output| output.port.as_str() == "rows");
                sources.extend(outputs.map(|output| Source {
                    step: step.step.clone(),
                    artifact: output.artifact.clone(),
                    body: body.clone(),
                }));
            }
            records.insert(step.step.clone(), envelope);
        }
        Ok(Self { store: store.clone(), run, records, sources })
    }

    /// The store that it lies in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The run.
    pub fn run(&self) -> &Object<PipelineRun> {
        &self.run
    }

    /// The record of a step.
    ///
    /// # Errors
    /// When the pipeline has no such step, or the run has no record of it.
    pub fn step(&self, name: &str) -> Result<&Envelope<Value>, TraceError> {
        if let Some(record) = self.records.get(name) {
            return Ok(record);
        }
        match self.run.body.steps.iter().find(|step| step.step.as_str() == name) {
            Some(step) => Err(TraceError::NotRun { step: name.to_owned(), reason: step.reason.clone() }),
            None => Err(TraceError::unknown("step", name, self.records.keys().map(Name::as_str))),
        }
    }

    /// The record of this step, or with this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn record(&self, name: &str) -> Result<&Envelope<Value>, TraceError> {
        match self.records.values().find(|record| record.id.as_str() == name) {
            Some(record) => Ok(record),
            None => self.step(name),
        }
    }

    /// An output of a step.
    ///
    /// # Errors
    /// When the step or the port is unknown, or the run has no record of the step.
    pub fn output(&self, port: &PortRef) -> Result<&ArtifactRef, TraceError> {
        let outputs = &self.step(port.step.as_str())?.outputs;
        let found = outputs.iter().find(|output| output.port == port.port);
        found.map(|output| &output.artifact).ok_or_else(|| {
            let known = outputs.iter().map(|output| output.port.as_str());
            TraceError::unknown("output", port.port.as_str(), known).within(port.step.as_str())
        })
    }

    /// The dataset versions that the run read.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The source of this dataset or ingest step.
    ///
    /// # Errors
    /// When the run read no such dataset.
    pub fn source(&self, name: &str) -> Result<&Source, TraceError> {
        let of = |source: &&Source| source.body.dataset.as_str() == name;
        let by = |source: &&Source| source.step.as_str() == name;
        let found = self.sources.iter().find(of).or_else(|| self.sources.iter().find(by));
        found.ok_or_else(|| TraceError::unknown("dataset", name, self.sources.iter().map(|s| s.body.dataset.as_str())))
    }

    /// The source that an artifact is.
    pub(crate) fn source_of(&self, artifact: &ArtifactRef, dataset: &str) -> Option<&Source> {
        let mut same = self.sources.iter().filter(|source| source.body.dataset.as_str() == dataset);
        same.find(|source| source.artifact.digest == artifact.digest)
    }

    /// What is known of these rows of a source, in their order.
    pub(crate) fn describe(&self, source: &Source, rows: &[u64], values: bool) -> Result<Vec<SourceRow>, TraceError> {
        let table = Table::read_rows(&self.store, &source.artifact.digest, rows)?;
        let frame = table.frame();
        let picked = |wanted: &dyn Fn(&str) -> bool, at: usize| -> Map<String, Value> {
            let columns = frame.columns().iter().filter(|column| column.name() != ROW && wanted(column.name()));
            columns.map(|column| (column.name().to_string(), cell(column, at))).collect()
        };
        let ids = table.ids();
        let places: Option<RowPlaces> = source.body.places.map(|places| self.store.json(&places)).transpose()?;
        Ok(ids
            .iter()
            .enumerate()
            .map(|(at, &row)| SourceRow {
                row: RowId(row),
                key: picked(&|name| source.body.key.iter().any(|key| key == name), at),
                file: source.place(row, places.as_ref()),
                values: values.then(|| picked(&|_| true, at)),
            })
            .collect())
    }
}

impl Source {
    /// Where a row stood, by the record and, where its files' rows do not simply follow each other, the document that it names.
    pub fn place(&self, row: u64, places: Option<&RowPlaces>) -> Option<FilePlace> {
        let simple = self.body.files.iter().enumerate().find_map(|(at, file)| {
            let after = row.checked_sub(file.first_row?).filter(|after| *after < file.rows)?;
            Some((at, file.first_record.unwrap_or(1) + after))
        });
        if let Some(query) = &self.body.query {
            let after = query.first_row.and_then(|first| row.checked_sub(first)).filter(|after| *after < query.rows);
            let record = after.map(|after| after + 1).or_else(|| places?.find(row).map(|(_, record)| record))?;
            return Some(FilePlace { datastore: query.datastore.clone(), path: String::new(), sheet: None, record });
        }
        let (file, record) = simple.or_else(|| places?.find(row))?;
        let file = self.body.files.get(file)?;
        let (datastore, path, sheet) = (file.datastore.clone(), file.path.clone(), file.sheet.clone());
        Some(FilePlace { datastore, path, sheet, record })
    }
}

impl std::fmt::Display for FilePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "{} query", self.datastore)?,
            path => write!(f, "{}:{path}", self.datastore)?,
        }
        self.sheet.iter().try_for_each(|sheet| write!(f, " sheet {sheet}"))?;
        write!(f, " row {}", self.record)
    }
}
