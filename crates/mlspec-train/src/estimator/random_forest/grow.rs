//! One tree of a forest, from the root down. A node counts its rows by bin, feature by feature; only the bins that occur are looked
//! at, so that small nodes cost little.

use crate::histogram::{Binned, Cuts, FeatureBins, Place, draw};
use mlspec_model::Tree;
use std::ops::Range;

/// A drawn row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) row: u32,
    pub(super) weight: f32,
    /// The label, or the position of the class.
    pub(super) label: f64,
}

/// How the mixture of labels in a node is measured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measure {
    /// The variance of numbers.
    Variance,
    /// Gini or entropy of classes.
    Classes { classes: usize, entropy: bool },
}

impl Measure {
    /// How many numbers stand for some rows: their count, then the sums of weights and of weighted labels, or of the weights by class.
    fn width(self) -> usize {
        match self {
            Self::Variance => 3,
            Self::Classes { classes, .. } => classes + 1,
        }
    }

    #[inline]
    fn add(self, sums: &mut [f64], entry: Entry) {
        let weight = f64::from(entry.weight);
        sums[0] += 1.0;
        match self {
            Self::Variance => {
                sums[1] += weight;
                sums[2] += weight * entry.label;
            }
            Self::Classes { .. } => sums[1 + entry.label as usize] += weight,
        }
    }

    fn weight(self, sums: &[f64]) -> f64 {
        match self {
            Self::Variance => sums[1],
            Self::Classes { .. } => sums[1..].iter().sum(),
        }
    }

    /// How pure rows are, times their weight: the greater, the better. What all splits of a node share is left out.
    fn purity(self, sums: &[f64]) -> f64 {
        match self {
            Self::Variance if sums[1] > 0.0 => sums[2] * sums[2] / sums[1],
            Self::Variance => 0.0,
            Self::Classes { entropy, .. } => {
                let weight = self.weight(sums);
                let of = |&part: &f64| match entropy {
                    _ if part <= 0.0 => 0.0,
                    true => part * (part / weight).log2(),
                    false => part * part / weight,
                };
                sums[1..].iter().map(of).sum()
            }
        }
    }
}

/// What trees of a forest have in common.
#[derive(Debug)]
pub(super) struct Growing<'a> {
    pub(super) binned: &'a Binned,
    pub(super) measure: Measure,
    pub(super) max_depth: u32,
    pub(super) min_samples_split: usize,
    pub(super) min_samples_leaf: f64,
    /// How many features each split chooses from.
    pub(super) max_features: usize,
    pub(super) seed: u64,
    pub(super) purpose: u64,
}

/// A node to be made.
struct Task {
    at: u32,
    rows: Range<usize>,
    depth: u32,
    sums: Vec<f64>,
}

/// A split of a node.
#[derive(Clone, Copy, Debug)]
struct Split {
    feature: u32,
    /// The last bin that goes left.
    last: u8,
    missing_left: bool,
    purity: f64,
}

