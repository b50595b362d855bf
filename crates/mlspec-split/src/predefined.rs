//! Parts as a column says. A row's part depends on its value alone.

use crate::SplitError;
use crate::output::NONE;
use crate::time::Absent;
use mlspec_record::{DataType, Name, TableSchema};
use mlspec_table::Table;
use mlspec_table::polars::prelude::DataType as PolarsType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A column that says the part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredefinedParams {
    /// The column: texts, integers or booleans.
    #[schemars(length(min = 1))]
    pub column: String,
    /// The parts, and the values that stand for each; an empty list is that of the part's name. Each part is an output port.
    #[schemars(extend("minProperties" = 1))]
    pub values: BTreeMap<Name, Vec<Value>>,
    /// What becomes of rows where the column is null.
    #[serde(default)]
    pub nulls: Absent,
    /// What becomes of rows where it has another value.
    #[serde(default)]
    pub others: Absent,
}

/// A value that stands for a part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Text(String),
    Integer(i128),
    Boolean(bool),
}

impl PredefinedParams {
    pub(crate) fn check(&self) -> Result<(), SplitError> {
        if self.values.is_empty() {
            return Err(SplitError::NoParts);
        }
        let (mut seen, mut count) = (HashMap::new(), 0);
        for (part, key) in self.keys()? {
            count += 1;
            if let Some(other) = seen.insert(key, part)
                && other != part
            {
                return Err(SplitError::Setting("`predefined.values` has one value for two parts".to_owned()));
            }
        }
        debug_assert!(count >= self.values.len());
        Ok(())
    }

    /// The values, each with the place of its part.
    fn keys(&self) -> Result<Vec<(usize, Key)>, SplitError> {
        let mut keys = Vec::new();
        for (part, (name, values)) in self.values.iter().enumerate() {
            if values.is_empty() {
                keys.push((part, Key::Text(name.to_string())));
            }
            for value in values {
                let integer = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
                let key = match value {
                    Value::String(text) => Key::Text(text.clone()),
                    Value::Bool(value) => Key::Boolean(*value),
                    Value::Number(_) if integer.is_some() => Key::Integer(integer.unwrap_or_default()),
                    _ => {
                        let reason = "`predefined.values` must be texts, integers or booleans";
                        return Err(SplitError::Setting(reason.to_owned()));
                    }
                };
                keys.push((part, key));
            }
        }
        Ok(keys)
    }

    pub(crate) fn plan(&self, schema: &TableSchema) -> Result<(), SplitError> {
        let column = &self.column;
        let known = || schema.names().map(str::to_owned).collect();
        let found = schema.get(column).ok_or_else(|| SplitError::Column { column: column.clone(), known: known() })?;
        let suits = |key: &Key| match key {
            Key::Text(_) => found == DataType::String,
            Key::Integer(_) => found.is_integer(),
            Key::Boolean(_) => found == DataType::Boolean,
        };
        match self.keys()?.iter().all(|(_, key)| suits(key)) {
            true => Ok(()),
            false => Err(SplitError::Setting(format!(
                "`predefined.values` has a value that the column `{column}` of type `{found}` cannot hold"
            ))),
        }
    }

    /// The part of each row, and how many rows are in none: because of null, because of another value.
    pub(crate) fn assign(&self, table: &Table) -> Result<(Vec<usize>, [u64; 2]), SplitError> {
        let parts: HashMap<Key, usize> = self.keys()?.into_iter().map(|(part, key)| (key, part)).collect();
        let column = table.column(&self.column)?.as_materialized_series();
        let polars = mlspec_table::TableError::from;
        let keys: Vec<Option<Key>> = match column.dtype() {
            PolarsType::String => {
                column.str().map_err(polars)?.iter().map(|text| text.map(|text| Key::Text(text.to_owned()))).collect()
            }
            PolarsType::Boolean => column.bool().map_err(polars)?.iter().map(|value| value.map(Key::Boolean)).collect(),
            PolarsType::UInt64 => {
                column.u64().map_err(polars)?.iter().map(|value| Some(Key::Integer(value?.into()))).collect()
            }
            _ => {
                let values = column.cast(&PolarsType::Int64).map_err(polars)?;
                values.i64().map_err(polars)?.iter().map(|value| Some(Key::Integer(value?.into()))).collect()
            }
        };
        let (mut nulls, mut others) = (0, 0);
        let assigned = keys
            .into_iter()
            .map(|key| match key.map(|key| parts.get(&key)) {
                Some(Some(&part)) => part,
                Some(None) => {
                    others += 1;
                    NONE
                }
                None => {
                    nulls += 1;
                    NONE
                }
            })
            .collect();
        self.nulls.allow(nulls, "null", &self.column)?;
        self.others.allow(others, "the name of no part", &self.column)?;
        Ok((assigned, [nulls, others]))
    }
}
