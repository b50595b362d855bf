//! Rows as bins: a column of bytes for most features, and lists of what is not zero for features that nearly always are.

use super::cuts::{Cuts, MAX_BINS, Values};
use super::fill::MAX_ROWS;
use super::{draw, unit};
use crate::{Sample, TrainError};
use mlspec_model::{Block, ModelError};
use rayon::prelude::*;

/// The most bytes of binned rows.
const MAX_BYTES: usize = 1 << 32;
/// The most bins of all features.
const MAX_SLOTS: usize = 1 << 20;
/// How many rows cuts are taken from where there are more, about; scikit-learn's number.
const CUT_ROWS: usize = 200_000;
/// How many values are sorted at a time, about.
const CUT_VALUES: usize = 1 << 24;
/// A feature is kept as a list if at most one value in so many is not zero.
const SPARSE: usize = 8;
/// The purpose of the draw of rows that cuts are taken from.
const CUT_DRAW: u64 = 0x6375_7473;

/// How rows are binned.
#[derive(Clone, Debug)]
pub(crate) struct BinningOptions {
    /// The most bins of values that are not missing, from 2 to 255.
    pub(crate) max_bins: usize,
    /// The features that are categories, ascending.
    pub(crate) categorical: Vec<usize>,
    /// The seed of the rows that cuts are taken from.
    pub(crate) seed: u64,
    /// Whether features that are nearly always zero are kept as lists.
    pub(crate) lists: bool,
}

impl BinningOptions {
    /// Of numbers, with lists.
    pub(crate) fn new(max_bins: usize, seed: u64) -> Self {
        Self { max_bins, categorical: Vec::new(), seed, lists: true }
    }
}

/// Where the bins of a feature are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// The feature has one bin: nothing can be asked.
    Nowhere,
    /// A column of bytes.
    Column(usize),
    /// In the lists.
    List,
}

/// The bins of a feature. Missing values have the bin after the last.
#[derive(Clone, Debug)]
pub(crate) struct FeatureBins {
    pub(crate) cuts: Cuts,
    pub(crate) place: Place,
    /// Whether values are missing.
    pub(crate) missing: bool,
    /// The first of its slots in a histogram.
    pub(crate) start: usize,
    /// The bin of zero.
    pub(crate) zero: u8,
}

impl FeatureBins {
    /// How many bins there are, that of missing values included.
    pub(crate) fn slots(&self) -> usize {
        self.cuts.bins() + usize::from(self.missing)
    }

    /// The bin of a value.
    #[inline]
    pub(crate) fn bin(&self, value: f64) -> u8 {
        // Without missing values in the fit there is no bin for them; a value that was not among those that cuts were taken from
        // is seen to by `missing`, which is counted over all rows.
        self.cuts.bin(value).unwrap_or(self.cuts.bins() as u8)
    }
}

/// What is not zero of the features that nearly always are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    ends: Vec<usize>,
    /// Slots of a histogram, ascending within a row.
    slots: Vec<u32>,
}

impl Lists {
    #[inline]
    pub(crate) fn row(&self, row: usize) -> &[u32] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.slots[start..self.ends[row]]
    }
}

/// Rows as bins.
#[derive(Clone, Debug)]
pub(crate) struct Binned {
    pub(crate) rows: usize,
    pub(crate) features: Vec<FeatureBins>,
    /// The features that columns belong to: their slots come first, in this order.
    pub(crate) columns: Vec<u32>,
    /// A byte a row.
    pub(crate) bytes: Vec<Vec<u8>>,
    /// The features that are in lists: their slots come last, in this order.
    pub(crate) listed: Vec<u32>,
    pub(crate) lists: Lists,
    /// How many slots a histogram has.
    pub(crate) slots: usize,
}

/// What is counted of a feature before it is cut.
#[derive(Clone, Copy, Default)]
struct Count {
    nonzero: usize,
    missing: usize,
    sampled: usize,
}

