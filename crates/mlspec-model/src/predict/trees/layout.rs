//! Trees as they lie in memory: 16 bytes a node, siblings beside each other, so that a step is one comparison and one addition.

use crate::ModelError;
use std::collections::{BTreeMap, HashMap};

/// A question, or a leaf: a leaf is its own child, and asks for a feature that is less than everything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Node {
    /// Rows with at most this go to the child, others to its sibling. In a question for categories the position of the set that goes
    /// to the child; in a leaf its value, or the position of its values.
    pub(super) threshold: f64,
    /// The position among the features that are asked for, and flags.
    pub(super) feature: u32,
    /// The left child; the right one follows it.
    pub(super) child: u32,
}

/// Flag: rows without a value go to the left child.
pub(super) const MISSING_LEFT: u32 = 1 << 31;
/// Flag: the question is whether a category is in a set.
pub(super) const CATEGORIES: u32 = 1 << 30;
/// The bits that are no flag.
pub(super) const FEATURE: u32 = CATEGORIES - 1;
/// The feature of leaves while a tree is built.
const LEAF: u32 = FEATURE;
/// The most nodes of all trees.
pub(super) const MOST_NODES: usize = 1 << 30;

/// A tree in the making: begins as one leaf that has no value yet; [`Tree::split`] turns a leaf into a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
    values: Vec<f64>,
    sets: Vec<(u32, Vec<u32>)>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node { threshold: 0.0, feature: LEAF, child: 0 }], values: Vec::new(), sets: Vec::new() }
    }
}

impl Tree {
    /// Makes a node a question: rows whose feature is at most the threshold go left, and so do missing values if `missing_left`.
    /// Returns the position of the left child; the right one follows.
    pub fn split(&mut self, at: u32, feature: u32, threshold: f64, missing_left: bool) -> u32 {
        let child = self.nodes.len() as u32;
        let flag = if missing_left { MISSING_LEFT } else { 0 };
        self.nodes[at as usize] = Node { threshold, feature: (feature & FEATURE) | flag, child };
        self.nodes.extend([Node { threshold: 0.0, feature: LEAF, child: 0 }; 2]);
        child
    }

    /// As [`Tree::split`], for rows whose category is one of these, ascending.
    pub fn split_categories(&mut self, at: u32, feature: u32, categories: Vec<u32>, missing_left: bool) -> u32 {
        let set = self.sets.len() as f64;
        self.sets.push((feature, categories));
        let child = self.split(at, feature, set, missing_left);
        self.nodes[at as usize].feature |= CATEGORIES;
        child
    }

    /// Gives a leaf its values: one, or one a class.
    pub fn leaf(&mut self, at: u32, values: &[f64]) {
        self.nodes[at as usize] = Node { threshold: 0.0, feature: LEAF, child: self.values.len() as u32 };
        self.values.extend(values);
    }

    /// Multiplies all values of leaves.
    pub fn scale(&mut self, by: f64) {
        self.values.iter_mut().for_each(|value| *value *= by);
    }

    /// How many leaves it has.
    pub fn leaves(&self) -> usize {
        self.nodes.len() / 2 + 1
    }
}

/// All trees.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// How many values a leaf has.
    pub(super) width: usize,
    /// The features that are asked for, ascending.
    pub(super) features: Vec<u32>,
    /// The nodes of all trees, each tree's together, in the order in which they are met from the root, left first.
    pub(super) nodes: Vec<Node>,
    /// The first node of each tree.
    pub(super) roots: Vec<u32>,
    /// Values of leaves that have several, each vector once.
    pub(super) values: Vec<f64>,
    /// Sets of categories, ascending.
    pub(super) sets: Vec<Vec<u32>>,
    /// The same as bits.
    pub(super) bits: Vec<Vec<u64>>,
    /// The categories that the fit knew, ascending, of features with questions for categories; others count as missing.
    pub(super) known: BTreeMap<u32, Vec<u32>>,
    /// The same as bits, for each of the features that are asked for.
    pub(super) known_bits: Vec<Vec<u64>>,
}

impl Layout {
    /// `known` are the categories that the fit knew of each feature.
    pub(super) fn of(trees: Vec<Tree>, width: usize, known: &BTreeMap<u32, Vec<u32>>) -> Result<Self, ModelError> {
        let mut features: Vec<u32> = Vec::new();
        for tree in &trees {
            features.extend(tree.nodes.iter().map(|node| node.feature & FEATURE).filter(|&feature| feature != LEAF));
            features.sort_unstable();
            features.dedup();
        }
        let mut layout = Self { width, features, ..Self::default() };
        for tree in &trees {
            for (feature, set) in &tree.sets {
                let known = known.get(feature).filter(|known| set.iter().all(|code| known.binary_search(code).is_ok()));
                layout.known.insert(*feature, known.ok_or_else(broken)?.clone());
            }
        }
        let (mut values, mut sets) = (HashMap::new(), HashMap::new());
        for tree in trees {
            if layout.nodes.len() + tree.nodes.len() > MOST_NODES {
                return Err(ModelError::invalid("model", "the trees have more than 1073741824 nodes"));
            }
            layout.add(&tree, &mut values, &mut sets)?;
        }
        layout.finish();
        Ok(layout)
    }

