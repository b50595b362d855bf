#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`EvaluateParams`] and [`TestParams`] are what a user may set; checked, they are an [`Evaluator`]. [`Scored`] is truth and
//! prediction side by side, [`MetricSpec`] what can be measured of it, `slices` who belongs to which slice, `fairness` how groups are treated. The stages are
//! [`evaluate_entry`] and [`test_entry`]: two stages, two records, one evaluator. [`predict_entry`] predicts and measures nothing.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bootstrap;
mod curves;
mod error;
mod evaluator;
mod fairness;
mod gate;
mod importance;
mod metric;
mod overlap;
mod params;
mod predict_stage;
mod predictions;
mod ranked;
mod scored;
mod slices;
mod stage;
mod test_stage;
#[cfg(test)]
mod tests;
mod timing;

pub use bootstrap::BootstrapParams;
pub use error::EvaluateError;
pub use evaluator::Evaluator;
pub use fairness::{FairnessBy, FairnessMetric};
pub use gate::{Required, Requirement};
pub use importance::ImportanceParams;
pub use metric::{Apart, Averaging, Better, MetricOptions, MetricSpec, MultiClass, NoValue, Strategy, Task};
pub use overlap::overlap;
pub use params::{EvaluateParams, TestParams};
pub use predict_stage::{PredictParams, entry as predict_entry};
pub use predictions::predictions;
pub use scored::{Answers, Scored};
pub use slices::{ColumnBy, SliceBy};
pub use stage::entry as evaluate_entry;
pub use test_stage::entry as test_entry;
pub use timing::Timing;
