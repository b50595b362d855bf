//! Weighted sums of what rows say, by class and feature: lane by lane, lanes in order.

use crate::Sample;
use crate::sample::{Classes, add, lane_blocks, lanes};

/// The most lanes.
const LANES: usize = 16;

/// How many numbers all lanes together hold at most.
const NUMBERS: usize = 1 << 27;

/// The sums, over all rows, of `weight · value(x, class, feature)` of features that are not zero: for each class one sum a
/// feature, the classes one after the other.
pub(super) fn by_class(
    sample: &Sample<'_>,
    classes: &Classes<'_>,
    value: impl Fn(f64, usize) -> f64 + Sync,
) -> Vec<f64> {
    let (features, columns) = (sample.features(), sample.features().columns());
    let size = classes.names.len() * columns;
    let found = lanes(features, (NUMBERS / size.max(1)).clamp(1, LANES), |_, lane| {
        let mut sums = vec![0.0; size];
        for (start, block) in lane_blocks(features, lane) {
            for (row, at) in block.rows().zip(start..) {
                let (weight, offset) = (sample.weight(at), classes.codes[at] as usize * columns);
                let sums = &mut sums[offset..offset + columns];
                for (&column, &x) in row.indices.iter().zip(row.values) {
                    sums[column as usize] += weight * value(x, offset + column as usize);
                }
            }
        }
        sums
    });
    let mut found = found.into_iter();
    let mut sums = found.next().unwrap_or_default();
    found.for_each(|lane| add(&mut sums, &lane));
    sums
}

/// As [`by_class`], without weights and classes.
pub(super) fn of_all(sample: &Sample<'_>, value: impl Fn(f64, usize) -> f64 + Sync) -> Vec<f64> {
    let features = sample.features();
    let found = lanes(features, LANES, |_, lane| {
        let mut sums = vec![0.0; features.columns()];
        for row in lane_blocks(features, lane).flat_map(|(_, block)| block.rows()) {
            let cells = row.indices.iter().zip(row.values);
            cells.for_each(|(&column, &x)| sums[column as usize] += value(x, column as usize));
        }
        sums
    });
    let mut sums = vec![0.0; features.columns()];
    found.iter().for_each(|lane| add(&mut sums, lane));
    sums
}
