//! `fill_nulls`: constants where values lack.

use super::cast::cast;
use super::one;
use crate::engine::Run;
use crate::flight::bug;
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_table::polars::prelude::{Column, DataType, IntoLazy as _, col, lit};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A text, number or truth value. For a column of days or moments: a text such as `2022-01-31`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Constant(Value);

impl JsonSchema for Constant {
    fn schema_name() -> Cow<'static, str> {
        "Constant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "boolean"],
            "description": "A text, number or truth value. For a column of days or moments: a text such as `2022-01-31`."
        })
    }
}

impl<T: Into<Value>> From<T> for Constant {
    fn from(value: T) -> Self {
        Self(value.into())
    }
}

impl Constant {
    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_str()
    }

    /// The constant as a column of one value, of its own type.
    fn column(&self) -> Result<Column, Problem> {
        let name = "@constant".into();
        match &self.0 {
            Value::String(text) => Ok(Column::new(name, [text.as_str()])),
            Value::Bool(value) => Ok(Column::new(name, [*value])),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(value), ..) => Ok(Column::new(name, [value])),
                (None, Some(value), _) => Ok(Column::new(name, [value])),
                (None, None, Some(value)) => Ok(Column::new(name, [value])),
                _ => Err(Problem::Parameter(format!("`{number}` is no constant"))),
            },
            other => {
                Err(Problem::Parameter(format!("`{other}` is no constant: expected a text, number or truth value")))
            }
        }
    }

    /// The constant as a value of a column's type. No text becomes a number or truth value, nor the other way round.
    pub(crate) fn fitting(&self, column: &str, wanted: &DataType) -> Result<Column, Problem> {
        let constant = self.column()?;
        let text = matches!(self.0, Value::String(_));
        let unfit = || Problem::Type(format!("the constant for column `{column}` does not fit its type `{wanted}`"));
        let kinds_agree = match wanted {
            DataType::Boolean => self.0.is_boolean(),
            DataType::String | DataType::Date | DataType::Datetime(..) | DataType::Time => text,
            DataType::Duration(_) | DataType::Binary | DataType::List(_) => false,
            _ if wanted.is_integer() => self.0.is_i64() || self.0.is_u64(),
            _ => self.0.is_number(),
        };
        if !kinds_agree {
            return Err(unfit());
        }
        let wanted = mlspec_table::from_polars(wanted).ok_or_else(unfit)?;
        cast(&constant, wanted).map_err(|_| unfit())
    }
}

/// Constants by column, which stand in for null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FillNulls(pub BTreeMap<String, Constant>);

impl FillNulls {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        self.0.values().try_for_each(|constant| constant.column().map(drop))
    }
}

impl Relational for FillNulls {
    fn name(&self) -> String {
        "fill_nulls".to_owned()
    }

    fn check(&self) -> Result<(), Problem> {
        Self::check(self)
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
        let flight = one(inputs)?;
        let mut filled = Vec::new();
        for (name, constant) in self.0.iter().filter(|(name, _)| flight.has(name)) {
            let wanted = flight.frame.column(name).map_err(bug)?.dtype().clone();
            let constant = constant.fitting(name, &wanted)?;
            let value = constant.get(0).map_err(bug)?.into_static();
            let value = lit(mlspec_table::polars::prelude::Scalar::new(wanted, value));
            filled.push(col(name.as_str()).fill_null(value));
        }
        let frame = flight.frame.clone().lazy().with_columns(filled).collect().map_err(bug)?;
        Ok(flight.with(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::Constant;
    use crate::testing::*;

    #[test]
    fn nulls_become_the_constant() {
        let tracked = run(&Plan::scan("t").fill_nulls([("a", -1)]), &[("t", numbers())]);
        assert_eq!(cells(&tracked.table().unwrap())[3], "13|-1|x");
        assert_eq!(sources(&tracked.columns()[0]), "t.a transformation");
    }

    #[test]
    fn days_are_texts() {
        let plan = Plan::scan("t").derive([("d", "CASE WHEN a > 1 THEN DATE '2020-01-01' END")]).unwrap();
        let plan = plan.fill_nulls([("d", "2022-01-31")]).select(["d"]);
        assert_eq!(cells(&run(&plan, &[("t", numbers())]).table().unwrap())[0], "10|2022-01-31");
    }

    #[test]
    fn constants_of_other_types_are_refused() {
        let check = |constant: Constant| {
            let error = refusal(&Plan::scan("t").fill_nulls([("a", constant)]), &[("t", numbers())]);
            assert!(error.contains("constant"), "{error}");
        };
        check("1".into());
        check(1.5.into());
        check(true.into());
        check(vec![1].into());
    }
}
