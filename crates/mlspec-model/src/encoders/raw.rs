//! The raw table of a matrix: what of each row depends on the row alone.

mod terms;
mod text;

use super::part::Part;
use crate::{Analyzer, ModelError, RowProblem};
use mlspec_record::DataType;
use mlspec_table::polars::prelude::{self as pl, DataFrame, IntoColumn as _, IntoSeries as _, Series};
use mlspec_table::{Table, TableError, from_polars};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
pub(crate) use terms::{features, terms};
pub use text::{CountedTerm, Vocabulary};

/// The raw table's column of labels.
pub const LABEL: &str = "label";

/// The raw table's column of weights.
pub const WEIGHT: &str = "weight";

/// What a null text means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextNulls {
    /// An error.
    #[default]
    Error,
    /// An empty text.
    Empty,
}

/// What the length of a text counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Characters (Unicode scalar values).
    #[default]
    Characters,
    /// Runs of characters that are not white space.
    Words,
}

/// One table column as a raw table holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct RawColumn {
    /// The name there: `0.country` for column `country` of the first encoder, [`LABEL`] or [`WEIGHT`].
    pub name: String,
    /// The table column.
    pub column: String,
    /// What is kept of it.
    pub kind: RawKind,
}

/// What a raw table keeps of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RawKind {
    /// The number; a boolean as 0 or 1.
    Number {
        /// Whether nulls are allowed.
        nulls: bool,
    },
    /// The number, which must be greater than another.
    Above {
        /// What it must be greater than.
        above: f64,
        /// Whether nulls are allowed.
        nulls: bool,
    },
    /// 1 where the value is null, else 0; of any type.
    Missing,
    /// A day or moment, in seconds since 1970 in its own zone.
    Moment {
        /// Whether nulls are allowed.
        nulls: bool,
    },
    /// The category as text.
    Category {
        /// Whether nulls are allowed.
        nulls: bool,
    },
    /// The text's length.
    Length {
        /// What is counted.
        unit: LengthUnit,
        /// What null means.
        nulls: TextNulls,
    },
    /// The features of the terms by hash with their signed counts, as bytes.
    Hashed {
        /// How many features there are.
        n_features: u32,
        /// Whether the hash's sign is the sign of the count.
        alternate_sign: bool,
        /// How terms are found.
        analyzer: Analyzer,
        /// What null means.
        nulls: TextNulls,
    },
    /// The hashes of the terms with their counts, as bytes.
    Counted {
        /// How terms are found.
        analyzer: Analyzer,
        /// What null means.
        nulls: TextNulls,
    },
}

impl RawKind {
    /// Whether columns of this type can be kept so; otherwise which can.
    ///
    /// # Errors
    /// The types that can, in words.
    pub fn accepts(self, data_type: DataType) -> Result<(), &'static str> {
        let float = matches!(data_type, DataType::Float32 | DataType::Float64);
        match self {
            Self::Missing => Ok(()),
            Self::Number { .. } | Self::Above { .. } if data_type.is_numeric() || data_type == DataType::Boolean => {
                Ok(())
            }
            Self::Number { .. } | Self::Above { .. } => Err("numbers or booleans"),
            Self::Moment { .. } if matches!(data_type, DataType::Date | DataType::Datetime | DataType::DatetimeUtc) => {
                Ok(())
            }
            Self::Moment { .. } => Err("dates or moments"),
            Self::Category { .. } if data_type.is_numeric() && !float => Ok(()),
            Self::Category { .. } if matches!(data_type, DataType::String | DataType::Boolean | DataType::Date) => {
                Ok(())
            }
            Self::Category { .. } => Err("texts, integers, booleans or dates"),
            _ if data_type == DataType::String => Ok(()),
            _ => Err("texts"),
        }
    }
}

impl RawKind {
    /// Whether the raw table holds the value of the cell as it is.
    pub fn is_value(self) -> bool {
        matches!(self, Self::Number { .. } | Self::Above { .. } | Self::Category { .. })
    }
}

impl RawColumn {
    /// What the encoder at this position keeps of a column.
    pub fn new(encoder: usize, column: &str, kind: RawKind) -> Self {
        Self { name: Part::raw_name(encoder, column), column: column.to_owned(), kind }
    }

    /// The weight of rows.
    pub fn weight(column: &str) -> Self {
        Self { name: WEIGHT.to_owned(), column: column.to_owned(), kind: RawKind::Number { nulls: false } }
    }
}

/// Makes the raw table of these rows.
///
/// # Errors
/// When a column is missing or of another type, or a value is null where it must not be, NaN, infinite, or a negative weight.
pub fn encode_rows(table: &Table, columns: &[RawColumn]) -> Result<Table, ModelError> {
    Ok(encode(table, columns, false)?.0)
}

/// As [`encode_rows`], with the terms of each column of [`RawKind::Counted`], by the column's position.
///
/// # Errors
/// As [`encode_rows`].
pub fn encode_rows_with_terms(
    table: &Table,
    columns: &[RawColumn],
) -> Result<(Table, BTreeMap<usize, Vocabulary>), ModelError> {
    encode(table, columns, true)
}

