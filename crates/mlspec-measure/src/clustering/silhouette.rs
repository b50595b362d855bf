//! Silhouettes: whether points are nearer to their own cluster than to the next.

use super::{Clustered, Points, squared_distance};
use crate::squared_error::finite_result;
use crate::{Undefined, sum};

/// How many points should be measured at most: time goes with the square of their number. Of more, take [`sample`](crate::sample)
/// and say so.
pub const SILHOUETTE_ROWS: usize = 5_000;

/// The mean silhouette of all points, by Euclidean distance, in `[-1, 1]`.
///
/// # Errors
/// As [`silhouette_samples`].
pub fn silhouette_score(points: Points<'_>, labels: &[u32]) -> Result<f64, Undefined> {
    Ok(sum::mean(silhouette_samples(points, labels)?.into_iter(), None))
}

/// For each point (b − a) / max(a, b), where a is its mean distance to the other points of its cluster, and b the least of its mean
/// distances to the points of another cluster. It is 0 for the only point of a cluster. (P. Rousseeuw, *Silhouettes*, 1987.)
///
/// # Errors
/// When there are no points, lengths differ, there are not at least two clusters and fewer than points, or distances are not finite.
pub fn silhouette_samples(points: Points<'_>, labels: &[u32]) -> Result<Vec<f64>, Undefined> {
    let clustered = Clustered::new(points, labels)?;
    (0..points.len()).map(|at| finite_result(silhouette(&clustered, at))).collect()
}

fn silhouette(clustered: &Clustered<'_>, at: usize) -> f64 {
    let own = clustered.of[at];
    if clustered.sizes[own] < 2 {
        return 0.0;
    }
    let here = clustered.points.get(at);
    let mut distances = vec![0.0; clustered.sizes.len()];
    for (other, &cluster) in clustered.of.iter().enumerate() {
        distances[cluster] += squared_distance(here, clustered.points.get(other)).sqrt();
    }
    let inside = distances[own] / (clustered.sizes[own] - 1) as f64;
    let others = distances.iter().zip(&clustered.sizes).enumerate().filter(|(cluster, _)| *cluster != own);
    let nearest = others.map(|(_, (distance, &size))| distance / size as f64).fold(f64::INFINITY, f64::min);
    let wider = inside.max(nearest);
    // Where all points are one, nothing is nearer than anything else.
    if wider > 0.0 { (nearest - inside) / wider } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{points, with_a_single};
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // silhouette_score(points, labels), silhouette_samples(points, labels)[:4]
        let values = points();
        let points = Points::new(&values, 2).unwrap();
        near(silhouette_score(points, &PREDICTED).unwrap(), -0.11769842868134517, 1e-12);
        near(silhouette_score(points, &with_a_single()).unwrap(), -0.31005293586639776, 1e-12);
        let expect = [-0.05809909583340216, -0.285670630946225, -0.3138085965610265, 0.24143694529366538];
        let found = silhouette_samples(points, &PREDICTED).unwrap();
        found.iter().zip(expect).for_each(|(&found, expect)| near(found, expect, 1e-12));
    }

    #[test]
    fn points_that_are_one_have_no_side() {
        let points = Points::new(&[1.0; 4], 1).unwrap();
        assert_eq!(silhouette_score(points, &[0, 0, 1, 1]), Ok(0.0));
    }
}
