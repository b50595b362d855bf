//! Caliński and Harabasz' index: how far clusters lie apart against how wide they are.

use super::{Clustered, Points, squared_distance};
use crate::squared_error::finite_result;
use crate::{Sum, Undefined};

/// The squared distances of clusters' centres from the centre of all points, by cluster size, per degree of freedom (k − 1), by the
/// squared distances of points from their cluster's centre per degree of freedom (n − k): the more, the better. (T. Caliński, J.
/// Harabasz, *A Dendrite Method for Cluster Analysis*, 1974.)
///
/// # Errors
/// When there are no points, lengths differ, there are not at least two clusters and fewer than points, distances are not finite, or
/// every point is the centre of its cluster.
pub fn calinski_harabasz_score(points: Points<'_>, labels: &[u32]) -> Result<f64, Undefined> {
    let clustered = Clustered::new(points, labels)?;
    let centres = clustered.centres();
    let centre = |cluster: usize| &centres[cluster * points.columns..(cluster + 1) * points.columns];
    let middle: Vec<f64> = (0..points.columns)
        .map(|column| (0..points.len()).map(|at| points.get(at)[column]).collect::<Sum>().get() / points.len() as f64)
        .collect();
    let between = clustered.sizes.iter().enumerate();
    let between: Sum = between.map(|(at, &size)| size as f64 * squared_distance(centre(at), &middle)).collect();
    let within = clustered.of.iter().enumerate();
    let within: Sum = within.map(|(at, &cluster)| squared_distance(points.get(at), centre(cluster))).collect();
    let (between, within) = (finite_result(between.get())?, finite_result(within.get())?);
    if within <= 0.0 {
        return Err(Undefined::ZeroDivision("every point is the centre of its cluster"));
    }
    let clusters = clustered.sizes.len();
    finite_result(between * (points.len() - clusters) as f64 / (within * (clusters - 1) as f64))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{points, with_a_single};
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // calinski_harabasz_score(points, labels)
        let values = points();
        let points = Points::new(&values, 2).unwrap();
        near(calinski_harabasz_score(points, &PREDICTED).unwrap(), 0.2981947530848559, 1e-12);
        near(calinski_harabasz_score(points, &with_a_single()).unwrap(), 0.5783524913872784, 1e-12);
        let points = Points::new(&[1.0, 1.0, 2.0], 1).unwrap();
        assert!(matches!(calinski_harabasz_score(points, &[0, 0, 1]), Err(Undefined::ZeroDivision(_))));
    }
}
