//! Between artifacts and the transformer; no decisions here.

use crate::transformer::ROWS;
use crate::{TransformError, TransformParams, Transformer, inspect};
use mlspec_provenance::{Materialized, Updated};
use mlspec_record::body::Transformation;
use mlspec_record::{ArtifactKind, ArtifactRef, Kind, Name, Producer, StageId};
use mlspec_stage::{
    Changes, Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_table::{ChunkOptions, LARGE, Table, WINDOW_ROWS, difference, manifest, windows};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The stage `transform@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(TransformParams) }
}

fn id() -> StageId {
    StageId::new("transform@1").expect("the constant is a stage id")
}

fn rows() -> Name {
    Name::new(ROWS).expect("the constant is a name")
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    Ok(Box::new(parse_settings::<TransformParams>(settings)?.check()?))
}

impl Stage for Transformer {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Transformation
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        write_settings(self.params())
    }

    fn ports(&self) -> Ports {
        let table = |name: &Name| Port::new(name.clone(), ArtifactKind::Table);
        Ports { inputs: self.inputs().iter().map(table).collect(), outputs: vec![table(&rows())] }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        let planned = Transformer::plan(self, inputs)?;
        Ok(Schemas::from([(ROWS.to_owned(), planned.schema)]))
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let store = cx.store();
        if let Some(made) = self.windowed(cx, (LARGE, WINDOW_ROWS))? {
            return leave(cx, made);
        }
        let (mut artifacts, mut tables) = (BTreeMap::new(), BTreeMap::new());
        for name in self.inputs() {
            let artifact = cx.input(name.as_str(), ArtifactKind::Table)?.artifact.clone();
            tables.insert(name.to_string(), Table::read(store, &artifact.digest).map_err(TransformError::from)?);
            artifacts.insert(name.to_string(), artifact);
        }
        let inspections = inspect::inspections(cx, &self.params().inspect, &artifacts, &tables)?;
        let tracked = self.transform_inspecting(&tables, inspections)?;
        let indexes = self.as_plan().index(store, &tables).map_err(TransformError::from)?;
        drop(tables);
        cx.check_cancelled()?;
        let options = chunks(cx, artifacts.values())?;
        let artifact = tracked.write(store, &artifacts, &options).map_err(TransformError::from)?;
        let reports = tracked.write_reports(store, &options).map_err(TransformError::from)?;
        leave(cx, Materialized { artifact, reports, indexes })
    }

    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        // Whatever is in the way of an update, a run tells.
        let Some(updated) = self.carried(cx).ok().flatten() else { return self.run(cx) };
        cx.check_cancelled()?;
        cx.incremental();
        leave(cx, updated.result)
    }
}

/// The output is cut as the input of the largest chunks.
fn chunks<'a>(cx: &Context<'_>, inputs: impl Iterator<Item = &'a ArtifactRef>) -> Result<ChunkOptions, TransformError> {
    let options = inputs.map(|input| Ok(manifest(cx.store(), &input.digest)?.options()));
    let options = options.collect::<Result<Vec<_>, mlspec_table::TableError>>()?.into_iter();
    Ok(options.reduce(ChunkOptions::larger).unwrap_or_default())
}

fn leave(cx: &mut Context<'_>, made: Materialized) -> Result<(), StageError> {
    cx.output(rows(), made.artifact)?;
    cx.body(&Transformation { operators: made.reports, indexes: made.indexes, ..Transformation::default() })
}

impl Transformer {
    /// The output of one large table whose rows are looked at one by one, computed with some of them in memory; nothing of others.
    pub(crate) fn windowed(
        &self,
        cx: &Context<'_>,
        (large, rows): (u64, u64),
    ) -> Result<Option<Materialized>, StageError> {
        let [name] = self.inputs() else { return Ok(None) };
        let (store, input) = (cx.store(), &cx.input(name.as_str(), ArtifactKind::Table)?.artifact);
        if input.bytes < large || !self.params().inspect.is_empty() {
            return Ok(None);
        }
        let schema = manifest(store, &input.digest).map_err(TransformError::from)?.schema.clone();
        let options = chunks(cx, std::iter::once(input))?;
        let begun = self.as_plan().by_windows(store, (name.as_str(), &schema), &options);
        let Some(mut made) = begun.map_err(TransformError::from)? else { return Ok(None) };
        for window in windows(store, &input.digest, rows).map_err(TransformError::from)? {
            cx.check_cancelled()?;
            made.push(&window.map_err(TransformError::from)?).map_err(TransformError::from)?;
        }
        Ok(Some(made.finish(input).map_err(TransformError::from)?))
    }

    /// The previous output with the change of the inputs; nothing where a run is needed, or takes no longer.
    fn carried(&self, cx: &Context<'_>) -> Result<Option<Updated>, StageError> {
        // The shares of groups are counted over all rows.
        let Some(previous) = cx.previous().filter(|_| self.params().inspect.is_empty()) else { return Ok(None) };
        let Ok(body) = serde_json::from_value::<Transformation>(previous.body().clone()) else { return Ok(None) };
        let Some(before) = previous.output(ROWS) else { return Ok(None) };
        let mut inputs = BTreeMap::new();
        for name in self.inputs() {
            let Some((_, before)) = previous.inputs().find(|(port, _)| *port == name) else { return Ok(None) };
            let after = &cx.input(name.as_str(), ArtifactKind::Table)?.artifact;
            let differ = difference(cx.store(), &before.digest, &after.digest).map_err(TransformError::from)?;
            let rows = before.rows.max(after.rows).unwrap_or_default();
            if differ.is_none_or(|differ| differ.len() as u64 > rows / 2) {
                return Ok(None);
            }
            inputs.insert(name.to_string(), (before.clone(), after.clone()));
        }
        let options = chunks(cx, inputs.values().map(|(_, after)| after))?;
        let plan = self.as_plan();
        let before = Materialized { artifact: before.clone(), reports: body.operators, indexes: body.indexes };
        let updated = plan.update(cx.store(), &before, &inputs, &options);
        Ok(updated.map_err(TransformError::from)?)
    }
}
