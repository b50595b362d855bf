//! Text as scikit-learn's vectorizers see it: terms and their hashes.

mod analyzer;
mod murmur;

pub use analyzer::{Analyzer, Terms};
pub use murmur::murmur3_32;

/// The 64-bit hash by which a raw table names a term (XXH3, seed 0).
pub fn term_hash(term: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(term.as_bytes())
}
