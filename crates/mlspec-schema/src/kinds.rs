//! The schemas of this version: one per kind of document, the pipeline file, and what a statement about an erasure says.

use crate::publish::publish;
use mlspec_record::erasure::ErasureStatement;
use mlspec_record::{Envelope, Kind, Object, PipelineFile, SchemaId, Version, body, object};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Value, json};

/// The name of the pipeline file's schema.
pub const PIPELINE_FILE: &str = "pipeline-file";

/// Every schema that this crate's types make, in published form.
pub fn generate() -> Vec<(SchemaId, Value)> {
    let kinds = Kind::ALL.into_iter().map(|kind| (kind.schema(), publish(&kind.schema(), pinned(kind))));
    let file = SchemaId::of(PIPELINE_FILE, Version::of(1, 0, 0)).ok();
    let file = file.map(|id| {
        let published = publish(&id, of::<PipelineFile>());
        (id, published)
    });
    let erasure = ErasureStatement::schema_id();
    let statement = publish(&erasure, of::<ErasureStatement>());
    kinds.chain(file).chain([(erasure, statement)]).collect()
}

fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

fn schema_of(kind: Kind) -> Option<Schema> {
    Some(match kind {
        Kind::Ingestion => of::<Envelope<body::Ingestion>>(),
        Kind::Analysis => of::<Envelope<body::Analysis>>(),
        Kind::Transformation => of::<Envelope<body::Transformation>>(),
        Kind::Validation => of::<Envelope<body::Validation>>(),
        Kind::Splitting => of::<Envelope<body::Splitting>>(),
        Kind::Training => of::<Envelope<body::Training>>(),
        Kind::Evaluation => of::<Envelope<body::Evaluation>>(),
        Kind::Test => of::<Envelope<body::Test>>(),
        Kind::Monitoring => of::<Envelope<body::Monitoring>>(),
        Kind::Prediction => of::<Envelope<body::Prediction>>(),
        Kind::Dataset => of::<Object<object::Dataset>>(),
        Kind::DatasetVersion => of::<Object<object::DatasetVersion>>(),
        Kind::Artifact => of::<Object<object::Artifact>>(),
        Kind::Pipeline => of::<Object<object::Pipeline>>(),
        Kind::PipelineRun => of::<Object<object::PipelineRun>>(),
        Kind::StepRun => of::<Object<object::StepRun>>(),
        _ => return None,
    })
}

/// The schema of a kind, with `kind` and the major version of `schema` pinned: a document of another kind is refused, one by
/// a newer writer of the same major version is not.
fn pinned(kind: Kind) -> Schema {
    let mut schema = schema_of(kind).unwrap_or_else(|| Schema::from(true));
    let major = kind.schema().version().major();
    let number = "(0|[1-9][0-9]*)";
    let id = format!("^{}{kind}:{major}\\.{number}\\.{number}$", SchemaId::PREFIX);
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        fields.insert("kind".to_owned(), json!({"const": kind.as_str(), "description": "What the document is about."}));
        fields.insert(
            "schema".to_owned(),
            json!({"type": "string", "pattern": id, "description": "The schema that this document obeys."}),
        );
    }
    schema
}
