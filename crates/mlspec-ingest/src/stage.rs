//! Between a datastore, the store and [`Ingester`]; no decisions here.

use crate::edited::Edited;
use crate::ingester::Source;
use crate::suppress::{self, Suppression};
use crate::version::{Origin, Standing, previous, version};
use crate::{IngestError, IngestParams, Ingester};
use mlspec_provenance::source_lineage;
use mlspec_record::body::Ingestion;
use mlspec_record::object::DatasetVersion;
use mlspec_record::{ArtifactKind, Kind, Name, Producer, StageId};
use mlspec_stage::{Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings};
use mlspec_store::Store;
use mlspec_table::Table;
use mlspec_table::format::{InputFile, ReadOptions, read};
use serde_json::{Map, Value, json};

/// How many bytes of a file `plan` looks at.
const BEGINNING: u64 = 1 << 20;

/// The stage `ingest@1`, set up.
#[derive(Clone, Debug)]
pub struct IngestStage {
    id: StageId,
    rows: Name,
    ingester: Ingester,
    settings: Map<String, Value>,
    site: Site,
}

/// What the binary registers.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(IngestParams) }
}

fn id() -> StageId {
    constant(StageId::new("ingest@1"))
}

/// A value of a constant text.
fn constant<T, E>(value: Result<T, E>) -> T {
    value.unwrap_or_else(|_| unreachable!("the text is in the grammar"))
}

fn build(step: &Name, settings: Map<String, Value>, site: &Site) -> Result<Box<dyn Stage>, StageError> {
    let params: IngestParams = parse_settings(settings)?;
    let ingester = params.check(step.as_str())?;
    site.folder(&ingester.params.datastore).map_err(IngestError::from)?;
    let filled = IngestParams { dataset: Some(ingester.dataset.clone()), ..ingester.params.clone() };
    let settings = match serde_json::to_value(filled) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    let rows = constant(Name::new("rows"));
    Ok(Box::new(IngestStage { id: id(), rows, ingester, settings, site: site.clone() }))
}

impl IngestStage {
    fn sources(&self, store: &Store) -> Result<Vec<Source>, IngestError> {
        let one = |located: crate::files::Located| {
            let digest = store.file_digest(&located.found)?;
            let bytes = std::fs::metadata(&located.found)
                .map_err(|error| mlspec_store::StoreError::io(&located.found, error))?
                .len();
            Ok(Source { located, digest, bytes })
        };
        self.ingester.locate(&self.site)?.into_iter().map(one).collect()
    }

    fn standing(&self, store: &Store, sources: &[Source]) -> Result<Standing, IngestError> {
        let suppressed = suppress::digest(store, self.ingester.dataset())?;
        Standing::of(store, &self.ingester, &self.settings, sources, suppressed)
    }
}

impl Stage for IngestStage {
    fn id(&self) -> StageId {
        self.id.clone()
    }

    fn kind(&self) -> Kind {
        Kind::Ingestion
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        self.settings.clone()
    }

    fn ports(&self) -> Ports {
        Ports { inputs: Vec::new(), outputs: vec![Port::new(self.rows.clone(), ArtifactKind::Table)] }
    }

    /// The declared columns; else those of the files, if they can be told from their beginnings. Otherwise nothing is said, and
    /// steps that follow are planned when the rows are there.
    fn plan(&self, _: &Schemas) -> Result<Schemas, StageError> {
        let located = self.ingester.locate(&self.site)?;
        let declared = self.ingester.options.columns.clone();
        let schema = match declared {
            Some(schema) => Some(schema),
            None => self.look(&located)?,
        };
        Ok(schema.into_iter().map(|schema| (self.rows.to_string(), schema)).collect())
    }

    fn external(&self, store: &Store) -> Result<Value, StageError> {
        let sources = self.sources(store)?;
        let standing = self.standing(store, &sources)?;
        let files: Vec<_> =
            sources.iter().map(|source| json!({"path": source.located.path, "digest": source.digest})).collect();
        let mut external = json!({"files": files, "base": standing.external()});
        let suppressed = suppress::digest(store, self.ingester.dataset())?;
        if let (Some(suppressed), Standing::Read { .. }, Value::Object(members)) =
            (suppressed, &standing, &mut external)
        {
            members.insert("suppressed".to_owned(), json!(suppressed));
        }
        Ok(external)
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let sources = self.sources(cx.store())?;
        let standing = self.standing(cx.store(), &sources)?;
        cx.check_cancelled()?;
        match standing {
            Standing::Kept { current, ingestion } => self.keep(cx, &current, *ingestion),
            Standing::Read { base, next, edited } => self.ingest(cx, &sources, base.as_ref(), next, edited.as_ref()),
        }
    }
}

