//! `not_null_count`: of these columns, so many have a value in every row: at least one, exactly one, … NaN is a value.

use super::{Expectation, Finding, Seen, check_bounds, check_columns, type_of, values};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of these columns, so many have a value in every row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotNullCount {
    /// The columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The least number of columns that are not null. Where neither bound is set, 1: at least one value is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The greatest number of columns that are not null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

impl NotNullCount {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        let min = self.min.or(if self.max.is_none() { Some(1) } else { None });
        check_bounds(min, self.max)?;
        Ok(Box::new(Self { min, ..self }))
    }
}

impl Expectation for NotNullCount {
    fn kind(&self) -> &'static str {
        "not_null_count"
    }

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        self.columns.iter().try_for_each(|column| type_of(schema, column).map(drop))
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let mut counts = vec![0_u64; table.len()];
        for column in &self.columns {
            let there = values(table, column)?.is_not_null();
            counts.iter_mut().zip(there.iter()).for_each(|(count, there)| *count += u64::from(there == Some(true)));
        }
        let outside = |count: u64| self.min.is_some_and(|min| count < min) || self.max.is_some_and(|max| count > max);
        Ok(Finding::Rows(
            counts.into_iter().enumerate().filter(|(_, count)| outside(*count)).map(|(at, _)| at).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn rows_with_another_number_of_values_fail() {
        let frame =
            df!("a" => [Some(1), None, None], "b.é" => [Some("x"), Some(""), None], "f" => [Some(f64::NAN), None, None])
                .unwrap();
        for (settings, expect) in [
            (json!({"columns": ["a", "b.é"]}), vec![2]),
            (json!({"columns": ["a", "b.é"], "min": 1, "max": 1}), vec![0, 2]),
            (json!({"columns": ["a", "b.é", "f"], "max": 1}), vec![0]),
            (json!({"columns": ["a", "b.é", "f"], "min": 3}), vec![1, 2]),
        ] {
            assert_eq!(failing(&frame, json!({"not_null_count": settings})), expect, "{settings}");
        }
        assert_eq!(failing(&frame.head(Some(0)), json!({"not_null_count": {"columns": ["a"]}})), Vec::<u64>::new());
        for (settings, message) in [
            (json!({"columns": []}), "`columns` must name at least one"),
            (json!({"columns": ["a"], "min": 2, "max": 1}), "`min` must not be above `max`"),
        ] {
            assert_eq!(verdict(frame.clone(), json!({"not_null_count": settings})).unwrap_err(), message);
        }
    }
}
