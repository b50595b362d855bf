//! The sums that least squares needs: of all pairs of features, and of features and label.
//!
//! They are added up lane by lane, less the means of the lane, and lanes are put together by the formula of Chan, Golub and
//! LeVeque: a large mean swallows no digits of a small variance, and which row is the first plays no part.

use crate::Sample;
use crate::sample::{lane_blocks, lanes};
use mlspec_model::{Block, Features};
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// The most lanes.
const LANES: usize = 16;

/// How many numbers all lanes together hold at most.
const NUMBERS: usize = 1 << 27;

/// How many rows of a dense lane are multiplied at a time.
const TILE: usize = 256;

/// From which share of cells that are not zero on a lane is dense.
const DENSE: f64 = 0.4;

/// Weighted means and sums of products over all rows, of some features.
pub(in crate::estimator) struct Moments {
    centred: bool,
    sums: Sums,
}

/// Means, and sums of products less the means (or of products themselves, where there is no intercept).
struct Sums {
    weight: f64,
    label: f64,
    means: DVector<f64>,
    products: DVector<f64>,
    /// The upper triangle counts.
    pairs: DMatrix<f64>,
}

/// What all lanes share.
struct Lanes<'a> {
    sample: &'a Sample<'a>,
    labels: &'a [f64],
    /// The place of each feature among those that are not zero everywhere.
    places: Vec<Option<u32>>,
    width: usize,
    centred: bool,
}

impl Moments {
    /// The moments of the features that are not zero everywhere, see [`occurring`].
    pub(in crate::estimator) fn new(sample: &Sample<'_>, labels: &[f64], columns: &[usize], centred: bool) -> Self {
        let mut places = vec![None; sample.features().columns()];
        columns.iter().zip(0..).for_each(|(&column, place)| places[column] = Some(place));
        let width = columns.len();
        let shared = Lanes { sample, labels, places, width, centred };
        // Each lane has a square of its own: fewer lanes where squares are large.
        let most = (NUMBERS / (width * width).max(1)).clamp(1, LANES);
        let mut found = lanes(sample.features(), most, |_, lane| shared.sums(lane)).into_iter();
        let mut sums = found.next().unwrap_or_else(|| Sums::new(width));
        found.for_each(|lane| sums.merge(&lane, centred));
        Self { centred, sums }
    }

    /// `Σ weight (x - mean)(x - mean)ᵀ`, or of `x` itself where there is no intercept. What is no more than the rounding of a
    /// constant is 0.
    pub(in crate::estimator) fn covariance(&self) -> DMatrix<f64> {
        let Sums { weight, means, pairs, .. } = &self.sums;
        let noise = |at: usize| (8.0 * f64::EPSILON * means[at]).powi(2) * weight;
        let constant: Vec<bool> = (0..means.len()).map(|at| self.centred && pairs[(at, at)] <= noise(at)).collect();
        DMatrix::from_fn(means.len(), means.len(), |i, j| {
            if constant[i] || constant[j] { 0.0 } else { pairs[(i.min(j), i.max(j))] }
        })
    }

    /// `Σ weight (x - mean)(y - mean)`, or of `x` and `y` themselves where there is no intercept.
    pub(in crate::estimator) fn product(&self) -> DVector<f64> {
        self.sums.products.clone()
    }

    /// The intercept that belongs to these coefficients.
    pub(in crate::estimator) fn intercept(&self, coefficients: &[f64]) -> f64 {
        if !self.centred {
            return 0.0;
        }
        let terms = coefficients.iter().zip(self.sums.means.iter());
        self.sums.label - terms.map(|(coefficient, mean)| coefficient * mean).sum::<f64>()
    }
}

/// The features that are not zero everywhere, ascending.
pub(in crate::estimator) fn occurring(features: &Features) -> Vec<usize> {
    let found = lanes(features, LANES, |_, lane| {
        let mut occurs = vec![false; features.columns()];
        let rows = lane_blocks(features, lane).flat_map(|(_, block)| block.rows());
        rows.for_each(|row| row.indices.iter().for_each(|&column| occurs[column as usize] = true));
        occurs
    });
    (0..features.columns()).filter(|&column| found.iter().any(|occurs| occurs[column])).collect()
}

