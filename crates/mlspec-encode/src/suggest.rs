//! Settings to begin with, from what is known of a table's columns.

use crate::{EncodeError, EncodeParams};
use mlspec_record::DataType;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most values of which each gets a feature.
const FEW: usize = 30;

/// Texts of at most so many characters are names rather than prose.
const SHORT: u64 = 60;

/// What is known of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnFacts {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Whether it may be null.
    pub nulls: bool,
    /// Whether no two rows agree in it.
    pub unique: bool,
    /// How many values it may have, where they are listed.
    pub values: Option<usize>,
    /// The greatest length of a text in characters, where it is bounded.
    pub length: Option<u64>,
}

/// Settings for review, and the columns for which there is no encoder, with the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The settings, without those that are as they are anyway.
    pub settings: Value,
    /// The columns that were left out.
    pub left_out: Vec<(String, &'static str)>,
}

/// A first choice of encoders. A key, a column of one value, and what no encoder takes are left out; numbers are scaled; few values
/// get a feature each, many are counted; prose becomes weighted words, dates their parts. Nulls are filled with the median or, in dates,
/// kept.
///
/// # Errors
/// When no column is left to encode.
pub fn suggest(columns: &[ColumnFacts], label: Option<&str>) -> Result<Suggestion, EncodeError> {
    let (mut encoders, mut left_out): (Vec<(Value, Vec<&str>)>, _) = (Vec::new(), Vec::new());
    for column in columns.iter().filter(|column| Some(column.name.as_str()) != label) {
        match encoder(column) {
            Ok(encoder) => match encoders.iter_mut().find(|(known, _)| *known == encoder) {
                Some((_, columns)) => columns.push(&column.name),
                None => encoders.push((encoder, vec![&column.name])),
            },
            Err(reason) => left_out.push((column.name.clone(), reason)),
        }
    }
    let with_columns = |(mut encoder, columns): (Value, Vec<&str>)| {
        for settings in encoder.as_object_mut().into_iter().flat_map(|members| members.values_mut()) {
            // Columns first: people read it.
            let mut all = Map::from_iter([("columns".to_owned(), json!(columns))]);
            all.extend(settings.as_object().cloned().unwrap_or_default());
            *settings = Value::Object(all);
        }
        encoder
    };
    let encoders: Vec<Value> = encoders.into_iter().map(with_columns).collect();
    let mut settings = json!({"fit": "train", "apply": ["validation", "test"], "encoders": encoders});
    if let Some(label) = label {
        settings["label"] = json!({ "column": label });
    }
    let broken = |_| EncodeError::Setting { name: "encoders", range: "settings that can be read" };
    serde_json::from_value::<EncodeParams>(settings.clone()).map_err(broken)?.check()?;
    Ok(Suggestion { settings, left_out })
}

/// The encoder of a column without its columns, or why there is none.
fn encoder(column: &ColumnFacts) -> Result<Value, &'static str> {
    let filled = |mut settings: BTreeMap<&str, Value>, impute: &str| {
        if column.nulls {
            settings.insert("impute", json!(impute));
        }
        json!(settings)
    };
    let data_type = column.data_type;
    let is_number = data_type.is_numeric();
    match (data_type, column.values) {
        (_, Some(0 | 1)) => Err("it has one value"),
        (DataType::String, _) if column.unique && column.values.is_none() => Err("it names each row"),
        (found, _) if column.unique && found.is_integer() => Err("it names each row"),
        (DataType::Boolean, _) => Ok(json!({"pass_through": filled(BTreeMap::new(), "most_frequent")})),
        (DataType::String, Some(..=FEW)) => Ok(json!({"one_hot": {"handle_unknown": "ignore"}})),
        (DataType::String, Some(_)) => Ok(json!({"count_encoder": {"normalize": true}})),
        (DataType::String, None) if column.length.is_some_and(|length| length <= SHORT) => Ok(
            json!({"one_hot": {"handle_unknown": "infrequent_if_exist", "min_frequency": 10, "max_categories": 100}}),
        ),
        (DataType::String, None) => Ok(json!({"tfidf": if column.nulls {
            json!({"min_df": 2, "max_features": 10_000, "nulls": "empty"})
        } else {
            json!({"min_df": 2, "max_features": 10_000})
        }})),
        (DataType::Date | DataType::Datetime | DataType::DatetimeUtc, _) => {
            Ok(json!({"date_parts": if column.nulls { json!({"nulls": "keep"}) } else { json!({}) }}))
        }
        _ if is_number => Ok(json!({"standard_scaler": filled(BTreeMap::new(), "median")})),
        _ => Err("no encoder takes its type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: DataType) -> ColumnFacts {
        ColumnFacts { name: name.to_owned(), data_type, nulls: false, unique: false, values: None, length: None }
    }

    #[test]
    fn each_column_gets_what_suits_it() {
        let base = |data_type| column("c", data_type);
        let cases = [
            (base(DataType::Float64), Ok(json!({"standard_scaler": {}}))),
            (
                ColumnFacts { nulls: true, ..base(DataType::Int32) },
                Ok(json!({"standard_scaler": {"impute": "median"}})),
            ),
            (ColumnFacts { unique: true, ..base(DataType::Int64) }, Err("it names each row")),
            (ColumnFacts { unique: true, ..base(DataType::String) }, Err("it names each row")),
            (ColumnFacts { unique: true, ..base(DataType::Float64) }, Ok(json!({"standard_scaler": {}}))),
            (ColumnFacts { values: Some(1), ..base(DataType::String) }, Err("it has one value")),
            (
                ColumnFacts { values: Some(3), ..base(DataType::String) },
                Ok(json!({"one_hot": {"handle_unknown": "ignore"}})),
            ),
            (
                ColumnFacts { values: Some(40), ..base(DataType::String) },
                Ok(json!({"count_encoder": {"normalize": true}})),
            ),
            (
                ColumnFacts { length: Some(20), ..base(DataType::String) },
                Ok(
                    json!({"one_hot": {"handle_unknown": "infrequent_if_exist", "min_frequency": 10, "max_categories": 100}}),
                ),
            ),
            (base(DataType::String), Ok(json!({"tfidf": {"min_df": 2, "max_features": 10_000}}))),
            (base(DataType::Boolean), Ok(json!({"pass_through": {}}))),
            (ColumnFacts { nulls: true, ..base(DataType::Date) }, Ok(json!({"date_parts": {"nulls": "keep"}}))),
            (base(DataType::Binary), Err("no encoder takes its type")),
        ];
        for (column, expected) in cases {
            assert_eq!(encoder(&column), expected, "{column:?}");
        }
    }

    #[test]
    fn columns_share_encoders_and_the_label_is_none() {
        let columns = ["a", "b", "y"].map(|name| column(name, DataType::Float64));
        let found = suggest(&columns, Some("y")).unwrap();
        assert_eq!(
            found.settings,
            json!({
                "fit": "train", "apply": ["validation", "test"], "label": {"column": "y"},
                "encoders": [{"standard_scaler": {"columns": ["a", "b"]}}],
            })
        );
        let error = suggest(&columns[2..], Some("y")).unwrap_err().to_string();
        assert_eq!(error, "`encoders` must be at least one encoder");
    }
}
