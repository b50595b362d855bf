//! Between frames and schemas.

use crate::{ROW, TableError, from_polars, to_polars};
use mlspec_record::{Column, TableSchema};
use polars::prelude::{self as pl, DataFrame};

/// The columns of a frame without the row ids.
///
/// # Errors
/// When a column has a type that tables do not hold, or a name that columns cannot have.
pub fn frame_schema(frame: &DataFrame) -> Result<TableSchema, TableError> {
    let columns = frame.columns().iter().filter(|column| column.name() != ROW).map(|column| {
        let name = column.name().to_string();
        match from_polars(column.dtype()) {
            Some(data_type) => Ok(Column { name, data_type }),
            None => Err(TableError::Type { column: name, found: column.dtype().to_string() }),
        }
    });
    Ok(TableSchema::new(columns.collect::<Result<_, _>>()?)?)
}

/// A frame of these columns, row ids first, without rows.
pub fn empty_frame(schema: &TableSchema) -> DataFrame {
    DataFrame::empty_with_schema(&polars_schema(schema))
}

/// The polars schema with the row ids first.
pub(crate) fn polars_schema(schema: &TableSchema) -> pl::Schema {
    let row = (pl::PlSmallStr::from_static(ROW), pl::DataType::UInt64);
    let columns = schema.columns().iter().map(|column| (column.name.as_str().into(), to_polars(column.data_type)));
    std::iter::once(row).chain(columns).collect()
}
