//! Tables in the store: a manifest over immutable chunks.

mod cut;
mod difference;
mod digest;
mod file;
mod fold;
mod manifest;
mod patch;
mod read;
mod scan;
mod size;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod update_tests;
mod write;

pub use cut::cut;
pub use difference::{Difference, difference};
pub use digest::rows_digest;
pub use fold::{fold, fold_loaded};
pub use manifest::{Chunk, Manifest, manifest};
pub use patch::patch;
pub(crate) use read::selected;
pub use scan::look_through;
pub use write::ChunkOptions;
