//! `map`: columns computed by a Rust function, in the builder only.

use super::{in_columns, names, one};
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct, check_name};
use crate::{Flight, Problem};
use mlspec_record::{DataType, Dependency};
use mlspec_table::polars::prelude::{Column, DataFrame};
use mlspec_table::to_polars;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What computes columns from columns.
type Function = dyn Fn(&[Column]) -> Result<Vec<Column>, String> + Send + Sync;

/// A Rust function over named columns. It must compute each row's values from that row alone, and always the same; it is called
/// on whole columns. Name and version stand for it in records, so a changed function needs another version.
#[derive(Clone)]
pub struct Map {
    name: String,
    inputs: Vec<String>,
    outputs: Vec<(String, DataType)>,
    function: Arc<Function>,
}

impl Map {
    /// A function of this name and version, which reads these columns and writes those; existing ones are replaced.
    pub fn new<S: Into<String>, T: Into<String>>(
        name: &str,
        version: &str,
        inputs: impl IntoIterator<Item = S>,
        outputs: impl IntoIterator<Item = (T, DataType)>,
        function: impl Fn(&[Column]) -> Result<Vec<Column>, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: format!("map {name}@{version}"),
            inputs: inputs.into_iter().map(Into::into).collect(),
            outputs: outputs.into_iter().map(|(name, data_type)| (name.into(), data_type)).collect(),
            function: Arc::new(function),
        }
    }

    fn call(&self, flight: &Flight) -> Result<Vec<Column>, Problem> {
        let promised = |problem: String| Problem::Function { function: self.name.clone(), problem };
        let names = || self.inputs.iter().map(String::as_str);
        let once: BTreeSet<&str> = names().collect();
        let inputs = flight.frame.select_to_vec(once).and_then(|inputs| DataFrame::new(flight.rows(), inputs));
        let call = |whole: DataFrame| {
            let inputs = whole.select_to_vec(names()).map_err(bug)?;
            let computed = (self.function)(&inputs).map_err(|error| promised(format!("failed: {error}")))?;
            match computed.iter().find(|column| column.len() != whole.height()) {
                None => Ok(computed),
                Some(wrong) => Err(promised(format!("gave {} values for {} rows", wrong.len(), whole.height()))),
            }
        };
        let head = |computed: Vec<Column>| computed.iter().map(|column| column.head(Some(1))).collect();
        let columns = in_columns(&inputs.map_err(bug)?, call, head)?;
        if columns.len() != self.outputs.len() {
            return Err(promised(format!("gave {} columns, expected {}", columns.len(), self.outputs.len())));
        }
        let checked = columns.into_iter().zip(&self.outputs).map(|(column, (name, data_type))| {
            if *column.dtype() != to_polars(*data_type) {
                return Err(promised(format!("gave `{name}` as `{}`, expected `{data_type}`", column.dtype())));
            }
            Ok(column.with_name(name.as_str().into()))
        });
        checked.collect()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("name", &self.name).field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl Relational for Map {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        shape.require(self.inputs.iter().map(String::as_str))?;
        self.outputs.iter().try_for_each(|(name, _)| check_name(name))?;
        check_distinct(self.outputs.iter().map(|(name, _)| name.as_str()))?;
        let through = shape.through(self.inputs.iter().map(String::as_str), Dependency::Transformation);
        shape.sources.extend(self.outputs.iter().map(|(name, _)| (name.clone(), through.clone())));
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let columns = inputs.iter().flat_map(names).filter(|column| wanted.contains(*column)).map(str::to_owned);
        vec![columns.chain(self.inputs.iter().cloned()).collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::EachRow
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        let made = |column: &str| self.outputs.iter().any(|(name, _)| name == column);
        vec![Way::through(columns, |column| (!made(column)).then(|| column.to_owned()))]
    }

    fn run(&self, _: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let mut flight = one(inputs)?;
        // On no rows the types are known without the function.
        let columns = match flight.rows() {
            0 => {
                self.outputs.iter().map(|(name, to)| Column::new_empty(name.as_str().into(), &to_polars(*to))).collect()
            }
            _ => self.call(&flight)?,
        };
        for column in columns {
            flight.frame.with_column(column).map_err(bug)?;
        }
        Ok(flight)
    }
}

#[cfg(test)]
mod tests {
    use super::Map;
    use crate::testing::*;
    use mlspec_record::DataType;
    use mlspec_table::polars::prelude::*;

    fn doubled(data_type: DataType, give: impl Fn(&Column) -> Vec<Column> + Send + Sync + 'static) -> Plan {
        Plan::scan("t")
            .map(Map::new("double", "1", ["a"], [("twice", data_type)], move |columns| Ok(give(&columns[0]))))
    }

    #[test]
    fn a_function_computes_columns() {
        let plan = doubled(DataType::Int64, |a| vec![a * 2]);
        let tracked = run(&plan, &[("t", numbers())]);
        assert_eq!(cells(&tracked.table().unwrap())[1], "11|2|y|4");
        assert_eq!(sources(&tracked.columns()[2]), "t.a transformation");
        assert_eq!(tracked.reports()[0].operator, "map double@1");
        assert!(tracked.is_identity());
    }

    #[test]
    fn a_function_must_keep_its_promise() {
        let check = |plan: Plan, expect: &str| {
            let error = plan.run(&tables(&[("t", numbers())])).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("operator 0 (`map double@1`) of table `t`: the function `map double@1` {expect}")
            );
        };
        check(doubled(DataType::Int64, |_| vec![]), "gave 0 columns, expected 1");
        check(doubled(DataType::Int64, |a| vec![a.head(Some(1))]), "gave 1 values for 4 rows");
        check(doubled(DataType::String, |a| vec![a.clone()]), "gave `twice` as `i64`, expected `string`");
    }
}
