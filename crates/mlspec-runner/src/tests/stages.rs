//! Tiny stages: their tables hold one number.

use mlspec_record::body::Transformation;
use mlspec_record::{
    ArtifactKind, ArtifactRef, Column, DataType, Digest, ExitCode, Failure, Kind, Name, Producer, StageId, TableSchema,
};
use mlspec_stage::{
    Changes, Context, Port, Ports, Registry, Schemas, Site, SiteError, Stage, StageEntry, StageError, parse_settings,
};
use mlspec_store::{Store, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq)]
enum Op {
    Constant,
    Add,
    Fail,
    Panic,
    Gate,
    Slow,
    Sloppy,
    File(PathBuf),
    Report,
    Near,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    value: i64,
    #[serde(default = "column")]
    column: String,
    #[serde(default)]
    path: String,
}

fn column() -> String {
    "value".to_owned()
}

#[derive(Debug)]
struct Tiny {
    op: Op,
    settings: Settings,
    site: Site,
}

#[derive(Debug, thiserror::Error)]
enum TinyError {
    #[error("column `{0}` is missing")]
    Column(String),
    #[error("the value `{0}` does not do")]
    Value(&'static str),
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure for TinyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Column(_) => ExitCode::Usage,
            Self::Value(_) => ExitCode::Data,
            Self::Site(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Site(error) => error.hint(),
            _ => None,
        }
    }
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(super) fn registry() -> Registry {
    let settings = || schemars::schema_for!(Settings);
    let entry = |id: &str, build| StageEntry { id: StageId::new(id).unwrap(), build, settings };
    Registry::new([
        entry("constant@1", |_, settings, site| tiny(Op::Constant, settings, site)),
        entry("add@1", |_, settings, site| tiny(Op::Add, settings, site)),
        entry("fail@1", |_, settings, site| tiny(Op::Fail, settings, site)),
        entry("panic@1", |_, settings, site| tiny(Op::Panic, settings, site)),
        entry("gate@1", |_, settings, site| tiny(Op::Gate, settings, site)),
        entry("slow@1", |_, settings, site| tiny(Op::Slow, settings, site)),
        entry("sloppy@1", |_, settings, site| tiny(Op::Sloppy, settings, site)),
        entry("file@1", |_, settings, site| tiny(Op::File(PathBuf::new()), settings, site)),
        entry("report@1", |_, settings, site| tiny(Op::Report, settings, site)),
        entry("near@1", |_, settings, site| tiny(Op::Near, settings, site)),
    ])
}

fn tiny(op: Op, settings: Map<String, Value>, site: &Site) -> Result<Box<dyn Stage>, StageError> {
    let settings: Settings = parse_settings(settings)?;
    let op = match op {
        Op::File(_) => Op::File(site.resolve(&name("data"), &settings.path).map_err(TinyError::from)?),
        op => op,
    };
    Ok(Box::new(Tiny { op, settings, site: site.clone() }))
}

impl Stage for Tiny {
    fn id(&self) -> StageId {
        let id = match self.op {
            Op::Constant => "constant@1",
            Op::Add => "add@1",
            Op::Fail => "fail@1",
            Op::Panic => "panic@1",
            Op::Gate => "gate@1",
            Op::Slow => "slow@1",
            Op::Sloppy => "sloppy@1",
            Op::File(_) => "file@1",
            Op::Report => "report@1",
            Op::Near => "near@1",
        };
        StageId::new(id).unwrap()
    }

    fn kind(&self) -> Kind {
        Kind::Transformation
    }

