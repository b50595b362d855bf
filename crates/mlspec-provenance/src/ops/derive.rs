//! `derive`: columns computed row by row.

use super::{names, one, with_columns};
use crate::engine::Run;
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_name};
use crate::sql::row_wise;
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Row-wise SQL expressions by column. All read the columns as they were before. A name that exists is replaced in its place;
/// new ones follow, sorted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Derive(pub BTreeMap<String, String>);

impl Derive {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        self.0.keys().try_for_each(|name| check_name(name))?;
        self.0.values().try_for_each(|sql| row_wise(sql).map(drop))
    }
}

impl Relational for Derive {
    fn name(&self) -> String {
        "derive".to_owned()
    }

    fn check(&self) -> Result<(), Problem> {
        Self::check(self)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        self.check()?;
        let mut derived = BTreeMap::new();
        for (name, sql) in &self.0 {
            let expression = row_wise(sql)?;
            let columns = || expression.columns().iter().map(String::as_str);
            shape.require(columns())?;
            let kind = if expression.is_column().is_some() { Dependency::Identity } else { Dependency::Transformation };
            derived.insert(name.clone(), shape.through(columns(), kind));
        }
        shape.sources.extend(derived);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let columns = inputs.iter().flat_map(names);
        let kept =
            columns.filter(|column| wanted.contains(*column) && !self.0.contains_key(*column)).map(str::to_owned);
        let derived = self.0.iter().filter(|(name, _)| wanted.contains(*name));
        let read = derived
            .flat_map(|(_, sql)| row_wise(sql).map(|expression| expression.columns().clone()).unwrap_or_default());
        vec![kept.chain(read).collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        let from = |column: &str| match self.0.get(column) {
            None => Some(column.to_owned()),
            Some(sql) => row_wise(sql).ok()?.is_column().map(str::to_owned),
        };
        vec![Way::through(columns, from)]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let derived: Vec<_> = self.0.iter().filter(|(name, _)| run.wanted.contains(*name)).collect();
        let schema = flight.frame.schema();
        let exprs = derived.iter().map(|(name, sql)| Ok(row_wise(sql)?.bind(schema)?.alias(name.as_str())));
        let exprs = exprs.collect::<Result<Vec<_>, Problem>>()?;
        let what = derived.iter().map(|(name, sql)| format!("{name}: {sql}")).collect::<Vec<_>>().join("`, `");
        let frame = with_columns(&flight.frame, exprs, &what)?;
        Ok(flight.with(frame))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn columns_are_computed_replaced_and_added() {
        let plan = Plan::scan("t").derive([("a", "a * 2"), ("z", "upper(b)"), ("c", "a"), ("one", "1")]).unwrap();
        let tracked = run(&plan, &[("t", numbers())]);
        assert_eq!(
            cells(&tracked.table().unwrap()),
            ["10|2|x|1|1|X", "11|4|y|2|1|Y", "12|6|z|3|1|Z", "13|null|x|null|1|X"]
        );
        let lineage: Vec<_> = tracked.columns().iter().map(sources).collect();
        assert_eq!(lineage, ["t.a transformation", "t.b identity", "t.a identity", "", "t.b transformation"]);
        assert!(tracked.is_identity());
    }

    #[test]
    fn all_expressions_read_the_columns_as_they_were() {
        let plan = Plan::scan("t").derive([("a", "0"), ("b", "a")]).unwrap().select(["b"]);
        assert_eq!(cells(&run(&plan, &[("t", numbers())]).table().unwrap()), ["10|1", "11|2", "12|3", "13|null"]);
    }

    #[test]
    fn values_that_fail_are_not_shown() {
        let plan = Plan::scan("t").derive([("n", "CAST(b AS BIGINT)")]).unwrap();
        let error = plan.run(&tables(&[("t", numbers())])).unwrap_err();
        assert_eq!(error.to_string(), "operator 0 (`derive`) of table `t`: `n: CAST(b AS BIGINT)` fails on some rows");
        let plan = Plan::scan("t").derive([("n", "TRY_CAST(b AS BIGINT)")]).unwrap().select(["n"]);
        assert_eq!(cells(&run(&plan, &[("t", numbers())]).table().unwrap())[0], "10|null");
    }

    #[test]
    fn types_and_columns_are_checked_before() {
        let check = |sql: &str| refusal(&Plan::scan("t").derive([("n", sql)]).unwrap(), &[("t", numbers())]);
        assert_eq!(check("lower(x)"), "operator 0 (`derive`) of table `t`: there is no column `x`");
        assert!(check("lower(a)").contains("operator 0 (`derive`)"));
        assert!(Plan::scan("t").derive([("_row", "a")]).is_err());
    }

    #[test]
    fn an_empty_table_passes() {
        let plan = Plan::scan("t").filter("false").unwrap().derive([("one", "1"), ("l", "lower(b)")]).unwrap();
        assert_eq!(run(&plan, &[("t", numbers())]).table().unwrap().len(), 0);
    }
}
