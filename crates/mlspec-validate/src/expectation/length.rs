//! `length`: texts are so long, or lists have so many items. Null is not looked at.

use super::{Expectation, Finding, Seen, check_bounds, in_blocks, is_list, refused, type_of, values};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use mlspec_table::polars::prelude::Series;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Texts are so long, or lists have so many items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// The column: texts or lists. Null is not looked at.
    #[schemars(length(min = 1))]
    pub column: String,
    /// What is counted: in a text characters, words or bytes; in a list its items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<LengthUnit>,
    /// The least length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The greatest length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

/// What is counted in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Unicode characters (scalar values).
    #[default]
    Characters,
    /// Words: what stands between white space.
    Words,
    /// Bytes of UTF-8.
    Bytes,
}

impl LengthUnit {
    /// How many there are in a text.
    pub(crate) fn of(self, text: &str) -> u64 {
        let count = match self {
            Self::Characters => text.chars().count(),
            Self::Words => text.split_whitespace().count(),
            Self::Bytes => text.len(),
        };
        count as u64
    }
}

impl Length {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_bounds(self.min, self.max)?;
        Ok(Box::new(self))
    }

    fn is_outside(&self, length: u64) -> bool {
        self.min.is_some_and(|min| length < min) || self.max.is_some_and(|max| length > max)
    }

    fn failing(&self, values: &Series) -> Result<Vec<usize>, Problem> {
        let unit = self.unit.unwrap_or_default();
        let outside = |(at, length): (usize, Option<u64>)| self.is_outside(length?).then_some(at);
        Ok(match values.list() {
            Ok(lists) => {
                let lengths = lists.amortized_iter().map(|list| list.map(|list| list.as_ref().len() as u64));
                lengths.enumerate().filter_map(outside).collect()
            }
            Err(_) => {
                let texts = values.str().map_err(refused)?.iter();
                texts.map(|text| text.map(|text| unit.of(text))).enumerate().filter_map(outside).collect()
            }
        })
    }
}

impl Expectation for Length {
    fn kind(&self) -> &'static str {
        "length"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        match type_of(schema, &self.column)? {
            DataType::String => Ok(()),
            found if is_list(found) && self.unit.is_none() => Ok(()),
            found if is_list(found) => Err(Problem::Setting(format!(
                "`unit` has no meaning for lists, such as in the column `{}`",
                self.column
            ))),
            found => Err(Problem::Type { column: self.column.clone(), found, expected: "texts or lists" }),
        }
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let values = values(table, &self.column)?;
        in_blocks(table.len(), |start, length| Ok(self.failing(&values.slice(start as i64, length))?.into_iter()))
            .map(Finding::Rows)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::{Value, json};

    fn length(column: &str, more: Value) -> Value {
        let mut settings = json!({"column": column});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"length": settings})
    }

    #[test]
    fn texts_and_lists_of_other_lengths_fail() {
        let list = |items: &[f64]| Series::new("".into(), items);
        let long = "x".repeat(300_000);
        let frame = df!(
            "s" => [Some("äöü"), Some(""), None, Some("two  words\n"), Some(long.as_str())],
            "l" => [list(&[1.0]), list(&[]), list(&[1.0, 2.0]), list(&[]), list(&[f64::NAN])],
            "i" => [1, 2, 3, 4, 5]
        )
        .unwrap();
        for (column, more, expect) in [
            ("s", json!({"min": 1}), vec![1]),
            ("s", json!({"max": 3}), vec![3, 4]),
            ("s", json!({"max": 3, "unit": "bytes"}), vec![0, 3, 4]),
            ("s", json!({"min": 1, "max": 1, "unit": "words"}), vec![1, 3]),
            ("l", json!({"min": 1, "max": 1}), vec![1, 2, 3]),
        ] {
            assert_eq!(failing(&frame, length(column, more.clone())), expect, "{column} {more}");
        }
        assert_eq!(failing(&frame.head(Some(0)), length("s", json!({"min": 1}))), Vec::<u64>::new());
        for (column, more, message) in [
            ("s", json!({}), "`min` or `max` must be set"),
            ("s", json!({"min": 2, "max": 1}), "`min` must not be above `max`"),
            ("i", json!({"min": 2}), "the column `i` is of type `int32`, expected texts or lists"),
            ("l", json!({"min": 2, "unit": "words"}), "`unit` has no meaning for lists"),
        ] {
            let error = verdict(frame.clone(), length(column, more)).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
