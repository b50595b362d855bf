//! From files to a table and a report.

use crate::error::KeyFault;
use crate::files::{self, Located};
use crate::matching::{assign, repeated};
use crate::places::Places;
use crate::quarantine::{self, Aside};
use crate::query::{self, Fetched, Query};
use crate::suppress::Suppression;
use crate::{IngestError, IngestParams};
use mlspec_record::body::{Ingestion, RowPlaces, SourceFile};
use mlspec_record::{Digest, Name, TableSchema};
use mlspec_stage::Site;
use mlspec_table::format::{
    FormatError, InputFile, Problem, Read, ReadOptions, Rejected, conform, partitions_of, read,
};
use mlspec_table::polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray as _};
use mlspec_table::{Equality, ROW, Table, TableError, row_hashes};
use std::path::Path;
use std::sync::Arc;

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Ingester {
    pub(crate) params: IngestParams,
    pub(crate) dataset: Name,
    pub(crate) options: ReadOptions,
}

/// The version of the dataset before.
#[derive(Clone, Debug)]
pub struct Previous {
    /// Its rows.
    pub table: Table,
    /// The row id that the next new row will get.
    pub next_row: u64,
}

/// What became of the files.
pub(crate) struct Ingested {
    pub(crate) table: Table,
    pub(crate) report: Ingestion,
    /// Where rows stand that do not simply follow each other.
    pub(crate) places: Option<RowPlaces>,
    /// The rows that were put aside, where that is asked for.
    pub(crate) quarantine: Option<Table>,
}

/// A file with what is known of it without reading it as rows.
pub(crate) struct Source {
    pub(crate) located: Located,
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
}

/// Where rows come from.
pub(crate) enum Sources {
    /// From files, which are not read yet.
    Files(Vec<Source>),
    /// From a query, whose rows are there.
    Query(Arc<Fetched>),
}

impl Sources {
    /// The files; none where there is a query.
    pub(crate) fn files(&self) -> &[Source] {
        match self {
            Self::Files(files) => files,
            Self::Query(_) => &[],
        }
    }

    /// Whether these are the rows that a record speaks of.
    pub(crate) fn are_those_of(&self, ingestion: &Ingestion) -> bool {
        match self {
            Self::Query(fetched) => ingestion.query.as_ref().is_some_and(|query| query.digest == fetched.digest),
            Self::Files(files) => {
                let same = |(file, source): (&SourceFile, &Source)| {
                    file.path == source.located.path && file.digest == source.digest
                };
                ingestion.files.len() == files.len() && ingestion.files.iter().zip(files).all(same)
            }
        }
    }
}

impl Ingester {
    /// The settings.
    pub fn params(&self) -> &IngestParams {
        &self.params
    }

    /// The dataset's name.
    pub fn dataset(&self) -> &Name {
        &self.dataset
    }

    /// Reads the files in a folder, which stands for the datastore, as the first version of the dataset.
    ///
    /// # Errors
    /// When a file is missing, outside the folder or not of its format, or a key is null or stands twice.
    pub fn ingest_folder(&self, folder: &Path) -> Result<(Table, Ingestion), IngestError> {
        let site = Site::new([(self.params.datastore.clone(), folder.to_owned())].into(), None);
        if let Some(query) = self.query() {
            let rows = Sources::Query(Arc::new(query::fetch(&site, query, None)?));
            let Ingested { table, report, .. } = self.ingest(&rows, None, None, None)?;
            return Ok((table, report));
        }
        let mut sources = Vec::new();
        for located in self.locate(&site)? {
            let bytes = std::fs::read(&located.found).map_err(|error| FormatError {
                file: located.path.clone(),
                line: None,
                column: None,
                problem: Problem::Io(error),
            })?;
            sources.push(Source { digest: Digest::of(&bytes), bytes: bytes.len() as u64, located });
        }
        let Ingested { table, report, .. } = self.ingest(&Sources::Files(sources), None, None, None)?;
        Ok((table, report))
    }

