//! Davies and Bouldin's index: how wide clusters are against the distance between them.

use super::{Clustered, Points, squared_distance};
use crate::squared_error::finite_result;
use crate::{Undefined, sum};

/// The mean over clusters of the greatest (sᵢ + sⱼ) / dᵢⱼ, where s is the mean distance of a cluster's points to its centre, and d the
/// distance between two centres: the less, the better. Clusters with the same centre are not compared. (D. Davies, D. Bouldin, *A
/// Cluster Separation Measure*, 1979.)
///
/// # Errors
/// When there are no points, lengths differ, there are not at least two clusters and fewer than points, or distances are not finite.
pub fn davies_bouldin_score(points: Points<'_>, labels: &[u32]) -> Result<f64, Undefined> {
    let clustered = Clustered::new(points, labels)?;
    let centres = clustered.centres();
    let centre = |cluster: usize| &centres[cluster * points.columns..(cluster + 1) * points.columns];
    let mut widths = vec![0.0; clustered.sizes.len()];
    for (at, &cluster) in clustered.of.iter().enumerate() {
        widths[cluster] += squared_distance(points.get(at), centre(cluster)).sqrt();
    }
    widths.iter_mut().zip(&clustered.sizes).for_each(|(width, &size)| *width /= size as f64);
    // A maximum would lose what is no number.
    finite_result(widths.iter().sum())?;
    let worst = (0..widths.len()).map(|one| {
        let others = (0..widths.len()).filter(|&other| other != one);
        let overlaps = others.map(|other| (other, squared_distance(centre(one), centre(other)).sqrt()));
        let apart = overlaps.filter(|(_, distance)| *distance > 0.0);
        apart.map(|(other, distance)| (widths[one] + widths[other]) / distance).fold(0.0, f64::max)
    });
    finite_result(sum::mean(worst, None))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{points, with_a_single};
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // davies_bouldin_score(points, labels)
        let values = points();
        let points = Points::new(&values, 2).unwrap();
        near(davies_bouldin_score(points, &PREDICTED).unwrap(), 27.558705854409627, 1e-12);
        near(davies_bouldin_score(points, &with_a_single()).unwrap(), 21.604928410811045, 1e-12);
        let points = Points::new(&[1.0; 4], 1).unwrap();
        assert_eq!(davies_bouldin_score(points, &[0, 0, 1, 1]), Ok(0.0));
    }
}
