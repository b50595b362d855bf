//! Between artifacts and the splitter; no decisions here.

use crate::distance::distances;
use crate::output::Takes;
use crate::statistics::{self, WHAT};
use crate::{Assigned, By, HASH, Links, SplitError, SplitParams, Splitter, leakage, moved, update};
use mlspec_provenance::{Reach, Tracer, identity_lineage};
use mlspec_record::body::{ColumnStatistics, Cut, Leak, Part, Severity, Splitting};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Kind, LineageParent, Name, Producer, StageId, TableSchema};
use mlspec_stage::{
    Changes, Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::Store;
use mlspec_table::{ChunkOptions, LARGE, Table, WINDOW_ROWS, fold_loaded, manifest};
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The input port.
pub(crate) const ROWS: &str = "rows";

/// What a split leaves, before it is written down.
pub(crate) struct Outcome {
    pub(crate) input: ArtifactRef,
    pub(crate) schema: TableSchema,
    /// In the order of the parts.
    pub(crate) parts: Vec<MadePart>,
    /// By source.
    pub(crate) reach: BTreeMap<String, Reach>,
    /// Rows in no part, by reason.
    pub(crate) left_out: BTreeMap<&'static str, u64>,
    pub(crate) cuts: Vec<Cut>,
}

/// A part that is kept, with what is known of its columns.
pub(crate) struct MadePart {
    pub(crate) artifact: ArtifactRef,
    pub(crate) columns: Vec<ColumnStatistics>,
    pub(crate) state: Option<Digest>,
}

/// The stage `split@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(SplitParams) }
}

fn id() -> StageId {
    StageId::new("split@1").expect("the constant is a stage id")
}

fn rows() -> Name {
    Name::new(ROWS).expect("the constant is a name")
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    Ok(Box::new(parse_settings::<SplitParams>(settings)?.check()?))
}

impl Stage for Splitter {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Splitting
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        write_settings(self.params())
    }

    fn ports(&self) -> Ports {
        let table = |name: &Name| Port::new(name.clone(), ArtifactKind::Table);
        Ports { inputs: vec![table(&rows())], outputs: self.parts().map(table).collect() }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        let Some(schema) = inputs.get(ROWS) else { return Ok(Schemas::new()) };
        Splitter::plan(self, schema)?;
        if let Some(distance) = &self.params().distance {
            distance.plan(schema)?;
        }
        Ok(self.parts().map(|part| (part.to_string(), schema.clone())).collect())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let input = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
        match self.by_windows(cx, &input, (LARGE, WINDOW_ROWS))? {
            Some(outcome) => self.leave(cx, outcome),
            None => self.run_whole(cx, input),
        }
    }

    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        match update::carry(self, cx)? {
            Some(outcome) => {
                cx.incremental();
                self.leave(cx, outcome)?;
                // Where a part depends on the row alone, no other row moves.
                if self.is_local() { Ok(()) } else { moved::tell(self, cx) }
            }
            None => {
                self.run(cx)?;
                moved::tell(self, cx)
            }
        }
    }
}

impl MadePart {
    pub(crate) fn write(store: &Store, part: &Table, options: &ChunkOptions) -> Result<Self, SplitError> {
        let artifact = part.write(store, options)?;
        let columns: Vec<&str> = part.schema().names().collect();
        let (partial, state) = fold_loaded(store, (&artifact.digest, part), &columns, WHAT, None, statistics::partial)?;
        Ok(Self { artifact, columns: statistics::merge(part.schema(), &partial), state: Some(state) })
    }
}

