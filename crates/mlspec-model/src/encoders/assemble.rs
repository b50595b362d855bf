//! From a raw table to features: what depends on the fit is applied here, block by block.

use super::part::{Lookup, NONE, Part, RawRows, Room, broken, numbers, values};
use super::raw::{refuse, terms};
use super::{FittedEncoders, FittedLabel, LABEL, RawColumn, RawKind, WEIGHT};
use crate::{Block, Features, ModelError, RowProblem, Target};
use mlspec_table::{Table, TableError};
use rayon::prelude::*;
use std::collections::HashMap;

/// Fitted encoders, ready to turn one block of raw rows after another into features.
#[derive(Debug)]
pub(crate) struct Assembler<'a> {
    encoders: &'a FittedEncoders,
    parts: Vec<Placed<'a>>,
    /// Whether rows are those that the encoders were fitted on.
    fitted: bool,
}

/// A part with its first feature.
#[derive(Debug)]
struct Placed<'a> {
    offset: u32,
    inputs: Vec<(&'a str, RawKind)>,
    names: Vec<String>,
    lookup: Box<dyn Lookup + 'a>,
}

impl<'a> Placed<'a> {
    fn new(part: Part<'a>, offset: u32) -> Result<Self, ModelError> {
        let (names, lookup) = (part.raw_names(), part.writer.lookup()?);
        Ok(Self { offset, inputs: part.inputs, names, lookup })
    }

    fn rows<'t>(&'t self, raw: &'t Table, ids: &'t [u64], fitted: bool) -> RawRows<'t> {
        RawRows { raw, ids, names: &self.names, inputs: &self.inputs, fitted }
    }
}

/// What rows of a raw table become.
#[derive(Clone, Debug)]
pub(crate) struct Assembled {
    pub(crate) block: Block,
    pub(crate) target: Option<Target>,
    pub(crate) weights: Option<Vec<f64>>,
}

/// Why a block of rows could not be assembled, and which of the steps found it.
#[derive(Debug)]
pub(crate) struct BlockError {
    step: usize,
    error: ModelError,
}

impl<'a> Assembler<'a> {
    /// `fitted` says that the rows are those that the encoders were fitted on: what they tell of their own label is left out.
    pub(crate) fn new(encoders: &'a FittedEncoders, fitted: bool) -> Result<Self, ModelError> {
        let mut offset = 0;
        let parts = encoders.parts().into_iter().map(|part| {
            let start = offset;
            offset += part.width as u32;
            Placed::new(part, start)
        });
        Ok(Self { encoders, parts: parts.collect::<Result<_, ModelError>>()?, fitted })
    }

    /// The features of some rows.
    pub(crate) fn block(&self, raw: &Table) -> Result<Block, BlockError> {
        let ids = raw.ids();
        let mut readers = Vec::with_capacity(self.parts.len());
        for (step, part) in self.parts.iter().enumerate() {
            let rows = part.rows(raw, &ids, self.fitted);
            readers.push((part.offset, part.lookup.read(&rows).map_err(|error| BlockError { step, error })?));
        }
        let mut block = Block::with_capacity(raw.len(), raw.len() * readers.len());
        let mut room = Room::default();
        for row in 0..raw.len() {
            for (step, (offset, reader)) in readers.iter().enumerate() {
                let written = reader.write(row, *offset, &mut block, &mut room);
                written.ok_or_else(|| BlockError {
                    step,
                    error: broken(self.parts[step].names.first().map_or("", String::as_str)),
                })?;
            }
            block.end_row();
        }
        Ok(block)
    }

    /// The features, labels and weights of some rows.
    pub(crate) fn rows(&self, raw: &Table) -> Result<Assembled, BlockError> {
        let at = |step: usize| move |error| BlockError { step: self.parts.len() + step, error };
        Ok(Assembled {
            block: self.block(raw)?,
            target: self.encoders.target(raw).map_err(at(0))?,
            weights: self.encoders.weights(raw).map_err(at(1))?,
        })
    }
}

/// What was made of the blocks of a table, or the error that the table as a whole has: that of the first step that found one,
/// with the rows of all blocks.
pub(crate) fn together<T>(blocks: Vec<Result<T, BlockError>>) -> Result<Vec<T>, ModelError> {
    let (mut made, mut failed) = (Vec::with_capacity(blocks.len()), Vec::new());
    for block in blocks {
        match block {
            Ok(block) => made.push(block),
            Err(error) => failed.push(error),
        }
    }
    let Some(first) = failed.iter().map(|failed| failed.step).min() else { return Ok(made) };
    let mut errors = failed.into_iter().filter(|failed| failed.step == first).map(|failed| failed.error);
    let Some(mut error) = errors.next() else { return Ok(made) };
    for other in errors {
        if let (ModelError::Rows { count, rows, .. }, ModelError::Rows { count: more, rows: others, .. }) =
            (&mut error, other)
        {
            *count += more;
            rows.extend(others);
            rows.truncate(5);
        }
    }
    Err(error)
}

impl FittedEncoders {
    /// The features of the rows of a raw table, in blocks of these lengths (or of [`Features::BLOCK_ROWS`]).
    ///
    /// # Errors
    /// When the raw table is not one of these encoders, or a value is null or a category unseen where that is an error.
    pub fn assemble(&self, raw: &Table, blocks: Option<&[usize]>) -> Result<Features, ModelError> {
        self.assemble_rows(raw, blocks, false)
    }

