#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Undefined`] is why a metric has no value; [`ConfusionMatrix`] is behind all metrics of classes and [`Thresholds`] behind
//! all metrics of rankings. [`clustering`] judges clusters, [`distance`] tells samples apart, [`association`] says how two columns go together, [`profile`] what
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
pub mod clustering;
mod confusion;
mod deviance;
pub mod distance;
mod draw;
mod exact_sum;
mod explained_variance;
mod fairness;
#[cfg(test)]
mod fixture;
mod kappa;
mod log_loss;
mod matthews;
mod percentage_error;
mod pinball;
mod precision_recall;
pub mod profile;
mod ranking;
mod roc;
mod squared_error;
mod sum;
mod thresholds;
mod top_k;
mod undefined;

pub use absolute_error::{max_error, mean_absolute_error, median_absolute_error};
pub use accuracy::{accuracy_score, balanced_accuracy_score};
pub use average_precision::{
    PrecisionRecallCurve, average_precision_score, average_precision_score_multiclass, precision_recall_curve,
};
pub use bins::{count_between, count_values, most_frequent, quantile_edges};
pub use brier_score::{brier_score_loss, brier_score_loss_multiclass};
pub use calibration::{Binning, CalibrationCurve, calibration_curve, expected_calibration_error};
pub use confusion::{ConfusionMatrix, Normalize, confusion_matrix};
pub use deviance::{mean_gamma_deviance, mean_poisson_deviance, mean_tweedie_deviance};
pub use draw::{Draws, percentile_interval, sample, shuffled};
pub use exact_sum::ExactSum;
pub use explained_variance::{explained_variance_score, r2_score};
pub use fairness::{GroupRates, group_rates, rate_difference, rate_ratio};
pub use kappa::{KappaWeights, cohen_kappa_score};
pub use log_loss::log_loss;
pub use matthews::matthews_corrcoef;
pub use percentage_error::mean_absolute_percentage_error;
pub use pinball::mean_pinball_loss;
pub use precision_recall::{Average, f1_score, fbeta_score, precision_score, recall_score};
pub use ranking::{mean_reciprocal_rank, ndcg_score};
pub use roc::{RocCurve, roc_auc_score, roc_auc_score_ovo, roc_auc_score_ovr, roc_curve};
pub use squared_error::{mean_squared_error, root_mean_squared_error};
pub use sum::Sum;
pub use thresholds::Thresholds;
pub use top_k::top_k_accuracy_score;
pub use undefined::Undefined;
