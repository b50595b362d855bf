//! `aggregate`: one number made of all values of a column lies within bounds: mean, sum, spread, a quantile.

use super::{Expectation, Finding, Others, Rule, Seen, check_bounds, floats, number_within, refused, type_of};
use crate::Problem;
use mlspec_measure::ExactSum;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use mlspec_table::Table;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One number made of all values of a column lies within bounds. Null is not looked at; of a column that holds NaN or infinite
/// values, or none at all, there is no such number, and the expectation does not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The column of numbers.
    #[schemars(length(min = 1))]
    pub column: String,
    /// What is made of them.
    pub function: AggregateFunction,
    /// With `quantile`: which, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub q: Option<f64>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// What is made of numbers. Sums are exact and rounded once, so that neither order nor chunks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregateFunction {
    /// The mean.
    Mean,
    /// The sum; 0 of nothing.
    Sum,
    /// The sample variance, with n − 1.
    Var,
    /// The sample standard deviation, with n − 1.
    Std,
    /// The median.
    Median,
    /// The quantile `q`, with linear interpolation as in numpy.
    Quantile,
}

/// Squares of larger numbers, added up, would leave the range of floats.
const SQUARED: f64 = 1e140;

/// What is known of some numbers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Part {
    count: u64,
    /// Numbers whose exact sum is that of all.
    sum: Vec<f64>,
    /// The same of the squares; nothing where they cannot be added up, or no function asks for them.
    squares: Option<Vec<f64>>,
    /// Whether all numbers are finite.
    finite: bool,
}

impl Aggregate {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_bounds(self.min, self.max)?;
        match (self.function, self.q) {
            (AggregateFunction::Quantile, Some(q)) if (0.0..=1.0).contains(&q) => {}
            (AggregateFunction::Quantile, _) => {
                return Err(Problem::Setting("`quantile` needs `q`, from 0 to 1".to_owned()));
            }
            (_, Some(_)) => return Err(Problem::Setting("only `quantile` has a `q`".to_owned())),
            (_, None) => {}
        }
        Ok(Box::new(self))
    }

    fn what(&self) -> String {
        let what = match self.function {
            AggregateFunction::Mean => "mean",
            AggregateFunction::Sum => "sum",
            AggregateFunction::Var => "variance",
            AggregateFunction::Std => "standard deviation",
            AggregateFunction::Median => "median",
            AggregateFunction::Quantile => "quantile",
        };
        format!("the {what} of `{}`", self.column)
    }

    fn of_sorted(&self, table: &Table) -> Result<Option<f64>, Problem> {
        let mut numbers: Vec<f64> = floats(table, &self.column)?.iter().flatten().map(|number| number + 0.0).collect();
        if numbers.is_empty() || !numbers.iter().all(|number| number.is_finite()) {
            return Ok(None);
        }
        let last = numbers.len() - 1;
        let place = last as f64 * self.q.unwrap_or(0.5);
        let (low, share) = ((place.floor() as usize).min(last), place.fract());
        let (_, below, above) = numbers.select_nth_unstable_by(low, f64::total_cmp);
        let (below, above) = (*below, above.iter().copied().fold(f64::INFINITY, f64::min));
        // Of two numbers of one size and either sign the difference would leave the range of floats.
        Ok(Some(if share > 0.0 { below * (1.0 - share) + above * share } else { below }))
    }

    fn of_parts(&self, parts: &[Part]) -> Option<f64> {
        let count: u64 = parts.iter().map(|part| part.count).sum();
        let finite = parts.iter().all(|part| part.finite);
        let exact = |lists: &mut dyn Iterator<Item = &Vec<f64>>| lists.flatten().copied().collect::<ExactSum>();
        let sum = exact(&mut parts.iter().map(|part| &part.sum));
        let number = match self.function {
            _ if !finite => return None,
            AggregateFunction::Sum => sum.get(),
            _ if count == 0 => return None,
            AggregateFunction::Mean => sum.get() / count as f64,
            _ if count == 1 => return None,
            _ => {
                let squares: Option<Vec<&Vec<f64>>> = parts.iter().map(|part| part.squares.as_ref()).collect();
                let variance = variance(count as f64, &sum, &exact(&mut squares?.into_iter()));
                if self.function == AggregateFunction::Std { variance.sqrt() } else { variance }
            }
        };
        number.is_finite().then_some(number)
    }

    fn needs_squares(&self) -> bool {
        matches!(self.function, AggregateFunction::Var | AggregateFunction::Std)
    }
}

