//! Proof of erasure: keys, the check, the signed statement, its verification, and the purge of older versions.
//!
//! # Reading order
//! [`check()`] looks whether a run still holds or derives from erased rows; [`SecretKey`] signs a statement about it, which
//! [`verify()`] holds against a store later.

mod check;
mod columns;
mod commitment;
mod documents;
mod error;
mod finding;
mod key;
mod live;
mod needles;
mod private;
mod prove;
mod provenance;
mod purge;
mod reach;
mod receipt;
mod refit;
mod statement;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod values;
mod verify;

pub use check::{Checked, check};
pub use commitment::RevealedRow;
pub use error::ProofError;
pub use finding::{Finding, Remnant};
pub use key::{PublicKey, SecretKey};
pub use prove::{Proof, Prover, write_statement};
pub use purge::{HeldElsewhere, PurgeReport, PurgeRequest, purge, resume, retention};
pub use receipt::Receipt;
pub use refit::Refit;
pub use statement::{Issued, issue};
pub use verify::{Against, Verdict, read_rows, verify, verify_file};
