//! `share`: a SQL condition is true in so large a share of the rows.

use super::distinct_count::check_share;
use super::{Expectation, Finding, Nulls, Others, Parsed, Rule, Seen, check_bounds, number_within, refused, type_of};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use mlspec_table::empty_frame;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A SQL condition is true in so large a share of the rows: the proportion of nulls, of positive labels, of a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// A SQL expression that gives true or false, such as `label = 'yes'`. Null counts as false.
    #[schemars(length(min = 1))]
    pub sql: String,
    /// The least share, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min: Option<f64>,
    /// The greatest share, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max: Option<f64>,
}

/// The condition, read.
#[derive(Debug)]
struct Checked {
    condition: Parsed,
    min: Option<f64>,
    max: Option<f64>,
}

impl Share {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_share("min", self.min)?;
        check_share("max", self.max)?;
        check_bounds(self.min, self.max)?;
        let condition = Parsed::new(&self.sql, Nulls::Fail)?;
        Ok(Box::new(Checked { condition, min: self.min, max: self.max }))
    }
}

impl Expectation for Checked {
    fn kind(&self) -> &'static str {
        "share"
    }

    fn columns(&self) -> Vec<String> {
        self.condition.columns()
    }

    fn counts_rows(&self) -> bool {
        false
    }

    /// Rows are counted chunk by chunk.
    fn rule(&self) -> Rule {
        Rule::Chunk
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        self.columns().iter().try_for_each(|column| type_of(schema, column).map(drop))?;
        self.condition.evaluate(&empty_frame(schema)).map(drop)
    }

    fn find(&self, seen: Seen<'_>) -> Result<Finding, Problem> {
        self.whole(&[self.part(seen)?], seen.others)
    }

    fn part(&self, Seen { table, .. }: Seen<'_>) -> Result<Value, Problem> {
        let holds = self.condition.evaluate(table.frame())?;
        Ok(json!([holds.iter().filter(|holds| *holds == Some(true)).count(), table.len()]))
    }

    fn whole(&self, parts: &[Value], _: &Others) -> Result<Finding, Problem> {
        let parts = parts.iter().map(<(u64, u64)>::deserialize).collect::<Result<Vec<_>, _>>().map_err(refused)?;
        let (hold, rows) = parts.into_iter().fold((0, 0), |all, part| (all.0 + part.0, all.1 + part.1));
        let share = (rows > 0).then(|| hold as f64 / rows as f64);
        Ok(number_within("the share of rows", share, self.min, self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{measured, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn shares_are_measured() {
        let frame = df!("a" => [Some(1), None, Some(3), Some(4)], "x.y é" => ["p", "q", "p", "p"]).unwrap();
        for (settings, expect) in [
            (json!({"sql": "a IS NULL", "max": 0.25}), (Some(0.25), true)),
            (json!({"sql": "a > 2", "min": 0.6}), (Some(0.5), false)),
            (json!({"sql": "\"x.y é\" = 'p'", "min": 0.7, "max": 0.8}), (Some(0.75), true)),
            (json!({"sql": "1 = 1", "min": 1}), (Some(1.0), true)),
        ] {
            assert_eq!(measured(&frame, json!({"share": settings})), expect, "{settings}");
        }
        assert_eq!(measured(&frame.head(Some(0)), json!({"share": {"sql": "a > 2", "max": 1}})), (None, false));
        for (settings, message) in [
            (json!({"sql": "a > 2"}), "`min` or `max` must be set"),
            (json!({"sql": "a > 2", "max": 2}), "`max` must be from 0 to 1, got `2`"),
            (json!({"sql": "a + 2", "max": 1}), "the condition gives `i32`, expected true or false"),
            (json!({"sql": "a > (SELECT 1)", "max": 1}), "subqueries are not possible"),
        ] {
            let error = verdict(frame.clone(), json!({"share": settings})).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
