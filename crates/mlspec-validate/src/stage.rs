//! Between artifacts and [`Validator`]; no decisions here.

use crate::{ValidateError, ValidateParams, Validator, Verdict, update};
use mlspec_provenance::{identity_lineage, whole_lineage};
use mlspec_record::body::{ExpectationResult, Severity, Validation};
use mlspec_record::{ArtifactKind, ArtifactRef, Kind, LineageParent, Name, Producer, StageId, TableSchema};
use mlspec_stage::{Changes, Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{Column, DataFrame};
use mlspec_table::{ChunkOptions, ROW, Table, TableError, manifest};
use serde_json::{Map, Value};

/// How many failed expectations a refusal names.
const NAMED: usize = 10;

/// The stage `validate@1`, set up.
#[derive(Debug)]
pub struct ValidateStage {
    id: StageId,
    rows: Name,
    report: Name,
    validator: Validator,
    settings: Map<String, Value>,
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

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    let params: ValidateParams = parse_settings(settings)?;
    let settings = match serde_json::to_value(&params) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    let (rows, report) = (constant(Name::new("rows")), constant(Name::new("report")));
    Ok(Box::new(ValidateStage { id: id(), rows, report, validator: params.check()?, settings }))
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
        Ports {
            inputs: vec![Port::new(self.rows.clone(), ArtifactKind::Table)],
            outputs: vec![
                Port::new(self.rows.clone(), ArtifactKind::Table),
                Port::new(self.report.clone(), ArtifactKind::Report),
            ],
        }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        let Some(schema) = inputs.get(self.rows.as_str()) else { return Ok(Schemas::new()) };
        self.validator.plan(schema)?;
        Ok([(self.rows.to_string(), schema.clone())].into())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let store = cx.store();
        let input = cx.input(self.rows.as_str(), ArtifactKind::Table)?.artifact.clone();
        let schema = manifest(store, &input.digest)?.schema;
        self.validator.plan(&schema)?;
        let table = Table::read_columns(store, &input.digest, &self.validator.columns(&schema))?;
        cx.check_cancelled()?;
        let verdicts = self.validator.validate_columns(&table, &schema)?;
        cx.check_cancelled()?;
        let parent = self.parent(&input);
        let results = verdicts.iter().map(|verdict| result(store, verdict, &parent)).collect::<Result<Vec<_>, _>>()?;
        self.leave(cx, input, table.len() as u64, results)
    }

    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        let input = cx.input(self.rows.as_str(), ArtifactKind::Table)?.artifact.clone();
        let parent = self.parent(&input);
        match update::carry(&self.validator, cx.store(), cx.previous(), &parent)? {
            Some((rows, results)) => {
                cx.incremental();
                self.leave(cx, input, rows, results)
            }
            None => self.run(cx),
        }
    }
}

impl ValidateStage {
    fn parent(&self, input: &ArtifactRef) -> LineageParent {
        LineageParent { scan: self.rows.to_string(), artifact: input.clone() }
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
        for found in results.iter().filter(|found| !found.passed && found.severity == Severity::Warning) {
            cx.warn(format!("the expectation {} does not hold", described(found)));
        }
        let gated = |found: &&ExpectationResult| !found.passed && found.severity == Severity::Error;
        let failed: Vec<&ExpectationResult> = results.iter().filter(gated).collect();
        if !failed.is_empty() {
            cx.refuse(refusal(&failed, results.len()));
        }
        let body = Validation { passed: failed.is_empty(), rows, expectations: results };
        let (digest, bytes) = store.put_json(&body)?;
        let lineage = Some(whole_lineage(store, vec![self.parent(&input)]).map_err(ValidateError::from)?);
        cx.body(&body)?;
        cx.output(self.rows.clone(), input)?;
        cx.output(self.report.clone(), ArtifactRef { kind: ArtifactKind::Report, digest, lineage, rows: None, bytes })
    }
}

/// The verdict as the record has it; failing rows are kept with their lineage.
fn result(store: &Store, verdict: &Verdict, parent: &LineageParent) -> Result<ExpectationResult, ValidateError> {
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
        failing_rows,
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
