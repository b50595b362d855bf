#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Undefined`] is why a metric has no value; [`ConfusionMatrix`] is behind all metrics of classes and [`Thresholds`] behind
//! all metrics of rankings. [`distance`] tells samples apart, [`association`] says how two columns go together, [`profile`] what
//! is known of one.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod absolute_error;
mod accuracy;
pub mod association;
mod average_precision;
mod bins;
mod brier_score;
mod calibration;
mod check;
mod confusion;
pub mod distance;
mod exact_sum;
mod explained_variance;
mod fairness;
#[cfg(test)]
mod fixture;
mod log_loss;
mod matthews;
mod precision_recall;
pub mod profile;
mod roc;
mod squared_error;
mod sum;
mod thresholds;
mod undefined;

pub use absolute_error::{max_error, mean_absolute_error, median_absolute_error};
pub use accuracy::{accuracy_score, balanced_accuracy_score};
pub use average_precision::{PrecisionRecallCurve, average_precision_score, precision_recall_curve};
pub use bins::{count_between, count_values, most_frequent, quantile_edges};
pub use brier_score::{brier_score_loss, brier_score_loss_multiclass};
pub use calibration::{Binning, CalibrationCurve, calibration_curve};
pub use confusion::{ConfusionMatrix, confusion_matrix};
pub use exact_sum::ExactSum;
pub use explained_variance::{explained_variance_score, r2_score};
pub use fairness::{GroupRates, group_rates, rate_difference, rate_ratio};
pub use log_loss::log_loss;
pub use matthews::matthews_corrcoef;
pub use precision_recall::{Average, f1_score, precision_score, recall_score};
pub use roc::{RocCurve, roc_auc_score, roc_auc_score_ovr, roc_curve};
pub use squared_error::{mean_squared_error, root_mean_squared_error};
pub use sum::Sum;
pub use thresholds::Thresholds;
pub use undefined::Undefined;
