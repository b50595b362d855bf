//! The rows of a query: fetched in batches from a database that is only read, and put into an order that does not depend on it.
//!
//! Rows are ordered by the key, or where there is none by their whole content. So the ids of the first version don't depend on the order
//! in which a database gives rows, which may differ from one time to the next, and an `ORDER BY` is not needed.

mod column;
mod error;
mod numeric;
mod postgres;
mod sqlite;

use crate::IngestError;
use column::Columns;
pub use error::QueryError;
use mlspec_record::{DataType, Digest, Hasher, Name, TableSchema};
use mlspec_stage::Site;
use mlspec_stage::datastore::Datastore;
use mlspec_table::polars::prelude::{
    self as pl, Column, DataFrame, IntoColumn as _, NamedFrom as _, Series, SortMultipleOptions,
};
use mlspec_table::{Equality, TableError, frame_schema, row_bytes, row_hashes};

/// How many rows are fetched at a time.
const BATCH: usize = 8_192;

/// How many rows are digested at a time.
const BLOCK: usize = 8_192;

/// A query, and where it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    pub(crate) datastore: &'a Name,
    pub(crate) text: &'a str,
    /// The columns that name a row.
    pub(crate) key: &'a [String],
    /// After how long the database is to give up.
    pub(crate) timeout_seconds: u64,
}

/// The rows of a query, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    pub(crate) frame: DataFrame,
    /// The SHA-256 of columns and values.
    pub(crate) digest: Digest,
    /// `sqlite` or `postgres`.
    pub(crate) system: &'static str,
}

/// A place that an error names.
fn place(query: &Query<'_>, problem: error::Problem) -> IngestError {
    QueryError { datastore: query.datastore.clone(), problem }.into()
}

/// The columns of the result, as far as the database tells them without fetching rows. A database that is not there is an error.
pub(crate) fn describe(site: &Site, query: Query<'_>) -> Result<Option<TableSchema>, IngestError> {
    match site.datastore(query.datastore)? {
        Datastore::Sqlite(path) => {
            sqlite::describe(path, query.text).map(|()| None).map_err(|problem| place(&query, problem))
        }
        Datastore::Postgres(server) => {
            let schema = postgres::describe(server, &query).map_err(|problem| place(&query, problem))?;
            Ok(Some(TableSchema::new(schema)?))
        }
        other => Err(not_a_database(query.datastore, other)),
    }
}

/// All rows, or the first ones that the database gives.
pub(crate) fn fetch(site: &Site, query: Query<'_>, limit: Option<u64>) -> Result<Fetched, IngestError> {
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let datastore = site.datastore(query.datastore)?;
    let columns: Result<Columns, error::Problem> = match datastore {
        Datastore::Sqlite(path) => sqlite::fetch(path, &query, limit),
        Datastore::Postgres(server) => postgres::fetch(server, &query, limit),
        other => return Err(not_a_database(query.datastore, other)),
    };
    let frame = columns.and_then(Columns::finish).map_err(|problem| place(&query, problem))?;
    let name = |column: &Column| mlspec_record::Column { name: column.name().to_string(), data_type: DataType::String };
    TableSchema::new(frame.columns().iter().map(name).collect())?;
    let frame = ordered(frame, query.key)?;
    Ok(Fetched { digest: digest(&frame)?, frame, system: datastore.kind() })
}

fn not_a_database(name: &Name, found: &Datastore) -> IngestError {
    mlspec_stage::SiteError::Kind { name: name.clone(), found: found.kind(), expected: "sqlite or postgres" }.into()
}

/// By the key, then by the other columns; lists, which have no order, by a hash of the content. Equal rows cannot be told apart.
fn ordered(frame: DataFrame, key: &[String]) -> Result<DataFrame, IngestError> {
    const HASH: [&str; 2] = ["\u{0}upper", "\u{0}lower"];
    let schema = frame_schema(&frame)?;
    let all: Vec<&str> = schema.names().collect();
    let sorted = |name: &&str| frame.column(name).is_ok_and(|column| !matches!(column.dtype(), pl::DataType::List(_)));
    let others = all.iter().copied().filter(|name| !key.iter().any(|key| key == name));
    let key = key.iter().map(String::as_str).filter(|name| all.contains(name));
    let by: Vec<&str> = key.chain(others).filter(sorted).collect();
    let hashes = row_hashes(&frame, &all, Equality::Value)?;
    let half = |name: &str, shift: u32| -> Column {
        Series::new(name.into(), hashes.iter().map(|hash| (hash >> shift) as u64).collect::<Vec<_>>()).into_column()
    };
    let height = frame.height();
    let mut columns = frame.into_columns();
    columns.extend([half(HASH[0], 64), half(HASH[1], 0)]);
    let frame = DataFrame::new(height, columns).map_err(TableError::from)?;
    let by: Vec<&str> = by.into_iter().chain(HASH).collect();
    let sorted = frame.sort(by, SortMultipleOptions::default().with_nulls_last(true)).map_err(TableError::from)?;
    Ok(sorted.select(all).map_err(TableError::from)?)
}

fn digest(frame: &DataFrame) -> Result<Digest, IngestError> {
    let schema = frame_schema(frame)?;
    let names: Vec<&str> = schema.names().collect();
    let mut hasher = Hasher::new();
    for column in schema.columns() {
        hasher.update(format!("{}\0{}\0", column.name, column.data_type).as_bytes());
    }
    for start in (0..frame.height()).step_by(BLOCK) {
        let rows = row_bytes(&frame.slice(start as i64, BLOCK), &names, Equality::Value)?;
        rows.iter().for_each(|row| hasher.update(row));
    }
    Ok(hasher.finish())
}
