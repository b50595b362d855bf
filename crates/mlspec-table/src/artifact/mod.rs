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
mod stream;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod update_tests;
mod window;
mod write;

use cut::Cut;
pub use cut::cut;
pub use difference::{Difference, difference};
pub use digest::rows_digest;
pub use fold::{fold, fold_loaded};
pub use manifest::{Chunk, Manifest, manifest};
pub use patch::patch;
pub(crate) use read::selected;
pub use scan::look_through;
pub use stream::TableWriter;
pub use window::{LARGE, WINDOW_ROWS, windows};
pub use write::ChunkOptions;
