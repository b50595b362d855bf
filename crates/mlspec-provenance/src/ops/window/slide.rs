//! Values of a frame that moves along a part: rows are taken in at its front and let go at its back, each once.

use super::super::sums::Exact;
use mlspec_measure::ExactSum;
use std::collections::BTreeSet;
use std::ops::Range;

/// What is known of the rows of a frame. Rows are named by place in their part.
pub(super) trait Slide {
    /// What comes of the rows.
    type Value: Clone;

    /// Takes a row in.
    fn add(&mut self, place: usize);

    /// Lets a row go.
    fn remove(&mut self, place: usize);

    /// The value of the rows that were taken in and not let go: those of the range.
    fn value(&mut self, frame: &Range<usize>) -> Self::Value;
}

/// One value per frame. Neither ends of frames move back.
pub(super) fn slide<S: Slide>(mut held: S, frames: impl Iterator<Item = Range<usize>>) -> Vec<S::Value> {
    let mut now = 0..0;
    let mut values: Vec<S::Value> = Vec::new();
    let mut last: Option<S::Value> = None;
    for frame in frames {
        if last.is_none() || now != frame {
            (now.start..now.end.min(frame.start)).for_each(|place| held.remove(place));
            (now.end.max(frame.start)..frame.end).for_each(|place| held.add(place));
            now = frame;
            last = Some(held.value(&now));
        }
        values.extend(last.clone());
    }
    values
}

/// How many rows have a value.
pub(super) struct Counted<'a> {
    pub(super) held: &'a dyn Fn(usize) -> bool,
    pub(super) count: u64,
}

impl Slide for Counted<'_> {
    type Value = u64;

    fn add(&mut self, place: usize) {
        self.count += u64::from((self.held)(place));
    }

    fn remove(&mut self, place: usize) {
        self.count -= u64::from((self.held)(place));
    }

    fn value(&mut self, _: &Range<usize>) -> u64 {
        self.count
    }
}

/// The sum of integers.
pub(super) struct Integers<'a> {
    pub(super) values: &'a dyn Fn(usize) -> Option<i128>,
    pub(super) sum: i128,
}

impl Slide for Integers<'_> {
    type Value = i128;

    fn add(&mut self, place: usize) {
        self.sum += (self.values)(place).unwrap_or_default();
    }

    fn remove(&mut self, place: usize) {
        self.sum -= (self.values)(place).unwrap_or_default();
    }

    fn value(&mut self, _: &Range<usize>) -> i128 {
        self.sum
    }
}

/// What is computed of floats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Sum,
    Mean,
    Variance,
    Deviation,
}

/// Exact sums of floats and of their squares.
pub(super) struct Floats<'a> {
    pub(super) values: &'a dyn Fn(usize) -> Option<f64>,
    moment: Moment,
    rows: usize,
    /// The values that are finite, and their squares.
    sum: ExactSum,
    squares: ExactSum,
    count: u64,
    /// NaN, ∞, −∞.
    others: [u64; 3],
    exact: Exact,
}

impl<'a> Floats<'a> {
    /// Of a part of so many rows.
    pub(super) fn new(values: &'a dyn Fn(usize) -> Option<f64>, moment: Moment, rows: usize) -> Self {
        let (sum, squares) = (ExactSum::default(), ExactSum::default());
        Self { values, moment, rows, sum, squares, count: 0, others: [0; 3], exact: Exact::new() }
    }

    fn squared(&self) -> bool {
        matches!(self.moment, Moment::Variance | Moment::Deviation)
    }

    fn count(&mut self, value: f64, sign: f64) {
        match value {
            value if value.is_finite() => {
                self.sum.add(sign * value);
                if self.squared() {
                    self.squares.add_product(sign * value, value);
                }
            }
            _ => {
                let slot = usize::from(!value.is_nan()) + usize::from(value == f64::NEG_INFINITY);
                if let Some(count) = self.others.get_mut(slot) {
                    *count = if sign > 0.0 { *count + 1 } else { *count - 1 };
                }
            }
        }
        self.count = if sign > 0.0 { self.count + 1 } else { self.count - 1 };
    }

    /// The sum, without the sign of zero.
    fn sum(&self) -> f64 {
        match self.others {
            [0, 0, 0] => self.sum.get() + 0.0,
            [0, _, 0] => f64::INFINITY,
            [0, 0, _] => f64::NEG_INFINITY,
            _ => f64::NAN,
        }
    }

    /// The variance: Σx² − (Σx)² / n without rounding, divided by n − 1.
    fn variance(&mut self, frame: &Range<usize>) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let count = self.count as f64;
        let whole = *frame == (0..self.rows);
        if !whole
            && self.others == [0; 3]
            && let (Some(sums), Some(squares)) = (self.sum.parts(), self.squares.parts())
        {
            let mut scaled = ExactSum::default();
            squares.iter().for_each(|square| scaled.add_product(count, *square));
            for (one, other) in sums.iter().flat_map(|one| sums.iter().map(move |other| (one, other))) {
                scaled.add_product(-one, *other);
            }
            let variance = scaled.get() / count / (count - 1.0);
            if variance.is_finite() {
                return Some(variance.max(0.0));
            }
        }
        // As in `group_by`; also where squares are beyond the largest double.
        let mut values: Vec<f64> = frame.clone().filter_map(self.values).collect();
        self.exact.variance(&mut values)
    }
}

impl Slide for Floats<'_> {
    type Value = Option<f64>;

    fn add(&mut self, place: usize) {
        if let Some(value) = (self.values)(place) {
            self.count(value, 1.0);
        }
    }

    fn remove(&mut self, place: usize) {
        if let Some(value) = (self.values)(place) {
            self.count(value, -1.0);
        }
    }

    fn value(&mut self, frame: &Range<usize>) -> Option<f64> {
        match self.moment {
            Moment::Sum => Some(self.sum()),
            Moment::Mean => (self.count > 0).then(|| self.sum() / self.count as f64),
            Moment::Variance => self.variance(frame),
            Moment::Deviation => self.variance(frame).map(f64::sqrt),
        }
    }
}

/// The row of the least key.
pub(super) struct Least<'a> {
    /// The key of a row's value, if it has one; then what decides between equal ones.
    pub(super) keys: &'a dyn Fn(usize) -> Option<(u32, u64)>,
    pub(super) held: BTreeSet<(u32, u64, usize)>,
}

impl Slide for Least<'_> {
    type Value = Option<usize>;

    fn add(&mut self, place: usize) {
        if let Some((key, tie)) = (self.keys)(place) {
            self.held.insert((key, tie, place));
        }
    }

    fn remove(&mut self, place: usize) {
        if let Some((key, tie)) = (self.keys)(place) {
            self.held.remove(&(key, tie, place));
        }
    }

    fn value(&mut self, _: &Range<usize>) -> Option<usize> {
        self.held.first().map(|found| found.2)
    }
}
