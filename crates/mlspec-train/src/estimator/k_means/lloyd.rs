//! Lloyd's iterations, and the centres that they begin with.

use crate::Sample;
use crate::draw::Draws;
use crate::sample::{add, lane_blocks, lanes};
use mlspec_model::Row;

/// The most lanes.
const LANES: usize = 16;

/// Rows to be clustered. Centres are held less the mean of all rows, so that a large mean swallows no digits, and feature by feature.
pub(super) struct Lloyd<'a> {
    sample: &'a Sample<'a>,
    clusters: usize,
    means: Vec<f64>,
    /// The squared distance of each row to the mean.
    squares: Vec<f64>,
    /// The mean variance of a feature.
    variance: f64,
    /// The sum of weights.
    pub(super) total: f64,
}

/// How it ended.
pub(super) struct End {
    pub(super) centers: Vec<Vec<f64>>,
    /// The weighted sum of squared distances to the nearest centre.
    pub(super) inertia: f64,
    pub(super) iterations: u32,
    pub(super) converged: bool,
    /// How many clusters have rows.
    pub(super) filled: usize,
}

/// What rows are nearest to.
struct Given {
    /// The nearest centre of each row.
    nearest: Vec<u32>,
    /// The squared distance to it.
    squares: Vec<f64>,
    /// Weighted sums of the rows of each cluster, feature by feature.
    sums: Vec<f64>,
    weights: Vec<f64>,
    inertia: f64,
}

impl<'a> Lloyd<'a> {
    pub(super) fn new(sample: &'a Sample<'a>, clusters: usize) -> Self {
        let features = sample.features();
        let total: f64 = (0..features.rows()).map(|row| sample.weight(row)).sum();
        let mut lloyd =
            Self { sample, clusters, means: vec![0.0; features.columns()], squares: Vec::new(), variance: 0.0, total };
        let sums = lanes(features, LANES, |_, lane| {
            let mut sums = vec![0.0; features.columns()];
            lloyd.rows(lane, |at, row| {
                let weight = sample.weight(at);
                row.indices.iter().zip(row.values).for_each(|(&column, x)| sums[column as usize] += weight * x);
            });
            sums
        });
        let mut means = vec![0.0; features.columns()];
        sums.iter().for_each(|lane| add(&mut means, lane));
        means.iter_mut().for_each(|mean| *mean /= total);
        lloyd.means = means;
        // A row that is zero is as far from the mean as the mean is from zero.
        let zero: f64 = lloyd.means.iter().map(|mean| mean * mean).sum();
        lloyd.squares = lanes(features, LANES, |_, lane| {
            let mut squares = Vec::new();
            lloyd.rows(lane, |_, row| {
                let cells = row.indices.iter().zip(row.values);
                let (apart, there) = cells.fold((0.0, 0.0), |(apart, there), (&column, x)| {
                    let mean = lloyd.means[column as usize];
                    (apart + (x - mean) * (x - mean), there + mean * mean)
                });
                let absent = if row.values.len() == features.columns() { 0.0 } else { (zero - there).max(0.0) };
                squares.push(apart + absent);
            });
            squares
        })
        .concat();
        let sum: f64 = lloyd.squares.iter().enumerate().map(|(row, square)| sample.weight(row) * square).sum();
        lloyd.variance = sum / total / features.columns() as f64;
        lloyd
    }

