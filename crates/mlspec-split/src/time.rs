//! Parts in the order of time: by cuts, where a row's part depends on its time alone, or by shares, where the cuts are found.

use crate::SplitError;
use crate::output::NONE;
use mlspec_record::{Age, DataType, Name, TableSchema, Timestamp};
use mlspec_table::format::parse_value;
use mlspec_table::polars::prelude::DataType as PolarsType;
use mlspec_table::{Table, TableError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Parts in the order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeParams {
    /// The column: dates, moments, or integers that count up.
    #[schemars(length(min = 1))]
    pub column: String,
    /// The parts, the earliest first. Each is an output port.
    #[schemars(length(min = 1))]
    pub order: Vec<Name>,
    /// Where each part but the last ends: rows of that time and later ones belong to later parts. Without cuts they are found from the shares
    /// of `parts`: rows of one time stay together, in the later part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("items" = {"type": ["string", "integer"]}))]
    pub cuts: Vec<Value>,
    /// How far rows must be from the part that follows them: those that are nearer than this before its beginning are in no part. A span such
    /// as `7d`, or an integer for a column of integers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = ["string", "integer"]))]
    pub gap: Option<Value>,
    /// What becomes of rows without time.
    #[serde(default)]
    pub nulls: Absent,
}

/// What becomes of rows that belong to no part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// They are bad data.
    #[default]
    Error,
    /// They are in no part, and counted.
    LeaveOut,
}

impl Absent {
    pub(crate) fn allow(self, rows: u64, what: &'static str, column: &str) -> Result<(), SplitError> {
        match self {
            Self::Error if rows > 0 => Err(SplitError::Unplaced { rows, what, column: column.to_owned() }),
            _ => Ok(()),
        }
    }
}

/// What became of rows.
#[derive(Debug)]
pub(crate) struct ByTime {
    pub(crate) parts: Vec<usize>,
    /// Where each part but the last ends.
    pub(crate) cuts: Vec<Option<String>>,
    /// Rows without time, rows too near to a later part.
    pub(crate) left_out: [u64; 2],
}

impl TimeParams {
    pub(crate) fn check(&self, shares: &BTreeMap<Name, f64>) -> Result<(), SplitError> {
        let wrong = |reason: String| Err(SplitError::Setting(reason));
        let named: BTreeSet<&Name> = self.order.iter().collect();
        match (self.cuts.len(), self.order.len()) {
            (_, 0) => return Err(SplitError::NoParts),
            (_, parts) if named.len() != parts => return wrong("`time.order` names a part twice".to_owned()),
            (0, _) if shares.keys().collect::<BTreeSet<_>>() != named => {
                return wrong(
                    "`time.order` must name the parts of `parts`, or `time.cuts` say where they end".to_owned(),
                );
            }
            (cuts, parts) if cuts > 0 && cuts + 1 != parts => {
                return wrong(format!("`time.cuts` must say where each part but the last ends: {} times", parts - 1));
            }
            _ => {}
        }
        if !self.cuts.iter().all(|cut| cut.is_string() || cut.is_i64()) {
            return wrong("`time.cuts` must be dates, moments or integers".to_owned());
        }
        let gap = self.gap.as_ref();
        let fits = gap.is_none_or(|gap| {
            gap.as_i64().is_some_and(|gap| gap >= 0) || gap.as_str().is_some_and(|gap| Age::new(gap).is_ok())
        });
        if fits { Ok(()) } else { wrong("`time.gap` must be a span such as `7d`, or an integer from 0".to_owned()) }
    }

    /// The type of the column, if it has a time.
    fn data_type(&self, schema: &TableSchema) -> Result<DataType, SplitError> {
        let known = || schema.names().map(str::to_owned).collect();
        let found = schema.get(&self.column);
        let found = found.ok_or_else(|| SplitError::Column { column: self.column.clone(), known: known() })?;
        match found {
            DataType::Date | DataType::Datetime | DataType::DatetimeUtc => Ok(found),
            _ if found.is_integer() && found != DataType::UInt64 => Ok(found),
            _ => Err(SplitError::NoTime { column: self.column.clone(), found }),
        }
    }

    pub(crate) fn plan(&self, schema: &TableSchema) -> Result<(), SplitError> {
        let data_type = self.data_type(schema)?;
        self.cuts_as(data_type)?;
        self.gap_as(data_type).map(drop)
    }

