#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]
//!
//! # Reading order
//! [`View`] is a run with the records of its steps; [`Target`] and [`Pick`] say what is asked about. The questions are
//! [`trace`] (backward), [`impact`] (forward), [`usage`] (which source rows trained a model) and [`lineage`] (columns);
//! [`compare`] puts two runs side by side. Each
//! answer is plain data that serialises to JSON and renders itself as text; some as graphs.

mod answer;
mod cell;
mod error;
mod pick;
mod render;
mod sweep;
mod target;
mod view;

#[cfg(test)]
mod tests;

pub use answer::compare::{
    Changed, CoefficientMove, Comparison, FeatureChange, Figure, FittedChange, Presence, RowChange, RunSide,
    StepChange, TableChange, compare,
};
pub use answer::impact::{Impact, Touched, impact};
pub use answer::lineage::{ColumnAnswer, Lineage, lineage};
pub use answer::trace::{Asked, Feature, Hop, SourceRows, Trace, trace};
pub use answer::usage::{Role, Usage, UsedSource, usage};
pub use cell::RowId;
pub use error::TraceError;
pub use pick::Pick;
pub use target::Target;
pub use view::{FilePlace, Source, SourceRow, View};