    fn add(
        &mut self,
        tree: &Tree,
        values: &mut HashMap<Vec<u64>, u32>,
        sets: &mut HashMap<Vec<u32>, u32>,
    ) -> Result<(), ModelError> {
        let root = self.nodes.len() as u32;
        self.roots.push(root);
        self.nodes.push(Node { threshold: 0.0, feature: 0, child: 0 });
        let mut todo = vec![(0_u32, root)];
        while let Some((from, to)) = todo.pop() {
            let node = tree.nodes.get(from as usize).ok_or_else(broken)?;
            if node.feature & FEATURE == LEAF {
                let start = node.child as usize;
                let found = tree.values.get(start..start + self.width).ok_or_else(broken)?;
                self.nodes[to as usize] = self.leaf(found, to, values)?;
                continue;
            }
            let feature = self.features.partition_point(|&feature| feature < node.feature & FEATURE) as u32;
            let child = self.nodes.len() as u32;
            let threshold = if node.feature & CATEGORIES == 0 {
                node.threshold + 0.0
            } else {
                let set = &tree.sets[node.threshold as usize].1;
                let next = sets.len() as u32;
                let at = *sets.entry(set.clone()).or_insert(next);
                if at == next {
                    self.sets.push(set.clone());
                }
                f64::from(at)
            };
            if !threshold.is_finite() {
                return Err(ModelError::invalid("model", "a number is not finite"));
            }
            self.nodes[to as usize] = Node { threshold, feature: feature | (node.feature & !FEATURE), child };
            self.nodes.extend([Node { threshold: 0.0, feature: 0, child: 0 }; 2]);
            todo.extend([(node.child + 1, child + 1), (node.child, child)]);
        }
        Ok(())
    }

    /// A leaf with these values.
    pub(super) fn leaf(
        &mut self,
        found: &[f64],
        at: u32,
        values: &mut HashMap<Vec<u64>, u32>,
    ) -> Result<Node, ModelError> {
        if !found.iter().all(|value| value.is_finite()) {
            return Err(ModelError::invalid("model", "a number is not finite"));
        }
        let threshold = match found {
            [value] => value + 0.0,
            several => {
                let next = values.len() as u32;
                let bits = several.iter().map(|value| (value + 0.0).to_bits()).collect();
                let index = *values.entry(bits).or_insert(next);
                if index == next {
                    self.values.extend(several.iter().map(|value| value + 0.0));
                }
                f64::from(index)
            }
        };
        Ok(Node { threshold, feature: self.features.len() as u32, child: at })
    }

    /// Makes bits of the sets.
    pub(super) fn finish(&mut self) {
        self.bits = self.sets.iter().map(|set| bits(set)).collect();
        let known = |feature| self.known.get(feature).map_or_else(Vec::new, |known| bits(known));
        self.known_bits = self.features.iter().map(known).collect();
    }

    pub(super) fn is_leaf(&self, node: &Node) -> bool {
        (node.feature & FEATURE) as usize == self.features.len()
    }

    /// Whether the values of leaves are probabilities.
    pub(super) fn leaves_are_shares(&self) -> bool {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        if self.width == 1 {
            return self.nodes.iter().filter(|node| self.is_leaf(node)).all(|leaf| share(leaf.threshold));
        }
        self.values
            .chunks(self.width)
            .all(|values| values.iter().all(|&value| share(value)) && (values.iter().sum::<f64>() - 1.0).abs() < 1e-6)
    }
}

fn broken() -> ModelError {
    ModelError::invalid("model", "nodes form no tree")
}

/// The greatest category.
pub(super) const MOST_CATEGORY: u32 = 65_535;

/// The positions as bits of words.
fn bits(set: &[u32]) -> Vec<u64> {
    let mut bits = vec![0_u64; set.last().map_or(0, |&last| last as usize / 64 + 1)];
    set.iter().for_each(|&at| bits[at as usize / 64] |= 1 << (at % 64));
    bits
}

/// Whether a bit is set.
pub(super) fn has(bits: &[u64], at: u32) -> bool {
    bits.get(at as usize / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}
