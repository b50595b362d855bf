//! Trees as they stand in a document: a text of bytes for each tree.
//!
//! The nodes of a tree are written from the root on, a question before its left side, that before its right side. Numbers are written
//! 7 bits a byte, the lowest first; all bytes of a number but the last have the eighth bit set. A leaf is 0 and the position of its
//! values; a question is `1 + 4 · feature + 2 · missing_left + categories`, the feature as position in `features`, and the position of
//! its threshold among those of the feature, or of its set of categories in `sets`.

use super::layout::{CATEGORIES, FEATURE, Layout, MISSING_LEFT, MOST_CATEGORY, MOST_NODES, Node};
use super::{Link, Trees};
use crate::ModelError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The fields of the document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Packed {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    positive: Option<u32>,
    link: Link,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    base: Vec<f64>,
    /// The features that are asked for, ascending.
    features: Vec<u32>,
    /// For each of them its thresholds, ascending.
    thresholds: Vec<Vec<f64>>,
    /// For each of them the categories that the fit knew, none of numbers; nothing where no question is for categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<Vec<u32>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sets: Vec<Vec<u32>>,
    /// The values of leaves: doubles, the lowest byte first, in base64.
    values: String,
    /// The trees, in base64.
    trees: Vec<String>,
}

fn invalid(reason: &str) -> ModelError {
    ModelError::invalid("model", reason)
}

impl Packed {
    pub(super) fn of(trees: &Trees) -> Self {
        let layout = &trees.layout;
        let mut thresholds: Vec<Vec<f64>> = vec![Vec::new(); layout.features.len()];
        for node in layout.nodes.iter().filter(|node| !layout.is_leaf(node) && node.feature & CATEGORIES == 0) {
            thresholds[(node.feature & FEATURE) as usize].push(node.threshold);
        }
        for list in &mut thresholds {
            list.sort_unstable_by(f64::total_cmp);
            list.dedup();
        }
        let (mut known, mut values) = (HashMap::new(), layout.values.clone());
        let ends = layout.roots.iter().skip(1).copied().chain([layout.nodes.len() as u32]);
        let texts = layout.roots.iter().zip(ends).map(|(&root, end)| {
            let mut bytes = Vec::with_capacity((end - root) as usize * 4);
            let mut todo = vec![root];
            while let Some(at) = todo.pop() {
                let node = layout.nodes[at as usize];
                if layout.is_leaf(&node) {
                    let next = known.len() as u32;
                    let value = match layout.width {
                        1 => *known.entry(node.threshold.to_bits()).or_insert_with(|| {
                            values.push(node.threshold);
                            next
                        }),
                        _ => node.threshold as u32,
                    };
                    bytes.push(0);
                    write(&mut bytes, value);
                    continue;
                }
                let feature = node.feature & FEATURE;
                let (left, sets) = (node.feature & MISSING_LEFT != 0, node.feature & CATEGORIES != 0);
                write(&mut bytes, 1 + 4 * feature + 2 * u32::from(left) + u32::from(sets));
                let list = &thresholds[feature as usize];
                let place = if sets { node.threshold as usize } else { list.partition_point(|&t| t < node.threshold) };
                write(&mut bytes, place as u32);
                todo.extend([node.child + 1, node.child]);
            }
            STANDARD.encode(bytes)
        });
        let texts = texts.collect();
        let categories = |feature| layout.known.get(feature).cloned().unwrap_or_default();
        let categories = match layout.known.is_empty() {
            true => Vec::new(),
            false => layout.features.iter().map(categories).collect(),
        };
        let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self {
            classes: trees.classes.clone(),
            positive: trees.positive,
            link: trees.link,
            base: trees.base.clone(),
            features: layout.features.clone(),
            thresholds,
            categories,
            sets: layout.sets.clone(),
            values: STANDARD.encode(values),
            trees: texts,
        }
    }

