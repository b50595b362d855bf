//! One tree, grown leaf by leaf: the leaf whose split brings most is split next.

use super::binned::{Binned, Place};
use super::cuts::Cuts;
use super::draw;
use super::fill::{Gradients, Slot, fill_columns, fill_lists, is_large, minus};
use super::split::{Asked, Bounds, Candidate, Node, Rules};
use mlspec_model::Tree;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;

/// The most bytes of histograms that are kept to be subtracted from.
const KEPT_BYTES: usize = 1 << 29;

/// The purpose of the draw of features.
const FEATURE_DRAW: u64 = 0x6665_6174;

/// How a tree grows.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    pub(crate) max_leaf_nodes: Option<usize>,
    pub(crate) max_depth: Option<u32>,
    pub(crate) min_samples_leaf: u64,
    pub(crate) l2: f64,
    /// The share of features that each split chooses from.
    pub(crate) max_features: f64,
    /// For each feature 1 where predictions must not fall with it, -1 where they must not rise; empty without constraints.
    pub(crate) monotone: Vec<i8>,
    pub(crate) seed: u64,
}

/// A node of a grown tree.
#[derive(Clone, Debug)]
struct BinNode {
    feature: u32,
    asked: Asked,
    missing_left: bool,
    /// The left child; a leaf has 0.
    child: u32,
    value: f64,
    rows: Range<usize>,
    bounds: Bounds,
}

/// A tree in terms of bins.
#[derive(Clone, Debug)]
pub(crate) struct BinTree {
    nodes: Vec<BinNode>,
    /// What the splits brought, with their features.
    pub(crate) gains: Vec<(u32, f64)>,
}

/// A leaf that may be split.
struct Open {
    at: u32,
    depth: u32,
    total: Slot,
    histogram: Option<Vec<Slot>>,
    best: Candidate,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    /// The greatest gain first; of equal ones the node that was made first.
    fn cmp(&self, other: &Self) -> Ordering {
        self.best.gain.total_cmp(&other.best.gain).then(other.at.cmp(&self.at))
    }
}

