//! Workbooks as programs write them (`tests/books`), good and bad.

use super::*;
use crate::format::{Format, raw_records, read as read_any};
use mlspec_record::Failure as _;
use polars::prelude::AnyValue;

const XLSX: &[u8] = include_bytes!("../../../tests/books/books.xlsx");
const XLS: &[u8] = include_bytes!("../../../tests/books/books.xls");
const ODS: &[u8] = include_bytes!("../../../tests/books/books.ods");

fn options(excel: &str) -> ReadOptions {
    ReadOptions { excel: serde_json::from_str(excel).unwrap(), ..ReadOptions::new(Format::Excel) }
}

fn declare(mut options: ReadOptions, columns: &[(&str, DataType)]) -> ReadOptions {
    let column = |(name, data_type): &(&str, DataType)| Column { name: (*name).to_owned(), data_type: *data_type };
    options.columns = Some(TableSchema::new(columns.iter().map(column).collect()).unwrap());
    options
}

fn book(bytes: &[u8], options: &ReadOptions) -> Result<Read, FormatError> {
    read_any(&[InputFile::new("books.xlsx", bytes)], options)
}

/// Columns with types, then rows.
fn shown(read: &Read) -> String {
    let frame = &read.frames[0];
    let head: Vec<String> = read.schema.columns().iter().map(|c| format!("{}:{}", c.name, c.data_type)).collect();
    let cell = |column: &polars::prelude::Column, row| match column.get(row).unwrap() {
        AnyValue::Null => "-".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        value => value.to_string(),
    };
    let rows = (0..frame.height()).map(|row| {
        let number = read.numbers[0].as_ref().map_or(row as u64 + 1, |numbers| numbers[row]);
        let cells: Vec<String> = frame.columns().iter().map(|column| cell(column, row)).collect();
        format!("{number}: {}", cells.join(", "))
    });
    std::iter::once(head.join(" ")).chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn three_kinds_of_workbooks_are_the_same_table() {
    let expect =
        "id:int64 näme \"x\".y:string paid:float64 day:date seen:datetime at:time score:float64 ok:boolean note:string
2: 1, Ada, 10.5, 2024-02-29, 2024-02-29 12:30:15, 08:15:00, 1.0, true, -
3: 2, Bob, -, 1999-12-31, 1999-12-31 00:00:00, 23:59:59, 2.5, false, -
4: 3, Čenda, -3.0, -, -, -, -, -, -";
    assert_eq!(shown(&book(XLSX, &options("{}")).unwrap()), expect);
    assert_eq!(shown(&book(XLS, &options("{}")).unwrap()), expect);
    // Times of day are lengths of time in OpenDocument.
    let ods = shown(&book(ODS, &options("{}")).unwrap());
    assert_eq!(
        ods,
        expect.replace("at:time", "at:duration").replace("08:15:00", "8h 15m").replace("23:59:59", "23h 59m 59s")
    );
}

#[test]
fn sheets_ranges_headers_and_what_is_wrong_with_them() {
    let check = |excel: &str, expect: Result<&str, (&str, Option<u64>, Option<&str>)>| {
        let found = book(XLSX, &options(excel));
        match (found, expect) {
            (Ok(read), Ok(expect)) => assert_eq!(shown(&read), expect, "{excel}"),
            (Err(error), Err((message, line, column))) => {
                assert_eq!(error.to_string(), message, "{excel}");
                let place = error.place();
                assert_eq!((place.line, place.table_column.as_deref()), (line, column), "{excel}");
                assert!(!format!("{error:?}{:?}", error.hint()).contains("SECRET"));
            }
            (found, _) => panic!("{excel}: {:?}", found.map(|read| shown(&read))),
        }
    };
    let moved = "k:int64 v:string\n4: 1, a\n5: 2, b\n7: 3, c";
    check(r#"{"sheet": "Moved", "range": "B3:C7"}"#, Ok(moved));
    check(r#"{"sheet": 2, "header_row": 3, "range": "B1:C7"}"#, Ok(moved));
    check(
        r#"{"sheet": "Moved", "range": "B4:C7", "header": false}"#,
        Ok("column_1:int64 column_2:string\n4: 1, a\n5: 2, b\n7: 3, c"),
    );
    check(r#"{"sheet": "Bare", "header": false}"#, Ok("column_1:int64 column_2:string\n1: 1, x\n2: 2, y"));
    check(r#"{"sheet": "Header"}"#, Ok("a:string b:string"));
    check(r#"{"sheet": "Nulls"}"#, Ok("a:int64 b:string\n2: 1, -\n3: 2, -"));
    check(r#"{"sheet": "Merged"}"#, Ok("a:string b:int64\n2: x, 1\n3: -, 2\n4: y, 3"));
    check(
        r##"{"sheet": "Errors", "null_values": ["#DIV/0!", "#N/A"]}"##,
        Ok("a:int64 b:int64\n2: 1, 2\n3: -, 3\n4: -, 4"),
    );
    check(
        r#"{"sheet": "Nope"}"#,
        Err((
            "the workbook has no sheet `Nope`; it has `People`, `Moved`, `Nothing`, `Header`, `Nulls`, `Errors`, `Formulas`, `Merged`, `Mixed`, `Twice`, `Unnamed`, `Bare`, `Wide`, `Long`",
            None,
            None,
        )),
    );
    assert!(
        book(XLSX, &options(r#"{"sheet": 99}"#))
            .unwrap_err()
            .to_string()
            .starts_with("the workbook has no sheet 99; it has")
    );
    check(r#"{"sheet": "Nothing"}"#, Err(("the sheet is empty where the names of the columns should be", None, None)));
    check(
        r#"{"sheet": "Nothing", "header": false}"#,
        Err(("the file is empty and no columns are declared", None, None)),
    );
    check(
        r#"{"sheet": "Moved", "header_row": 2}"#,
        Err(("the sheet is empty where the names of the columns should be", Some(2), None)),
    );
    check(r#"{"sheet": "Moved"}"#, Err(("the cell B1, which should name a column, is empty", None, None)));
    check(r#"{"sheet": "Unnamed"}"#, Err(("the cell B1, which should name a column, is empty", None, None)));
    check(r#"{"sheet": "Twice"}"#, Err(("the column `a` stands twice", Some(1), Some("a"))));
    check(r#"{"sheet": "Errors"}"#, Err(("the cell A3 holds an error instead of a value", Some(3), Some("a"))));
    check(r#"{"sheet": "Formulas"}"#, Err(("the formula in the cell B2 was never calculated", Some(2), Some("b"))));
    check(r#"{"sheet": "Mixed"}"#, Err(("the column mixes numbers and texts", Some(3), Some("a"))));
}

#[test]
fn declared_types_are_strict_and_texts_may_hold_all() {
    let mixed = options(r#"{"sheet": "Mixed"}"#);
    let text = declare(mixed.clone(), &[("a", DataType::String)]);
    assert_eq!(shown(&book(XLSX, &text).unwrap()), "a:string\n2: 7\n3: SECRET");
    let error = book(XLSX, &declare(mixed, &[("a", DataType::Int8)])).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.line), ("a value is not of type `int8`", Some(3)));
    let some =
        declare(options("{}"), &[("day", DataType::Datetime), ("id", DataType::UInt8), ("at", DataType::Duration)]);
    assert_eq!(
        shown(&book(XLSX, &some).unwrap()),
        "day:datetime id:u_int8 at:duration\n2: 2024-02-29 00:00:00, 1, 8h 15m\n3: 1999-12-31 00:00:00, 2, 23h 59m 59s\n4: -, 3, -"
    );
    let missing = book(XLSX, &declare(options("{}"), &[("nope", DataType::Date)])).unwrap_err();
    assert_eq!(missing.to_string(), "the file has no column `nope`");
    let named =
        declare(options(r#"{"sheet": "Bare", "header": false}"#), &[("n", DataType::Int32), ("t", DataType::String)]);
    assert_eq!(shown(&book(XLSX, &named).unwrap()), "n:int32 t:string\n1: 1, x\n2: 2, y");
    let limited = ReadOptions { limit: Some(1), ..options("{}") };
    assert_eq!(book(XLSX, &limited).unwrap().frames[0].height(), 1);
}

#[test]
fn wide_and_long_sheets() {
    let wide = book(XLSX, &options(r#"{"sheet": "Wide"}"#)).unwrap();
    assert_eq!((wide.schema.columns().len(), wide.frames[0].height()), (5_000, 1));
    assert_eq!(wide.frames[0].column("c4999").unwrap().get(0).unwrap(), AnyValue::Int64(4_999));
    let long = book(XLSX, &options(r#"{"sheet": "Long"}"#)).unwrap();
    assert_eq!(long.frames[0].column("t").unwrap().str().unwrap().get(0).map(str::len), Some(32_767));
}

#[test]
fn bad_rows_can_be_put_aside() {
    let lenient = |excel: &str| ReadOptions { lenient: true, ..options(excel) };
    let read = book(XLSX, &lenient(r#"{"sheet": "Errors"}"#)).unwrap();
    assert_eq!(shown(&read), "a:int64 b:int64\n2: 1, 2");
    let found: Vec<_> = read.rejected.iter().map(|bad| (bad.record, bad.reason, bad.column.as_deref())).collect();
    assert_eq!(found, [(3, "cell", Some("a")), (4, "cell", Some("a"))]);
    let typed = declare(lenient(r#"{"sheet": "Mixed"}"#), &[("a", DataType::Int64), ("b", DataType::String)]);
    let read = book(XLSX, &typed).unwrap();
    assert_eq!(shown(&read), "a:int64 b:string\n2: 7, x");
    assert_eq!((read.rejected[0].record, read.rejected[0].reason), (3, "type"));
    let raw = raw_records(&InputFile::new("books.xlsx", XLSX), &typed, &[3]).unwrap();
    assert_eq!((raw[0].line, raw[0].text.as_str()), (3, r#"["SECRET","y"]"#));
}

#[test]
fn damaged_workbooks_are_errors() {
    for bytes in [XLSX, XLS, ODS] {
        let lengths = (0..bytes.len()).step_by(bytes.len() / 23).chain([bytes.len() - 1]);
        for length in lengths {
            let _ = book(&bytes[..length], &options("{}")).map_err(|error| {
                assert!(!error.to_string().is_empty() && error.exit_code() == mlspec_record::ExitCode::Data);
            });
        }
        for at in (0..bytes.len()).step_by(bytes.len() / 61) {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 0x55;
            let (one, other) = (book(&flipped, &options("{}")), book(&flipped, &options("{}")));
            let shown =
                |read: Result<Read, FormatError>| read.map_or_else(|error| error.to_string(), |read| shown(&read));
            assert_eq!(shown(one), shown(other), "the same every time");
        }
    }
    for bytes in [&b""[..], b"a,b\n1,2\n", b"PK", b"PK\x03\x04nonsense", &[0; 512]] {
        assert_eq!(book(bytes, &options("{}")).unwrap_err().to_string(), "the file is no workbook file, or damaged");
    }
}
