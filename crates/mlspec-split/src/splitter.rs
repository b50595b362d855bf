//! Which row goes to which part.

use crate::{By, Keys, Links, SplitError, SplitParams, connected, draw::can_be_key};
use mlspec_record::{Name, Seed, TableSchema};
use mlspec_table::Table;
use mlspec_table::polars::prelude::{BooleanChunked, NewChunkedArray as _};
use rayon::prelude::*;

/// Checked parameters. A row's part depends on its key and the seed alone: rows that come or go never move others, but for
/// `by: {source}`, where a new row may connect groups that were apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Splitter {
    params: SplitParams,
    /// Where each part's range of draws ends.
    ends: Vec<f64>,
}

impl Splitter {
    pub(crate) fn of(params: SplitParams) -> Self {
        let mut sum = mlspec_measure::Sum::default();
        let mut ends: Vec<f64> = params
            .parts
            .values()
            .map(|&share| {
                sum.add(share);
                sum.get()
            })
            .collect();
        // The shares may miss 1 by a rounding error; no draw may fall beyond the last part.
        if let Some(last) = ends.last_mut() {
            *last = 1.0;
        }
        Self { params, ends }
    }

    /// The parameters.
    pub fn params(&self) -> &SplitParams {
        &self.params
    }

    /// The parts' names, in order.
    pub fn parts(&self) -> impl Iterator<Item = &Name> {
        self.params.parts.keys()
    }

    /// Whether the columns that keep rows together are there, and of a type that can.
    ///
    /// # Errors
    /// When one is missing or holds lists.
    pub fn plan(&self, schema: &TableSchema) -> Result<(), SplitError> {
        let By::Columns(columns) = &self.params.by else { return Ok(()) };
        for column in columns {
            match schema.get(column) {
                None => {
                    let known = schema.names().map(str::to_owned).collect();
                    return Err(SplitError::Column { column: column.clone(), known });
                }
                Some(found) if !can_be_key(found) => return Err(SplitError::Type { column: column.clone(), found }),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The part of each row, by its place among [`Splitter::parts`]. `links` are those of the rows to their sources, which
    /// `by: {source}` needs; `seed` counts where the parameters have none.
    ///
    /// # Errors
    /// When columns are missing, or the source is none of the table's.
    pub fn assign(&self, table: &Table, links: Option<&Links>, seed: Seed) -> Result<Vec<usize>, SplitError> {
        self.plan(table.schema())?;
        let ids = table.ids();
        let mut keys = Keys::new(ids.len(), self.params.seed.unwrap_or(seed));
        match &self.params.by {
            By::Row => keys.add_rows(&ids),
            By::Columns(columns) => columns.iter().try_for_each(|column| keys.add_column(table, column))?,
            By::Source(source) => {
                let links = links.unwrap_or(&Links::default()).of(source).map(|links| connected(ids.len(), links))?;
                keys.add_groups(&links, &ids);
            }
        }
        let last = self.ends.len().saturating_sub(1);
        Ok(keys.draws().map(|draw| self.ends.partition_point(|&end| end <= draw).min(last)).collect())
    }

    /// The parts' rows.
    ///
    /// # Errors
    /// When a table with rows leaves a part without any, and that is not allowed.
    pub fn split(&self, table: &Table, parts: &[usize]) -> Result<Vec<Table>, SplitError> {
        let mut rows = vec![0; self.ends.len()];
        parts.iter().filter_map(|&part| rows.get_mut(part).map(|rows: &mut u64| *rows += 1)).for_each(drop);
        self.check_parts(&rows)?;
        (0..rows.len()).into_par_iter().map(|part| part_of(table, parts, part)).collect()
    }

    /// Whether every part got rows, if it must. `rows` has the number for each.
    pub(crate) fn check_parts(&self, rows: &[u64]) -> Result<(), SplitError> {
        let all: u64 = rows.iter().sum();
        match self.parts().zip(rows).find(|(_, rows)| **rows == 0) {
            Some((part, _)) if all > 0 && !self.params.allow_empty => {
                Err(SplitError::EmptyPart { part: part.clone(), rows: usize::try_from(all).unwrap_or(usize::MAX) })
            }
            _ => Ok(()),
        }
    }
}

/// The rows of one part.
pub(crate) fn part_of(table: &Table, parts: &[usize], part: usize) -> Result<Table, SplitError> {
    let mask = BooleanChunked::from_iter_values("part".into(), parts.iter().map(|&of| of == part));
    Ok(Table::new(table.frame().filter(&mask).map_err(mlspec_table::TableError::from)?)?)
}
