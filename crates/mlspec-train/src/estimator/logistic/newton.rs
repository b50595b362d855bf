//! Newton's method with truncated conjugate gradients, for smooth convex functions of many variables.

use super::thin::Rough;
use mlspec_record::body::{Convergence, Start};

/// A smooth convex function.
pub(super) trait Objective {
    /// What is kept of a point to multiply by the Hessian there.
    type Curvature;

    /// How many variables it has.
    fn size(&self) -> usize;

    /// The function at a point.
    fn at(&self, point: &[f64]) -> Evaluation<Self::Curvature>;

    /// The Hessian times a vector.
    fn hessian(&self, curvature: &Self::Curvature, vector: &[f64]) -> Vec<f64>;
}

/// A function at a point.
pub(super) struct Evaluation<C> {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    /// The diagonal of the Hessian.
    pub(super) diagonal: Vec<f64>,
    pub(super) curvature: C,
}

/// The most products with the Hessian per step.
const MAX_PRODUCTS: usize = 500;

/// Finds the minimum, from `start` (or 0) on: until no component of the gradient is above `tolerance`, or after `max_iter`
/// steps. `rough` is something like the Hessian at the minimum; it changes how soon the minimum is found, not which.
pub(super) fn minimise<O: Objective>(
    objective: &O,
    start: Option<Vec<f64>>,
    rough: Option<&Rough>,
    tolerance: f64,
    max_iter: u32,
) -> (Vec<f64>, Convergence) {
    let from = if start.is_some() { Start::Sample } else { Start::Zero };
    let mut point = start.unwrap_or_else(|| vec![0.0; objective.size()]);
    let mut here = objective.at(&point);
    let mut iterations = 0;
    while greatest(&here.gradient) > tolerance && iterations < max_iter {
        iterations += 1;
        let step = newton_step(objective, &here, rough);
        let Some((next, there)) = search(objective, &point, &here, &step) else { break };
        (point, here) = (next, there);
    }
    let gradient_norm = greatest(&here.gradient);
    let convergence = Convergence {
        start: from,
        converged: gradient_norm <= tolerance,
        iterations: u64::from(iterations),
        objective: here.value,
        gradient_norm,
        tolerance,
        probability_change: None,
        distance_bound: None,
    };
    (point, convergence)
}

/// Solves `H step = -gradient` by conjugate gradients, preconditioned by the rough Hessian or else by the diagonal; the closer
/// to the minimum, the more exactly.
fn newton_step<O: Objective>(objective: &O, here: &Evaluation<O::Curvature>, rough: Option<&Rough>) -> Vec<f64> {
    let inverse: Vec<f64> = here.diagonal.iter().map(|value| if *value > 0.0 { value.recip() } else { 0.0 }).collect();
    let precondition = |rest: &[f64]| -> Vec<f64> {
        let mut scaled: Vec<f64> = rest.iter().zip(&inverse).map(|(rest, inverse)| rest * inverse).collect();
        if let Some(rough) = rough {
            rough.solve(rest, &mut scaled);
        }
        scaled
    };
    let mut step = vec![0.0; here.gradient.len()];
    let mut rest: Vec<f64> = here.gradient.iter().map(|value| -value).collect();
    let mut scaled = precondition(&rest);
    let mut direction = scaled.clone();
    let mut energy = dot(&rest, &scaled);
    // In the norm of the preconditioner, in which the size of the features plays no part.
    let enough = energy * f64::min(0.1, energy.sqrt()).powi(2);
    for _ in 0..MAX_PRODUCTS {
        if !(energy > enough && energy > 0.0) {
            break;
        }
        let product = objective.hessian(&here.curvature, &direction);
        let bend = dot(&direction, &product);
        if !(bend > 0.0) {
            break;
        }
        let length = energy / bend;
        along(&mut step, length, &direction);
        along(&mut rest, -length, &product);
        scaled = precondition(&rest);
        let next = dot(&rest, &scaled);
        let keep = next / energy;
        direction.iter_mut().zip(&scaled).for_each(|(direction, scaled)| *direction = scaled + keep * *direction);
        energy = next;
    }
    step
}

/// Goes along the step, halved until the function falls enough.
fn search<O: Objective>(
    objective: &O,
    point: &[f64],
    here: &Evaluation<O::Curvature>,
    step: &[f64],
) -> Option<(Vec<f64>, Evaluation<O::Curvature>)> {
    let slope = dot(&here.gradient, step);
    if !(slope < 0.0) {
        return None;
    }
    let mut length = 1.0;
    for _ in 0..40 {
        let mut next = point.to_vec();
        along(&mut next, length, step);
        let there = objective.at(&next);
        // Near the minimum the fall drowns in rounding; then a smaller gradient decides.
        let falls = there.value <= here.value + 1e-4 * length * slope;
        let level = there.value <= here.value + 1e-12 * here.value.abs();
        if falls || level && greatest(&there.gradient) < greatest(&here.gradient) {
            return Some((next, there));
        }
        length /= 2.0;
    }
    None
}

fn along(point: &mut [f64], length: f64, direction: &[f64]) {
    point.iter_mut().zip(direction).for_each(|(point, direction)| *point += length * direction);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The largest absolute component.
fn greatest(vector: &[f64]) -> f64 {
    vector
        .iter()
        .fold(0.0, |greatest, value| if value.abs() > greatest || value.is_nan() { value.abs() } else { greatest })
}
