//! From files to a table and a report.

use crate::error::KeyFault;
use crate::files::{self, Located};
use crate::matching::{assign, repeated};
use crate::suppress::Suppression;
use crate::{IngestError, IngestParams};
use mlspec_record::body::{Ingestion, SourceFile};
use mlspec_record::{Digest, Name, TableSchema};
use mlspec_stage::Site;
use mlspec_table::format::{FormatError, InputFile, Problem, Read, ReadOptions, line_of_row, read};
use mlspec_table::polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray as _};
use mlspec_table::{Equality, ROW, Table, TableError, row_hashes};
use std::path::Path;

/// How many rows an error names.
const EXAMPLES: usize = 5;

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

/// A file with what is known of it without reading it as rows.
pub(crate) struct Source {
    pub(crate) located: Located,
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
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
        self.ingest(&sources, None, None, None)
    }

    pub(crate) fn locate(&self, site: &Site) -> Result<Vec<Located>, IngestError> {
        files::locate(site, &self.params.datastore, &self.params.path.0)
    }

    /// Reads files; rows that the version before has keep their ids there, and suppressed ones are left out.
    pub(crate) fn ingest(
        &self,
        sources: &[Source],
        previous: Option<&Previous>,
        suppression: Option<&Suppression>,
        sample: Option<u64>,
    ) -> Result<(Table, Ingestion), IngestError> {
        let mut options = ReadOptions { limit: sample, ..self.options.clone() };
        let mut inferred = options.columns.is_none();
        if let Some(previous) = previous.filter(|_| inferred) {
            options.columns = Some(previous.table.schema().clone());
            options.exact = true;
        }
        let Read { schema, frames, .. } = self.read(sources, &options)?;
        inferred &= self.options.format.is_text();
        self.check_key_columns(&schema)?;
        let heights = frames.iter().map(DataFrame::height).collect();
        let (frame, left_out) = without(joined(frames, &schema)?, suppression)?;
        let lines = Lines { ingester: self, sources, heights, left_out };
        let keys: Vec<&str> = self.params.key.iter().map(String::as_str).collect();
        lines.check_nulls(&frame, &keys)?;
        let columns = if keys.is_empty() { schema.names().collect() } else { keys };
        let first = || (0..frame.height() as u64).collect::<Vec<_>>();
        let ids = if self.params.key.is_empty() && previous.is_none() {
            first()
        } else {
            let rows = row_hashes(&frame, &columns, Equality::Key)?;
            if !self.params.key.is_empty() {
                lines.check(KeyFault::Repeated, &repeated(&rows))?;
            }
            match previous {
                None => first(),
                Some(previous) => assign(&known(previous, &schema, &columns)?, &rows, previous.next_row).0,
            }
        };
        let next_row = ids.iter().max().map_or(0, |id| id + 1).max(previous.map_or(0, |previous| previous.next_row));
        let files = lines.report(&ids);
        let (rows, suppressed) = (ids.len() as u64, lines.left_out.len() as u64);
        let table = Table::with_ids(frame, ids)?;
        let (dataset, key) = (self.dataset.clone(), self.params.key.clone());
        let report = Ingestion {
            dataset,
            key,
            columns: schema,
            inferred,
            files,
            rows,
            next_row,
            sample,
            suppressed,
            revision: None,
        };
        Ok((table, report))
    }

    fn read(&self, sources: &[Source], options: &ReadOptions) -> Result<Read, IngestError> {
        let files = sources.iter().map(|source| self.open(source)).collect::<Result<Vec<_>, _>>()?;
        read(&files, options).map_err(|error| match options.exact {
            true => changed_type(&files, options, error),
            false => error.into(),
        })
    }

    fn open(&self, source: &Source) -> Result<InputFile, FormatError> {
        InputFile::open(&source.located.found, &source.located.path, self.params.compression)
    }

    fn check_key_columns(&self, schema: &TableSchema) -> Result<(), IngestError> {
        match self.params.key.iter().find(|column| schema.get(column).is_none()) {
            Some(column) => Err(IngestError::NoKey(column.clone())),
            None => Ok(()),
        }
    }
}

/// Where rows stand in the files.
struct Lines<'a> {
    ingester: &'a Ingester,
    sources: &'a [Source],
    /// How many rows each file has.
    heights: Vec<usize>,
    /// The positions, among the rows of all files, of those that are left out.
    left_out: Vec<usize>,
}

impl Lines<'_> {
    fn check_nulls(&self, frame: &DataFrame, keys: &[&str]) -> Result<(), IngestError> {
        self.check(KeyFault::Null, &nulls(frame, keys)?)
    }

    fn check(&self, fault: KeyFault, rows: &[usize]) -> Result<(), IngestError> {
        if rows.is_empty() {
            return Ok(());
        }
        let examples = rows.iter().take(EXAMPLES).map(|row| self.name(*row)).collect();
        Err(IngestError::Key { key: self.ingester.params.key.clone(), fault, count: rows.len(), examples })
    }

    /// `mails.csv:17`, the line; or `row 16 of mails.parquet`, from 1.
    fn name(&self, row: usize) -> String {
        let mut row = self.left_out.iter().fold(row, |row, left_out| row + usize::from(*left_out <= row));
        for (source, height) in self.sources.iter().zip(&self.heights) {
            if row < *height {
                let path = &source.located.path;
                let ingester = self.ingester;
                let line = ingester.open(source).ok().and_then(|file| line_of_row(&file, &ingester.options, row));
                return line.map_or_else(|| format!("row {} of {path}", row + 1), |line| format!("{path}:{line}"));
            }
            row -= height;
        }
        format!("row {row}")
    }

    fn report(&self, ids: &[u64]) -> Vec<SourceFile> {
        let (mut begin, mut start) = (0, 0);
        let one = |(source, height): (&Source, &usize)| {
            let outside = |end: usize| self.left_out.partition_point(|at| *at < end);
            let left_out = outside(begin + height) - outside(begin);
            let own = ids.get(start..start + height - left_out).unwrap_or_default();
            begin += height;
            start += own.len();
            let consecutive = left_out == 0 && own.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
            SourceFile {
                datastore: self.ingester.params.datastore.clone(),
                path: source.located.path.clone(),
                format: self.ingester.options.format.as_str().to_owned(),
                digest: source.digest,
                bytes: source.bytes,
                first_row: own.first().copied().filter(|_| consecutive),
                rows: *height as u64,
            }
        };
        self.sources.iter().zip(&self.heights).map(one).collect()
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
