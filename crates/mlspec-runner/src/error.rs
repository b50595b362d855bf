//! Why a pipeline could not be loaded, checked, run or asked about.

use crate::Rejected;
use mlspec_record::{ExitCode, Failure, Place};
use mlspec_store::StoreError;
use std::path::PathBuf;

/// Why a pipeline could not be loaded, checked, run or asked about. A *step* that fails is no such error: the run ends, and
/// its report tells.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// The pipeline cannot run.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pipeline file cannot be read.
    #[error("the file cannot be read: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        error: std::io::Error,
    },
    /// Something that was asked for is not there.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// What was asked for.
        what: &'static str,
        /// Its name.
        name: String,
        /// A name that may have been meant, or where to look.
        hint: Option<String>,
    },
    /// A value has no canonical form: a bug of whoever made it.
    #[error(transparent)]
    Canonical(#[from] mlspec_record::CanonicalError),
}

impl Failure for RunnerError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Rejected(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
            Self::Read { error, .. } if error.kind() == std::io::ErrorKind::NotFound => ExitCode::Usage,
            Self::Read { .. } => ExitCode::Outside,
            Self::Unknown { .. } => ExitCode::Usage,
            Self::Canonical(_) => ExitCode::Bug,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Rejected(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Unknown { hint, .. } => hint.clone(),
            Self::Read { .. } | Self::Canonical(_) => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Rejected(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::Read { path, .. } => Place { file: Some(path.display().to_string()), ..Place::default() },
            Self::Unknown { .. } | Self::Canonical(_) => Place::default(),
        }
    }
}
