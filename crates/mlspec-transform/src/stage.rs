//! Between artifacts and the transformer; no decisions here.

use crate::transformer::ROWS;
use crate::{TransformError, TransformParams, Transformer};
use mlspec_record::body::Transformation;
use mlspec_record::{ArtifactKind, Kind, Name, Producer, StageId};
use mlspec_stage::{Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings};
use mlspec_table::{ChunkOptions, Table};
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
        match serde_json::to_value(self.params()) {
            Ok(Value::Object(settings)) => settings,
            _ => Map::new(),
        }
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
        let (mut artifacts, mut tables) = (BTreeMap::new(), BTreeMap::new());
        for name in self.inputs() {
            let artifact = cx.input(name.as_str(), ArtifactKind::Table)?.artifact.clone();
            tables.insert(name.to_string(), Table::read(store, &artifact.digest).map_err(TransformError::from)?);
            artifacts.insert(name.to_string(), artifact);
        }
        let tracked = self.transform(&tables)?;
        drop(tables);
        cx.check_cancelled()?;
        let written = tracked.write(store, &artifacts, &ChunkOptions::default()).map_err(TransformError::from)?;
        cx.output(rows(), written)?;
        cx.body(&Transformation { operators: tracked.reports().to_vec(), encoding: None })
    }
}
