//! `foreign_key`: what these columns hold stands in columns of another table. Rows where one of them is null are not looked at, as in
//! SQL. −0 is 0, NaN is NaN.

use super::{Expectation, Finding, Rule, Seen, check_columns, is_list, other_schema, other_table, refused, type_of};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use mlspec_table::{Equality, row_hashes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What these columns hold stands in columns of another table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The columns; a row where one of them is null is not looked at.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The other table: an input port of the step, beside `rows`; `rows` is the table itself.
    pub table: mlspec_record::Name,
    /// The columns there, of the same types; by default those of the same names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
}

/// Integers whose hashes agree where they do.
fn counts(of: DataType) -> bool {
    of.is_integer() && of != DataType::UInt64
}

impl ForeignKey {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        if !self.to.is_empty() && self.to.len() != self.columns.len() {
            return Err(Problem::Setting("`to` must name as many columns as `columns`".to_owned()));
        }
        Ok(Box::new(self))
    }

    fn to(&self) -> &[String] {
        if self.to.is_empty() { &self.columns } else { &self.to }
    }
}

impl Expectation for ForeignKey {
    fn kind(&self) -> &'static str {
        "foreign_key"
    }

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn other(&self) -> Option<(&str, Vec<String>)> {
        Some((self.table.as_str(), self.to().to_vec()))
    }

    /// As long as the other table stays as it is, a row fails on its own.
    fn rule(&self) -> Rule {
        Rule::Row
    }

    fn plan(&self, schema: &TableSchema, others: &Schemas) -> Result<(), Problem> {
        let other = other_schema(others, self.table.as_str())?;
        self.columns.iter().zip(self.to()).try_for_each(|(column, to)| {
            let (wanted, found) = (type_of(schema, column)?, type_of(other, to)?);
            match found {
                _ if is_list(wanted) => {
                    Err(Problem::Type { column: column.clone(), found: wanted, expected: "no list" })
                }
                found if found == wanted || (counts(found) && counts(wanted)) => Ok(()),
                found => {
                    let expected = "that of the column that refers to it";
                    Err(Problem::Type { column: to.clone(), found, expected })
                }
            }
        })
    }

    fn find(&self, Seen { table, others, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let other = other_table(others, self.table.as_str())?;
        let hashes = |of: &mlspec_table::Table, columns: &[String]| {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            row_hashes(of.frame(), &columns, Equality::Key).map_err(refused)
        };
        let known: HashSet<u128> = hashes(other, self.to())?.into_iter().collect();
        let mut there = vec![true; table.len()];
        for column in &self.columns {
            let column = table.column(column).map_err(refused)?;
            if column.null_count() > 0 {
                there.iter_mut().zip(column.is_not_null().iter()).for_each(|(there, is)| *there &= is == Some(true));
            }
        }
        let rows = hashes(table, &self.columns)?.into_iter().zip(there).enumerate();
        Ok(Finding::Rows(rows.filter(|(_, (key, there))| *there && !known.contains(key)).map(|(at, _)| at).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verdict_of;
    use mlspec_table::polars::prelude::*;
    use serde_json::{Value, json};

    fn check(frame: &DataFrame, other: &DataFrame, settings: Value) -> Result<Vec<u64>, String> {
        let settings = json!({"expectations": [{"foreign_key": settings}]});
        verdict_of(frame.clone(), &[("people", other)], settings).map(|found| found.failing)
    }

    #[test]
    fn rows_that_refer_to_nothing_fail() {
        let people =
            df!("id" => [Some(1_i64), Some(2), None], "town.é" => ["Ulm", "Köln", "Ulm"], "f" => [0.0, f64::NAN, 1.0])
                .unwrap();
        let mails = df!(
            "from" => [Some(1_i32), Some(3), None, Some(2)], "town.é" => [Some("Ulm"), Some("Ulm"), Some("Bonn"), None],
            "f" => [-0.0, f64::NAN, 2.0, f64::INFINITY], "boss" => [1, 9, 1, 1], "l" => [Series::new("".into(), [1.0]), Series::new("".into(), [1.0]), Series::new("".into(), [1.0]), Series::new("".into(), [1.0])]
        )
        .unwrap();
        for (settings, expect) in [
            (json!({"columns": ["from"], "table": "people", "to": ["id"]}), vec![1]),
            (json!({"columns": ["town.é"], "table": "people"}), vec![2]),
            (json!({"columns": ["from", "town.é"], "table": "people", "to": ["id", "town.é"]}), vec![1]),
            (json!({"columns": ["f"], "table": "people"}), vec![2, 3]),
            (json!({"columns": ["boss"], "table": "rows", "to": ["from"]}), vec![1]),
        ] {
            assert_eq!(check(&mails, &people, settings.clone()), Ok(expect), "{settings}");
        }
        let first = json!({"columns": ["from"], "table": "people", "to": ["id"]});
        assert_eq!(check(&mails.head(Some(0)), &people, first.clone()), Ok(vec![]));
        assert_eq!(check(&mails, &people.head(Some(0)), first), Ok(vec![0, 1, 3]));
        for (settings, message) in [
            (json!({"columns": [], "table": "people"}), "`columns` must name at least one"),
            (json!({"columns": ["from"], "table": "people", "to": ["id", "f"]}), "`to` must name as many columns"),
            (json!({"columns": ["from"], "table": "nobody"}), "nothing arrives at the port `nobody`"),
            (json!({"columns": ["from"], "table": "people"}), "there is no column `from`"),
            (json!({"columns": ["from"], "table": "people", "to": ["f"]}), "the column `f` is of type `float64`"),
            (json!({"columns": ["l"], "table": "rows"}), "expected no list"),
        ] {
            let error = check(&mails, &people, settings).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
