//! A chunk as the bytes of a Parquet file: deterministic, no statistics, one row group.

use crate::TableError;
use polars::prelude::{
    Column, DataFrame, IntoColumn as _, ParallelStrategy, ParquetCompression, ParquetReader, ParquetWriter,
    SerReader as _, StatisticsOptions,
};
use std::io::Cursor;

/// The bytes of a frame: a function of its values, whatever buffers they lie in.
pub(crate) fn encode(frame: DataFrame) -> Result<Vec<u8>, TableError> {
    let mut frame = frame;
    frame.rechunk_mut();
    let height = frame.height();
    let mut frame = DataFrame::new(height, frame.into_columns().into_iter().map(without_idle_mask).collect())?;
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
        // Where pages end would depend on the size of buffers: one page a column, as far as the format allows.
        .with_data_page_size(Some(usize::MAX))
        .set_parallel(false)
        .finish(&mut frame)?;
    Ok(bytes)
}

/// A column may carry a mask of nulls although it has none, which would show in the bytes.
fn without_idle_mask(column: Column) -> Column {
    if column.null_count() > 0 {
        return column;
    }
    column.as_materialized_series().with_validity(None).into_column()
}

/// The frame of bytes, or some of its columns, in the order of the file.
pub(crate) fn decode(bytes: Vec<u8>, columns: Option<Vec<String>>) -> Result<DataFrame, TableError> {
    let reader = ParquetReader::new(Cursor::new(bytes)).with_columns(columns).read_parallel(ParallelStrategy::None);
    Ok(reader.set_rechunk(true).finish()?)
}
