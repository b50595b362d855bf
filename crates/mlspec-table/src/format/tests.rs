//! Files as users have them, good and bad.

use super::*;
use mlspec_record::{Column, DataType, Failure as _};
use polars::prelude::*;

pub(super) type Types<'a> = &'a [(&'a str, DataType)];

pub(super) fn schema(columns: Types<'_>) -> TableSchema {
    let column = |(name, data_type): &(&str, DataType)| Column { name: (*name).to_owned(), data_type: *data_type };
    TableSchema::new(columns.iter().map(column).collect()).unwrap()
}

pub(super) fn csv(text: &[u8], change: impl Fn(&mut ReadOptions)) -> Result<Read, FormatError> {
    let mut options = ReadOptions::new(Format::Csv);
    change(&mut options);
    read(&[InputFile::new("a.csv", text)], &options)
}

pub(super) fn types(read: &Read) -> Vec<(&str, DataType)> {
    read.schema.columns().iter().map(|column| (column.name.as_str(), column.data_type)).collect()
}

pub(super) fn one(read: Read) -> DataFrame {
    read.frames.into_iter().next().unwrap()
}

#[test]
fn types_are_inferred_from_all_values() {
    let text = b"i,f,b,d,m,z,s,p,n\n1,1,true,2024-01-01,2024-01-01,2024-01-01T00:00Z,x,007,\n-2,.5,FALSE,2024-02-29,2024-01-01 10:00,2024-01-01 10:00:00+02:00,1,12,\n";
    let read = csv(text, |_| {}).unwrap();
    let expect = [
        ("i", DataType::Int64),
        ("f", DataType::Float64),
        ("b", DataType::Boolean),
        ("d", DataType::Date),
        ("m", DataType::Datetime),
        ("z", DataType::DatetimeUtc),
        ("s", DataType::String),
        ("p", DataType::String),
        ("n", DataType::String),
    ];
    assert_eq!(types(&read), expect);
    let frame = one(read);
    assert_eq!(frame.column("f").unwrap().f64().unwrap().to_vec(), [Some(1.0), Some(0.5)]);
    assert_eq!(frame.column("n").unwrap().null_count(), 2);
    let late = csv(b"a\n1\n2\n9223372036854775808\n", |_| {}).unwrap();
    assert_eq!(types(&late), [("a", DataType::String)], "an integer beyond 64 bits keeps its digits");
}

#[test]
fn quotes_nulls_and_line_ends() {
    let text = "\u{feff}a,b\r\n\"x, \"\"y\"\"\nz\",\r\n\"\",NA\r\n\r\nü,\"NA\"".as_bytes();
    let frame = one(csv(text, |options| options.csv.null_values = vec!["NA".to_owned()]).unwrap());
    let column = |name: &str| -> Vec<Option<String>> {
        frame.column(name).unwrap().str().unwrap().iter().map(|value| value.map(str::to_owned)).collect()
    };
    assert_eq!(column("a"), [Some("x, \"y\"\nz".to_owned()), Some(String::new()), Some("ü".to_owned())]);
    assert_eq!(column("b"), [None, None, None]);
    let plain = one(csv(b"a,b\n5\" disk,\"x\n", |options| options.csv.quote = None).unwrap());
    assert_eq!(plain.column("a").unwrap().str().unwrap().get(0), Some("5\" disk"));
    let single = one(csv(b"a\n1\n\n3\n", |_| {}).unwrap());
    assert_eq!(single.column("a").unwrap().i64().unwrap().to_vec(), [Some(1), None, Some(3)]);
}

#[test]
fn declared_columns_choose_and_name() {
    let declared = schema(&[("c", DataType::Float32), ("a", DataType::String)]);
    let read = csv(b"a,b,c\n007,x,1\n", |options| options.columns = Some(declared.clone())).unwrap();
    assert_eq!(types(&read), [("c", DataType::Float32), ("a", DataType::String)]);
    assert!(!read.inferred);
    assert_eq!(one(read).column("a").unwrap().str().unwrap().get(0), Some("007"));
    let bare = csv(b"1,2\n", |options| {
        options.csv.header = false;
        options.columns = Some(declared.clone());
    });
    assert_eq!(one(bare.unwrap()).get_column_names(), ["c", "a"]);
    for empty in [&b""[..], b"a,b,c\n"] {
        let read = csv(empty, |options| options.columns = Some(declared.clone())).unwrap();
        assert_eq!((types(&read).len(), one(read).height()), (2, 0));
    }
    let named = csv(b"1,x\n", |options| options.csv.header = false).unwrap();
    assert_eq!(types(&named), [("column_1", DataType::Int64), ("column_2", DataType::String)]);
}

/// What is declared, the text, and line, column and message of the error.
type Bad<'a> = (Types<'a>, &'a [u8], Option<u64>, Option<&'a str>, &'a str);

#[test]
fn bad_csv_says_where_and_never_what() {
    const I: DataType = DataType::Int64;
    let ab: Types<'_> = &[("a", I), ("b", I)];
    let cases: &[Bad<'_>] = &[
        (&[], b"a,b\n1,2\n3\n", Some(3), None, "the line has 1 fields, expected 2"),
        (&[], b"a,b\n1,2,SECRET\n3,4\n", Some(2), None, "the line has 3 fields, expected 2"),
        (&[], b"a,b\n\n\n\"1\n\n\",2\n3\n", Some(7), None, "the line has 1 fields, expected 2"),
        (&[], b"a,b\n1,SEC\xffRET\n", Some(2), Some("b"), "the text is not UTF-8"),
        (&[], b"a,b\n\"1\",\"SEC\xffRET\"\n", Some(2), Some("b"), "the text is not UTF-8"),
        (&[], b"a,b\n1,2\n\xff,2\n", Some(3), Some("a"), "the text is not UTF-8"),
        (&[], b"a,b\xff\n1,2\n", Some(1), None, "the text is not UTF-8"),
        (&[], b"\xff\xfea\0,\0", Some(1), None, "the text is not UTF-8"),
        (ab, b"a,b\n1,2\n\n3,SECRET\n", Some(4), Some("b"), "a value is not of type `int64`"),
        (ab, b"a,b\n1,2.0\n", Some(2), Some("b"), "a value is not of type `int64`"),
        (ab, b"a,b\n \"1\",2\n", Some(2), Some("a"), "a quote stands inside a field that does not begin with a quote"),
        (ab, b"a,b\n\"1\"SECRET,2\n", Some(2), Some("a"), "something stands behind the closing quote"),
        (ab, b"a,b\n1,2\n1,\"2\n3,4\n", Some(3), Some("b"), "a quoted field has no closing quote"),
        (ab, b"a,c\n1,2\n", Some(1), Some("b"), "the file has no column `b`"),
        (&[], b"a,a\n1,2\n", Some(1), Some("a"), "the column `a` stands twice"),
        (
            &[],
            b"a,_row\n1,2\n",
            Some(1),
            Some("_row"),
            "`_row` cannot name a column: names are not empty and do not begin with `_row` or `@`",
        ),
        (
            &[],
            b"a,\n1,2\n",
            Some(1),
            Some(""),
            "`` cannot name a column: names are not empty and do not begin with `_row` or `@`",
        ),
        (&[], b"", None, None, "the file is empty and no columns are declared"),
        (&[], b"a,b\n", None, None, "the file is empty and no columns are declared"),
        (&[("a", DataType::Date)], b"a\n2024-02-30\n", Some(2), Some("a"), "a value is not of type `date`"),
        (&[("a", DataType::UInt8)], b"a\n256\n", Some(2), Some("a"), "a value is not of type `u_int8`"),
        (&[("a", DataType::Boolean)], b"a\nyes\n", Some(2), Some("a"), "a value is not of type `boolean`"),
        (
            &[("a", DataType::Binary)],
            b"a\nyes\n",
            None,
            Some("a"),
            "a column of type `binary` cannot be read from text",
        ),
    ];
    for (declared, text, line, column, message) in cases {
        let shown = String::from_utf8_lossy(text);
        let error =
            csv(text, |options| options.columns = (!declared.is_empty()).then(|| schema(declared))).expect_err(&shown);
        assert_eq!(error.to_string(), *message, "{shown}");
        assert_eq!(
            (error.line, error.column.as_deref().or(error.place().table_column.as_deref())),
            (*line, *column),
            "{shown}"
        );
        assert!(!format!("{error:?}{:?}{:?}", error.hint(), error.place()).contains("SECRET"));
    }
}

#[test]
fn wrong_settings_are_refused() {
    let cases: [fn(&mut ReadOptions); 4] = [
        |options| options.csv.separator = Some(";;".to_owned()),
        |options| options.csv.separator = Some("ü".to_owned()),
        |options| options.csv.quote = Some(",".to_owned()),
        |options| options.csv.separator = Some("\n".to_owned()),
    ];
    for change in cases {
        let error = csv(b"a,b\n1,2\n", change).unwrap_err();
        assert_eq!(error.exit_code(), mlspec_record::ExitCode::Usage);
    }
}

#[test]
fn parts_of_a_file_make_the_same_rows_whatever_their_size() {
    let rows = (0..200).map(|n| format!("{n},\"a \"\"quoted\"\"\nline {n}\",{}\n", "x".repeat(n % 40)));
    let text = format!("id,text,x\n{}", rows.collect::<String>());
    for quote in [Some(b'"'), None] {
        let whole = text.as_bytes();
        for size in [1, 7, 50, 1_000, 1 << 20] {
            let parts = csv::split(whole, quote, size);
            assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), whole.len());
            assert!(parts.iter().all(|part| whole[part.end - 1] == b'\n'));
            let inside =
                |part: &std::ops::Range<usize>| whole[part.clone()].iter().filter(|byte| **byte == b'"').count() % 2;
            assert!(quote.is_none() || parts.iter().all(|part| inside(part) == 0));
        }
    }
    assert_eq!(one(csv(text.as_bytes(), |_| {}).unwrap()).height(), 200);
}

