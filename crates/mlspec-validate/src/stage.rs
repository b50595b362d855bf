//! Between artifacts and [`Validator`]; no decisions here.

use crate::expectation::Others;
use crate::validator::{Kept, ROWS};
use crate::{ValidateError, ValidateParams, Validator, Verdict, update};
use mlspec_provenance::{identity_lineage, whole_lineage};
use mlspec_record::body::{ExpectationResult, ExpectationsRef, Severity, Validation};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Kind, LineageParent, Name, Producer, StageId, TableSchema};
use mlspec_stage::{
    Changes, Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{Column, DataFrame};
use mlspec_table::{ChunkOptions, ROW, Table, TableError, manifest};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How many failed expectations a refusal names.
const NAMED: usize = 10;

/// The stage `validate@1`, set up.
#[derive(Debug)]
pub struct ValidateStage {
    id: StageId,
    rows: Name,
    report: Name,
    validator: Validator,
    document: Option<ExpectationsRef>,
    settings: Map<String, Value>,
    /// Ports of other tables.
    others: Vec<Name>,
}

/// What the binary registers.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(ValidateParams) }
}

fn id() -> StageId {
    constant(StageId::new("validate@1"))
}

/// A value of a constant text.
fn constant<T, E>(value: Result<T, E>) -> T {
    value.unwrap_or_else(|_| unreachable!("the text is in the grammar"))
}

fn build(_: &Name, settings: Map<String, Value>, site: &Site) -> Result<Box<dyn Stage>, StageError> {
    let mut params: ValidateParams = parse_settings(settings)?;
    let document = params.document.as_mut().map(|document| document.load(site)).transpose()?;
    let settings = write_settings(&params);
    let (rows, report) = (constant(Name::new(ROWS)), constant(Name::new("report")));
    let validator = params.check_with(document.as_ref())?;
    let document = document.map(|document| document.reference()).transpose()?;
    let others = validator.others().into_keys().map(|port| constant(Name::new(&port))).collect();
    Ok(Box::new(ValidateStage { id: id(), rows, report, validator, document, settings, others }))
}

impl Stage for ValidateStage {
    fn id(&self) -> StageId {
        self.id.clone()
    }

    fn kind(&self) -> Kind {
        Kind::Validation
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        self.settings.clone()
    }

    fn ports(&self) -> Ports {
        let others = self.others.iter().map(|port| Port::new(port.clone(), ArtifactKind::Table));
        Ports {
            inputs: std::iter::once(Port::new(self.rows.clone(), ArtifactKind::Table)).chain(others).collect(),
            outputs: vec![
                Port::new(self.rows.clone(), ArtifactKind::Table),
                Port::new(self.report.clone(), ArtifactKind::Report),
            ],
        }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        let Some(schema) = inputs.get(self.rows.as_str()) else { return Ok(Schemas::new()) };
        self.validator.plan_with(schema, inputs)?;
        Ok([(self.rows.to_string(), schema.clone())].into())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let store = cx.store();
        let input = cx.input(self.rows.as_str(), ArtifactKind::Table)?.artifact.clone();
        let schema = manifest(store, &input.digest)?.schema;
        let beside = self.beside(cx)?;
        self.validator.plan_with(&schema, &beside.schemas(store)?)?;
        let table = Table::read_columns(store, &input.digest, &self.validator.columns(&schema))?;
        cx.check_cancelled()?;
        let kept = Kept { store, rows: &input.digest, others: &beside.digests };
        let verdicts = self.validator.verdicts(&table, &schema, beside.tables(store)?, Some(kept))?;
        cx.check_cancelled()?;
        let parent = self.parent(&input);
        let results = verdicts.iter().map(|verdict| result(store, verdict, &parent)).collect::<Result<Vec<_>, _>>()?;
        self.leave(cx, input, table.len() as u64, results)
    }

    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        let input = cx.input(self.rows.as_str(), ArtifactKind::Table)?.artifact.clone();
        let (parent, beside) = (self.parent(&input), self.beside(cx)?);
        match update::carry(&self.validator, cx.store(), cx.previous(), &parent, &beside)? {
            Some((rows, results)) => {
                cx.incremental();
                self.leave(cx, input, rows, results)
            }
            None => self.run(cx),
        }
    }
}

/// The other tables that arrive, and what is looked at in them.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) digests: BTreeMap<String, Digest>,
    columns: BTreeMap<String, Vec<String>>,
    /// What lineage says of them.
    parents: Vec<LineageParent>,
}

impl Beside {
    /// Their columns.
    pub(crate) fn schemas(&self, store: &Store) -> Result<Schemas, ValidateError> {
        let schema = |(port, digest): (&String, &Digest)| Ok((port.clone(), manifest(store, digest)?.schema));
        self.digests.iter().map(schema).collect()
    }

