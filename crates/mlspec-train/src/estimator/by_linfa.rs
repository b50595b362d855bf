//! The solvers of linfa, for whoever wants them: on dense rows, fitted anew by every update.
//!
//! Everything is checked before linfa sees it: its least squares return NaN for NaN, and numbers without meaning where features
//! depend on each other; its logistic regression panics where there are no rows.

use super::linear::rank;
use crate::sample::Classes;
use crate::{Sample, TrainError};
use linfa::Dataset;
use linfa::traits::Fit;
use mlspec_model::ModelError;
use ndarray::{Array1, Array2};

/// The most values of dense rows, zeros included: 512 MB.
pub(super) const CELLS: usize = 1 << 26;

/// The name of the solver in settings and messages.
pub(super) const NAME: &str = "linfa";

/// Coefficients and intercept of least squares, by `linfa-linear`: a QR decomposition of the rows.
///
/// linfa's regression knows neither weights nor a penalty. Rows less their weighted mean, times the root of their weight, are rows
/// without weights and without intercept; a penalty is one more row for each feature. (`linfa-elasticnet` without its first
/// penalty would be ridge too, but its search has no end then: the duality gap by which it stops never closes.)
pub(super) fn least_squares(
    sample: &Sample<'_>,
    labels: &[f64],
    alpha: f64,
    fit_intercept: bool,
) -> Result<(Vec<f64>, f64), TrainError> {
    let features = sample.features();
    let (rows, columns) = (features.rows(), features.columns());
    let more = if alpha > 0.0 { columns } else { 0 };
    let mut dense = cells(sample, more)?;
    if alpha == 0.0 {
        let rank = rank(sample, labels, fit_intercept);
        if rank < columns {
            return Err(TrainError::Dependent { solver: NAME, features: columns, rank });
        }
    }
    let total: f64 = (0..rows).map(|row| sample.weight(row)).sum();
    let (mut means, mut mean) = (vec![0.0; columns], 0.0);
    if fit_intercept {
        for (row, cells) in dense.chunks(columns).enumerate() {
            let share = sample.weight(row) / total;
            means.iter_mut().zip(cells).for_each(|(mean, cell)| *mean += share * cell);
            mean += share * labels[row];
        }
    }
    let mut targets = Vec::with_capacity(rows + more);
    for (row, cells) in dense.chunks_mut(columns).enumerate() {
        let root = sample.weight(row).sqrt();
        cells.iter_mut().zip(&means).for_each(|(cell, mean)| *cell = root * (*cell - mean));
        targets.push(root * (labels[row] - mean));
    }
    for feature in 0..more {
        dense.extend((0..columns).map(|column| if column == feature { alpha.sqrt() } else { 0.0 }));
        targets.push(0.0);
    }
    let data = Dataset::new(array(rows + more, columns, dense)?, Array1::from(targets));
    let fitted =
        linfa_linear::LinearRegression::new().with_intercept(false).fit(&data).map_err(|error| failed(&error))?;
    let coefficients = fitted.params().to_vec();
    let intercept = mean - coefficients.iter().zip(&means).map(|(coefficient, mean)| coefficient * mean).sum::<f64>();
    Ok((coefficients, if fit_intercept { intercept } else { 0.0 }))
}

/// Coefficients by class and intercepts of logistic regression, by `linfa-logistic`: L-BFGS. With two classes they are those of
/// the second one.
pub(super) fn logistic(
    sample: &Sample<'_>,
    classes: &Classes<'_>,
    (c, tol, max_iter): (f64, f64, u32),
    fit_intercept: bool,
) -> Result<(Vec<Vec<f64>>, Vec<f64>), TrainError> {
    let (rows, columns) = (sample.features().rows(), sample.features().columns());
    if sample.has_weights() {
        return Err(TrainError::Weights { solver: NAME });
    }
    let records = array(rows, columns, cells(sample, 0)?)?;
    let data = Dataset::new(records, Array1::from(classes.codes.to_vec()));
    // linfa's objective is the sum over the rows, and its gradient is measured by its Euclidean length. Half of the tolerance,
    // since linfa gives the point of least cost, which near the end may be the one before the last.
    let (alpha, tolerance, steps) = (1.0 / c, tol * rows as f64 / 2.0, u64::from(max_iter));
    if classes.names.len() == 2 {
        let settings = linfa_logistic::LogisticRegression::default().alpha(alpha).with_intercept(fit_intercept);
        let fitted = settings.max_iterations(steps).gradient_tolerance(tolerance).fit(&data);
        let fitted = fitted.map_err(|error| failed(&error))?;
        // What linfa calls positive is the more frequent class.
        let sign = if fitted.labels().pos.class == 1 { 1.0 } else { -1.0 };
        let coefficients = fitted.params().iter().map(|value| sign * value).collect();
        return Ok((vec![coefficients], vec![sign * fitted.intercept()]));
    }
    let settings = linfa_logistic::MultiLogisticRegression::default().alpha(alpha).with_intercept(fit_intercept);
    let fitted = settings.max_iterations(steps).gradient_tolerance(tolerance).fit(&data);
    let fitted = fitted.map_err(|error| failed(&error))?;
    let coefficients = fitted.params().columns().into_iter().map(|column| column.to_vec()).collect();
    Ok((coefficients, fitted.intercept().to_vec()))
}

/// The dense rows, with room for `more`.
fn cells(sample: &Sample<'_>, more: usize) -> Result<Vec<f64>, TrainError> {
    let features = sample.features();
    let (rows, columns) = (features.rows() + more, features.columns());
    if rows.checked_mul(columns).is_none_or(|cells| cells > CELLS) {
        return Err(ModelError::TooDense { rows, columns, limit: CELLS }.into());
    }
    let mut cells = features.to_dense(CELLS)?;
    cells.reserve_exact(more * columns);
    Ok(cells)
}

fn array(rows: usize, columns: usize, cells: Vec<f64>) -> Result<Array2<f64>, TrainError> {
    Array2::from_shape_vec((rows, columns), cells).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::error::Error) -> TrainError {
    TrainError::Solver { solver: NAME, reason: error.to_string() }
}
