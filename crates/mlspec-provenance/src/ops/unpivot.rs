//! `unpivot`: columns become rows.

use super::{names, one};
use crate::engine::Run;
use crate::flight::{bug, ids};
use crate::hash::{pair, seed};
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, Sources, check_distinct, check_name, merge};
use crate::{Flight, Problem};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_64;

/// A row for each of some columns: its name and its value take the place of the columns; the others stay. The columns must be of
/// one type. Nulls are values like others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unpivot {
    /// The columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The name of the new column that holds names of columns.
    #[serde(default = "variable")]
    pub variable: String,
    /// The name of the new column that holds values.
    #[serde(default = "value")]
    pub value: String,
}

fn variable() -> String {
    "variable".to_owned()
}

fn value() -> String {
    "value".to_owned()
}

impl Unpivot {
    /// The columns become `variable` and `value`.
    pub fn columns<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), variable: variable(), value: value() }
    }

    fn is_new(&self, column: &str) -> bool {
        column == self.variable || column == self.value
    }
}

impl Relational for Unpivot {
    fn name(&self) -> String {
        "unpivot".to_owned()
    }

    fn check(&self) -> Result<(), Problem> {
        if self.columns.is_empty() {
            return Err(Problem::Parameter("`columns` names no column".to_owned()));
        }
        check_distinct(self.columns.iter().map(String::as_str))?;
        check_distinct([self.variable.as_str(), &self.value])?;
        [&self.variable, &self.value].into_iter().try_for_each(|name| check_name(name))
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        self.check()?;
        shape.require(self.columns.iter().map(String::as_str))?;
        let typed = |column: &String| shape.schema.get(column).map(|found| (column.clone(), found));
        let types: Vec<_> = self.columns.iter().filter_map(typed).collect();
        if let Some(pair) = types.windows(2).find(|pair| pair[0].1 != pair[1].1) {
            let [(one, of), (other, of_other)] = [&pair[0], &pair[1]];
            return Err(Problem::Type(format!(
                "the columns `{one}` ({of}) and `{other}` ({of_other}) have different types: cast one of them before"
            )));
        }
        let kept = names(&shape).filter(|name| !self.columns.iter().any(|column| column == name));
        check_distinct(kept.chain([self.variable.as_str(), &self.value]))?;
        let taken: Vec<Sources> = self.columns.iter().filter_map(|column| shape.sources.remove(column)).collect();
        shape.sources.insert(self.value.clone(), merge(taken.into_iter().flatten()));
        shape.sources.insert(self.variable.clone(), Sources::new());
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        let mut needed: BTreeSet<_> = wanted.iter().filter(|column| !self.is_new(column)).cloned().collect();
        if wanted.contains(&self.value) {
            needed.extend(self.columns.iter().cloned());
        }
        vec![needed]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::through(columns, |column| (!self.is_new(column)).then(|| column.to_owned()))]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let mut flight = one(inputs)?;
        let own = flight.hide_ids("@unpivoted")?;
        let from: Vec<u64> = ids(&flight.frame, &own)?.iter().flatten().collect();
        let others = flight.frame.drop_many(&self.columns).drop_many(["@unpivoted"]);
        let values = run.wanted.contains(&self.value);
        let seed = seed("unpivot");
        let mut all: Option<DataFrame> = None;
        for column in &self.columns {
            let mut part = others.clone();
            let name = xxh3_64(column.as_bytes());
            let made: Vec<u64> = from.iter().map(|id| pair(seed, *id, Some(name))).collect();
            part.with_column(Column::new(ROW.into(), made)).map_err(bug)?;
            let label = StringChunked::full(self.variable.as_str().into(), column, from.len());
            part.with_column(label.into_column()).map_err(bug)?;
            if values {
                let value = flight.frame.column(column).map_err(bug)?.clone().with_name(self.value.as_str().into());
                part.with_column(value).map_err(bug)?;
            }
            match &mut all {
                None => all = Some(part),
                Some(all) => all.vstack_mut_owned(part).map(drop).map_err(bug)?,
            }
        }
        let mut frame = all.unwrap_or(others);
        frame.rechunk_mut();
        Ok(Flight { frame, own: None, nodes: flight.nodes })
    }
}

#[cfg(test)]
mod tests {
    use super::Unpivot;
    use crate::testing::*;

    fn wide() -> Table {
        table(
            df!("_row" => [1_u64, 2], "k" => ["a", "b"], "jan" => [Some(1_i64), None], "feb" => [3_i64, 4], "s" => ["x", "y"]),
        )
    }

    #[test]
    fn columns_become_rows() {
        let plan = Plan::scan("t").unpivot(Unpivot::columns(["jan", "feb"])).unwrap();
        let tracked = run(&plan, &[("t", wide())]);
        assert_eq!(tracked.schema().names().collect::<Vec<_>>(), ["k", "s", "variable", "value"]);
        let mut rows: Vec<_> =
            cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        rows.sort();
        assert_eq!(rows, ["a|x|feb|3", "a|x|jan|1", "b|y|feb|4", "b|y|jan|null"]);
        assert_eq!(pairs_of(&tracked, "t").len(), 4);
        assert_eq!(sources(&tracked.columns()[3]), "t.feb identity, t.jan identity");
        assert_eq!(sources(&tracked.columns()[2]), "");
    }

    #[test]
    fn ids_depend_on_names_and_not_on_their_order() {
        let ids = |columns: [&str; 2]| {
            let plan = Plan::scan("t").unpivot(Unpivot::columns(columns)).unwrap().select(["variable"]);
            run(&plan, &[("t", wide())]).table().unwrap().ids()
        };
        assert_eq!(ids(["jan", "feb"]), ids(["feb", "jan"]));
    }

    #[test]
    fn types_and_names_must_fit() {
        let check = |unpivot: Unpivot, expect: &str| {
            let found = refusal(&Plan::scan("t").unpivot(unpivot).unwrap(), &[("t", wide())]);
            assert!(found.ends_with(expect), "{found}");
        };
        check(Unpivot::columns(["jan", "k"]), "have different types: cast one of them before");
        check(Unpivot::columns(["z"]), "there is no column `z`");
        check(Unpivot { value: "s".into(), ..Unpivot::columns(["jan"]) }, "two columns would be named `s`");
        assert!(Plan::scan("t").unpivot(Unpivot::columns([""; 0])).is_err());
        assert!(Plan::scan("t").unpivot(Unpivot { value: "variable".into(), ..Unpivot::columns(["jan"]) }).is_err());
    }
}
