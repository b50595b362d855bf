//! The value of a cell, what kinds a column has, and cells to columns, strictly.

use crate::format::infer::Misfit;
use crate::format::text;
use calamine::Data;
use mlspec_record::DataType;
use polars::prelude::{
    BooleanChunked, ChunkedArray, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntoSeries,
    Series, StringChunked, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use std::collections::BTreeMap;

const DAY: i64 = 86_400_000_000;
/// Integers up to here are exact as doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The value of a cell that is not empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// Microseconds since 1970.
    Moment(i64),
    /// Nanoseconds since midnight.
    TimeOfDay(i64),
    /// Microseconds.
    Span(i64),
    /// What the cell shows in place of a value.
    Error(String),
    /// A formula whose value is not in the file.
    NotCalculated,
}

impl Cell {
    /// The cell, if it holds something.
    pub(super) fn of(data: Data) -> Option<Self> {
        Some(match data {
            Data::Empty => return None,
            Data::Bool(value) => Self::Boolean(value),
            Data::Int(value) => Self::Integer(value),
            Data::Float(value) => number(value),
            Data::String(value) => Self::Text(value),
            Data::DateTimeIso(value) => text::datetime(&value).map_or(Self::Text(value), Self::Moment),
            Data::DurationIso(value) => span(&value).map_or(Self::Text(value), Self::Span),
            Data::DateTime(value) => {
                let days = value.as_f64();
                let millis = (days * 86_400_000.0).round();
                if value.is_duration() && millis.abs() < EXACT / 1_000.0 {
                    Self::Span(millis as i64 * 1_000)
                } else if (0.0..1.0).contains(&days) {
                    Self::TimeOfDay((millis as i64).min(86_399_999) * 1_000_000)
                } else {
                    moment(value).unwrap_or_else(|| number(days))
                }
            }
            Data::Error(error) => Self::Error(error.to_string()),
        })
    }

    /// Whether it shows this text or error.
    pub(super) fn is_text(&self, text: &str) -> bool {
        matches!(self, Self::Text(own) | Self::Error(own) if own == text)
    }

    /// The value as text: numbers without needless zeros, days as `2024-02-29`, moments as `2024-02-29T12:30:00`.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(value) | Self::Error(value) => value.clone(),
            Self::Moment(micros) => {
                let date = text::date_text(micros.div_euclid(DAY));
                match micros.rem_euclid(DAY) {
                    0 => date,
                    time => format!("{date}T{}", clock(time)),
                }
            }
            Self::TimeOfDay(nanos) => clock(nanos / 1_000),
            Self::Span(micros) => format!("PT{}S", *micros as f64 / 1e6),
            Self::NotCalculated => String::new(),
        }
    }

    /// Whether it is a value of a type.
    pub(super) fn fits(&self, data_type: DataType) -> bool {
        fn whole<T: TryFrom<i64> + TryFrom<u64>>(cell: &Cell) -> bool {
            cell.integer().is_some_and(|value| T::try_from(value).is_ok())
        }
        match data_type {
            DataType::Boolean => self.boolean().is_some(),
            DataType::Int8 => whole::<i8>(self),
            DataType::Int16 => whole::<i16>(self),
            DataType::Int32 => whole::<i32>(self),
            DataType::Int64 => self.integer().is_some(),
            DataType::UInt8 => whole::<u8>(self),
            DataType::UInt16 => whole::<u16>(self),
            DataType::UInt32 => whole::<u32>(self),
            DataType::UInt64 => self.unsigned().is_some(),
            DataType::Float32 | DataType::Float64 => self.float().is_some(),
            DataType::Date => self.date().is_some(),
            DataType::Time => self.time().is_some(),
            DataType::Datetime => self.datetime().is_some(),
            DataType::DatetimeUtc => self.datetime_utc().is_some(),
            DataType::Duration => self.duration().is_some(),
            _ => self.string().is_some(),
        }
    }

    fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Text(value) => text::boolean(value),
            _ => None,
        }
    }

    fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Float(value) if value.fract() == 0.0 && value.abs() <= EXACT => Some(*value as i64),
            Self::Text(value) => value.parse().ok(),
            _ => None,
        }
    }

    fn unsigned(&self) -> Option<u64> {
        match self {
            Self::Text(value) => value.parse().ok(),
            other => u64::try_from(other.integer()?).ok(),
        }
    }

    fn float(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(value) => value.parse().ok(),
            _ => None,
        }
    }

    fn date(&self) -> Option<i32> {
        match self {
            Self::Moment(micros) if micros % DAY == 0 => i32::try_from(micros / DAY).ok(),
            Self::Text(value) => text::date(value),
            _ => None,
        }
    }

    fn datetime(&self) -> Option<i64> {
        match self {
            Self::Moment(micros) => Some(*micros),
            Self::Text(value) => text::datetime(value),
            _ => None,
        }
    }

    /// Sheets know no zones, so only a text can say one.
    fn datetime_utc(&self) -> Option<i64> {
        match self {
            Self::Text(value) => text::datetime_utc(value),
            _ => None,
        }
    }

    fn time(&self) -> Option<i64> {
        match self {
            Self::TimeOfDay(nanos) => Some(*nanos),
            Self::Text(value) => text::time(value),
            _ => None,
        }
    }

    fn duration(&self) -> Option<i64> {
        match self {
            Self::Span(micros) => Some(*micros),
            Self::TimeOfDay(nanos) => Some(nanos / 1_000),
            _ => None,
        }
    }

    fn string(&self) -> Option<String> {
        match self {
            Self::Error(_) | Self::NotCalculated => None,
            cell => Some(cell.text()),
        }
    }
}

