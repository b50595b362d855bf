//! Encoders that are set up: fitted on a table, then applied to any.

use crate::encoder::{Fit, Fitting, Rows, is_integer, sort_texts};
use crate::state::{Statistics, classes_of};
use crate::statistics::{Needs, Statistic};
use crate::{EncodeError, EncodeParams, Encoder, Label, Task};
use mlspec_model::{FittedEncoders, FittedLabel, LABEL, RawColumn, RawKind, encode_rows, encode_rows_with_terms};
use mlspec_record::{DataType, TableSchema};
use mlspec_table::Table;

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

    /// What is kept of each row, and what of it is counted in the rows that are fitted.
    pub(crate) fn needs(&self, schema: &TableSchema) -> Vec<(RawColumn, Needs)> {
        let of_encoders = self.params.encoders.iter().map(Encoder::as_fit);
        let mut needs = of_encoders.flat_map(|encoder| encoder.columns().iter().map(|_| encoder.needs()));
        let of = |raw: RawColumn| {
            let label = match (self.is_class(schema), self.needs_label()) {
                (false, false) => Needs::Nothing,
                (false, true) => Needs::Values,
                (true, false) => Needs::Categories,
                (true, true) => Needs::CategoriesAndValues,
            };
            let needs = if raw.name == LABEL { Some(label) } else { needs.next() };
            (raw, needs.unwrap_or(Needs::Nothing))
        };
        self.raw_columns(schema).into_iter().map(of).collect()
    }

    /// Whether some encoder is fitted from labels too.
    fn needs_label(&self) -> bool {
        self.params.encoders.iter().any(|encoder| encoder.as_fit().needs_label())
    }

    /// Whether the label is a class.
    pub(crate) fn is_class(&self, schema: &TableSchema) -> bool {
        self.params.label.as_ref().is_some_and(|label| label.task(schema) == Task::Classification)
    }

    /// Fits all encoders on the rows of a table.
    ///
    /// # Errors
    /// When there are no rows, a column is missing or of the wrong type, a value is null, NaN or infinite where it must not
    /// be, or an encoder finds nothing to fit.
    pub fn fit(&self, table: &Table) -> Result<FittedEncoding, EncodeError> {
        self.fit_with_statistics(table).map(|(fitted, _)| fitted)
    }

    /// As [`Encoding::fit`], with the statistics that the encoders were fitted from.
    pub(crate) fn fit_with_statistics(&self, table: &Table) -> Result<(FittedEncoding, Statistics), EncodeError> {
        let schema = table.schema();
        self.check_part(self.params.fit.as_str(), schema, schema)?;
        if table.is_empty() {
            return Err(EncodeError::NoRows);
        }
        let (raw, terms) = encode_rows_with_terms(table, &self.raw_columns(schema))?;
        let mut statistics = Statistics::new(self, schema);
        statistics.add(&raw, terms)?;
        statistics.look_into(raw.clone());
        let mut warnings = Vec::new();
        let encoders = self.fit_to(&statistics, schema, &mut warnings)?;
        Ok((FittedEncoding { encoders, raw, warnings }, statistics))
    }

    /// Fits all encoders to statistics: the one way, in a run and in an update.
    pub(crate) fn fit_to(
        &self,
        statistics: &Statistics,
        schema: &TableSchema,
        warnings: &mut Vec<String>,
    ) -> Result<FittedEncoders, EncodeError> {
        let rows = statistics.rows();
        if rows == 0 {
            return Err(EncodeError::NoRows);
        }
        let ids = statistics.ids();
        let mut columns = statistics.columns();
        let mut of_encoders = Vec::new();
        for encoder in self.params.encoders.iter().map(Encoder::as_fit) {
            let fitting = |(column, (statistic, values))| Fitting {
                column,
                statistic,
                values,
                rows,
                integers: is_integer(schema.get(column)),
            };
            let fittings = encoder.columns().iter().map(String::as_str).zip(&mut columns).map(fitting);
            of_encoders.push((encoder, fittings.collect::<Vec<_>>()));
        }
        let labels = columns.next();
        let label = self.params.label.as_ref();
        let label = label.map(|label| label.fit(schema, labels.map(|labels| labels.0), warnings)).transpose()?;
        let labels = labels.and_then(|labels| labels.1).zip(label.as_ref());
        let fit =
            |(encoder, columns): (&dyn Fit, _)| encoder.fit(&Rows { columns, ids: &ids, label: labels }, warnings);
        let encoders = of_encoders.into_iter().map(fit).collect::<Result<Vec<_>, EncodeError>>()?;
        Ok(FittedEncoders::new(rows, encoders, label, self.params.weight.clone())?)
    }

    /// The raw table of other rows, checked against fitted encoders.
    ///
    /// # Errors
    /// When a column is missing or of the wrong type, or a value cannot be encoded.
    pub fn apply(&self, encoders: &FittedEncoders, table: &Table) -> Result<(Table, Vec<String>), EncodeError> {
        let (raw, classes) = self.apply_and_count(encoders, table)?;
        Ok((raw, one_class(encoders, classes.as_ref()).into_iter().collect()))
    }

    /// As [`Encoding::apply`], with the classes of the labels, where they are classes.
    pub(crate) fn apply_and_count(
        &self,
        encoders: &FittedEncoders,
        table: &Table,
    ) -> Result<(Table, Option<Statistic>), EncodeError> {
        let raw = encode_rows(table, &encoders.raw_columns())?;
        encoders.check(&raw)?;
        let classes = encoders.label().filter(|label| label.is_class()).map(|_| classes_of(&raw)).transpose()?;
        Ok((raw, classes))
    }
}

/// A warning where all labels of a part are of one class, and those of the fitted rows are not.
pub(crate) fn one_class(encoders: &FittedEncoders, classes: Option<&Statistic>) -> Option<String> {
    match encoders.label() {
        Some(FittedLabel::Classification { column, classes: known, .. })
            if known.len() > 1 && classes.is_some_and(|classes| classes.tally().len() == 1) =>
        {
            Some(same_class(column))
        }
        _ => None,
    }
}

fn same_class(column: &str) -> String {
    format!("all rows have the same class in the label `{column}`")
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

    fn fit(
        &self,
        schema: &TableSchema,
        statistic: Option<&Statistic>,
        warnings: &mut Vec<String>,
    ) -> Result<FittedLabel, EncodeError> {
        let column = self.column.clone();
        let wrong = |classes| EncodeError::Positive { column: column.clone(), classes };
        if self.task(schema) == Task::Regression {
            return if self.positive.is_none() { Ok(FittedLabel::Regression { column }) } else { Err(wrong(0)) };
        }
        let mut classes: Vec<String> = Vec::new();
        if let Some(tally) = statistic.map(Statistic::tally) {
            if tally.collided() {
                return Err(EncodeError::Collision { column });
            }
            classes.extend(tally.entries().filter_map(|entry| entry.text.clone()));
        }
        sort_texts(&mut classes, is_integer(schema.get(&self.column)));
        let named = self.positive.as_ref().map(|name| classes.iter().position(|class| class == name.as_str()));
        let positive = match (classes.len(), named) {
            (1, _) => {
                warnings.push(same_class(&column));
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