/// What trees grow from, one after another.
#[derive(Debug)]
pub(crate) struct Grower<'a> {
    binned: &'a Binned,
    growth: Growth,
    /// Runs of columns that one thread works on.
    groups: Vec<Range<usize>>,
    scratch: Vec<u32>,
    spare: Vec<Vec<Slot>>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(binned: &'a Binned, growth: Growth) -> Self {
        let count = (2 * rayon::current_num_threads()).clamp(1, binned.columns.len().max(1));
        let columns = binned.columns.len();
        let groups = (0..count).map(|at| at * columns / count..(at + 1) * columns / count);
        Self {
            binned,
            growth,
            groups: groups.filter(|group| !group.is_empty()).collect(),
            scratch: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Grows the tree with this number on some rows, which are put into the order of its leaves.
    pub(crate) fn grow(&mut self, tree: u64, rows: &mut [u32], gradients: &Gradients) -> BinTree {
        self.scratch.resize(rows.len(), 0);
        let total = gradients.total(rows);
        let most = self.growth.max_leaf_nodes.unwrap_or(usize::MAX);
        let mut grown = BinTree { nodes: Vec::new(), gains: Vec::new() };
        let node = self.node(total, Bounds::NONE, gradients);
        let value = node.value(gradients.sums(total));
        grown.nodes.push(BinNode::leaf(value, 0..rows.len(), Bounds::NONE));
        let mut open = BinaryHeap::new();
        if most > 1 && self.may_split(0, total, gradients) {
            let mut histogram = self.room();
            self.fill(rows, total, gradients, &mut histogram);
            let best = self.best(&node, &histogram, self.features(tree, 0).as_deref());
            open.extend(best.map(|best| Open { at: 0, depth: 0, total, histogram: Some(histogram), best }));
        }
        let mut leaves = 1;
        while leaves < most {
            let Some(next) = open.pop() else { break };
            leaves += 1;
            let children = self.split(tree, next, leaves == most, rows, gradients, &mut grown);
            open.extend(children);
        }
        self.spare.extend(open.into_iter().filter_map(|open| open.histogram));
        grown
    }

    fn node<'b>(&self, total: Slot, bounds: Bounds, gradients: &'b Gradients) -> Node<'b> {
        let rules = Rules { min_samples_leaf: self.growth.min_samples_leaf, l2: self.growth.l2 };
        Node { gradients, rules, total, bounds, constrained: !self.growth.monotone.is_empty() }
    }

    fn may_split(&self, depth: u32, total: Slot, gradients: &Gradients) -> bool {
        let count = gradients.sums(total).count;
        count >= 2 * self.growth.min_samples_leaf.max(1) && self.growth.max_depth.is_none_or(|most| depth < most)
    }

    /// Makes a leaf a question; returns the children that may be split.
    fn split(
        &mut self,
        tree: u64,
        open: Open,
        last: bool,
        rows: &mut [u32],
        gradients: &Gradients,
        grown: &mut BinTree,
    ) -> Vec<Open> {
        let Open { at, depth, total, histogram, best } = open;
        let (range, bounds) = (grown.nodes[at as usize].rows.clone(), grown.nodes[at as usize].bounds);
        let child = grown.nodes.len() as u32;
        let node = &mut grown.nodes[at as usize];
        (node.feature, node.asked, node.missing_left, node.child) =
            (best.feature, best.asked, best.missing_left, child);
        grown.gains.push((best.feature, best.gain));
        let middle = range.start + self.divide(&mut rows[range.clone()], &best);
        let totals = [best.left, minus(total, best.left)];
        let sign = self.growth.monotone.get(best.feature as usize).copied().unwrap_or(0);
        let between = f64::midpoint(best.values.0, best.values.1);
        let (low, high) = (Bounds { upper: between, ..bounds }, Bounds { lower: between, ..bounds });
        let sides = match sign {
            0 => [bounds, bounds],
            1.. => [low, high],
            _ => [high, low],
        };
        let ranges = [range.start..middle, middle..range.end];
        for (side, value) in [best.values.0, best.values.1].into_iter().enumerate() {
            grown.nodes.push(BinNode::leaf(value, ranges[side].clone(), sides[side]));
        }
        let splits = [0, 1].map(|side: usize| !last && self.may_split(depth + 1, totals[side], gradients));
        if splits == [false, false] {
            self.spare.extend(histogram);
            return Vec::new();
        }
        let histograms = self.histograms(histogram, &ranges, totals, splits, rows, gradients);
        let mut children = Vec::new();
        for (side, histogram) in histograms.into_iter().enumerate() {
            let Some(histogram) = histogram else { continue };
            let node = self.node(totals[side], sides[side], gradients);
            let at = child + side as u32;
            let found =
                if splits[side] { self.best(&node, &histogram, self.features(tree, at).as_deref()) } else { None };
            let kept = self.keeps();
            match found {
                Some(best) if kept => {
                    children.push(Open { at, depth: depth + 1, total: totals[side], histogram: Some(histogram), best });
                }
                found => {
                    self.spare.push(histogram);
                    let open = |best| Open { at, depth: depth + 1, total: totals[side], histogram: None, best };
                    children.extend(found.map(open));
                }
            }
        }
        children
    }

    /// The histograms of both sides: that of the smaller one is filled, that of the other is what is left of the parent's.
    fn histograms(
        &mut self,
        parent: Option<Vec<Slot>>,
        ranges: &[Range<usize>; 2],
        totals: [Slot; 2],
        splits: [bool; 2],
        rows: &[u32],
        gradients: &Gradients,
    ) -> [Option<Vec<Slot>>; 2] {
        let small = usize::from(ranges[1].len() < ranges[0].len());
        let mut filled = |side: usize| {
            let mut histogram = self.room();
            self.fill(&rows[ranges[side].clone()], totals[side], gradients, &mut histogram);
            Some(histogram)
        };
        let mut found = [None, None];
        match parent {
            Some(mut parent) if splits[1 - small] => {
                let mine = filled(small);
                let take = |(parent, mine): (&mut Slot, &Slot)| *parent = minus(*parent, *mine);
                parent.iter_mut().zip(mine.iter().flatten()).for_each(take);
                found[small] = mine;
                found[1 - small] = Some(parent);
            }
            Some(parent) => {
                found[small] = filled(small);
                self.spare.push(parent);
            }
            None => (0..2).filter(|&side| splits[side]).for_each(|side| found[side] = filled(side)),
        }
        found
    }

    /// Whether there is room to keep the histogram of every leaf.
    fn keeps(&self) -> bool {
        let leaves = self.growth.max_leaf_nodes.unwrap_or(1024);
        self.binned.slots.saturating_mul(size_of::<Slot>()).saturating_mul(leaves) <= KEPT_BYTES
    }

    /// An empty histogram.
    fn room(&mut self) -> Vec<Slot> {
        match self.spare.pop() {
            Some(mut spare) => {
                spare.fill([0; 2]);
                spare
            }
            None => vec![[0; 2]; self.binned.slots],
        }
    }

    fn fill(&self, rows: &[u32], total: Slot, gradients: &Gradients, histogram: &mut [Slot]) {
        let first = self.binned.listed.first();
        let end = first.map_or(histogram.len(), |&at| self.binned.features[at as usize].start);
        let (columns, lists) = histogram.split_at_mut(end);
        let mut parts = Vec::with_capacity(self.groups.len());
        let mut rest = columns;
        for group in &self.groups {
            let group = &self.binned.columns[group.clone()];
            let slots = group.iter().map(|&at| self.binned.features[at as usize].slots()).sum();
            let (part, more) = rest.split_at_mut(slots);
            parts.push((group, part));
            rest = more;
        }
        let fill = |(group, part): (&[u32], &mut [Slot])| fill_columns(self.binned, group, rows, gradients, part);
        if is_large(rows.len()) {
            parts.into_par_iter().for_each(fill);
        } else {
            parts.into_iter().for_each(fill);
        }
        fill_lists(self.binned, rows, gradients, total, lists);
    }

    /// The best split of a node, of these features or of all; of equally good ones that of the first feature.
    fn best(&self, node: &Node<'_>, histogram: &[Slot], features: Option<&[u32]>) -> Option<Candidate> {
        let one = |&at: &u32| {
            let feature = &self.binned.features[at as usize];
            if features.is_some_and(|features| features.binary_search(&at).is_err()) {
                return None;
            }
            let sign = self.growth.monotone.get(at as usize).copied().unwrap_or(0);
            node.best(at, feature, &histogram[feature.start..feature.start + feature.slots()], sign)
        };
        let better = |a: Option<Candidate>, b: Option<Candidate>| match (a, b) {
            (Some(a), Some(b)) => {
                let first = a.gain > b.gain || (a.gain == b.gain && a.feature <= b.feature);
                Some(if first { a } else { b })
            }
            (a, b) => a.or(b),
        };
        let (columns, listed) = (&self.binned.columns, &self.binned.listed);
        if self.binned.slots >= 2048 {
            let of = |all: &Vec<u32>| all.par_iter().with_min_len(8).map(one).reduce(|| None, better);
            better(of(columns), of(listed))
        } else {
            columns.iter().chain(listed).map(one).fold(None, better)
        }
    }

    /// The features that a node may ask for, ascending; nothing where it may ask for all.
    fn features(&self, tree: u64, node: u32) -> Option<Vec<u32>> {
        let all: Vec<u32> = self.binned.columns.iter().chain(&self.binned.listed).copied().collect();
        let count = ((all.len() as f64 * self.growth.max_features) as usize).max(1);
        if count >= all.len() {
            return None;
        }
        let draw = |&at: &u32| draw(FEATURE_DRAW, self.growth.seed, tree << 32 | u64::from(node), u64::from(at));
        let mut drawn: Vec<(u64, u32)> = all.iter().map(|at| (draw(at), *at)).collect();
        drawn.select_nth_unstable(count - 1);
        drawn.truncate(count);
        let mut features: Vec<u32> = drawn.into_iter().map(|drawn| drawn.1).collect();
        features.sort_unstable();
        Some(features)
    }

    /// Puts the rows that go left before the others, both in their order; returns how many go left.
    fn divide(&mut self, rows: &mut [u32], best: &Candidate) -> usize {
        let feature = &self.binned.features[best.feature as usize];
        let missing = feature.cuts.bins() as u8;
        let has_missing = feature.missing;
        // Which bins go left.
        let mut left = [false; 256];
        for (bin, left) in left.iter_mut().enumerate().take(feature.slots()) {
            *left = match best.asked {
                _ if has_missing && bin == missing as usize => best.missing_left,
                Asked::UpTo(last) => bin <= last as usize,
                Asked::In(set) => set[bin / 64] >> (bin % 64) & 1 == 1,
            };
        }
        let goes_left = |row: u32| match feature.place {
            Place::Column(column) => left[self.binned.bytes[column][row as usize] as usize],
            _ => left[self.binned.bin(feature, row as usize) as usize],
        };
        let part = |rows: &mut [u32], scratch: &mut [u32]| {
            let (mut kept, mut moved) = (0, 0);
            for at in 0..rows.len() {
                let row = rows[at];
                let is_left = usize::from(goes_left(row));
                rows[kept] = row;
                scratch[moved] = row;
                kept += is_left;
                moved += 1 - is_left;
            }
            rows[kept..].copy_from_slice(&scratch[..moved]);
            kept
        };
        let scratch = &mut self.scratch[..rows.len()];
        if !is_large(rows.len() / 4) {
            return part(rows, scratch);
        }
        let size = rows.len().div_ceil(4 * rayon::current_num_threads()).max(1024);
        let kept: Vec<usize> = rows
            .par_chunks_mut(size)
            .zip(scratch.par_chunks_mut(size))
            .map(|(rows, scratch)| part(rows, scratch))
            .collect();
        // The left parts of all chunks, then the right parts.
        let middle = kept.iter().sum();
        let (mut on_left, mut on_right) = (0, middle);
        for (chunk, &kept) in rows.chunks(size).zip(&kept) {
            let rest = chunk.len() - kept;
            scratch[on_left..on_left + kept].copy_from_slice(&chunk[..kept]);
            scratch[on_right..on_right + rest].copy_from_slice(&chunk[kept..]);
            on_left += kept;
            on_right += rest;
        }
        rows.copy_from_slice(scratch);
        middle
    }
}

