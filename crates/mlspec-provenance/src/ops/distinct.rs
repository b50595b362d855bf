//! `distinct`: one row of those that are equal.

use super::groups::{Groups, check_keys};
use super::{names, one};
use crate::engine::Run;
use crate::flight::{bug, node_column};
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Keeps, of the rows that are equal in some columns, that of the least id. Its new id is the hash of the key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Distinct {
    /// The columns; without this, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub on: Option<Vec<String>>,
}

impl Distinct {
    fn keys(&self, shape: &Shape) -> Vec<String> {
        self.on.clone().unwrap_or_else(|| names(shape).map(str::to_owned).collect())
    }
}

impl Relational for Distinct {
    fn name(&self) -> String {
        "distinct".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("equal to a row of smaller id")
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        let keys = self.keys(&shape);
        check_keys(&shape, &keys)?;
        shape.note(keys.iter().map(String::as_str), Dependency::Group);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let keys = inputs.first().map(|shape| self.keys(shape)).unwrap_or_default();
        vec![wanted.iter().cloned().chain(keys).collect()]
    }

    fn affected(&self, inputs: &[Shape]) -> Affected {
        Affected::Keys { columns: inputs.iter().map(|input| self.keys(input)).collect(), nulls: true }
    }

    fn ways(&self, columns: &[String], inputs: &[Shape]) -> Vec<Way> {
        let through = |input| {
            let keys = self.keys(input);
            Way::through(columns, |column| keys.iter().find(|key| *key == column).cloned())
        };
        inputs.iter().map(through).collect()
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let hidden = flight.hidden();
        let own = || flight.frame.columns().iter().map(|column| column.name().to_string());
        // Without `on` nothing was left out of the frame: see `needs`.
        let keys = self.on.clone().unwrap_or_else(|| own().filter(|column| !hidden.contains(column)).collect());
        let groups = Groups::new(&flight, &keys, "distinct")?;
        let node = groups.node(run, &flight)?;
        let mut frame = flight.frame.take(&groups.first).map_err(bug)?;
        run.lose(&flight, &crate::flight::ids(&frame, ROW)?, true)?;
        frame = frame.drop_many(flight.nodes.iter().copied().map(node_column));
        frame.with_column(Column::new(ROW.into(), groups.ids)).map_err(bug)?;
        Ok(Flight { frame, own: Some(node), nodes: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn the_row_of_least_id_stays_and_comes_from_all_that_are_equal() {
        let tracked = run(&Plan::scan("t").distinct(["b"]), &[("t", numbers())]);
        let table = tracked.table().unwrap();
        let mut rows = cells(&table).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect::<Vec<_>>();
        rows.sort();
        assert_eq!(rows, ["1|x", "2|y", "3|z"]);
        assert_eq!(pairs_of(&tracked, "t").len(), 4);
        let report = &tracked.reports()[0];
        assert_eq!((report.rows_in, report.rows_out, report.dropped), (4, 3, 1));
        assert_eq!(all_sources(tracked.indirect()), "t.b group");
    }

    #[test]
    fn all_columns_count_when_none_is_named() {
        let rows = table(df!("_row" => [1_u64, 2, 3], "a" => [None, Some(1_i64), None], "x" => [0.0, 1.0, -0.0]));
        let tracked = run(&Plan::scan("t").distinct([""; 0]), &[("t", rows)]);
        assert_eq!(tracked.table().unwrap().len(), 2);
    }
}
