//! SQLite: opened for reading only. A value's type is that of the value, as in SQLite itself, not that which its column was declared with.
//!
//! | all values of a column are | the type |
//! | --- | --- |
//! | integers | int64 |
//! | integers up to 2^53, and reals | float64 |
//! | texts, or nothing | string |
//! | blobs | binary |

use super::Query;
use super::column::{Builder, Columns};
use super::error::Problem;
use mlspec_record::DataType;
use mlspec_table::polars::prelude::ChunkedBuilder as _;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Integers up to here are exact as doubles.
const EXACT: u64 = 1 << 53;

/// Whether the query can be asked.
pub(super) fn describe(path: &Path, text: &str) -> Result<(), Problem> {
    let connection = open(path)?;
    prepare(&connection, text).map(drop)
}

pub(super) fn fetch(path: &Path, query: &Query<'_>, limit: usize) -> Result<Columns, Problem> {
    let connection = open(path)?;
    let clock = Clock::start(&connection, query.timeout_seconds);
    let read = read(&connection, query.text, limit);
    match read {
        Err(_) if clock.ran_out() => Err(Problem::Timeout(query.timeout_seconds)),
        read => read,
    }
}

fn open(path: &Path) -> Result<Connection, Problem> {
    if is_cut_off(path) {
        return Err(Problem::NoDatabase);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(&error))?;
    // Reading the schema tells whether it is a database at all.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(|error| failed(&error))?;
    Ok(connection)
}

/// Whether a database's file is shorter than it says: SQLite would read what is missing as nulls.
fn is_cut_off(path: &Path) -> bool {
    use std::io::Read as _;
    let mut header = [0; 100];
    let Ok(mut file) = std::fs::File::open(path) else { return false };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    if file.read_exact(&mut header).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return false;
    }
    let word = |at: usize| {
        header.get(at..at + 4).map_or(0, |word| word.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
    };
    let page = match u64::from(header[16]) << 8 | u64::from(header[17]) {
        1 => 65_536,
        size => size,
    };
    // The number of pages counts only if it was written by the last change.
    word(24) == word(92) && length < page * word(28)
}

fn prepare<'a>(connection: &'a Connection, text: &str) -> Result<Statement<'a>, Problem> {
    let statement = connection.prepare(text).map_err(|error| refused(&error))?;
    match statement.column_count() {
        _ if !statement.readonly() => Err(Problem::Writes),
        0 => Err(Problem::NoRows),
        _ => Ok(statement),
    }
}

fn read(connection: &Connection, text: &str, limit: usize) -> Result<Columns, Problem> {
    let mut statement = prepare(connection, text)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut builders: Vec<Builder> = names.iter().map(|_| Builder::Null(0)).collect();
    let mut rows = statement.query([]).map_err(|error| failed(&error))?;
    let mut count = 0;
    while count < limit
        && let Some(row) = rows.next().map_err(|error| failed(&error))?
    {
        for (at, builder) in builders.iter_mut().enumerate() {
            let name = names.get(at).map_or("", String::as_str);
            append(builder, row.get_ref(at).map_err(|error| failed(&error))?, name)?;
        }
        count += 1;
    }
    Ok(Columns { names, builders, rows: count })
}

/// Appends a value to a column, whose kind it decides if it is the first one.
fn append(builder: &mut Builder, value: ValueRef<'_>, column: &str) -> Result<(), Problem> {
    let beyond = |what| Problem::Beyond { column: column.to_owned(), what };
    if let (Builder::Null(count), false) = (&*builder, matches!(value, ValueRef::Null)) {
        let data_type = match value {
            ValueRef::Integer(_) => DataType::Int64,
            ValueRef::Real(_) => DataType::Float64,
            ValueRef::Blob(_) => DataType::Binary,
            _ => DataType::String,
        };
        *builder = Builder::nulls(data_type, *count);
    }
    if matches!(value, ValueRef::Real(_)) {
        builder.widen(|integer| exact(integer, column))?;
    }
    match (&mut *builder, value) {
        (builder, ValueRef::Null) => builder.null(),
        (Builder::Int64(builder, _), ValueRef::Integer(value)) => builder.append_value(value),
        (Builder::Float64(builder), ValueRef::Real(value)) => builder.append_value(value),
        (Builder::Float64(builder), ValueRef::Integer(value)) => builder.append_value(exact(value, column)?),
        (Builder::Text(builder), ValueRef::Text(value)) => {
            builder.append_value(std::str::from_utf8(value).map_err(|_| beyond("a text that is not UTF-8"))?);
        }
        (Builder::Bytes(builder), ValueRef::Blob(value)) => builder.append_value(value),
        (builder, value) => {
            let other = match value {
                ValueRef::Integer(_) => "integers",
                ValueRef::Real(_) => "numbers",
                ValueRef::Blob(_) => "bytes",
                _ => "texts",
            };
            return Err(Problem::Mixed { column: column.to_owned(), one: builder.kind(), other });
        }
    }
    Ok(())
}

fn exact(value: i64, column: &str) -> Result<f64, Problem> {
    match value.unsigned_abs() <= EXACT {
        true => Ok(value as f64),
        false => Err(Problem::Beyond { column: column.to_owned(), what: "an integer beyond 2^53 among reals" }),
    }
}

/// Why a query was refused: what SQLite says quotes the query alone.
fn refused(error: &rusqlite::Error) -> Problem {
    match error {
        rusqlite::Error::MultipleStatement => Problem::Several,
        rusqlite::Error::SqlInputError { msg, .. } => Problem::Query(msg.clone()),
        rusqlite::Error::SqliteFailure(code, Some(message)) if code.code == ErrorCode::Unknown => {
            Problem::Query(message.clone())
        }
        error => failed(error),
    }
}

/// Why the database or the query failed. What SQLite says may quote values, so only its code is told.
fn failed(error: &rusqlite::Error) -> Problem {
    let Some(code) = error.sqlite_error() else { return Problem::Failed("SQLite gave no reason".to_owned()) };
    match code.code {
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Problem::NoDatabase,
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            Problem::Unreachable("the file cannot be opened".to_owned())
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Problem::Unreachable("another program has locked it".to_owned())
        }
        ErrorCode::ReadOnly => Problem::Writes,
        ErrorCode::Unknown | ErrorCode::TypeMismatch | ErrorCode::TooBig => {
            Problem::Value(format!("SQLite code {}", code.extended_code))
        }
        _ => Problem::Failed(format!("SQLite code {}", code.extended_code)),
    }
}

/// Ends a query that takes too long.
struct Clock {
    ran_out: Arc<AtomicBool>,
    /// Dropped with the clock, which ends its thread.
    _running: mpsc::Sender<()>,
}

impl Clock {
    fn start(connection: &Connection, seconds: u64) -> Self {
        let (handle, ran_out) = (connection.get_interrupt_handle(), Arc::new(AtomicBool::new(false)));
        let (running, ended) = mpsc::channel::<()>();
        let told = ran_out.clone();
        std::thread::spawn(move || {
            if ended.recv_timeout(Duration::from_secs(seconds)) == Err(mpsc::RecvTimeoutError::Timeout) {
                told.store(true, Ordering::SeqCst);
                handle.interrupt();
            }
        });
        Self { ran_out, _running: running }
    }

    fn ran_out(&self) -> bool {
        self.ran_out.load(Ordering::SeqCst)
    }
}