#[test]
fn many_files_are_one_table_or_an_error_that_names_the_file() {
    let files = |texts: &[&str]| -> Vec<InputFile> {
        texts.iter().enumerate().map(|(at, text)| InputFile::new(format!("{at}.csv"), *text)).collect()
    };
    let options = ReadOptions::new(Format::Csv);
    let both = read(&files(&["a,b\n1,x\n", "b,a\ny,2.5\n"]), &options).unwrap();
    assert_eq!(types(&both), [("a", DataType::Float64), ("b", DataType::String)]);
    assert_eq!(both.frames[1].column("a").unwrap().f64().unwrap().get(0), Some(2.5));
    for (texts, file, message) in [
        (["a,b\n1,2\n", "a\n1\n"], "1.csv", "the file has no column `b`"),
        (["a\n1\n", "a,b\n1,2\n"], "1.csv", "there was no column `b` before"),
    ] {
        let error = read(&files(&texts), &options).unwrap_err();
        assert_eq!((error.file.as_str(), error.to_string().as_str()), (file, message));
    }
    let limited = read(&files(&["a\n1\n2\n3\n", "a\n4\n5\n"]), &ReadOptions { limit: Some(4), ..options }).unwrap();
    assert_eq!(limited.frames.iter().map(DataFrame::height).collect::<Vec<_>>(), [3, 1]);
}

