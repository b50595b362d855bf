//! The values of erased rows that are looked for: those of their keys that no remaining row of the source has.

use super::ProofError;
use super::commitment::text;
use crate::{ErasedSource, Erasure};
use mlspec_record::{DataType, Name};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{self as pl, Column};
use mlspec_table::{Table, manifest};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// The values of one column of one erased source.
#[derive(Debug)]
pub(crate) struct KeyValues {
    pub(crate) dataset: Name,
    pub(crate) column: String,
    pub(crate) data_type: DataType,
    /// Which value each cell is, by its position in [`Values::texts`].
    pub(crate) cells: Cells,
}

/// Cells by value.
#[derive(Debug)]
pub(crate) enum Cells {
    /// Texts.
    Texts(HashMap<String, usize>),
    /// Whole numbers, days and times.
    Integers(HashMap<i128, usize>),
    /// Other numbers, by their bits.
    Floats(HashMap<u64, usize>),
}

/// All values that are looked for.
#[derive(Debug, Default)]
pub(crate) struct Values {
    pub(crate) keys: Vec<KeyValues>,
    /// The values as text.
    pub(crate) texts: Vec<String>,
}

impl Values {
    /// The values of the keys of an erasure; of sources without keys, those of all columns of text.
    ///
    /// # Errors
    /// When a dataset version cannot be read.
    pub(crate) fn of(store: &Store, erasure: &Erasure) -> Result<Self, ProofError> {
        let mut values = Self::default();
        for source in &erasure.sources {
            let schema = manifest(store, &source.before.digest)?.schema;
            let wanted: Vec<String> = match source.key.is_empty() {
                true => {
                    let texts = schema.columns().iter().filter(|column| column.data_type == DataType::String);
                    texts.map(|column| column.name.clone()).collect()
                }
                false => source.key.clone(),
            };
            let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
            let rows = Table::read_rows_columns(store, &source.before.digest, &source.rows, &names)?;
            for column in rows.frame().columns().iter().filter(|column| column.name() != mlspec_table::ROW) {
                let data_type = schema.get(column.name()).unwrap_or(DataType::String);
                values.add(store, source, column, data_type)?;
            }
        }
        Ok(values)
    }

    fn add(
        &mut self,
        store: &Store,
        source: &ErasedSource,
        column: &Column,
        data_type: DataType,
    ) -> Result<(), ProofError> {
        let Some(mut cells) = self.cells(column) else { return Ok(()) };
        // A key of one column is unique: that a remaining row has it too would be a remnant. Of several columns, or of a row
        // without a key, a value may be other rows' value as well.
        if source.key.len() != 1 {
            cells.keep_gone(store, source, column.name())?;
        }
        let (dataset, column) = (source.dataset.clone(), column.name().to_string());
        self.keys.push(KeyValues { dataset, column, data_type, cells });
        Ok(())
    }

    fn cells(&mut self, column: &Column) -> Option<Cells> {
        let mut texts = Vec::with_capacity(column.len());
        for at in 0..column.len() {
            texts.push(text(&column.get(at).ok()?));
        }
        let mut index = |text: &String| {
            self.texts.push(text.clone());
            self.texts.len() - 1
        };
        Some(match column.dtype() {
            pl::DataType::String => {
                let all: BTreeSet<String> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
                Cells::Texts(all.into_iter().map(|text| (text.clone(), index(&text))).collect())
            }
            pl::DataType::Float32 | pl::DataType::Float64 => {
                let cells = floats(column)?.into_iter().zip(&texts);
                Cells::Floats(cells.filter_map(|(cell, text)| Some((cell?.to_bits(), index(text.as_ref()?)))).collect())
            }
            pl::DataType::Boolean | pl::DataType::Binary | pl::DataType::List(_) => return None,
            _ => {
                let cells = integers(column)?.into_iter().zip(&texts);
                Cells::Integers(cells.filter_map(|(cell, text)| Some((cell?, index(text.as_ref()?)))).collect())
            }
        })
    }

    /// The values as text.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, &str)> {
        self.texts.iter().enumerate().map(|(at, text)| (at, text.as_str()))
    }
}

impl Cells {
    /// Leaves out what remaining rows of the source have too.
    fn keep_gone(&mut self, store: &Store, source: &ErasedSource, column: &str) -> Result<(), ProofError> {
        let table = &source.after.digest;
        let chunks = manifest(store, table)?.chunks;
        let found = chunks.par_iter().map(|chunk| {
            let frame = chunk.look(store, table, &[column])?;
            let mut found = BTreeSet::new();
            frame.columns().iter().for_each(|cells| {
                self.find(cells, &mut found);
            });
            Ok(found)
        });
        let there: BTreeSet<usize> = found.collect::<Result<Vec<_>, ProofError>>()?.into_iter().flatten().collect();
        match self {
            Self::Texts(cells) => cells.retain(|_, index| !there.contains(index)),
            Self::Integers(cells) => cells.retain(|_, index| !there.contains(index)),
            Self::Floats(cells) => cells.retain(|_, index| !there.contains(index)),
        }
        Ok(())
    }

    /// How many cells of a column are one of the values, and which.
    pub(crate) fn find(&self, column: &Column, found: &mut BTreeSet<usize>) -> u64 {
        let mut count = 0;
        let mut hit = |index: Option<&usize>| {
            if let Some(index) = index {
                found.insert(*index);
                count += 1;
            }
        };
        match (self, column.dtype()) {
            (Self::Texts(cells), pl::DataType::String) => {
                let texts = column.str().ok();
                texts.into_iter().flat_map(|texts| texts.iter()).flatten().for_each(|text| hit(cells.get(text)));
            }
            (Self::Integers(cells), pl::DataType::Float32 | pl::DataType::Float64) => {
                let exact = |cell: f64| (cell.fract() == 0.0 && cell.abs() < 9e15).then_some(cell as i128);
                let found = floats(column).unwrap_or_default().into_iter().flatten().filter_map(exact);
                found.for_each(|cell| hit(cells.get(&cell)));
            }
            (Self::Integers(cells), dtype) if dtype.is_integer() || dtype.is_temporal() => {
                integers(column).unwrap_or_default().into_iter().flatten().for_each(|cell| hit(cells.get(&cell)));
            }
            (Self::Floats(cells), pl::DataType::Float32 | pl::DataType::Float64) => {
                let found = floats(column).unwrap_or_default().into_iter().flatten();
                found.for_each(|cell| hit(cells.get(&cell.to_bits())));
            }
            _ => {}
        }
        count
    }
}

/// The cells of a column of whole numbers, days or times.
fn integers(column: &Column) -> Option<Vec<Option<i128>>> {
    let physical = column.to_physical_repr();
    match physical.dtype() {
        pl::DataType::UInt64 => Some(physical.u64().ok()?.iter().map(|cell| cell.map(i128::from)).collect()),
        _ => {
            let cells = physical.cast(&pl::DataType::Int64).ok()?;
            Some(cells.i64().ok()?.iter().map(|cell| cell.map(i128::from)).collect())
        }
    }
}

/// The cells of a column of numbers; −0 is 0.
fn floats(column: &Column) -> Option<Vec<Option<f64>>> {
    let cells = column.cast(&pl::DataType::Float64).ok()?;
    Some(cells.f64().ok()?.iter().map(|cell| cell.map(|cell| cell + 0.0)).collect())
}