impl Binned {
    /// Bins the features of a sample.
    ///
    /// # Errors
    /// When there are more rows or bins than memory should hold, or a categorical feature has values that are no categories or too
    /// many of them.
    pub(crate) fn new(sample: &Sample<'_>, options: &BinningOptions) -> Result<Self, TrainError> {
        let (rows, columns) = (sample.features().rows(), sample.features().columns());
        if rows > MAX_ROWS {
            return Err(TrainError::TooMany { what: "rows", found: rows, limit: MAX_ROWS });
        }
        let share = CUT_ROWS as f64 / rows as f64;
        let taken = |row: usize| share >= 1.0 || unit(draw(CUT_DRAW, options.seed, sample.id(row), 0)) < share;
        let counts = count(sample, columns, &taken);
        let sampled = (0..rows).into_par_iter().filter(|&row| taken(row)).count();
        let cuts = cut(sample, &counts, sampled, &taken, options)?;
        let features = cuts.into_iter().zip(&counts).map(|(cuts, count)| FeatureBins {
            place: Place::Nowhere,
            missing: count.missing > 0,
            start: 0,
            zero: 0,
            cuts,
        });
        let mut binned = Self {
            rows,
            features: features.collect(),
            columns: Vec::new(),
            bytes: Vec::new(),
            listed: Vec::new(),
            lists: Lists::default(),
            slots: 0,
        };
        binned.place(&counts, options.lists)?;
        binned.fill(sample.features().blocks());
        Ok(binned)
    }

    /// Decides where the bins of each feature are kept.
    fn place(&mut self, counts: &[Count], lists: bool) -> Result<(), TrainError> {
        let mut bytes = 0_usize;
        for (at, (feature, count)) in self.features.iter_mut().zip(counts).enumerate() {
            // A category that cuts did not see, and a value below 0, are missing.
            feature.missing |= matches!(feature.cuts, Cuts::Categories(_));
            feature.zero = feature.bin(0.0);
            if feature.slots() < 2 {
                continue;
            }
            if lists && count.nonzero.saturating_mul(SPARSE) < self.rows {
                feature.place = Place::List;
                self.listed.push(at as u32);
                bytes = bytes.saturating_add(count.nonzero * size_of::<u32>());
            } else {
                feature.place = Place::Column(self.columns.len());
                self.columns.push(at as u32);
                bytes = bytes.saturating_add(self.rows);
            }
        }
        for &at in self.columns.iter().chain(&self.listed) {
            self.features[at as usize].start = self.slots;
            self.slots += self.features[at as usize].slots();
        }
        match () {
            () if bytes > MAX_BYTES => {
                Err(TrainError::TooMany { what: "bytes of binned rows", found: bytes, limit: MAX_BYTES })
            }
            () if self.slots > MAX_SLOTS => {
                Err(TrainError::TooMany { what: "bins of all features", found: self.slots, limit: MAX_SLOTS })
            }
            () => Ok(()),
        }
    }

    /// Turns the values into bins, some blocks at a time.
    fn fill(&mut self, blocks: &[Block]) {
        self.bytes = self.columns.iter().map(|_| Vec::with_capacity(self.rows)).collect();
        for batch in blocks.chunks(4 * rayon::current_num_threads().max(4)) {
            let parts: Vec<(Vec<u8>, Lists)> = batch.par_iter().map(|block| self.block(block)).collect();
            self.bytes.par_iter_mut().enumerate().for_each(|(at, column)| {
                for (block, (bytes, _)) in batch.iter().zip(&parts) {
                    column.extend_from_slice(&bytes[at * block.len()..(at + 1) * block.len()]);
                }
            });
            for (_, part) in parts {
                let before = self.lists.slots.len();
                self.lists.ends.extend(part.ends.iter().map(|end| before + end));
                self.lists.slots.extend(part.slots);
            }
        }
    }

    /// The bins of a block: columns one after another, and lists.
    fn block(&self, block: &Block) -> (Vec<u8>, Lists) {
        let rows = block.len();
        let mut bytes = Vec::with_capacity(rows * self.columns.len());
        self.columns.iter().for_each(|&at| bytes.resize(bytes.len() + rows, self.features[at as usize].zero));
        let mut lists = Lists::default();
        let mut slots: Vec<u32> = Vec::new();
        for (at, row) in block.rows().enumerate() {
            slots.clear();
            for (&feature, &value) in row.indices.iter().zip(row.values) {
                let feature = &self.features[feature as usize];
                match feature.place {
                    Place::Nowhere => {}
                    Place::Column(column) => bytes[column * rows + at] = feature.bin(value),
                    Place::List => {
                        let bin = feature.bin(value);
                        if bin != feature.zero {
                            slots.push(feature.start as u32 + u32::from(bin));
                        }
                    }
                }
            }
            if !self.listed.is_empty() {
                lists.slots.extend_from_slice(&slots);
                lists.ends.push(lists.slots.len());
            }
        }
        (bytes, lists)
    }

