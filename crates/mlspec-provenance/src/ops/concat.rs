//! `concat`: the rows of several tables.

use super::names;
use crate::engine::Run;
use crate::flight::{bug, ids, node_column};
use crate::hash::{pair, seed};
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, merge};
use crate::{Flight, Problem};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The rows of this table and of others. Columns are matched by name and must have equal types.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concat {
    /// The other tables.
    #[schemars(length(min = 1))]
    pub with: Vec<String>,
    /// Whether a table may lack columns; its rows have nulls there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub union: bool,
}

impl Relational for Concat {
    fn name(&self) -> String {
        "concat".to_owned()
    }

    fn others(&self) -> Vec<&str> {
        self.with.iter().map(String::as_str).collect()
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut types = BTreeMap::new();
        for (column, found) in inputs.iter().flat_map(|input| input.schema.columns()).map(|c| (&c.name, c.data_type)) {
            let first = *types.entry(column.clone()).or_insert(found);
            if first != found {
                return Err(Problem::Type(format!("the column `{column}` is of type `{first}` and of type `{found}`")));
            }
        }
        if !self.union {
            inputs.iter().try_for_each(|input| input.require(types.keys().map(String::as_str)))?;
        }
        let mut inputs = inputs.into_iter();
        let mut all = super::one(inputs.by_ref().take(1).collect())?;
        for input in inputs {
            all.indirect.extend(input.indirect);
            for (column, sources) in input.sources {
                let before = all.sources.remove(&column).unwrap_or_default();
                all.sources.insert(column, merge(before.into_iter().chain(sources)));
            }
        }
        Ok(all)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let held = |input| names(input).filter(|column| wanted.contains(*column)).map(str::to_owned).collect();
        inputs.iter().map(held).collect()
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], inputs: &[Shape]) -> Vec<Way> {
        let of = |input: &Shape| Way::through(columns, |column| input.schema.get(column).map(|_| column.to_owned()));
        inputs.iter().map(of).collect()
    }

    fn run(&self, _: &mut Run, mut inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let seed = seed("concat");
        for (at, input) in inputs.iter_mut().enumerate() {
            let ids: Vec<u64> =
                ids(&input.frame, ROW)?.iter().flatten().map(|id| pair(seed, at as u64, Some(id))).collect();
            input.hide_ids("@concat")?;
            input.frame.with_column(Column::new(ROW.into(), ids)).map_err(bug)?;
        }
        let nodes: Vec<usize> = inputs.iter().flat_map(|input| input.nodes.iter().copied()).collect();
        let mut layout: Vec<(PlSmallStr, DataType)> = vec![(ROW.into(), DataType::UInt64)];
        layout.extend(nodes.iter().map(|node| (node_column(*node).into(), DataType::UInt64)));
        for column in inputs.iter().flat_map(|input| input.frame.columns()) {
            let known = layout.iter().any(|(name, _)| name == column.name()) || column.name() == "@concat";
            if !known {
                layout.push((column.name().clone(), column.dtype().clone()));
            }
        }
        let mut all = DataFrame::empty_with_schema(&layout.iter().cloned().collect());
        for input in inputs {
            let columns = layout.iter().map(|(name, data_type)| match input.frame.column(name) {
                Ok(column) => column.clone(),
                Err(_) => Column::full_null(name.clone(), input.rows(), data_type),
            });
            let part = DataFrame::new(input.rows(), columns.collect()).map_err(bug)?;
            all.vstack_mut_owned(part).map_err(bug)?;
        }
        Ok(Flight { frame: all, own: None, nodes })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    fn more() -> Table {
        table(df!("_row" => [10_u64, 30], "b" => ["p", "q"], "a" => [7_i64, 8]))
    }

    #[test]
    fn rows_of_both_tables_with_columns_by_name() {
        let plan = Plan::scan("t").concat(&[Plan::scan("u")], false);
        let tracked = run(&plan, &[("t", numbers()), ("u", more())]);
        let mut rows: Vec<_> =
            cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        rows.sort();
        assert_eq!(rows, ["1|x", "2|y", "3|z", "7|p", "8|q", "null|x"]);
        assert_eq!(pairs_of(&tracked, "t").len(), 4);
        assert_eq!(pairs_of(&tracked, "u").len(), 2);
        assert_eq!(sources(&tracked.columns()[0]), "t.a identity, u.a identity");
    }

    #[test]
    fn a_table_with_itself_gives_each_row_twice() {
        let t = Plan::scan("t");
        let tracked = run(&t.clone().concat(&[t], false), &[("t", numbers())]);
        assert_eq!(tracked.table().unwrap().len(), 8);
    }

    #[test]
    fn lacking_columns_are_an_error_or_null() {
        let plan = |union| Plan::scan("t").concat(&[Plan::scan("u").select(["a"])], union);
        let inputs = [("t", numbers()), ("u", more())];
        assert_eq!(refusal(&plan(false), &inputs), "operator 1 (`concat`) of table `t`: there is no column `b`");
        let tracked = run(&plan(true), &inputs);
        assert_eq!(cells(&tracked.table().unwrap()).iter().filter(|row| row.ends_with("|null")).count(), 2);
    }

    #[test]
    fn types_must_agree() {
        let plan = Plan::scan("t").concat(&[Plan::scan("u").rename([("a", "b"), ("b", "a")])], false);
        let found = refusal(&plan, &[("t", numbers()), ("u", more())]);
        assert!(found.ends_with("is of type `int64` and of type `string`"), "{found}");
    }
}
