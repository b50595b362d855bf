//! Between artifacts and the program.

use crate::exchange::Folder;
use crate::lineage::{Input, Inputs, Made, made};
use crate::params::STEP;
use crate::process::{End, Ended, run, signal};
use crate::program::Program;
use crate::{ExternalError, ExternalParams, ExternalStep};
use mlspec_provenance::broad_lineage;
use mlspec_record::body::{External, Transformation};
use mlspec_record::{ArtifactKind, ArtifactRef, Kind, Name, Producer, StageId};
use mlspec_stage::{
    Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::Store;
use mlspec_table::{ChunkOptions, Table, manifest};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The stage `external@1`, set up.
#[derive(Clone, Debug)]
struct ExternalStage {
    name: Name,
    step: ExternalStep,
    site: Site,
}

/// The stage `external@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(ExternalParams) }
}

fn id() -> StageId {
    StageId::new("external@1").expect("the constant is a stage id")
}

fn build(name: &Name, settings: Map<String, Value>, site: &Site) -> Result<Box<dyn Stage>, StageError> {
    let step = parse_settings::<ExternalParams>(settings)?.check()?;
    if let Some(directory) = &step.params.directory {
        site.folder(directory).map_err(ExternalError::from)?;
    }
    Ok(Box::new(ExternalStage { name: name.clone(), step, site: site.clone() }))
}

impl Stage for ExternalStage {
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
        write_settings(&self.step.params)
    }

    fn ports(&self) -> Ports {
        let table = |name: &Name| Port::new(name.clone(), ArtifactKind::Table);
        Ports {
            inputs: self.step.params.inputs.iter().map(table).collect(),
            outputs: self.step.outputs.keys().map(table).collect(),
        }
    }

    /// The declared columns. That declared lineage names columns which arrive is checked here.
    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        for (port, output) in &self.step.params.outputs {
            for (column, sources) in &output.lineage {
                let declared = sources.iter().flat_map(|(input, columns)| columns.iter().map(move |of| (input, of)));
                for (input, of) in declared {
                    let there = inputs.get(input.as_str()).is_none_or(|schema| schema.get(of).is_some());
                    if !there {
                        let (port, column) = (port.clone(), column.clone());
                        let what = format!("the input `{input}` has no column `{of}`");
                        return Err(ExternalError::Lineage { port, column, what }.into());
                    }
                }
            }
        }
        Ok(self.step.outputs.iter().map(|(port, schema)| (port.to_string(), schema.clone())).collect())
    }

    fn external(&self, store: &Store) -> Result<Value, StageError> {
        let program = Program::find(&self.step, &self.site, store)?;
        let own = json!({"path": self.program(), "digest": program.digest});
        let files = program.files.iter().map(|file| json!({"path": file.path, "digest": file.digest}));
        Ok(json!({"files": std::iter::once(own).chain(files).collect::<Vec<_>>()}))
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let store = cx.store();
        let program = Program::find(&self.step, &self.site, store)?;
        let mut artifacts = BTreeMap::new();
        for port in &self.step.params.inputs {
            artifacts.insert(port.clone(), cx.input(port.as_str(), ArtifactKind::Table)?.artifact.clone());
        }
        let folder = Folder::new(store, self.step.params.format)?;
        let description = folder.write(&self.step, (&self.name, cx.seed()), (store, &artifacts))?;
        let log = self.execute(cx, &program, &folder, &description)?;
        let inputs = inputs(store, artifacts)?;
        let options = self.chunks(store, &inputs)?;
        let mut reports = Vec::new();
        for (port, output) in &self.step.params.outputs {
            let Some(schema) = self.step.outputs.get(port) else { continue };
            let found = folder.read(port, schema, &log)?;
            let made = made(&self.step, &inputs, (port, output), found)?;
            reports.push(made.report.clone());
            cx.output(port.clone(), keep(store, made, &options)?)?;
        }
        if !self.step.params.deterministic {
            cx.inexact();
        }
        let external = External {
            program: self.program().to_owned(),
            digest: program.digest,
            files: program.files,
            deterministic: self.step.params.deterministic,
            outputs: reports,
        };
        cx.body(&Transformation { external: Some(Box::new(external)), ..Transformation::default() })
    }
}

impl ExternalStage {
    fn program(&self) -> &str {
        self.step.params.command.first().map_or("", String::as_str)
    }

    /// Runs the program, and keeps what it said. Returns where that lies.
    fn execute(
        &self,
        cx: &mut Context<'_>,
        program: &Program,
        folder: &Folder,
        description: &Path,
    ) -> Result<PathBuf, StageError> {
        let words = self.step.params.command.iter().skip(1);
        let arguments: Vec<String> = words.map(|word| word.replace(STEP, &description.to_string_lossy())).collect();
        let directory = match &program.directory {
            Some(directory) => directory.clone(),
            None => folder.work()?,
        };
        let around = (&self.site, cx.host());
        let Ended { end, log } = run(&self.step, around, (&program.path, &arguments), (&directory, description))?;
        let digest = cx.store().put_object(log.as_bytes()).map_err(ExternalError::from)?;
        let log = cx.store().object_path(&digest);
        cx.log(digest);
        let program = self.program().to_owned();
        match end {
            End::Stopped => Err(ExternalError::Stopped.into()),
            End::Timeout => {
                Err(ExternalError::Timeout { program, seconds: self.step.params.timeout_seconds, log }.into())
            }
            End::Status(status) => match (status.code(), signal(status)) {
                (Some(0), _) => Ok(log),
                (Some(status), _) => Err(ExternalError::Status { program, status, log }.into()),
                (None, signal) => {
                    Err(ExternalError::Signal { program, signal: signal.unwrap_or_default(), log }.into())
                }
            },
        }
    }

    /// Outputs are cut as the input of the largest chunks.
    fn chunks(&self, store: &Store, inputs: &Inputs) -> Result<ChunkOptions, ExternalError> {
        let mut largest: Option<ChunkOptions> = None;
        for input in inputs.values() {
            let options = manifest(store, &input.artifact.digest)?.options();
            largest = Some(largest.map_or(options, |largest| largest.larger(options)));
        }
        Ok(largest.unwrap_or_default())
    }
}

fn inputs(store: &Store, artifacts: BTreeMap<Name, ArtifactRef>) -> Result<Inputs, ExternalError> {
    let read = |(port, artifact): (Name, ArtifactRef)| {
        let schema = store.table_schema(&artifact.digest)?;
        let ids = Table::read_columns(store, &artifact.digest, &[])?.ids();
        Ok((port, Input { artifact, schema, ids }))
    };
    artifacts.into_iter().map(read).collect()
}

fn keep(store: &Store, made: Made, options: &ChunkOptions) -> Result<ArtifactRef, ExternalError> {
    let ids = made.table.ids();
    let columns = (made.columns, made.indirect);
    let lineage = broad_lineage(store, made.parents, (&ids, made.kept), columns, options)?;
    Ok(ArtifactRef { lineage: Some(lineage), ..made.table.write(store, options)? })
}
