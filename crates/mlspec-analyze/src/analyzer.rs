//! Checked parameters: they can profile tables.

use crate::{AnalyzeError, AnalyzeParams, correlations, duplicates, outliers, summary};
use mlspec_measure::profile::{ColumnProfile, Depth, Profile, ProfiledColumn};
use mlspec_record::TableSchema;
use mlspec_record::body::{ColumnSummary, Correlation};
use mlspec_table::{Table, TableError, profile};

/// Looks at tables.
#[derive(Clone, Debug)]
pub struct Analyzer {
    params: AnalyzeParams,
}

impl Analyzer {
    pub(crate) fn of(params: AnalyzeParams) -> Self {
        Self { params }
    }

    /// What was set.
    pub fn params(&self) -> &AnalyzeParams {
        &self.params
    }

    /// The columns that are looked at, in the order of the table.
    ///
    /// # Errors
    /// When a named column is not there, or cannot be used as it is asked to.
    pub fn columns<'a>(&self, schema: &'a TableSchema) -> Result<Vec<&'a str>, AnalyzeError> {
        let named = &self.params.columns;
        let own_slices = self.params.slices.iter().filter(|slice| slice.source.is_none()).map(|slice| &slice.column);
        for column in named.iter().chain(&self.params.show).chain(own_slices) {
            known(schema, column)?;
        }
        if let Some(params) = &self.params.correlations {
            correlations::plan(params, schema)?;
        }
        if let Some(params) = &self.params.outliers {
            outliers::columns(params, schema)?;
        }
        if let Some(params) = &self.params.duplicates {
            duplicates::columns(params, schema)?;
        }
        Ok(schema.names().filter(|name| named.is_empty() || named.iter().any(|column| column == name)).collect())
    }

    /// Whether texts of the column may be shown.
    pub(crate) fn shows(&self, column: &str) -> bool {
        self.params.show.iter().any(|shown| shown == column)
    }

    /// What is known of the columns in these rows: parts of profiles, which merge.
    pub(crate) fn part(&self, table: &Table) -> Result<Vec<ColumnProfile>, TableError> {
        profile::profile(table, Depth::Full, &|column| self.shows(column))
    }

    /// The profile of a table's columns.
    ///
    /// # Errors
    /// When a column is not there, or polars refuses.
    pub fn profile(&self, table: &Table) -> Result<Profile, AnalyzeError> {
        let columns = self.columns(table.schema())?;
        let chosen = table.select(&columns)?;
        Ok(document(chosen.schema(), chosen.len() as u64, self.part(&chosen)?))
    }

    /// What a record says of the columns of a profile.
    pub fn summaries(&self, profile: &Profile) -> Vec<ColumnSummary> {
        profile.columns.iter().map(|column| summary(column, &self.params)).collect()
    }

    /// How columns of a table go together, if that is asked for.
    ///
    /// # Errors
    /// When a column is not there, or polars refuses.
    pub fn correlations(&self, table: &Table) -> Result<Vec<Correlation>, AnalyzeError> {
        match &self.params.correlations {
            Some(params) => correlations::find(params, table),
            None => Ok(Vec::new()),
        }
    }

    /// The ids of rows that have the values of a row with a lesser id, if that is asked for.
    ///
    /// # Errors
    /// When a column is not there, or polars refuses.
    pub fn duplicates(&self, table: &Table) -> Result<Vec<u64>, AnalyzeError> {
        match &self.params.duplicates {
            Some(params) => duplicates::find(params, table),
            None => Ok(Vec::new()),
        }
    }
}

/// Profiles of columns as a document.
pub(crate) fn document(schema: &TableSchema, rows: u64, profiles: Vec<ColumnProfile>) -> Profile {
    let columns = schema.columns().iter().zip(profiles).map(|(column, profile)| ProfiledColumn {
        column: column.name.clone(),
        data_type: column.data_type,
        profile,
    });
    Profile::new(rows, columns.collect())
}

/// The type of a column that must be there.
pub(crate) fn known(schema: &TableSchema, column: &str) -> Result<mlspec_record::DataType, AnalyzeError> {
    schema.get(column).ok_or_else(|| AnalyzeError::Column {
        column: column.to_owned(),
        known: schema.names().map(str::to_owned).collect(),
    })
}