impl BinNode {
    fn leaf(value: f64, rows: Range<usize>, bounds: Bounds) -> Self {
        Self { feature: 0, asked: Asked::UpTo(0), missing_left: false, child: 0, value, rows, bounds }
    }
}

impl BinTree {
    /// The ranges of rows of the leaves, and their values, to be changed.
    pub(crate) fn leaves(&mut self) -> impl Iterator<Item = (Range<usize>, &mut f64, (f64, f64))> {
        let leaves = self.nodes.iter_mut().filter(|node| node.child == 0);
        leaves.map(|node| (node.rows.clone(), &mut node.value, (node.bounds.lower, node.bounds.upper)))
    }

    /// Whether nothing is asked.
    pub(crate) fn is_leaf(&self) -> bool {
        self.nodes.len() == 1
    }

    /// The value of the leaf that a binned row reaches.
    pub(crate) fn value(&self, binned: &Binned, row: usize) -> f64 {
        let mut node = &self.nodes[0];
        while node.child != 0 {
            let feature = &binned.features[node.feature as usize];
            let bin = binned.bin(feature, row);
            let left = match node.asked {
                _ if feature.missing && bin as usize == feature.cuts.bins() => node.missing_left,
                Asked::UpTo(last) => bin <= last,
                Asked::In(set) => set[bin as usize / 64] >> (bin % 64) & 1 == 1,
            };
            node = &self.nodes[node.child as usize + usize::from(!left)];
        }
        node.value
    }