    /// The query, if the rows are those of one.
    pub(crate) fn query(&self) -> Option<Query<'_>> {
        let IngestParams { datastore, query, key, .. } = &self.params;
        let timeout_seconds = self.params.timeout();
        query.as_ref().map(|text| Query { datastore, text, key, timeout_seconds })
    }

    pub(crate) fn locate(&self, site: &Site) -> Result<Vec<Located>, IngestError> {
        files::locate(site, &self.params.datastore, self.params.paths())
    }

    /// Reads the rows; those that the version before has keep their ids there, and suppressed ones are left out.
    pub(crate) fn ingest(
        &self,
        sources: &Sources,
        previous: Option<&Previous>,
        suppression: Option<&Suppression>,
        sample: Option<u64>,
    ) -> Result<Ingested, IngestError> {
        let mut options = ReadOptions { limit: sample, ..self.options.clone() };
        let mut inferred = options.columns.is_none();
        if let Some(previous) = previous.filter(|_| inferred) {
            options.columns = Some(previous.table.schema().clone());
            options.exact = true;
        }
        let Read { schema, frames, numbers, rejected, sheets, .. } = self.read(sources, &options)?;
        inferred &= !self.options.format.has_types();
        self.check_key_columns(&schema)?;
        let heights = frames.iter().map(DataFrame::height).collect();
        let (frame, left_out) = without(joined(frames, &schema)?, suppression)?;
        let suppressed = left_out.len() as u64;
        let mut places = Places { ingester: self, sources, heights, numbers, sheets, left_out };
        let read = (frame.height() + rejected.len()) as u64;
        let mut aside: Vec<Aside> = rejected.into_iter().map(|row| self.aside(sources, row)).collect();
        let keys: Vec<&str> = self.params.key.iter().map(String::as_str).collect();
        let frame = self.settle(frame, KeyFault::Null, &|frame| nulls(frame, &keys), &mut places, &mut aside)?;
        let repeats = |frame: &DataFrame| match keys.is_empty() {
            true => Ok(Vec::new()),
            false => Ok(repeated(&row_hashes(frame, &keys, Equality::Key)?)),
        };
        let frame = self.settle(frame, KeyFault::Repeated, &repeats, &mut places, &mut aside)?;
        quarantine::check(self, sources, &aside, read)?;
        let columns = if keys.is_empty() { schema.names().collect() } else { keys };
        let ids = match previous {
            None => (0..frame.height() as u64).collect(),
            Some(previous) => {
                let rows = row_hashes(&frame, &columns, Equality::Key)?;
                assign(&known(previous, &schema, &columns)?, &rows, previous.next_row).0
            }
        };
        let next_row = ids.iter().max().map_or(0, |id| id + 1).max(previous.map_or(0, |previous| previous.next_row));
        let (files, query, runs) = places.report(&ids);
        let rows = ids.len() as u64;
        let table = Table::with_ids(frame, ids)?;
        let quarantine = match self.options.lenient {
            true => Some(quarantine::table(&places, aside, suppression.is_none())?),
            false => None,
        };
        let (dataset, key) = (self.dataset.clone(), self.params.key.clone());
        let report = Ingestion {
            dataset,
            key,
            columns: schema,
            inferred,
            files,
            query,
            rows,
            chunk_rows: Some(self.params.chunk_rows),
            next_row,
            places: None,
            sample,
            suppressed,
            quarantined: None,
            revision: None,
        };
        Ok(Ingested { table, report, places: runs, quarantine })
    }

    /// A record that could not be read.
    fn aside(&self, sources: &Sources, row: Rejected) -> Aside {
        let Rejected { file, record, reason, column } = row;
        let text = match sources {
            Sources::Files(_) => None,
            Sources::Query(fetched) => Some(quarantine::text_of(&fetched.frame, record as usize - 1)),
        };
        Aside { file, record, reason, column, text }
    }

    /// Rows whose keys are wrong: an error, or put aside.
    fn settle(
        &self,
        frame: DataFrame,
        fault: KeyFault,
        find: &dyn Fn(&DataFrame) -> Result<Vec<usize>, IngestError>,
        places: &mut Places<'_>,
        aside: &mut Vec<Aside>,
    ) -> Result<DataFrame, IngestError> {
        let found = find(&frame)?;
        if !self.options.lenient || found.is_empty() {
            places.check(fault, &found)?;
            return Ok(frame);
        }
        let positions: Vec<usize> = found.iter().map(|row| places.position(*row)).collect();
        for (row, position) in found.iter().zip(&positions) {
            let Some((file, record)) = places.find(*position) else { continue };
            let (reason, column) = (fault.reason(), Some(self.params.key.join(", ")));
            aside.push(Aside { file, record, reason, column, text: Some(quarantine::text_of(&frame, *row)) });
        }
        places.left_out.extend(positions);
        places.left_out.sort_unstable();
        let stays = (0..frame.height()).map(|row| found.binary_search(&row).is_err());
        let stays = BooleanChunked::from_iter_values("".into(), stays);
        Ok(frame.filter(&stays).map_err(TableError::from)?)
    }

    fn read(&self, sources: &Sources, options: &ReadOptions) -> Result<Read, IngestError> {
        let sources = match sources {
            Sources::Files(files) => files,
            Sources::Query(fetched) => return self.conform(fetched, options),
        };
        let files = sources.iter().map(|source| self.open(source)).collect::<Result<Vec<_>, _>>()?;
        read(&files, options).map_err(|error| match options.exact {
            true => changed_type(&files, options, error),
            false => error.into(),
        })
    }

    fn conform(&self, fetched: &Fetched, options: &ReadOptions) -> Result<Read, IngestError> {
        let name = format!("the query of `{}`", self.params.datastore);
        let now = mlspec_table::frame_schema(&fetched.frame)?;
        for column in options.columns.iter().filter(|_| options.exact).flat_map(TableSchema::columns) {
            if let Some(new) = now.get(&column.name).filter(|new| *new != column.data_type) {
                let (old, column) = (column.data_type, column.name.clone());
                return Err(IngestError::TypeChanged { file: name, line: None, column, old, new });
            }
        }
        Ok(conform(&name, fetched.frame.clone(), options)?)
    }

    pub(crate) fn open(&self, source: &Source) -> Result<InputFile, FormatError> {
        let Located { path, found } = &source.located;
        Ok(self.placed(InputFile::open(found, path, self.params.compression)?, path))
    }

    /// The file with the columns that its path says.
    pub(crate) fn placed(&self, file: InputFile, path: &str) -> InputFile {
        match self.params.hive {
            None => file,
            Some(_) => file.with_partition(partitions_of(path)),
        }
    }

    pub(crate) fn check_key_columns(&self, schema: &TableSchema) -> Result<(), IngestError> {
        match self.params.key.iter().find(|column| schema.get(column).is_none()) {
            Some(column) => Err(IngestError::NoKey(column.clone())),
            None => Ok(()),
        }
    }
}

