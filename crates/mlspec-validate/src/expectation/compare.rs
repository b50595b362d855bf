//! `compare`: in every row, one column stands in a relation to another. Numbers are compared without rounding, whatever their
//! types; NaN stands in no relation but `not_equal`.

use super::cell::{Cell, cells, comparable};
use super::{Expectation, Finding, Nulls, Seen, in_blocks, type_of, values};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// In every row, one column stands in a relation to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The column on the left of the relation: numbers, texts, booleans, dates, times or moments.
    #[schemars(length(min = 1))]
    pub left: String,
    /// The relation.
    pub is: Comparison,
    /// The column on the right, of numbers too, or of the same type.
    #[schemars(length(min = 1))]
    pub right: String,
    /// What it means where one of both is null.
    #[serde(default = "pass")]
    pub nulls: Nulls,
}

fn pass() -> Nulls {
    Nulls::Pass
}

/// A relation of two values. Texts are ordered by their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Left = right.
    Equal,
    /// Left ≠ right.
    NotEqual,
    /// Left < right.
    Less,
    /// Left ≤ right.
    LessOrEqual,
    /// Left > right.
    Greater,
    /// Left ≥ right.
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

impl Compare {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        match self.left == self.right {
            true => Err(Problem::Setting("`left` and `right` must be two columns".to_owned())),
            false => Ok(Box::new(self)),
        }
    }
}

impl Expectation for Compare {
    fn kind(&self) -> &'static str {
        "compare"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.left.clone(), self.right.clone()]
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        let (left, found) = (type_of(schema, &self.left)?, type_of(schema, &self.right)?);
        match comparable(left, found) {
            true => Ok(()),
            false => {
                let expected = "a type that can be compared with that of the column on the left";
                Err(Problem::Type { column: self.right.clone(), found, expected })
            }
        }
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let (left, right) = (values(table, &self.left)?, values(table, &self.right)?);
        let fails = |pair: (&Option<Cell<'_>>, &Option<Cell<'_>>)| match pair {
            (Some(left), Some(right)) => !self.is.holds(left.order(*right)),
            _ => self.nulls == Nulls::Fail,
        };
        let failing = in_blocks(table.len(), |start, length| {
            let (left, right) = (left.slice(start as i64, length), right.slice(start as i64, length));
            let (left, right) = (cells(&left)?, cells(&right)?);
            let pairs = left.iter().zip(&right).enumerate();
            let found: Vec<usize> = pairs.filter(|(_, pair)| fails(*pair)).map(|(at, _)| at).collect();
            Ok(found.into_iter())
        })?;
        Ok(Finding::Rows(failing))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn rows_outside_the_relation_fail() {
        let frame = df!(
            "i" => [Some(1_i64), Some(2), Some(3), None],
            "f" => [Some(1.0), Some(2.5), Some(f64::NAN), Some(0.0)],
            "s" => [Some("a"), Some("b"), None, Some("é")], "t" => ["b", "b", "a", "z"], "b" => [true, false, true, true]
        )
        .unwrap();
        for (left, is, right, nulls, expect) in [
            ("i", "equal", "f", "pass", vec![1, 2]),
            ("i", "not_equal", "f", "pass", vec![0]),
            ("i", "less", "f", "pass", vec![0, 2]),
            ("i", "less_or_equal", "f", "fail", vec![2, 3]),
            ("f", "greater_or_equal", "i", "pass", vec![2]),
            ("s", "less", "t", "pass", vec![1, 3]),
            ("s", "greater", "t", "fail", vec![0, 1, 2]),
        ] {
            let expectation = json!({"compare": {"left": left, "is": is, "right": right, "nulls": nulls}});
            assert_eq!(failing(&frame, expectation), expect, "{left} {is} {right} {nulls}");
        }
        for (left, right, message) in [
            ("i", "i", "`left` and `right` must be two columns"),
            ("i", "x", "there is no column `x`"),
            ("i", "s", "the column `s` is of type `string`, expected a type that can be compared"),
            ("b", "i", "the column `i` is of type `int64`, expected a type that can be compared"),
        ] {
            let expectation = json!({"compare": {"left": left, "is": "less", "right": right}});
            let error = verdict(frame.clone(), expectation).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
