//! Types from text: inferred over all values, or declared and then strict.
//!
//! | all values are | the type |
//! | --- | --- |
//! | `true`, `false` (also `True`, `TRUE`, …) | boolean |
//! | integers without leading zeros or plus, in 64 bits | int64 |
//! | those, or decimal numbers, `nan`, `inf` | float64 |
//! | `2024-02-29` | date |
//! | dates, or with a time | datetime |
//! | with a time and a zone | datetime_utc |
//! | anything else, or nothing | string |
//!
//! A number with leading zeros is text: postcodes and account numbers would lose them.

use super::text;
use mlspec_record::DataType;
use polars::prelude::{
    BooleanChunked, ChunkedArray, DataFrame, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntoSeries as _, PolarsNumericType, Series, StringChunked, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use rayon::prelude::*;

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const FLOAT: u8 = 4;
const DATE: u8 = 8;
const DATETIME: u8 = 16;
const UTC: u8 = 32;

/// What all values seen so far may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    fits: u8,
    seen: bool,
}

impl Guess {
    /// Before any value.
    pub(crate) const NONE: Self = Self { fits: u8::MAX, seen: false };

    /// What both agree on.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { fits: self.fits & other.fits, seen: self.seen || other.seen }
    }

    /// What the values of one piece may be. Empty texts say nothing.
    pub(crate) fn of(piece: &StringChunked) -> Self {
        let mut guess = Self::NONE;
        for value in piece.iter().flatten().filter(|value| !value.is_empty()) {
            guess = guess.and(Self { fits: fits(value), seen: true });
            if guess.fits == 0 {
                break;
            }
        }
        guess
    }

    /// The type.
    pub(crate) fn data_type(self) -> DataType {
        let by_rank = [
            (BOOLEAN, DataType::Boolean),
            (INTEGER, DataType::Int64),
            (FLOAT, DataType::Float64),
            (DATE, DataType::Date),
            (DATETIME, DataType::Datetime),
            (UTC, DataType::DatetimeUtc),
        ];
        let found = by_rank.into_iter().find(|(bit, _)| self.seen && self.fits & bit != 0);
        found.map_or(DataType::String, |(_, data_type)| data_type)
    }
}

fn fits(value: &str) -> u8 {
    let digits = value.strip_prefix('-').unwrap_or(value);
    match digits.as_bytes() {
        [b'0', b'0'..=b'9', ..] => 0,
        [b'0'..=b'9', ..] if value.parse::<i64>().is_ok() => INTEGER | FLOAT,
        // Integers beyond 64 bits would lose digits.
        all if !all.is_empty() && all.iter().all(u8::is_ascii_digit) => 0,
        [b'0'..=b'9', ..] if text::date(value).is_some() => DATE | DATETIME,
        [b'0'..=b'9', ..] if text::datetime(value).is_some() => DATETIME,
        [b'0'..=b'9', ..] if text::datetime_utc(value).is_some() => UTC,
        [b'0'..=b'9' | b'.' | b'i' | b'n' | b'I' | b'N', ..] if value.parse::<f64>().is_ok() => FLOAT,
        [b't' | b'f' | b'T' | b'F', ..] if text::boolean(value).is_some() => BOOLEAN,
        _ => 0,
    }
}

/// Whether a text is a value of a type, or null.
pub(crate) fn fits_type(value: &str, data_type: DataType) -> bool {
    macro_rules! parses {
        ($type:ty) => {
            value.parse::<$type>().is_ok()
        };
    }
    value.is_empty()
        || match data_type {
            DataType::Boolean => text::boolean(value).is_some(),
            DataType::Int8 => parses!(i8),
            DataType::Int16 => parses!(i16),
            DataType::Int32 => parses!(i32),
            DataType::Int64 => parses!(i64),
            DataType::UInt8 => parses!(u8),
            DataType::UInt16 => parses!(u16),
            DataType::UInt32 => parses!(u32),
            DataType::UInt64 => parses!(u64),
            DataType::Float32 => parses!(f32),
            DataType::Float64 => parses!(f64),
            DataType::Date => text::date(value).is_some(),
            DataType::Time => text::time(value).is_some(),
            DataType::Datetime => text::datetime(value).is_some(),
            DataType::DatetimeUtc => text::datetime_utc(value).is_some(),
            _ => true,
        }
}