    /// Every row of a lane with its position, in order.
    fn rows(&self, lane: std::ops::Range<usize>, mut each: impl FnMut(usize, Row<'_>)) {
        for (start, block) in lane_blocks(self.sample.features(), lane) {
            block.rows().zip(start..).for_each(|(row, at)| each(at, row));
        }
    }

    /// Draws first centres, and moves them until they hardly move, or rows stay where they are.
    pub(super) fn run(&self, (seed, round): (u64, u64), max_iter: u32, tol: f64) -> End {
        let mut centers = self.first(seed, round);
        let mut given = self.give(&centers);
        let (mut iterations, mut converged) = (0, false);
        while iterations < max_iter && !converged {
            let next = self.moved(&centers, &mut given);
            let moved: f64 = next.iter().zip(&centers).map(|(next, center)| (next - center).powi(2)).sum();
            let there = self.give(&next);
            iterations += 1;
            converged = moved <= tol * self.variance || there.nearest == given.nearest;
            (centers, given) = (next, there);
        }
        let column = |cluster: usize| (0..self.means.len()).map(move |at| at * self.clusters + cluster);
        let center = |cluster| column(cluster).zip(&self.means).map(|(at, mean)| centers[at] + mean).collect();
        End {
            centers: (0..self.clusters).map(center).collect(),
            inertia: given.inertia,
            iterations,
            converged,
            filled: given.weights.iter().filter(|weight| **weight > 0.0).count(),
        }
    }

    /// Gives each row to its nearest centre, of equally near ones to the first.
    fn give(&self, centers: &[f64]) -> Given {
        let (features, clusters) = (self.sample.features(), self.clusters);
        // Of `|x - c|² = |x|² - 2 (x·c - |c|² / 2)`, all less the mean, the last part decides.
        let mut offsets = vec![0.0; clusters];
        for (centers, mean) in centers.chunks(clusters).zip(&self.means) {
            offsets.iter_mut().zip(centers).for_each(|(offset, center)| *offset -= center * (0.5 * center + mean));
        }
        let found = lanes(features, LANES, |_, lane| {
            let (mut nearest, mut squares) = (Vec::new(), Vec::new());
            let (mut sums, mut weights) = (vec![0.0; centers.len()], vec![0.0; clusters]);
            let mut scores = vec![0.0; clusters];
            let mut inertia = 0.0;
            self.rows(lane, |at, row| {
                scores.copy_from_slice(&offsets);
                for (&column, &x) in row.indices.iter().zip(row.values) {
                    let centers = &centers[column as usize * clusters..][..clusters];
                    scores.iter_mut().zip(centers).for_each(|(score, center)| *score += x * center);
                }
                let best = (0..clusters).fold(0, |best, at| if scores[at] > scores[best] { at } else { best });
                let square = (self.squares[at] - 2.0 * scores[best]).max(0.0);
                let weight = self.sample.weight(at);
                nearest.push(best as u32);
                squares.push(square);
                inertia += weight * square;
                weights[best] += weight;
                let cells = row.indices.iter().zip(row.values);
                cells.for_each(|(&column, x)| sums[column as usize * clusters + best] += weight * x);
            });
            Given { nearest, squares, sums, weights, inertia }
        });
        let mut all = Given {
            nearest: Vec::with_capacity(self.squares.len()),
            squares: Vec::with_capacity(self.squares.len()),
            sums: vec![0.0; centers.len()],
            weights: vec![0.0; clusters],
            inertia: 0.0,
        };
        for lane in found {
            all.nearest.extend(lane.nearest);
            all.squares.extend(lane.squares);
            add(&mut all.sums, &lane.sums);
            add(&mut all.weights, &lane.weights);
            all.inertia += lane.inertia;
        }
        all
    }

    /// The means of the clusters. A cluster without rows gets the one that is farthest from its centre.
    fn moved(&self, centers: &[f64], given: &mut Given) -> Vec<f64> {
        let clusters = self.clusters;
        for empty in 0..clusters {
            if given.weights[empty] > 0.0 {
                continue;
            }
            let cost = |row: usize| self.sample.weight(row) * given.squares[row];
            let farther = |best: usize, row: usize| if cost(row) > cost(best) { row } else { best };
            let Some(row) = (0..given.squares.len()).reduce(farther).filter(|&row| cost(row) > 0.0) else { continue };
            let (weight, from) = (self.sample.weight(row), given.nearest[row] as usize);
            for (&column, x) in
                self.sample.features().row(row).iter().flat_map(|row| row.indices.iter().zip(row.values))
            {
                given.sums[column as usize * clusters + from] -= weight * x;
                given.sums[column as usize * clusters + empty] = weight * x;
            }
            given.weights[from] -= weight;
            given.weights[empty] = weight;
            (given.nearest[row], given.squares[row]) = (empty as u32, 0.0);
        }
        let mut next = centers.to_vec();
        for ((next, sums), mean) in next.chunks_mut(clusters).zip(given.sums.chunks(clusters)).zip(&self.means) {
            for ((next, sum), weight) in next.iter_mut().zip(sums).zip(&given.weights) {
                if *weight > 0.0 {
                    *next = sum / weight - mean;
                }
            }
        }
        next
    }

    /// First centres: rows, each drawn with a probability by weight and squared distance to the nearest centre before; of a few that are
    /// drawn, the one that brings all rows nearest.
    fn first(&self, seed: u64, round: u64) -> Vec<f64> {
        let draws = Draws::new("k-means-centers", seed, round);
        let tries = 2 + (self.clusters as f64).ln() as u64;
        let mut nearest = vec![f64::INFINITY; self.squares.len()];
        let mut centers = vec![0.0; self.clusters * self.means.len()];
        for cluster in 0..self.clusters {
            let tries = if cluster == 0 { 1 } else { tries };
            let candidates = (0..tries).filter_map(|try_| self.drawn(draws.then(cluster as u64).then(try_), &nearest));
            let judged = candidates.map(|row| {
                let squares = self.squares_to(row, &nearest);
                let sum: f64 = squares.iter().enumerate().map(|(row, square)| self.sample.weight(row) * square).sum();
                (sum, row, squares)
            });
            let Some((_, row, squares)) = judged.reduce(|best, next| if next.0 < best.0 { next } else { best }) else {
                break; // All different rows are centres.
            };
            nearest = squares;
            let place = |column: usize| column * self.clusters + cluster;
            self.means.iter().enumerate().for_each(|(column, mean)| centers[place(column)] = -mean);
            for (&column, x) in
                self.sample.features().row(row).iter().flat_map(|row| row.indices.iter().zip(row.values))
            {
                centers[place(column as usize)] = x - self.means[column as usize];
            }
        }
        centers
    }

    /// A row drawn with a probability by weight and square: each draws a time, exponentially distributed by these, and the first wins.
    fn drawn(&self, draws: Draws, squares: &[f64]) -> Option<usize> {
        let mut first = (f64::INFINITY, None);
        for (row, square) in squares.iter().enumerate() {
            let rate = self.sample.weight(row) * if square.is_finite() { *square } else { 1.0 };
            if rate > 0.0 {
                let time = -(1.0 - draws.share(self.sample.id(row))).ln() / rate;
                if time < first.0 {
                    first = (time, Some(row));
                }
            }
        }
        first.1
    }

    /// The squared distance of each row to the nearest centre, this row being one more.
    fn squares_to(&self, center: usize, nearest: &[f64]) -> Vec<f64> {
        let features = self.sample.features();
        let mut dense: Vec<f64> = self.means.iter().map(|mean| -mean).collect();
        for (&column, x) in features.row(center).iter().flat_map(|row| row.indices.iter().zip(row.values)) {
            dense[column as usize] += x;
        }
        let offset: f64 = dense.iter().zip(&self.means).map(|(center, mean)| center * (0.5 * center + mean)).sum();
        lanes(features, LANES, |_, lane| {
            let mut squares = Vec::new();
            self.rows(lane, |at, row| {
                let square = (self.squares[at] - 2.0 * (row.dot(&dense) - offset)).max(0.0);
                squares.push(if at == center { 0.0 } else { square.min(nearest[at]) });
            });
            squares
        })
        .concat()
    }
}