/// A tree in the making.
pub(super) struct Counting<'a> {
    growing: &'a Growing<'a>,
    tree: u64,
    /// Sums by bin, all zero between features.
    bins: Vec<f64>,
    /// The bins that occur, ascending; empty between features.
    occupied: Vec<usize>,
    /// The features in the order in which they are drawn.
    features: Vec<u32>,
    left: Vec<f64>,
    right: Vec<f64>,
    decreases: Vec<f64>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(growing: &'a Growing<'a>, tree: u64) -> Self {
        let width = growing.measure.width();
        let binned = growing.binned;
        Self {
            growing,
            tree,
            bins: vec![0.0; 256 * width],
            occupied: Vec::with_capacity(256),
            features: binned.columns.iter().chain(&binned.listed).copied().collect(),
            left: vec![0.0; width],
            right: vec![0.0; width],
            decreases: vec![0.0; binned.features.len()],
        }
    }

    /// Grows the tree; also tells how much each feature lowered the impurity, as shares. `labels` are those of all rows: without any
    /// drawn row the tree is the mean of all.
    pub(super) fn grow(mut self, mut entries: Vec<Entry>, labels: &[f64]) -> (Tree, Vec<f64>) {
        if entries.is_empty() {
            entries = labels.iter().zip(0..).map(|(&label, row)| Entry { row, weight: 1.0, label }).collect();
        }
        let measure = self.growing.measure;
        let mut sums = vec![0.0; measure.width()];
        entries.iter().for_each(|&entry| measure.add(&mut sums, entry));
        let mut tree = Tree::default();
        let mut scratch = Vec::with_capacity(entries.len());
        let mut tasks = vec![Task { at: 0, rows: 0..entries.len(), depth: 0, sums }];
        while let Some(task) = tasks.pop() {
            let found = self.best(&task, &entries[task.rows.clone()]);
            let Some(split) = found else {
                leaf(&mut tree, measure, &task);
                continue;
            };
            let feature = &self.growing.binned.features[split.feature as usize];
            let rows = &mut entries[task.rows.clone()];
            let middle = task.rows.start + self.divide(feature, split, rows, &mut scratch);
            let (left, right) = (task.rows.start..middle, middle..task.rows.end);
            // Each side is summed anew: what is left of a difference would not be exact.
            let sums = |rows: &Range<usize>| {
                let mut sums = vec![0.0; measure.width()];
                entries[rows.clone()].iter().for_each(|&entry| measure.add(&mut sums, entry));
                sums
            };
            let (on_left, on_right) = (sums(&left), sums(&right));
            self.decreases[split.feature as usize] += (split.purity - measure.purity(&task.sums)).max(0.0);
            let Cuts::Numbers(cuts) = &feature.cuts else { unreachable!("forests know no categories") };
            let threshold = cuts.get(split.last as usize).copied().unwrap_or(f64::MAX);
            let child = tree.split(task.at, split.feature, threshold, split.missing_left);
            let depth = task.depth + 1;
            tasks.push(Task { at: child + 1, rows: right, depth, sums: on_right });
            tasks.push(Task { at: child, rows: left, depth, sums: on_left });
        }
        let total: f64 = self.decreases.iter().sum();
        if total > 0.0 {
            self.decreases.iter_mut().for_each(|decrease| *decrease /= total);
        }
        (tree, self.decreases)
    }

    /// The best split of a node by one of the features drawn for it, unless it is to be a leaf.
    fn best(&mut self, task: &Task, entries: &[Entry]) -> Option<Split> {
        let growing = self.growing;
        let small =
            entries.len() < growing.min_samples_split || (entries.len() as f64) < 2.0 * growing.min_samples_leaf;
        let first = entries.first()?.label;
        if small || task.depth >= growing.max_depth || entries.iter().all(|entry| entry.label == first) {
            return None;
        }
        let mut best = None;
        let count = self.features.len();
        for step in 0..count {
            // Further features are drawn until one can be split by.
            if step >= growing.max_features && best.is_some() {
                break;
            }
            let node = self.tree << 32 | u64::from(task.at);
            let other =
                step + (draw(growing.purpose, growing.seed, node, step as u64) % (count - step) as u64) as usize;
            self.features.swap(step, other);
            self.by(self.features[step], task, entries, &mut best);
        }
        best
    }

    /// Makes `best` the best split by a feature, if it is better.
    fn by(&mut self, at: u32, task: &Task, entries: &[Entry], best: &mut Option<Split>) {
        let binned = self.growing.binned;
        let feature = &binned.features[at as usize];
        match feature.place {
            Place::Column(column) => {
                let bytes = &binned.bytes[column];
                self.count(entries, |row| bytes[row as usize]);
            }
            _ => self.count(entries, |row| binned.bin(feature, row as usize)),
        }
        let bins = feature.cuts.bins();
        let missing = self.occupied.pop_if(|last| feature.missing && *last == bins);
        if self.occupied.len() + usize::from(missing.is_some()) > 1 {
            self.left.fill(0.0);
            self.sweep(at, missing, false, &task.sums, best);
            if let Some(missing) = missing {
                let width = self.left.len();
                self.left.copy_from_slice(&self.bins[missing * width..(missing + 1) * width]);
                self.sweep(at, Some(missing), true, &task.sums, best);
            }
        }
        let width = self.left.len();
        for bin in self.occupied.drain(..).chain(missing) {
            self.bins[bin * width..(bin + 1) * width].fill(0.0);
        }
    }

    /// Counts rows by bin, and notes which bins occur.
    fn count(&mut self, entries: &[Entry], bin_of: impl Fn(u32) -> u8) {
        let mut occur = [0_u64; 4];
        match self.growing.measure {
            Measure::Variance => {
                let (bins, _) = self.bins.as_chunks_mut::<3>();
                for entry in entries {
                    let bin = bin_of(entry.row);
                    occur[bin as usize / 64] |= 1 << (bin % 64);
                    Measure::Variance.add(&mut bins[bin as usize], *entry);
                }
            }
            measure => {
                let width = measure.width();
                for entry in entries {
                    let bin = bin_of(entry.row);
                    occur[bin as usize / 64] |= 1 << (bin % 64);
                    let start = bin as usize * width;
                    measure.add(&mut self.bins[start..start + width], *entry);
                }
            }
        }
        for (at, mut word) in occur.into_iter().enumerate() {
            while word != 0 {
                self.occupied.push(at * 64 + word.trailing_zeros() as usize);
                word &= word - 1;
            }
        }
    }

    /// Moves the bins that occur to the left side, one after another.
    fn sweep(
        &mut self,
        feature: u32,
        missing: Option<usize>,
        missing_left: bool,
        all: &[f64],
        best: &mut Option<Split>,
    ) {
        let (measure, width, least) = (self.growing.measure, self.left.len(), self.growing.min_samples_leaf);
        for (step, &bin) in self.occupied.iter().enumerate() {
            let more = &self.bins[bin * width..(bin + 1) * width];
            self.left.iter_mut().zip(more).for_each(|(left, more)| *left += more);
            let last = match self.occupied.get(step + 1) {
                // Halfway between the bins that occur.
                Some(next) => usize::midpoint(bin, next - 1),
                // Last of all, everything but missing values goes left.
                None if missing.is_some() && !missing_left => bin,
                None => break,
            };
            let rest = all[0] - self.left[0];
            if self.left[0] < least || rest < least {
                continue;
            }
            let purity = match measure {
                Measure::Variance => {
                    let (weight, sum) = (all[1] - self.left[1], all[2] - self.left[2]);
                    self.left[2] * self.left[2] / self.left[1] + sum * sum / weight
                }
                _ => {
                    self.right.iter_mut().zip(all).zip(&self.left).for_each(|((right, all), left)| *right = all - left);
                    measure.purity(&self.left) + measure.purity(&self.right)
                }
            };
            if best.is_none_or(|best| purity > best.purity) {
                let missing_left = if missing.is_some() { missing_left } else { self.left[0] > rest };
                *best = Some(Split { feature, last: last as u8, missing_left, purity });
            }
        }
    }

    /// Puts the rows that go left before the others, both in their order; returns how many go left.
    fn divide(&self, feature: &FeatureBins, split: Split, entries: &mut [Entry], scratch: &mut Vec<Entry>) -> usize {
        let missing = feature.cuts.bins();
        let goes_left = |bin: u8| match feature.missing && bin as usize == missing {
            true => split.missing_left,
            false => bin <= split.last,
        };
        scratch.clear();
        let mut kept = 0;
        for at in 0..entries.len() {
            let entry = entries[at];
            let bin = match feature.place {
                Place::Column(column) => self.growing.binned.bytes[column][entry.row as usize],
                _ => self.growing.binned.bin(feature, entry.row as usize),
            };
            if goes_left(bin) {
                entries[kept] = entry;
                kept += 1;
            } else {
                scratch.push(entry);
            }
        }
        entries[kept..].copy_from_slice(scratch);
        kept
    }
}

fn leaf(tree: &mut Tree, measure: Measure, task: &Task) {
    match measure {
        Measure::Variance => tree.leaf(task.at, &[task.sums[2] / task.sums[1]]),
        Measure::Classes { classes: 2, .. } => tree.leaf(task.at, &[task.sums[2] / measure.weight(&task.sums)]),
        Measure::Classes { .. } => {
            let weight = measure.weight(&task.sums);
            let shares: Vec<f64> = task.sums[1..].iter().map(|sum| (sum / weight).clamp(0.0, 1.0)).collect();
            tree.leaf(task.at, &shares);
        }
    }
}