impl IngestStage {
    fn ingest(
        &self,
        cx: &mut Context<'_>,
        sources: &[Source],
        base: Option<&DatasetVersion>,
        next: Option<u64>,
        edited: Option<&Edited>,
    ) -> Result<(), StageError> {
        let store = cx.store();
        let dataset = self.ingester.dataset();
        let suppressed = suppress::digest(store, dataset)?;
        let suppression = Suppression::open(store, dataset, self.site.secret())?;
        let previous = previous(store, base)?;
        let sample = self.site.sample();
        let (table, report) = self.ingester.ingest(sources, previous.as_ref(), suppression.as_ref(), sample)?;
        cx.check_cancelled()?;
        let mut artifact = table.write(store, &self.ingester.params.chunks())?;
        let lineage = source_lineage(store, &report.dataset, &report.columns).map_err(IngestError::from)?;
        artifact.lineage = Some(lineage);
        if let Some(number) = next.filter(|_| sample.is_none()) {
            let (settings, ingestion) = (self.settings.clone(), report.clone());
            let (record, _) = store.put_json(&Origin { settings, ingestion, suppressed, edited: None })?;
            store.put_dataset_version(&version(number, &artifact, &report, record, cx.host().now()))?;
            if let (Some(edited), Some(previous)) = (edited, &previous) {
                let (rows, of) = edited.contradicted(&previous.table, &table)?;
                if rows > 0 {
                    cx.warn(format!("the files changed: {rows} of {of} rows of `{dataset}` that were corrected or appended are again as the files say"));
                }
            }
        }
        if report.suppressed > 0 {
            cx.warn(format!(
                "{} rows of the files of `{dataset}` were left out: they were erased before",
                report.suppressed
            ));
        }
        cx.body(&report)?;
        cx.output(self.rows.clone(), artifact)
    }

    /// Leaves the current version, which was edited since these files were read.
    fn keep(&self, cx: &mut Context<'_>, current: &DatasetVersion, mut ingestion: Ingestion) -> Result<(), StageError> {
        let store = cx.store();
        let mut artifact = current.table.clone();
        if store.files_of([&artifact]).is_err() {
            return Err(IngestError::Lost { dataset: current.dataset.clone(), version: current.version }.into());
        }
        if let Some(sample) = self.site.sample() {
            let rows = Table::read(store, &artifact.digest)?.slice(0, usize::try_from(sample).unwrap_or(usize::MAX));
            let lineage = artifact.lineage;
            artifact = rows.write(store, &self.ingester.params.chunks())?;
            artifact.lineage = lineage;
            (ingestion.rows, ingestion.sample) = (rows.len() as u64, Some(sample));
        }
        cx.body(&ingestion)?;
        cx.output(self.rows.clone(), artifact)
    }
}

impl IngestStage {
    /// The columns as the files' beginnings say, if these are all there is to see or the files know their types.
    fn look(&self, located: &[crate::files::Located]) -> Result<Option<mlspec_record::TableSchema>, IngestError> {
        let (options, compression) = (&self.ingester.options, self.ingester.params.compression);
        let mut beginnings = Vec::with_capacity(located.len());
        for file in located {
            let beginning = match options.format.is_text() {
                true => InputFile::open_beginning(&file.found, &file.path, compression, BEGINNING)?,
                false => InputFile::open(&file.found, &file.path, compression)?,
            };
            if !beginning.is_whole() {
                return Ok(None);
            }
            beginnings.push(beginning);
        }
        let limit = if options.format.is_text() { None } else { Some(0) };
        let schema = read(&beginnings, &ReadOptions { limit, ..options.clone() })?.schema;
        match self.ingester.params.key.iter().find(|column| schema.get(column).is_none()) {
            Some(column) => Err(IngestError::NoKey(column.clone())),
            None => Ok(Some(schema)),
        }
    }
}
