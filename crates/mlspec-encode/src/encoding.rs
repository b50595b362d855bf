//! Encoders that are set up: fitted on a table, then applied to any.

use crate::encoder::{Rows, is_integer, sort_texts};
use crate::{EncodeError, EncodeParams, Encoder, Label, Task};
use mlspec_model::{FittedEncoders, FittedLabel, LABEL, ModelError, RawColumn, RawKind, encode_rows};
use mlspec_record::{DataType, TableSchema};
use mlspec_table::{Table, TableError};
use std::collections::BTreeSet;

/// Encoders that are set up and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    params: EncodeParams,
}

/// Encoders that were fitted, and what they were fitted on.
#[derive(Clone, Debug)]
pub struct FittedEncoding {
    /// The fitted encoders.
    pub encoders: FittedEncoders,
    /// The raw table of the rows that they were fitted on.
    pub raw: Table,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Encoding {
    pub(crate) fn new(params: EncodeParams) -> Self {
        Self { params }
    }

    /// The settings.
    pub fn params(&self) -> &EncodeParams {
        &self.params
    }

    /// What is kept of each row, given the columns of the rows that are fitted.
    pub fn raw_columns(&self, schema: &TableSchema) -> Vec<RawColumn> {
        let encoders = self.params.encoders.iter().enumerate();
        let mut columns: Vec<RawColumn> = encoders.flat_map(|(at, encoder)| encoder.raw(at)).collect();
        columns.extend(self.params.label.as_ref().map(|label| RawColumn {
            name: LABEL.to_owned(),
            column: label.column.clone(),
            kind: match label.task(schema) {
                Task::Classification => RawKind::Category { nulls: false },
                Task::Regression => RawKind::Number { nulls: false },
            },
        }));
        columns.extend(self.params.weight.as_deref().map(RawColumn::weight));
        columns
    }

    /// Checks that a part has the columns, in types that can be encoded.
    ///
    /// # Errors
    /// When it has not.
    pub fn check_part(&self, part: &str, schema: &TableSchema, fitted: &TableSchema) -> Result<(), EncodeError> {
        for RawColumn { column, kind, .. } in self.raw_columns(fitted) {
            let Some(found) = schema.get(&column) else {
                let known = schema.names().map(str::to_owned).collect();
                return Err(EncodeError::Missing { part: part.to_owned(), column, known });
            };
            if let Err(expected) = kind.accepts(found) {
                return Err(EncodeError::Type { part: part.to_owned(), column, found, expected });
            }
        }
        Ok(())
    }

    /// Fits all encoders on the rows of a table.
    ///
    /// # Errors
    /// When there are no rows, a column is missing or of the wrong type, a value is null, NaN or infinite where it must not
    /// be, or an encoder finds nothing to fit.
    pub fn fit(&self, table: &Table) -> Result<FittedEncoding, EncodeError> {
        self.check_part(self.params.fit.as_str(), table.schema(), table.schema())?;
        if table.is_empty() {
            return Err(EncodeError::NoRows);
        }
        let raw = encode_rows(table, &self.raw_columns(table.schema()))?;
        let mut warnings = Vec::new();
        let encoders = self.params.encoders.iter().enumerate();
        let encoders =
            encoders.map(|(at, encoder)| encoder.as_fit().fit(&Rows { at, table, raw: &raw }, &mut warnings));
        let encoders = encoders.collect::<Result<Vec<_>, _>>()?;
        let label = self.params.label.as_ref();
        let label = label.map(|label| label.fit(table.schema(), &raw, &mut warnings)).transpose()?;
        let encoders = FittedEncoders::new(table.len() as u64, encoders, label, self.params.weight.clone())?;
        Ok(FittedEncoding { encoders, raw, warnings })
    }

    /// The raw table of other rows, checked against fitted encoders.
    ///
    /// # Errors
    /// When a column is missing or of the wrong type, or a value cannot be encoded.
    pub fn apply(&self, encoders: &FittedEncoders, table: &Table) -> Result<(Table, Vec<String>), EncodeError> {
        let raw = encode_rows(table, &encoders.raw_columns())?;
        encoders.check(&raw)?;
        let mut warnings = Vec::new();
        if let Some(FittedLabel::Classification { column, classes, .. }) = encoders.label()
            && !table.is_empty()
            && classes.len() > 1
            && classes_of(&raw)?.len() == 1
        {
            warnings.push(format!("all rows have the same class in the label `{column}`"));
        }
        Ok((raw, warnings))
    }
}

impl Encoder {
    /// The encoder's name.
    pub fn name(&self) -> &'static str {
        self.as_fit().name()
    }

    /// The columns it reads.
    pub fn columns(&self) -> &[String] {
        self.as_fit().columns()
    }
}

impl Label {
    /// The task: as set, or by the column's type.
    fn task(&self, schema: &TableSchema) -> Task {
        let number = |found: DataType| found.is_numeric();
        let default =
            if schema.get(&self.column).is_some_and(number) { Task::Regression } else { Task::Classification };
        self.task.unwrap_or(default)
    }

    fn fit(&self, schema: &TableSchema, raw: &Table, warnings: &mut Vec<String>) -> Result<FittedLabel, EncodeError> {
        let column = self.column.clone();
        let wrong = |classes| EncodeError::Positive { column: column.clone(), classes };
        if self.task(schema) == Task::Regression {
            return if self.positive.is_none() { Ok(FittedLabel::Regression { column }) } else { Err(wrong(0)) };
        }
        let mut classes = classes_of(raw)?;
        sort_texts(&mut classes, is_integer(schema.get(&self.column)));
        let named = self.positive.as_ref().map(|name| classes.iter().position(|class| class == name.as_str()));
        let positive = match (classes.len(), named) {
            (1, _) => {
                warnings.push(format!("all rows have the same class in the label `{column}`"));
                None
            }
            (2, None) => Some(1),
            (2, Some(Some(at))) => Some(at as u32),
            (_, None) => None,
            (count, Some(_)) => return Err(wrong(count)),
        };
        Ok(FittedLabel::Classification { column, classes, positive })
    }
}

/// The classes that rows have, in no order that means something.
fn classes_of(raw: &Table) -> Result<Vec<String>, EncodeError> {
    let texts = raw.column(LABEL).map_err(ModelError::from)?.as_materialized_series();
    let texts = texts.str().map_err(TableError::from)?;
    let classes: BTreeSet<&str> = texts.iter().flatten().collect();
    Ok(classes.into_iter().map(str::to_owned).collect())
}
