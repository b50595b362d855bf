//! `drop_nulls`: without the rows that lack a value.

use super::{keep_rows, one};
use crate::engine::Run;
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_table::polars::prelude::{col, lit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The columns in which a null drops the row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DropNulls(#[schemars(length(min = 1))] pub Vec<String>);

impl Relational for DropNulls {
    fn name(&self) -> String {
        "drop_nulls".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("null")
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        shape.require(self.0.iter().map(String::as_str))?;
        shape.note(self.0.iter().map(String::as_str), Dependency::Filter);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        vec![wanted.iter().chain(&self.0).cloned().collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::through(columns, |column| Some(column.to_owned()))]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let complete = self.0.iter().map(|column| col(column.as_str()).is_not_null());
        let complete = complete.reduce(|all, one| all.and(one)).unwrap_or_else(|| lit(true));
        keep_rows(run, one(inputs)?, complete, "drop_nulls")
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn rows_without_a_value_are_dropped() {
        let tracked = run(&Plan::scan("t").drop_nulls(["a", "b"]), &[("t", numbers())]);
        assert_eq!(tracked.table().unwrap().ids(), [10, 11, 12]);
        assert_eq!(tracked.reports()[0].reason.as_deref(), Some("null"));
        assert_eq!(all_sources(tracked.indirect()), "t.a filter, t.b filter");
    }
}
