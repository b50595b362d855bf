//! Files of rows: CSV, TSV, newline-delimited JSON, Parquet, Arrow IPC.
//!
//! [`InputFile`] is a file in memory, decompressed; [`read`] makes frames of one schema from many files. Types are declared or
//! inferred over all files. A declared type is strict: a value that is none of its values is an error with file, line and
//! column. No message holds a value.

mod columnar;
mod csv;
mod error;
mod file;
mod infer;
mod json;
mod named;
mod options;
mod text;

pub use error::{FormatError, Problem};
pub use file::InputFile;
pub use named::{NamedRows, read_named};
pub use options::{Compression, CsvOptions, Format, ReadOptions};

use mlspec_record::{DataType, TableSchema};
use polars::prelude::{DataFrame, NewChunkedArray as _, Series, StringChunked};

/// What files hold.
#[derive(Clone, Debug)]
pub struct Read {
    /// The columns of all files.
    pub schema: TableSchema,
    /// Whether the types were inferred from text.
    pub inferred: bool,
    /// The rows, one frame a file, in the order of the files; without row ids.
    pub frames: Vec<DataFrame>,
}

/// Reads files of one schema.
///
/// # Errors
/// When a file is not of its format, files differ in their columns, or a value is not of its declared type.
pub fn read(files: &[InputFile], options: &ReadOptions) -> Result<Read, FormatError> {
    options.check()?;
    let mut read = match options.format {
        Format::Csv | Format::Tsv => csv::read(files, options),
        Format::Ndjson => json::read(files, options),
        Format::Parquet | Format::Ipc => columnar::read(files, options),
    }?;
    if let Some(limit) = options.limit {
        let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
        for frame in &mut read.frames {
            *frame = frame.head(Some(left));
            left -= frame.height();
        }
    }
    Ok(read)
}

/// One value of a type from its text, as CSV has it, in a column of length 1.
pub fn parse_value(text: &str, data_type: DataType) -> Option<Series> {
    let piece = StringChunked::from_slice(Default::default(), &[text]);
    infer::convert(vec![piece], data_type).ok().filter(|column| column.null_count() == 0)
}

/// The line on which a row of a file begins, both from 1 and 0; only text has lines.
pub fn line_of_row(file: &InputFile, options: &ReadOptions, row: usize) -> Option<u64> {
    match options.format {
        Format::Csv | Format::Tsv => csv::line_of_row(file, options, row),
        Format::Ndjson => json::line_of_row(file, row),
        Format::Parquet | Format::Ipc => None,
    }
}

#[cfg(test)]
mod tests;
