//! `select`: these columns, in this order.

use super::one;
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct};
use crate::{Flight, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The columns to keep, in their new order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Select(pub Vec<String>);

impl Relational for Select {
    fn name(&self) -> String {
        "select".to_owned()
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        let columns = || self.0.iter().map(String::as_str);
        shape.require(columns())?;
        check_distinct(columns())?;
        shape.sources.retain(|column, _| self.0.contains(column));
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        vec![wanted.clone()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::through(columns, |column| Some(column.to_owned()))]
    }

    fn run(&self, _: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let mut columns = flight.hidden();
        columns.extend(self.0.iter().filter(|column| flight.has(column)).cloned());
        let frame = flight.frame.select(columns).map_err(bug)?;
        Ok(flight.with(frame))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn columns_come_in_the_order_asked_for() {
        let tracked = run(&Plan::scan("t").select(["b", "a"]), &[("t", numbers())]);
        let table = tracked.table().unwrap();
        assert_eq!(table.schema().names().collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(table.ids(), [10, 11, 12, 13]);
    }

    #[test]
    fn missing_and_repeated_columns_are_refused() {
        let check = |columns: &[&str], expect: &str| {
            let plan = Plan::scan("t").select(columns.iter().copied());
            assert_eq!(refusal(&plan, &[("t", numbers())]), format!("operator 0 (`select`) of table `t`: {expect}"));
        };
        check(&["a", "z"], "there is no column `z`");
        check(&["a", "a"], "two columns would be named `a`");
        check(&["_row"], "there is no column `_row`");
    }
}
