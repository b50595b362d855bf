//! `range`: values lie within bounds. Null is not looked at; NaN lies within none.

use super::{Expectation, Finding, Seen, is_ordered, refused, type_of, values};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use mlspec_table::format::parse_value;
use mlspec_table::polars::prelude::{DataType as PolarsType, Series};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Values lie within bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The column: numbers, dates, times or moments. Null is not looked at.
    #[schemars(length(min = 1))]
    pub column: String,
    /// The least value: a number, or a date, time or moment as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = ["number", "string"]))]
    pub min: Option<Value>,
    /// The greatest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = ["number", "string"]))]
    pub max: Option<Value>,
    /// Whether `min` itself lies outside.
    #[serde(default)]
    pub exclusive_min: bool,
    /// Whether `max` itself lies outside.
    #[serde(default)]
    pub exclusive_max: bool,
}

/// A bound in the measure in which a column's values are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    Integer(i128),
    Float(f64),
}

impl Range {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        if self.min.is_none() && self.max.is_none() {
            return Err(Problem::Setting("`min` or `max` must be set".to_owned()));
        }
        for (name, bound) in [("min", &self.min), ("max", &self.max)] {
            if bound.as_ref().is_some_and(|bound| !bound.is_number() && !bound.is_string()) {
                return Err(Problem::Setting(format!("`{name}` must be a number or a text")));
            }
        }
        if let (Some(min), Some(max)) =
            (self.min.as_ref().and_then(Value::as_f64), self.max.as_ref().and_then(Value::as_f64))
            && min > max
        {
            return Err(Problem::Setting("`min` must not be above `max`".to_owned()));
        }
        Ok(Box::new(self))
    }

    fn bound(
        &self,
        setting: &'static str,
        bound: Option<&Value>,
        data_type: DataType,
    ) -> Result<Option<Bound>, Problem> {
        let Some(bound) = bound else { return Ok(None) };
        let wrong = || Problem::Bound { setting, column: self.column.clone(), data_type };
        let number = bound.as_i64().map(i128::from).or(bound.as_u64().map(i128::from)).map(Bound::Integer);
        let number = number.or(bound.as_f64().map(Bound::Float));
        if data_type.is_numeric() {
            return number.map(Some).ok_or_else(wrong);
        }
        let parsed = bound.as_str().and_then(|text| parse_value(text, data_type)).ok_or_else(wrong)?;
        let parsed = parsed.to_physical_repr().cast(&PolarsType::Int64).map_err(refused)?;
        let parsed = parsed.i64().map_err(refused)?.get(0).ok_or_else(wrong)?;
        Ok(Some(Bound::Integer(i128::from(parsed))))
    }

    fn bounds(&self, data_type: DataType) -> Result<(Option<Bound>, Option<Bound>), Problem> {
        let min = self.bound("min", self.min.as_ref(), data_type)?;
        let max = self.bound("max", self.max.as_ref(), data_type)?;
        match (min, max) {
            (Some(Bound::Integer(min)), Some(Bound::Integer(max))) if min > max => {
                Err(Problem::Setting("`min` must not be above `max`".to_owned()))
            }
            both => Ok(both),
        }
    }
}

impl Expectation for Range {
    fn kind(&self) -> &'static str {
        "range"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        let found = type_of(schema, &self.column)?;
        if !is_ordered(found) {
            let expected = "numbers, dates, times or moments";
            return Err(Problem::Type { column: self.column.clone(), found, expected });
        }
        self.bounds(found).map(drop)
    }

    fn find(&self, Seen { table, schema, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let data_type = type_of(schema, &self.column)?;
        let (min, max) = self.bounds(data_type)?;
        let values = values(table, &self.column)?.to_physical_repr().into_owned();
        let below = |one: f64, bound: f64, exclusive: bool| if exclusive { one <= bound } else { one < bound };
        let float = |value: f64| {
            let outside_min = min.is_some_and(|min| below(value, as_float(min), self.exclusive_min));
            let outside_max = max.is_some_and(|max| below(-value, -as_float(max), self.exclusive_max));
            value.is_nan() || outside_min || outside_max
        };
        let integer = |value: i128| {
            let outside_min = min.is_some_and(|min| match min {
                Bound::Integer(min) => value < min || (self.exclusive_min && value == min),
                Bound::Float(min) => below(value as f64, min, self.exclusive_min),
            });
            let outside_max = max.is_some_and(|max| match max {
                Bound::Integer(max) => value > max || (self.exclusive_max && value == max),
                Bound::Float(max) => below(-(value as f64), -max, self.exclusive_max),
            });
            outside_min || outside_max
        };
        failing(&values, float, integer).map(Finding::Rows)
    }
}

