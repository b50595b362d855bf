//! A first document of expectations, made from data for review.
//!
//! What it says of values never singles out a row: values are listed only where there are few of them and each stands in several rows,
//! bounds are widened to round numbers, and of other texts only lengths and forms are told. The same table gives the same document.

use crate::expectation::{
    AllowedValues, Columns, Format, Length, NotNull, OfType, Range, RowCount, TextFormat, Unique, refused,
};
use crate::{ExpectationParams, ExpectationsDocument, Problem, ValidateError};
use mlspec_record::{DataType, Description, Name, Version};
use mlspec_table::polars::prelude::{DataType as PolarsType, Series};
use mlspec_table::{Equality, Table, row_hashes};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// How many different values are listed at most.
const LISTED: usize = 20;
/// In how many rows a listed value stands at least.
const ROWS_A_VALUE: u64 = 5;
/// How long a listed text may be, in characters.
const LISTED_LENGTH: usize = 64;
/// How many values say that a column is unique, or of a form.
const ENOUGH: usize = 20;
/// Shares of null that are told, rounded up to one of these.
const NULLS: [f64; 6] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

/// The forms that are looked for, the narrowest first.
const FORMS: [TextFormat; 9] = [
    TextFormat::Uuid,
    TextFormat::Email,
    TextFormat::Url,
    TextFormat::Ipv4,
    TextFormat::Ipv6,
    TextFormat::IsoDatetime,
    TextFormat::IsoDate,
    TextFormat::Integer,
    TextFormat::Number,
];

/// What a table is like, as expectations for review: columns and types, nulls, uniqueness, bounds, values, lengths, forms.
///
/// # Errors
/// When polars refuses.
pub fn infer(table: &Table, name: Name) -> Result<ExpectationsDocument, ValidateError> {
    let schema = table.schema();
    let columns: Vec<String> = schema.names().map(str::to_owned).collect();
    let mut expectations = Vec::new();
    if !table.is_empty() {
        let row_count = Some(RowCount { min: Some(1), max: None, exactly: None });
        expectations.push(ExpectationParams { row_count, ..ExpectationParams::default() });
    }
    if !columns.is_empty() {
        let columns = Some(Columns { columns, ordered: false, others: false });
        expectations.push(ExpectationParams { columns, ..ExpectationParams::default() });
    }
    for (position, column) in schema.columns().iter().enumerate() {
        let refused = |problem| ValidateError::Plan { position, name: column.name.clone(), problem };
        expectations.extend(of_column(table, &column.name, column.data_type).map_err(refused)?);
    }
    let description = format!("Inferred from {} rows; to be reviewed.", table.len());
    Ok(ExpectationsDocument {
        schema: Some(ExpectationsDocument::schema_id()),
        name,
        version: Version::of(0, 1, 0),
        description: Description::new(&description).ok(),
        expectations,
    })
}

fn of_column(table: &Table, name: &str, data_type: DataType) -> Result<Vec<ExpectationParams>, Problem> {
    let new = ExpectationParams::default;
    let column = name.to_owned();
    let mut found = vec![ExpectationParams { of_type: Some(OfType { column: column.clone(), data_type }), ..new() }];
    let values = table.column(name).map_err(refused)?.as_materialized_series();
    let there = values.drop_nulls();
    if there.is_empty() {
        return Ok(found);
    }
    let nulls = values.null_count() as f64 / values.len() as f64;
    if let Some(tolerance) = if nulls == 0.0 { Some(0.0) } else { NULLS.into_iter().find(|share| nulls <= *share) } {
        found.push(ExpectationParams { not_null: Some(NotNull { columns: vec![column.clone()] }), tolerance, ..new() });
    }
    let is_key = data_type == DataType::String || data_type.is_integer();
    if is_key && nulls == 0.0 && there.len() >= ENOUGH && are_different(table, name)? {
        found.push(ExpectationParams { unique: Some(Unique { columns: vec![column.clone()] }), ..new() });
    }
    if let Some(values) = listed(&there)? {
        let allowed_values = Some(AllowedValues { column: column.clone(), values });
        found.push(ExpectationParams { allowed_values, ..new() });
        return Ok(found);
    }
    if let Some((min, max)) = bounds(&there, data_type)? {
        let range = Range {
            column: column.clone(),
            min: Some(min),
            max: Some(max),
            exclusive_min: false,
            exclusive_max: false,
        };
        found.push(ExpectationParams { range: Some(range), ..new() });
    }
    if data_type == DataType::String {
        found.extend(of_texts(&there, &column)?);
    }
    Ok(found)
}

