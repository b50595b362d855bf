//! Gradients as whole numbers, and histograms of them.

use super::binned::Binned;
use rayon::prelude::*;

/// What a bin holds: the sum of gradients, and the sum of hessians above the count of rows.
pub(crate) type Slot = [i64; 2];

/// The most rows: of more, sums of hessians and counts would not fit into one number.
pub(crate) const MAX_ROWS: usize = 1 << 26;

/// How many rows are summed while they are at hand.
const BLOCK: usize = 1024;

/// Rows from which on several threads fill one histogram.
const PARALLEL_ROWS: usize = 4096;

/// Gradients and hessians of all rows as whole numbers: sums of them are exact, in any order.
#[derive(Clone, Debug)]
pub(crate) struct Gradients {
    /// Gradient and hessian of each row.
    pub(crate) rows: Vec<(i32, u32)>,
    /// What a whole number of gradient is worth.
    gradient: f64,
    /// What a whole number of hessian is worth.
    hessian: f64,
    /// How many bits counts take.
    bits: u32,
    /// What gradients and hessians are multiplied by.
    scales: (f64, f64),
}

/// Sums over rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sums {
    pub(crate) gradient: f64,
    pub(crate) hessian: f64,
    pub(crate) count: u64,
}

impl Gradients {
    /// Room for this many rows; `bounds` are the greatest absolute gradient and hessian that will occur. Hessians that are all 1
    /// count exactly.
    pub(crate) fn new(rows: usize, bounds: (f64, f64), constant: bool) -> Self {
        let mut gradients = Self { rows: vec![(0, 0); rows], gradient: 1.0, hessian: 1.0, bits: 0, scales: (1.0, 1.0) };
        gradients.rescale(bounds, constant);
        gradients
    }

    /// Prepares for other bounds.
    pub(crate) fn rescale(&mut self, (gradient, hessian): (f64, f64), constant: bool) {
        self.bits = usize::BITS - self.rows.len().leading_zeros();
        let scale = |greatest: f64, bits: u32| {
            let greatest = if greatest > 0.0 && greatest.is_finite() { greatest } else { 1.0 };
            // A power of two, so that numbers of few digits stay as they are.
            2.0_f64.powi(bits as i32 - 1 - greatest.log2().ceil().clamp(-900.0, 1024.0) as i32)
        };
        let hessian_bits = (63 - 2 * self.bits).min(30);
        self.scales = (scale(gradient, 30), if constant { 1.0 } else { scale(hessian, hessian_bits) });
        self.gradient = 1.0 / self.scales.0;
        self.hessian = 1.0 / self.scales.1;
    }

    /// The whole numbers of a row.
    #[inline]
    pub(crate) fn whole(scales: (f64, f64), gradient: f64, hessian: f64) -> (i32, u32) {
        ((gradient * scales.0).round() as i32, (hessian * scales.1).round() as u32)
    }

    /// What [`Gradients::whole`] multiplies by.
    pub(crate) fn scales(&self) -> (f64, f64) {
        self.scales
    }

    #[inline]
    fn slot(&self, row: u32) -> Slot {
        let (gradient, hessian) = self.rows[row as usize];
        [i64::from(gradient), (i64::from(hessian) << self.bits) | 1]
    }

    /// What a slot stands for.
    #[inline]
    pub(crate) fn sums(&self, slot: Slot) -> Sums {
        Sums {
            gradient: slot[0] as f64 * self.gradient,
            hessian: (slot[1] >> self.bits) as f64 * self.hessian,
            count: (slot[1] & ((1 << self.bits) - 1)) as u64,
        }
    }

    /// The sums over rows.
    pub(crate) fn total(&self, rows: &[u32]) -> Slot {
        let sum = |rows: &[u32]| rows.iter().fold([0; 2], |sum, &row| plus(sum, self.slot(row)));
        if rows.len() < PARALLEL_ROWS {
            sum(rows)
        } else {
            rows.par_chunks(PARALLEL_ROWS).map(sum).reduce(|| [0; 2], plus)
        }
    }
}

#[inline]
pub(crate) fn plus(a: Slot, b: Slot) -> Slot {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline]
pub(crate) fn minus(a: Slot, b: Slot) -> Slot {
    [a[0] - b[0], a[1] - b[1]]
}

/// Adds rows to the histograms of some columns, whose slots are `histogram`.
pub(crate) fn fill_columns(
    binned: &Binned,
    columns: &[u32],
    rows: &[u32],
    gradients: &Gradients,
    histogram: &mut [Slot],
) {
    let Some(&first) = columns.first() else { return };
    let start = binned.features[first as usize].start;
    let mut block = [[0_i64; 2]; BLOCK];
    for rows in rows.chunks(BLOCK) {
        for (slot, &row) in block.iter_mut().zip(rows) {
            *slot = gradients.slot(row);
        }
        let whole = rows.len() == (rows[rows.len() - 1] - rows[0]) as usize + 1;
        for &column in columns {
            let feature = &binned.features[column as usize];
            let super::Place::Column(at) = feature.place else { continue };
            let from = feature.start - start;
            let slots = &mut histogram[from..from + feature.slots()];
            let bytes = &binned.bytes[at];
            if whole {
                // Rows that follow each other, as at the root.
                let bytes = &bytes[rows[0] as usize..][..rows.len()];
                for (&bin, add) in bytes.iter().zip(&block) {
                    let slot = &mut slots[bin as usize];
                    *slot = plus(*slot, *add);
                }
            } else {
                for (&row, add) in rows.iter().zip(&block) {
                    let slot = &mut slots[bytes[row as usize] as usize];
                    *slot = plus(*slot, *add);
                }
            }
        }
    }
}

/// Adds rows to the histograms of the features in lists, whose slots are `histogram`; the bin of zero gets what is left of `total`.
pub(crate) fn fill_lists(binned: &Binned, rows: &[u32], gradients: &Gradients, total: Slot, histogram: &mut [Slot]) {
    let Some(&first) = binned.listed.first() else { return };
    let start = binned.features[first as usize].start;
    let add = |rows: &[u32], histogram: &mut [Slot]| {
        for &row in rows {
            let add = gradients.slot(row);
            for &slot in binned.lists.row(row as usize) {
                let slot = &mut histogram[slot as usize - start];
                *slot = plus(*slot, add);
            }
        }
    };
    let threads = rayon::current_num_threads();
    // Each thread needs a histogram of its own, which must be worth it.
    if threads > 1 && rows.len() >= PARALLEL_ROWS && rows.len() > histogram.len() {
        let parts = rows.par_chunks(rows.len().div_ceil(threads)).map(|rows| {
            let mut part = vec![[0; 2]; histogram.len()];
            add(rows, &mut part);
            part
        });
        for part in parts.collect::<Vec<_>>() {
            histogram.iter_mut().zip(part).for_each(|(slot, part)| *slot = plus(*slot, part));
        }
    } else {
        add(rows, histogram);
    }
    for &at in &binned.listed {
        let feature = &binned.features[at as usize];
        let slots = &mut histogram[feature.start - start..][..feature.slots()];
        let others = slots.iter().fold([0; 2], |sum, &slot| plus(sum, slot));
        slots[feature.zero as usize] = minus(total, others);
    }
}

/// Whether several threads should work on this many rows.
pub(crate) fn is_large(rows: usize) -> bool {
    rows >= PARALLEL_ROWS
}
