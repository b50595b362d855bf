//! Checked expectations, and the verdicts on a table.

use crate::expectation::{Expectation, Finding, Others, Parsed, Rule, Seen};
use crate::{Problem, ValidateError, ValidateParams};
use mlspec_record::body::{Severity, Waived};
use mlspec_record::{Digest, TableSchema};
use mlspec_stage::Schemas;
use mlspec_store::Store;
use mlspec_table::{Table, fold, fold_loaded};
use rayon::prelude::*;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The name under which expectations know the table itself.
pub(crate) const ROWS: &str = "rows";

/// Checked expectations.
#[derive(Debug)]
pub struct Validator {
    pub(crate) params: ValidateParams,
    pub(crate) checked: Vec<Checked>,
    /// Names of expectations that do not hold in the step's environment.
    pub(crate) skipped: Vec<String>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) severity: Severity,
    pub(crate) tolerance: f64,
    /// Which rows it is about.
    pub(crate) when: Option<Parsed>,
    pub(crate) waived: Option<Waived>,
    /// Everything that determines it, as text.
    pub(crate) what: String,
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
    /// How many rows it is about, where `when` chooses some.
    pub rows: Option<u64>,
    /// What was measured, where it is about one number.
    pub observed: Option<f64>,
    /// What was found where rows are not the point.
    pub detail: Option<String>,
    /// The waiver in force.
    pub waived: Option<Waived>,
    /// The object with what is known chunk by chunk, where one was kept.
    pub state: Option<Digest>,
}

/// Where tables are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    pub(crate) store: &'a Store,
    pub(crate) rows: &'a Digest,
    pub(crate) others: &'a BTreeMap<String, Digest>,
}

/// What all expectations look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looked<'a> {
    pub(crate) table: &'a Table,
    pub(crate) ids: &'a [u64],
    pub(crate) schema: &'a TableSchema,
    pub(crate) others: &'a Others,
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
        self.plan_with(schema, &Schemas::new())
    }

    /// Whether the expectations can be told from a table of these columns, and other tables of those, by port.
    ///
    /// # Errors
    /// When a table or column is missing or of an unsuitable type, unless that is what the expectation is about.
    pub fn plan_with(&self, schema: &TableSchema, others: &Schemas) -> Result<(), ValidateError> {
        let mut others = others.clone();
        others.insert(ROWS.to_owned(), schema.clone());
        self.checked.iter().enumerate().try_for_each(|(position, one)| {
            let chosen = one.when.as_ref().map_or(Ok(()), |when| when.plan(schema, &others));
            chosen
                .and_then(|()| one.expectation.plan(schema, &others))
                .map_err(|problem| one.refused(position, problem))
        })
    }

    /// The other tables that expectations look at: the columns of each, by port.
    pub fn others(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let of = self.checked.iter().filter_map(|one| one.expectation.other()).filter(|(port, _)| *port != ROWS);
        of.for_each(|(port, columns)| found.entry(port.to_owned()).or_default().extend(columns));
        found
    }

    /// The columns whose values are looked at, of those that exist.
    pub fn columns<'a>(&self, schema: &'a TableSchema) -> Vec<&'a str> {
        let read: BTreeSet<String> = self.checked.iter().flat_map(Checked::reads).collect();
        schema.names().filter(|name| read.contains(*name)).collect()
    }

    /// The verdicts, in the order of the expectations.
    ///
    /// # Errors
    /// When a column is missing or of an unsuitable type, unless that is what the expectation is about.
    pub fn validate(&self, table: &Table) -> Result<Vec<Verdict>, ValidateError> {
        self.validate_with(table, &Others::new())
    }

    /// The verdicts on a table beside other tables, which foreign keys and baselines name by port.
    ///
    /// # Errors
    /// When a table or column is missing or of an unsuitable type, unless that is what the expectation is about.
    pub fn validate_with(&self, table: &Table, others: &Others) -> Result<Vec<Verdict>, ValidateError> {
        let schemas = others.iter().map(|(port, other)| (port.clone(), other.schema().clone())).collect();
        self.plan_with(table.schema(), &schemas)?;
        self.verdicts(table, table.schema(), others.clone(), None)
    }

    /// The verdicts on a table of this planned schema, of which only the columns whose values are looked at need be there.
    pub(crate) fn verdicts(
        &self,
        table: &Table,
        schema: &TableSchema,
        mut others: Others,
        kept: Option<Kept<'_>>,
    ) -> Result<Vec<Verdict>, ValidateError> {
        others.insert(ROWS.to_owned(), table.clone());
        let ids = table.ids();
        let looked = Looked { table, ids: &ids, schema, others: &others };
        let verdicts = self.checked.par_iter().enumerate().map(|(position, one)| one.verdict(position, looked, kept));
        verdicts.collect::<Vec<_>>().into_iter().collect()
    }
}

