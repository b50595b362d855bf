//! `group_by`: one row per key, with aggregates.

use super::aggregate::Aggregate;
use super::groups::{Groups, check_parts};
use super::one;
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct, check_name};
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_table::ROW;
use mlspec_table::polars::prelude::{Column, DataFrame};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One row per key. The result has the keys, in this order, then the aggregates, sorted by name. As keys null is a value like
/// others, NaN equals NaN, and −0 equals 0. Without keys there is one row over all rows, also where there are none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupBy {
    /// The key columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The aggregates, by the name of the column they make.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aggregates: BTreeMap<String, Aggregate>,
}

impl Relational for GroupBy {
    fn name(&self) -> String {
        "group_by".to_owned()
    }

    fn check(&self) -> Result<(), Problem> {
        if self.keys.is_empty() && self.aggregates.is_empty() {
            return Err(Problem::Parameter("without `keys` there must be `aggregates`".to_owned()));
        }
        self.aggregates.values().try_for_each(Aggregate::check)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        check_parts(&shape, &self.keys)?;
        self.aggregates.keys().try_for_each(|name| check_name(name))?;
        check_distinct(self.keys.iter().chain(self.aggregates.keys()).map(String::as_str))?;
        shape.note(self.keys.iter().map(String::as_str), Dependency::Group);
        let mut sources: BTreeMap<_, _> = BTreeMap::new();
        for (name, aggregate) in &self.aggregates {
            aggregate.check()?;
            shape.require(aggregate.column.as_deref())?;
            aggregate.check_order(&shape)?;
            sources.insert(name.clone(), shape.through(aggregate.columns(), Dependency::Aggregation));
        }
        for key in &self.keys {
            sources.extend(shape.sources.remove_entry(key));
        }
        shape.sources = sources;
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        let aggregates = self.aggregates.iter().filter(|(name, _)| wanted.contains(*name));
        let read = aggregates.flat_map(|(_, aggregate)| aggregate.columns()).map(str::to_owned);
        vec![self.keys.iter().cloned().chain(read).collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::part(&self.keys)
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::parts(columns, &self.keys)]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let groups = match self.keys.is_empty() {
            true => Groups::all(&flight, "group_by", true)?,
            false => Groups::new(&flight, &self.keys, "group_by")?,
        };
        let node = groups.node(run, &flight)?;
        let mut columns = Vec::new();
        for key in &self.keys {
            columns.push(flight.frame.column(key).and_then(|column| column.take(&groups.first)).map_err(bug)?);
        }
        for (name, aggregate) in self.aggregates.iter().filter(|(name, _)| run.wanted.contains(*name)) {
            columns.push(aggregate.compute(&groups, &flight.frame)?.with_name(name.as_str().into()));
        }
        columns.push(Column::new(ROW.into(), groups.ids));
        let frame = DataFrame::new_infer_height(columns).map_err(bug)?;
        Ok(Flight { frame, own: Some(node), nodes: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Aggregate, AggregateFunction as F};
    use crate::testing::*;

    fn check(aggregates: &[(&str, Aggregate)], expect: &[&str]) {
        let plan = Plan::scan("t").group_by(["b"], aggregates.iter().cloned()).unwrap();
        let tracked = run(&plan, &[("t", numbers())]);
        let mut rows: Vec<_> =
            cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        rows.sort();
        assert_eq!(rows, expect, "{aggregates:?}");
    }

    #[test]
    fn one_row_per_key() {
        let of = |function| Aggregate::of(function, "a");
        check(&[("n", Aggregate::count()), ("v", of(F::Count))], &["x|2|1", "y|1|1", "z|1|1"]);
        check(&[("s", of(F::Sum)), ("m", of(F::Mean))], &["x|1.0|1", "y|2.0|2", "z|3.0|3"]);
        check(&[("l", of(F::Min)), ("u", of(F::Max))], &["x|1|1", "y|2|2", "z|3|3"]);
        check(&[("f", of(F::First)), ("q", of(F::NUnique))], &["x|1|1", "y|2|1", "z|3|1"]);
        check(&[("d", of(F::Std)), ("e", of(F::Median))], &["x|null|1.0", "y|null|2.0", "z|null|3.0"]);
    }

    #[test]
    fn truth_values() {
        let plan = Plan::scan("t").derive([("p", "a > 1"), ("k", "1")]).unwrap();
        let plan =
            plan.group_by(["k"], [("any", Aggregate::of(F::Any, "p")), ("all", Aggregate::of(F::All, "p"))]).unwrap();
        let rows = cells(&run(&plan, &[("t", numbers())]).table().unwrap());
        assert!(rows[0].ends_with("|1|false|true"), "{rows:?}");
    }

    #[test]
    fn null_and_nan_are_one_group_each() {
        let rows = table(df!(
            "_row" => [1_u64, 2, 3, 4, 5, 6],
            "x" => [None, Some(f64::NAN), None, Some(-f64::NAN), Some(0.0), Some(-0.0)]
        ));
        let plan = Plan::scan("t").group_by(["x"], [("n", Aggregate::count())]).unwrap();
        let tracked = run(&plan, &[("t", rows)]);
        assert_eq!(tracked.table().unwrap().len(), 3);
        assert_eq!(pairs_of(&tracked, "t").len(), 6);
    }

    #[test]
    fn a_group_comes_from_all_its_rows() {
        let plan = Plan::scan("t").group_by(["b"], [("s", Aggregate::of(F::Sum, "a"))]).unwrap();
        let tracked = run(&plan, &[("t", numbers())]);
        assert_eq!(pairs_of(&tracked, "t").len(), 4);
        assert!(!tracked.is_identity());
        assert_eq!(sources(&tracked.columns()[1]), "t.a aggregation");
        assert_eq!(all_sources(tracked.indirect()), "t.b group");
    }

    #[test]
    fn an_empty_table_passes_and_sums_that_overflow_do_not() {
        let plan =
            Plan::scan("t").filter("false").unwrap().group_by(["b"], [("s", Aggregate::of(F::Sum, "a"))]).unwrap();
        assert_eq!(run(&plan, &[("t", numbers())]).table().unwrap().len(), 0);
        let rows = table(df!("_row" => [1_u64, 2], "b" => ["x", "x"], "a" => [i64::MAX, 1]));
        let plan = Plan::scan("t").group_by(["b"], [("s", Aggregate::of(F::Sum, "a"))]).unwrap();
        let error = plan.run(&tables(&[("t", rows)])).unwrap_err().to_string();
        assert_eq!(error, "operator 0 (`group_by`) of table `t`: the sum of column `a` is beyond 64 bits");
    }

    #[test]
    fn a_plan_finds_what_cannot_be_aggregated() {
        let check = |aggregate: Aggregate, expect: &str| {
            let plan = Plan::scan("t").group_by(["b"], [("s", aggregate)]).unwrap();
            let found = refusal(&plan, &[("t", numbers())]);
            assert_eq!(found, format!("operator 0 (`group_by`) of table `t`: {expect}"));
        };
        check(Aggregate::of(F::Mean, "b"), "`mean` cannot aggregate the column `b` of type `str`");
        check(Aggregate::of(F::Mean, "z"), "there is no column `z`");
        let none = Aggregate { function: F::Mean, ..Aggregate::count() };
        assert!(Plan::scan("t").group_by(["b"], [("s", none)]).is_err());
    }
}
