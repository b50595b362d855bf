#![doc = include_str!("../README.md")]

mod error;
mod objects;
mod write;

pub use error::StoreError;
pub use write::write_atomic;

use std::path::{Path, PathBuf};

/// A store: one folder.
///
/// | in the folder | what |
/// | --- | --- |
/// | `store.json` | the format's version |
/// | `objects/ab/cdef…` | bytes by their SHA-256 |
/// | `manifests/<hex>.json` | what a table digest stands for |
/// | `tmp/` | files that are being written |
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens the store in this folder; makes it where there is none.
    ///
    /// # Errors
    /// When the folder cannot be read or made, or was written by a newer version.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, StoreError> {
        let store = Self { root: root.as_ref().to_owned() };
        for folder in ["objects", "manifests", "tmp"] {
            let path = store.root.join(folder);
            std::fs::create_dir_all(&path).map_err(|error| StoreError::io(&path, error))?;
        }
        Ok(store)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where files lie until they are renamed into place.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }
}