    /// As [`FittedEncoders::assemble`], of the rows that the encoders were fitted on: features that tell of labels are those that
    /// the other folds give (`target_encoder`).
    ///
    /// # Errors
    /// As [`FittedEncoders::assemble`].
    pub fn assemble_fitted(&self, raw: &Table) -> Result<Features, ModelError> {
        self.assemble_rows(raw, None, true)
    }

    fn assemble_rows(&self, raw: &Table, blocks: Option<&[usize]>, fitted: bool) -> Result<Features, ModelError> {
        let assembler = Assembler::new(self, fitted)?;
        let regular = vec![Features::BLOCK_ROWS; raw.len().div_ceil(Features::BLOCK_ROWS)];
        let (mut start, mut ranges) = (0, Vec::new());
        for &length in blocks.unwrap_or(&regular) {
            ranges.push((start, length));
            start += length;
        }
        let made: Vec<_> =
            ranges.into_par_iter().map(|(start, length)| assembler.block(&raw.slice(start, length))).collect();
        // A table without rows is checked too.
        let none = if made.is_empty() { Some(assembler.block(raw)) } else { None };
        Features::new(self.features(), together(made.into_iter().chain(none).collect())?)
    }

    /// Checks that every row of a raw table can be assembled.
    ///
    /// # Errors
    /// As [`FittedEncoders::assemble`] and [`FittedEncoders::target`].
    pub fn check(&self, raw: &Table) -> Result<(), ModelError> {
        let ids = raw.ids();
        for part in self.parts() {
            let placed = Placed::new(part, 0)?;
            if !placed.lookup.takes_all() {
                placed.lookup.read(&placed.rows(raw, &ids, false))?;
            }
        }
        self.target(raw).map(drop)
    }

    /// The labels of a raw table, if the encoders have one.
    ///
    /// # Errors
    /// When the raw table is not one of these encoders, or a class was not among the fitted rows.
    pub fn target(&self, raw: &Table) -> Result<Option<Target>, ModelError> {
        let Some(label) = self.label() else { return Ok(None) };
        let series = raw.column(LABEL)?.as_materialized_series();
        let FittedLabel::Classification { column, classes, positive } = label else {
            return Ok(Some(Target::Value(numbers(series)?.collect())));
        };
        let known: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        let texts = series.str().map_err(TableError::from)?;
        let codes: Vec<u32> =
            texts.iter().map(|text| text.and_then(|text| known.get(text).copied()).unwrap_or(NONE)).collect();
        refuse(&raw.ids(), codes.iter().map(|&code| code == NONE), || (column.clone(), RowProblem::UnseenClass))?;
        Ok(Some(Target::Class { codes, classes: classes.clone(), positive: *positive }))
    }

    /// The weights of a raw table, if the encoders have them.
    ///
    /// # Errors
    /// When the raw table is not one of these encoders.
    pub fn weights(&self, raw: &Table) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(column) = self.weight() else { return Ok(None) };
        let weights: Vec<f64> = numbers(raw.column(WEIGHT)?.as_materialized_series())?.collect();
        let bad = weights.iter().map(|weight| !(*weight >= 0.0 && weight.is_finite()));
        refuse(&raw.ids(), bad, || (column.to_owned(), RowProblem::NegativeWeight))?;
        Ok(Some(weights))
    }
}

impl RawColumn {
    /// The hashes of the terms that a raw table has in a column of [`super::RawKind::Counted`], row by row, with their counts.
    ///
    /// # Errors
    /// When the table has no such column.
    pub fn counted_terms(&self, raw: &Table) -> Result<Vec<(u64, u32)>, ModelError> {
        let mut found = Vec::new();
        for value in values(raw.column(&self.name)?.as_materialized_series(), &self.name)? {
            terms(value, |hash, count| found.push((hash, count))).ok_or_else(|| broken(&self.name))?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_blocks_are_the_tables() {
        let rows = |step, count, rows: &[u64]| -> Result<(), BlockError> {
            let (column, rows) = ("c".to_owned(), rows.to_vec());
            Err(BlockError { step, error: ModelError::Rows { column, problem: RowProblem::Null, count, rows } })
        };
        let other = |step| Err(BlockError { step, error: broken("t") });
        let cases = [
            (vec![Ok(()), Ok(())], None),
            (vec![Ok(()), rows(1, 2, &[3, 4])], Some("the column `c` is null in 2 rows (ids 3, 4)")),
            (
                vec![rows(1, 9, &[1, 2, 3, 4]), rows(0, 1, &[7]), rows(0, 6, &[8, 9, 10, 11, 12])],
                Some("the column `c` is null in 7 rows (ids 7, 8, 9, 10, 11)"),
            ),
            (
                vec![rows(1, 9, &[1]), other(0)],
                Some("the matrix cannot be used: its column `t` does not hold terms of these encoders"),
            ),
        ];
        for (blocks, expect) in cases {
            assert_eq!(together(blocks).err().map(|error| error.to_string()).as_deref(), expect);
        }
    }
}
