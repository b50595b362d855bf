//! New rows of a dataset that make no version of it: for predictions.

use crate::IngestError;
use crate::edit::Edition;
use crate::ingester::without;
use mlspec_provenance::source_lineage;
use mlspec_record::body::{Ingestion, SourceFile};
use mlspec_record::{ArtifactRef, Column, Digest, Name, TableSchema};
use mlspec_table::format::{Format, FormatError, InputFile, Problem, Read, ReadOptions, read};
use mlspec_table::polars::prelude::{DataFrame, Series};
use mlspec_table::{Table, TableError, to_polars};
use std::path::Path;

/// The datastore that a file belongs to which lies in none.
const OUTSIDE: &str = "outside";

/// New rows, kept in the store as a table with the lineage of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct FreshRows {
    /// The rows. Their ids go on where the dataset stopped counting, so that none is that of a row of the dataset.
    pub table: ArtifactRef,
    /// What an ingest step that read them would record.
    pub ingestion: Ingestion,
    /// The columns of the dataset that the file lacks; null in every row.
    pub missing: Vec<String>,
}

impl Edition {
    /// Reads new rows as the dataset's files are read, and keeps them as a table of the dataset's columns, without making a version.
    /// Columns may be missing, but for CSV without a header, whose columns are told by their place. Rows that were erased before are
    /// left out and counted.
    ///
    /// # Errors
    /// When the file's ending says no format, or the file is not of its format, has a column that the dataset has not or a value of
    /// another type, a key is null or stands twice, or the store refuses.
    pub fn fresh_rows(&self, path: &Path) -> Result<FreshRows, IngestError> {
        let known = &self.current.columns;
        let (file, mut options) = self.change_file(path)?;
        let names = self.names_in(&file, &options)?;
        let there: Vec<Column> =
            known.columns().iter().filter(|column| names.contains(&column.name)).cloned().collect();
        let missing: Vec<String> =
            known.names().filter(|name| there.iter().all(|column| column.name != **name)).map(str::to_owned).collect();
        if let Some(column) = known.names().next().filter(|_| there.is_empty()) {
            let problem = Problem::Missing(column.to_owned());
            let (file, column) = (file.name().to_owned(), Some(column.to_owned()));
            return Err(FormatError { file, line: None, column, problem }.into());
        }
        options.columns = Some(TableSchema::new(there)?);
        options.exact = self.params.columns.is_none();
        let Read { frames, .. } = read(std::slice::from_ref(&file), &options)?;
        let frame = frames.into_iter().next().unwrap_or_else(DataFrame::empty);
        let in_file = frame.height() as u64;
        let (frame, left_out) = without(frame, self.suppression())?;
        if self.key().iter().all(|key| !missing.contains(key)) {
            self.check_own_keys(&frame)?;
        }
        let first = self.current.next_row;
        let table = Table::number(with_nulls(frame, known)?, first)?;
        let rows = table.len() as u64;
        let mut artifact = table.write(&self.store, &self.params.chunks())?;
        artifact.lineage = Some(source_lineage(&self.store, &self.current.dataset, known)?);
        let bytes = std::fs::read(path).map_err(|error| mlspec_store::StoreError::io(path, error))?;
        let source = SourceFile {
            datastore: outside(),
            path: path.display().to_string(),
            format: options.format.as_str().to_owned(),
            digest: Digest::of(&bytes),
            bytes: bytes.len() as u64,
            first_row: left_out.is_empty().then_some(first),
            first_record: None,
            sheet: None,
            rows: in_file,
        };
        let ingestion = Ingestion {
            files: vec![source],
            rows,
            next_row: first + rows,
            inferred: false,
            sample: None,
            suppressed: left_out.len() as u64,
            revision: None,
            ..self.ingestion().clone()
        };
        Ok(FreshRows { table: artifact, ingestion, missing })
    }

    /// The names of the columns of a file; those of the dataset where it has none itself.
    fn names_in(&self, file: &InputFile, options: &ReadOptions) -> Result<Vec<String>, IngestError> {
        if matches!(options.format, Format::Csv | Format::Tsv) && !options.csv.header {
            return Ok(self.current.columns.names().map(str::to_owned).collect());
        }
        // Only all lines together say which keys there are.
        let limit = if options.format == Format::Ndjson { None } else { Some(0) };
        let found = read(std::slice::from_ref(file), &ReadOptions { columns: None, limit, ..options.clone() });
        match found {
            Ok(found) => Ok(found.schema.names().map(str::to_owned).collect()),
            // Without a line there is no key; the file has no row, which is for the caller to judge.
            Err(FormatError { problem: Problem::Empty, .. }) => {
                Ok(self.current.columns.names().map(str::to_owned).collect())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn outside() -> Name {
    Name::new(OUTSIDE).unwrap_or_else(|_| unreachable!("the text is in the grammar"))
}

/// All columns in their order; those that are not there as nulls.
fn with_nulls(frame: DataFrame, known: &TableSchema) -> Result<DataFrame, TableError> {
    let height = frame.height();
    let column = |column: &Column| match frame.column(&column.name) {
        Ok(found) => found.clone(),
        Err(_) => Series::full_null(column.name.as_str().into(), height, &to_polars(column.data_type)).into(),
    };
    Ok(DataFrame::new(height, known.columns().iter().map(column).collect())?)
}
