//! Rows that could not be read, put aside: where they stand, why, and their text.
//!
//! The text is data, kept nowhere but in this table. It is not kept where rows of the dataset were erased, since what cannot be read cannot be
//! recognised as a row that was erased.

use crate::ingester::Sources;
use crate::places::Places;
use crate::{IngestError, Ingester};
use mlspec_record::body::Quarantined;
use mlspec_record::{Column, DataType, TableSchema};
use mlspec_store::Store;
use mlspec_table::format::raw_records;
use mlspec_table::polars::prelude::{self as pl, AnyValue, DataFrame, IntoColumn as _, NamedFrom as _, Series};
use mlspec_table::{ChunkOptions, Table, TableError};
use std::collections::BTreeMap;

/// How many rows an error names.
const EXAMPLES: usize = 5;

const TEXT: &str = "text";

/// A row that was put aside.
#[derive(Debug)]
pub(crate) struct Aside {
    /// The file, by its position; 0 for a query.
    pub(crate) file: usize,
    /// The number of its record.
    pub(crate) record: u64,
    pub(crate) reason: &'static str,
    pub(crate) column: Option<String>,
    /// Its text, where the file cannot tell it.
    pub(crate) text: Option<String>,
}

/// The columns of the table.
pub(crate) fn schema() -> TableSchema {
    let columns = [
        ("datastore", DataType::String),
        ("file", DataType::String),
        ("record", DataType::UInt64),
        ("line", DataType::UInt64),
        ("reason", DataType::String),
        ("column", DataType::String),
        (TEXT, DataType::String),
    ];
    let column = |(name, data_type): (&str, DataType)| Column { name: name.to_owned(), data_type };
    TableSchema::new(columns.into_iter().map(column).collect()).unwrap_or_default()
}

/// A row of a table as a JSON object of texts.
pub(crate) fn text_of(frame: &DataFrame, row: usize) -> String {
    let cell = |column: &pl::Column| match column.get(row) {
        Ok(AnyValue::Null) | Err(_) => serde_json::Value::Null,
        Ok(AnyValue::String(text)) => text.into(),
        Ok(AnyValue::StringOwned(text)) => text.as_str().into(),
        Ok(value) => value.to_string().into(),
    };
    let members = frame.columns().iter().map(|column| (column.name().to_string(), cell(column)));
    serde_json::Value::Object(members.collect()).to_string()
}

/// Whether so many rows may be put aside; `of` are all.
pub(crate) fn check(ingester: &Ingester, sources: &Sources, aside: &[Aside], of: u64) -> Result<(), IngestError> {
    let (count, max_share) = (aside.len() as u64, ingester.params.bad_rows.max_share);
    if count as f64 <= max_share * of as f64 {
        return Ok(());
    }
    let file = |file: usize| sources.files().get(file).map_or("the result", |source| source.located.path.as_str());
    let example = |row: &Aside| format!("row {} of {} ({})", row.record, file(row.file), row.reason);
    let examples = aside.iter().take(EXAMPLES).map(example).collect();
    Err(IngestError::TooManyBad { count, of, max_share, examples })
}

/// The table, with the rows' text if it is to be kept.
pub(crate) fn table(places: &Places<'_>, mut aside: Vec<Aside>, with_text: bool) -> Result<Table, IngestError> {
    aside.sort_by_key(|row| (row.file, row.record));
    let mut lines: Vec<Option<u64>> = vec![None; aside.len()];
    for (at, source) in places.sources.files().iter().enumerate() {
        let own: Vec<usize> =
            (0..aside.len()).filter(|row| aside.get(*row).is_some_and(|row| row.file == at)).collect();
        if own.is_empty() {
            continue;
        }
        let numbers: Vec<u64> = own.iter().filter_map(|row| aside.get(*row)).map(|row| row.record).collect();
        let raw = raw_records(&places.ingester.open(source)?, &places.ingester.options, &numbers)?;
        let mut raw = raw.into_iter().peekable();
        for row in own {
            let (Some(aside), Some(line)) = (aside.get_mut(row), lines.get_mut(row)) else { continue };
            if let Some(found) = raw.next_if(|found| found.record == aside.record) {
                (aside.text, *line) = (Some(found.text), Some(found.line));
            }
        }
    }
    let path = |row: &Aside| places.sources.files().get(row.file).map(|source| source.located.path.clone());
    let text = |row: &Aside| row.text.clone().filter(|_| with_text);
    let texts = |name: &str, value: &dyn Fn(&Aside) -> Option<String>| {
        Series::new(name.into(), aside.iter().map(value).collect::<Vec<_>>()).into_column()
    };
    let columns = vec![
        texts("datastore", &|_| Some(places.ingester.params.datastore.to_string())),
        texts("file", &path),
        Series::new("record".into(), aside.iter().map(|row| row.record).collect::<Vec<_>>()).into_column(),
        Series::new("line".into(), lines).into_column(),
        texts("reason", &|row| Some(row.reason.to_owned())),
        texts("column", &|row| row.column.clone()),
        texts(TEXT, &text),
    ];
    Ok(Table::number(DataFrame::new(aside.len(), columns).map_err(TableError::from)?, 0)?)
}

/// What the record says of the table, which is kept.
pub(crate) fn keep(store: &Store, table: &Table, chunk_rows: u64) -> Result<Quarantined, IngestError> {
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let column = table.column("reason")?.str().map_err(TableError::from)?;
    column.iter().flatten().for_each(|reason| *reasons.entry(reason.to_owned()).or_default() += 1);
    let artifact = table.write(store, &ChunkOptions { chunk_rows, ..ChunkOptions::default() })?;
    Ok(Quarantined { rows: table.len() as u64, reasons, table: artifact })
}

/// The table without the rows' text: what is left of it once rows of the dataset are erased.
pub(crate) fn without_text(store: &Store, quarantined: &Quarantined) -> Result<Quarantined, IngestError> {
    let table = Table::read(store, &quarantined.table.digest)?;
    let (ids, height) = (table.ids(), table.len());
    let mut frame = table.into_frame().drop(mlspec_table::ROW).map_err(TableError::from)?;
    let nulls = Series::full_null(TEXT.into(), height, &pl::DataType::String);
    frame.with_column(nulls.into_column()).map_err(TableError::from)?;
    let chunk_rows = ChunkOptions::default().chunk_rows;
    let table = Table::with_ids(frame, ids)?.write(store, &ChunkOptions { chunk_rows, ..ChunkOptions::default() })?;
    Ok(Quarantined { table, ..quarantined.clone() })
}
