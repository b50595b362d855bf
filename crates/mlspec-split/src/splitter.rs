//! Which row goes to which part.

use crate::{By, Keys, SplitError, SplitParams, components, draw::can_be_key};
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactRef, Name, Seed, TableSchema};
use mlspec_table::Table;
use mlspec_table::polars::prelude::{BooleanChunked, NewChunkedArray as _};

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

    /// The part of each row, by its place among [`Splitter::parts`]. `origin` is the table's artifact and a way to follow its
    /// lineage, which `by: {source}` needs; `seed` counts where the parameters have none.
    ///
    /// # Errors
    /// When columns are missing, or the source is none of the table's.
    pub fn assign(
        &self,
        table: &Table,
        origin: Option<(&Tracer<'_>, &ArtifactRef)>,
        seed: Seed,
    ) -> Result<Vec<usize>, SplitError> {
        self.plan(table.schema())?;
        let ids = table.ids();
        let mut keys = Keys::new(ids.len(), self.params.seed.unwrap_or(seed));
        match (&self.params.by, origin) {
            (By::Row, _) => keys.add_rows(&ids),
            (By::Columns(columns), _) => columns.iter().try_for_each(|column| keys.add_column(table, column))?,
            (By::Source(source), Some((tracer, of))) => {
                keys.add_groups(&components(tracer, of, &ids, source)?, &ids);
            }
            (By::Source(source), None) => {
                return Err(SplitError::Source { source_name: source.clone(), known: Vec::new() });
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
        let mut tables = Vec::with_capacity(self.ends.len());
        for (at, part) in self.parts().enumerate() {
            let mask = BooleanChunked::from_iter_values("part".into(), parts.iter().map(|&part| part == at));
            let frame = table.frame().filter(&mask).map_err(mlspec_table::TableError::from)?;
            if frame.height() == 0 && !table.is_empty() && !self.params.allow_empty {
                return Err(SplitError::EmptyPart { part: part.clone(), rows: table.len() });
            }
            tables.push(Table::new(frame)?);
        }
        Ok(tables)
    }
}