/// `(count · squares − sum²) / (count · (count − 1))`, from exact sums; never negative.
fn variance(count: f64, sum: &ExactSum, squares: &ExactSum) -> f64 {
    let (sum, squares) = (sum.parts().unwrap_or_default(), squares.parts().unwrap_or_default());
    let mut above = ExactSum::default();
    squares.iter().for_each(|&part| above.add_product(count, part));
    for &one in &sum {
        sum.iter().for_each(|&other| above.add_product(-one, other));
    }
    above.get().max(0.0) / count / (count - 1.0)
}

impl Expectation for Aggregate {
    fn kind(&self) -> &'static str {
        "aggregate"
    }

    fn title(&self) -> String {
        match (self.function, self.q) {
            (AggregateFunction::Mean, _) => "mean".to_owned(),
            (AggregateFunction::Sum, _) => "sum".to_owned(),
            (AggregateFunction::Var, _) => "var".to_owned(),
            (AggregateFunction::Std, _) => "std".to_owned(),
            (AggregateFunction::Median, _) => "median".to_owned(),
            (AggregateFunction::Quantile, q) => format!("quantile {}", q.unwrap_or_default()),
        }
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn counts_rows(&self) -> bool {
        false
    }

    /// Sums are put together from those of chunks; the order of numbers only all of them tell.
    fn rule(&self) -> Rule {
        match self.function {
            AggregateFunction::Median | AggregateFunction::Quantile => Rule::Table,
            _ => Rule::Chunk,
        }
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        match type_of(schema, &self.column)? {
            found if found.is_numeric() => Ok(()),
            found => Err(Problem::Type { column: self.column.clone(), found, expected: "numbers" }),
        }
    }

    fn find(&self, seen: Seen<'_>) -> Result<Finding, Problem> {
        match self.rule() {
            Rule::Chunk => self.whole(&[self.part(seen)?], seen.others),
            _ => Ok(number_within(&self.what(), self.of_sorted(seen.table)?, self.min, self.max)),
        }
    }

    fn part(&self, Seen { table, .. }: Seen<'_>) -> Result<Value, Problem> {
        let numbers: Vec<f64> = floats(table, &self.column)?.iter().flatten().collect();
        let finite = numbers.iter().all(|number| number.is_finite());
        // A sum that leaves the range of floats has no parts.
        let sum = numbers.iter().copied().filter(|_| finite).collect::<ExactSum>().parts();
        let finite = finite && sum.is_some();
        let squared = finite && self.needs_squares() && numbers.iter().all(|number| number.abs() <= SQUARED);
        let squares = squared.then(|| {
            let mut sum = ExactSum::default();
            numbers.iter().for_each(|&number| sum.add_product(number, number));
            sum.parts().unwrap_or_default()
        });
        let part = Part { count: numbers.len() as u64, sum: sum.unwrap_or_default(), squares, finite };
        serde_json::to_value(part).map_err(refused)
    }

    fn whole(&self, parts: &[Value], _: &Others) -> Result<Finding, Problem> {
        let parts: Vec<Part> = parts.iter().map(Part::deserialize).collect::<Result<_, _>>().map_err(refused)?;
        Ok(number_within(&self.what(), self.of_parts(&parts), self.min, self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{measured, verdict};
    use super::*;
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    fn aggregate(column: &str, function: &str, more: Value) -> Value {
        let mut settings = json!({"column": column, "function": function});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"aggregate": settings})
    }

    #[test]
    fn numbers_outside_do_not_hold() {
        let frame = df!(
            "i" => [Some(1_i64), Some(2), None, Some(6)], "f" => [Some(0.5), None, Some(-0.5), Some(3.0)],
            "nan" => [Some(1.0), Some(f64::NAN), None, None], "inf" => [1.0, f64::INFINITY, 0.0, 0.0],
            "one" => [Some(7.0), None, None, None], "null" => [None::<f64>; 4], "huge" => [1e300, -1e300, 1e308, 1e308],
            "s" => ["a", "b", "c", "d"]
        )
        .unwrap();
        for (column, function, more, expect) in [
            ("i", "mean", json!({"min": 3, "max": 3}), (Some(3.0), true)),
            ("i", "mean", json!({"max": 2.9}), (Some(3.0), false)),
            ("i", "sum", json!({"min": 10}), (Some(9.0), false)),
            ("i", "var", json!({"max": 7}), (Some(7.0), true)),
            ("i", "std", json!({"max": 2.5}), (Some(7.0_f64.sqrt()), false)),
            ("i", "median", json!({"min": 2, "max": 2}), (Some(2.0), true)),
            ("i", "quantile", json!({"q": 0.75, "min": 4}), (Some(4.0), true)),
            ("i", "quantile", json!({"q": 1, "max": 6}), (Some(6.0), true)),
            ("i", "quantile", json!({"q": 0, "max": 0}), (Some(1.0), false)),
            ("f", "mean", json!({"min": 0}), (Some(1.0), true)),
            ("nan", "mean", json!({"min": 0}), (None, false)),
            ("nan", "median", json!({"min": 0}), (None, false)),
            ("inf", "sum", json!({"min": 0}), (None, false)),
            ("one", "std", json!({"min": 0}), (None, false)),
            ("one", "median", json!({"min": 7}), (Some(7.0), true)),
            ("null", "mean", json!({"min": 0}), (None, false)),
            ("null", "sum", json!({"min": 0}), (Some(0.0), true)),
            ("null", "quantile", json!({"q": 0.5, "min": 0}), (None, false)),
            ("huge", "sum", json!({"min": 0}), (None, false)),
            ("huge", "var", json!({"min": 0}), (None, false)),
            ("huge", "median", json!({"min": 0}), (Some(5e299 + 5e307), true)),
        ] {
            let (found, passed) = measured(&frame, aggregate(column, function, more.clone()));
            assert_eq!(passed, expect.1, "{column} {function} {more}");
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * a.abs();
            assert!(found.zip(expect.0).is_none_or(|(a, b)| near(a, b)), "{column} {function} {more}: {found:?}");
            assert_eq!(found.is_some(), expect.0.is_some(), "{column} {function} {more}");
        }
        let empty = frame.head(Some(0));
        assert_eq!(measured(&empty, aggregate("i", "mean", json!({"min": 0}))), (None, false));
        for (column, function, more, message) in [
            ("i", "mean", json!({}), "`min` or `max` must be set"),
            ("i", "quantile", json!({"min": 0}), "`quantile` needs `q`, from 0 to 1"),
            ("i", "mean", json!({"min": 0, "q": 0.5}), "only `quantile` has a `q`"),
            ("s", "mean", json!({"min": 0}), "the column `s` is of type `string`, expected numbers"),
        ] {
            let error = verdict(frame.clone(), aggregate(column, function, more)).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn parts_do_not_show() {
        let numbers: Vec<f64> = (0..100).map(|at| f64::from(at * at % 37) * 0.1 + 1e9).collect();
        let table = Table::number(df!("x" => numbers).unwrap(), 0).unwrap();
        let others = Others::new();
        for function in [AggregateFunction::Mean, AggregateFunction::Sum, AggregateFunction::Std] {
            let expectation = Aggregate { column: "x".to_owned(), function, q: None, min: Some(0.0), max: None };
            let part = |start, length| {
                let table = table.slice(start, length);
                expectation.part(Seen { table: &table, schema: table.schema(), others: &others }).unwrap()
            };
            let whole = expectation.whole(&[part(0, 100)], &others).unwrap();
            for cut in 0..100 {
                let text = serde_json::to_string(&[part(cut, 100 - cut), part(0, cut)]).unwrap();
                let parts: Vec<Value> = serde_json::from_str(&text).unwrap();
                assert_eq!(expectation.whole(&parts, &others).unwrap(), whole, "{function:?} {cut}");
            }
        }
    }
}
