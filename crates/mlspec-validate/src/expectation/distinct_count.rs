//! `distinct_count` and `distinct_share`: how many different values columns hold, as a number, and as a share of their rows.

use super::{Expectation, Finding, Rule, Seen, check_bounds, check_columns, is_list, number_within, refused, type_of};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use mlspec_table::{Equality, Table, row_hashes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// These columns hold so many different values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistinctCount {
    /// The columns; of several, combinations are counted. Rows where one of them is null are not looked at. −0 is 0, NaN is NaN.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

/// So large a share of the values of these columns are different: 1 where no value repeats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistinctShare {
    /// The columns; of several, combinations are counted. Rows where one of them is null are not looked at. −0 is 0, NaN is NaN.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The least share, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min: Option<f64>,
    /// The greatest share, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max: Option<f64>,
}

/// A bound that is a share.
pub(crate) fn check_share(setting: &str, share: Option<f64>) -> Result<(), Problem> {
    match share {
        Some(share) if !(0.0..=1.0).contains(&share) => {
            Err(Problem::Setting(format!("`{setting}` must be from 0 to 1, got `{share}`")))
        }
        _ => Ok(()),
    }
}

impl DistinctCount {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        check_bounds(self.min, self.max)?;
        Ok(Box::new(self))
    }
}

impl DistinctShare {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        check_share("min", self.min)?;
        check_share("max", self.max)?;
        check_bounds(self.min, self.max)?;
        Ok(Box::new(self))
    }
}

/// How many rows have values, and how many different ones.
fn count(table: &Table, columns: &[String]) -> Result<(u64, u64), Problem> {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let hashes = row_hashes(table.frame(), &columns, Equality::Key).map_err(refused)?;
    let mut there = vec![true; table.len()];
    for column in columns {
        let column = table.column(column).map_err(refused)?;
        if column.null_count() > 0 {
            there.iter_mut().zip(column.is_not_null().iter()).for_each(|(there, is)| *there &= is == Some(true));
        }
    }
    let rows = there.iter().filter(|there| **there).count() as u64;
    let different: HashSet<u128> =
        hashes.into_iter().zip(there).filter(|(_, there)| *there).map(|(hash, _)| hash).collect();
    Ok((rows, different.len() as u64))
}

fn plan(columns: &[String], schema: &TableSchema) -> Result<(), Problem> {
    columns.iter().try_for_each(|column| match type_of(schema, column)? {
        found if is_list(found) => Err(Problem::Type { column: column.clone(), found, expected: "no list" }),
        _ => Ok(()),
    })
}

macro_rules! counted {
    ($type:ident, $kind:literal, |$self:ident, $rows:ident, $different:ident| $finding:expr) => {
        impl Expectation for $type {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn columns(&self) -> Vec<String> {
                self.columns.clone()
            }

            fn counts_rows(&self) -> bool {
                false
            }

            /// How often a value stands elsewhere, only all rows tell.
            fn rule(&self) -> Rule {
                Rule::Table
            }

            fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
                plan(&self.columns, schema)
            }

            fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
                let $self = self;
                let ($rows, $different) = count(table, &self.columns)?;
                Ok($finding)
            }
        }
    };
}

counted!(DistinctCount, "distinct_count", |expected, _rows, different| {
    let bound = |bound: Option<u64>| bound.map(|bound| bound as f64);
    number_within("the number of different values", Some(different as f64), bound(expected.min), bound(expected.max))
});

counted!(DistinctShare, "distinct_share", |expected, rows, different| {
    let share = (rows > 0).then(|| different as f64 / rows as f64);
    number_within("the share of different values", share, expected.min, expected.max)
});

#[cfg(test)]
mod tests {
    use super::super::testing::{measured, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn different_values_are_counted() {
        let frame = df!(
            "a" => [Some(1), Some(1), None, Some(2)], "s.é" => ["x", "y", "x", "x"],
            "f" => [0.0, -0.0, f64::NAN, f64::NAN], "n" => [None::<i64>; 4]
        )
        .unwrap();
        for (kind, settings, expect) in [
            ("distinct_count", json!({"columns": ["a"], "min": 2, "max": 2}), (Some(2.0), true)),
            ("distinct_count", json!({"columns": ["a", "s.é"], "min": 4}), (Some(3.0), false)),
            ("distinct_count", json!({"columns": ["f"], "max": 1}), (Some(2.0), false)),
            ("distinct_count", json!({"columns": ["n"], "max": 0}), (Some(0.0), true)),
            ("distinct_share", json!({"columns": ["s.é"], "max": 0.5}), (Some(0.5), true)),
            ("distinct_share", json!({"columns": ["a"], "min": 0.7}), (Some(2.0 / 3.0), false)),
            ("distinct_share", json!({"columns": ["n"], "min": 0.0}), (None, false)),
        ] {
            assert_eq!(measured(&frame, json!({ kind: settings })), expect, "{settings}");
        }
        let empty = frame.head(Some(0));
        assert_eq!(measured(&empty, json!({"distinct_count": {"columns": ["a"], "max": 1}})), (Some(0.0), true));
        for (settings, message) in [
            (json!({"columns": ["a"]}), "`min` or `max` must be set"),
            (json!({"columns": ["a"], "min": 1.5}), "`min` must be from 0 to 1, got `1.5`"),
        ] {
            assert_eq!(verdict(frame.clone(), json!({"distinct_share": settings})).unwrap_err(), message);
        }
    }
}
