//! The one thing about tables that this crate knows: a manifest names the table's columns under `schema`.

use crate::{Store, StoreError};
use mlspec_record::{Digest, TableSchema};
use serde::Deserialize;

#[derive(Deserialize)]
struct Head {
    schema: TableSchema,
}

impl Store {
    /// The columns of the table of this digest.
    ///
    /// # Errors
    /// When its manifest is missing or names no columns.
    pub fn table_schema(&self, digest: &Digest) -> Result<TableSchema, StoreError> {
        self.manifest::<Head>(digest).map(|head| head.schema)
    }
}
