//! Why keys, checks, statements and purges fail.

use super::Finding;
use mlspec_ingest::IngestError;
use mlspec_model::ModelError;
use mlspec_provenance::ProvenanceError;
use mlspec_record::{CanonicalError, ExitCode, Failure, Place, RecordError};
use mlspec_stage::StageError;
use mlspec_store::StoreError;
use mlspec_table::TableError;
use std::path::{Path, PathBuf};

/// Why something about keys, checks, statements or purges could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// A file stands where a key, a statement or a receipt is to be written.
    #[error("the file is there already")]
    Exists(PathBuf),
    /// There is no key.
    #[error("there is no key")]
    NoKey(PathBuf),
    /// Others than its owner may read or write the key.
    #[error("others than its owner may use the key file: its permissions are `{mode:o}`")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The key would lie in the store.
    #[error("a key must not lie in the store")]
    KeyInStore(PathBuf),
    /// The file system refused.
    #[error("the file system refused: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: std::io::Error,
    },
    /// A file is not what it should be: a key, a statement, a receipt.
    #[error("the file is no {what}: {reason}")]
    Invalid {
        /// The file, if there is one.
        path: Option<PathBuf>,
        /// What it should be.
        what: &'static str,
        /// What is wrong; never anything of a secret.
        reason: String,
    },
    /// A statement was asked for of an erasure whose check did not hold.
    #[error("erased rows still show: {}", told(.0))]
    NotErased(Vec<Finding>),
    /// Runs are at work, whose files a purge could take away.
    #[error("the run `{0}` is at work")]
    Busy(String),
    /// A purge of a pipeline of which nothing is live.
    #[error("nothing is live of the pipeline `{0}`")]
    NothingLive(String),
    /// Neither the option nor the pipeline file says what to keep.
    #[error("the purge is not told what to keep of the pipeline `{0}`")]
    NoRetention(String),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A dataset's list of erased rows cannot be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Lineage cannot be followed.
    #[error(transparent)]
    Provenance(#[from] ProvenanceError),
    /// A model or matrix cannot be read.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A model could not be fitted anew.
    #[error("the model cannot be fitted anew: {0}")]
    Refit(StageError),
    /// A document is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A value has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// How many findings a message tells.
const TOLD: usize = 5;

/// The first findings, and how many more there are.
fn told(findings: &[Finding]) -> String {
    let mut text = findings.iter().take(TOLD).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if findings.len() > TOLD {
        text.push_str(&format!("; and {} more places", findings.len() - TOLD));
    }
    text
}

impl From<StageError> for ProofError {
    fn from(error: StageError) -> Self {
        Self::Refit(error)
    }
}

impl ProofError {
    /// An error of the file system at this path.
    pub(crate) fn io(path: &Path, error: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    /// A file that is not what it should be.
    pub(crate) fn invalid(path: Option<&Path>, what: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { path: path.map(Path::to_owned), what, reason: reason.into() }
    }
}

impl Failure for ProofError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Exists(_)
            | Self::NoKey(_)
            | Self::Exposed { .. }
            | Self::KeyInStore(_)
            | Self::Invalid { .. }
            | Self::NothingLive(_)
            | Self::NoRetention(_) => ExitCode::Usage,
            Self::NotErased(_) => ExitCode::Refused,
            Self::Io { .. } | Self::Busy(_) => ExitCode::Outside,
            Self::Store(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Ingest(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
            Self::Model(error) => error.exit_code(),
            Self::Refit(error) => error.exit_code(),
            Self::Record(_) => ExitCode::Usage,
            Self::Canonical(_) => ExitCode::Bug,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Exists(_) => "it is not overwritten; name another file".to_owned(),
            Self::NoKey(_) => {
                "make one with `mlspec key new`, or name one with `--key-file` or the environment's MLSPEC_KEY"
                    .to_owned()
            }
            Self::Exposed { path, .. } => format!("`chmod 600 {}`", path.display()),
            Self::KeyInStore(_) => "a store is copied and shared; name a file elsewhere".to_owned(),
            Self::Busy(_) => "wait until it has ended".to_owned(),
            Self::NothingLive(_) => "run the pipeline first; `mlspec status` lists all pipelines".to_owned(),
            Self::NoRetention(_) => {
                "say `--keep N` or `--older-than DURATION`, or `retention` in the pipeline file".to_owned()
            }
            Self::NotErased(_) => "nothing changed: the version before stays live".to_owned(),
            Self::Store(error) => return error.hint(),
            Self::Table(error) => return error.hint(),
            Self::Ingest(error) => return error.hint(),
            Self::Provenance(error) => return error.hint(),
            Self::Model(error) => return error.hint(),
            Self::Refit(error) => return error.hint(),
            _ => return None,
        })
    }

    fn place(&self) -> Place {
        let file = |path: &Path| Place { file: Some(path.display().to_string()), ..Place::default() };
        match self {
            Self::Exists(path)
            | Self::NoKey(path)
            | Self::Exposed { path, .. }
            | Self::KeyInStore(path)
            | Self::Io { path, .. }
            | Self::Invalid { path: Some(path), .. } => file(path),
            Self::Store(error) => error.place(),
            Self::Table(error) => error.place(),
            Self::Ingest(error) => error.place(),
            Self::Provenance(error) => error.place(),
            Self::Model(error) => error.place(),
            Self::Refit(error) => error.place(),
            _ => Place::default(),
        }
    }
}
