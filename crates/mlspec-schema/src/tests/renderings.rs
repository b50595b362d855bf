//! The four renderings of one report.

use super::bases::base;
use crate::*;
use mlspec_record::Kind;

/// A report with everything in it: valid and invalid documents, syntax, a missing file, an unknown schema.
fn report() -> Report {
    let checker = Checker::new(CheckOptions { max_per_document: 2, ..CheckOptions::default() }).unwrap();
    let mut bad = base(Kind::Dataset);
    bad["status"] = "active".into();
    bad["id"] = "a, b: 100%".into();
    bad["name"] = "<&\">".into();
    let lines = format!("{}\n{bad}\n{{\"kind\": \"datset\"}}\n", base(Kind::Dataset));
    let pipeline = "pipeline: wine\nversion: 1.0.0\nsteps:\n  rows:\n    usse: ingest@1\n";
    let mut report = Report::default();
    for part in [
        checker.check_text("records, all.ndjson", &lines),
        checker.check_text("pipeline.yaml", pipeline),
        checker.check_text("good.json", &base(Kind::Test).to_string()),
        checker.check_text("broken.json", "{\"a\": 1,}"),
        checker.check_paths(&["no/such.json"], &mut std::io::empty()),
    ] {
        report.files.extend(part.files);
    }
    report
}

#[test]
fn text() {
    insta::assert_snapshot!(report().render(Format::Text));
    let good = Checker::new(CheckOptions::default()).unwrap().check_text("a.json", &base(Kind::Test).to_string());
    assert_eq!(good.render(Format::Text), "1 document in 1 file: 1 valid\n");
}

#[test]
fn json() {
    let text = report().render(Format::Json);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["exit_code"], 4);
    insta::assert_snapshot!(text);
}

#[test]
fn junit() {
    insta::assert_snapshot!(report().render(Format::Junit));
}

#[test]
fn github() {
    insta::assert_snapshot!(report().render(Format::Github));
}

#[test]
fn formats_are_named() {
    for (name, format) in
        [("text", Format::Text), ("json", Format::Json), ("junit", Format::Junit), ("github", Format::Github)]
    {
        assert_eq!(name.parse(), Ok(format));
    }
    assert!("xml".parse::<Format>().is_err());
}
