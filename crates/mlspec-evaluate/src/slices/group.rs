//! Rows by the values that they have in one column or several.

use super::{ColumnBy, bins};
use crate::EvaluateError;
use mlspec_provenance::{Members, RowsBehind, members_by_value};
use mlspec_record::body::ColumnOf;
use std::collections::BTreeMap;

/// The name under which the encoded rows stand in reports.
const ROWS: &str = "rows";

/// Rows by the values that they have.
pub(crate) struct Grouped {
    /// The source dataset of the first column, or `rows`.
    pub(crate) source: String,
    /// The further columns.
    pub(crate) cross: Vec<ColumnOf>,
    /// The groups, in the order of their values.
    pub(crate) groups: Vec<Group>,
    /// How many rows are in several groups.
    pub(crate) several: u64,
    /// How many rows are in none.
    pub(crate) none: u64,
}

/// Rows that have the same values.
pub(crate) struct Group {
    /// The value in the first column, none for null.
    pub(crate) value: Option<String>,
    /// The values in the further columns.
    pub(crate) cross: Vec<Option<String>>,
    /// The positions of the rows, ascending.
    pub(crate) rows: Vec<u32>,
}

/// Rows by the values that they have in these columns, of which there is at least one.
pub(crate) fn grouped(rows: &mut RowsBehind<'_>, by: &[ColumnBy], limit: u64) -> Result<Grouped, EvaluateError> {
    let mut columns = Vec::with_capacity(by.len());
    for by in by {
        columns.push((source(by), members(rows, by)?));
    }
    let crossed = cross(columns.iter().map(|(_, members)| members));
    let mut in_group: BTreeMap<&[u32], Vec<u32>> = BTreeMap::new();
    crossed.iter().for_each(|(row, values)| in_group.entry(values).or_default().push(*row));
    if in_group.len() as u64 > limit {
        let column = by.iter().map(|by| by.column.as_str()).collect::<Vec<_>>().join(" × ");
        return Err(EvaluateError::TooManySlices { column, found: in_group.len(), limit });
    }
    let per_row = crossed.chunk_by(|a, b| a.0 == b.0);
    let (with_value, several) = per_row.fold((0, 0), |(any, several), of| (any + 1, several + u64::from(of.len() > 1)));
    let groups = in_group.into_iter().map(|(values, rows)| {
        let label = |(at, value): (usize, &u32)| {
            columns.get(at).and_then(|(_, members)| members.labels.get(*value as usize).cloned()?)
        };
        let mut labels = values.iter().enumerate().map(label);
        Group { value: labels.next().flatten(), cross: labels.collect(), rows }
    });
    let groups = groups.collect();
    let cross = by.iter().skip(1).map(|by| ColumnOf { source: source(by), column: by.column.clone() }).collect();
    let source = columns.first().map_or_else(|| ROWS.to_owned(), |(source, _)| source.clone());
    Ok(Grouped { source, cross, groups, several, none: rows.len() as u64 - with_value })
}

/// The query that each row belongs to: a code for each value of a column, in their order.
pub(crate) fn queries(rows: &mut RowsBehind<'_>, by: &ColumnBy) -> Result<Vec<u32>, EvaluateError> {
    let members = members(rows, by)?;
    let codes: Vec<u32> = members.pairs.iter().map(|(_, code)| *code).collect();
    let one_each = members.pairs.windows(2).all(|pair| pair[0].0 != pair[1].0);
    if !one_each || codes.len() != rows.len() {
        let (with_value, several) = members.spread();
        return Err(EvaluateError::Queries {
            column: by.column.clone(),
            several,
            none: rows.len() as u64 - with_value,
        });
    }
    Ok(codes)
}

fn source(by: &ColumnBy) -> String {
    by.source.as_ref().map_or_else(|| ROWS.to_owned(), ToString::to_string)
}

fn members(rows: &mut RowsBehind<'_>, by: &ColumnBy) -> Result<Members, EvaluateError> {
    let behind = match &by.source {
        Some(source) => rows.of_source(source.as_str(), &by.column)?,
        None => vec![rows.of_rows(&by.column)?],
    };
    Ok(match by.quantiles {
        Some(bins) => bins::members(&behind, &by.column, bins)?,
        None => members_by_value(&behind, &by.column)?,
    })
}

/// Pairs of a row and a combination of the values that it has, one of each column, sorted; a row that has no value in one of them
/// has no combination.
fn cross<'a>(columns: impl Iterator<Item = &'a Members>) -> Vec<(u32, Vec<u32>)> {
    let mut columns = columns.map(|members| &members.pairs);
    let first = columns.next().into_iter().flatten().map(|&(row, value)| (row, vec![value])).collect();
    columns.fold(first, |known: Vec<(u32, Vec<u32>)>, pairs| {
        let mut found = Vec::with_capacity(known.len());
        for (row, values) in known {
            let start = pairs.partition_point(|pair| pair.0 < row);
            for (_, value) in pairs.iter().skip(start).take_while(|pair| pair.0 == row) {
                let values = values.iter().chain([value]).copied().collect();
                found.push((row, values));
            }
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_those_that_occur() {
        let members = |pairs: &[(u32, u32)]| Members { labels: Vec::new(), pairs: pairs.to_vec() };
        let check = |columns: &[&[(u32, u32)]], expect: &[(u32, &[u32])]| {
            let columns: Vec<Members> = columns.iter().map(|pairs| members(pairs)).collect();
            let expect: Vec<(u32, Vec<u32>)> = expect.iter().map(|(row, values)| (*row, values.to_vec())).collect();
            assert_eq!(cross(columns.iter()), expect);
        };
        check(&[&[(0, 1), (2, 0)]], &[(0, &[1]), (2, &[0])]);
        check(&[&[(0, 1), (2, 0)], &[(0, 4), (1, 4), (2, 5)]], &[(0, &[1, 4]), (2, &[0, 5])]);
        // Through two source rows each, a row is in four groups.
        check(&[&[(3, 0), (3, 1)], &[(3, 0), (3, 1)]], &[(3, &[0, 0]), (3, &[0, 1]), (3, &[1, 0]), (3, &[1, 1])]);
        check(&[&[(0, 1)], &[]], &[]);
        check(&[&[(0, 0)], &[(0, 1)], &[(0, 2)]], &[(0, &[0, 1, 2])]);
    }
}
