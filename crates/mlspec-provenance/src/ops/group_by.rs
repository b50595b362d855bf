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
    use super::super::{Aggregate, AggregateFunction as F, OrderBy};
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

    /// Ids that go against the order of `t`; a group of nulls.
    fn ordered() -> Table {
        table(df!(
            "_row" => [1_u64, 2, 3, 4, 5, 6],
            "k" => ["x", "x", "x", "x", "y", "y"],
            "t" => [Some(3_i64), Some(2), Some(2), None, Some(1), Some(1)],
            "v" => [Some(5.0), Some(-0.0), Some(0.0), Some(5.0), None, None],
            "s" => [Some("a"), Some("b"), None, Some("d"), None, None]
        ))
    }

    #[track_caller]
    fn check_ordered(aggregate: Aggregate, expect: [&str; 2]) {
        let plan = Plan::scan("t").group_by(["k"], [("made", aggregate.clone())]).unwrap();
        let tracked = run(&plan, &[("t", ordered())]);
        let mut rows: Vec<_> =
            cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        rows.sort();
        assert_eq!(rows, [format!("x|{}", expect[0]), format!("y|{}", expect[1])], "{aggregate:?}");
    }

    #[test]
    fn values_in_an_order() {
        let by = || [OrderBy::ascending("t")];
        let of = Aggregate::of;
        check_ordered(of(F::First, "s"), ["a", "null"]);
        check_ordered(of(F::Last, "s"), ["d", "null"]);
        check_ordered(of(F::First, "s").order_by(by()), ["b", "null"]);
        check_ordered(of(F::Last, "v").order_by([OrderBy::descending("t")]), ["5.0", "null"]);
        check_ordered(of(F::Join, "s").order_by(by()), ["b,a,d", ""]);
        check_ordered(Aggregate { separator: Some(" ; ".into()), ..of(F::Join, "s") }, ["a ; b ; d", ""]);
        check_ordered(of(F::List, "s").order_by(by()), ["[\"b\", \"a\", \"d\"]", "[]"]);
        check_ordered(of(F::List, "v"), ["[5.0, -0.0, … 5.0]", "[]"]);
    }

    #[test]
    fn frequent_values_and_quantiles() {
        check_ordered(Aggregate::of(F::Mode, "v"), ["-0.0", "null"]);
        check_ordered(Aggregate::of(F::Mode, "s"), ["a", "null"]);
        check_ordered(Aggregate::of(F::Mode, "t"), ["2", "1"]);
        check_ordered(Aggregate::quantile("t", 0.75), ["2.5", "1.0"]);
        check_ordered(Aggregate::quantile("v", 1.0), ["5.0", "null"]);
    }

    #[test]
    fn without_keys_there_is_one_row() {
        let all = [("n", Aggregate::count()), ("s", Aggregate::of(F::Sum, "v")), ("f", Aggregate::of(F::First, "s"))];
        let plan = Plan::scan("t").group_by([""; 0], all).unwrap();
        let row = |table: Table| {
            let tracked = run(&plan, &[("t", table)]);
            (cells(&tracked.table().unwrap())[0].split_once('|').unwrap().1.to_owned(), pairs_of(&tracked, "t").len())
        };
        assert_eq!(row(ordered()), ("a|6|10.0".to_owned(), 6));
        assert_eq!(row(Table::new(ordered().frame().clear()).unwrap()), ("null|0|0.0".to_owned(), 0));
        let none: Vec<(&str, Aggregate)> = Vec::new();
        assert!(Plan::scan("t").group_by([""; 0], none).is_err());
    }

    #[test]
    fn what_aggregates_are_told_must_fit_them() {
        for aggregate in [
            Aggregate::of(F::Quantile, "t"),
            Aggregate::quantile("t", 1.5),
            Aggregate { q: Some(0.5), ..Aggregate::of(F::Sum, "t") },
            Aggregate { separator: Some(",".into()), ..Aggregate::of(F::List, "s") },
            Aggregate::of(F::Sum, "t").order_by([OrderBy::ascending("t")]),
        ] {
            assert!(Plan::scan("t").group_by(["k"], [("made", aggregate.clone())]).is_err(), "{aggregate:?}");
        }
        let check = |aggregate: Aggregate, expect: &str| {
            let found = refusal(&Plan::scan("t").group_by(["k"], [("made", aggregate)]).unwrap(), &[("t", ordered())]);
            assert!(found.ends_with(expect), "{found}");
        };
        check(Aggregate::of(F::Join, "t"), "`join` cannot aggregate the column `t` of type `i64`");
        check(Aggregate::of(F::List, "t"), "`list` cannot aggregate the column `t` of type `i64`");
        check(Aggregate::of(F::First, "t").order_by([OrderBy::ascending("z")]), "there is no column `z`");
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
