//! Between artifacts and the analyzer; no decisions here.

use crate::analyzer::document;
use crate::{AnalyzeError, AnalyzeParams, Analyzer, correlations, duplicates, outliers, slices};
use mlspec_measure::profile::{ColumnProfile, Profile};
use mlspec_provenance::{RowsBehind, Tracer, listed_rows, whole_lineage};
use mlspec_record::body::{Analysis, ColumnSummary, Duplicates, Outliers, SliceSummaries};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Kind, LineageParent, Name, Producer, StageId, TableSchema};
use mlspec_stage::{
    Changes, Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::Store;
use mlspec_table::{Table, fold, manifest};
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The input port.
const ROWS: &str = "rows";

/// The output port.
const PROFILE: &str = "profile";

/// How many columns are read at a time where outliers are looked for: a wide table need not lie in memory as a whole.
const TOGETHER: usize = 64;

/// The stage `analyze@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(AnalyzeParams) }
}

fn id() -> StageId {
    StageId::new("analyze@1").expect("the constant is a stage id")
}

fn name(text: &'static str) -> Name {
    Name::new(text).expect("the constant is a name")
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    Ok(Box::new(parse_settings::<AnalyzeParams>(settings)?.check()?))
}

impl Stage for Analyzer {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Analysis
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        write_settings(self.params())
    }

    fn ports(&self) -> Ports {
        Ports {
            inputs: vec![Port::new(name(ROWS), ArtifactKind::Table)],
            outputs: vec![Port::new(name(PROFILE), ArtifactKind::Report)],
        }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        if let Some(schema) = inputs.get(ROWS) {
            self.columns(schema)?;
        }
        Ok(Schemas::new())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        self.look(cx, None)
    }

    /// Chunks that did not change are not read for the profile; what is asked for beside it is found anew.
    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        let before =
            cx.previous().and_then(|previous| serde_json::from_value::<Analysis>(previous.body().clone()).ok());
        let state = before.and_then(|before| before.state);
        if state.is_some() {
            cx.incremental();
        }
        self.look(cx, state.as_ref())
    }
}

/// What is known of the columns of each chunk, with where it is kept.
type Folded = (Vec<Vec<ColumnProfile>>, Digest);

impl Analyzer {
    fn look(&self, cx: &mut Context<'_>, before: Option<&Digest>) -> Result<(), StageError> {
        let store = cx.store();
        let input = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
        let found = manifest(store, &input.digest).map_err(AnalyzeError::from)?;
        let columns = self.columns(&found.schema)?;
        let what = self.what().to_string();
        let part = |chunk: &Table| self.part(chunk).map_err(AnalyzeError::from);
        let (mut parts, state): Folded = fold(store, &input.digest, &columns, &what, before, part)?;
        if parts.is_empty() {
            parts.push(part(&Table::read_columns(store, &input.digest, &columns).map_err(AnalyzeError::from)?)?);
        }
        cx.check_cancelled()?;
        let profile = merged(&found.schema, &columns, found.rows, &parts);
        let mut summaries = self.summaries(&profile);
        let parent = LineageParent { scan: ROWS.to_owned(), artifact: input.clone() };
        self.add_outliers(store, &parent, &found.schema, &profile, &mut summaries)?;
        let body = Analysis {
            rows: found.rows,
            columns: summaries,
            slices: self.slices(store, &input, &columns)?,
            correlations: match &self.params().correlations {
                Some(params) => {
                    let read = correlations::read(params, &found.schema);
                    let table = Table::read_columns(store, &input.digest, &read).map_err(AnalyzeError::from)?;
                    self.correlations(&table)?
                }
                None => Vec::new(),
            },
            duplicates: self.repeating(store, &parent, &found.schema)?,
            state: Some(state),
        };
        let (digest, bytes) = store.put_json(&profile)?;
        let lineage = Some(whole_lineage(store, vec![parent]).map_err(AnalyzeError::from)?);
        cx.body(&body)?;
        cx.output(name(PROFILE), ArtifactRef { kind: ArtifactKind::Report, digest, lineage, rows: None, bytes })
    }

    /// What determines a partial profile besides rows and columns.
    fn what(&self) -> Value {
        json!({ "of": "mlspec-analyze/profile/1", "show": self.params().show })
    }

    fn slices(
        &self,
        store: &Store,
        input: &ArtifactRef,
        columns: &[&str],
    ) -> Result<Vec<SliceSummaries>, AnalyzeError> {
        if self.params().slices.is_empty() {
            return Ok(Vec::new());
        }
        let table = Table::read_columns(store, &input.digest, columns)?;
        let (tracer, ids) = (Tracer::new(store), table.ids());
        let mut behind = RowsBehind::new(store, &tracer, input, &ids);
        self.params().slices.iter().map(|by| slices::find(self, &mut behind, by, &table)).collect()
    }

    fn add_outliers(
        &self,
        store: &Store,
        parent: &LineageParent,
        schema: &TableSchema,
        profile: &Profile,
        summaries: &mut [ColumnSummary],
    ) -> Result<(), AnalyzeError> {
        let Some(params) = &self.params().outliers else { return Ok(()) };
        let asked: HashSet<&str> = outliers::columns(params, schema)?.into_iter().collect();
        let bounds = |column: &ColumnProfile| params.rule.bounds(column.numbers.as_ref()?);
        let all = summaries.iter_mut().zip(&profile.columns).filter(|(summary, _)| asked.contains(&*summary.column));
        let mut found: Vec<_> = all.filter_map(|(summary, column)| Some((summary, bounds(&column.profile)?))).collect();
        for some in found.chunks_mut(TOGETHER) {
            let columns: Vec<&str> = some.iter().map(|(summary, _)| summary.column.as_str()).collect();
            let table = Table::read_columns(store, &parent.artifact.digest, &columns)?;
            for (summary, (lower, upper)) in some {
                let ids = outliers::find(&table, &summary.column, (*lower, *upper))?;
                summary.outliers = Some(Outliers {
                    rule: params.rule.name().to_owned(),
                    lower: *lower,
                    upper: *upper,
                    rows: ids.len() as u64,
                    outlying_rows: listed_rows(store, &ids, parent)?,
                });
            }
        }
        Ok(())
    }

    fn repeating(
        &self,
        store: &Store,
        parent: &LineageParent,
        schema: &TableSchema,
    ) -> Result<Option<Duplicates>, AnalyzeError> {
        let Some(params) = &self.params().duplicates else { return Ok(None) };
        let columns = duplicates::columns(params, schema)?;
        let table = Table::read_columns(store, &parent.artifact.digest, &columns)?;
        let ids = duplicates::find(params, &table)?;
        let columns = columns.into_iter().map(str::to_owned).collect();
        Ok(Some(Duplicates { columns, rows: ids.len() as u64, repeating_rows: listed_rows(store, &ids, parent)? }))
    }
}

/// The profile of all chunks.
fn merged(schema: &TableSchema, columns: &[&str], rows: u64, parts: &[Vec<ColumnProfile>]) -> Profile {
    let of = |at: usize| ColumnProfile::merge(parts.iter().filter_map(|part| part.get(at)));
    let profiles: Vec<ColumnProfile> = (0..columns.len()).into_par_iter().map(of).collect();
    let asked: HashSet<&str> = columns.iter().copied().collect();
    let chosen = schema.columns().iter().filter(|column| asked.contains(column.name.as_str())).cloned();
    let chosen = TableSchema::new(chosen.collect()).unwrap_or_default();
    document(&chosen, rows, profiles)
}