fn encode(
    table: &Table,
    columns: &[RawColumn],
    with_terms: bool,
) -> Result<(Table, BTreeMap<usize, Vocabulary>), ModelError> {
    let ids = table.ids();
    let mut encoded = Vec::new();
    let mut vocabularies = BTreeMap::new();
    for (at, raw) in columns.iter().enumerate() {
        let series = table.column(&raw.column)?.as_materialized_series();
        let found = from_polars(series.dtype()).unwrap_or(DataType::Binary);
        if let Err(expected) = raw.kind.accepts(found) {
            return Err(ModelError::ColumnType { column: raw.column.clone(), found, expected });
        }
        match raw.kind {
            RawKind::Number { nulls } => encoded.push(number(raw, series, nulls, &ids)?),
            RawKind::Above { above, nulls } => {
                let numbers = number(raw, series, nulls, &ids)?;
                let values = numbers.f64().map_err(TableError::from)?;
                let low = values.iter().map(|value| value.is_some_and(|value| value <= above));
                refuse(&ids, low, || (raw.column.clone(), RowProblem::OutsideDomain))?;
                encoded.push(numbers);
            }
            RawKind::Missing => encoded.push(missing(raw, series)),
            RawKind::Moment { nulls } => encoded.push(moment(raw, series, nulls, &ids)?),
            RawKind::Category { nulls } => encoded.push(category(raw, series, nulls, &ids)?),
            RawKind::Counted { analyzer, .. } => {
                let texts = text_column(raw, series, &ids)?;
                let (column, vocabulary) = text::count(raw, analyzer, texts, with_terms);
                encoded.push(column);
                vocabularies.extend(with_terms.then_some((at, vocabulary)));
            }
            RawKind::Length { .. } | RawKind::Hashed { .. } => {
                encoded.extend(text::encode(raw, text_column(raw, series, &ids)?));
            }
        }
    }
    let columns = encoded.into_iter().map(|series| series.into_column()).collect();
    let encoded = Table::with_ids(DataFrame::new(table.len(), columns).map_err(TableError::from)?, ids)?;
    Ok((encoded, vocabularies))
}

fn number(raw: &RawColumn, series: &Series, nulls: bool, ids: &[u64]) -> Result<Series, ModelError> {
    let numbers = series.cast(&pl::DataType::Float64).map_err(TableError::from)?.with_name((&*raw.name).into());
    let values = numbers.f64().map_err(TableError::from)?;
    let problem = |problem| move || (raw.column.clone(), problem);
    if !nulls && values.null_count() > 0 {
        refuse(ids, values.iter().map(|value| value.is_none()), problem(RowProblem::Null))?;
    }
    refuse(
        ids,
        values.iter().map(|value| value.is_some_and(|value| !value.is_finite())),
        problem(RowProblem::NotFinite),
    )?;
    if raw.name == WEIGHT {
        refuse(
            ids,
            values.iter().map(|value| value.is_some_and(|value| value < 0.0)),
            problem(RowProblem::NegativeWeight),
        )?;
    }
    Ok(numbers)
}

fn missing(raw: &RawColumn, series: &Series) -> Series {
    let values = series.is_null().iter().map(|null| f64::from(u8::from(null == Some(true)))).collect();
    pl::Float64Chunked::from_vec((&*raw.name).into(), values).into_series()
}

/// Microseconds and days are whole numbers, which doubles hold exactly for 285 years around 1970 and beyond to a microsecond or two.
fn moment(raw: &RawColumn, series: &Series, nulls: bool, ids: &[u64]) -> Result<Series, ModelError> {
    let unit = if series.dtype() == &pl::DataType::Date { 86_400.0 } else { 1e-6 };
    let whole = series.cast(&pl::DataType::Int64).map_err(TableError::from)?;
    let values = whole.i64().map_err(TableError::from)?;
    if !nulls {
        refuse(ids, values.iter().map(|value| value.is_none()), || (raw.column.clone(), RowProblem::Null))?;
    }
    let seconds = |value: i64| if unit < 1.0 { value as f64 / 1e6 } else { value as f64 * unit };
    let seconds: pl::Float64Chunked = values.iter().map(|value| value.map(seconds)).collect();
    Ok(seconds.with_name((&*raw.name).into()).into_series())
}

fn category(raw: &RawColumn, series: &Series, nulls: bool, ids: &[u64]) -> Result<Series, ModelError> {
    let texts = series.cast(&pl::DataType::String).map_err(TableError::from)?.with_name((&*raw.name).into());
    if !nulls {
        refuse(ids, series.is_null().iter().map(|null| null == Some(true)), || (raw.column.clone(), RowProblem::Null))?;
    }
    Ok(texts)
}

fn text_column<'a>(raw: &RawColumn, series: &'a Series, ids: &[u64]) -> Result<&'a pl::StringChunked, ModelError> {
    let texts = series.str().map_err(TableError::from)?;
    let (RawKind::Length { nulls, .. } | RawKind::Hashed { nulls, .. } | RawKind::Counted { nulls, .. }) = raw.kind
    else {
        return Ok(texts);
    };
    if nulls == TextNulls::Error && texts.null_count() > 0 {
        refuse(ids, texts.is_null().iter().map(|null| null == Some(true)), || (raw.column.clone(), RowProblem::Null))?;
    }
    Ok(texts)
}

/// Ends with an error that counts the rows for which `bad` is true, and names up to five.
pub(crate) fn refuse(
    ids: &[u64],
    bad: impl Iterator<Item = bool>,
    problem: impl FnOnce() -> (String, RowProblem),
) -> Result<(), ModelError> {
    let (mut count, mut rows) = (0, Vec::new());
    for (id, _) in ids.iter().zip(bad).filter(|pair| pair.1) {
        count += 1;
        if rows.len() < 5 {
            rows.push(*id);
        }
    }
    if count == 0 {
        return Ok(());
    }
    let (column, problem) = problem();
    Err(ModelError::Rows { column, problem, count, rows })
}
