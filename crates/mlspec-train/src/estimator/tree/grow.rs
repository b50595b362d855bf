//! Growing a tree: every feature's rows are sorted once; a split divides each of these orders without sorting again.

use super::{Criterion, DecisionTree};
use crate::sample::Classes;
use crate::{Sample, TrainError};
use mlspec_model::{Split, TreeNode};
use rayon::prelude::*;
use std::ops::Range;

/// A tree in the making.
pub(super) struct Grower<'a> {
    settings: &'a DecisionTree,
    codes: &'a [u32],
    classes: usize,
    weights: Vec<f64>,
    total: f64,
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

impl<'a> Grower<'a> {
    pub(super) fn new(
        settings: &'a DecisionTree,
        sample: &Sample<'_>,
        classes: &Classes<'a>,
        limit: usize,
    ) -> Result<Self, TrainError> {
        let features = sample.features();
        let dense = features.to_dense(limit)?;
        let width = features.columns();
        // Rows of weight 0 play no part.
        let kept: Vec<u32> = (0..features.rows() as u32).filter(|&row| sample.weight(row as usize) > 0.0).collect();
        let column = |feature: usize| dense.iter().skip(feature).step_by(width).copied().collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = (0..width).into_par_iter().map(column).collect();
        let order = |column: &Vec<f64>| {
            let mut order = kept.clone();
            order.sort_by(|&a, &b| column[a as usize].total_cmp(&column[b as usize]));
            order
        };
        let orders = columns.par_iter().map(order).collect();
        let weights: Vec<f64> = (0..features.rows()).map(|row| sample.weight(row)).collect();
        let total = classes.weights.iter().sum();
        Ok(Self { settings, codes: classes.codes, classes: classes.names.len(), weights, total, columns, orders })
    }

    /// The nodes, children after their parents.
    pub(super) fn grow(mut self) -> Vec<TreeNode> {
        let mut nodes: Vec<TreeNode> = Vec::new();
        let mut tasks = vec![Task { rows: 0..self.orders[0].len(), depth: 0, parent: None }];
        while let Some(task) = tasks.pop() {
            let at = nodes.len();
            if let Some(split) = task.parent.and_then(|(parent, _)| nodes[parent].split.as_mut()) {
                match task.parent {
                    Some((_, true)) => split.left = at as u32,
                    _ => split.right = at as u32,
                }
            }
            let counts = self.counts(&task.rows);
            let rows = task.rows.len() as u64;
            match self.best(&task, &counts) {
                Some(best) => {
                    let middle = self.divide(&task.rows, best);
                    let split = Split { feature: best.feature, threshold: best.threshold, left: 0, right: 0 };
                    nodes.push(TreeNode { split: Some(split), probabilities: Vec::new(), rows });
                    let depth = task.depth + 1;
                    tasks.push(Task { rows: middle..task.rows.end, depth, parent: Some((at, false)) });
                    tasks.push(Task { rows: task.rows.start..middle, depth, parent: Some((at, true)) });
                }
                None => {
                    let sum: f64 = counts.iter().sum();
                    let probabilities = counts.iter().map(|count| count / sum).collect();
                    nodes.push(TreeNode { split: None, probabilities, rows });
                }
            }
        }
        nodes
    }

    /// The weights of a node's rows by class.
    fn counts(&self, rows: &Range<usize>) -> Vec<f64> {
        let mut counts = vec![0.0; self.classes];
        for &row in &self.orders[0][rows.clone()] {
            counts[self.codes[row as usize] as usize] += self.weights[row as usize];
        }
        counts
    }

    /// The split of the least impurity, unless the node is to be a leaf.
    fn best(&self, task: &Task, counts: &[f64]) -> Option<Candidate> {
        let DecisionTree { criterion, max_depth, min_samples_split, min_samples_leaf, min_impurity_decrease } =
            *self.settings;
        let total: f64 = counts.iter().sum();
        let impurity = criterion.impurity(counts, total);
        let rows = task.rows.len();
        let leaf = task.depth >= max_depth.unwrap_or(DecisionTree::MAX_DEPTH)
            || rows < min_samples_split as usize
            || rows / 2 < min_samples_leaf as usize
            || impurity <= PURE;
        if leaf {
            return None;
        }
        let candidate = |feature: usize| self.candidate(feature, &task.rows, counts, total, criterion);
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
        let decrease = total / self.total * (impurity - best.impurity);
        (decrease + f64::EPSILON >= min_impurity_decrease).then_some(best)
    }

    /// The best split by one feature, its impurity weighted over both sides.
    fn candidate(
        &self,
        feature: usize,
        rows: &Range<usize>,
        counts: &[f64],
        total: f64,
        criterion: Criterion,
    ) -> Option<Candidate> {
        let order = &self.orders[feature][rows.clone()];
        let column = &self.columns[feature];
        let value = |row: u32| column[row as usize];
        if value(*order.first()?) == value(*order.last()?) {
            return None;
        }
        let least = self.settings.min_samples_leaf as usize;
        let (mut left, mut right) = (vec![0.0; counts.len()], counts.to_vec());
        let mut weight = 0.0;
        let mut best: Option<Candidate> = None;
        for (at, pair) in order.windows(2).enumerate() {
            let (row, next) = (pair[0], pair[1]);
            let class = self.codes[row as usize] as usize;
            left[class] += self.weights[row as usize];
            right[class] -= self.weights[row as usize];
            weight += self.weights[row as usize];
            let (below, above) = (value(row), value(next));
            if below == above || at + 1 < least || order.len() - at - 1 < least {
                continue;
            }
            let share = weight / total;
            let impurity =
                share * criterion.impurity(&left, weight) + (1.0 - share) * criterion.impurity(&right, total - weight);
            if best.is_none_or(|best| impurity < best.impurity - PURE) {
                best = Some(Candidate { feature: feature as u32, threshold: middle(below, above), impurity });
            }
        }
        best
    }

    /// Divides the node's rows in every order; returns where the right side begins.
    fn divide(&mut self, rows: &Range<usize>, split: Candidate) -> usize {
        let column = &self.columns[split.feature as usize];
        let left = |row: &u32| column[*row as usize] <= split.threshold;
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
