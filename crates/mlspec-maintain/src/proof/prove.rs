//! What is done with an erasure before it becomes live: it is checked, and the statement about it is signed.

use super::live;
use super::private::{self, Readers};
use super::{Checked, ProofError, Receipt, Refit, SecretKey, check, issue};
use crate::Erasure;
use mlspec_record::erasure::ErasureChecks;
use mlspec_record::{Timestamp, canonical_bytes};
use mlspec_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// Proves erasures.
#[derive(Clone, Copy, Debug)]
pub struct Prover<'a> {
    /// Signs the statement.
    pub key: &'a SecretKey,
    /// 32 bytes of the system's randomness, of which the nonces are drawn.
    pub seed: &'a [u8; 32],
    /// The time of the statement.
    pub time: Timestamp,
    /// Where the owner's receipt is to be written.
    pub receipt: Option<&'a Path>,
    /// Fits models anew, if the distance is to be stated.
    pub refit: Option<Refit<'a>>,
}

/// What is kept of a proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// What was checked.
    pub checks: ErasureChecks,
    /// The statement in its envelope.
    pub statement: Value,
}

impl Prover<'_> {
    /// Checks an erasure whose run is complete but not live, and signs the statement about it.
    ///
    /// # Errors
    /// When erased rows still show somewhere, the receipt cannot be written, or something cannot be read.
    pub fn prove(&self, store: &Store, erasure: &Erasure) -> Result<Proof, ProofError> {
        let mut checked = check(store, erasure)?;
        if checked.holds() {
            self.fit_anew(store, erasure, &mut checked)?;
        }
        let issued = issue(store, erasure, &checked, self.key, self.seed, self.time)?;
        if let Some(path) = self.receipt {
            Receipt::create(&issued.receipt, path)?;
        }
        let statement = serde_json::from_slice(&issued.envelope).map_err(mlspec_record::CanonicalError::from)?;
        Ok(Proof { checks: checked.checks, statement })
    }

    fn fit_anew(&self, store: &Store, erasure: &Erasure, checked: &mut Checked) -> Result<(), ProofError> {
        let Some(refit) = self.refit else { return Ok(()) };
        let steps = live::steps(store, &erasure.run)?;
        let seed = store.run(&erasure.run)?.body.file.seed;
        for model in &mut checked.checks.models {
            model.refit = refit.distance(store, &steps, &model.step, seed)?;
        }
        Ok(())
    }
}

/// Writes a statement, as it was kept of a proof, to a file that is not there yet.
///
/// # Errors
/// When the file is there, or the file system refuses.
pub fn write_statement(path: &Path, statement: &Value) -> Result<(), ProofError> {
    private::create(path, &canonical_bytes(statement)?, Readers::Everybody)
}
