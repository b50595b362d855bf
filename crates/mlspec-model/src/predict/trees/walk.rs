//! Many rows down many trees: rows lie dense in tiles, and several go down a tree side by side, so that the processor need not wait
//! for one.

use super::layout::{CATEGORIES, FEATURE, Layout, MISSING_LEFT, MOST_CATEGORY, Node, has};
use crate::Block;

/// How many rows go down side by side.
const LANES: usize = 8;
/// How many bytes of rows are kept at hand.
const TILE: usize = 1 << 16;

/// For each row, the base and what its leaves add up to; with several groups, tree `t` counts for group `t mod groups`.
pub(super) fn sums(layout: &Layout, block: &Block, columns: usize, base: &[f64], groups: usize) -> Vec<f64> {
    let outputs = groups * layout.width;
    // The last cell of a row is less than every threshold: leaves ask for it.
    let stride = layout.features.len() + 1;
    let rows = (TILE / (8 * stride)).clamp(LANES, 1024).min(block.len()).next_multiple_of(LANES);
    let places = places(&layout.features, columns);
    let mut tile = vec![0.0; rows * stride];
    let mut sums = Vec::with_capacity(block.len() * outputs);
    let mut all = block.rows();
    loop {
        tile.fill(0.0);
        tile.iter_mut().skip(stride - 1).step_by(stride).for_each(|cell| *cell = f64::NEG_INFINITY);
        let (mut count, mut missing) = (0, false);
        for (cells, row) in tile.chunks_mut(stride).zip(all.by_ref()) {
            for (&feature, &value) in row.indices.iter().zip(row.values) {
                if let Some(&place) = places.get(feature as usize).filter(|&&place| place != NOWHERE) {
                    cells[place as usize] = value;
                    missing |= value.is_nan();
                }
            }
            count += 1;
        }
        if count == 0 {
            return sums;
        }
        let start = sums.len();
        if base.is_empty() {
            sums.resize(start + count * outputs, 0.0);
        } else {
            (0..count).for_each(|_| sums.extend_from_slice(base));
        }
        let simple = !missing && layout.sets.is_empty();
        add(layout, &tile, stride, count, simple, groups, &mut sums[start..]);
    }
}

/// The position of a feature that no tree asks for.
const NOWHERE: u32 = u32::MAX;

/// Where each feature of a row stands in a tile.
fn places(features: &[u32], columns: usize) -> Vec<u32> {
    let mut places = vec![NOWHERE; columns];
    features.iter().zip(0..).for_each(|(&feature, place)| places[feature as usize] = place);
    places
}

/// Adds the leaves of a tile's rows.
fn add(layout: &Layout, tile: &[f64], stride: usize, rows: usize, simple: bool, groups: usize, sums: &mut [f64]) {
    let outputs = groups * layout.width;
    for (tree, &root) in layout.roots.iter().enumerate() {
        let group = tree % groups;
        for start in (0..rows).step_by(LANES) {
            let cells = &tile[start * stride..(start + LANES) * stride];
            let leaves = if simple {
                simple_leaves(&layout.nodes, cells, stride, root)
            } else {
                std::array::from_fn(|lane| leaf(layout, &cells[lane * stride..(lane + 1) * stride], root))
            };
            for (&at, row) in leaves.iter().zip(start..rows) {
                let value = layout.nodes[at as usize].threshold;
                if layout.width == 1 {
                    sums[row * outputs + group] += value;
                } else {
                    let values = &layout.values[value as usize * layout.width..][..layout.width];
                    let sums = &mut sums[row * outputs..(row + 1) * outputs];
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                }
            }
        }
    }
}

/// The leaves that rows without missing values reach in a tree without questions for categories.
#[inline]
fn simple_leaves(nodes: &[Node], cells: &[f64], stride: usize, root: u32) -> [u32; LANES] {
    let mut at = [root; LANES];
    loop {
        let mut moved = 0;
        for (lane, at) in at.iter_mut().enumerate() {
            let node = nodes[*at as usize];
            let value = cells[lane * stride + (node.feature & FEATURE) as usize];
            let next = node.child + u32::from(value > node.threshold);
            moved |= next ^ *at;
            *at = next;
        }
        if moved == 0 {
            return at;
        }
    }
}

/// The leaf that a row reaches.
fn leaf(layout: &Layout, cells: &[f64], root: u32) -> u32 {
    let mut at = root;
    loop {
        let node = layout.nodes[at as usize];
        let feature = (node.feature & FEATURE) as usize;
        let value = cells[feature];
        let category = if node.feature & CATEGORIES == 0 { None } else { Some(category(layout, feature, value)) };
        let right = match category {
            None if value.is_nan() => node.feature & MISSING_LEFT == 0,
            None => value > node.threshold,
            Some(None) => node.feature & MISSING_LEFT == 0,
            Some(Some(code)) => !has(&layout.bits[node.threshold as usize], code),
        };
        let next = node.child + u32::from(right);
        if next == at {
            return at;
        }
        at = next;
    }
}

/// The category that a feature's value stands for, if the fit knew it.
fn category(layout: &Layout, feature: usize, value: f64) -> Option<u32> {
    let whole = (0.0..=f64::from(MOST_CATEGORY)).contains(&value) && value.fract() == 0.0;
    let code = if whole { value as u32 } else { return None };
    Some(code).filter(|&code| has(&layout.known_bits[feature], code))
}