/// A number, whole where it is one.
fn number(value: f64) -> Cell {
    // Minus zero is shown and meant as zero.
    if value.fract() == 0.0 && value.abs() < EXACT { Cell::Integer(value as i64) } else { Cell::Float(value) }
}

fn moment(value: calamine::ExcelDateTime) -> Option<Cell> {
    // Beyond these the program shows no date, and 29 February 1900 is none.
    if !(0.0..2_958_466.0).contains(&value.as_f64()) {
        return None;
    }
    let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
    let day = i64::from(text::date(&format!("{year:04}-{month:02}-{day:02}"))?);
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Some(Cell::Moment(day * DAY + seconds * 1_000_000 + i64::from(milli) * 1_000))
}

fn clock(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let text = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match micros % 1_000_000 {
        0 => text,
        fraction => format!("{text}.{fraction:06}").trim_end_matches('0').to_owned(),
    }
}

/// `PT12H30M00.5S`, `P1DT2H` as microseconds.
fn span(text: &str) -> Option<i64> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (days, time) = match rest.strip_prefix('P')?.split_once('T') {
        Some((days, time)) => (days, time),
        None => (rest.strip_prefix('P')?, ""),
    };
    let mut micros = 0.0;
    for (part, units) in [(days, &[('D', 86_400e6)][..]), (time, &[('H', 3_600e6), ('M', 60e6), ('S', 1e6)][..])] {
        let mut left = part;
        for (unit, size) in units {
            if let Some((count, rest)) = left.split_once(*unit) {
                micros += count.replace(',', ".").parse::<f64>().ok().filter(|count| *count >= 0.0)? * size;
                left = rest;
            }
        }
        if !left.is_empty() {
            return None;
        }
    }
    let micros = micros.round();
    (micros < EXACT).then(|| if negative { -(micros as i64) } else { micros as i64 })
}

/// Which kinds of values were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u16);

const BOOLEAN: u16 = 1;
const INTEGER: u16 = 2;
const FLOAT: u16 = 4;
const TEXT: u16 = 8;
const DATE: u16 = 16;
const MOMENT: u16 = 32;
const TIME: u16 = 64;
const SPAN: u16 = 128;

