//! Checked expectations, and the verdicts on a table.

use crate::expectation::{Expectation, Finding};
use crate::{ValidateError, ValidateParams};
use mlspec_record::TableSchema;
use mlspec_record::body::Severity;
use mlspec_table::Table;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Checked expectations.
#[derive(Debug)]
pub struct Validator {
    pub(crate) params: ValidateParams,
    pub(crate) checked: Vec<Checked>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) severity: Severity,
    pub(crate) tolerance: f64,
    pub(crate) expectation: Box<dyn Expectation>,
}

/// The verdict on one expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The expectation's name.
    pub name: String,
    /// Its kind, such as `not_null`.
    pub expectation: &'static str,
    /// The columns it looks at.
    pub columns: Vec<String>,
    /// What its failure means.
    pub severity: Severity,
    /// The share of rows allowed to fail.
    pub tolerance: f64,
    /// Whether it holds.
    pub passed: bool,
    /// The ids of all failing rows, ascending.
    pub failing: Vec<u64>,
    /// What was found where rows are not the point.
    pub detail: Option<String>,
}

impl Validator {
    /// The settings.
    pub fn params(&self) -> &ValidateParams {
        &self.params
    }

    /// Whether the expectations can be told from a table of these columns.
    ///
    /// # Errors
    /// When a column is missing or of an unsuitable type, unless that is what the expectation is about.
    pub fn plan(&self, schema: &TableSchema) -> Result<(), ValidateError> {
        for (position, Checked { name, expectation, .. }) in self.checked.iter().enumerate() {
            let refused = |problem| ValidateError::Plan { position, name: name.clone(), problem };
            expectation.plan(schema).map_err(refused)?;
        }
        Ok(())
    }

    /// The columns whose values are looked at, of those that exist.
    pub fn columns<'a>(&self, schema: &'a TableSchema) -> Vec<&'a str> {
        let read: BTreeSet<String> = self.checked.iter().flat_map(|one| one.expectation.reads()).collect();
        schema.names().filter(|name| read.contains(*name)).collect()
    }

    /// The verdicts, in the order of the expectations.
    ///
    /// # Errors
    /// When a column is missing or of an unsuitable type, unless that is what the expectation is about.
    pub fn validate(&self, table: &Table) -> Result<Vec<Verdict>, ValidateError> {
        self.validate_columns(table, table.schema())
    }

    /// The verdicts on a table of this schema, of which only the columns whose values are looked at need be there.
    pub(crate) fn validate_columns(&self, table: &Table, schema: &TableSchema) -> Result<Vec<Verdict>, ValidateError> {
        self.plan(schema)?;
        let ids = table.ids();
        let verdict = |(position, one): (usize, &Checked)| {
            let refused = |problem| ValidateError::Plan { position, name: one.name.clone(), problem };
            one.expectation.find(table, schema).map(|finding| one.judge(finding, &ids)).map_err(refused)
        };
        let verdicts: Vec<Result<_, _>> = self.checked.par_iter().enumerate().map(verdict).collect();
        verdicts.into_iter().collect()
    }
}

impl Checked {
    fn judge(&self, finding: Finding, ids: &[u64]) -> Verdict {
        let (passed, failing, detail) = match finding {
            Finding::Whole { passed, detail } => (passed, Vec::new(), detail),
            Finding::Rows(failing) => {
                let failing: Vec<u64> = failing.into_iter().filter_map(|at| ids.get(at).copied()).collect();
                let passed = failing.len() as f64 <= self.tolerance * ids.len() as f64;
                (passed, failing, None)
            }
        };
        Verdict {
            name: self.name.clone(),
            expectation: self.expectation.kind(),
            columns: self.expectation.columns(),
            severity: self.severity,
            tolerance: self.tolerance,
            passed,
            failing,
            detail,
        }
    }
}
