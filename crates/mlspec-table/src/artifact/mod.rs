//! Tables in the store: a manifest over immutable chunks.

mod cut;
mod digest;
mod file;
mod manifest;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use cut::cut;
pub use digest::rows_digest;
pub use manifest::{Chunk, Manifest, manifest};
pub use write::ChunkOptions;
