//! Why the store could not do something.

use crate::Tombstone;
use mlspec_record::{CanonicalError, Digest, ExitCode, Failure, Id, Name, Place, RecordError, StatusError};
use std::path::{Path, PathBuf};

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file system refused.
    #[error("the file system refused: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: std::io::Error,
    },
    /// Nothing of this digest is stored.
    #[error("`{0}` is not in the store")]
    Missing(Digest),
    /// What was stored under this digest was purged.
    #[error("`{}` was {}", .0.digest, .0)]
    Purged(Box<Tombstone>),
    /// The stored bytes are no longer those of the digest.
    #[error("`{0}` was changed on disk")]
    Changed(Digest),
    /// A stored file is not what the format says.
    #[error("a file of the store cannot be read: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The store was written by a newer version.
    #[error("the store has format {found}; this version reads formats up to {known}")]
    Newer {
        /// The store's format.
        found: u64,
        /// The newest format known.
        known: u64,
    },
    /// There is nothing of this name.
    #[error("there is no {what} `{name}` in the store")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Another process published a version of the dataset meanwhile.
    #[error("the dataset `{name}` cannot get this version: {problem}")]
    Conflict {
        /// The dataset.
        name: Name,
        /// What is in the way.
        problem: String,
    },
    /// The status of an object may not change so.
    #[error("the status of `{id}` cannot change: {error}")]
    Status {
        /// The object.
        id: Id,
        /// Why not.
        error: StatusError,
    },
    /// A file changed while it was read.
    #[error("the file changes while it is read")]
    Unsteady {
        /// The file.
        path: PathBuf,
    },
    /// The index failed.
    #[error("the index of the store failed: {reason}")]
    Index {
        /// What it said.
        reason: String,
    },
    /// A value has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// A document is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl StoreError {
    /// An error of the file system at this path.
    pub fn io(path: &Path, error: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}

impl Failure for StoreError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Io { .. }
            | Self::Missing(_)
            | Self::Purged(_)
            | Self::Changed(_)
            | Self::Corrupt { .. }
            | Self::Conflict { .. }
            | Self::Unsteady { .. }
            | Self::Index { .. } => ExitCode::Outside,
            Self::Newer { .. } | Self::Record(_) | Self::Unknown { .. } | Self::Status { .. } => ExitCode::Usage,
            Self::Canonical(_) => ExitCode::Bug,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) | Self::Changed(_) => {
                Some("run the pipeline again: what is missing is made anew".to_owned())
            }
            Self::Purged(tombstone) => tombstone
                .statement
                .as_ref()
                .map(|run| format!("the statement about the erasure lies in the store as `statements/{run}.json`")),
            Self::Conflict { .. } => {
                Some("run again: the new version is built on the one that came in between".to_owned())
            }
            Self::Newer { .. } => Some("use a newer mlspec, or another store with `--store`".to_owned()),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Io { path, .. } | Self::Corrupt { path, .. } | Self::Unsteady { path } => {
                Place { file: Some(path.display().to_string()), ..Place::default() }
            }
            _ => Place::default(),
        }
    }
}
