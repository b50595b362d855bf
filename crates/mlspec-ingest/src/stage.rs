//! Between a datastore, the store and [`Ingester`]; no decisions here.

use crate::edited::Edited;
use crate::ingester::{Ingested, Source, Sources};
use crate::quarantine;
use crate::query::{self, Fetched};
use crate::suppress::{self, Suppression};
use crate::version::{Origin, Standing, previous, version};
use crate::{IngestError, IngestParams, Ingester};
use mlspec_provenance::source_lineage;
use mlspec_record::body::Ingestion;
use mlspec_record::object::DatasetVersion;
use mlspec_record::{ArtifactKind, ArtifactRef, Kind, Name, Producer, StageId, TableSchema, canonical_bytes};
use mlspec_stage::datastore::Datastore;
use mlspec_stage::{Context, Port, Ports, Schemas, Site, SiteError, Stage, StageEntry, StageError, parse_settings};
use mlspec_store::Store;
use mlspec_table::format::{InputFile, ReadOptions, read};
use mlspec_table::{LARGE, Table};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes of a file `plan` looks at.
const BEGINNING: u64 = 1 << 20;

/// The port of rows that were put aside.
const QUARANTINE: &str = "quarantine";

/// The stage `ingest@1`, set up.
#[derive(Clone, Debug)]
pub struct IngestStage {
    id: StageId,
    rows: Name,
    ingester: Ingester,
    settings: Map<String, Value>,
    site: Site,
    /// What a query gave when the cache key was made: the rows that a run then takes.
    fetched: Arc<Mutex<Option<Arc<Fetched>>>>,
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
    let expected = match (ingester.query(), site.datastore(&ingester.params.datastore).map_err(IngestError::from)?) {
        (None, Datastore::Folder(_)) | (Some(_), Datastore::Sqlite(_) | Datastore::Postgres(_)) => None,
        (None, other) => Some((other.kind(), "folder")),
        (Some(_), other) => Some((other.kind(), "sqlite or postgres")),
    };
    if let Some((found, expected)) = expected {
        let name = ingester.params.datastore.clone();
        return Err(IngestError::from(SiteError::Kind { name, found, expected }).into());
    }
    let filled = IngestParams { dataset: Some(ingester.dataset.clone()), ..ingester.params.clone() };
    // As they are read again from a document, where `1.0` is `1`.
    let written = canonical_bytes(&filled).map_err(mlspec_store::StoreError::from)?;
    let settings = serde_json::from_slice(&written).unwrap_or_default();
    let rows = constant(Name::new("rows"));
    Ok(Box::new(IngestStage { id: id(), rows, ingester, settings, site: site.clone(), fetched: Arc::default() }))
}

impl IngestStage {
    /// The files with their digests; or the rows of the query, which stay for the run.
    fn sources(&self, store: &Store) -> Result<Sources, IngestError> {
        let one = |located: crate::files::Located| {
            let digest = store.file_digest(&located.found)?;
            let bytes = std::fs::metadata(&located.found)
                .map_err(|error| mlspec_store::StoreError::io(&located.found, error))?
                .len();
            Ok(Source { located, digest, bytes })
        };
        let Some(query) = self.ingester.query() else {
            let files = self.ingester.locate(&self.site)?.into_iter().map(one);
            return Ok(Sources::Files(files.collect::<Result<_, IngestError>>()?));
        };
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = match fetched.clone() {
            Some(rows) => rows,
            None => Arc::new(query::fetch(&self.site, query, self.site.sample())?),
        };
        *fetched = Some(rows.clone());
        Ok(Sources::Query(rows))
    }

    fn standing(&self, store: &Store, sources: &Sources) -> Result<Standing, IngestError> {
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
        let mut outputs = vec![Port::new(self.rows.clone(), ArtifactKind::Table)];
        if self.ingester.options.lenient {
            outputs.push(Port::new(constant(Name::new(QUARANTINE)), ArtifactKind::Table));
        }
        Ports { inputs: Vec::new(), outputs }
    }

    /// The declared columns; else those of the files, if they can be told from their beginnings. Otherwise nothing is said, and
    /// steps that follow are planned when the rows are there.
    fn plan(&self, _: &Schemas) -> Result<Schemas, StageError> {
        let declared = self.ingester.options.columns.clone();
        let schema = match (self.ingester.query(), declared) {
            (Some(query), None) => self.keyed(query::describe(&self.site, query)?)?,
            (Some(_), declared) => declared,
            (None, declared) => {
                let located = self.ingester.locate(&self.site)?;
                declared.map_or_else(|| self.look(&located), |schema| Ok(Some(schema)))?
            }
        };
        let aside = self.ingester.options.lenient.then(|| (QUARANTINE.to_owned(), quarantine::schema()));
        Ok(schema.into_iter().map(|schema| (self.rows.to_string(), schema)).chain(aside).collect())
    }

    /// Of files their digests; of a query that of the rows that it gives now. So a query is asked at every run.
    fn external(&self, store: &Store) -> Result<Value, StageError> {
        let sources = self.sources(store)?;
        let standing = self.standing(store, &sources)?;
        let mut external = match &sources {
            Sources::Query(fetched) => json!({"query": fetched.digest, "base": standing.external()}),
            Sources::Files(files) => {
                let file = |source: &Source| json!({"path": source.located.path, "digest": source.digest});
                json!({"files": files.iter().map(file).collect::<Vec<_>>(), "base": standing.external()})
            }
        };
        let suppressed = suppress::digest(store, self.ingester.dataset())?;
        if let (Some(suppressed), Standing::Read { .. }, Value::Object(members)) =
            (suppressed, &standing, &mut external)
        {
            members.insert("suppressed".to_owned(), json!(suppressed));
        }
        Ok(external)
    }

