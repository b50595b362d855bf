//! `cross_join`: every row of a table with every row of another.

use super::join::{beside, needs, right_names};
use super::{names, two};
use crate::engine::Run;
use crate::flight::{bug, ids};
use crate::hash::{pair, seed};
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many rows a cross join may make: what counts positions in polars ends at 2³² − 1.
const ROWS: u64 = IdxSize::MAX as u64;

/// Every row of the left table meets every row of the right one. The result has the columns of both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrossJoin {
    /// The right table.
    pub with: String,
    /// What is put behind the names of right columns that the left table has too. Without it such a name is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

impl CrossJoin {
    fn names(&self, left: &Shape, right: &Shape) -> Vec<(String, String)> {
        right_names(left, right, |_| true, self.suffix.as_deref())
    }
}

impl Relational for CrossJoin {
    fn name(&self) -> String {
        "cross_join".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("the other table is empty")
    }

    fn others(&self) -> Vec<&str> {
        vec![&self.with]
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let (left, right) = two(inputs)?;
        let names = self.names(&left, &right);
        beside(left, right, names)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let [left, right] = inputs else { return vec![wanted.clone(); inputs.len()] };
        needs(wanted, left, right, &self.names(left, right), &[])
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::Pairs
    }

    fn ways(&self, columns: &[String], inputs: &[Shape]) -> Vec<Way> {
        let [left, right] = inputs else { return inputs.iter().map(|_| Way::Whole).collect() };
        let renamed = self.names(left, right);
        let from_left = |column: &str| names(left).find(|name| *name == column).map(str::to_owned);
        let from_right = |column: &str| renamed.iter().find(|(_, name)| name == column).map(|(old, _)| old.clone());
        vec![Way::through(columns, from_left), Way::through(columns, from_right)]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let (mut left, mut right) = two(inputs)?;
        let (of_left, of_right) = (left.rows() as u64, right.rows() as u64);
        let rows = of_left.saturating_mul(of_right);
        if rows > ROWS {
            return Err(Problem::TooLarge { rows, limit: ROWS });
        }
        let none = UInt64Chunked::from_vec(ROW.into(), Vec::new());
        if rows == 0 {
            run.lose(&left, &none, true)?;
            run.lose(&right, &none, true)?;
        }
        let (left_ids, right_ids) = (left.hide_ids("@left")?, right.hide_ids("@right")?);
        let suffix = self.suffix.as_deref().unwrap_or_default();
        let of_left = IdxCa::from_vec(ROW.into(), (0..of_left).flat_map(|at| repeat(at, of_right)).collect());
        let right_at = (0..left.rows()).flat_map(|_| 0..of_right as IdxSize).collect();
        let mut columns = left.frame.take(&of_left).map_err(bug)?.into_columns();
        let taken = right.frame.take(&IdxCa::from_vec(ROW.into(), right_at)).map_err(bug)?;
        columns.extend(taken.into_columns().into_iter().map(|column| match left.has(column.name()) {
            true => column.clone().with_name(format!("{}{suffix}", column.name()).into()),
            false => column,
        }));
        let mut frame = DataFrame::new(rows as usize, columns).map_err(bug)?;
        let seed = seed("cross_join");
        let (from_left, from_right) = (ids(&frame, &left_ids)?, ids(&frame, &right_ids)?);
        let met = from_left.iter().zip(from_right.iter());
        let row: Vec<u64> = met.map(|(left, right)| pair(seed, left.unwrap_or_default(), right)).collect();
        frame = frame.drop_many(["@left", "@right"]);
        frame.with_column(Column::new(ROW.into(), row)).map_err(bug)?;
        Ok(Flight { frame, own: None, nodes: left.nodes.iter().chain(&right.nodes).copied().collect() })
    }
}

fn repeat(at: u64, times: u64) -> impl Iterator<Item = IdxSize> {
    std::iter::repeat_n(at as IdxSize, times as usize)
}

#[cfg(test)]
mod tests {
    use super::CrossJoin;
    use crate::testing::*;

    fn sizes() -> Table {
        table(df!("_row" => [1_u64, 2], "b" => ["s", "l"], "n" => [1_i64, 2]))
    }

    fn plan(suffix: Option<&str>) -> Plan {
        Plan::scan("t").cross_join(&Plan::scan("u"), CrossJoin { with: "u".into(), suffix: suffix.map(str::to_owned) })
    }

    #[test]
    fn every_row_meets_every_row() {
        let tracked = run(&plan(Some("_u")), &[("t", numbers()), ("u", sizes())]);
        assert_eq!(tracked.table().unwrap().len(), 8);
        assert_eq!(tracked.schema().names().collect::<Vec<_>>(), ["a", "b", "b_u", "n"]);
        assert_eq!(pairs_of(&tracked, "t").len(), 8);
        assert_eq!(sources(&tracked.columns()[2]), "u.b identity");
        assert_eq!(tracked.reports()[0].dropped, 0);
    }

    #[test]
    fn an_empty_table_leaves_nothing_and_names_must_differ() {
        let none = Table::new(sizes().frame().clear()).unwrap();
        let tracked = run(&plan(Some("_u")), &[("t", numbers()), ("u", none)]);
        assert_eq!((tracked.table().unwrap().len(), tracked.reports()[0].dropped), (0, 4));
        let found = refusal(&plan(None), &[("t", numbers()), ("u", sizes())]);
        assert!(found.ends_with("two columns would be named `b`"), "{found}");
    }
}