fn are_different(table: &Table, column: &str) -> Result<bool, Problem> {
    let hashes = row_hashes(table.frame(), &[column], Equality::Key).map_err(refused)?;
    let count = hashes.len();
    Ok(hashes.into_iter().collect::<HashSet<u128>>().len() == count)
}

/// The values, where they are few and each stands in several rows; texts, integers or booleans, sorted.
fn listed(there: &Series) -> Result<Option<Vec<Value>>, Problem> {
    fn few<T: Ord>(values: impl Iterator<Item = T>, value: impl Fn(T) -> Value) -> Option<Vec<Value>> {
        let mut counts: BTreeMap<T, u64> = BTreeMap::new();
        for found in values {
            *counts.entry(found).or_default() += 1;
            if counts.len() > LISTED {
                return None;
            }
        }
        counts.values().all(|rows| *rows >= ROWS_A_VALUE).then(|| counts.into_keys().map(value).collect())
    }
    Ok(match there.dtype() {
        PolarsType::String => {
            let texts = there.str().map_err(refused)?;
            let short = |text: &str| text.chars().nth(LISTED_LENGTH).is_none();
            if texts.iter().flatten().take(10_000).all(short) {
                few(texts.iter().flatten(), Value::from)
                    .filter(|values| values.iter().all(|value| value.as_str().is_some_and(short)))
            } else {
                None
            }
        }
        PolarsType::Boolean => few(there.bool().map_err(refused)?.iter().flatten(), Value::from),
        PolarsType::UInt64 => few(there.u64().map_err(refused)?.iter().flatten(), Value::from),
        data_type if data_type.is_integer() => {
            let values = there.cast(&PolarsType::Int64).map_err(refused)?;
            few(values.i64().map_err(refused)?.iter().flatten(), Value::from)
        }
        _ => None,
    })
}

/// Bounds of numbers, dates and moments, widened; none where a value is not finite, or beyond 2⁵³.
fn bounds(there: &Series, data_type: DataType) -> Result<Option<(Value, Value)>, Problem> {
    let physical = there.to_physical_repr().cast(&PolarsType::Float64);
    let time = matches!(data_type, DataType::Date | DataType::Datetime | DataType::DatetimeUtc);
    if !(data_type.is_numeric() || time) {
        return Ok(None);
    }
    let numbers = physical.map_err(refused)?;
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for number in numbers.f64().map_err(refused)?.iter().flatten() {
        if !number.is_finite() {
            return Ok(None);
        }
        (least, greatest) = (least.min(number), greatest.max(number));
    }
    if time {
        let units = if data_type == DataType::Date { 1.0 } else { 86_400e6 };
        let bound = |days: f64| year_of((days / units).floor() as i64).filter(|year| (1..9_999).contains(year));
        let (Some(first), Some(last)) = (bound(least), bound(greatest)) else { return Ok(None) };
        let text = |year: i64| match data_type {
            DataType::Date => format!("{year:04}-01-01"),
            DataType::Datetime => format!("{year:04}-01-01T00:00:00"),
            _ => format!("{year:04}-01-01T00:00:00Z"),
        };
        return Ok(Some((text(first).into(), text(last + 1).into())));
    }
    const LIMIT: f64 = (1_u64 << 53) as f64;
    let (min, max) = (-widened(-least), widened(greatest));
    let within = min.abs() <= LIMIT && max.abs() <= LIMIT;
    let value = |bound: f64| match bound.fract() == 0.0 {
        true => Value::from(bound as i64),
        false => Value::from(bound),
    };
    Ok(within.then(|| (value(min), value(max))))
}

