//! `pivot`: values become columns.

use super::aggregate::{Aggregate, AggregateFunction};
use super::fill_nulls::Constant;
use super::groups::{Groups, check_keys};
use super::one;
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct, check_name};
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One row per key, and a column per declared value of another column, which holds an aggregate of the rows that have both. The
/// result has the keys, in this order, then the new columns, sorted by name. Where no row has both there is null, or 0 if rows
/// or values are counted. A key stays though none of its rows has a declared value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pivot {
    /// The key columns.
    #[schemars(length(min = 1))]
    pub keys: Vec<String>,
    /// The column whose values become columns.
    pub on: String,
    /// The values, by the name of the column that each becomes. They are declared so that the columns are known before data is
    /// read; other values are left out.
    pub values: BTreeMap<String, Constant>,
    /// What the new columns hold.
    pub aggregate: Aggregate,
}

impl Pivot {
    /// Which rows have a value.
    fn having(&self, values: &Series, name: &str, constant: &Constant) -> Result<BooleanChunked, Problem> {
        let wanted = constant.fitting(&self.on, values.dtype())?.take_materialized_series();
        let found = values.equal_missing(&wanted.new_from_index(0, values.len())).map_err(bug)?;
        Ok(found.with_name(name.into()))
    }
}

impl Relational for Pivot {
    fn name(&self) -> String {
        "pivot".to_owned()
    }

    fn check(&self) -> Result<(), Problem> {
        if self.values.is_empty() {
            return Err(Problem::Parameter("`values` declares no value".to_owned()));
        }
        self.aggregate.check()
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        Relational::check(self)?;
        check_keys(&shape, &self.keys)?;
        let read: Vec<&str> = self.aggregate.columns().chain([self.on.as_str()]).collect();
        shape.require(read.iter().copied())?;
        self.values.keys().try_for_each(|name| check_name(name))?;
        check_distinct(self.keys.iter().chain(self.values.keys()).map(String::as_str))?;
        if self.keys.contains(&self.on) {
            return Err(Problem::Parameter(format!("`{}` is a key and cannot become columns too", self.on)));
        }
        shape.note(self.keys.iter().map(String::as_str), Dependency::Group);
        let sources = shape.through(read, Dependency::Aggregation);
        let mut all: BTreeMap<_, _> = self.values.keys().map(|name| (name.clone(), sources.clone())).collect();
        all.extend(self.keys.iter().filter_map(|key| shape.sources.remove_entry(key)));
        shape.sources = all;
        Ok(shape)
    }

    fn needs(&self, _: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        let read = self.aggregate.columns().map(str::to_owned);
        vec![self.keys.iter().cloned().chain(read).chain([self.on.clone()]).collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::part(&self.keys)
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::parts(columns, &self.keys)]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let groups = Groups::new(&flight, &self.keys, "pivot")?;
        let node = groups.node(run, &flight)?;
        let mut columns = Vec::new();
        for key in &self.keys {
            columns.push(flight.frame.column(key).and_then(|column| column.take(&groups.first)).map_err(bug)?);
        }
        let values = flight.frame.column(&self.on).map_err(bug)?.as_materialized_series();
        let counts = matches!(self.aggregate.function, AggregateFunction::Count | AggregateFunction::NUnique);
        for (name, constant) in &self.values {
            let having = self.having(values, name, constant)?;
            let some = groups.only(&having);
            let made = self.aggregate.compute(&some, &flight.frame)?.with_name(name.as_str().into());
            let empty: BooleanChunked = some.each(|rows| Some(!rows.is_empty())).into_iter().collect();
            let nothing = Series::full_null(name.as_str().into(), some.len(), made.dtype());
            columns.push(match counts {
                true => made,
                false => made.as_materialized_series().zip_with(&empty, &nothing).map_err(bug)?.into_column(),
            });
        }
        columns.push(Column::new(ROW.into(), groups.ids));
        let frame = DataFrame::new_infer_height(columns).map_err(bug)?;
        Ok(Flight { frame, own: Some(node), nodes: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::Pivot;
    use crate::testing::*;
    use crate::{Aggregate, AggregateFunction as F};

    fn sales() -> Table {
        table(df!(
            "_row" => [1_u64, 2, 3, 4, 5, 6],
            "shop" => [Some("p"), Some("p"), Some("q"), None, Some("q"), Some("r")],
            "month" => [Some("jan"), Some("feb"), Some("jan"), Some("jan"), Some("jan"), Some("may")],
            "amount" => [Some(1_i64), Some(2), Some(3), Some(4), Some(5), Some(6)]
        ))
    }

    fn pivot(aggregate: Aggregate, on: &str) -> Pivot {
        let values = [("first".to_owned(), "jan".into()), ("second".to_owned(), "feb".into())].into();
        Pivot { keys: vec!["shop".into()], on: on.into(), values, aggregate }
    }

    #[track_caller]
    fn check(aggregate: Aggregate, expect: &[&str]) -> Tracked {
        let tracked = run(&Plan::scan("t").pivot(pivot(aggregate, "month")).unwrap(), &[("t", sales())]);
        let mut rows: Vec<_> =
            cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        rows.sort();
        assert_eq!(rows, expect);
        tracked
    }

    #[test]
    fn values_become_columns() {
        let tracked = check(Aggregate::of(F::Sum, "amount"), &["null|4|null", "p|1|2", "q|8|null", "r|null|null"]);
        assert_eq!(pairs_of(&tracked, "t").len(), 6);
        assert_eq!(sources(&tracked.columns()[1]), "t.amount aggregation, t.month aggregation");
        assert_eq!(all_sources(tracked.indirect()), "t.shop group");
        check(Aggregate::count(), &["null|1|0", "p|1|1", "q|2|0", "r|0|0"]);
        check(Aggregate::of(F::First, "amount"), &["null|4|null", "p|1|2", "q|3|null", "r|null|null"]);
        check(Aggregate::of(F::Mean, "amount"), &["null|4.0|null", "p|1.0|2.0", "q|4.0|null", "r|null|null"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |pivot: Pivot, expect: &str| {
            let found = refusal(&Plan::scan("t").pivot(pivot).unwrap(), &[("t", sales())]);
            assert!(found.ends_with(expect), "{found}");
        };
        check(pivot(Aggregate::count(), "amount"), "the constant for column `amount` does not fit its type `i64`");
        check(pivot(Aggregate::count(), "shop"), "`shop` is a key and cannot become columns too");
        check(pivot(Aggregate::count(), "z"), "there is no column `z`");
        check(
            pivot(Aggregate::of(F::Mean, "month"), "month"),
            "`mean` cannot aggregate the column `month` of type `str`",
        );
        let none = Pivot { values: Default::default(), ..pivot(Aggregate::count(), "month") };
        assert!(Plan::scan("t").pivot(none).is_err());
    }
}
