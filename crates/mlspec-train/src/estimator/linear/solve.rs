//! Normal equations, also where they have many solutions.

use nalgebra::{Cholesky, DMatrix, DVector};

/// Coefficients, and how many features are independent.
pub(in crate::estimator) struct Solution {
    pub(in crate::estimator) coefficients: Vec<f64>,
    pub(in crate::estimator) rank: usize,
}

/// The share of a feature's variance that the features before it must leave unexplained. Sums of squares don't resolve
/// less than about 1e-15.
const INDEPENDENT: f64 = 1e-11;

/// Solves `(A + alpha I) w = b` for a positive semidefinite `A`. Where there are many solutions, the one of least norm.
pub(in crate::estimator) fn solve(a: DMatrix<f64>, b: DVector<f64>, alpha: f64) -> Solution {
    let features = b.len();
    if features == 0 {
        return Solution { coefficients: Vec::new(), rank: 0 };
    }
    // In units in which every feature has variance 1, so that "small" means the same for all.
    let scales = DVector::from_fn(features, |i, _| {
        let variance = a[(i, i)] + alpha;
        if variance > 0.0 { variance.sqrt().recip() } else { 0.0 }
    });
    let unit = DMatrix::from_fn(features, features, |i, j| {
        let value = if i == j { a[(i, i)] + alpha } else { a[(i, j)] };
        value * scales[i] * scales[j]
    });
    let right = b.component_mul(&scales);
    if let Some(factor) = Cholesky::new(unit.clone())
        && factor.l_dirty().diagonal().iter().all(|pivot| pivot * pivot > INDEPENDENT)
    {
        let mut solution = factor.solve(&right);
        let rest = &right - &unit * &solution;
        solution += factor.solve(&rest);
        return Solution { coefficients: solution.component_mul(&scales).as_slice().to_vec(), rank: features };
    }
    least_norm(unit, &right, &scales)
}

/// As [`solve`], by eigenvectors: a solution, less its part in the directions that change nothing.
fn least_norm(unit: DMatrix<f64>, right: &DVector<f64>, scales: &DVector<f64>) -> Solution {
    let features = right.len();
    let eigen = unit.symmetric_eigen();
    let mut solution = DVector::zeros(features);
    let mut rank = 0;
    let mut free: Vec<DVector<f64>> = Vec::new();
    for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        if *value > INDEPENDENT {
            rank += 1;
            solution += vector * (vector.dot(right) / value);
        } else {
            free.push(vector.component_mul(scales));
        }
    }
    let mut solution = solution.component_mul(scales);
    if let Some(basis) = orthonormal(free) {
        solution -= &basis * (basis.transpose() * &solution);
    }
    // A feature without variance has no scale, and its coefficient is 0.
    Solution { coefficients: solution.as_slice().to_vec(), rank }
}

/// An orthonormal basis of these vectors' span, as columns.
fn orthonormal(vectors: Vec<DVector<f64>>) -> Option<DMatrix<f64>> {
    let mut basis: Vec<DVector<f64>> = Vec::new();
    for vector in vectors {
        let length = vector.norm();
        if length == 0.0 {
            continue;
        }
        let mut rest = vector / length;
        for _ in 0..2 {
            for other in &basis {
                rest -= other * other.dot(&rest);
            }
        }
        let left = rest.norm();
        if left > 1e-8 {
            basis.push(rest / left);
        }
    }
    if basis.is_empty() { None } else { Some(DMatrix::from_columns(&basis)) }
}
