//! Growing a tree: every feature's rows are sorted once; a split divides each of these orders without sorting again.

use super::{Criterion, DecisionTree};
use crate::{Sample, TrainError};
use mlspec_model::Split;
use rayon::prelude::*;
use std::ops::Range;

/// A tree in the making.
pub(super) struct Grower<'a> {
    settings: &'a DecisionTree,
    criterion: Criterion,
    labels: Labels<'a>,
    weights: Vec<f64>,
    total: f64,
    /// How much the splits by each feature lowered the impurity.
    decreases: Vec<f64>,
    /// For each feature, the value of each row.
    columns: Vec<Vec<f64>>,
    /// For each feature, the rows in the order of their values; a node is a range of it.
    orders: Vec<Vec<u32>>,
}

/// The best split of a node by one feature.
#[derive(Clone, Copy)]
struct Candidate {
    feature: u32,
    threshold: f64,
    impurity: f64,
    missing_left: bool,
}

/// What a tree predicts.
pub(super) enum Labels<'a> {
    /// The class of each row, and how many there are.
    Classes(&'a [u32], usize),
    /// A number for each row.
    Numbers(Vec<f64>),
}

/// A grown node.
pub(super) struct Grown {
    pub(super) split: Option<Split>,
    /// The sums over its rows: weights by class, or weighted labels and their squares.
    pub(super) sums: Vec<f64>,
    pub(super) weight: f64,
    pub(super) rows: u64,
}

/// A node to be made: its rows, depth, and which side of which parent it hangs from.
struct Task {
    rows: Range<usize>,
    depth: u32,
    parent: Option<(usize, bool)>,
}

/// Rows that are split further by all threads; smaller nodes by one.
const PARALLEL_ROWS: usize = 2048;

/// An impurity of less counts as none.
const PURE: f64 = 1e-14;

impl Labels<'_> {
    fn none(&self) -> Vec<f64> {
        match self {
            Self::Classes(_, classes) => vec![0.0; *classes],
            Self::Numbers(_) => vec![0.0; 2],
        }
    }

    /// Adds a row to sums, or takes it out with a weight below 0.
    #[inline]
    fn add(&self, sums: &mut [f64], row: u32, weight: f64) {
        match self {
            Self::Classes(codes, _) => sums[codes[row as usize] as usize] += weight,
            Self::Numbers(labels) => {
                let label = labels[row as usize];
                sums[0] += weight * label;
                sums[1] += weight * label * label;
            }
        }
    }
}

