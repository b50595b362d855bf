//! Randomness for identifiers, from the system.

use crate::fault::{Fault, Misuse};
use std::hash::{BuildHasher as _, RandomState};

/// Ten random bytes.
pub(crate) fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    if getrandom::fill(&mut bytes).is_err() {
        // A system that has no randomness to give: the keys of hash maps are the next best.
        let halves = [RandomState::new().hash_one(0), RandomState::new().hash_one(1)];
        let spare = halves.iter().flat_map(|half| half.to_le_bytes());
        bytes.iter_mut().zip(spare).for_each(|(byte, spare)| *byte = spare);
    }
    bytes
}

/// Thirty-two random bytes for secrets, for which there is no next best.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn seed() -> Result<[u8; 32], Fault> {
    let mut bytes = [0; 32];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Misuse::outside(format!("the system has no randomness to give: {error}")).into()),
    }
}
