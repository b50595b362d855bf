//! Checked parameters: they can compare profiles.

use crate::{Bins, Measure, MonitorError, MonitorParams};
use mlspec_measure::profile::{Depth, Profile, ProfiledColumn};
use mlspec_record::body::{ColumnDrift, ColumnRole, DriftMeasure};
use mlspec_stage::Site;
use mlspec_table::{Table, profile};

/// Compares batches with references.
#[derive(Clone, Debug)]
pub struct Monitor {
    params: MonitorParams,
    pub(crate) site: Site,
}

/// What set two profiles apart.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The columns of both, in the order of the batch, with the bins they were counted by.
    pub columns: Vec<(ColumnDrift, Option<Bins>)>,
    /// What each column is measured by where a gate names no measure.
    pub(crate) defaults: Vec<Vec<Measure>>,
    /// Columns of the reference that the batch does not have, or has with another type.
    pub missing: Vec<String>,
    /// Columns that only the batch has.
    pub unknown: Vec<String>,
}

impl Monitor {
    pub(crate) fn of(params: MonitorParams) -> Self {
        Self { params, site: Site::default() }
    }

    /// What was set.
    pub fn params(&self) -> &MonitorParams {
        &self.params
    }

    /// Whether texts of the column may be shown.
    pub(crate) fn shows(&self, column: &str) -> bool {
        self.params.show.iter().any(|shown| shown == column)
    }

    /// The profile of a table, which stands for it: as a batch, or as a reference.
    ///
    /// # Errors
    /// When polars refuses.
    pub fn profile(&self, table: &Table) -> Result<Profile, MonitorError> {
        let profiles = profile::profile(table, Depth::Full, &|column| self.shows(column))?;
        let columns = table.schema().columns().iter().zip(profiles).map(|(column, profile)| ProfiledColumn {
            column: column.name.clone(),
            data_type: column.data_type,
            profile,
        });
        Ok(Profile::new(table.len() as u64, columns.collect()))
    }

    /// All columns named in the settings are there.
    pub(crate) fn named(&self, side: &'static str, names: &[&str]) -> Result<(), MonitorError> {
        match self.params.columns.iter().find(|column| !names.contains(&column.as_str())) {
            None => Ok(()),
            Some(column) => {
                let known = names.iter().map(|name| (*name).to_owned()).collect();
                Err(MonitorError::Column { side, column: column.clone(), known })
            }
        }
    }

    /// Compares a batch with a reference, column by column; both have rows.
    ///
    /// # Errors
    /// When a side has no rows, or lacks a column that is named.
    pub fn compare(&self, reference: &Profile, current: &Profile) -> Result<Drift, MonitorError> {
        for (side, profile) in [("reference", reference), ("batch", current)] {
            let names: Vec<&str> = profile.columns.iter().map(|column| column.column.as_str()).collect();
            self.named(side, &names)?;
        }
        let asked =
            |name: &str| self.params.columns.is_empty() || self.params.columns.iter().any(|column| column == name);
        self.drift(reference, current, &asked, &|_| ColumnRole::Data)
    }

    /// Compares the predictions of a batch with those of a reference.
    ///
    /// # Errors
    /// When a side has no rows.
    pub fn compare_predictions(&self, reference: &Profile, current: &Profile) -> Result<Drift, MonitorError> {
        let role = |name: &str| if name == "label" { ColumnRole::Label } else { ColumnRole::Prediction };
        self.drift(reference, current, &|_| true, &role)
    }

    fn drift(
        &self,
        reference: &Profile,
        current: &Profile,
        asked: &dyn Fn(&str) -> bool,
        role: &dyn Fn(&str) -> ColumnRole,
    ) -> Result<Drift, MonitorError> {
        for (side, profile) in [("reference", reference), ("batch", current)] {
            if profile.rows == 0 {
                return Err(MonitorError::NoRows(side));
            }
        }
        let mut found = Drift { columns: Vec::new(), defaults: Vec::new(), missing: Vec::new(), unknown: Vec::new() };
        let pairs: std::collections::HashMap<&str, &ProfiledColumn> =
            reference.columns.iter().map(|column| (column.column.as_str(), column)).collect();
        let mut there = std::collections::HashSet::new();
        for column in current.columns.iter().filter(|column| asked(&column.column)) {
            match pairs.get(column.column.as_str()) {
                Some(was) if comparable(was, column) => {
                    there.insert(column.column.as_str());
                    found.columns.push(self.column(was, column, role(&column.column)));
                    found.defaults.push(Measure::defaults(column));
                }
                Some(_) => {}
                None => found.unknown.push(column.column.clone()),
            }
        }
        let missing = reference.columns.iter().map(|column| column.column.as_str());
        found.missing = missing.filter(|name| asked(name) && !there.contains(name)).map(str::to_owned).collect();
        Ok(found)
    }

    fn column(&self, was: &ProfiledColumn, is: &ProfiledColumn, role: ColumnRole) -> (ColumnDrift, Option<Bins>) {
        let bins = Bins::of(was, is, self.params.bins as usize);
        let measures = Measure::ALL.into_iter().filter(|measure| measure.fits(is));
        let measures: Vec<DriftMeasure> =
            measures.map(|measure| measure.of(was, is, bins.as_ref(), self.params.significance)).collect();
        let drift = ColumnDrift {
            column: is.column.clone(),
            data_type: is.data_type,
            role,
            measures,
            drifted: false,
            sources: Vec::new(),
            contributions: Vec::new(),
        };
        (drift, bins)
    }
}

/// Whether both sides hold values of one kind: integers and floats of any width are one kind.
fn comparable(was: &ProfiledColumn, is: &ProfiledColumn) -> bool {
    was.data_type == is.data_type || (was.data_type.is_numeric() && is.data_type.is_numeric())
}
