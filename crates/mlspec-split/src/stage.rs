//! Between artifacts and the splitter; no decisions here.

use crate::{By, HASH, SplitError, SplitParams, Splitter, leakage, statistics};
use mlspec_provenance::{Tracer, identity_lineage};
use mlspec_record::body::{Leak, Part, Severity, Splitting};
use mlspec_record::{ArtifactKind, Kind, LineageParent, Name, Producer, StageId};
use mlspec_stage::{Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings};
use mlspec_table::{ChunkOptions, Table};
use serde_json::{Map, Value};

/// The input port.
const ROWS: &str = "rows";

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
        match serde_json::to_value(self.params()) {
            Ok(Value::Object(settings)) => settings,
            _ => Map::new(),
        }
    }

    fn ports(&self) -> Ports {
        let table = |name: &Name| Port::new(name.clone(), ArtifactKind::Table);
        Ports { inputs: vec![table(&rows())], outputs: self.parts().map(table).collect() }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        let Some(schema) = inputs.get(ROWS) else { return Ok(Schemas::new()) };
        Splitter::plan(self, schema)?;
        Ok(self.parts().map(|part| (part.to_string(), schema.clone())).collect())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let input = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
        let store = cx.store();
        let table = Table::read(store, &input.digest).map_err(SplitError::from)?;
        let tracer = Tracer::new(store);
        let assigned = self.assign(&table, Some((&tracer, &input)), cx.seed())?;
        let tables = self.split(&table, &assigned)?;
        let leaks = leakage(&tracer, &input, &table.ids(), &assigned)?;
        self.hold_gate(cx, &leaks)?;
        let parent = LineageParent { scan: ROWS.to_owned(), artifact: input };
        let lineage = identity_lineage(store, parent, table.schema()).map_err(SplitError::from)?;
        let mut parts = Vec::new();
        for ((name, share), part) in self.params().parts.iter().zip(tables) {
            cx.check_cancelled()?;
            let mut output = part.write(store, &ChunkOptions::default()).map_err(SplitError::from)?;
            output.lineage = Some(lineage);
            cx.output(name.clone(), output)?;
            let columns = statistics(&part)?;
            parts.push(Part { name: name.to_string(), share: *share, rows: part.len() as u64, columns });
        }
        let (by, keys) = match &self.params().by {
            By::Row => ("row", Vec::new()),
            By::Columns(columns) => ("columns", columns.clone()),
            By::Source(source) => ("source", vec![source.to_string()]),
        };
        cx.body(&Splitting { by: by.to_owned(), keys, hash: HASH.to_owned(), parts, leakage: leaks })
    }
}

impl Splitter {
    /// Stops the pipeline, or tells, when rows of the source that is watched reach more than one part.
    fn hold_gate(&self, cx: &mut Context<'_>, leaks: &[Leak]) -> Result<(), SplitError> {
        let Some(gate) = &self.params().leakage else { return Ok(()) };
        let Some(leak) = leaks.iter().find(|leak| leak.source == gate.source.as_str()) else {
            let known = leaks.iter().map(|leak| leak.source.clone()).collect();
            return Err(SplitError::Source { source_name: gate.source.clone(), known });
        };
        if leak.shared > 0 {
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
