//! Profiles of slices: by a column of the table, or of a source behind its rows, however many stages ago. A row behind which a
//! source has several values counts in each slice. A change of a source may move rows that did not change, so an update profiles
//! slices anew.

use crate::analyzer::document;
use crate::{AnalyzeError, Analyzer, SliceBy};
use mlspec_provenance::{RowsBehind, members_by_value};
use mlspec_record::body::{SliceSummaries, SliceSummary};
use mlspec_table::Table;
use mlspec_table::polars::prelude::{IdxCa, NamedFrom as _};

/// The slices that one column makes of the columns of `table`.
pub(crate) fn find(
    analyzer: &Analyzer,
    behind: &mut RowsBehind<'_>,
    by: &SliceBy,
    table: &Table,
) -> Result<SliceSummaries, AnalyzeError> {
    let (source, found) = match &by.source {
        Some(source) => (source.to_string(), behind.of_source(source.as_str(), &by.column)?),
        None => ("rows".to_owned(), vec![behind.of_rows(&by.column)?]),
    };
    let members = members_by_value(&found, &by.column)?;
    let limit = analyzer.params().max_slices;
    if members.labels.len() as u64 > limit {
        return Err(AnalyzeError::TooManySlices { column: by.column.clone(), found: members.labels.len(), limit });
    }
    let mut in_slice: Vec<Vec<u32>> = vec![Vec::new(); members.labels.len()];
    members.pairs.iter().for_each(|&(row, slice)| in_slice[slice as usize].push(row));
    let (with_value, several) = members.spread();
    let mut slices = Vec::new();
    for (value, rows) in members.labels.into_iter().zip(in_slice) {
        let picked = IdxCa::new("at".into(), &rows);
        let frame = table.frame().take(&picked).map_err(mlspec_table::TableError::from)?;
        let part = Table::new(frame)?;
        let profile = document(part.schema(), rows.len() as u64, analyzer.part(&part)?);
        slices.push(SliceSummary { value, rows: rows.len() as u64, columns: analyzer.summaries(&profile) });
    }
    let rows_in_none = table.len() as u64 - with_value;
    Ok(SliceSummaries { source, column: by.column.clone(), slices, rows_in_several: several, rows_in_none })
}