    /// The bin of a row.
    #[inline]
    pub(crate) fn bin(&self, feature: &FeatureBins, row: usize) -> u8 {
        match feature.place {
            Place::Nowhere => feature.zero,
            Place::Column(column) => self.bytes[column][row],
            Place::List => {
                let slots = self.lists.row(row);
                let at = slots.partition_point(|&slot| (slot as usize) < feature.start);
                let slot = slots.get(at).map(|&slot| slot as usize - feature.start);
                slot.filter(|&bin| bin < feature.slots()).map_or(feature.zero, |bin| bin as u8)
            }
        }
    }
}

/// Counts the values of each feature.
fn count(sample: &Sample<'_>, columns: usize, taken: &(impl Fn(usize) -> bool + Sync)) -> Vec<Count> {
    let features = sample.features();
    let part = |blocks: &[Block], mut row: usize| {
        let mut counts = vec![Count::default(); columns];
        for found in blocks.iter().flat_map(Block::rows) {
            let taken = taken(row);
            row += 1;
            for (&at, value) in found.indices.iter().zip(found.values) {
                let count = &mut counts[at as usize];
                count.nonzero += 1;
                count.missing += usize::from(value.is_nan());
                count.sampled += usize::from(taken);
            }
        }
        counts
    };
    let size = features.blocks().len().div_ceil(rayon::current_num_threads().max(1)).max(1);
    let starts = features.starts();
    let parts = features.blocks().par_chunks(size).enumerate().map(|(at, blocks)| part(blocks, starts[at * size]));
    parts.reduce(
        || vec![Count::default(); columns],
        |mut all, part| {
            for (all, part) in all.iter_mut().zip(part) {
                all.nonzero += part.nonzero;
                all.missing += part.missing;
                all.sampled += part.sampled;
            }
            all
        },
    )
}

/// The cuts of every feature, some features at a time.
fn cut(
    sample: &Sample<'_>,
    counts: &[Count],
    sampled: usize,
    taken: &(impl Fn(usize) -> bool + Sync),
    options: &BinningOptions,
) -> Result<Vec<Cuts>, TrainError> {
    let (mut cuts, mut from) = (Vec::with_capacity(counts.len()), 0);
    while from < counts.len() {
        let (mut to, mut values) = (from, 0);
        while to < counts.len() && (to == from || values < CUT_VALUES) {
            values += counts[to].sampled;
            to += 1;
        }
        let mut found: Vec<Values> = counts[from..to]
            .iter()
            .map(|count| Values { nonzero: Vec::with_capacity(count.sampled), zeros: sampled - count.sampled })
            .collect();
        for (row, at) in sample.features().blocks().iter().flat_map(Block::rows).zip(0..) {
            // Categories must all be known, numbers need not.
            let all = !options.categorical.is_empty();
            let is_taken = taken(at);
            if !(all || is_taken) {
                continue;
            }
            let start = if from == 0 { 0 } else { row.indices.partition_point(|&at| (at as usize) < from) };
            for (&feature, &value) in row.indices[start..].iter().zip(&row.values[start..]) {
                let feature = feature as usize;
                if feature >= to {
                    break;
                }
                if !value.is_nan() && (is_taken || options.categorical.binary_search(&feature).is_ok()) {
                    found[feature - from].nonzero.push(value);
                }
            }
        }
        let cut = |(at, mut values): (usize, Values)| {
            if options.categorical.binary_search(&at).is_ok() {
                values.zeros = sample.features().rows() - counts[at].nonzero;
                return values.categories(&at.to_string(), options.max_bins).map(Cuts::Categories);
            }
            Ok(Cuts::Numbers(values.cuts(options.max_bins.min(MAX_BINS))))
        };
        let part: Result<Vec<Cuts>, ModelError> =
            found.into_par_iter().enumerate().map(|(at, values)| cut((from + at, values))).collect();
        cuts.extend(part?);
        from = to;
    }
    Ok(cuts)
}
