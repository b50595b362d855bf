//! `pattern`: texts match a regular expression. Null is not looked at.

use super::{Expectation, Finding, Seen, refused, type_of, values};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Texts match a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// The column of texts. Null is not looked at.
    #[schemars(length(min = 1))]
    pub column: String,
    /// The regular expression, in the syntax of Rust's crate `regex`: no look-around, no back-references.
    #[schemars(length(min = 1))]
    pub pattern: String,
    /// Whether the whole text must match; otherwise a part of it is enough.
    #[serde(default)]
    pub whole: bool,
}

/// The pattern, compiled.
#[derive(Debug)]
struct Compiled {
    column: String,
    regex: Regex,
}

impl Pattern {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        if self.pattern.is_empty() {
            return Err(Problem::Pattern("it is empty".to_owned()));
        }
        let compile = |pattern: &str| {
            Regex::new(pattern).map_err(|error| {
                // The first lines repeat the pattern.
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default();
                Problem::Pattern(reason.trim_start_matches("error: ").to_owned())
            })
        };
        // On its own first, so that `a)(b` is not made well by what is put around it.
        let mut regex = compile(&self.pattern)?;
        if self.whole {
            regex = compile(&format!("\\A(?:{})\\z", self.pattern))?;
        }
        Ok(Box::new(Compiled { column: self.column, regex }))
    }
}

impl Expectation for Compiled {
    fn kind(&self) -> &'static str {
        "pattern"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        match type_of(schema, &self.column)? {
            DataType::String => Ok(()),
            found => Err(Problem::Type { column: self.column.clone(), found, expected: "texts" }),
        }
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let values = values(table, &self.column)?.str().map_err(refused)?;
        let rows = values.iter().enumerate();
        Ok(Finding::Rows(rows.filter_map(|(at, value)| (!self.regex.is_match(value?)).then_some(at)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn texts_that_do_not_match_fail() {
        let frame =
            df!("s" => [Some("ab"), Some("xaby"), None, Some(""), Some("ab\n")], "i" => [1, 2, 3, 4, 5]).unwrap();
        for (pattern, whole, expect) in [
            ("ab", false, vec![3]),
            ("ab", true, vec![1, 3, 4]),
            ("a|ab", true, vec![1, 3, 4]),
            ("^$", false, vec![0, 1, 4]),
        ] {
            let expectation = json!({"pattern": {"column": "s", "pattern": pattern, "whole": whole}});
            assert_eq!(failing(&frame, expectation), expect, "{pattern} {whole}");
        }
        for (column, pattern, message) in [
            ("s", "a)(b", "`pattern` is no regular expression: unopened group"),
            ("s", "", "`pattern` is no regular expression: it is empty"),
            ("i", "1", "`pattern(i)` cannot be told: the column `i` is of type `int32`, expected texts"),
        ] {
            let error =
                verdict(frame.clone(), json!({"pattern": {"column": column, "pattern": pattern, "whole": true}}))
                    .unwrap_err();
            assert_eq!(error, message);
        }
    }
}
