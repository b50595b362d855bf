//! What a fitted encoder is asked, and one range of its features: what it reads of a raw table and how it writes.

use super::RawKind;
use super::raw::refuse;
use crate::{Block, ModelError, RowProblem};
use mlspec_table::polars::prelude::{Series, StringChunked};
use mlspec_table::{Table, TableError};
use std::fmt::Debug;

/// What a fitted encoder is asked. An encoder is one file: its document, its checks, its features, how they are written.
pub(crate) trait Fitted {
    /// Checks the document, and makes what is written alike equal.
    fn check(&mut self) -> Result<(), ModelError>;

    /// One part per range of features.
    fn parts(&self) -> Vec<Part<'_>>;

    /// The categories that the document holds, by table column: values of cells.
    fn categories(&self) -> Vec<(&str, Vec<&str>)> {
        Vec::new()
    }

    /// Whether the rows that it was fitted on have other features than the same rows elsewhere, since it knows their labels.
    fn knows_labels(&self) -> bool {
        false
    }

    /// Where a category that was not fitted is an error, those that were, by table column.
    fn only(&self) -> Vec<(&str, Vec<Option<&str>>)> {
        Vec::new()
    }
}

/// One range of features.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// The encoder's name and its position, which its raw columns are named by.
    pub(crate) encoder: (&'static str, usize),
    /// The table columns that it reads, and what a raw table holds of each.
    pub(crate) inputs: Vec<(&'a str, RawKind)>,
    /// How many features it has.
    pub(crate) width: usize,
    /// How it writes them.
    pub(crate) writer: Box<dyn Writer<'a> + 'a>,
}

/// How the features of a part are named and written.
pub(crate) trait Writer<'a>: Debug {
    /// The name of the feature at this position, given the (first) table column.
    fn name(&self, column: &str, at: usize) -> String;

    /// What is looked up while rows are written.
    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError>;
}

/// Raw values to features, with what is looked up on the way.
pub(crate) trait Lookup: Debug + Send + Sync {
    /// The features of these rows, ready to be written row by row.
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError>;

    /// Whether every row that could be encoded can be written.
    fn takes_all(&self) -> bool {
        false
    }
}

/// Features of some rows.
pub(crate) trait Cells {
    /// Writes the features of one row, from this column on; nothing where the raw value is not one of the encoder.
    fn write(&self, row: usize, offset: u32, block: &mut Block, room: &mut Room) -> Option<()>;
}

/// Room that is used again from row to row.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) entries: Vec<(u32, f64)>,
    pub(crate) values: Vec<f64>,
}

/// Rows of a raw table, as one part sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawRows<'t> {
    pub(crate) raw: &'t Table,
    pub(crate) ids: &'t [u64],
    /// The names of the part's raw columns.
    pub(crate) names: &'t [String],
    /// The table columns behind them.
    pub(crate) inputs: &'t [(&'t str, RawKind)],
    /// Whether they are the rows that the encoders were fitted on.
    pub(crate) fitted: bool,
}

impl<'a> Part<'a> {
    /// A part of one column.
    pub(crate) fn of(column: &'a str, kind: RawKind, width: usize, writer: impl Writer<'a> + 'a) -> Self {
        Self::of_columns(vec![(column, kind)], width, writer)
    }

    /// A part of several columns.
    pub(crate) fn of_columns(inputs: Vec<(&'a str, RawKind)>, width: usize, writer: impl Writer<'a> + 'a) -> Self {
        Self { encoder: ("", 0), inputs, width, writer: Box::new(writer) }
    }

    /// The name that a raw table has for what an encoder reads of a column.
    pub(crate) fn raw_name(encoder: usize, column: &str) -> String {
        format!("{encoder}.{column}")
    }

    /// The names of its raw columns.
    pub(crate) fn raw_names(&self) -> Vec<String> {
        self.inputs.iter().map(|(column, _)| Self::raw_name(self.encoder.1, column)).collect()
    }

    /// The name of the feature at this position of the range.
    pub(crate) fn name(&self, at: usize) -> String {
        self.writer.name(self.inputs.first().map_or("", |input| input.0), at)
    }
}

impl<'t> RawRows<'t> {
    fn series(&self, at: usize) -> Result<&'t Series, ModelError> {
        let name = self.names.get(at).map_or("", String::as_str);
        Ok(self.raw.column(name)?.as_materialized_series())
    }

    /// The numbers of a column, NaN for null.
    pub(crate) fn numbers(&self, at: usize) -> Result<impl Iterator<Item = f64> + 't, ModelError> {
        numbers(self.series(at)?)
    }

    /// The categories of a column.
    pub(crate) fn texts(&self, at: usize) -> Result<&'t StringChunked, ModelError> {
        Ok(self.series(at)?.str().map_err(TableError::from)?)
    }

    /// The terms of a column.
    pub(crate) fn terms(&self, at: usize) -> Result<Vec<&'t [u8]>, ModelError> {
        values(self.series(at)?, self.names.get(at).map_or("", String::as_str))
    }

    /// Refuses rows for which `bad` is true.
    pub(crate) fn refuse(
        &self,
        at: usize,
        bad: impl Iterator<Item = bool>,
        problem: RowProblem,
    ) -> Result<(), ModelError> {
        refuse(self.ids, bad, || (self.inputs.get(at).map_or("", |input| input.0).to_owned(), problem))
    }
}

/// The numbers of a column, NaN for null.
pub(crate) fn numbers(series: &Series) -> Result<impl Iterator<Item = f64> + '_, ModelError> {
    let values = series.f64().map_err(TableError::from)?;
    Ok(values.iter().map(|value| value.unwrap_or(f64::NAN)))
}

/// The values of a column of terms.
pub(crate) fn values<'a>(series: &'a Series, name: &str) -> Result<Vec<&'a [u8]>, ModelError> {
    let values = series.binary().map_err(TableError::from)?.iter().collect::<Option<_>>();
    values.ok_or_else(|| broken(name))
}

/// Why a raw column cannot be used.
pub(crate) fn broken(name: &str) -> ModelError {
    ModelError::invalid("matrix", format!("its column `{name}` does not hold terms of these encoders"))
}

/// The code of no feature.
pub(crate) const NONE: u32 = u32::MAX;

/// One number a row.
pub(crate) struct NumberCells(pub(crate) Vec<f64>);

impl Cells for NumberCells {
    #[inline]
    fn write(&self, row: usize, offset: u32, block: &mut Block, _: &mut Room) -> Option<()> {
        block.push(offset, *self.0.get(row)?);
        Some(())
    }
}

/// A 1 at one feature a row; at none for [`NONE`].
pub(crate) struct CodeCells(pub(crate) Vec<u32>);

impl Cells for CodeCells {
    #[inline]
    fn write(&self, row: usize, offset: u32, block: &mut Block, _: &mut Room) -> Option<()> {
        match *self.0.get(row)? {
            NONE => {}
            code => block.push(offset + code, 1.0),
        }
        Some(())
    }
}

/// Several numbers a row, made when the row is written.
pub(crate) struct RowCells<F>(pub(crate) F);

impl<F: Fn(usize, &mut Vec<f64>) -> Option<()>> Cells for RowCells<F> {
    fn write(&self, row: usize, offset: u32, block: &mut Block, room: &mut Room) -> Option<()> {
        room.values.clear();
        (self.0)(row, &mut room.values)?;
        room.values.iter().zip(offset..).for_each(|(&value, at)| block.push(at, value));
        Some(())
    }
}