    /// The cuts as numbers that stand for times.
    fn cuts_as(&self, data_type: DataType) -> Result<Vec<i64>, SplitError> {
        let wrong = || {
            SplitError::Setting(format!(
                "`time.cuts` has a value that the column `{}` of type `{data_type}` cannot hold",
                self.column
            ))
        };
        let read = |cut: &Value| match (cut.as_i64(), cut.as_str()) {
            (Some(number), _) if data_type.is_integer() => Ok(number),
            (_, Some(text)) if !data_type.is_integer() => {
                let parsed = parse_value(text, data_type).ok_or_else(wrong)?;
                let parsed = parsed.to_physical_repr().cast(&PolarsType::Int64).map_err(TableError::from)?;
                parsed.i64().map_err(TableError::from)?.get(0).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        };
        let cuts = self.cuts.iter().map(read).collect::<Result<Vec<i64>, SplitError>>()?;
        match cuts.is_sorted_by(|a, b| a < b) {
            true => Ok(cuts),
            false => Err(SplitError::Setting("`time.cuts` must ascend".to_owned())),
        }
    }

    fn gap_as(&self, data_type: DataType) -> Result<i64, SplitError> {
        let wrong = |reason: &str| Err(SplitError::Setting(format!("`time.gap` {reason}")));
        let Some(gap) = &self.gap else { return Ok(0) };
        let millis = gap.as_str().and_then(|gap| Age::new(gap).ok()).map(Age::millis);
        match (data_type, millis, gap.as_i64()) {
            (DataType::Date, Some(millis), _) if millis % 86_400_000 == 0 => Ok(millis / 86_400_000),
            (DataType::Date, Some(_), _) => wrong("must be whole days for a column of dates"),
            (DataType::Datetime | DataType::DatetimeUtc, Some(millis), _) => Ok(millis.saturating_mul(1_000)),
            (_, None, Some(number)) if data_type.is_integer() => Ok(number),
            _ => wrong("must be a span for dates and moments, an integer for integers"),
        }
    }

    /// The part of each row, by its place in `order`.
    pub(crate) fn assign(&self, table: &Table, shares: &BTreeMap<Name, f64>) -> Result<ByTime, SplitError> {
        let data_type = self.data_type(table.schema())?;
        let physical = table.column(&self.column)?.as_materialized_series().to_physical_repr();
        let times = physical.cast(&PolarsType::Int64).map_err(TableError::from)?;
        let times: Vec<Option<i64>> = times.i64().map_err(TableError::from)?.iter().collect();
        let cuts: Vec<Option<i64>> = match self.cuts.is_empty() {
            true => self.found(&times, shares),
            false => self.cuts_as(data_type)?.into_iter().map(Some).collect(),
        };
        let gap = self.gap_as(data_type)?;
        let ends: Vec<i64> = cuts.iter().copied().flatten().collect();
        let mut left_out = [0, 0];
        let place = |time: &Option<i64>| {
            let Some(time) = *time else {
                left_out[0] += 1;
                return NONE;
            };
            let part = ends.partition_point(|&cut| cut <= time);
            match ends.get(part) {
                Some(next) if next.saturating_sub(gap) <= time => {
                    left_out[1] += 1;
                    NONE
                }
                _ => part,
            }
        };
        let parts = times.iter().map(place).collect();
        self.nulls.allow(left_out[0], "null", &self.column)?;
        let cuts = cuts.into_iter().map(|cut| cut.map(|cut| text(cut, data_type))).collect();
        Ok(ByTime { parts, cuts, left_out })
    }

    /// Where parts end by their shares; nothing where no row is later.
    fn found(&self, times: &[Option<i64>], shares: &BTreeMap<Name, f64>) -> Vec<Option<i64>> {
        let mut sorted: Vec<i64> = times.iter().flatten().copied().collect();
        sorted.sort_unstable();
        let mut sum = mlspec_measure::Sum::default();
        let before_last = self.order.len().saturating_sub(1);
        self.order
            .iter()
            .take(before_last)
            .map(|part| {
                sum.add(shares.get(part).copied().unwrap_or_default());
                sorted.get((sum.get() * sorted.len() as f64).round() as usize).copied()
            })
            .collect()
    }
}

/// A time as text, as it can stand among `cuts`.
fn text(time: i64, data_type: DataType) -> String {
    let millis = match data_type {
        DataType::Date => time.checked_mul(86_400_000),
        DataType::Datetime | DataType::DatetimeUtc => Some(time.div_euclid(1_000)),
        _ => None,
    };
    let Some(moment) = millis.and_then(|millis| Timestamp::from_millis(millis).ok()) else { return time.to_string() };
    let moment = moment.to_string();
    let whole = moment.trim_end_matches('Z');
    match data_type {
        DataType::Date => whole.split('T').next().unwrap_or_default().to_owned(),
        DataType::DatetimeUtc => format!("{whole}{:03}Z", time.rem_euclid(1_000)),
        _ => format!("{whole}{:03}", time.rem_euclid(1_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_table::polars::prelude::{DataType, *};
    use serde_json::json;

    fn assigned(column: Series, settings: Value, shares: &[(&str, f64)]) -> Result<ByTime, String> {
        let table =
            Table::number(DataFrame::new(column.len(), vec![column.with_name("t".into()).into()]).unwrap(), 0).unwrap();
        let params: TimeParams = serde_json::from_value(settings).unwrap();
        let shares = shares.iter().map(|(name, share)| (Name::new(name).unwrap(), *share)).collect();
        let all = params
            .check(&shares)
            .and_then(|()| params.plan(table.schema()))
            .and_then(|()| params.assign(&table, &shares));
        all.map_err(|error| error.to_string())
    }

    #[test]
    fn cuts_and_gaps_say_the_part() {
        let days = |days: &[Option<i32>]| Series::new("t".into(), days).cast(&DataType::Date).unwrap();
        // Day 19,723 is 2024-01-01.
        let some = [Some(19_700), Some(19_722), Some(19_723), Some(19_800), None];
        let settings = json!({"column": "t", "order": ["train", "test"], "cuts": ["2024-01-01"], "nulls": "leave_out"});
        let found = assigned(days(&some), settings.clone(), &[]).unwrap();
        assert_eq!((found.parts, found.left_out), (vec![0, 0, 1, 1, NONE], [1, 0]));
        assert_eq!(found.cuts, [Some("2024-01-01".to_owned())]);
        let mut with_gap = settings;
        with_gap["gap"] = json!("2d");
        let found = assigned(days(&some), with_gap, &[]).unwrap();
        assert_eq!((found.parts, found.left_out), (vec![0, NONE, 1, 1, NONE], [1, 1]));
    }

    #[test]
    fn shares_find_cuts_and_rows_of_one_time_stay_together() {
        let numbers = |numbers: &[i64]| Series::new("t".into(), numbers);
        let shares = [("a", 0.5), ("b", 0.3), ("c", 0.2)];
        let settings = json!({"column": "t", "order": ["a", "b", "c"]});
        let found = assigned(numbers(&[9, 1, 2, 3, 4, 5, 6, 7, 8, 0]), settings.clone(), &shares).unwrap();
        assert_eq!(found.parts, [2, 0, 0, 0, 0, 1, 1, 1, 2, 0]);
        assert_eq!(found.cuts, [Some("5".to_owned()), Some("8".to_owned())]);
        let found = assigned(numbers(&[1, 1, 1, 1, 2, 2, 2, 2, 3, 3]), settings.clone(), &shares).unwrap();
        assert_eq!(found.parts, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
        let found = assigned(numbers(&[]), settings, &shares).unwrap();
        assert_eq!((found.parts.len(), found.cuts), (0, vec![None, None]));
    }

    #[test]
    fn times_are_told_as_they_are_written() {
        for (time, data_type) in
            [(19_723, DataType::Date), (1_704_067_200_123_456, DataType::Datetime(TimeUnit::Microseconds, None))]
        {
            let data_type = mlspec_table::from_polars(&data_type).unwrap();
            let told = text(time, data_type);
            let read = parse_value(&told, data_type).unwrap().to_physical_repr().cast(&DataType::Int64).unwrap();
            assert_eq!(read.i64().unwrap().get(0), Some(time), "{told}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let numbers = || Series::new("t".into(), [Some(1_i64), None]);
        let shares = [("a", 0.5), ("b", 0.5)];
        for (settings, shares, message) in [
            (json!({"column": "t", "order": ["a", "b"]}), &shares[..], "1 row has null in the column `t`"),
            (json!({"column": "t", "order": ["a", "a"]}), &shares[..], "names a part twice"),
            (json!({"column": "t", "order": ["a"]}), &shares[..], "must name the parts of `parts`"),
            (
                json!({"column": "t", "order": ["a", "b"], "cuts": [1, 2]}),
                &[],
                "where each part but the last ends: 1 times",
            ),
            (json!({"column": "t", "order": ["a", "b", "c"], "cuts": [2, 1]}), &[], "`time.cuts` must ascend"),
            (json!({"column": "t", "order": ["a", "b"], "cuts": ["2024-01-01"]}), &[], "of type `int64` cannot hold"),
            (json!({"column": "t", "order": ["a", "b"], "cuts": [1], "gap": "1d"}), &[], "an integer for integers"),
            (json!({"column": "t", "order": ["a", "b"], "cuts": [1], "gap": -1}), &[], "an integer from 0"),
            (json!({"column": "x", "order": ["a", "b"], "cuts": [1]}), &[], "there is no column `x`"),
        ] {
            let error = assigned(numbers(), settings, shares).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