impl Lanes<'_> {
    fn blocks(&self, lane: &Range<usize>) -> impl Iterator<Item = (usize, &Block)> {
        lane_blocks(self.sample.features(), lane.clone())
    }

    /// The sums of one lane.
    fn sums(&self, lane: Range<usize>) -> Sums {
        let (offsets, label_offset, dense) = self.offsets(&lane);
        let mut sums = Sums::new(self.width);
        match dense {
            true => self.add_dense(&lane, &offsets, label_offset, &mut sums),
            false => self.add_sparse(&lane, &offsets, label_offset, &mut sums),
        }
        if self.centred && sums.weight > 0.0 {
            // What is left of the offsets, which were the means but for rounding.
            let Sums { weight, label, means, products, pairs } = &mut sums;
            products.axpy(-*label / *weight, means, 1.0);
            pairs.ger(-weight.recip(), means, means, 1.0);
            *means /= *weight;
            *means += &offsets;
            *label = label_offset + *label / *weight;
        }
        sums
    }

    /// The means of the label and of the features that are nowhere zero in a lane, 0 for the others; and whether most cells
    /// are not zero. (A feature with zeros has a variance that is not small beside its mean.)
    fn offsets(&self, lane: &Range<usize>) -> (DVector<f64>, f64, bool) {
        let mut offsets = DVector::zeros(self.width);
        let mut counts = vec![0_usize; self.width];
        let (mut weights, mut label, mut rows) = (0.0, 0.0, 0_usize);
        for (start, block) in self.blocks(lane) {
            for (row, at) in block.rows().zip(start..) {
                let weight = self.sample.weight(at);
                weights += weight;
                label += weight * self.labels[at];
                rows += 1;
                for (&column, value) in row.indices.iter().zip(row.values) {
                    if let Some(place) = self.places[column as usize] {
                        offsets[place as usize] += weight * value;
                        counts[place as usize] += 1;
                    }
                }
            }
        }
        let dense = counts.iter().sum::<usize>() as f64 > DENSE * (rows * self.width) as f64;
        if !(self.centred && weights > 0.0) {
            return (DVector::zeros(self.width), 0.0, dense);
        }
        let means = offsets.iter_mut().zip(counts);
        means.for_each(|(offset, count)| *offset = if count == rows { *offset / weights } else { 0.0 });
        (offsets, label / weights, dense)
    }

    /// Row by row: of each row only the pairs of its own features.
    fn add_sparse(&self, lane: &Range<usize>, offsets: &DVector<f64>, label_offset: f64, sums: &mut Sums) {
        let mut entries: Vec<(usize, f64)> = Vec::new();
        for (start, block) in self.blocks(lane) {
            for (row, at) in block.rows().zip(start..) {
                let (weight, label) = (self.sample.weight(at), self.labels[at] - label_offset);
                sums.weight += weight;
                sums.label += weight * label;
                entries.clear();
                let known = row.indices.iter().zip(row.values);
                entries.extend(known.filter_map(|(&column, value)| {
                    let place = self.places[column as usize]? as usize;
                    Some((place, value - offsets[place]))
                }));
                for (at, &(column, value)) in entries.iter().enumerate() {
                    let value = weight * value;
                    sums.means[column] += value;
                    sums.products[column] += value * label;
                    entries[..=at].iter().for_each(|&(other, cell)| sums.pairs[(other, column)] += value * cell);
                }
            }
        }
    }

    /// Tile by tile, as products of matrices.
    fn add_dense(&self, lane: &Range<usize>, offsets: &DVector<f64>, label_offset: f64, sums: &mut Sums) {
        let rows = self.blocks(lane).flat_map(|(start, block)| block.rows().zip(start..));
        let mut rows = rows.peekable();
        // A column per row, so that a row's cells lie together.
        let mut cells = DMatrix::zeros(self.width, TILE);
        let mut weighted = DMatrix::zeros(self.width, TILE);
        let mut labels = DVector::zeros(TILE);
        let mut weights = DVector::zeros(TILE);
        while rows.peek().is_some() {
            cells.fill(0.0);
            weights.fill(0.0);
            labels.fill(0.0);
            for (tile, (row, at)) in rows.by_ref().take(TILE).enumerate() {
                weights[tile] = self.sample.weight(at);
                labels[tile] = self.labels[at] - label_offset;
                for (&column, value) in row.indices.iter().zip(row.values) {
                    if let Some(place) = self.places[column as usize] {
                        cells[(place as usize, tile)] = value - offsets[place as usize];
                    }
                }
            }
            weighted.copy_from(&cells);
            weighted.column_iter_mut().zip(weights.iter()).for_each(|(mut column, weight)| column *= *weight);
            sums.weight += weights.sum();
            sums.label += weights.dot(&labels);
            sums.means.gemv(1.0, &cells, &weights, 1.0);
            sums.products.gemv(1.0, &weighted, &labels, 1.0);
            sums.pairs.gemm(1.0, &weighted, &cells.transpose(), 1.0);
        }
    }
}

impl Sums {
    fn new(width: usize) -> Self {
        Self {
            weight: 0.0,
            label: 0.0,
            means: DVector::zeros(width),
            products: DVector::zeros(width),
            pairs: DMatrix::zeros(width, width),
        }
    }

    /// Adds the rows of another lane.
    fn merge(&mut self, other: &Self, centred: bool) {
        if other.weight > 0.0 && self.weight > 0.0 && centred {
            let weight = self.weight + other.weight;
            let apart = &other.means - &self.means;
            let (label, share) = (other.label - self.label, other.weight / weight);
            let factor = self.weight * share;
            self.products.axpy(factor * label, &apart, 1.0);
            self.pairs.ger(factor, &apart, &apart, 1.0);
            self.means.axpy(share, &apart, 1.0);
            self.label += share * label;
        } else if other.weight > 0.0 && centred {
            self.means.copy_from(&other.means);
            self.label = other.label;
        }
        self.products += &other.products;
        self.pairs += &other.pairs;
        self.weight += other.weight;
    }
}
