//! Which row goes to which part.

use crate::draw::can_be_key;
use crate::output::{NONE, Output, Outputs, Takes};
use crate::quota::{self, part_at};
use crate::sample::sample;
use crate::{By, Keys, Links, SplitError, SplitParams, connected};
use mlspec_record::body::{Cut, LeftOut, SplitMethod};
use mlspec_record::{Name, Seed, TableSchema};
use mlspec_table::Table;
use mlspec_table::polars::prelude::{BooleanChunked, NewChunkedArray as _};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Checked parameters. By a hash, by cuts in time, or as a column says, a row's part depends on the row alone: rows that come or go never
/// move others, but for `by: {source}`, where a new row may connect groups that were apart. Strata, folds and shares of time are quotas:
/// rows at the boundary between two parts may move.
#[derive(Clone, Debug, PartialEq)]
pub struct Splitter {
    params: SplitParams,
    /// Where each cell's range of draws ends.
    ends: Vec<f64>,
    outputs: Outputs,
}

/// The parts of a table's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// By row: the place of its part among [`Splitter::parts`] (of folds: the fold); `usize::MAX` for rows in no part.
    pub parts: Vec<usize>,
    /// Rows that are in no part, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Where parts end in time.
    pub cuts: Vec<Cut>,
    seed: Seed,
}

impl Splitter {
    pub(crate) fn of(params: SplitParams, outputs: Outputs) -> Self {
        let mut sum = mlspec_measure::Sum::default();
        let shares: Vec<f64> = match params.folds {
            Some(folds) => vec![1.0 / folds as f64; folds as usize],
            None => params.parts.values().copied().collect(),
        };
        let mut ends: Vec<f64> = shares
            .into_iter()
            .map(|share| {
                sum.add(share);
                sum.get()
            })
            .collect();
        // The shares may miss 1 by a rounding error; no draw may fall beyond the last part.
        if let Some(last) = ends.last_mut() {
            *last = 1.0;
        }
        Self { params, ends, outputs }
    }

    /// The parameters.
    pub fn params(&self) -> &SplitParams {
        &self.params
    }

    /// The names of the outputs, in order: parts, both sides of folds, samples.
    pub fn parts(&self) -> impl Iterator<Item = &Name> {
        self.outputs.iter().map(|output| &output.name)
    }

    pub(crate) fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// What decides the part of a row.
    pub fn method(&self) -> SplitMethod {
        match &self.params {
            SplitParams { folds: Some(_), .. } => SplitMethod::Folds,
            SplitParams { time: Some(_), .. } => SplitMethod::Time,
            SplitParams { predefined: Some(_), .. } => SplitMethod::Predefined,
            SplitParams { stratify, .. } if !stratify.is_empty() => SplitMethod::Quota,
            _ => SplitMethod::Hash,
        }
    }

    /// Whether a row's part depends on the row alone, and what stands behind it.
    pub(crate) fn is_local(&self) -> bool {
        match self.method() {
            SplitMethod::Hash | SplitMethod::Predefined => true,
            SplitMethod::Time => self.params.time.as_ref().is_some_and(|time| !time.cuts.is_empty()),
            SplitMethod::Quota | SplitMethod::Folds => false,
        }
    }

    /// The columns that decide parts.
    pub(crate) fn key_columns(&self) -> Vec<&str> {
        let by = match &self.params.by {
            By::Columns(columns) => columns.as_slice(),
            _ => &[],
        };
        let time = self.params.time.iter().map(|time| &time.column);
        let predefined = self.params.predefined.iter().map(|predefined| &predefined.column);
        let all: BTreeSet<&String> = by.iter().chain(&self.params.stratify).chain(time).chain(predefined).collect();
        all.into_iter().map(String::as_str).collect()
    }