    /// Refuses lists that are not as they are written.
    fn check(&self) -> Result<(), ModelError> {
        fn ascend<T: PartialOrd>(list: &[T]) -> bool {
            list.windows(2).all(|pair| pair[0] < pair[1])
        }
        let categories = |list: &Vec<u32>| ascend(list) && list.last().is_none_or(|&last| last <= MOST_CATEGORY);
        match () {
            () if !ascend(&self.features) || self.features.last().is_some_and(|&last| last >= FEATURE) => {
                Err(invalid("features of trees don't ascend"))
            }
            () if self.thresholds.len() != self.features.len() => {
                Err(invalid("there are not thresholds for each feature"))
            }
            () if ![0, self.features.len()].contains(&self.categories.len()) => {
                Err(invalid("there are not categories for each feature"))
            }
            () if !self.thresholds.iter().all(|list| ascend(list) && list.iter().all(|value| value.is_finite())) => {
                Err(invalid("thresholds don't ascend"))
            }
            () if !self.categories.iter().chain(&self.sets).all(categories) => {
                Err(invalid("categories don't ascend, or are above 65535"))
            }
            () => Ok(()),
        }
    }

    fn layout(&self) -> Result<Layout, ModelError> {
        let decode = |text: &String| STANDARD.decode(text).map_err(|_| invalid("bytes are not in base64"));
        let bytes = decode(&self.values)?;
        if !bytes.len().is_multiple_of(8) {
            return Err(invalid("values are not of 8 bytes"));
        }
        let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        let width = if self.link == Link::Share && self.classes.len() > 2 { self.classes.len() } else { 1 };
        let is_known = |(_, categories): &(u32, Vec<u32>)| !categories.is_empty();
        let mut layout = Layout {
            width,
            features: self.features.clone(),
            sets: self.sets.clone(),
            known: self.features.iter().copied().zip(self.categories.iter().cloned()).filter(is_known).collect(),
            ..Layout::default()
        };
        let mut vectors = HashMap::new();
        for text in &self.trees {
            self.tree(&decode(text)?, &values, &mut layout, &mut vectors)?;
        }
        layout.finish();
        Ok(layout)
    }

    fn tree(
        &self,
        mut bytes: &[u8],
        values: &[f64],
        layout: &mut Layout,
        vectors: &mut HashMap<Vec<u64>, u32>,
    ) -> Result<(), ModelError> {
        let none = Node { threshold: 0.0, feature: 0, child: 0 };
        let root = layout.nodes.len() as u32;
        layout.roots.push(root);
        layout.nodes.push(none);
        let mut todo = vec![root];
        while let Some(at) = todo.pop() {
            let (head, place) = (read(&mut bytes)?, read(&mut bytes)? as usize);
            let Some(head) = head.checked_sub(1) else {
                let found = place.checked_mul(layout.width).and_then(|start| values.get(start..start + layout.width));
                let found = found.ok_or_else(|| invalid("a leaf has no values"))?;
                layout.nodes[at as usize] = layout.leaf(found, at, vectors)?;
                continue;
            };
            let feature = head / 4;
            let missing = if head & 2 != 0 { MISSING_LEFT } else { 0 };
            let list = self.thresholds.get(feature as usize);
            let list = list.ok_or_else(|| invalid("a node asks for a feature beyond the last"))?;
            let (threshold, flag) = if head & 1 == 0 {
                (list.get(place).copied(), 0)
            } else {
                let known = self.categories.get(feature as usize).is_some_and(|categories| !categories.is_empty());
                (self.sets.get(place).filter(|_| known).map(|_| place as f64), CATEGORIES)
            };
            let threshold = threshold.ok_or_else(|| invalid("a question has no threshold"))?;
            let child = layout.nodes.len() as u32;
            layout.nodes[at as usize] = Node { threshold, feature: feature | missing | flag, child };
            layout.nodes.extend([none; 2]);
            if layout.nodes.len() > MOST_NODES {
                return Err(invalid("the trees have more than 1073741824 nodes"));
            }
            todo.extend([child + 1, child]);
        }
        if bytes.is_empty() { Ok(()) } else { Err(invalid("a tree has bytes behind its last node")) }
    }
}

impl TryFrom<Packed> for Trees {
    type Error = ModelError;

    fn try_from(packed: Packed) -> Result<Self, ModelError> {
        packed.check()?;
        let layout = packed.layout()?;
        let Packed { classes, positive, link, base, .. } = packed;
        Self { classes, positive, link, base, layout }.checked()
    }
}

fn write(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read(bytes: &mut &[u8]) -> Result<u32, ModelError> {
    let (mut number, mut shift) = (0_u64, 0);
    loop {
        let (&byte, rest) = bytes.split_first().ok_or_else(|| invalid("a tree ends too early"))?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        shift += 7;
        if byte < 128 {
            return u32::try_from(number).map_err(|_| invalid("a number of a tree is too great"));
        }
        if shift > 28 {
            return Err(invalid("a number of a tree is too great"));
        }
    }
}
