//! The sums that least squares needs: of all pairs of features, and of features and label.

use crate::Sample;
use crate::sample::{add, lane_blocks, lanes};
use mlspec_model::Row;
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// Weighted sums over all rows, of features and label less an offset.
///
/// A feature that is nowhere zero is summed less its value in the first row: without that, a large mean would swallow the
/// digits of a small variance. (A feature with zeros has a variance that is not small beside its mean.)
pub(super) struct Moments {
    features: usize,
    centred: bool,
    offsets: Vec<f64>,
    label_offset: f64,
    sums: Sums,
}

struct Sums {
    weight: f64,
    label: f64,
    features: Vec<f64>,
    products: Vec<f64>,
    /// Upper triangle, row by row, as a full square.
    pairs: Vec<f64>,
}

impl Moments {
    pub(super) fn new(sample: &Sample<'_>, labels: &[f64], centred: bool) -> Self {
        let features = sample.features().columns();
        let offsets = if centred { offsets(sample) } else { vec![0.0; features] };
        let label_offset = if centred { labels.first().copied().unwrap_or(0.0) } else { 0.0 };
        let mut moments = Self { features, centred, offsets, label_offset, sums: Sums::new(features) };
        // Each lane has a square of its own: fewer lanes where squares are large.
        let most = (1 << 27) / (features * features);
        for lane in lanes(sample.features(), most.clamp(1, 16), |_, lane| moments.lane(sample, labels, lane)) {
            moments.sums.add(&lane);
        }
        moments
    }

    fn lane(&self, sample: &Sample<'_>, labels: &[f64], lane: Range<usize>) -> Sums {
        let mut sums = Sums::new(self.features);
        let mut values = Vec::new();
        for (start, block) in lane_blocks(sample.features(), lane) {
            for (row, at) in block.rows().zip(start..) {
                values.clear();
                values.extend(
                    row.indices.iter().zip(row.values).map(|(&column, value)| value - self.offsets[column as usize]),
                );
                sums.row(
                    Row { indices: row.indices, values: &values },
                    labels[at] - self.label_offset,
                    sample.weight(at),
                );
            }
        }
        sums
    }

    /// `Σ weight (x - mean)(x - mean)ᵀ`, or of `x` itself where there is no intercept.
    pub(super) fn covariance(&self) -> DMatrix<f64> {
        let Sums { weight, features, pairs, .. } = &self.sums;
        DMatrix::from_fn(self.features, self.features, |i, j| {
            let sum = pairs[i.min(j) * self.features + i.max(j)];
            if self.centred { sum - features[i] * (features[j] / weight) } else { sum }
        })
    }

    /// `Σ weight (x - mean)(y - mean)`, or of `x` and `y` themselves where there is no intercept.
    pub(super) fn product(&self) -> DVector<f64> {
        let Sums { weight, label, features, products, .. } = &self.sums;
        DVector::from_fn(self.features, |i, _| {
            if self.centred { products[i] - features[i] * (label / weight) } else { products[i] }
        })
    }

    /// The intercept that belongs to these coefficients.
    pub(super) fn intercept(&self, coefficients: &[f64]) -> f64 {
        if !self.centred {
            return 0.0;
        }
        let Sums { weight, label, features, .. } = &self.sums;
        let means = features.iter().zip(&self.offsets).map(|(sum, offset)| offset + sum / weight);
        self.label_offset + label / weight
            - coefficients.iter().zip(means).map(|(coefficient, mean)| coefficient * mean).sum::<f64>()
    }
}

/// The first value of every feature that is nowhere zero, 0 for the others.
fn offsets(sample: &Sample<'_>) -> Vec<f64> {
    let features = sample.features();
    let counts = lanes(features, 16, |_, lane| {
        let mut counts = vec![0_usize; features.columns()];
        let rows = features.blocks()[lane].iter().flat_map(|block| block.rows());
        rows.for_each(|row| row.indices.iter().for_each(|&column| counts[column as usize] += 1));
        counts
    });
    let mut offsets = vec![0.0; features.columns()];
    if let Some(first) = features.row(0) {
        for (&column, &value) in first.indices.iter().zip(first.values) {
            let count: usize = counts.iter().map(|counts| counts[column as usize]).sum();
            offsets[column as usize] = if count == features.rows() { value } else { 0.0 };
        }
    }
    offsets
}

impl Sums {
    fn new(features: usize) -> Self {
        Self {
            weight: 0.0,
            label: 0.0,
            features: vec![0.0; features],
            products: vec![0.0; features],
            pairs: vec![0.0; features * features],
        }
    }

    fn row(&mut self, row: Row<'_>, label: f64, weight: f64) {
        let features = self.features.len();
        self.weight += weight;
        self.label += weight * label;
        let full = row.indices.len() == features;
        for (at, (&column, &value)) in row.indices.iter().zip(row.values).enumerate() {
            let (column, value) = (column as usize, weight * value);
            self.features[column] += value;
            self.products[column] += value * label;
            let pairs = &mut self.pairs[column * features..(column + 1) * features];
            if full {
                pairs[column..].iter_mut().zip(&row.values[at..]).for_each(|(sum, other)| *sum += value * other);
            } else {
                let others = row.indices[at..].iter().zip(&row.values[at..]);
                others.for_each(|(&other, &cell)| pairs[other as usize] += value * cell);
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.weight += other.weight;
        self.label += other.label;
        add(&mut self.features, &other.features);
        add(&mut self.products, &other.products);
        add(&mut self.pairs, &other.pairs);
    }
}
