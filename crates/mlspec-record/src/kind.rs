//! Kinds of documents and the ids of their schemas.

use crate::{Version, text::string_type};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a document is about. The first group are records of lifecycle stages, the second managed objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Stage 2: files became a dataset version.
    Ingestion,
    /// Stage 3: a table was looked at.
    Analysis,
    /// Stage 4: tables became tables, or a table became a feature matrix.
    Transformation,
    /// Stage 5: a table was held against expectations.
    Validation,
    /// Stage 6: a table was split into parts.
    Splitting,
    /// Stage 7: a model was fitted.
    Training,
    /// Stage 8: a model was measured while it may still be changed.
    Evaluation,
    /// Stage 9: a model was measured once more, on held-back data.
    Test,
    /// Stage 12: a batch of rows was held against a reference.
    Monitoring,
    /// A fitted model was applied to rows: predictions are wanted, nothing is measured.
    Prediction,
    /// A named dataset.
    Dataset,
    /// One version of a dataset.
    DatasetVersion,
    /// Data that a run produced.
    Artifact,
    /// A published pipeline.
    Pipeline,
    /// One execution of a pipeline.
    PipelineRun,
    /// One execution of a step.
    StepRun,
}

/// Why a text is no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of document")]
pub struct KindError(String);

impl Kind {
    /// All kinds, records of stages first.
    pub const ALL: [Self; 16] = [
        Self::Ingestion,
        Self::Analysis,
        Self::Transformation,
        Self::Validation,
        Self::Splitting,
        Self::Training,
        Self::Evaluation,
        Self::Test,
        Self::Monitoring,
        Self::Prediction,
        Self::Dataset,
        Self::DatasetVersion,
        Self::Artifact,
        Self::Pipeline,
        Self::PipelineRun,
        Self::StepRun,
    ];

    /// The name in documents, such as `dataset-version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingestion => "ingestion",
            Self::Analysis => "analysis",
            Self::Transformation => "transformation",
            Self::Validation => "validation",
            Self::Splitting => "splitting",
            Self::Training => "training",
            Self::Evaluation => "evaluation",
            Self::Test => "test",
            Self::Monitoring => "monitoring",
            Self::Prediction => "prediction",
            Self::Dataset => "dataset",
            Self::DatasetVersion => "dataset-version",
            Self::Artifact => "artifact",
            Self::Pipeline => "pipeline",
            Self::PipelineRun => "pipeline-run",
            Self::StepRun => "step-run",
        }
    }

    /// Whether stages write documents of this kind; the others are managed objects.
    pub fn is_stage(self) -> bool {
        self < Self::Dataset
    }

    /// The id of the schema that documents of this kind are written to by this version of the crate.
    pub fn schema(self) -> SchemaId {
        SchemaId { name: self.as_str().to_owned(), version: Version::of(1, 0, 0) }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| KindError(text.to_owned()))
    }
}

/// The id of a published schema: `urn:mlspec:schema:<name>:<version>`, also its `$id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId {
    name: String,
    version: Version,
}

/// Why a text is no schema id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a schema id is written `urn:mlspec:schema:NAME:VERSION`, such as `urn:mlspec:schema:ingestion:1.0.0`")]
pub struct SchemaIdError;

impl SchemaId {
    /// What every id begins with.
    pub const PREFIX: &'static str = "urn:mlspec:schema:";

    /// Reads an id.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: &str) -> Result<Self, SchemaIdError> {
        let (name, version) =
            text.strip_prefix(Self::PREFIX).and_then(|rest| rest.split_once(':')).ok_or(SchemaIdError)?;
        Self::of(name, Version::new(version).map_err(|_| SchemaIdError)?)
    }

    /// An id from its parts; the name has lower-case letters, digits, `-` and `.`.
    ///
    /// # Errors
    /// When the name has other characters or none.
    pub fn of(name: &str, version: Version) -> Result<Self, SchemaIdError> {
        let named = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'));
        if named { Ok(Self { name: name.to_owned(), version }) } else { Err(SchemaIdError) }
    }

    /// The schema's name: a kind, `pipeline-file`, or `settings.<stage>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema's version.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl std::fmt::Display for SchemaId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}:{}", Self::PREFIX, self.name, self.version)
    }
}

string_type!(SchemaId, SchemaIdError, {
    "type": "string",
    "pattern": "^urn:mlspec:schema:[a-z][a-z0-9.-]*:(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)([-+][0-9A-Za-z.+-]+)?$",
    "description": "The id of the schema that the document obeys."
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_alike_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(SchemaId::new(&kind.schema().to_string()), Ok(kind.schema()));
            assert_eq!(kind.schema().name(), kind.as_str());
        }
        assert_eq!(Kind::ALL.iter().filter(|kind| kind.is_stage()).count(), 10);
        assert!(Kind::Monitoring.is_stage() && Kind::Prediction.is_stage() && !Kind::Dataset.is_stage());
        assert_eq!("evaluations".parse::<Kind>(), Err(KindError("evaluations".to_owned())));
    }

    #[test]
    fn schema_ids_have_a_name_and_a_version() {
        for (text, expect) in [
            ("urn:mlspec:schema:ingestion:1.0.0", Some(("ingestion", 1))),
            ("urn:mlspec:schema:settings.split:2.1.0-rc.1", Some(("settings.split", 2))),
            ("urn:mlspec:schema:ingestion", None),
            ("urn:mlspec:schema:ingestion:1", None),
            ("urn:mlspec:schema::1.0.0", None),
            ("urn:mlspec:schema:Ingestion:1.0.0", None),
            ("urn:mlspec:schema:../x:1.0.0", None),
            ("mlspec:ingestion:1.0.0", None),
        ] {
            let id = SchemaId::new(text);
            assert_eq!(id.as_ref().ok().map(|id| (id.name(), id.version().major())), expect, "{text}");
        }
    }
}