    /// Their rows, with the columns that are looked at.
    pub(crate) fn tables(&self, store: &Store) -> Result<Others, ValidateError> {
        let read = |(port, digest): (&String, &Digest)| {
            let columns = self.columns.get(port).map(Vec::as_slice).unwrap_or_default();
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            Ok((port.clone(), Table::read_columns(store, digest, &columns)?))
        };
        self.digests.iter().map(read).collect()
    }
}

impl ValidateStage {
    fn parent(&self, input: &ArtifactRef) -> LineageParent {
        LineageParent { scan: self.rows.to_string(), artifact: input.clone() }
    }

    /// The other tables.
    fn beside(&self, cx: &Context<'_>) -> Result<Beside, StageError> {
        let mut beside = Beside::default();
        for (port, columns) in self.validator.others() {
            let artifact = &cx.input(&port, ArtifactKind::Table)?.artifact;
            beside.digests.insert(port.clone(), artifact.digest);
            beside.parents.push(LineageParent { scan: port.clone(), artifact: artifact.clone() });
            beside.columns.insert(port, columns.into_iter().collect());
        }
        Ok(beside)
    }

    /// Leaves rows, report, warnings, gate and body.
    fn leave(
        &self,
        cx: &mut Context<'_>,
        input: ArtifactRef,
        rows: u64,
        results: Vec<ExpectationResult>,
    ) -> Result<(), StageError> {
        let store = cx.store();
        let waived = |found: &ExpectationResult| found.waived.is_some() && found.severity == Severity::Error;
        for found in results.iter().filter(|found| !found.passed && found.severity == Severity::Warning) {
            cx.warn(format!("the expectation {} does not hold", described(found)));
        }
        for found in results.iter().filter(|found| !found.passed && waived(found)) {
            let until = found.waived.as_ref().map(|waived| waived.expires.to_string()).unwrap_or_default();
            cx.warn(format!("the expectation {} does not hold, which is waived until {until}", described(found)));
        }
        let gated =
            |found: &&ExpectationResult| !found.passed && found.severity == Severity::Error && found.waived.is_none();
        let failed: Vec<&ExpectationResult> = results.iter().filter(gated).collect();
        if !failed.is_empty() {
            cx.refuse(refusal(&failed, results.len()));
        }
        let body = Validation {
            passed: failed.is_empty(),
            rows,
            expectations: results,
            environment: self.validator.params().environment.clone(),
            skipped: self.validator.skipped.clone(),
            document: self.document.clone(),
        };
        let (digest, bytes) = store.put_json(&body)?;
        let mut parents = vec![self.parent(&input)];
        parents.extend(self.beside(cx)?.parents);
        let lineage = Some(whole_lineage(store, parents).map_err(ValidateError::from)?);
        cx.body(&body)?;
        cx.output(self.rows.clone(), input)?;
        cx.output(self.report.clone(), ArtifactRef { kind: ArtifactKind::Report, digest, lineage, rows: None, bytes })
    }
}

/// The verdict as the record has it; failing rows are kept with their lineage.
pub(crate) fn result(
    store: &Store,
    verdict: &Verdict,
    parent: &LineageParent,
) -> Result<ExpectationResult, ValidateError> {
    let failing_rows = match verdict.failing.is_empty() {
        true => None,
        false => Some(with_lineage(store, ids(&verdict.failing)?.write(store, &ChunkOptions::default())?, parent)?),
    };
    Ok(ExpectationResult {
        name: verdict.name.clone(),
        expectation: verdict.expectation.to_owned(),
        columns: verdict.columns.clone(),
        severity: verdict.severity,
        passed: verdict.passed,
        failing: verdict.failing.len() as u64,
        tolerance: verdict.tolerance,
        rows: verdict.rows,
        failing_rows,
        observed: verdict.observed,
        waived: verdict.waived.clone(),
        state: verdict.state,
        detail: verdict.detail.clone(),
    })
}

/// Rows without columns.
pub(crate) fn ids(ids: &[u64]) -> Result<Table, TableError> {
    Table::new(DataFrame::new(ids.len(), vec![Column::new(ROW.into(), ids)])?)
}

/// Failing rows with the lineage that leads to the rows that were checked.
pub(crate) fn with_lineage(
    store: &Store,
    kept: ArtifactRef,
    parent: &LineageParent,
) -> Result<ArtifactRef, ValidateError> {
    let lineage = Some(identity_lineage(store, parent.clone(), &TableSchema::default())?);
    Ok(ArtifactRef { lineage, ..kept })
}

fn refusal(failed: &[&ExpectationResult], all: usize) -> String {
    let mut named: Vec<String> = failed.iter().take(NAMED).map(|found| described(found)).collect();
    if failed.len() > NAMED {
        named.push(format!("{} more", failed.len() - NAMED));
    }
    format!("{} of {all} expectations do not hold: {}", failed.len(), named.join(", "))
}

fn described(found: &ExpectationResult) -> String {
    match (&found.detail, found.failing) {
        (Some(detail), _) => format!("`{}` ({detail})", found.name),
        (None, 1) => format!("`{}` (1 row fails)", found.name),
        (None, rows) => format!("`{}` ({rows} rows fail)", found.name),
    }
}
