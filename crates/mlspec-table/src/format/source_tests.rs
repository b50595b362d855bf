//! JSON documents, Avro, partitioned folders, and rows that are put aside.

use super::tests::{Types, csv, one, schema, types};
use super::*;
use mlspec_record::{DataType, Failure as _};
use polars::io::avro::AvroWriter;
use polars::prelude::*;

fn json(text: &[u8], pointer: &str, declared: Types<'_>) -> Result<Read, FormatError> {
    let columns = (!declared.is_empty()).then(|| schema(declared));
    let json = JsonOptions { records: pointer.to_owned() };
    read(&[InputFile::new("a.json", text)], &ReadOptions { columns, json, ..ReadOptions::new(Format::Json) })
}

#[test]
fn json_documents() {
    let text = "{\"meta\": {\"n\": 2},\n \"data\": {\"rows\": [\n  {\"a.b\": 1, \"ü \\\"x\\\"\": \"y\"},\n  {\"a.b\": null, \"l\": [1.5]}\n]}}\n";
    let good = json(text.as_bytes(), "/data/rows", &[]).unwrap();
    assert_eq!(types(&good), [("a.b", DataType::Int64), ("ü \"x\"", DataType::String), ("l", DataType::ListFloat64)]);
    assert_eq!(one(good).height(), 2);
    let limited = ReadOptions { limit: Some(1), ..ReadOptions::new(Format::Json) };
    assert_eq!(one(read(&[InputFile::new("a", "[{\"a\":1},{\"a\":2}]")], &limited).unwrap()).height(), 1);
    let empty = json(b"[]", "", &[("a", DataType::Int8)]).unwrap();
    assert_eq!((types(&empty).len(), one(empty).height()), (1, 0));
    let wide: Vec<String> = (0..5_000).map(|n| format!("\"c{n}\":{n}")).collect();
    assert_eq!(json(format!("[{{{}}}]", wide.join(",")).as_bytes(), "", &[]).unwrap().schema.columns().len(), 5_000);
    let long = format!("[{{\"t\":\"{}\"}}]", "x".repeat(5_000_000));
    assert_eq!(
        one(json(long.as_bytes(), "", &[]).unwrap()).column("t").unwrap().str().unwrap().get(0).unwrap().len(),
        5_000_000
    );

    type Bad<'a> = (&'a str, &'a str, Types<'a>, Option<u64>, Option<&'a str>, &'a str);
    let cases: &[Bad<'_>] = &[
        ("[]", "", &[], None, None, "the file is empty and no columns are declared"),
        ("", "", &[], Some(1), None, "the file is empty and no columns are declared"),
        ("[{}]", "", &[], None, None, "the file is empty and no columns are declared"),
        ("{\"a\":\n{}}", "/a/b", &[], Some(1), None, "there is no list of objects at `/a/b`"),
        ("[{\"a\":1},\n3]", "", &[], Some(2), None, "the item of the list is not a JSON object"),
        ("[{\"a\":1},\n{\"a\":SECRET}]", "", &[], Some(2), None, "the item of the list is not JSON"),
        ("[{\"a\":1},\n{\"a\":NaN}]", "", &[], Some(2), None, "the item of the list is not JSON"),
        ("[{\"a\":1},\n{\"a\":1e999}]", "", &[], Some(2), None, "the item of the list is not JSON"),
        ("[{\"a\":1},\n\n{\"a\":1", "", &[], Some(3), None, "the file is no JSON file, or damaged"),
        ("[{\"a\":{\"b\":\"SECRET\"}}]", "", &[], Some(1), Some("a"), "a value is nested"),
        ("[\n{\"a\":1,\"a\":2}]", "", &[], Some(2), Some("a"), "the column `a` stands twice"),
        ("[{\"a\":1},\n{\"a\":\"SECRET\"}]", "", &[], Some(2), Some("a"), "the column mixes numbers and texts"),
        (
            "[{\"a\":1},\n{\"a\":300}]",
            "",
            &[("a", DataType::Int8)],
            Some(2),
            Some("a"),
            "a value is not of type `int8`",
        ),
        ("[]", "data", &[], None, None, "`records` must be a JSON pointer: empty, or beginning with `/`"),
    ];
    for (text, pointer, declared, line, column, message) in cases {
        let error = json(text.as_bytes(), pointer, declared).expect_err(text);
        let found = (error.to_string(), error.line, error.column.clone());
        assert_eq!(found, ((*message).to_owned(), *line, column.map(str::to_owned)), "{text}");
        assert!(!format!("{error:?}").contains("SECRET"));
    }
    let encoding = json(b"[{\"a\":\"\xff\"}]", "", &[]).unwrap_err();
    assert_eq!((encoding.to_string().as_str(), encoding.line), ("the text is not UTF-8", Some(1)));
}

