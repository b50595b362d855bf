//! The stage record: what a record names that was added to the store arrives at ports of a pipeline.

use mlspec_provenance::source_lineage;
use mlspec_record::body::{Taken, Transformation};
use mlspec_record::{
    ArtifactKind, Digest, Envelope, ExitCode, Failure, Id, Kind, Name, Place, Producer, Record, StageId,
};
use mlspec_stage::{
    Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::{Store, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Which record's outputs arrive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordParams {
    /// The id of a record of the store, such as `mlspec record add` adds one.
    pub record: Id,
    /// Its outputs that are to arrive, by port: what kind of artifact each is.
    #[schemars(extend("minProperties" = 1))]
    pub outputs: BTreeMap<Name, ArtifactKind>,
}

/// Why a record's outputs cannot arrive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakenError {
    /// No output is named.
    #[error("`outputs` names no output of the record")]
    NoOutput,
    /// The store has no such record.
    #[error("the store has no record `{0}`")]
    Unknown(Id),
    /// The record does not obey its schema.
    #[error("the record at the port is not valid: {message}")]
    Invalid {
        /// Its file.
        file: String,
        /// Where in it.
        pointer: String,
        /// What is wrong.
        message: String,
    },
    /// The record has no such output.
    #[error("the record `{record}` names nothing at its port `{port}`")]
    NoPort {
        /// The record.
        record: Id,
        /// The port.
        port: Name,
    },
    /// The output is of another kind.
    #[error("the record `{record}` has a {found} at its port `{port}`, not a {expected}")]
    OtherKind {
        /// The record.
        record: Id,
        /// The port.
        port: Name,
        /// What it has there.
        found: ArtifactKind,
        /// What the settings say.
        expected: ArtifactKind,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lineage could not be kept.
    #[error(transparent)]
    Provenance(Box<mlspec_provenance::ProvenanceError>),
}

impl Failure for TakenError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Store(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown(_) => Some("add it with `mlspec record add FILE`".to_owned()),
            Self::Invalid { .. } => {
                Some("correct it and add it again; `mlspec validate` shows every problem".to_owned())
            }
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Invalid { file, pointer, .. } => {
                Place { file: Some(file.clone()), pointer: Some(pointer.clone()), ..Place::default() }
            }
            Self::Store(error) => error.place(),
            _ => Place::default(),
        }
    }
}

#[derive(Debug)]
struct RecordStage {
    name: Name,
    params: RecordParams,
}

/// The stage `record@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(RecordParams) }
}

fn id() -> StageId {
    StageId::new("record@1").expect("the constant is a stage id")
}

fn build(name: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    let params: RecordParams = parse_settings(settings)?;
    if params.outputs.is_empty() {
        return Err(TakenError::NoOutput.into());
    }
    Ok(Box::new(RecordStage { name: name.clone(), params }))
}

impl RecordStage {
    /// The record, read from its file and checked by its schema.
    fn read(&self, store: &Store) -> Result<(Record, Envelope<Value>), TakenError> {
        let id = &self.params.record;
        // One whose file is no record any more is in no index: it is looked for where it was added.
        let own = store.recorded_steps(id)?.into_iter().next().map(|step| (id.clone(), step));
        let indexed = || -> Result<Option<(Id, Name)>, StoreError> {
            let found = store.index()?.records(id.as_str())?.into_iter().find(|found| found.id == *id);
            Ok(found.map(|found| (found.run, found.step)))
        };
        let found = match own {
            Some(own) => Some(own),
            None => indexed()?,
        };
        let (run, step) = found.ok_or_else(|| TakenError::Unknown(id.clone()))?;
        let file = store.record_path(&run, &step).display().to_string();
        let invalid = |pointer: String, message: String| TakenError::Invalid { file: file.clone(), pointer, message };
        let record = match store.record(&run, &step) {
            Ok(record) => record,
            Err(StoreError::Corrupt { reason, .. }) => return Err(invalid(String::new(), reason)),
            Err(error) => return Err(error.into()),
        };
        if let Err(problems) = mlspec_schema::validate_record(record.as_value()) {
            let first = problems.into_iter().next();
            let (pointer, message) = first.map(|found| (found.pointer, found.message)).unwrap_or_default();
            return Err(invalid(pointer, message));
        }
        let envelope = record.envelope().map_err(|error| invalid(String::new(), error.to_string()))?;
        Ok((record, envelope))
    }

    fn content(record: &Record) -> Result<Digest, TakenError> {
        Ok(record.content_digest().map_err(StoreError::from)?)
    }
}

impl Stage for RecordStage {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Transformation
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        write_settings(&self.params)
    }

    fn ports(&self) -> Ports {
        let port = |(name, kind): (&Name, &ArtifactKind)| Port::new(name.clone(), *kind);
        Ports { inputs: Vec::new(), outputs: self.params.outputs.iter().map(port).collect() }
    }

    /// Columns are known when the record is read; steps that follow are planned then.
    fn plan(&self, _: &Schemas) -> Result<Schemas, StageError> {
        Ok(Schemas::new())
    }

    fn external(&self, store: &Store) -> Result<Value, StageError> {
        let (record, _) = self.read(store)?;
        Ok(json!({"record": record.id(), "content": Self::content(&record)?}))
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let store = cx.store();
        let (record, envelope) = self.read(store)?;
        for (port, kind) in &self.params.outputs {
            let id = record.id().clone();
            let output = envelope.outputs.iter().find(|output| output.port == *port);
            let output = output.ok_or_else(|| TakenError::NoPort { record: id.clone(), port: port.clone() })?;
            let mut artifact = output.artifact.clone();
            if artifact.kind != *kind {
                let (port, found, expected) = (port.clone(), artifact.kind, *kind);
                return Err(TakenError::OtherKind { record: id, port, found, expected }.into());
            }
            store.files_of([&artifact]).map_err(TakenError::from)?;
            if artifact.kind == ArtifactKind::Table && artifact.lineage.is_none() {
                // Nobody says where the rows come from, so they enter here.
                let schema = store.table_schema(&artifact.digest).map_err(TakenError::from)?;
                let lineage = source_lineage(store, &self.name, &schema);
                artifact.lineage = Some(lineage.map_err(|error| TakenError::Provenance(Box::new(error)))?);
            }
            cx.output(port.clone(), artifact)?;
        }
        let taken = Taken {
            record: record.id().clone(),
            content: Self::content(&record)?,
            stage: envelope.step.stage,
            producer: envelope.producer,
        };
        cx.body(&Transformation { taken: Some(Box::new(taken)), ..Transformation::default() })
    }
}
