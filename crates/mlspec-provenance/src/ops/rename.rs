//! `rename`: other names for columns.

use super::{names, one};
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct, check_name};
use crate::{Flight, Problem};
use mlspec_table::polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// New names by old name. All change at once, so names can be swapped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Rename(pub BTreeMap<String, String>);

impl Rename {
    fn new_name<'a>(&'a self, column: &'a str) -> &'a str {
        self.0.get(column).map_or(column, String::as_str)
    }
}

impl Relational for Rename {
    fn name(&self) -> String {
        "rename".to_owned()
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        shape.require(self.0.keys().map(String::as_str))?;
        self.0.values().try_for_each(|name| check_name(name))?;
        check_distinct(names(&shape).map(|column| self.new_name(column)))?;
        let sources = std::mem::take(&mut shape.sources);
        shape.sources = sources.into_iter().map(|(column, from)| (self.new_name(&column).to_owned(), from)).collect();
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let columns = inputs.iter().flat_map(names);
        vec![columns.filter(|column| wanted.contains(self.new_name(column))).map(str::to_owned).collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        let old = |new: &str| {
            let renamed = self.0.iter().find(|(_, name)| *name == new).map(|(old, _)| old.clone());
            renamed.or_else(|| Some(new.to_owned()))
        };
        vec![Way::through(columns, old)]
    }

    fn run(&self, _: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let renamed = flight.frame.columns().iter().map(|column| match self.0.get(column.name().as_str()) {
            Some(name) => column.clone().with_name(name.as_str().into()),
            None => column.clone(),
        });
        let frame = DataFrame::new(flight.rows(), renamed.collect()).map_err(bug)?;
        Ok(flight.with(frame))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn names_can_be_swapped() {
        let tracked = run(&Plan::scan("t").rename([("a", "b"), ("b", "a")]), &[("t", numbers())]);
        let table = tracked.table().unwrap();
        assert_eq!(table.schema().names().collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(sources(&tracked.columns()[0]), "t.a identity");
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        let check = |new: &str, expect: &str| {
            let plan = Plan::scan("t").rename([("a", new)]);
            assert!(refusal(&plan, &[("t", numbers())]).ends_with(expect));
        };
        check("b", "two columns would be named `b`");
        check("_row", "names are not empty and do not begin with `_row` or `@`");
        check("@1", "names are not empty and do not begin with `_row` or `@`");
    }
}
