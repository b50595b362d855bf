//! A frame with row ids.

use crate::{ROW, TableError, empty_frame, frame_schema, normalize};
use mlspec_record::TableSchema;
use polars::prelude::{Column, DataFrame, IntoColumn as _, NamedFrom as _, Series, SortMultipleOptions, UInt64Chunked};

/// Rows with ids: a frame whose first column `_row` ascends without repeating, and columns of the types that tables hold.
#[derive(Clone, Debug)]
pub struct Table {
    frame: DataFrame,
    schema: TableSchema,
}

impl Table {
    /// Takes a frame that has a column `_row`; sorts it by that column and brings other columns to the types that tables
    /// hold (see [`normalize`]).
    ///
    /// # Errors
    /// When the ids are missing or repeat, a type is not supported, or a name is reserved.
    pub fn new(frame: DataFrame) -> Result<Self, TableError> {
        let frame = normalize(rows_first(frame)?)?;
        let schema = frame_schema(&frame)?;
        let frame = match first_disorder(ids_of(&frame)?) {
            None => frame,
            Some(_) => {
                let sorted = frame.sort([ROW], SortMultipleOptions::default())?;
                match first_disorder(ids_of(&sorted)?) {
                    None => sorted,
                    Some(id) => return Err(TableError::Twice(id)),
                }
            }
        };
        Ok(Self { frame, schema })
    }

    /// Gives the rows of a frame the ids `first`, `first + 1`, …
    ///
    /// # Errors
    /// When the ids do not fit into 64 bits, a type is not supported, or a name is reserved.
    pub fn number(frame: DataFrame, first: u64) -> Result<Self, TableError> {
        let rows = frame.height() as u64;
        let end = first.checked_add(rows).ok_or(TableError::Overflow { first, rows })?;
        Self::with_ids(frame, (first..end).collect())
    }

    /// Gives the rows of a frame these ids, in this order.
    ///
    /// # Errors
    /// When there are not as many ids as rows, ids repeat, a type is not supported, or a name is reserved.
    pub fn with_ids(frame: DataFrame, ids: Vec<u64>) -> Result<Self, TableError> {
        if let Some(column) = frame.columns().iter().find(|column| column.name() == ROW) {
            return Err(mlspec_record::TableSchemaError::Reserved(column.name().to_string()).into());
        }
        let height = frame.height();
        let mut columns = vec![Series::new(ROW.into(), ids).into_column()];
        columns.extend(frame.into_columns());
        Self::new(DataFrame::new(height, columns)?)
    }

    /// A table of these columns without rows.
    pub fn empty(schema: &TableSchema) -> Self {
        Self { frame: empty_frame(schema), schema: schema.clone() }
    }

    /// The columns, without the ids.
    pub fn schema(&self) -> &TableSchema {
        &self.schema
    }

    /// The frame, ids first.
    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// The frame, ids first.
    pub fn into_frame(self) -> DataFrame {
        self.frame
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids, ascending.
    pub fn ids(&self) -> Vec<u64> {
        let ids = ids_of(&self.frame).into_iter();
        ids.flat_map(|column| column.downcast_iter().flat_map(|array| array.values_iter().copied())).collect()
    }

    /// The table with these columns only, in this order.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn select(&self, columns: &[&str]) -> Result<Self, TableError> {
        let schema = crate::artifact::selected(&self.schema, columns)?;
        let frame = self.frame.select(std::iter::once(ROW).chain(columns.iter().copied()))?;
        Ok(Self { frame, schema })
    }

    /// `length` rows from position `start` on, as far as there are so many.
    pub fn slice(&self, start: usize, length: usize) -> Self {
        Self { frame: self.frame.slice(start as i64, length), schema: self.schema.clone() }
    }

    /// A column by name.
    ///
    /// # Errors
    /// When there is none.
    pub fn column(&self, name: &str) -> Result<&Column, TableError> {
        self.frame.columns().iter().find(|column| column.name() == name).ok_or_else(|| TableError::Column {
            column: name.to_owned(),
            known: self.schema.names().map(str::to_owned).collect(),
        })
    }
}

/// The column of ids.
pub(crate) fn ids_of(frame: &DataFrame) -> Result<&UInt64Chunked, TableError> {
    let column = frame.columns().first().filter(|column| column.name() == ROW).ok_or(TableError::NoIds)?;
    let ids = column.as_materialized_series().u64().map_err(|_| TableError::NoIds)?;
    if ids.null_count() == 0 { Ok(ids) } else { Err(TableError::NoIds) }
}

fn rows_first(frame: DataFrame) -> Result<DataFrame, TableError> {
    match frame.get_column_index(ROW) {
        Some(0) => Ok(frame),
        None => Err(TableError::NoIds),
        Some(at) => {
            let height = frame.height();
            let mut columns = frame.into_columns();
            columns[..=at].rotate_right(1);
            Ok(DataFrame::new(height, columns)?)
        }
    }
}

/// The first id that is not above the one before it.
fn first_disorder(ids: &UInt64Chunked) -> Option<u64> {
    let mut before = None;
    for values in ids.downcast_iter().map(|array| array.values().as_slice()) {
        let (Some(first), Some(last)) = (values.first(), values.last()) else { continue };
        if before.is_some_and(|before| before >= *first) {
            return Some(*first);
        }
        if let Some(pair) = values.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Some(pair[1]);
        }
        before = Some(*last);
    }
    None
}