    /// The tree in terms of values.
    pub(crate) fn tree(&self, binned: &Binned) -> Tree {
        let mut tree = Tree::default();
        let mut todo = vec![(0_u32, 0_u32)];
        while let Some((from, to)) = todo.pop() {
            let node = &self.nodes[from as usize];
            if node.child == 0 {
                tree.leaf(to, &[node.value]);
                continue;
            }
            let child = match (&binned.features[node.feature as usize].cuts, node.asked) {
                (Cuts::Numbers(cuts), Asked::UpTo(last)) => {
                    // Where only missing values go right, everything else goes left.
                    let threshold = cuts.get(last as usize).copied().unwrap_or(f64::MAX);
                    tree.split(to, node.feature, threshold, node.missing_left)
                }
                (Cuts::Categories(categories), Asked::In(set)) => {
                    let chosen = categories.iter().enumerate().filter(|(bin, _)| set[bin / 64] >> (bin % 64) & 1 == 1);
                    let chosen: Vec<u32> = chosen.map(|(_, &code)| code).collect();
                    tree.split_categories(to, node.feature, chosen, node.missing_left)
                }
                _ => unreachable!("thresholds are asked of numbers, sets of categories"),
            };
            todo.extend([(node.child + 1, child + 1), (node.child, child)]);
        }
        tree
    }
}
