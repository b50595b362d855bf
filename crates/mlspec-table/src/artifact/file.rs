//! A chunk as the bytes of a Parquet file: deterministic, no statistics, one row group.

use crate::TableError;
use polars::prelude::{
    DataFrame, ParallelStrategy, ParquetCompression, ParquetReader, ParquetWriter, SerReader as _, StatisticsOptions,
};
use std::io::Cursor;

/// The bytes of a frame.
pub(crate) fn encode(mut frame: DataFrame) -> Result<Vec<u8>, TableError> {
    let mut bytes = Vec::new();
    let statistics = StatisticsOptions {
        min_value: false,
        max_value: false,
        distinct_count: false,
        null_count: false,
        ..Default::default()
    };
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Lz4Raw)
        .with_statistics(statistics)
        .with_row_group_size(Some(usize::MAX))
        .set_parallel(false)
        .finish(&mut frame)?;
    Ok(bytes)
}

/// The frame of bytes, or some of its columns, in the order of the file.
pub(crate) fn decode(bytes: Vec<u8>, columns: Option<Vec<String>>) -> Result<DataFrame, TableError> {
    let reader = ParquetReader::new(Cursor::new(bytes)).with_columns(columns).read_parallel(ParallelStrategy::None);
    Ok(reader.set_rechunk(true).finish()?)
}