impl<'a> Grower<'a> {
    pub(super) fn new(
        settings: &'a DecisionTree,
        criterion: Criterion,
        sample: &Sample<'_>,
        (labels, weights): (Labels<'a>, Vec<f64>),
        limit: usize,
    ) -> Result<Self, TrainError> {
        let features = sample.features();
        let dense = features.to_dense(limit)?;
        let width = features.columns();
        // Rows of weight 0 play no part.
        let kept: Vec<u32> = (0..features.rows() as u32).filter(|&row| weights[row as usize] > 0.0).collect();
        // One kind of NaN, which stands last in the order.
        let cell = |&cell: &f64| if cell.is_nan() { f64::NAN.abs() } else { cell };
        let column = |feature: usize| dense.iter().skip(feature).step_by(width).map(cell).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = (0..width).into_par_iter().map(column).collect();
        let order = |column: &Vec<f64>| {
            let mut order = kept.clone();
            order.sort_by(|&a, &b| column[a as usize].total_cmp(&column[b as usize]));
            order
        };
        let orders = columns.par_iter().map(order).collect();
        let total = kept.iter().map(|&row| weights[row as usize]).sum();
        Ok(Self { settings, criterion, labels, weights, total, decreases: vec![0.0; width], columns, orders })
    }

    /// The nodes, children after their parents; and how much each feature lowered the impurity.
    pub(super) fn grow(mut self) -> (Vec<Grown>, Vec<f64>) {
        let mut nodes: Vec<Grown> = Vec::new();
        let mut tasks = vec![Task { rows: 0..self.orders[0].len(), depth: 0, parent: None }];
        while let Some(task) = tasks.pop() {
            let at = nodes.len();
            if let Some(split) = task.parent.and_then(|(parent, _)| nodes[parent].split.as_mut()) {
                match task.parent {
                    Some((_, true)) => split.left = at as u32,
                    _ => split.right = at as u32,
                }
            }
            let (sums, weight) = self.sums(&task.rows);
            let best = self.best(&task, &sums, weight);
            let split = best.map(|best| {
                let middle = self.divide(&task.rows, best);
                let depth = task.depth + 1;
                tasks.push(Task { rows: middle..task.rows.end, depth, parent: Some((at, false)) });
                tasks.push(Task { rows: task.rows.start..middle, depth, parent: Some((at, true)) });
                let decrease = weight * (self.criterion.impurity(&sums, weight) - best.impurity);
                self.decreases[best.feature as usize] += decrease.max(0.0);
                let Candidate { feature, threshold, missing_left, .. } = best;
                Split { feature, threshold, left: 0, right: 0, missing_left }
            });
            nodes.push(Grown { split, sums, weight, rows: task.rows.len() as u64 });
        }
        (nodes, self.decreases)
    }

    /// The sums over a node's rows, and their weight.
    fn sums(&self, rows: &Range<usize>) -> (Vec<f64>, f64) {
        let (mut sums, mut total) = (self.labels.none(), 0.0);
        for &row in &self.orders[0][rows.clone()] {
            let weight = self.weights[row as usize];
            self.labels.add(&mut sums, row, weight);
            total += weight;
        }
        (sums, total)
    }

    /// The split of the least impurity, unless the node is to be a leaf.
    fn best(&self, task: &Task, sums: &[f64], weight: f64) -> Option<Candidate> {
        let DecisionTree { max_depth, min_samples_split, min_samples_leaf, min_impurity_decrease, .. } = *self.settings;
        let impurity = self.criterion.impurity(sums, weight);
        let rows = task.rows.len();
        let leaf = task.depth >= max_depth.unwrap_or(DecisionTree::MAX_DEPTH)
            || rows < min_samples_split as usize
            || rows / 2 < min_samples_leaf as usize
            || impurity <= PURE;
        if leaf {
            return None;
        }
        let candidate = |feature: usize| self.candidate(feature, &task.rows, sums, weight);
        let candidates: Vec<Option<Candidate>> = if rows >= PARALLEL_ROWS {
            (0..self.columns.len()).into_par_iter().map(candidate).collect()
        } else {
            (0..self.columns.len()).map(candidate).collect()
        };
        let first_least = |best: Option<Candidate>, next: Candidate| match best {
            Some(best) if next.impurity >= best.impurity => Some(best),
            _ => Some(next),
        };
        let best = candidates.into_iter().flatten().fold(None, first_least)?;
        let decrease = weight / self.total * (impurity - best.impurity);
        (decrease + f64::EPSILON >= min_impurity_decrease).then_some(best)
    }

    /// The best split by one feature, its impurity weighted over both sides.
    fn candidate(&self, feature: usize, rows: &Range<usize>, sums: &[f64], total: f64) -> Option<Candidate> {
        let order = &self.orders[feature][rows.clone()];
        let column = &self.columns[feature];
        let known = order.partition_point(|&row| !column[row as usize].is_nan());
        let (order, missing) = order.split_at(known);
        let value = |row: u32| column[row as usize];
        let mut best: Option<Candidate> = None;
        let (first, last) = (value(*order.first()?), value(*order.last()?));
        if first != last {
            self.sweep((feature, order, missing), false, sums, total, &mut best);
            if !missing.is_empty() {
                self.sweep((feature, order, missing), true, sums, total, &mut best);
            }
        }
        let least = self.settings.min_samples_leaf as usize;
        if !missing.is_empty() && order.len() >= least && missing.len() >= least {
            // Everything but missing values goes left.
            let (mut left, mut right, mut weight) = (self.labels.none(), sums.to_vec(), 0.0);
            for &row in order {
                self.shift(row, &mut left, &mut right, &mut weight);
            }
            let impurity = self.both(&left, weight, &right, total);
            if best.is_none_or(|best| impurity < best.impurity - PURE) {
                best = Some(Candidate { feature: feature as u32, threshold: f64::MAX, impurity, missing_left: false });
            }
        }
        best
    }

    /// Tries every threshold between rows in their order, with missing values on one of the sides.
    fn sweep(
        &self,
        (feature, order, missing): (usize, &[u32], &[u32]),
        missing_left: bool,
        sums: &[f64],
        total: f64,
        best: &mut Option<Candidate>,
    ) {
        let column = &self.columns[feature];
        let least = self.settings.min_samples_leaf as usize;
        let (mut left, mut right, mut weight) = (self.labels.none(), sums.to_vec(), 0.0);
        let (mut before, mut after) = (0, missing.len());
        if missing_left {
            missing.iter().for_each(|&row| self.shift(row, &mut left, &mut right, &mut weight));
            (before, after) = (after, before);
        }
        for (at, pair) in order.windows(2).enumerate() {
            let (row, next) = (pair[0], pair[1]);
            self.shift(row, &mut left, &mut right, &mut weight);
            let (below, above) = (column[row as usize], column[next as usize]);
            let (on_left, on_right) = (before + at + 1, after + order.len() - at - 1);
            if below == above || on_left < least || on_right < least {
                continue;
            }
            let impurity = self.both(&left, weight, &right, total);
            if best.is_none_or(|best| impurity < best.impurity - PURE) {
                // Where no value is missing, those that come later go with most rows.
                let missing_left = if missing.is_empty() { on_left > on_right } else { missing_left };
                let threshold = middle(below, above);
                *best = Some(Candidate { feature: feature as u32, threshold, impurity, missing_left });
            }
        }
    }

    /// Moves a row from the right side to the left.
    #[inline]
    fn shift(&self, row: u32, left: &mut [f64], right: &mut [f64], weight: &mut f64) {
        let by = self.weights[row as usize];
        self.labels.add(left, row, by);
        self.labels.add(right, row, -by);
        *weight += by;
    }

    /// The impurity of both sides, weighted.
    fn both(&self, left: &[f64], weight: f64, right: &[f64], total: f64) -> f64 {
        let share = weight / total;
        share * self.criterion.impurity(left, weight) + (1.0 - share) * self.criterion.impurity(right, total - weight)
    }

    /// Divides the node's rows in every order; returns where the right side begins.
    fn divide(&mut self, rows: &Range<usize>, split: Candidate) -> usize {
        let column = &self.columns[split.feature as usize];
        let left = |row: &u32| {
            let value = column[*row as usize];
            value <= split.threshold || (split.missing_left && value.is_nan())
        };
        let divide = |order: &mut Vec<u32>| {
            let order = &mut order[rows.clone()];
            let (mut kept, mut rest) = (0, Vec::new());
            for at in 0..order.len() {
                if left(&order[at]) {
                    order[kept] = order[at];
                    kept += 1;
                } else {
                    rest.push(order[at]);
                }
            }
            order[kept..].copy_from_slice(&rest);
            kept
        };
        let kept = if rows.len() >= PARALLEL_ROWS {
            self.orders.par_iter_mut().map(divide).collect::<Vec<_>>()
        } else {
            self.orders.iter_mut().map(divide).collect()
        };
        rows.start + kept.first().copied().unwrap_or(0)
    }
}

/// A number between two, such that the lower one is at most it and the upper one above it.
fn middle(below: f64, above: f64) -> f64 {
    let middle = below / 2.0 + above / 2.0;
    if below <= middle && middle < above { middle } else { below }
}
