//! Where a pipeline's data lies: datastores by name, and paths that do not leave them.

use crate::Environment;
use crate::datastore::Datastore;
use mlspec_record::{ExitCode, Failure, Name};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// The datastores of a pipeline, how many rows a run reads, the secret that erased rows are recognised with, and variables of the
/// environment.
#[derive(Clone, Debug, Default)]
pub struct Site {
    datastores: BTreeMap<Name, Datastore>,
    sample: Option<u64>,
    secret: Option<Secret>,
    environment: Environment,
}

/// Bytes that are never shown.
#[derive(Clone)]
struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why a path cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// No datastore has this name.
    #[error("there is no datastore `{name}`{}", list(.known))]
    Unknown {
        /// The name asked for.
        name: Name,
        /// The names there are.
        known: Vec<Name>,
    },
    /// The datastore is a place of another kind.
    #[error("the datastore `{name}` is of type `{found}`, expected `{expected}`")]
    Kind {
        /// The datastore.
        name: Name,
        /// Its kind.
        found: &'static str,
        /// The kind expected.
        expected: &'static str,
    },
    /// The path would leave the datastore.
    #[error("the path `{path}` leaves the datastore `{datastore}`")]
    Leaves {
        /// The datastore.
        datastore: Name,
        /// The path, as written.
        path: String,
    },
    /// Nothing is there.
    #[error("there is no file `{path}` in the datastore `{datastore}`")]
    Missing {
        /// The datastore.
        datastore: Name,
        /// The path, as written.
        path: String,
    },
}

fn list(names: &[Name]) -> String {
    match names {
        [] => "; the pipeline names none".to_owned(),
        _ => format!("; there are {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

impl Failure for SiteError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some("name it under `datastores` in the pipeline file".to_owned()),
            Self::Leaves { .. } => Some("a path is relative, without `..`, and no link on it leads outside".to_owned()),
            Self::Kind { expected: "folder", .. } => {
                Some("a database is read by a `query`, a folder by a `path`".to_owned())
            }
            Self::Kind { .. } => Some("a folder is read by a `path`, a database by a `query`".to_owned()),
            Self::Missing { .. } => None,
        }
    }
}

impl Site {
    /// A site of these folders; `sample` limits the rows of every source.
    pub fn new(folders: BTreeMap<Name, PathBuf>, sample: Option<u64>) -> Self {
        let datastores = folders.into_iter().map(|(name, folder)| (name, Datastore::Folder(folder))).collect();
        Self { datastores, sample, ..Self::default() }
    }

    /// With a datastore more.
    #[must_use]
    pub fn with_datastore(mut self, name: Name, datastore: Datastore) -> Self {
        self.datastores.insert(name, datastore);
        self
    }

    /// With the secret that erased rows are recognised with. It comes from outside the store, and reaches no setting, record or
    /// log.
    #[must_use]
    pub fn with_secret(self, secret: Option<Vec<u8>>) -> Self {
        Self { secret: secret.map(Secret), ..self }
    }

    /// With variables of the environment: what the program around gives. They reach no setting, record or log.
    #[must_use]
    pub fn with_environment(self, environment: Environment) -> Self {
        Self { environment, ..self }
    }

    /// Variables of the environment.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The secret that erased rows are recognised with, if there is one.
    pub fn secret(&self) -> Option<&[u8]> {
        self.secret.as_ref().map(|secret| secret.0.as_slice())
    }

    /// How many rows of each source a run reads at most, if it is limited.
    pub fn sample(&self) -> Option<u64> {
        self.sample
    }

    /// A datastore.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn datastore(&self, name: &Name) -> Result<&Datastore, SiteError> {
        let known = || self.datastores.keys().cloned().collect();
        self.datastores.get(name).ok_or_else(|| SiteError::Unknown { name: name.clone(), known: known() })
    }

    /// The folder of a datastore.
    ///
    /// # Errors
    /// When there is no datastore of this name, or it is no folder.
    pub fn folder(&self, datastore: &Name) -> Result<&Path, SiteError> {
        match self.datastore(datastore)? {
            Datastore::Folder(folder) => Ok(folder),
            other => Err(SiteError::Kind { name: datastore.clone(), found: other.kind(), expected: "folder" }),
        }
    }

    /// An existing file in a datastore. Links are followed and must end inside.
    ///
    /// # Errors
    /// When the datastore is unknown, the path leaves it, or nothing is there.
    pub fn resolve(&self, datastore: &Name, path: &str) -> Result<PathBuf, SiteError> {
        let folder = self.folder(datastore)?;
        let leaves = || SiteError::Leaves { datastore: datastore.clone(), path: path.to_owned() };
        let missing = || SiteError::Missing { datastore: datastore.clone(), path: path.to_owned() };
        let relative = Path::new(path);
        if !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(leaves());
        }
        let root = folder.canonicalize().map_err(|_| missing())?;
        let found = root.join(relative).canonicalize().map_err(|_| missing())?;
        if found.starts_with(&root) { Ok(found) } else { Err(leaves()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_not_shown() {
        let site = Site::default().with_secret(Some(b"hunter2".to_vec()));
        assert_eq!(site.secret(), Some(&b"hunter2"[..]));
        let shown = format!("{site:?}{:?}", site.clone());
        assert!(!shown.contains("hunter2") && !shown.contains("104"), "{shown}");
    }
}