#[test]
fn avro_files() {
    let mut frame = df!(
        "a" => [Some(1_i64), None], "f" => [f64::NAN, f64::INFINITY], "s \".ü" => [Some("x"), None], "b" => [true, false],
    )
    .unwrap();
    let mut bytes = Vec::new();
    AvroWriter::new(&mut bytes).finish(&mut frame).unwrap();
    assert_eq!(Format::of_path("x/a.avro"), Some(Format::Avro));
    let options = ReadOptions::new(Format::Avro);
    let file = InputFile::new("a.avro", bytes.clone());
    let good = read(&[file.clone(), file.clone()], &options).unwrap();
    let expect =
        [("a", DataType::Int64), ("f", DataType::Float64), ("s \".ü", DataType::String), ("b", DataType::Boolean)];
    assert_eq!((types(&good).as_slice(), good.inferred), (&expect[..], false));
    assert!(good.frames.iter().all(|read| read.equals_missing(&frame)));
    for limit in [0, 1] {
        let limited = ReadOptions { limit: Some(limit), ..options.clone() };
        assert_eq!(one(read(std::slice::from_ref(&file), &limited).unwrap()).height(), limit as usize);
    }
    for length in (0..bytes.len()).step_by(7) {
        match read(&[InputFile::new("a.avro", &bytes[..length])], &options) {
            Err(error) => assert!(error.to_string().contains("no Avro file, or damaged"), "{length}: {error}"),
            // The format does not say where a file ends, so a cut between two blocks cannot be seen.
            Ok(read) => assert_eq!(one(read).height(), 0, "{length}"),
        }
    }
}