    fn reachable(&self, store: &Store) -> Result<(), StageError> {
        match self.ingester.query() {
            Some(query) => Ok(query::describe(&self.site, query).map(drop)?),
            None => self.external(store).map(drop),
        }
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let sources = self.sources(cx.store())?;
        // Whoever runs this again asks again.
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).take();
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
        sources: &Sources,
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
        let first = previous.is_none() && suppression.is_none() && sample.is_none();
        let large = sources.files().iter().map(|source| source.bytes).sum::<u64>() >= LARGE;
        let streamed = (first && large).then(|| self.ingester.stream(store, sources.files())).flatten();
        let (mut artifact, report, table) = match streamed {
            Some((artifact, report)) => (artifact, report, None),
            None => {
                let read = self.ingester.ingest(sources, previous.as_ref(), suppression.as_ref(), sample)?;
                let (table, report) = self.settle(cx, read)?;
                cx.check_cancelled()?;
                (table.write(store, &self.ingester.params.chunks())?, report, Some(table))
            }
        };
        cx.check_cancelled()?;
        let lineage = source_lineage(store, &report.dataset, &report.columns).map_err(IngestError::from)?;
        artifact.lineage = Some(lineage);
        if let Some(number) = next.filter(|_| sample.is_none()) {
            let (settings, ingestion) = (self.settings.clone(), report.clone());
            let (record, _) = store.put_json(&Origin { settings, ingestion, suppressed, edited: None })?;
            store.put_dataset_version(&version(number, &artifact, &report, record, cx.host().now()))?;
            if let (Some(edited), Some(previous), Some(table)) = (edited, &previous, &table) {
                let (rows, of) = edited.contradicted(&previous.table, table)?;
                if rows > 0 {
                    cx.warn(format!("the files changed: {rows} of {of} rows of `{dataset}` that were corrected or appended are again as the files say"));
                }
            }
        }
        if report.suppressed > 0 {
            cx.warn(format!(
                "{} rows of the {} of `{dataset}` were left out: they were erased before",
                report.suppressed,
                if report.query.is_some() { "query" } else { "files" }
            ));
        }
        self.leave(cx, artifact, &report)
    }

    /// Keeps what stands beside the rows: where they are in their files, and which were put aside.
    fn settle(&self, cx: &mut Context<'_>, read: Ingested) -> Result<(Table, Ingestion), StageError> {
        let store = cx.store();
        let Ingested { table, mut report, places, quarantine } = read;
        report.places = places.map(|places| store.put_json(&places)).transpose()?.map(|(digest, _)| digest);
        if let Some(aside) = quarantine {
            let kept = quarantine::keep(store, &aside, self.ingester.params.chunk_rows)?;
            if kept.rows > 0 {
                let dataset = self.ingester.dataset();
                cx.warn(format!("{} rows of `{dataset}` cannot be read and were put aside", kept.rows));
            }
            report.quarantined = Some(kept);
        }
        Ok((table, report))
    }

    fn leave(&self, cx: &mut Context<'_>, rows: ArtifactRef, report: &Ingestion) -> Result<(), StageError> {
        cx.body(report)?;
        cx.output(self.rows.clone(), rows)?;
        match &report.quarantined {
            Some(quarantined) => cx.output(constant(Name::new(QUARANTINE)), quarantined.table.clone()),
            None => Ok(()),
        }
    }

    /// Leaves the current version, which was edited since these files were read.
    fn keep(&self, cx: &mut Context<'_>, current: &DatasetVersion, mut ingestion: Ingestion) -> Result<(), StageError> {
        let store = cx.store();
        let mut artifact = current.table.clone();
        let aside = ingestion.quarantined.as_ref().map(|quarantined| &quarantined.table);
        if store.files_of(std::iter::once(&artifact).chain(aside)).is_err() {
            return Err(IngestError::Lost { dataset: current.dataset.clone(), version: current.version }.into());
        }
        if let Some(sample) = self.site.sample() {
            let rows = Table::read(store, &artifact.digest)?.slice(0, usize::try_from(sample).unwrap_or(usize::MAX));
            let lineage = artifact.lineage;
            artifact = rows.write(store, &self.ingester.params.chunks())?;
            artifact.lineage = lineage;
            (ingestion.rows, ingestion.sample) = (rows.len() as u64, Some(sample));
        }
        self.leave(cx, artifact, &ingestion)
    }
}

impl IngestStage {
    /// The columns as the files' beginnings say, if these are all there is to see or the files know their types.
    fn look(&self, located: &[crate::files::Located]) -> Result<Option<TableSchema>, IngestError> {
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
            beginnings.push(self.ingester.placed(beginning, &file.path));
        }
        let limit = options.format.has_types().then_some(0);
        let schema = read(&beginnings, &ReadOptions { limit, ..options.clone() })?.schema;
        self.keyed(Some(schema))
    }

    /// The columns, if those of the key are among them.
    fn keyed(&self, schema: Option<TableSchema>) -> Result<Option<TableSchema>, IngestError> {
        let missing = |column: &&String| schema.as_ref().is_some_and(|schema| schema.get(column).is_none());
        match self.ingester.params.key.iter().find(missing) {
            Some(column) => Err(IngestError::NoKey(column.clone())),
            None => Ok(schema),
        }
    }
}