pub(super) fn ndjson(text: &[u8], declared: Types<'_>) -> Result<Read, FormatError> {
    let columns = (!declared.is_empty()).then(|| schema(declared));
    read(&[InputFile::new("a.ndjson", text)], &ReadOptions { columns, ..ReadOptions::new(Format::Ndjson) })
}

#[test]
fn json_lines() {
    let text = b"{\"a\":1,\"t\":\"x\"}\n\n{\"l\":[1,null],\"a\":2.5}\n{\"t\":null,\"d\":\"2024-01-01\"}";
    let good = ndjson(text, &[]).unwrap();
    let expect =
        [("a", DataType::Float64), ("t", DataType::String), ("l", DataType::ListUInt64), ("d", DataType::String)];
    assert_eq!(types(&good), expect);
    let frame = one(good);
    assert_eq!(frame.column("a").unwrap().f64().unwrap().to_vec(), [Some(1.0), Some(2.5), None]);
    assert_eq!(frame.column("l").unwrap().null_count(), 2);
    let dated = one(ndjson(text, &[("d", DataType::Date)]).unwrap());
    assert_eq!(dated.column("d").unwrap().dtype(), &polars::prelude::DataType::Date);

    let cases: &[Bad<'_>] = &[
        (&[], b"{\"a\":1}\n[1]\n", Some(2), None, "the line is not a JSON object"),
        (&[], b"{\"a\":1}\n\n{\"a\":SECRET}\n", Some(3), None, "the line is not JSON (at character 6)"),
        (&[], b"{\"a\":1} {\"a\":1}\n", Some(1), None, "the line is not JSON (at character 9)"),
        (&[], b"{\"a\":{\"b\":\"SECRET\"}}\n", Some(1), Some("a"), "a value is nested"),
        (&[], b"{\"a\":1,\"a\":2}\n", Some(1), Some("a"), "the column `a` stands twice"),
        (&[], b"{\"a\":1}\n{\"a\":\"SECRET\"}\n", Some(2), Some("a"), "the column mixes numbers and texts"),
        (&[], b"{\"a\":\"\xff\"}\n", Some(1), None, "the text is not UTF-8"),
        (&[("a", DataType::Int8)], b"{\"a\":1}\n\n{\"a\":300}\n", Some(3), Some("a"), "a value is not of type `int8`"),
        (&[("a", DataType::Date)], b"{\"a\":\"SECRET\"}\n", Some(1), Some("a"), "a value is not of type `date`"),
        (&[], b"\n", None, None, "the file is empty and no columns are declared"),
    ];
    for (declared, text, line, column, message) in cases {
        let shown = String::from_utf8_lossy(text);
        let error = ndjson(text, declared).expect_err(&shown);
        assert_eq!(
            (error.to_string().as_str(), error.line, error.column.as_deref()),
            (*message, *line, *column),
            "{shown}"
        );
        assert!(!format!("{error:?}").contains("SECRET"));
    }
}

