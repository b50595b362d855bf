//! Newton's method with truncated conjugate gradients, for smooth convex functions of many variables.

use super::rough::Rough;
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

    /// The Hessian at a point, to speed up steps near it, if that is worth it.
    fn rough(&self, _here: &Evaluation<Self::Curvature>) -> Option<Rough> {
        None
    }

    /// The largest change of a row's probability between two points.
    fn change(&self, before: &Self::Curvature, after: &Self::Curvature) -> f64;

    /// The largest change of a row's score between two points, where scores say how the Hessian changes.
    fn moved(&self, _before: &Self::Curvature, _after: &Self::Curvature) -> f64 {
        f64::INFINITY
    }

    /// The largest change of a row's probability that a small step would make, where that can be said.
    fn ahead(&self, _here: &Self::Curvature, _step: &[f64]) -> Option<f64> {
        None
    }
}

/// A function at a point.
pub(super) struct Evaluation<C> {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    /// The diagonal of the Hessian.
    pub(super) diagonal: Vec<f64>,
    pub(super) curvature: C,
}

/// How much of a step its solution may lack: near the minimum, and while it is far.
const FORCING: (f64, f64) = (1e-3, 0.1);

/// When steps change no probability by more than this, the Hessian is nearly that of the minimum.
const NEAR: f64 = 0.3;

/// How much more a probability may change than the inexact solution as a whole lacks: rare features count little in the whole.
const MARGIN: f64 = 10.0;

/// How much of the way a full step leaves, by the square of what it changed: where probabilities are near 0 and 1 and the
/// penalty is small, much more than the square itself.
const BEND: f64 = 100.0;

/// A Hessian says how far the minimum is, to a factor of `KNOWN_BY`, one of some rows to `SAMPLE_KNOWN_BY`, until scores have moved by this much from where it was taken:
/// no second derivative has changed by more than this power of e.
const KNOWN: f64 = 0.5;
const KNOWN_BY: f64 = 2.0;
const SAMPLE_KNOWN_BY: f64 = 4.0;

/// Until scores have moved by this much, a solution by the Hessian is good enough to be the next step.
const STILL: f64 = 0.02;

/// The most products with the Hessian per step.
const MAX_PRODUCTS: usize = 500;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The largest component that the gradient may have at the end.
    pub(super) gradient: f64,
    /// How much a row's probability may still change on the way to the minimum.
    pub(super) change: f64,
    /// The most steps.
    pub(super) steps: u32,
}

/// Where a minimum is sought from.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    pub(super) start: Start,
    /// The point; 0 if there is none.
    pub(super) point: Option<Vec<f64>>,
    /// Something like the Hessian at the minimum; it changes how soon the minimum is found, not which.
    pub(super) rough: Option<Rough>,
}

impl Beginning {
    /// Nothing is known.
    pub(super) fn zero() -> Self {
        Self { start: Start::Zero, point: None, rough: None }
    }
}

