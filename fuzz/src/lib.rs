//! What each fuzz target does with some bytes. No bytes may make it panic, hang, or take memory without bounds; whatever is refused is
//! refused with a short message. The workspace's tests run the same functions over the seeds and over mutations of them.

use mlspec_provenance::{Expression, Plan, query_tables};
use mlspec_record::Record;
use mlspec_runner::{LoadOptions, Pipeline};
use mlspec_schema::{CheckOptions, Checker};
use mlspec_table::Table;
use mlspec_table::format::{Format, InputFile, ReadOptions, read};
use mlspec_table::polars::prelude::*;
use std::collections::BTreeMap;

/// A cell that no message may show.
const SECRET: &str = "s3cr3t";

/// Longer inputs find nothing new, and take long.
const LONGEST: usize = 4_096;

fn text(data: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(data).ok()?;
    (text.len() <= LONGEST).then(|| text.to_owned())
}

fn check_message(error: &dyn std::fmt::Display) {
    let message = error.to_string();
    assert!(message.len() < 4 * LONGEST, "a message of {} bytes", message.len());
}

fn rows() -> Table {
    let frame = df!(
        "i" => [Some(7_i64), Some(-7), None],
        "x" => [Some(2.5), Some(f64::NAN), None],
        "s" => [Some(SECRET), Some("äÖß."), None],
        "p" => [Some(true), Some(false), None],
        "u" => [Some(3_u32), Some(0), None],
        "j" => [Some("{\"a\": [1]}"), Some("{"), None]
    );
    let days = Series::new("d".into(), [Some(19_023_i32), Some(-1), None]).cast(&DataType::Date);
    let moments = Series::new("m".into(), [Some(1_643_623_872_500_000_i64), Some(-1), None]);
    let moments = moments.cast(&DataType::Datetime(TimeUnit::Microseconds, None));
    let mut frame = frame.expect("the columns are of one length");
    for column in [days, moments] {
        frame
            .with_column(column.expect("a number can be a date").into_column())
            .expect("the columns are of one length");
    }
    Table::number(frame, 0).expect("the columns have types that tables hold")
}

/// Reads an expression, and computes it on three rows.
pub fn expression(data: &[u8]) {
    let Some(sql) = text(data) else { return };
    match Expression::new(sql.as_str()) {
        Err(error) => check_message(&error),
        Ok(expression) => {
            assert!(
                expression
                    .columns()
                    .iter()
                    .all(|column| sql.contains(column.as_str()) || sql.contains(['"', '`', '&', '\\']))
            );
            let plan = Plan::scan("t").derive([("made", sql.as_str())]).expect("it was read before");
            if let Err(error) = plan.run(&BTreeMap::from([("t".to_owned(), rows())])) {
                check_message(&error);
                assert!(sql.contains(SECRET) || !error.to_string().contains(SECRET), "{error}");
            }
        }
    }
}

/// Reads a query, makes operators of it, and runs them on two small tables.
pub fn select(data: &[u8]) {
    let Some(sql) = text(data) else { return };
    match query_tables(&sql) {
        Err(error) => check_message(&error),
        Ok(names) => {
            let tables: BTreeMap<_, _> = names.iter().map(|name| (name.clone(), rows())).collect();
            let plans = names.iter().map(|name| (name.clone(), Plan::scan(name))).collect();
            let made = Plan::sql(&sql, &plans).and_then(|plan| plan.run(&tables));
            match made {
                Err(error) => {
                    check_message(&error);
                    assert!(sql.contains(SECRET) || !error.to_string().contains(SECRET), "{error}");
                }
                Ok(tracked) => {
                    let table = tracked.table().expect("a result is a table");
                    assert_eq!(table.schema().columns().len(), tracked.columns().len());
                }
            }
        }
    }
}

/// Checks a pipeline file by its schema, and loads it.
pub fn pipeline_file(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let checker =
            Checker::new(CheckOptions { schema: Some("pipeline-file".to_owned()), ..CheckOptions::default() });
        if let Ok(checker) = checker {
            checker.check_text("pipeline.yaml", text);
        }
    }
    let folder = tempfile::tempdir().expect("there is room for a file");
    let path = folder.path().join("pipeline.yaml");
    std::fs::write(&path, data).expect("there is room for a file");
    if let Err(error) = Pipeline::load(&path, &LoadOptions::default()) {
        assert!(error.to_string().len() < 100 * LONGEST);
    }
}

/// Checks a document by the schema that it names, and reads it as a record.
pub fn record(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(checker) = Checker::new(CheckOptions::default()) {
        checker.check_text("record.json", &text);
    }
    if let Ok(document) = serde_json::from_str::<serde_json::Value>(&text)
        && let Ok(record) = Record::from_value(document)
    {
        let _ = (record.kind(), record.id());
    }
}

/// Reads a file of rows: CSV, TSV or newline-delimited JSON, by its first byte.
pub fn csv(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    if rest.len() > LONGEST {
        return;
    }
    let format = match first {
        b't' => Format::Tsv,
        b'j' => Format::Ndjson,
        _ => Format::Csv,
    };
    match read(&[InputFile::new("rows", rest)], &ReadOptions::new(format)) {
        Err(error) => check_message(&error),
        Ok(found) => {
            for frame in found.frames {
                assert_eq!(frame.width(), found.schema.columns().len());
                Table::number(frame, 0).expect("what was read is a table");
            }
        }
    }
}