impl Kinds {
    /// The kind of one value.
    pub(super) fn of(cell: &Cell) -> Self {
        Self(match cell {
            Cell::Boolean(_) => BOOLEAN,
            Cell::Integer(_) => INTEGER,
            Cell::Float(_) => FLOAT,
            Cell::Text(_) => TEXT,
            Cell::Moment(micros) if micros % DAY == 0 => DATE,
            Cell::Moment(_) => MOMENT,
            Cell::TimeOfDay(_) => TIME,
            Cell::Span(_) => SPAN,
            Cell::Error(_) | Cell::NotCalculated => 0,
        })
    }

    /// The kinds of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The type that holds all of them, or two kinds that no type covers.
    pub(super) fn data_type(self) -> Result<DataType, (&'static str, &'static str)> {
        let groups = [
            (BOOLEAN, "booleans"),
            (INTEGER | FLOAT, "numbers"),
            (TEXT, "texts"),
            (DATE | MOMENT, "dates"),
            (TIME, "times of day"),
            (SPAN, "lengths of time"),
        ];
        let mut found = groups.into_iter().filter(|(kinds, _)| self.0 & kinds != 0).map(|(_, name)| name);
        if let (Some(one), Some(other)) = (found.next(), found.next()) {
            return Err((one, other));
        }
        Ok(match self.0 {
            BOOLEAN => DataType::Boolean,
            INTEGER => DataType::Int64,
            kinds if kinds & (INTEGER | FLOAT) != 0 => DataType::Float64,
            DATE => DataType::Date,
            kinds if kinds & (DATE | MOMENT) != 0 => DataType::Datetime,
            TIME => DataType::Time,
            SPAN => DataType::Duration,
            _ => DataType::String,
        })
    }
}

/// A column of so many rows from the cells at their positions; the other rows are null.
pub(super) fn convert(cells: &BTreeMap<usize, Cell>, rows: usize, data_type: DataType) -> Result<Series, Misfit> {
    macro_rules! whole {
        ($type:ty) => {
            collect::<_, ChunkedArray<$type>>(cells, rows, |cell| cell.integer()?.try_into().ok())?
        };
    }
    let series = match data_type {
        DataType::Boolean => collect::<_, BooleanChunked>(cells, rows, Cell::boolean)?,
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => collect::<_, ChunkedArray<Int64Type>>(cells, rows, Cell::integer)?,
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => collect::<_, ChunkedArray<UInt64Type>>(cells, rows, Cell::unsigned)?,
        DataType::Float32 => collect::<_, ChunkedArray<Float32Type>>(cells, rows, |cell| Some(cell.float()? as f32))?,
        DataType::Float64 => collect::<_, ChunkedArray<Float64Type>>(cells, rows, Cell::float)?,
        DataType::Date => collect::<_, ChunkedArray<Int32Type>>(cells, rows, Cell::date)?,
        DataType::Time => collect::<_, ChunkedArray<Int64Type>>(cells, rows, Cell::time)?,
        DataType::Datetime => collect::<_, ChunkedArray<Int64Type>>(cells, rows, Cell::datetime)?,
        DataType::DatetimeUtc => collect::<_, ChunkedArray<Int64Type>>(cells, rows, Cell::datetime_utc)?,
        DataType::Duration => collect::<_, ChunkedArray<Int64Type>>(cells, rows, Cell::duration)?,
        _ => collect::<_, StringChunked>(cells, rows, Cell::string)?,
    };
    series.cast(&crate::to_polars(data_type)).map_err(|_| Misfit(0))
}