/// Finds the minimum: until no component of the gradient is above the limit and what is left of the way changes no probability
/// by more than the limit, or after the most steps, or where nothing smaller can be represented.
///
/// What is left of the way is one more Newton step, which the Hessian of a point nearby gives without a product. Where there is
/// none: a step that changes probabilities by `d` leaves something like `d²` of the way, and what its inexact solution leaves out.
pub(super) fn minimise<O: Objective>(
    objective: &O,
    beginning: Beginning,
    limits: Limits,
) -> (Vec<f64>, Evaluation<O::Curvature>, Convergence) {
    let Beginning { start, point, mut rough } = beginning;
    let mut point = point.unwrap_or_else(|| vec![0.0; objective.size()]);
    let mut here = objective.at(&point);
    let (mut iterations, mut left) = (0, f64::INFINITY);
    let (mut near, mut exact) = (start == Start::Previous, false);
    // How far scores have moved from where the rough Hessian is the true one.
    let mut moved = f64::INFINITY;
    while (greatest(&here.gradient) > limits.gradient || left > limits.change) && iterations < limits.steps {
        if near && !exact {
            exact = true;
            if let Some(hessian) = objective.rough(&here) {
                (rough, moved) = (Some(hessian), 0.0);
            }
        }
        let Some(Step { step, rest }) = newton_step(objective, &here, rough.as_ref(), moved) else {
            left = if greatest(&here.gradient) == 0.0 { 0.0 } else { left };
            break;
        };
        iterations += 1;
        let Some((next, there, length)) = search(objective, &point, &here, &step) else { break };
        let change = objective.change(&here.curvature, &there.curvature);
        moved += objective.moved(&here.curvature, &there.curvature);
        left = if length < 1.0 { f64::INFINITY } else { change * (MARGIN * rest + BEND * change) };
        if moved <= KNOWN && greatest(&there.gradient) <= limits.gradient {
            let step = precondition(&there, rough.as_ref(), &there.gradient);
            let doubt = if rough.as_ref().is_some_and(|rough| rough.exact) { KNOWN_BY } else { SAMPLE_KNOWN_BY };
            left = objective.ahead(&there.curvature, &step).map_or(left, |ahead| doubt * ahead);
        }
        near = change <= NEAR;
        (point, here) = (next, there);
    }
    let gradient_norm = greatest(&here.gradient);
    let convergence = Convergence {
        start,
        converged: gradient_norm <= limits.gradient,
        iterations: u64::from(iterations),
        objective: here.value,
        gradient_norm: Some(gradient_norm),
        duality_gap: None,
        tolerance: limits.gradient,
        probability_change: left.is_finite().then_some(left),
        distance_bound: None,
    };
    (point, here, convergence)
}

/// A Newton step, and the share of it that its inexact solution may lack.
struct Step {
    step: Vec<f64>,
    rest: f64,
}

/// Solves `H x = right` by the rough Hessian; by the diagonal for variables that it does not know.
fn precondition<C>(here: &Evaluation<C>, rough: Option<&Rough>, right: &[f64]) -> Vec<f64> {
    let by_diagonal = |(right, value): (&f64, &f64)| if *value > 0.0 { right / value } else { 0.0 };
    let mut solution: Vec<f64> = right.iter().zip(&here.diagonal).map(by_diagonal).collect();
    if let Some(rough) = rough {
        rough.solve(right, &mut solution);
    }
    solution
}

/// Solves `H step = -gradient` by conjugate gradients, preconditioned by the rough Hessian or else by the diagonal; the closer
/// to the minimum, the more exactly. By the rough Hessian alone, while it is the true one: while scores have hardly moved.
/// Nothing where the gradient is 0.
fn newton_step<O: Objective>(
    objective: &O,
    here: &Evaluation<O::Curvature>,
    rough: Option<&Rough>,
    moved: f64,
) -> Option<Step> {
    let mut step = vec![0.0; here.gradient.len()];
    let mut rest: Vec<f64> = here.gradient.iter().map(|value| -value).collect();
    let mut scaled = precondition(here, rough, &rest);
    if moved <= STILL && rough.is_some_and(|rough| rough.exact) && dot(&rest, &scaled) > 0.0 {
        return Some(Step { step: scaled, rest: moved });
    }
    let mut direction = scaled.clone();
    let mut energy = dot(&rest, &scaled);
    // In the norm of the preconditioner, in which the size of the features plays no part.
    let whole = energy;
    if !(whole > 0.0) {
        return None;
    }
    let enough = whole * whole.sqrt().clamp(FORCING.0, FORCING.1).powi(2);
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
        scaled = precondition(here, rough, &rest);
        let next = dot(&rest, &scaled);
        let keep = next / energy;
        direction.iter_mut().zip(&scaled).for_each(|(direction, scaled)| *direction = scaled + keep * *direction);
        energy = next;
    }
    Some(Step { step, rest: (energy / whole).max(0.0).sqrt() })
}

/// Goes along the step, halved until the function falls enough; says how much of the step was gone.
fn search<O: Objective>(
    objective: &O,
    point: &[f64],
    here: &Evaluation<O::Curvature>,
    step: &[f64],
) -> Option<(Vec<f64>, Evaluation<O::Curvature>, f64)> {
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
            return Some((next, there, length));
        }
        if level && slope.abs() <= 1e-12 * here.value.abs() {
            return None;
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
