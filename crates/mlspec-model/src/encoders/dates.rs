//! Parts of dates and moments: `date_parts`.

use super::RawKind;
use super::part::{Cells, Fitted, Lookup, NumberCells, Part, RawRows, Writer};
use crate::{ModelError, RowProblem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Columns of dates or moments; a feature for each part, or two where the part comes round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateParts {
    /// The table columns, in the order of the features.
    pub columns: Vec<String>,
    /// The parts of each, in the order of the features.
    pub parts: Vec<DatePart>,
    /// Whether parts that come round are written as sine and cosine.
    pub cyclic: bool,
    /// Whether null is kept, as NaN; otherwise it is an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_nulls: bool,
}

/// A part of a date, by the Gregorian calendar, counted as pandas does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DatePart {
    /// The year.
    Year,
    /// The quarter, from 1 to 4.
    Quarter,
    /// The month, from 1 to 12.
    Month,
    /// The day of the month, from 1 to 31.
    Day,
    /// The day of the year, from 1 to 366.
    DayOfYear,
    /// The day of the week, from 0 (Monday) to 6.
    Weekday,
    /// The hour, from 0 to 23.
    Hour,
    /// 1 on Saturdays and Sundays, else 0.
    IsWeekend,
}

impl DatePart {
    fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Day => "day",
            Self::DayOfYear => "day_of_year",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::IsWeekend => "is_weekend",
        }
    }

    /// After how many it comes round.
    pub fn period(self) -> Option<f64> {
        match self {
            Self::Year | Self::IsWeekend => None,
            Self::Quarter => Some(4.0),
            Self::Month => Some(12.0),
            Self::Day => Some(31.0),
            Self::DayOfYear => Some(366.0),
            Self::Weekday => Some(7.0),
            Self::Hour => Some(24.0),
        }
    }

    /// The part of the moment so many seconds after the beginning of 1970.
    pub fn of(self, seconds: f64) -> f64 {
        let days = (seconds / 86_400.0).floor();
        let day = days as i64;
        match self {
            Self::Hour => ((seconds - days * 86_400.0) / 3_600.0).floor(),
            // The first of January 1970 was a Thursday.
            Self::Weekday => (day + 3).rem_euclid(7) as f64,
            Self::IsWeekend => f64::from(u8::from((day + 3).rem_euclid(7) > 4)),
            part => {
                let (year, month, of_month) = civil(day);
                match part {
                    Self::Quarter => ((month + 2) / 3) as f64,
                    Self::Month => month as f64,
                    Self::Day => of_month as f64,
                    Self::DayOfYear => (day - days_before(year) + 1) as f64,
                    _ => year as f64,
                }
            }
        }
    }
}

/// Year, month and day of a day counted from 1970: years begin in March, so that the day which is not always there ends them.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// The first of January of a year, counted from 1970.
fn days_before(year: i64) -> i64 {
    let before = year - 1;
    365 * before + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

/// How a feature is written.
#[derive(Clone, Copy, Debug)]
struct Feature {
    part: DatePart,
    shape: Shape,
    keep_nulls: bool,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Plain,
    Sine(f64),
    Cosine(f64),
}

impl<'a> Writer<'a> for Feature {
    fn name(&self, column: &str, _: usize) -> String {
        let part = self.part.name();
        match self.shape {
            Shape::Plain => format!("{column}_{part}"),
            Shape::Sine(_) => format!("{column}_{part}_sin"),
            Shape::Cosine(_) => format!("{column}_{part}_cos"),
        }
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        Ok(Box::new(*self))
    }
}

impl Lookup for Feature {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let feature = |seconds: f64| match (seconds.is_nan(), self.shape) {
            (true, _) => seconds,
            (_, Shape::Plain) => self.part.of(seconds),
            (_, Shape::Sine(period)) => (TAU * self.part.of(seconds) / period).sin(),
            (_, Shape::Cosine(period)) => (TAU * self.part.of(seconds) / period).cos(),
        };
        let values: Vec<f64> = rows.numbers(0)?.map(feature).collect();
        if !self.keep_nulls {
            rows.refuse(0, values.iter().map(|value| value.is_nan()), RowProblem::Null)?;
        }
        Ok(Box::new(NumberCells(values)))
    }
}

impl Fitted for DateParts {
    fn check(&mut self) -> Result<(), ModelError> {
        Ok(())
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        for column in &self.columns {
            for &part in &self.parts {
                let shapes = match part.period().filter(|_| self.cyclic) {
                    Some(period) => vec![Shape::Sine(period), Shape::Cosine(period)],
                    None => vec![Shape::Plain],
                };
                parts.extend(shapes.into_iter().map(|shape| {
                    let feature = Feature { part, shape, keep_nulls: self.keep_nulls };
                    Part::of(column, RawKind::Moment { nulls: self.keep_nulls }, 1, feature)
                }));
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `pandas.Timestamp(…)`'s year, quarter, month, day, dayofyear, weekday, hour.
    #[test]
    fn parts_as_pandas_has_them() {
        let cases: [(f64, [f64; 8]); 7] = [
            (0.0, [1970.0, 1.0, 1.0, 1.0, 1.0, 3.0, 0.0, 0.0]),
            (-1.0, [1969.0, 4.0, 12.0, 31.0, 365.0, 2.0, 23.0, 0.0]),
            (951_782_400.0, [2000.0, 1.0, 2.0, 29.0, 60.0, 1.0, 0.0, 0.0]),
            (1_735_689_599.999_999, [2024.0, 4.0, 12.0, 31.0, 366.0, 1.0, 23.0, 0.0]),
            (1_784_435_400.0, [2026.0, 3.0, 7.0, 19.0, 200.0, 6.0, 4.0, 1.0]),
            (-2_203_891_200.0, [1900.0, 1.0, 3.0, 1.0, 60.0, 3.0, 0.0, 0.0]),
            (-11_644_473_600.0, [1601.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
        ];
        use DatePart::*;
        for (seconds, expected) in cases {
            let found = [Year, Quarter, Month, Day, DayOfYear, Weekday, Hour, IsWeekend].map(|part| part.of(seconds));
            assert_eq!(found, expected, "{seconds}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        for day in -800_000..800_000 {
            let ((year, month, of_month), next) = (civil(day), civil(day + 1));
            assert!(next == (year, month, of_month + 1) || next == (year, month + 1, 1) || next == (year + 1, 1, 1));
            assert_eq!(next.1 == 1 && next.2 == 1, day + 1 == days_before(next.0));
        }
    }
}
