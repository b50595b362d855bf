//! `freshness`: the newest value of a column of dates or moments is not too old, at a stated time. No clock is read: a verdict that is
//! taken from the store must be the one that would be found anew.

use super::{Expectation, Finding, Others, Rule, Seen, refused, type_of, values};
use crate::Problem;
use mlspec_record::{Age, DataType, TableSchema, Timestamp};
use mlspec_stage::Schemas;
use mlspec_table::polars::prelude::DataType as PolarsType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The newest value of a column is not too old.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// The column: dates (which begin at midnight) or moments; those without zone count as UTC. Null is not looked at; without any value
    /// the expectation does not hold.
    #[schemars(length(min = 1))]
    pub column: String,
    /// How old the newest value may be, such as `36h`.
    pub max_age: Age,
    /// The time at which it is judged, if it is another than the `at` beside the expectations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// With the time at which it is judged.
#[derive(Debug)]
struct Judged {
    params: Freshness,
    at: Timestamp,
}

impl Freshness {
    pub(crate) fn check_at(self, at: Option<Timestamp>) -> Result<Box<dyn Expectation>, Problem> {
        let at = self.at.or(at).ok_or_else(|| {
            Problem::Setting("`freshness` is judged at a time that must be stated: set `at`".to_owned())
        })?;
        Ok(Box::new(Judged { params: self, at }))
    }
}

impl Expectation for Judged {
    fn kind(&self) -> &'static str {
        "freshness"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.params.column.clone()]
    }

    fn counts_rows(&self) -> bool {
        false
    }

    /// The newest of the newest of each chunk.
    fn rule(&self) -> Rule {
        Rule::Chunk
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        match type_of(schema, &self.params.column)? {
            DataType::Date | DataType::Datetime | DataType::DatetimeUtc => Ok(()),
            found => Err(Problem::Type { column: self.params.column.clone(), found, expected: "dates or moments" }),
        }
    }

    fn find(&self, seen: Seen<'_>) -> Result<Finding, Problem> {
        self.whole(&[self.part(seen)?], seen.others)
    }

    fn part(&self, Seen { table, schema, .. }: Seen<'_>) -> Result<Value, Problem> {
        let physical = values(table, &self.params.column)?.to_physical_repr();
        let physical = physical.cast(&PolarsType::Int64).map_err(refused)?;
        let newest = physical.i64().map_err(refused)?.iter().flatten().max();
        let millis = |value: i64| match type_of(schema, &self.params.column) {
            Ok(DataType::Date) => value.saturating_mul(86_400_000),
            _ => value.div_euclid(1_000),
        };
        // As text: JSON's integers end at 2⁵³.
        Ok(json!(newest.map(|value| millis(value).to_string())))
    }

    fn whole(&self, parts: &[Value], _: &Others) -> Result<Finding, Problem> {
        let newest = parts.iter().filter_map(|part| part.as_str()?.parse::<i64>().ok()).max();
        let age = newest.map(|newest| self.at.millis().saturating_sub(newest));
        let detail = match age {
            None => Some("there is no value".to_owned()),
            Some(age) if age > self.params.max_age.millis() => {
                Some(format!("the newest value is older than {}", self.params.max_age))
            }
            Some(_) => None,
        };
        let observed = age.map(|age| age as f64 / 1_000.0).filter(|age| age.abs() < (1_u64 << 53) as f64);
        Ok(Finding::Whole { passed: detail.is_none(), observed, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verdict_of;
    use mlspec_table::polars::prelude::*;
    use serde_json::{Value, json};

    fn check(frame: &DataFrame, freshness: Value, at: Value) -> Result<(Option<f64>, Option<String>), String> {
        let mut settings = json!({"expectations": [{"freshness": freshness}]});
        if !at.is_null() {
            settings["at"] = at;
        }
        verdict_of(frame.clone(), &[], settings).map(|found| (found.observed, found.detail))
    }

    #[test]
    fn old_tables_do_not_hold() {
        let days = Series::new("d".into(), [Some(19_720_i32), Some(19_723), None]).cast(&DataType::Date).unwrap();
        let moments = Series::new("t".into(), [Some(1_704_067_200_000_001_i64), None, Some(-1)]);
        let moments = moments.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
        let nulls = Series::full_null("n".into(), 3, &DataType::Date);
        // Day 19,723 is 2024-01-01.
        let frame = df!("d" => days, "t" => moments, "n" => nulls, "i" => [1, 2, 3]).unwrap();
        let at = || json!("2024-01-02T12:00:00Z");
        let old = |age: &str| Some(format!("the newest value is older than {age}"));
        for (settings, expect) in [
            (json!({"column": "d", "max_age": "36h"}), (Some(129_600.0), None)),
            (json!({"column": "d", "max_age": "1d"}), (Some(129_600.0), old("1d"))),
            (json!({"column": "t", "max_age": "36h"}), (Some(129_600.0), None)),
            (json!({"column": "t", "max_age": "0s", "at": "2023-12-31T00:00:00Z"}), (Some(-86_400.0), None)),
            (json!({"column": "n", "max_age": "52w"}), (None, Some("there is no value".to_owned()))),
        ] {
            assert_eq!(check(&frame, settings.clone(), at()), Ok(expect), "{settings}");
        }
        let empty = frame.head(Some(0));
        let none = Some("there is no value".to_owned());
        assert_eq!(check(&empty, json!({"column": "d", "max_age": "1d"}), at()), Ok((None, none)));
        for (settings, at, message) in [
            (json!({"column": "d", "max_age": "1d"}), Value::Null, "judged at a time that must be stated"),
            (
                json!({"column": "i", "max_age": "1d"}),
                at(),
                "the column `i` is of type `int32`, expected dates or moments",
            ),
            (json!({"column": "d", "max_age": "1 day"}), at(), "a span of time is a number and a unit"),
        ] {
            let error = check(&frame, settings, at).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