/// The position of a value that is not of its type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit(pub(crate) usize);

/// A column from pieces of text, strictly.
pub(crate) fn convert(pieces: Vec<StringChunked>, data_type: DataType) -> Result<Series, Misfit> {
    let offsets: Vec<usize> =
        pieces.iter().scan(0, |at, piece| Some(std::mem::replace(at, *at + piece.len()))).collect();
    let converted: Vec<_> = pieces.into_par_iter().map(|piece| convert_piece(piece, data_type)).collect();
    let mut whole: Option<Series> = None;
    for (piece, offset) in converted.into_iter().zip(offsets) {
        let piece = piece.map_err(|Misfit(at)| Misfit(offset + at))?;
        match &mut whole {
            None => whole = Some(piece),
            // Both have the type just asked for.
            Some(whole) => drop(whole.append_owned(piece)),
        }
    }
    Ok(whole.unwrap_or_else(|| Series::new_empty(Default::default(), &crate::to_polars(data_type))))
}

fn convert_piece(piece: StringChunked, data_type: DataType) -> Result<Series, Misfit> {
    macro_rules! parsed {
        ($type:ty) => {
            numbers::<$type>(&piece, |text| text.parse().ok())?
        };
    }
    let series = match data_type {
        DataType::Boolean => {
            let values = each(&piece, text::boolean).collect::<Result<BooleanChunked, _>>()?;
            values.into_series()
        }
        DataType::Int8 => parsed!(Int8Type),
        DataType::Int16 => parsed!(Int16Type),
        DataType::Int32 => parsed!(Int32Type),
        DataType::Int64 => parsed!(Int64Type),
        DataType::UInt8 => parsed!(UInt8Type),
        DataType::UInt16 => parsed!(UInt16Type),
        DataType::UInt32 => parsed!(UInt32Type),
        DataType::UInt64 => parsed!(UInt64Type),
        DataType::Float32 => parsed!(Float32Type),
        DataType::Float64 => parsed!(Float64Type),
        DataType::Date => numbers::<Int32Type>(&piece, text::date)?,
        DataType::Time => numbers::<Int64Type>(&piece, text::time)?,
        DataType::Datetime => numbers::<Int64Type>(&piece, text::datetime)?,
        DataType::DatetimeUtc => numbers::<Int64Type>(&piece, text::datetime_utc)?,
        _ => return Ok(piece.into_series()),
    };
    // From the physical type to the logical one: cannot fail, and would be a misfit of the first value if it did.
    series.cast(&crate::to_polars(data_type)).map_err(|_| Misfit(0))
}

/// Each value parsed; the empty text counts as null, since no other type has it.
fn each<T>(
    piece: &StringChunked,
    parse: impl Fn(&str) -> Option<T>,
) -> impl Iterator<Item = Result<Option<T>, Misfit>> {
    piece.iter().enumerate().map(move |(at, value)| match value {
        None | Some("") => Ok(None),
        Some(text) => parse(text).map(Some).ok_or(Misfit(at)),
    })
}

fn numbers<T: PolarsNumericType>(
    piece: &StringChunked,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<Series, Misfit>
where
    ChunkedArray<T>: FromIterator<Option<T::Native>> + polars::prelude::IntoSeries,
{
    Ok(each(piece, parse).collect::<Result<ChunkedArray<T>, _>>()?.into_series())
}

/// A frame with one column more.
pub(crate) fn with(frame: DataFrame, column: Series) -> Option<DataFrame> {
    use polars::prelude::IntoColumn as _;
    let height = frame.height();
    let mut columns = frame.into_columns();
    columns.push(column.into_column());
    DataFrame::new(height, columns).ok()
}

/// A frame of columns of the same length.
pub(crate) fn frame(columns: Vec<Series>, rows: usize) -> Option<DataFrame> {
    use polars::prelude::IntoColumn as _;
    DataFrame::new(rows, columns.into_iter().map(|column| column.into_column()).collect()).ok()
}
