//! Signed statements about erasures, by the run that went live without the rows. The store does not know their form.

use crate::write::sync_folder;
use crate::{Store, StoreError};
use mlspec_record::Id;
use std::path::PathBuf;

impl Store {
    /// Where the statement about the erasure that this run completed lies.
    pub fn statement_path(&self, run: &Id) -> PathBuf {
        self.find(statement_path(run))
    }

    /// Keeps the statement about the erasure that this run completed; returns where.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn put_statement(&self, run: &Id, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let path = self.own(statement_path(run));
        self.put(&path, bytes)?;
        sync_folder(&self.own("statements"))?;
        Ok(path)
    }
}

fn statement_path(run: &Id) -> PathBuf {
    format!("statements/{run}.json").into()
}