    /// Whether the columns that decide parts are there, and of a type that can.
    ///
    /// # Errors
    /// When one is missing or holds lists.
    pub fn plan(&self, schema: &TableSchema) -> Result<(), SplitError> {
        if let Some(time) = &self.params.time {
            return time.plan(schema);
        }
        if let Some(predefined) = &self.params.predefined {
            return predefined.plan(schema);
        }
        for column in self.key_columns() {
            match schema.get(column) {
                None => {
                    let known = schema.names().map(str::to_owned).collect();
                    return Err(SplitError::Column { column: column.to_owned(), known });
                }
                Some(found) if !can_be_key(found) => {
                    return Err(SplitError::Type { column: column.to_owned(), found });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The part of each row. `links` are those of the rows to their sources, which `by: {source}` needs; `seed` counts where the
    /// parameters have none. Only columns that decide parts need be there.
    ///
    /// # Errors
    /// When columns are missing, the source is none of the table's, or a row belongs to no part and must.
    pub fn assign(&self, table: &Table, links: Option<&Links>, seed: Seed) -> Result<Assigned, SplitError> {
        self.plan(table.schema())?;
        let seed = self.params.seed.unwrap_or(seed);
        let mut assigned = Assigned { parts: Vec::new(), left_out: BTreeMap::new(), cuts: Vec::new(), seed };
        let leave_out = |reasons: [(&'static str, u64); 2]| {
            reasons.into_iter().filter(|(_, rows)| *rows > 0).collect::<BTreeMap<_, _>>()
        };
        if let Some(time) = &self.params.time {
            let found = time.assign(table, &self.params.parts)?;
            assigned.left_out = leave_out([("null", found.left_out[0]), ("gap", found.left_out[1])]);
            let cut = |(part, at): (&Name, Option<String>)| Cut { part: part.to_string(), at };
            assigned.cuts = time.order.iter().zip(found.cuts).map(cut).collect();
            assigned.parts = found.parts;
        } else if let Some(predefined) = &self.params.predefined {
            let (parts, [nulls, others]) = predefined.assign(table)?;
            assigned.left_out = leave_out([("null", nulls), ("other", others)]);
            assigned.parts = parts;
        } else {
            assigned.parts = self.draw(table, links, seed)?;
        }
        Ok(assigned)
    }

    /// The part of each row by its hash, or by its place in the order of hashes.
    fn draw(&self, table: &Table, links: Option<&Links>, seed: Seed) -> Result<Vec<usize>, SplitError> {
        let ids = table.ids();
        let mut keys = Keys::new(ids.len(), seed);
        match &self.params.by {
            By::Row => keys.add_rows(&ids),
            By::Columns(columns) => columns.iter().try_for_each(|column| keys.add_column(table, column))?,
            By::Source(source) => {
                let links = links.unwrap_or(&Links::default()).of(source).map(|links| connected(ids.len(), links))?;
                keys.add_groups(&links, &ids);
            }
        }
        if self.method() == SplitMethod::Hash {
            return Ok(keys.draws().map(|draw| part_at(&self.ends, draw)).collect());
        }
        let mut strata = Keys::with_purpose(ids.len(), "stratum", seed);
        self.params.stratify.iter().try_for_each(|column| strata.add_column(table, column))?;
        let alone = self.params.by == By::Row;
        Ok(quota::assign(strata.states(), keys.states(), &ids, alone, &self.ends))
    }

    /// The outputs' rows.
    ///
    /// # Errors
    /// When a table with rows leaves a part without any, and that is not allowed.
    pub fn split(&self, table: &Table, assigned: &Assigned) -> Result<Vec<Table>, SplitError> {
        let mut cells = vec![0_u64; self.outputs.cells()];
        assigned.parts.iter().filter_map(|&part| cells.get_mut(part).map(|rows| *rows += 1)).for_each(drop);
        let all: u64 = cells.iter().sum();
        let rows: Vec<u64> = self
            .outputs
            .iter()
            .map(|output| match output.takes {
                Takes::Cell(cell) => cells.get(cell).copied().unwrap_or_default(),
                Takes::Others(cell) => all - cells.get(cell).copied().unwrap_or_default(),
                Takes::Sample { .. } => 0,
            })
            .collect();
        self.check_parts(table.len() as u64, &rows)?;
        let outputs: Vec<&Output> = self.outputs.iter().collect();
        let tables = outputs.par_iter().map(|output| part_of(table, &assigned.parts, &output.takes));
        let mut tables: Vec<Table> = tables.collect::<Result<_, SplitError>>()?;
        for (at, output) in outputs.iter().enumerate() {
            if let Takes::Sample { of, rows } = output.takes
                && let Some(whole) = tables.get(of)
            {
                tables[at] = of_ids(whole, &sample(&whole.ids(), rows, assigned.seed))?;
            }
        }
        Ok(tables)
    }

    /// Whether every part got rows, if it must. `rows` has the number for each output; `all` is that of the table.
    pub(crate) fn check_parts(&self, all: u64, rows: &[u64]) -> Result<(), SplitError> {
        let mut parts =
            self.outputs.iter().zip(rows).filter(|(output, _)| !matches!(output.takes, Takes::Sample { .. }));
        match parts.find(|(_, rows)| **rows == 0) {
            Some((output, _)) if all > 0 && !self.params.allow_empty => Err(SplitError::EmptyPart {
                part: output.name.clone(),
                rows: usize::try_from(all).unwrap_or(usize::MAX),
            }),
            _ => Ok(()),
        }
    }
}

impl Assigned {
    /// As records have it.
    pub(crate) fn told(left_out: &BTreeMap<&'static str, u64>) -> Vec<LeftOut> {
        left_out.iter().map(|(reason, rows)| LeftOut { reason: (*reason).to_owned(), rows: *rows }).collect()
    }
}

/// The rows that an output takes.
pub(crate) fn part_of(table: &Table, parts: &[usize], takes: &Takes) -> Result<Table, SplitError> {
    let mask = BooleanChunked::from_iter_values("part".into(), parts.iter().map(|&of| of != NONE && takes.has(of)));
    Ok(Table::new(table.frame().filter(&mask).map_err(mlspec_table::TableError::from)?)?)
}

/// The rows with these ids, which ascend.
fn of_ids(table: &Table, ids: &[u64]) -> Result<Table, SplitError> {
    let chosen = table.ids().into_iter().map(|id| ids.binary_search(&id).is_ok());
    let mask = BooleanChunked::from_iter_values("part".into(), chosen);
    Ok(Table::new(table.frame().filter(&mask).map_err(mlspec_table::TableError::from)?)?)
}