    fn producer(&self) -> Producer {
        Producer { name: "tiny".to_owned(), version: "1.0.0".to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        match serde_json::to_value(&self.settings).unwrap() {
            Value::Object(settings) => settings,
            _ => Map::new(),
        }
    }

    fn ports(&self) -> Ports {
        let port = |text| Port::new(name(text), ArtifactKind::Table);
        let inputs = match self.op {
            Op::Constant | Op::File(_) | Op::Report => Vec::new(),
            Op::Add => vec![port("a"), port("b"), Port::optional(name("c"), ArtifactKind::Table)],
            _ => vec![Port::optional(name("rows"), ArtifactKind::Table)],
        };
        let output = match self.op {
            Op::Report => Port::new(name("report"), ArtifactKind::Report),
            _ => port("rows"),
        };
        Ports { inputs, outputs: vec![output] }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        if inputs.values().any(|schema| schema.get("value").is_none()) {
            return Err(TinyError::Column("value".to_owned()).into());
        }
        match self.op {
            // Only known once the file is read.
            Op::File(_) | Op::Report => Ok(Schemas::new()),
            _ => Ok([("rows".to_owned(), self.schema())].into()),
        }
    }

    fn external(&self, store: &Store) -> Result<Value, StageError> {
        match &self.op {
            Op::File(path) => {
                Ok(json!([{"path": self.settings.path, "digest": store.file_digest(path).map_err(TinyError::from)?}]))
            }
            _ => Ok(Value::Null),
        }
    }

    fn update(&self, cx: &mut Context<'_>, changes: &Changes) -> Result<(), StageError> {
        match self.op {
            Op::Add => {
                Self::tell(cx, changes)?;
                cx.incremental();
            }
            Op::Near => cx.inexact(),
            _ => {}
        }
        self.run(cx)
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let mut values = Vec::new();
        for input in cx.inputs() {
            values.push(read(cx.store(), &input.artifact).map_err(TinyError::from)?);
        }
        let sum: i64 = values.iter().sum();
        cx.body(&Transformation::default())?;
        let value = match &self.op {
            Op::Fail => return Err(TinyError::Value("x").into()),
            Op::Panic => panic!("tiny"),
            Op::Sloppy => return Ok(()),
            Op::Constant | Op::Report => self.settings.value,
            Op::Add => sum + self.settings.value,
            Op::Gate | Op::Slow => sum,
            // An update ends near what a run finds.
            Op::Near => sum + if cx.previous().is_some() { self.settings.value } else { 0 },
            Op::File(path) => std::fs::read_to_string(path).unwrap().trim().parse().unwrap(),
        };
        if self.op == Op::Gate && value > self.settings.value {
            cx.refuse(format!("{value} is above {}", self.settings.value));
        }
        if self.op == Op::Slow {
            for done in 0..self.settings.value {
                cx.check_cancelled()?;
                cx.host().progress(u64::try_from(done).unwrap(), 0);
            }
        }
        if value < 0 {
            cx.warn("a negative value".to_owned());
        }
        let value = value + self.site.sample().map_or(0, |sample| i64::try_from(sample).unwrap());
        match self.op {
            Op::Report => {
                let (digest, bytes) = cx.store().put_json(&json!({"value": value})).map_err(TinyError::from)?;
                let report = ArtifactRef { kind: ArtifactKind::Report, digest, lineage: None, rows: None, bytes };
                cx.output(name("report"), report)
            }
            _ => {
                let table = self.write(cx.store(), value)?;
                cx.output(name("rows"), table)
            }
        }
    }
}

impl Tiny {
    /// What changed, as `port before -> after`, to be told as a warning.
    fn tell(cx: &mut Context<'_>, changes: &Changes) -> Result<(), TinyError> {
        for (port, change) in changes.iter() {
            let value = |artifact: &Option<ArtifactRef>| artifact.as_ref().map(|a| read(cx.store(), a)).transpose();
            let (before, after) = (value(&change.before)?, value(&change.after)?);
            cx.warn(format!("{port} {before:?} -> {after:?}"));
        }
        Ok(())
    }

    fn schema(&self) -> TableSchema {
        TableSchema::new(vec![Column { name: self.settings.column.clone(), data_type: DataType::Int64 }]).unwrap()
    }

    fn write(&self, store: &Store, value: i64) -> Result<ArtifactRef, TinyError> {
        let bytes = value.to_string();
        let file = store.put_object(bytes.as_bytes())?;
        let digest = Digest::of(format!("{} {value}", self.settings.column).as_bytes());
        store.put_manifest(&digest, &json!({"schema": self.schema(), "chunks": [{"file": file}]}))?;
        Ok(ArtifactRef { kind: ArtifactKind::Table, digest, lineage: None, rows: Some(1), bytes: bytes.len() as u64 })
    }
}

#[derive(Deserialize)]
struct Manifest {
    chunks: Vec<Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    file: Digest,
}

pub(super) fn read(store: &Store, table: &ArtifactRef) -> Result<i64, StoreError> {
    let manifest: Manifest = store.manifest(&table.digest)?;
    let bytes = store.object(&manifest.chunks[0].file)?;
    Ok(String::from_utf8(bytes).unwrap().parse().unwrap())
}
