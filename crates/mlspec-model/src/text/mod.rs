//! Text as scikit-learn's vectorizers see it: terms and their hashes.

mod analyzer;
mod murmur;

pub use analyzer::{Analyzer, TermKind, Terms};
pub use murmur::murmur3_32;

/// The 64-bit hash by which a raw table names a term (XXH3, seed 0).
pub fn term_hash(term: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(term.as_bytes())
}

/// A map by term hashes.
pub type TermMap<V> = std::collections::HashMap<u64, V, std::hash::BuildHasherDefault<TermHasher>>;

/// A hasher of values that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub struct TermHasher(u64);

impl std::hash::Hasher for TermHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = self.0.rotate_left(8) ^ u64::from(byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