#[test]
fn folders_that_say_columns() {
    let file = |path: &str, text: &str| InputFile::new(path, text).with_partition(partitions_of(path));
    let options = |change: &dyn Fn(&mut ReadOptions)| {
        let mut options = ReadOptions::new(Format::Csv);
        change(&mut options);
        options
    };
    let files = [file("y=2024/m=01/a.csv", "v\n1\n2\n"), file("m=12/y=2025/b.csv", "v\n3\n")];
    let read_ = |files: &[InputFile], change: &dyn Fn(&mut ReadOptions)| read(files, &options(change));
    let good = read_(&files, &|_| {}).unwrap();
    assert_eq!(types(&good), [("v", DataType::Int64), ("y", DataType::Int64), ("m", DataType::String)]);
    assert_eq!(good.frames[0].column("y").unwrap().i64().unwrap().to_vec(), [Some(2024), Some(2024)]);
    assert_eq!(good.frames[1].column("m").unwrap().str().unwrap().get(0), Some("12"));
    let typed = read_(&files, &|options| options.partitions = [("m".to_owned(), DataType::Int8)].into()).unwrap();
    assert_eq!(typed.frames[0].column("m").unwrap().i8().unwrap().get(0), Some(1));
    let declared: Types<'_> = &[("m", DataType::Int32), ("v", DataType::Float64)];
    let declared = read_(&files, &|options| options.columns = Some(schema(declared))).unwrap();
    assert_eq!(types(&declared), [("m", DataType::Int32), ("v", DataType::Float64)]);
    assert_eq!(declared.frames[0].get_column_names(), ["m", "v"]);
    let null = read_(&[file("y=__HIVE_DEFAULT_PARTITION__/a.csv", "v\n1\n")], &|_| {}).unwrap();
    assert_eq!((types(&null)[1], null.frames[0].column("y").unwrap().null_count()), (("y", DataType::String), 1));
    type Change<'a> = &'a dyn Fn(&mut ReadOptions);
    let day: Change<'_> = &|options| options.partitions = [("y".to_owned(), DataType::Date)].into();
    let nope: Change<'_> = &|options| options.partitions = [("nope".to_owned(), DataType::Date)].into();
    let cases: [(&[InputFile], Change<'_>, &str, &str); 5] = [
        (
            &[file("y=1/a.csv", "v\n1\n"), file("z=1/b.csv", "v\n1\n")],
            &|_| {},
            "z=1/b.csv",
            "the path has other partitions than those of the other files",
        ),
        (&[file("v=1/a.csv", "v\n1\n")], &|_| {}, "v=1/a.csv", "the column `v` stands in the file and in its path"),
        (&[file("y=1/y=2/a.csv", "v\n1\n")], &|_| {}, "y=1/y=2/a.csv", "the column `y` stands twice"),
        (&[file("y=SECRET/a.csv", "v\n1\n")], day, "y=SECRET/a.csv", "a value is not of type `date`"),
        (&[file("y=1/a.csv", "v\n1\n")], nope, "y=1/a.csv", "no folder of the path is named `nope=…`"),
    ];
    for (files, change, path, message) in cases {
        let error = read_(files, change).unwrap_err();
        assert_eq!((error.file.as_str(), error.to_string().as_str()), (path, message));
    }
}

/// What is put aside, as `record reason column`, the records of the rows that stay, and the text of the others.
fn aside(format: Format, text: &[u8], declared: Types<'_>) -> (Vec<String>, Vec<u64>, Vec<String>) {
    let columns = (!declared.is_empty()).then(|| schema(declared));
    let options = ReadOptions { columns, lenient: true, ..ReadOptions::new(format) };
    let file = InputFile::new("a", text);
    let found = read(std::slice::from_ref(&file), &options).unwrap();
    let rejected = &found.rejected;
    let shown =
        rejected.iter().map(|bad| format!("{} {} {}", bad.record, bad.reason, bad.column.as_deref().unwrap_or("-")));
    let height = found.frames[0].height() as u64;
    let stay = found.numbers[0].clone().unwrap_or_else(|| (1..=height).collect());
    assert_eq!(stay.len() as u64, height);
    let records: Vec<u64> = rejected.iter().map(|bad| bad.record).collect();
    let raw = raw_records(&file, &options, &records).unwrap();
    let line = |raw: &RawRecord| {
        assert_eq!(line_of_row(&file, &options, raw.record as usize - 1).unwrap_or(raw.line), raw.line);
        format!("{}: {}", raw.line, raw.text)
    };
    (shown.collect(), stay, raw.iter().map(line).collect())
}

#[test]
fn bad_rows_of_text_are_put_aside_with_their_text() {
    const AB: Types<'_> = &[("a", DataType::Int64), ("b", DataType::String)];
    type Case<'a> = (Format, &'a [u8], Types<'a>, &'a [&'a str], &'a [u64], &'a [&'a str]);
    let csv = Format::Csv;
    let cases: &[Case<'_>] = &[
        (csv, b"a,b\n1,x\n", AB, &[], &[1], &[]),
        (csv, b"a,b\n1,x\n2\n3,y\n", &[], &["2 fields -"], &[1, 3], &["3: 2"]),
        (csv, b"a,b\n1,x\n\nno,\"y\nz\"\n3,y\n", AB, &["2 type a"], &[1, 3], &["4: no,\"y\nz\""]),
        (csv, b"a,b\n1,\xff\n2,y\n", AB, &["1 encoding -"], &[2], &["2: 1,\u{fffd}"]),
        (
            csv,
            b"a,b\n1,\"x\"y\n2,z\n3,\"open\n4,w\n",
            AB,
            &["1 quotes b", "3 quotes b"],
            &[2, 4],
            &["2: 1,\"x\"y", "4: 3,\"open"],
        ),
        (csv, b"a,b\n1,x,y\nno,x\n3,z\n", AB, &["1 fields -", "2 type a"], &[3], &["2: 1,x,y", "3: no,x"]),
        (csv, b"a,b\nx,x\n", AB, &["1 type a"], &[], &["2: x,x"]),
        (Format::Tsv, b"a\tb\n1\t2\n3\n", &[], &["2 fields -"], &[1], &["3: 3"]),
        (
            Format::Ndjson,
            b"{\"a\":1}\n\n{\"a\":\n{\"a\":\"x\"}\n[1]\n{\"a\":{}}\n{\"a\":\"\xff\"}\n{\"a\":2,\"a\":3}\n{\"a\":4}\n",
            &[("a", DataType::Int64)],
            &["2 json -", "3 type a", "4 json -", "5 type a", "6 encoding -", "7 columns a"],
            &[1, 8],
            &[
                "3: {\"a\":",
                "4: {\"a\":\"x\"}",
                "5: [1]",
                "6: {\"a\":{}}",
                "7: {\"a\":\"\u{fffd}\"}",
                "8: {\"a\":2,\"a\":3}",
            ],
        ),
        (
            Format::Ndjson,
            b"{\"a\":1}\n{\"z\":true,\"a\":\"x\",\n{\"a\":2}\n",
            &[],
            &["2 json -"],
            &[1, 3],
            &["2: {\"z\":true,\"a\":\"x\","],
        ),
        (
            Format::Json,
            b"[{\"a\":1},\n {\"a\":\"x\"},\n 7, {\"a\":oh}, {\"a\":2}]",
            &[("a", DataType::Int8)],
            &["2 type a", "3 json -", "4 json -"],
            &[1, 5],
            &["2: {\"a\":\"x\"}", "3: 7", "3: {\"a\":oh}"],
        ),
    ];
    for (format, text, declared, rejected, stay, raw) in cases {
        let found = aside(*format, text, declared);
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(found, (owned(rejected), stay.to_vec(), owned(raw)), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn what_bad_rows_say_does_not_count_for_types() {
    let options = ReadOptions { lenient: true, ..ReadOptions::new(Format::Ndjson) };
    let text = "{\"a\":1}\n{\"b\":true,\"a\":\"x\",}\n";
    let found = read(&[InputFile::new("a", text)], &options).unwrap();
    assert_eq!(types(&found), [("a", DataType::Int64)]);
    let found = csv(b"a\n1\n\"x\"y\n2\n", |options| options.lenient = true).unwrap();
    assert_eq!((types(&found).as_slice(), found.rejected.len()), (&[("a", DataType::Int64)][..], 1));
    // What is wrong with a whole file, or a column, stays an error.
    for (text, message) in
        [(&b""[..], "the file is empty and no columns are declared"), (b"a,a\n1,2\n", "the column `a` stands twice")]
    {
        assert_eq!(csv(text, |options| options.lenient = true).unwrap_err().to_string(), message);
    }
}

#[test]
fn with_a_limit_bad_rows_do_not_count() {
    for (format, text) in
        [(Format::Csv, "a\n\"x\"y\n1\n2\n3\n"), (Format::Ndjson, "{\n{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")]
    {
        let options = ReadOptions { lenient: true, limit: Some(2), ..ReadOptions::new(format) };
        let found = read(&[InputFile::new("a", text)], &options).unwrap();
        assert_eq!(found.numbers, [Some(vec![2, 3])], "{format:?}");
        assert_eq!(one(found).column("a").unwrap().i64().unwrap().to_vec(), [Some(1), Some(2)]);
    }
}

#[test]
fn a_bad_file_of_a_workbook_says_its_exit_code() {
    let error = read(&[InputFile::new("a.xlsx", "a,b\n")], &ReadOptions::new(Format::Excel)).unwrap_err();
    assert_eq!(error.exit_code(), mlspec_record::ExitCode::Data);
}