/// The least number of the form ±10ⁿ · {1, 2, 5}, or 0, that is not below another.
fn widened(number: f64) -> f64 {
    if number == 0.0 {
        return 0.0;
    }
    let size = number.abs();
    let power = size.log10().floor() as i32;
    // From text, which is exact where a product of floats is not.
    let steps = (power - 1..=power + 1).flat_map(|power| [1, 2, 5].map(|digit| format!("{digit}e{power}")));
    let steps: Vec<f64> = steps.filter_map(|step| step.parse().ok()).collect();
    match number > 0.0 {
        true => steps.iter().copied().find(|step| *step >= size).unwrap_or(size),
        false => -steps.iter().rev().copied().find(|step| *step <= size).unwrap_or(0.0),
    }
}

/// The year of a day counted from 1970.
fn year_of(day: i64) -> Option<i64> {
    let moment = mlspec_record::Timestamp::from_millis(day.checked_mul(86_400_000)?).ok()?;
    moment.to_string().get(..4)?.parse().ok()
}

/// Lengths and the form of texts.
fn of_texts(there: &Series, column: &str) -> Result<Vec<ExpectationParams>, Problem> {
    let new = ExpectationParams::default;
    let texts = || there.str().map(|texts| texts.iter().flatten()).map_err(refused);
    let (mut least, mut greatest) = (u64::MAX, 0);
    for text in texts()? {
        let length = text.chars().count() as u64;
        (least, greatest) = (least.min(length), greatest.max(length));
    }
    let max = widened(greatest as f64) as u64;
    let (min, max) = if least == greatest && there.len() >= ENOUGH {
        (Some(least), greatest)
    } else {
        ((least > 0).then_some(1), max)
    };
    let length = Length { column: column.to_owned(), unit: None, min, max: Some(max) };
    let mut found = vec![ExpectationParams { length: Some(length), ..new() }];
    if there.len() >= ENOUGH {
        for format in FORMS {
            let matcher = format.matcher()?;
            if texts()?.all(|text| matcher.takes(text)) {
                let format = Some(Format { column: column.to_owned(), format });
                found.push(ExpectationParams { format, ..new() });
                break;
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_table::polars::prelude::{DataType, *};

    fn document(frame: DataFrame) -> ExpectationsDocument {
        infer(&Table::number(frame, 0).unwrap(), Name::new("people").unwrap()).unwrap()
    }

    #[test]
    fn what_a_table_is_like_is_told_and_holds() {
        let rows = 40_i64;
        let frame = df!(
            "id" => (0..rows).map(|at| at * 7 + 1000).collect::<Vec<_>>(),
            "mail" => (0..rows).map(|at| format!("p{at}@example.org")).collect::<Vec<_>>(),
            "team" => (0..rows).map(|at| ["red", "blue"][at as usize % 2]).collect::<Vec<_>>(),
            "grade" => (0..rows).map(|at| (at % 9 != 0).then_some(at % 3)).collect::<Vec<_>>(),
            "pay" => (0..rows).map(|at| 812.5 + at as f64).collect::<Vec<_>>(),
            "odd" => (0..rows).map(|at| if at == 3 { f64::NAN } else { 1.0 }).collect::<Vec<_>>(),
            "day" => Series::new("".into(), (19_000..19_040).collect::<Vec<i32>>()).cast(&DataType::Date).unwrap(),
            "none" => vec![None::<i64>; 40]
        )
        .unwrap();
        let found = document(frame.clone());
        let lines: Vec<String> =
            found.to_yaml().lines().filter_map(|line| line.strip_prefix("  - ")).map(str::to_owned).collect();
        assert_eq!(
            lines,
            [
                "{row_count: {min: 1}}",
                "{columns: {columns: [\"id\", \"mail\", \"team\", \"grade\", \"pay\", \"odd\", \"day\", \"none\"]}}",
                "{type: {column: \"id\", type: \"int64\"}}",
                "{not_null: {columns: [\"id\"]}}",
                "{unique: {columns: [\"id\"]}}",
                "{range: {column: \"id\", min: 1000, max: 2000}}",
                "{type: {column: \"mail\", type: \"string\"}}",
                "{not_null: {columns: [\"mail\"]}}",
                "{unique: {columns: [\"mail\"]}}",
                "{length: {column: \"mail\", min: 1, max: 20}}",
                "{format: {column: \"mail\", format: \"email\"}}",
                "{type: {column: \"team\", type: \"string\"}}",
                "{not_null: {columns: [\"team\"]}}",
                "{allowed_values: {column: \"team\", values: [\"blue\", \"red\"]}}",
                "{type: {column: \"grade\", type: \"int64\"}}",
                "{tolerance: 0.2, not_null: {columns: [\"grade\"]}}",
                "{allowed_values: {column: \"grade\", values: [0, 1, 2]}}",
                "{type: {column: \"pay\", type: \"float64\"}}",
                "{not_null: {columns: [\"pay\"]}}",
                "{range: {column: \"pay\", min: 500, max: 1000}}",
                "{type: {column: \"odd\", type: \"float64\"}}",
                "{not_null: {columns: [\"odd\"]}}",
                "{type: {column: \"day\", type: \"date\"}}",
                "{not_null: {columns: [\"day\"]}}",
                "{range: {column: \"day\", min: \"2022-01-01\", max: \"2023-01-01\"}}",
                "{type: {column: \"none\", type: \"int64\"}}",
            ]
        );
        let params = crate::ValidateParams { expectations: found.expectations, ..Default::default() };
        let verdicts = params.check().unwrap().validate(&Table::number(frame, 0).unwrap()).unwrap();
        let broken: Vec<&str> =
            verdicts.iter().filter(|verdict| !verdict.passed).map(|verdict| verdict.name.as_str()).collect();
        assert_eq!(broken, Vec::<&str>::new());
    }

    #[test]
    fn no_value_that_singles_out_a_row_is_told() {
        let mut teams = vec!["red"; 30];
        teams.push("only-one");
        let mut pay = vec![100_i64; 30];
        pay.push(123_457);
        let told = document(df!("team" => teams, "pay" => pay).unwrap()).to_yaml();
        assert!(!told.contains("only-one") && !told.contains("123457") && told.contains("max: 200000"), "{told}");
    }

    #[test]
    fn hard_tables_have_documents_too() {
        let long = "x".repeat(200_000);
        for frame in [
            df!("a.b" => Vec::<i64>::new(), "c" => Vec::<&str>::new()).unwrap(),
            df!("né \"q\"" => [None::<&str>, None]).unwrap(),
            df!("u" => [u64::MAX], "i" => [i64::MIN], "f" => [f64::NEG_INFINITY], "s" => [long.as_str()]).unwrap(),
            df!("l" => [Series::new("".into(), [1.0])], "z" => [0.0]).unwrap(),
        ] {
            let found = document(frame.clone());
            let read = ExpectationsDocument::parse(&found.to_yaml(), mlspec_schema::SourceFormat::Yaml, "a").unwrap();
            assert_eq!(read, found);
            let params = crate::ValidateParams { expectations: found.expectations, ..Default::default() };
            let verdicts = params.check().unwrap().validate(&Table::number(frame, 0).unwrap()).unwrap();
            assert!(verdicts.iter().all(|verdict| verdict.passed), "{verdicts:?}");
        }
    }

    #[test]
    fn numbers_are_widened_to_round_ones() {
        for (number, expect) in [
            (0.0, 0.0),
            (1.0, 1.0),
            (3.0, 5.0),
            (5.1, 10.0),
            (123.0, 200.0),
            (0.03, 0.05),
            (-3.0, -2.0),
            (-0.1, -0.1),
            (999.0, 1000.0),
        ] {
            assert_eq!(widened(number), expect, "{number}");
        }
    }
}