fn collect<T, C: FromIterator<Option<T>> + IntoSeries>(
    cells: &BTreeMap<usize, Cell>,
    rows: usize,
    value: impl Fn(&Cell) -> Option<T>,
) -> Result<Series, Misfit> {
    let mut left = cells.iter().peekable();
    let values = (0..rows).map(|at| match left.next_if(|(own, _)| **own == at) {
        None => Ok(None),
        Some((_, cell)) => value(cell).map(Some).ok_or(Misfit(at)),
    });
    Ok(values.collect::<Result<C, _>>()?.into_series())
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{ExcelDateTime, ExcelDateTimeType};

    #[test]
    fn cells_of_data() {
        let date = |value| Data::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false));
        let length = |value| Data::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::TimeDelta, false));
        let cases = [
            (Data::Empty, None),
            (Data::Float(3.0), Some(Cell::Integer(3))),
            (Data::Float(-0.5), Some(Cell::Float(-0.5))),
            (Data::Float(1e300), Some(Cell::Float(1e300))),
            (date(45_351.0), Some(Cell::Moment(19_782 * DAY))),
            (date(45_351.5), Some(Cell::Moment(19_782 * DAY + DAY / 2))),
            (date(0.25), Some(Cell::TimeOfDay(21_600_000_000_000))),
            (date(60.0), Some(Cell::Integer(60))),
            (date(-1.5), Some(Cell::Float(-1.5))),
            (date(f64::INFINITY), Some(Cell::Float(f64::INFINITY))),
            (length(1.5), Some(Cell::Span(DAY + DAY / 2))),
            (Data::DateTimeIso("2024-02-29T12:00:00".to_owned()), Some(Cell::Moment(19_782 * DAY + DAY / 2))),
            (Data::DateTimeIso("soon".to_owned()), Some(Cell::Text("soon".to_owned()))),
            (Data::DurationIso("PT1H0M1.5S".to_owned()), Some(Cell::Span(3_601_500_000))),
            (Data::DurationIso("-P1D".to_owned()), Some(Cell::Span(-DAY))),
            (Data::DurationIso("PT".to_owned()), Some(Cell::Span(0))),
            (Data::DurationIso("P1Y".to_owned()), Some(Cell::Text("P1Y".to_owned()))),
        ];
        for (data, expect) in cases {
            assert_eq!(Cell::of(data.clone()), expect, "{data:?}");
        }
    }

    #[test]
    fn texts_of_cells() {
        let cases = [
            (Cell::Boolean(true), "true"),
            (Cell::Integer(-3), "-3"),
            (Cell::Float(0.1), "0.1"),
            (Cell::Moment(0), "1970-01-01"),
            (Cell::Moment(-1_000), "1969-12-31T23:59:59.999"),
            (Cell::TimeOfDay(45_000_500_000_000), "12:30:00.5"),
            (Cell::Span(1_500_000), "PT1.5S"),
        ];
        for (cell, expect) in cases {
            assert_eq!(cell.text(), expect);
        }
    }

    #[test]
    fn what_fits_converts_and_what_does_not_fit_does_not() {
        let cells = [
            Cell::Boolean(true),
            Cell::Integer(300),
            Cell::Integer(-1),
            Cell::Float(0.5),
            Cell::Text("7".to_owned()),
            Cell::Text("2024-02-29".to_owned()),
            Cell::Text("ü".to_owned()),
            Cell::Moment(DAY),
            Cell::Moment(1),
            Cell::TimeOfDay(0),
            Cell::Span(-5),
            Cell::Error("#N/A".to_owned()),
            Cell::NotCalculated,
        ];
        let types = [
            DataType::Boolean,
            DataType::Int8,
            DataType::Int64,
            DataType::UInt16,
            DataType::UInt64,
            DataType::Float32,
            DataType::Float64,
            DataType::Date,
            DataType::Time,
            DataType::Datetime,
            DataType::DatetimeUtc,
            DataType::Duration,
            DataType::String,
        ];
        for cell in &cells {
            for data_type in types {
                let one = BTreeMap::from([(1, cell.clone())]);
                let converted = convert(&one, 3, data_type);
                assert_eq!(converted.is_ok(), cell.fits(data_type), "{cell:?} {data_type}");
                if let Ok(converted) = converted {
                    assert_eq!((converted.len(), converted.null_count()), (3, 2), "{cell:?} {data_type}");
                }
            }
        }
    }
}
