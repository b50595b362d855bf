//! Files, folders, globs, standard input; formats, chosen schemas and exit codes.

use super::bases::{base, pipeline_file};
use crate::*;
use mlspec_record::{Failure, Kind};
use std::{fs, path::Path};

/// A folder with documents, and a name for each of its files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let bad = || base(Kind::Dataset).to_string().replace("Active", "active");
    write("good/a.json", format!("{:#}", base(Kind::Test)));
    write("good/b.ndjson", format!("{}\n\n{}\n", base(Kind::Dataset), base(Kind::Training)));
    write("good/deep/c.YML", format!("--- {}\n--- {}\n", pipeline_file(), base(Kind::StepRun)));
    write("good/note.txt", "no document".to_owned());
    write("good/.hidden/d.json", "{".to_owned());
    write("mixed/bad.json", bad());
    write("mixed/good.jsonl", format!("{}\n{}\n{}", base(Kind::Dataset), bad(), base(Kind::Artifact)));
    write("mixed/other.json", "{\"name\": \"something else\"}".to_owned());
    write("broken/x.json", "{\"a\": ".to_owned());
    write("others/package.json", "{\"name\": \"something else\"}".to_owned());
    write("schema.json", "{\"type\": \"object\", \"required\": [\"name\"]}".to_owned());
    write("remote.json", "{\"$ref\": \"https://example.org/schema.json\"}".to_owned());
    write("file-ref.json", "{\"$ref\": \"schema.json\"}".to_owned());
    write("no-schema.json", "{\"type\": 7}".to_owned());
    fs::create_dir(folder.path().join("empty")).unwrap();
    folder
}

fn check(root: &Path, paths: &[&str], schema: Option<&str>, stdin: &str) -> Report {
    let at = |path: &&str| if **path == *"-" { "-".to_owned() } else { root.join(path).to_str().unwrap().to_owned() };
    let schema = schema
        .map(|name| if root.join(name).exists() { root.join(name).to_str().unwrap().into() } else { name.into() });
    let checker = Checker::new(CheckOptions { schema, ..CheckOptions::default() }).unwrap();
    checker.check_paths(&paths.iter().map(at).collect::<Vec<_>>(), &mut stdin.as_bytes())
}

#[test]
fn paths_mean_what_they_say() {
    let folder = folder();
    let good = base(Kind::Dataset).to_string();
    let pretty = format!("{:#}", base(Kind::Dataset));
    // Paths, schema, standard input; then exit code, documents, valid, passed over.
    let cases: &[(&[&str], Option<&str>, &str, (u8, u64, u64, u64))] = &[
        (&["good"], None, "", (0, 5, 5, 0)),
        (&["good/a.json", "good/b.ndjson"], None, "", (0, 3, 3, 0)),
        (&["good/**/*.{json,YML}"], None, "", (0, 3, 3, 0)),
        (&["good/*.json"], None, "", (0, 1, 1, 0)),
        (&["good/?.nd*"], None, "", (0, 2, 2, 0)),
        (&["mixed"], None, "", (1, 5, 2, 1)),
        (&["mixed/other.json"], None, "", (2, 1, 0, 0)),
        (&["mixed/*.json"], None, "", (2, 2, 0, 0)),
        (&["good", "broken"], None, "", (2, 6, 5, 0)),
        (&["others"], None, "", (2, 1, 0, 1)),
        (&["empty"], None, "", (2, 0, 0, 0)),
        (&["good/*.xml"], None, "", (2, 0, 0, 0)),
        (&["good/[z"], None, "", (2, 0, 0, 0)),
        (&["nowhere.json"], None, "", (4, 0, 0, 0)),
        (&["nowhere.json", "mixed", "broken"], None, "", (4, 6, 2, 1)),
        (&["-"], None, &good, (0, 1, 1, 0)),
        (&["-"], None, &pretty, (0, 1, 1, 0)),
        (&["-"], None, "pipeline: x\nversion: 1.0.0\nsteps: {a: {uses: b@1}}\n", (0, 1, 1, 0)),
        (&["-"], None, "\n\n{\"kind\": \"dataset\"}\n{\"kind\": \"datset\"}\n", (2, 2, 0, 0)),
        (&["-"], None, "", (2, 1, 0, 0)),
        (&[], None, "", (2, 0, 0, 0)),
        (&["others", "mixed"], Some("schema.json"), "", (0, 6, 6, 0)),
        (&["good/a.json"], Some("schema.json"), "", (0, 1, 1, 0)),
        (&["good/a.json"], Some("dataset"), "", (1, 1, 0, 0)),
        (&["good/a.json"], Some("urn:mlspec:schema:test:1.0.0"), "", (0, 1, 1, 0)),
    ];
    for (paths, schema, stdin, expect) in cases {
        let report = check(folder.path(), paths, *schema, stdin);
        let found = (report.exit_code() as u8, report.documents(), report.valid(), report.skipped());
        assert_eq!(found, *expect, "{paths:?} {schema:?}\n{}", report.render(Format::Text));
    }
}