fn as_float(bound: Bound) -> f64 {
    match bound {
        Bound::Integer(bound) => bound as f64,
        Bound::Float(bound) => bound,
    }
}

fn failing(
    values: &Series,
    float: impl Fn(f64) -> bool,
    integer: impl Fn(i128) -> bool,
) -> Result<Vec<usize>, Problem> {
    fn rows<T>(values: impl Iterator<Item = Option<T>>, fails: impl Fn(T) -> bool) -> Vec<usize> {
        values.enumerate().filter_map(|(at, value)| fails(value?).then_some(at)).collect()
    }
    Ok(match values.dtype() {
        PolarsType::Float32 | PolarsType::Float64 => {
            let values = values.cast(&PolarsType::Float64).map_err(refused)?;
            rows(values.f64().map_err(refused)?.iter(), float)
        }
        PolarsType::UInt64 => rows(values.u64().map_err(refused)?.iter(), |value| integer(i128::from(value))),
        _ => {
            let values = values.cast(&PolarsType::Int64).map_err(refused)?;
            rows(values.i64().map_err(refused)?.iter(), |value| integer(i128::from(value)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::{Value, json};

    fn range(column: &str, more: Value) -> Value {
        let mut params = json!({"column": column});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"range": params})
    }

    #[test]
    fn values_outside_fail() {
        let dates = Series::new("d".into(), [Some(0_i32), Some(19_782), None, Some(-1)]).cast(&DataType::Date).unwrap();
        let frame = df!(
            "i" => [Some(1_i64), Some(5), None, Some(10)],
            "u" => [Some(u64::MAX), Some(0), None, Some(1 << 53)],
            "f" => [Some(f64::NAN), Some(5.0), None, Some(f64::INFINITY)],
            "d" => dates
        )
        .unwrap();
        let cases = [
            (range("i", json!({"min": 1, "max": 9})), vec![3]),
            (range("i", json!({"min": 1, "exclusive_min": true})), vec![0]),
            (range("i", json!({"max": 10, "exclusive_max": true})), vec![3]),
            (range("i", json!({"min": 1.5, "max": 5.5})), vec![0, 3]),
            (range("u", json!({"max": (1_u64 << 53) - 1})), vec![0, 3]),
            (range("u", json!({"min": -1})), vec![]),
            (range("u", json!({"max": u64::MAX - 1})), vec![0]),
            (range("f", json!({"min": 0})), vec![0]),
            (range("f", json!({"max": 5})), vec![0, 3]),
            (range("f", json!({"max": 5, "exclusive_max": true})), vec![0, 1, 3]),
            (range("d", json!({"min": "1970-01-01", "max": "2024-02-28"})), vec![1, 3]),
        ];
        for (expectation, expect) in cases {
            assert_eq!(failing(&frame, expectation.clone()), expect, "{expectation}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let frame = df!("i" => [1_i64], "s" => ["a"]).unwrap();
        for (expectation, message) in [
            (range("i", json!({})), "`min` or `max` must be set"),
            (range("i", json!({"min": 2, "max": 1})), "`min` must not be above `max`"),
            (range("i", json!({"min": true})), "`min` must be a number or a text"),
            (
                range("i", json!({"min": "a"})),
                "`range(i)` cannot be told: `min` is no value of the column `i`, which is of type `int64`",
            ),
            (
                range("s", json!({"min": "a"})),
                "`range(s)` cannot be told: the column `s` is of type `string`, expected numbers, dates, times or moments",
            ),
        ] {
            assert_eq!(verdict(frame.clone(), expectation).unwrap_err(), message);
        }
    }
}
