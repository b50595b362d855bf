//! How good clusters are: by the distances of their points, or by how far they agree with classes that are known.

mod agreement;
mod calinski_harabasz;
mod davies_bouldin;
mod mutual_information;
mod silhouette;

pub use agreement::adjusted_rand_score;
pub use calinski_harabasz::calinski_harabasz_score;
pub use davies_bouldin::davies_bouldin_score;
pub use mutual_information::{adjusted_mutual_info_score, mutual_info_score, normalized_mutual_info_score};
pub use silhouette::{SILHOUETTE_ROWS, silhouette_samples, silhouette_score};

use crate::{Sum, Undefined, check};
use std::collections::BTreeMap;

/// Points as numbers, point by point.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    values: &'a [f64],
    columns: usize,
}

impl<'a> Points<'a> {
    /// Points of so many numbers each.
    ///
    /// # Errors
    /// When `columns` is 0, the number of values is no multiple of it, or a value is not finite.
    pub fn new(values: &'a [f64], columns: usize) -> Result<Self, Undefined> {
        let rows = values.len().checked_div(columns).ok_or(Undefined::Parameter("points need at least one column"))?;
        check::same_length(rows * columns, "points", values.len())?;
        check::finite("points", values)?;
        Ok(Self { values, columns })
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The numbers of a point; none beyond the end.
    pub fn get(&self, at: usize) -> &'a [f64] {
        at.checked_mul(self.columns).and_then(|start| self.values.get(start..start + self.columns)).unwrap_or_default()
    }
}

/// The squared Euclidean distance.
fn squared_distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Points by cluster.
struct Clustered<'a> {
    points: Points<'a>,
    /// The cluster of each point, numbered without gaps in the order of their labels.
    of: Vec<usize>,
    sizes: Vec<usize>,
}

impl<'a> Clustered<'a> {
    /// There must be at least two clusters, and fewer than points.
    fn new(points: Points<'a>, labels: &[u32]) -> Result<Self, Undefined> {
        check::lengths(points.len(), "labels", labels.len(), None)?;
        let (of, sizes) = dense(labels);
        let (found, rows) = (sizes.len(), labels.len());
        if found < 2 || found >= rows {
            Err(Undefined::Clusters { found, rows })
        } else {
            Ok(Self { points, of, sizes })
        }
    }

    /// The mean of each cluster's points, cluster by cluster.
    fn centres(&self) -> Vec<f64> {
        let columns = self.points.columns;
        let mut sums = vec![Sum::default(); self.sizes.len() * columns];
        for (at, &cluster) in self.of.iter().enumerate() {
            let sums = &mut sums[cluster * columns..(cluster + 1) * columns];
            sums.iter_mut().zip(self.points.get(at)).for_each(|(sum, &value)| sum.add(value));
        }
        let mean = |(cell, sum): (usize, &Sum)| sum.get() / self.sizes[cell / columns] as f64;
        sums.iter().enumerate().map(mean).collect()
    }
}

/// Labels numbered without gaps in their order, and how many rows each has.
fn dense(labels: &[u32]) -> (Vec<usize>, Vec<usize>) {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    labels.iter().for_each(|&label| *counts.entry(label).or_default() += 1);
    let sizes = counts.values().copied().collect();
    counts.values_mut().enumerate().for_each(|(at, place)| *place = at);
    (labels.iter().map(|label| counts.get(label).copied().unwrap_or_default()).collect(), sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    /// The points that the tests measure: numpy.stack([VALUES, FORECAST], 1); their labels are PREDICTED.
    pub(super) fn points() -> Vec<f64> {
        VALUES.iter().zip(FORECAST).flat_map(|(&x, y)| [x, y]).collect()
    }

    /// PREDICTED, but for the first row, which is the only one of cluster 7.
    pub(super) fn with_a_single() -> [u32; 24] {
        let mut labels = PREDICTED;
        labels[0] = 7;
        labels
    }

    type Score = fn(Points<'_>, &[u32]) -> Result<f64, Undefined>;

    #[test]
    fn what_is_not_clustered_has_no_score() {
        let scores: [Score; 3] = [silhouette_score, davies_bouldin_score, calinski_harabasz_score];
        for score in scores {
            let check = |values: &[f64], columns: usize, labels: &[u32], expect: Undefined| {
                assert_eq!(Points::new(values, columns).and_then(|points| score(points, labels)), Err(expect));
            };
            check(&[], 2, &[], Undefined::Empty);
            check(&[1.0, 2.0], 0, &[0, 1], Undefined::Parameter("points need at least one column"));
            check(&[1.0, 2.0, 3.0], 2, &[0], Undefined::Length { what: "points", found: 3, expected: 2 });
            check(&[1.0, 2.0], 1, &[0], Undefined::Length { what: "labels", found: 1, expected: 2 });
            check(&[1.0, f64::NAN], 1, &[0, 1], Undefined::NotFinite("points"));
            check(&[1.0, f64::NEG_INFINITY], 1, &[0, 1], Undefined::NotFinite("points"));
            check(&[1.0], 1, &[0], Undefined::Clusters { found: 1, rows: 1 });
            check(&[1.0, 2.0], 1, &[3, 3], Undefined::Clusters { found: 1, rows: 2 });
            check(&[1.0, 2.0], 1, &[3, u32::MAX], Undefined::Clusters { found: 2, rows: 2 });
            check(&[1e200, -1e200, 1e200], 1, &[0, 0, 1], Undefined::NotFinite("metric"));
        }
    }
}
