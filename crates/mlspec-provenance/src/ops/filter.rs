//! `filter`: the rows for which a condition is true.

use super::{keep_rows, one};
use crate::engine::Run;
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::sql::row_wise;
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A row-wise SQL condition. Rows for which it is false or null are dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Filter(pub String);

impl Filter {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        row_wise(&self.0).map(drop)
    }
}

impl Relational for Filter {
    fn name(&self) -> String {
        "filter".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("condition not true")
    }

    fn check(&self) -> Result<(), Problem> {
        Self::check(self)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        let condition = row_wise(&self.0)?;
        let columns = || condition.columns().iter().map(String::as_str);
        shape.require(columns())?;
        shape.note(columns(), Dependency::Filter);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        let read = row_wise(&self.0).map(|condition| condition.columns().clone()).unwrap_or_default();
        vec![wanted.union(&read).cloned().collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::through(columns, |column| Some(column.to_owned()))]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let condition = row_wise(&self.0)?.truth(flight.frame.schema())?;
        keep_rows(run, flight, condition, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn rows_stay_where_the_condition_is_true() {
        let check = |condition: &str, expect: &[u64]| {
            let tracked = run(&Plan::scan("t").filter(condition).unwrap(), &[("t", numbers())]);
            assert_eq!(tracked.table().unwrap().ids(), expect, "{condition}");
        };
        check("a > 1", &[11, 12]);
        check("b = 'x'", &[10, 13]);
        check("a IS NULL", &[13]);
        check("NOT (a > 1)", &[10]);
        check("true", &[10, 11, 12, 13]);
        check("1 = 2", &[]);
        check("NULL", &[]);
        check(&vec!["a > 1"; 150].join(" AND "), &[11, 12]);
        check("a IN (1, 3) AND b <> 'y'", &[10, 12]);
    }

    #[test]
    fn a_plan_finds_what_cannot_work() {
        let check = |condition: &str, expect: &str| {
            assert_eq!(refusal(&Plan::scan("t").filter(condition).unwrap(), &[("t", numbers())]), expect);
        };
        check("c > 1", "operator 0 (`filter`) of table `t`: there is no column `c`");
        check(
            "a + 1",
            "operator 0 (`filter`) of table `t`: the condition `a + 1` is of type `i64`, expected `boolean`",
        );
        assert!(Plan::scan("t").filter("sum(a) > 1").is_err());
        assert!(refusal(&Plan::scan("t").filter("a > b").unwrap(), &[("t", numbers())]).contains("`a > b`"));
    }

    #[test]
    fn lineage_is_the_row_and_the_columns_read() {
        let tracked = run(&Plan::scan("t").filter("a > 1").unwrap(), &[("t", numbers())]);
        assert!(tracked.is_identity());
        assert_eq!(sources(&tracked.columns()[0]), "t.a identity");
        assert_eq!(all_sources(tracked.indirect()), "t.a filter");
        let report = &tracked.reports()[0];
        assert_eq!((report.rows_in, report.rows_out, report.dropped), (4, 2, 2));
        assert_eq!(report.reason.as_deref(), Some("condition not true"));
    }
}