/// The rows that are not suppressed, and the positions of those that are.
pub(crate) fn without(
    frame: DataFrame,
    suppression: Option<&Suppression>,
) -> Result<(DataFrame, Vec<usize>), IngestError> {
    let Some(suppression) = suppression else { return Ok((frame, Vec::new())) };
    let found = suppression.matches(&frame)?;
    let left_out: Vec<usize> = found.iter().enumerate().filter(|(_, found)| **found).map(|(at, _)| at).collect();
    if left_out.is_empty() {
        return Ok((frame, left_out));
    }
    let stays = BooleanChunked::from_iter_values("".into(), found.iter().map(|found| !found));
    Ok((frame.filter(&stays).map_err(TableError::from)?, left_out))
}

/// The positions of rows with a null in one of these columns.
pub(crate) fn nulls(frame: &DataFrame, keys: &[&str]) -> Result<Vec<usize>, IngestError> {
    let mut rows = Vec::new();
    for key in keys {
        let column = frame.column(key).map_err(TableError::from)?;
        if column.null_count() > 0 {
            let nulls = column.is_null();
            rows.extend(nulls.iter().enumerate().filter(|(_, null)| *null == Some(true)).map(|(at, _)| at));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// The rows of the version before, by what recognises them; ids ascending. Where the columns differ, no row is the same.
fn known(previous: &Previous, schema: &TableSchema, columns: &[&str]) -> Result<Vec<(u128, u64)>, IngestError> {
    let before = previous.table.schema();
    let by_content = columns.len() == schema.columns().len();
    let same = columns.iter().all(|name| before.get(name) == schema.get(name)) && (!by_content || before == schema);
    if !same {
        return Ok(Vec::new());
    }
    let hashes = row_hashes(previous.table.frame(), columns, Equality::Key)?;
    Ok(hashes.into_iter().zip(previous.table.ids()).collect())
}

fn joined(frames: Vec<DataFrame>, schema: &TableSchema) -> Result<DataFrame, IngestError> {
    let mut frames = frames.into_iter();
    let Some(mut whole) = frames.next() else {
        return Ok(mlspec_table::empty_frame(schema).drop(ROW).map_err(TableError::from)?);
    };
    for frame in frames {
        whole.vstack_mut_owned(frame).map_err(TableError::from)?;
    }
    whole.rechunk_mut_par();
    Ok(whole)
}

/// A value that no longer fits: what type the column would get now, if that says more.
fn changed_type(files: &[InputFile], options: &ReadOptions, error: FormatError) -> IngestError {
    let old = error.column.as_deref().and_then(|column| options.columns.as_ref()?.get(column));
    let by_type = matches!(error.problem, Problem::Value(_) | Problem::Type { .. } | Problem::Mixed(..));
    let fresh = ReadOptions { columns: None, exact: false, ..options.clone() };
    let now = by_type.then(|| read(files, &fresh).ok()).flatten();
    let new = error.column.as_deref().and_then(|column| now?.schema.get(column));
    match (error.column.clone(), old, new) {
        (Some(column), Some(old), Some(new)) if old != new => {
            IngestError::TypeChanged { file: error.file, line: error.line, column, old, new }
        }
        _ => error.into(),
    }
}
