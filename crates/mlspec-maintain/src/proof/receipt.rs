//! The nonces that open commitments, for the owner alone. A receipt holds no data: to show what a row was, one needs its content too.

use super::ProofError;
use super::private::{self, Readers};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use mlspec_record::{Id, Name};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "mlspec-receipt/1";

/// The nonces of one erasure.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    format: String,
    /// The pipeline.
    pub(crate) pipeline: Name,
    /// The run without the rows.
    pub(crate) run: Id,
    pub(crate) rows: Vec<RowNonce>,
}

/// The nonce of one row.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowNonce {
    pub(crate) dataset: Name,
    pub(crate) row: String,
    nonce: String,
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt").field("run", &self.run).field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl Receipt {
    pub(crate) fn new(pipeline: Name, run: Id) -> Self {
        Self { format: FORMAT.to_owned(), pipeline, run, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, dataset: &Name, row: &str, nonce: &[u8; 32]) {
        let nonce = STANDARD.encode(nonce);
        self.rows.push(RowNonce { dataset: dataset.clone(), row: row.to_owned(), nonce });
    }

    /// Writes the receipt for its owner alone; nothing is overwritten, and no store holds it.
    ///
    /// # Errors
    /// When the file is there, the path lies in a store, or the file system refuses.
    pub fn create(&self, path: &Path) -> Result<(), ProofError> {
        private::outside_stores(path)?;
        let mut bytes = serde_json::to_vec_pretty(self).map_err(mlspec_record::CanonicalError::from)?;
        bytes.push(b'\n');
        private::create(path, &bytes, Readers::Owner)
    }

    /// Reads a receipt that only its owner may use.
    ///
    /// # Errors
    /// When others may read it, or it is no receipt.
    pub fn load(path: &Path) -> Result<Self, ProofError> {
        let broken = |reason| ProofError::invalid(Some(path), "receipt", reason);
        let bytes = private::read_private(path)?;
        // What serde says could quote the file.
        let receipt: Self = serde_json::from_slice(&bytes).map_err(|_| broken("it is not of its format"))?;
        if receipt.format != FORMAT {
            return Err(broken("its format is unknown to this version"));
        }
        match receipt.rows.iter().all(|row| row.bytes().is_some()) {
            true => Ok(receipt),
            false => Err(broken("a nonce is not 32 bytes in Base64")),
        }
    }

    /// The nonce of a row, if the receipt has it.
    pub(crate) fn nonce(&self, dataset: &Name, row: &str) -> Option<[u8; 32]> {
        self.rows.iter().find(|known| known.dataset == *dataset && known.row == row)?.bytes()
    }
}

impl RowNonce {
    pub(crate) fn bytes(&self) -> Option<[u8; 32]> {
        STANDARD.decode(&self.nonce).ok()?.try_into().ok()
    }
}
