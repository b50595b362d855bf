//! Files of edits: corrections of some columns, and whole rows to append or to replace all rows by.

use crate::edit::Edition;
use crate::matching::repeated;
use crate::{Edits, IngestError};
use mlspec_record::TableSchema;
use mlspec_table::format::{Compression, Format, InputFile, ReadOptions, read, read_named};
use mlspec_table::polars::prelude::{DataFrame, IdxCa, IdxSize};
use mlspec_table::{Table, TableError};
use std::path::Path;

/// How many rows an error names.
const EXAMPLES: usize = 5;

impl Edition {
    /// Reads whole rows: all columns of the dataset, as the files that it came from have them. For [`Edits::append`] and
    /// [`Edits::replace`].
    ///
    /// # Errors
    /// When the file's ending says no format, or the file is not of its format, lacks a column or has a value of another type.
    pub fn read_rows(&self, path: &Path) -> Result<DataFrame, IngestError> {
        let (file, mut options) = self.change_file(path)?;
        options.columns = Some(self.current.columns.clone());
        // Where columns are declared, files may have further ones.
        options.exact = self.params.columns.is_none();
        let mut frames = read(&[file], &options)?.frames.into_iter();
        Ok(frames.next().unwrap_or_else(|| mlspec_table::empty_frame(&TableSchema::default())))
    }

    /// Reads corrections: rows named by their key or by `_row`, and the columns that change; a CSV has a header. Gives whole rows,
    /// for [`Edits::put`].
    ///
    /// # Errors
    /// When the file's ending says no format, or the file is not of its format, has a column that the dataset has not or a value of
    /// another type, or names rows that are not there, or one twice.
    pub fn read_corrections(&self, path: &Path) -> Result<Table, IngestError> {
        let (file, options) = self.change_file(path)?;
        let found = read_named(&file, &options, &self.current.columns)?;
        let ids = match found.rows {
            Some(ids) => ids,
            None => self.rows_of_keys(&found.frame)?,
        };
        let as_hashes: Vec<u128> = ids.iter().map(|id| u128::from(*id)).collect();
        let twice = repeated(&as_hashes);
        if !twice.is_empty() {
            return Err(IngestError::RowTwice { count: twice.len(), examples: lines(&twice) });
        }
        self.corrected(&found.frame, &ids)
    }

    /// The edits that a file of corrections asks for.
    ///
    /// # Errors
    /// As [`Edition::read_corrections`].
    pub fn corrections(&self, path: &Path) -> Result<Edits, IngestError> {
        Ok(Edits { put: Some(self.read_corrections(path)?), ..Edits::default() })
    }

    pub(crate) fn change_file(&self, path: &Path) -> Result<(InputFile, ReadOptions), IngestError> {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let format = Format::of_path(&name).ok_or_else(|| IngestError::NoFormat(name.clone()))?;
        let mut csv = self.params.csv.clone();
        let of_dataset =
            self.params.format.or_else(|| self.params.paths().first().and_then(|path| Format::of_path(path)));
        if of_dataset != Some(format) {
            csv.separator = None;
        }
        let (json, excel) = (self.params.json.clone(), self.params.excel.clone());
        let file = InputFile::open(path, &path.display().to_string(), Compression::Auto)?;
        Ok((file, ReadOptions { csv, json, excel, ..ReadOptions::new(format) }))
    }

    fn rows_of_keys(&self, frame: &DataFrame) -> Result<Vec<u64>, IngestError> {
        let key = self.key_names();
        if key.is_empty() || key.iter().any(|name| frame.get_column_index(name).is_none()) {
            return Err(IngestError::NotNamed { key: self.key().to_vec() });
        }
        let found = self.find(&frame.select(key).map_err(TableError::from)?)?;
        let missing: Vec<usize> = found.iter().enumerate().filter(|(_, row)| row.is_none()).map(|(at, _)| at).collect();
        if !missing.is_empty() {
            return Err(IngestError::NoRow { count: missing.len(), examples: lines(&missing) });
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The rows of these ids with the columns of a frame in their place; a row of the frame for each id.
    fn corrected(&self, frame: &DataFrame, ids: &[u64]) -> Result<Table, IngestError> {
        let before = Table::read_rows(&self.store, &self.current.table.digest, ids)?;
        let known = before.ids();
        let missing: Vec<usize> =
            ids.iter().enumerate().filter(|(_, id)| known.binary_search(id).is_err()).map(|(at, _)| at).collect();
        if !missing.is_empty() {
            return Err(IngestError::NoRow { count: missing.len(), examples: lines(&missing) });
        }
        let mut order: Vec<IdxSize> = (0..ids.len() as IdxSize).collect();
        order.sort_by_key(|at| ids.get(*at as usize));
        let frame = frame.take(&IdxCa::from_vec("".into(), order)).map_err(TableError::from)?;
        let mut whole = before.into_frame();
        for column in frame.into_columns() {
            whole.with_column(column).map_err(TableError::from)?;
        }
        Ok(Table::new(whole)?)
    }
}

fn lines(rows: &[usize]) -> Vec<String> {
    rows.iter().take(EXAMPLES).map(|row| format!("row {} of the file", row + 1)).collect()
}