impl Checked {
    /// The columns whose values it looks at.
    pub(crate) fn reads(&self) -> Vec<String> {
        let mut read = self.expectation.reads();
        read.extend(self.when.iter().flat_map(Parsed::columns));
        read.extend(self.expectation.other().into_iter().filter(|(port, _)| *port == ROWS).flat_map(|(_, to)| to));
        read.sort_unstable();
        read.dedup();
        read
    }

    pub(crate) fn refused(&self, position: usize, problem: Problem) -> ValidateError {
        ValidateError::Plan { position, name: self.name.clone(), problem }
    }

    /// The rows that it is about.
    pub(crate) fn chosen<'t>(&self, table: &'t Table) -> Result<Cow<'t, Table>, Problem> {
        let Some(when) = &self.when else { return Ok(Cow::Borrowed(table)) };
        let holds = when.evaluate(table.frame())?;
        let frame = table.frame().filter(&holds).map_err(crate::expectation::refused)?;
        Table::new(frame).map(Cow::Owned).map_err(crate::expectation::refused)
    }

    pub(crate) fn verdict(
        &self,
        position: usize,
        looked: Looked<'_>,
        kept: Option<Kept<'_>>,
    ) -> Result<Verdict, ValidateError> {
        let Looked { table, ids, schema, others } = looked;
        if let (Rule::Chunk, Some(kept)) = (self.expectation.rule(), kept) {
            let (finding, state) = self.by_chunk(position, schema, others, kept, Some(table), None)?;
            return Ok(Verdict { state: Some(state), ..self.judge(finding, &[], None) });
        }
        let chosen = self.chosen(table).map_err(|problem| self.refused(position, problem))?;
        let finding = self.expectation.find(Seen { table: &chosen, schema, others });
        let finding = finding.map_err(|problem| self.refused(position, problem))?;
        Ok(match self.when {
            None => self.judge(finding, ids, None),
            Some(_) => self.judge(finding, &chosen.ids(), Some(chosen.len() as u64)),
        })
    }

    /// What is found by putting together what is known of chunks, and the object that keeps that. Results of `before` are taken
    /// over for chunks that are the same.
    pub(crate) fn by_chunk(
        &self,
        position: usize,
        schema: &TableSchema,
        others: &Others,
        kept: Kept<'_>,
        loaded: Option<&Table>,
        before: Option<&Digest>,
    ) -> Result<(Finding, Digest), ValidateError> {
        let refused = |problem| self.refused(position, problem);
        let reads = self.reads();
        let columns: Vec<&str> = schema.names().filter(|name| reads.iter().any(|read| read == name)).collect();
        let beside = self.expectation.other().and_then(|(port, _)| kept.others.get(port));
        let what = format!("{} {}", self.what, beside.map(ToString::to_string).unwrap_or_default());
        let part = |chunk: &Table| -> Result<Value, ValidateError> {
            let chosen = self.chosen(chunk).map_err(refused)?;
            self.expectation.part(Seen { table: &chosen, schema, others }).map_err(refused)
        };
        let (parts, state) = match loaded {
            Some(loaded) => fold_loaded(kept.store, (kept.rows, loaded), &columns, &what, before, part)?,
            None => fold(kept.store, kept.rows, &columns, &what, before, part)?,
        };
        Ok((self.expectation.whole(&parts, others).map_err(refused)?, state))
    }

    /// The verdict from what was found; `ids` are those of the rows looked at, `rows` their number if they were chosen.
    fn judge(&self, finding: Finding, ids: &[u64], rows: Option<u64>) -> Verdict {
        let (passed, failing, observed, detail) = match finding {
            Finding::Whole { passed, observed, detail } => (passed, Vec::new(), observed, detail),
            Finding::Rows(failing) => {
                let failing: Vec<u64> = failing.into_iter().filter_map(|at| ids.get(at).copied()).collect();
                (self.tolerates(failing.len() as u64, ids.len() as u64), failing, None, None)
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
            rows: rows.filter(|_| self.expectation.counts_rows()),
            observed,
            detail,
            waived: self.waived.clone(),
            state: None,
        }
    }

    /// Whether so many of so many rows may fail.
    pub(crate) fn tolerates(&self, failing: u64, rows: u64) -> bool {
        failing as f64 <= self.tolerance * rows as f64
    }
}