#[test]
fn columnar_files() {
    let mut frame = df!("a" => [1_i32, 2], "s" => [Some("x"), None]).unwrap();
    let mut parquet = Vec::new();
    ParquetWriter::new(&mut parquet).finish(&mut frame).unwrap();
    let mut ipc = Vec::new();
    IpcWriter::new(&mut ipc).finish(&mut frame).unwrap();
    for (format, bytes) in [(Format::Parquet, parquet), (Format::Ipc, ipc)] {
        let options = ReadOptions::new(format);
        let file = InputFile::new("a", bytes.clone());
        let good = read(&[file.clone(), file.clone()], &options).unwrap();
        assert_eq!(types(&good), [("a", DataType::Int32), ("s", DataType::String)]);
        assert!(good.frames.iter().all(|read| read.equals_missing(&frame)));
        assert_eq!(
            one(read(std::slice::from_ref(&file), &ReadOptions { limit: Some(1), ..options.clone() }).unwrap())
                .height(),
            1
        );
        let wider = ReadOptions { columns: Some(schema(&[("a", DataType::Int64)])), ..options.clone() };
        assert_eq!(
            one(read(std::slice::from_ref(&file), &wider).unwrap()).column("a").unwrap().i64().unwrap().get(1),
            Some(2)
        );
        let lossy = ReadOptions { columns: Some(schema(&[("a", DataType::Boolean)])), ..options.clone() };
        assert_eq!(
            read(std::slice::from_ref(&file), &lossy).unwrap_err().to_string(),
            "the column is of type `int32`, expected `boolean`"
        );
        for length in [0, 3, bytes.len() / 2, bytes.len() - 9] {
            let error = read(&[InputFile::new("a", &bytes[..length])], &options).unwrap_err();
            assert!(error.to_string().contains("or damaged"), "{format:?} {length}: {error}");
        }
        let mut nested = frame.clone();
        let pair = StructChunked::from_series(
            "pair".into(),
            2,
            [frame.column("a").unwrap().as_materialized_series().clone()].iter(),
        );
        nested.with_column(pair.unwrap().into_column()).unwrap();
        let mut bytes = Vec::new();
        match format {
            Format::Parquet => drop(ParquetWriter::new(&mut bytes).finish(&mut nested).unwrap()),
            _ => IpcWriter::new(&mut bytes).finish(&mut nested).unwrap(),
        }
        let error = read(&[InputFile::new("a", bytes)], &options).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.column.as_deref()),
            ("the column's type `struct` is not supported", Some("pair"))
        );
    }
}

#[test]
fn compressed_files_and_their_beginnings() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let text = format!("a,b\n{}", "1,2\n".repeat(1_000));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for (name, bytes) in [("a.csv", text.clone().into_bytes()), ("a.csv.gz", gzip), ("a.csv.zst", zstd)] {
        assert_eq!(Format::of_path(name), Some(Format::Csv));
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(InputFile::open(&path, name, Compression::Auto).unwrap().bytes(), text.as_bytes());
        let beginning = InputFile::open_beginning(&path, name, Compression::Auto, 50).unwrap();
        assert!(beginning.bytes().len() <= 50 && text.as_bytes().starts_with(beginning.bytes()), "{name}");
        assert!(beginning.bytes().is_empty() || beginning.bytes().ends_with(b"\n"), "{name}");
        if name != "a.csv" {
            std::fs::write(&path, &bytes[..bytes.len() - 6]).unwrap();
            let error = InputFile::open(&path, name, Compression::Auto).unwrap_err();
            assert!(error.to_string().starts_with("the file cannot be decompressed"), "{error}");
        }
    }
}