#[test]
fn lines_of_standard_input_have_their_numbers() {
    let stdin = "\n \n{\"kind\": \"dataset\"}\n\n{\"kind\": \"datset\"}\n";
    let report = check(Path::new("."), &["-"], None, stdin);
    let lines: Vec<(u64, u64)> =
        report.files[0].findings.iter().map(|f| (f.position.unwrap().line, f.document)).collect();
    assert_eq!((lines.first(), lines.last()), (Some(&(3, 1)), Some(&(5, 2))));
    assert_eq!(report.files[0].findings.last().unwrap().help.as_deref(), Some("did you mean `dataset`?"));
}

#[cfg(unix)]
#[test]
fn links_and_odd_files_do_not_lead_astray() {
    let folder = folder();
    let root = folder.path();
    std::os::unix::fs::symlink(root.join("good"), root.join("good/deep/up")).unwrap();
    std::os::unix::fs::symlink(root.join("good/a.json"), root.join("good/link.json")).unwrap();
    assert_eq!(check(root, &["good"], None, "").documents(), 6, "links to files are read, links to folders are not");
    assert_eq!(check(root, &["/dev/null"], None, "").exit_code() as u8, 2);
}

#[test]
fn schemas_that_cannot_be_used_are_refused() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (schema, code, message, hint) in [
        ("datset".to_owned(), 2, "there is no published schema and no file `datset`", "did you mean `dataset`?"),
        ("urn:mlspec:schema:test:9.0.0".to_owned(), 2, "there is no published schema", ""),
        (path("remote.json"), 2, "refers to another document", "nothing is fetched"),
        (path("file-ref.json"), 2, "refers to another document", "nothing is fetched"),
        (path("no-schema.json"), 2, "is no JSON Schema", ""),
        (path("broken/x.json"), 2, "is no document", ""),
        (path("good/b.ndjson"), 2, "several documents", ""),
        (path("good"), 4, "cannot be read", ""),
    ] {
        let error = Checker::new(CheckOptions { schema: Some(schema.clone()), ..CheckOptions::default() }).unwrap_err();
        assert_eq!(error.exit_code() as u8, code, "{schema}");
        assert!(error.to_string().contains(message), "{schema}: {error}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{schema}: {:?}", error.hint());
    }
}

#[test]
fn what_a_document_claims_is_looked_up() {
    for (document, pointer, help) in [
        ("{\"schema\": \"urn:mlspec:schema:datset:1.0.0\"}", "/schema", Some("did you mean `dataset`?")),
        (
            "{\"schema\": \"urn:mlspec:schema:dataset\"}",
            "/schema",
            Some("a schema id is written `urn:mlspec:schema:NAME:VERSION`"),
        ),
        (
            "{\"schema\": \"urn:mlspec:schema:dataset:2.0.0\"}",
            "/schema",
            Some("this program knows other major versions of it; a newer program may know this one"),
        ),
        ("{\"kind\": \"trainig\"}", "/kind", Some("did you mean `training`?")),
        ("[1]", "", Some("a record says `schema` and `kind`, a pipeline file has `pipeline` and `steps`")),
    ] {
        let problems = validate_record(&serde_json::from_str(document).unwrap()).unwrap_err();
        assert_eq!((problems[0].pointer.as_str(), problems[0].help.as_deref()), (pointer, help), "{document}");
    }
}
