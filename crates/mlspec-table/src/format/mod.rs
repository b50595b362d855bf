//! Files of rows: CSV, TSV, newline-delimited JSON, JSON documents, workbooks, Parquet, Arrow IPC, Avro.
//!
//! [`InputFile`] is a file in memory, decompressed; [`read`] makes frames of one schema from many files. Types are declared or
//! inferred over all files. A declared type is strict: a value that is none of its values is an error with file, line and
//! column. No message holds a value. With [`ReadOptions::lenient`] rows that cannot be read are put aside instead, and
//! [`raw_records`] gives their text.

mod columnar;
mod csv;
mod error;
mod excel;
mod file;
mod infer;
mod json;
mod named;
mod options;
mod partition;
mod rejected;
mod stream;
mod text;

pub use error::{FormatError, Problem};
pub use excel::{ExcelOptions, Sheet};
pub use file::InputFile;
pub use named::{NamedRows, read_named};
pub use options::{Compression, CsvOptions, Format, HiveOptions, JsonOptions, ReadOptions};
pub use partition::partitions_of;
pub(crate) use rejected::RowFault;
pub use rejected::{RawRecord, Rejected};
pub use stream::{TextFile, can_stream, stream, stream_schema};

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
    /// For each file the number of each row's record, from 1, where they do not simply count up: since records were put aside, or
    /// since they are rows of a sheet.
    pub numbers: Vec<Option<Vec<u64>>>,
    /// The records that were put aside, in their order.
    pub rejected: Vec<Rejected>,
    /// The sheets that workbooks were read from, by file.
    pub sheets: Vec<Option<String>>,
}

impl Read {
    /// Nothing yet, of this schema.
    fn of(schema: TableSchema) -> Self {
        let (frames, numbers, rejected, sheets) = Default::default();
        Self { schema, inferred: false, frames, numbers, rejected, sheets }
    }

    /// With the rows of one file more.
    fn push(&mut self, frame: DataFrame, numbers: Option<Vec<u64>>, mut faults: Vec<RowFault>) {
        let file = self.frames.len();
        faults.sort_by_key(|fault| fault.number);
        self.rejected.extend(faults.into_iter().map(|RowFault { number, reason, column }| Rejected {
            file,
            record: number,
            reason,
            column,
        }));
        self.frames.push(frame);
        self.numbers.push(numbers);
    }
}

/// Reads files of one schema.
///
/// # Errors
/// When a file is not of its format, files differ in their columns, or a value is not of its declared type.
pub fn read(files: &[InputFile], options: &ReadOptions) -> Result<Read, FormatError> {
    options.check()?;
    let partitions = partition::names(files, options)?;
    let mut read = match partitions.is_empty() {
        true => read_files(files, options)?,
        false => {
            let read = read_files(files, &partition::within(options, &partitions)?)?;
            partition::add(read, files, options, &partitions)?
        }
    };
    if let Some(limit) = options.limit {
        let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
        for (frame, numbers) in read.frames.iter_mut().zip(&mut read.numbers) {
            *frame = frame.head(Some(left));
            if let Some(numbers) = numbers {
                numbers.truncate(frame.height());
            }
            left -= frame.height();
        }
    }
    Ok(read)
}

/// Rows that came from elsewhere, such as a database, as a file of rows would give them: of the declared columns and types; text becomes
/// values of a declared type as in CSV. `name` is what messages show.
///
/// # Errors
/// When a column is missing or of another type, or a value is not of its declared type.
pub fn conform(name: &str, frame: DataFrame, options: &ReadOptions) -> Result<Read, FormatError> {
    let frame =
        options.limit.map_or(frame.clone(), |limit| frame.head(Some(usize::try_from(limit).unwrap_or(usize::MAX))));
    columnar::conform(name, frame, options)
}

fn read_files(files: &[InputFile], options: &ReadOptions) -> Result<Read, FormatError> {
    match options.format {
        Format::Csv | Format::Tsv => csv::read(files, options),
        Format::Ndjson | Format::Json => json::read(files, options),
        Format::Excel => excel::read(files, options),
        Format::Parquet | Format::Ipc | Format::Avro => columnar::read(files, options),
    }
}

/// The text of records of a file, by their numbers from 1, ascending; of a row of a sheet a JSON list of its cells. Nothing of files
/// that are no text, nor of records that are not there.
///
/// # Errors
/// When the file cannot be taken apart at all.
pub fn raw_records(file: &InputFile, options: &ReadOptions, numbers: &[u64]) -> Result<Vec<RawRecord>, FormatError> {
    match options.format {
        _ if numbers.is_empty() => Ok(Vec::new()),
        Format::Csv | Format::Tsv => csv::raw_records(file, options, numbers),
        Format::Ndjson | Format::Json => json::raw_records(file, options, numbers),
        Format::Excel => excel::raw_records(file, options, numbers),
        Format::Parquet | Format::Ipc | Format::Avro => Ok(Vec::new()),
    }
}

/// One value of a type from its text, as CSV has it, in a column of length 1.
pub fn parse_value(text: &str, data_type: DataType) -> Option<Series> {
    let piece = StringChunked::from_slice(Default::default(), &[text]);
    infer::convert(vec![piece], data_type).ok().filter(|column| column.null_count() == 0)
}

/// The line, from 1, on which a record of a file begins, which is numbered from 0; only text has lines. The record of a workbook is a
/// row of the sheet.
pub fn line_of_row(file: &InputFile, options: &ReadOptions, row: usize) -> Option<u64> {
    match options.format {
        Format::Csv | Format::Tsv => csv::line_of_row(file, options, row),
        Format::Ndjson | Format::Json => json::line_of_row(file, options, row),
        Format::Excel => Some(row as u64 + 1),
        Format::Parquet | Format::Ipc | Format::Avro => None,
    }
}

#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod tests;
