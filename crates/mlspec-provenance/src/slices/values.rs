//! A slice for every value.

use super::{Behind, Members, SliceError};
use mlspec_record::DataType;
use mlspec_table::TableError;
use mlspec_table::polars::prelude as pl;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The slices of a column's values, null first, then by value.
///
/// # Errors
/// When values of the column's type make no slices.
pub fn members_by_value(behind: &[Behind], column: &str) -> Result<Members, SliceError> {
    let mut codes: HashMap<Option<String>, u32> = HashMap::new();
    let mut pairs = Vec::new();
    let mut numeric = true;
    for part in behind {
        let data_type = part.table.schema().get(column).unwrap_or(DataType::Binary);
        if data_type == DataType::Binary || data_type > DataType::Duration {
            return Err(SliceError::Type { column: column.to_owned(), found: data_type });
        }
        numeric &= data_type.is_numeric();
        pairs.extend(coded(part, column, &mut codes)?);
    }
    let mut labels: Vec<(Option<String>, u32)> = codes.into_iter().collect();
    labels.sort_unstable_by(|(a, _), (b, _)| compare(a.as_deref(), b.as_deref(), numeric));
    let mut place = vec![0; labels.len()];
    labels.iter().zip(0..).for_each(|((_, code), at)| place[*code as usize] = at);
    pairs.iter_mut().for_each(|(_, code)| *code = place[*code as usize]);
    pairs.sort_unstable();
    pairs.dedup();
    Ok(Members { labels: labels.into_iter().map(|(label, _)| label).collect(), pairs })
}

/// Pairs of a measured row and the code of a value that it has; new values get the next code.
fn coded(part: &Behind, column: &str, codes: &mut HashMap<Option<String>, u32>) -> Result<Vec<(u32, u32)>, TableError> {
    let texts = part.table.column(column)?.as_materialized_series().cast(&pl::DataType::String)?;
    let texts = texts.str()?;
    let mut of_row: Vec<Option<u32>> = vec![None; texts.len()];
    let mut pairs = Vec::with_capacity(part.links.len());
    for &(row, at) in part.links.iter() {
        let Some(known) = of_row.get_mut(at as usize) else { continue };
        let code = match known {
            Some(code) => *code,
            None => {
                let next = u32::try_from(codes.len()).unwrap_or(u32::MAX);
                *codes.entry(texts.get(at as usize).map(str::to_owned)).or_insert(next)
            }
        };
        *known = Some(code);
        pairs.push((row, code));
    }
    Ok(pairs)
}

fn compare(a: Option<&str>, b: Option<&str>, numeric: bool) -> Ordering {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
    let by_number = match (number(a), number(b)) {
        (Some(a), Some(b)) if numeric => a.total_cmp(&b),
        _ => Ordering::Equal,
    };
    by_number.then_with(|| a.cmp(&b))
}
