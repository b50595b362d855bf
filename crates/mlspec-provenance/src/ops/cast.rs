//! `cast`: other types for columns.

use super::one;
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::{DataType, Dependency};
use mlspec_table::polars::prelude as pl;
use mlspec_table::to_polars;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// New types by column. A value that does not fit its new type is an error; null stays null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Cast(pub BTreeMap<String, DataType>);

impl Relational for Cast {
    fn name(&self) -> String {
        "cast".to_owned()
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        shape.require(self.0.keys().map(String::as_str))?;
        for column in self.0.keys() {
            let through = shape.through([column.as_str()], Dependency::Transformation);
            shape.sources.insert(column.clone(), through);
        }
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        vec![wanted.clone()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::through(columns, |column| (!self.0.contains_key(column)).then(|| column.to_owned()))]
    }

    fn run(&self, _: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let mut flight = one(inputs)?;
        for (name, to) in &self.0 {
            if flight.has(name) {
                let column = cast(flight.frame.column(name).map_err(bug)?, *to)?;
                flight.frame.with_column(column).map_err(bug)?;
            }
        }
        Ok(flight)
    }
}

/// Casts every value, or says how many do not fit.
pub(crate) fn cast(column: &pl::Column, to: DataType) -> Result<pl::Column, Problem> {
    let found = column.dtype();
    if found.is_list() != to_polars(to).is_list() {
        return Err(Problem::Type(format!("the column `{}` of type `{found}` cannot become `{to}`", column.name())));
    }
    let impossible = |error: pl::PolarsError| match column.is_empty() {
        true => Problem::Type(format!("the column `{}` cannot become `{to}`: {error}", column.name())),
        false => Problem::Cast { column: column.name().to_string(), to, rows: column.len() - column.null_count() },
    };
    let cast = column.cast(&to_polars(to)).map_err(impossible)?;
    match cast.null_count().saturating_sub(column.null_count()) {
        0 => Ok(cast),
        rows => Err(Problem::Cast { column: column.name().to_string(), to, rows }),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use mlspec_record::DataType;

    #[test]
    fn types_change_and_ids_stay() {
        let tracked = run(&Plan::scan("t").cast([("a", DataType::String)]), &[("t", numbers())]);
        assert_eq!(tracked.schema().get("a"), Some(DataType::String));
        assert_eq!(sources(&tracked.columns()[0]), "t.a transformation");
        assert!(tracked.is_identity());
    }

    #[test]
    fn values_that_do_not_fit_are_counted_not_shown() {
        let plan = Plan::scan("t").cast([("b", DataType::Int64)]);
        let error = plan.run(&tables(&[("t", numbers())])).unwrap_err().to_string();
        assert_eq!(error, "operator 0 (`cast`) of table `t`: 4 values of column `b` cannot become `int64`");
        let plan = Plan::scan("t").derive([("a", "a * 100")]).unwrap().cast([("a", DataType::Int8)]);
        let error = plan.run(&tables(&[("t", numbers())])).unwrap_err().to_string();
        assert_eq!(error, "operator 1 (`cast`) of table `t`: 2 values of column `a` cannot become `int8`");
    }

    #[test]
    fn impossible_casts_are_refused_before() {
        let plan = Plan::scan("t").cast([("a", DataType::ListString)]);
        let expect = "operator 0 (`cast`) of table `t`: the column `a` of type `i64` cannot become `list_string`";
        assert_eq!(refusal(&plan, &[("t", numbers())]), expect);
    }
}
