//! How far two distributions lie apart, each with what chance alone would do to samples of these sizes; one file a distance.
//!
//! Samples come as counts by bin or category (both sides in the same order), or as values with their counts, ascending.

mod chi_square;
mod contribution;
mod correction;
mod counted;
mod fisher;
mod jensen_shannon;
mod kolmogorov_smirnov;
mod l_infinity;
mod null;
mod population_stability;
mod wasserstein;
mod welch;

pub use chi_square::chi_square_test;
pub use contribution::stability_contributions;
pub use correction::Correction;
pub use counted::counted;
pub use fisher::{Alternative, fisher_exact_test};
pub use jensen_shannon::{jensen_shannon_distance, jensen_shannon_test};
pub use kolmogorov_smirnov::{KolmogorovSmirnov, kolmogorov_smirnov_test};
pub use l_infinity::l_infinity_distance;
pub use null::{Null, Tested};
pub use population_stability::{population_stability_index, population_stability_test};
pub use wasserstein::{wasserstein_distance, wasserstein_test};
pub use welch::{Sample, welch_t_test};

use crate::Undefined;

/// The totals of two samples in the same bins; each has a row.
fn totals(reference: &[u64], current: &[u64]) -> Result<(f64, f64), Undefined> {
    crate::check::same_length(reference.len(), "current counts", current.len())?;
    let (n, m) = (reference.iter().sum::<u64>(), current.iter().sum::<u64>());
    if n == 0 || m == 0 { Err(Undefined::Empty) } else { Ok((n as f64, m as f64)) }
}

/// How many bins hold a row of either sample, less one.
fn degrees(reference: &[u64], current: &[u64]) -> f64 {
    let held = reference.iter().zip(current).filter(|(a, b)| **a + **b > 0).count();
    held.saturating_sub(1) as f64
}
