//! `sorted`: in the order of row ids, values ascend or descend, in the whole table or within groups. Null is not looked at; NaN fails.

use super::cell::{Cell, cells};
use super::{Expectation, Finding, Rule, Seen, check_columns, is_list, is_ordered, refused, type_of, values};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use mlspec_table::{Equality, row_hashes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::HashMap;

/// In the order of row ids, which is that of the files, values ascend or descend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sorted {
    /// The column: numbers, texts, dates, times or moments. A row fails when its value lies on the wrong side of the value before it.
    /// Null is not looked at.
    #[schemars(length(min = 1))]
    pub column: String,
    /// Whether values ascend or descend.
    #[serde(default)]
    pub order: Order,
    /// Whether a value that equals the one before fails too.
    #[serde(default)]
    pub strict: bool,
    /// Columns that make groups of rows, each of which is sorted for itself; null is a value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// A direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// From the least to the greatest.
    #[default]
    Ascending,
    /// From the greatest to the least.
    Descending,
}

impl Sorted {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        if !self.by.is_empty() {
            check_columns(&self.by)?;
        }
        Ok(Box::new(self))
    }

    /// Whether a value may stand behind another.
    fn follows(&self, before: Cell<'_>, value: Cell<'_>) -> bool {
        let wanted = if self.order == Order::Ascending { Ordering::Less } else { Ordering::Greater };
        match before.order(value) {
            Some(Ordering::Equal) => !self.strict,
            found => found == Some(wanted),
        }
    }
}

impl Expectation for Sorted {
    fn kind(&self) -> &'static str {
        "sorted"
    }

    fn columns(&self) -> Vec<String> {
        std::iter::once(&self.column).chain(&self.by).cloned().collect()
    }

    /// Each row looks at the one before it.
    fn rule(&self) -> Rule {
        Rule::Table
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        let found = type_of(schema, &self.column)?;
        if !(is_ordered(found) || found == DataType::String) {
            let expected = "numbers, texts, dates, times or moments";
            return Err(Problem::Type { column: self.column.clone(), found, expected });
        }
        self.by.iter().try_for_each(|column| match type_of(schema, column)? {
            found if is_list(found) => Err(Problem::Type { column: column.clone(), found, expected: "no list" }),
            _ => Ok(()),
        })
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let by: Vec<&str> = self.by.iter().map(String::as_str).collect();
        let groups =
            if by.is_empty() { Vec::new() } else { row_hashes(table.frame(), &by, Equality::Key).map_err(refused)? };
        let column = values(table, &self.column)?;
        let mut last: HashMap<u128, Cell<'_>> = HashMap::new();
        let mut failing = Vec::new();
        for (at, value) in cells(column)?.into_iter().enumerate() {
            let Some(value) = value else { continue };
            let group = groups.get(at).copied().unwrap_or_default();
            if value.is_nan() {
                failing.push(at);
                continue;
            }
            if last.insert(group, value).is_some_and(|before| !self.follows(before, value)) {
                failing.push(at);
            }
        }
        Ok(Finding::Rows(failing))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn rows_on_the_wrong_side_of_the_one_before_fail() {
        let frame = df!(
            "i" => [Some(1), Some(3), None, Some(2), Some(2), Some(5)],
            "f" => [Some(9.0), Some(f64::NAN), Some(8.0), None, Some(8.0), Some(f64::NEG_INFINITY)],
            "s" => ["a", "b", "b", "c", "a", "z"], "g" => [Some("x"), Some("y"), None, Some("x"), Some("y"), None],
            "d.é \"x" => [6, 5, 4, 3, 2, 1]
        )
        .unwrap();
        let sorted = |column: &str, more: Value| {
            let mut settings = json!({"column": column});
            settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"sorted": settings})
        };
        for (column, more, expect) in [
            ("i", json!({}), vec![3]),
            ("i", json!({"strict": true}), vec![3, 4]),
            ("i", json!({"by": ["g"]}), vec![4]),
            ("i", json!({"order": "descending"}), vec![1, 5]),
            ("f", json!({"order": "descending"}), vec![1]),
            ("f", json!({"order": "descending", "strict": true}), vec![1, 4]),
            ("s", json!({}), vec![4]),
            ("d.é \"x", json!({"order": "descending", "strict": true}), vec![]),
        ] {
            assert_eq!(failing(&frame, sorted(column, more.clone())), expect, "{column} {more}");
        }
        assert_eq!(failing(&frame.head(Some(0)), sorted("i", json!({}))), Vec::<u64>::new());
        let error = verdict(frame, sorted("i", json!({"by": ["g", "g"]}))).unwrap_err();
        assert_eq!(error, "the column `g` is named twice");
    }
}
