//! How two columns go together.

mod cramers_v;
mod pearson;
mod spearman;

pub use cramers_v::cramers_v;
pub use pearson::pearson;
pub use spearman::{average_ranks, spearman};