impl Splitter {
    /// A run with all rows in memory.
    pub(crate) fn run_whole(&self, cx: &mut Context<'_>, input: ArtifactRef) -> Result<(), StageError> {
        let store = cx.store();
        let table = Table::read(store, &input.digest).map_err(SplitError::from)?;
        let links = Links::read(&Tracer::new(store), &input, &table.ids())?;
        let assigned = self.assign(&table, Some(&links), cx.seed())?;
        let tables = self.split(&table, &assigned)?;
        let reach = leakage(&links, &assigned.parts);
        cx.check_cancelled()?;
        let schema = table.schema().clone();
        let Assigned { left_out, cuts, .. } = assigned;
        drop((table, links));
        let options = manifest(store, &input.digest).map_err(SplitError::from)?.options();
        let parts = tables.into_par_iter().map(|part| MadePart::write(store, &part, &options));
        let parts = parts.collect::<Result<_, _>>()?;
        self.leave(cx, Outcome { input, schema, parts, reach, left_out, cuts })
    }

    /// Leaves parts, gate and body.
    pub(crate) fn leave(&self, cx: &mut Context<'_>, outcome: Outcome) -> Result<(), StageError> {
        let Outcome { input, schema, parts: made, reach, left_out, cuts } = outcome;
        let leakage: Vec<Leak> = reach.iter().map(|(source, reach)| reach.leak(source)).collect();
        self.hold_gate(cx, &leakage)?;
        let artifacts: Vec<ArtifactRef> = made.iter().map(|part| part.artifact.clone()).collect();
        let distances = distances(self, cx.store(), &schema, &artifacts)?;
        if let Some(distance) = &self.params().distance
            && let Some(reason) = distance.verdict(&distances)
        {
            match distance.severity {
                Severity::Warning => cx.warn(reason),
                Severity::Error => cx.refuse(reason),
            }
        }
        let parent = LineageParent { scan: ROWS.to_owned(), artifact: input };
        let lineage = identity_lineage(cx.store(), parent, &schema).map_err(SplitError::from)?;
        let mut parts = Vec::new();
        let names: Vec<String> = self.parts().map(ToString::to_string).collect();
        for (output, MadePart { mut artifact, columns, state }) in self.outputs().iter().zip(made) {
            artifact.lineage = Some(lineage);
            let rows = artifact.rows.unwrap_or_default();
            cx.output(output.name.clone(), artifact)?;
            let sample_of = match output.takes {
                Takes::Sample { of, .. } => names.get(of).cloned(),
                _ => None,
            };
            let held_back = self.params().hold_back.contains(&output.name);
            let name = output.name.to_string();
            parts.push(Part { name, share: output.share, sample_of, held_back, rows, columns, state });
        }
        let (by, keys) = match &self.params().by {
            By::Row => ("row", Vec::new()),
            By::Columns(columns) => ("columns", columns.clone()),
            By::Source(source) => ("source", vec![source.to_string()]),
        };
        let links = reach.iter().map(|(source, reach)| reach.count(source)).collect();
        cx.body(&Splitting {
            method: self.method(),
            by: by.to_owned(),
            keys,
            hash: HASH.to_owned(),
            parts,
            cuts,
            left_out: Assigned::told(&left_out),
            leakage,
            distances,
            links,
        })
    }

    /// Stops the pipeline, or tells, when rows of the source that is watched reach more than one part.
    fn hold_gate(&self, cx: &mut Context<'_>, leaks: &[Leak]) -> Result<(), SplitError> {
        let Some(gate) = &self.params().leakage else { return Ok(()) };
        let Some(leak) = leaks.iter().find(|leak| leak.source == gate.source.as_str()) else {
            let known = leaks.iter().map(|leak| leak.source.clone()).collect();
            return Err(SplitError::Source { source_name: gate.source.clone(), known });
        };
        if leak.shared as f64 > gate.tolerance * leak.rows as f64 {
            let (shared, rows, source) = (leak.shared, leak.rows, &leak.source);
            let reason = format!("{shared} of {rows} rows of the source `{source}` reach more than one part");
            match gate.severity {
                Severity::Warning => cx.warn(reason),
                Severity::Error => cx.refuse(reason),
            }
        }
        Ok(())
    }
}
