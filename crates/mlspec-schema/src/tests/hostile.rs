//! Hostile input ends in a clear error, at a place, within bounded memory and time.

use crate::*;
use proptest::prelude::*;
use std::io::{BufReader, Read};

fn options(schema: &str) -> CheckOptions {
    CheckOptions { schema: Some(schema.to_owned()), ..CheckOptions::default() }
}

/// The first finding of a file with these bytes: class, place, message.
fn first(name: &str, bytes: &[u8], options: CheckOptions) -> (Class, Option<(u64, u64)>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let report = Checker::new(options).unwrap().check_paths(&[path.to_str().unwrap()], &mut std::io::empty());
    let finding = &report.files[0].findings[0];
    assert!(report.exit_code() >= finding.class.exit_code());
    (finding.class, finding.position.map(|at| (at.line, at.column)), finding.message.clone())
}

#[test]
fn texts_that_are_no_documents_are_refused_at_their_place() {
    let deep_json = "[".repeat(100_000);
    let deep_yaml: String = (0..500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let flow_yaml = "{a: ".repeat(100_000);
    let cases: &[(&str, &[u8], (u64, u64), &str)] = &[
        ("a.json", b"{\"a\": 1,\n \"b\": }", (2, 7), "expected value"),
        ("a.json", b"", (1, 1), "EOF while parsing a value"),
        ("a.json", b"{} {}", (1, 4), "expected the end of the document"),
        ("a.json", b"{\"a\": 1e999}", (1, 11), "number out of range"),
        ("a.json", b"{\"a\": \"\\ud800\"}", (1, 14), "unexpected end of hex escape"),
        ("a.json", b"{\"a\": 01}", (1, 8), "invalid number"),
        ("a.json", b"{\"a\": NaN}", (1, 7), "expected value"),
        ("a.json", deep_json.as_bytes(), (1, 128), "nested more than 127 deep"),
        (
            "a.json",
            b"{\"x\": [{\"k\": 1, \"k\\u0031\": 2,\n  \"k1\": 3}]}",
            (2, 3),
            "the key stands twice in its object",
        ),
        ("a.json", b"{\"a\": \"\xff\"}", (1, 8), "invalid UTF-8 at byte 7"),
        ("a.json", b"\xff\xfe{\0}\0", (1, 1), "the text is UTF-16, expected UTF-8"),
        ("a.ndjson", b" \n\n{\"a\" 1}\n", (3, 6), "expected `:`"),
        ("a.ndjson", b"{\"a\": \"\xff\"}\n", (1, 8), "invalid UTF-8 at byte 7"),
        ("a.yaml", b"", (1, 1), "the text holds no document"),
        ("a.yaml", b"# nothing\n", (2, 1), "the text holds no document"),
        ("a.yaml", b"a: 1\nb: [1, 2\n", (2, 4), "unclosed"),
        ("a.yaml", b"a: 1\na: 2\n", (2, 1), "the key stands twice in its mapping"),
        ("a.yaml", b"a: {x: 1, \"x\": 2}\n", (1, 11), "the key stands twice in its mapping"),
        ("a.yaml", b"a:\n\tb: 1\n", (2, 2), "a tab cannot indent"),
        ("a.yaml", b"a: *b\n", (1, 4), "the alias names no anchor before it"),
        ("a.yaml", b"a: &a [*a]\n", (1, 8), "the alias stands inside what it names"),
        ("a.yaml", b"? [1, 2]\n: x\n", (1, 3), "a key that is no scalar"),
        ("a.yaml", b"a: .nan\n", (1, 4), "a number that JSON lacks"),
        ("a.yaml", b"a: !!binary aGk=\n", (1, 4), "a tag that JSON has no value for"),
        ("a.yaml", b"a: !secret x\n", (1, 4), "a tag that JSON has no value for"),
        ("a.yaml", b"a: !!int x\n", (1, 4), "a scalar that is not what its tag says"),
        ("a.yaml", deep_yaml.as_bytes(), (128, 128), "nested more than 127 deep"),
        ("a.yaml", flow_yaml.as_bytes(), (1, 509), "nested more than 127 deep"),
        ("a.yaml", b"a: \"\xff\"\n", (1, 5), "invalid UTF-8 at byte 4"),
    ];
    for (name, bytes, place, message) in cases {
        let (class, at, told) = first(name, bytes, CheckOptions::default());
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
        assert_eq!((class, at), (Class::Unparsable, Some(*place)), "{shown}: {told}");
        assert!(told.contains(message), "{shown}: {told}");
    }
}

#[test]
fn aliases_do_not_grow_without_bound() {
    let mut laughs = "l0: &l0 [\"lol\", \"lol\"]\n".to_owned();
    for level in 1..40 {
        laughs.push_str(&format!("l{level}: &l{level} [*l{0}, *l{0}, *l{0}, *l{0}]\n", level - 1));
    }
    let (class, place, message) = first("laughs.yaml", laughs.as_bytes(), CheckOptions::default());
    assert_eq!((class, message.as_str()), (Class::Unparsable, "anchors and aliases copy more than 8 MiB"));
    assert!(place.unwrap().0 > 5);
    // A chain of aliases is no way around the depth either.
    let nest = |inner: String| "[".repeat(60) + &inner + &"]".repeat(60);
    let chain = format!("a: &a {}\nb: &b {}\nc: {}\n", nest("1".into()), nest("*a".into()), nest("*b".into()));
    assert_eq!(first("chain.yaml", chain.as_bytes(), CheckOptions::default()).2, "nested more than 127 deep");
}

#[test]
fn anchors_of_reasonable_size_work() {
    let text = "a: &x {k: [1, yes]}\nb: *x\nc: &y key\n*y : 1\n";
    let value = read_documents(text, SourceFormat::Yaml).unwrap();
    assert_eq!(value[0], serde_json::json!({"a": {"k": [1, "yes"]}, "b": {"k": [1, "yes"]}, "c": "key", "key": 1}));
}

#[test]
fn files_and_lines_beyond_the_limit_are_not_read() {
    let small = CheckOptions { max_bytes: 1_000, ..options("dataset") };
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(2_000));
    assert_eq!(first("a.json", long.as_bytes(), small.clone()).2, "the file has more than 1000 bytes");
    assert_eq!(first("a.yaml", long.as_bytes(), small.clone()).2, "the file has more than 1000 bytes");
    let lines = format!("{{\"a\": 1}}\n{long}\n");
    assert_eq!(
        first("a.ndjson", lines.as_bytes(), CheckOptions { max_problems: 1, ..small.clone() }).0,
        Class::Invalid,
        "the lines before are checked"
    );
    let report = Checker::new(small.clone()).unwrap().check_paths(&["-"], &mut BufReader::new(lines.as_bytes()));
    let last = report.files[0].findings.last().unwrap();
    assert_eq!((last.message.as_str(), last.position.unwrap().line), ("the line has more than 1000 bytes", 2));
    // Endless inputs end.
    for byte in [b' ', b'\n', b'x', b'[', 0] {
        let mut endless = BufReader::new(std::io::repeat(byte).take(1 << 30));
        let report = Checker::new(small.clone()).unwrap().check_paths(&["-"], &mut endless);
        assert_eq!(report.exit_code() as u8, 2, "{byte}");
    }
}

#[test]
fn a_document_with_a_million_problems_is_told_in_brief() {
    let items = vec!["1"; 200_000].join(",");
    let document = format!("{{\"pipeline\": \"x\", \"version\": \"1.0.0\", \"steps\": {{}}, \"tags\": [{items}]}}");
    let report = Checker::new(CheckOptions::default()).unwrap().check_text("a.json", &document);
    assert_eq!(report.files[0].findings.len(), 20);
    assert!(report.files[0].more > 0);
    let keys = (0..200_000).map(|at| format!("\"k{at}\":1")).collect::<Vec<_>>().join(",");
    let report = Checker::new(options("pipeline-file")).unwrap().check_text("a.json", &format!("{{{keys}}}"));
    assert_eq!(report.files[0].findings.len(), 20);
    assert!(report.render(Format::Text).len() < 10_000);
}

/// Nothing here may take time that grows with the square of the text.
#[test]
fn repetitive_texts_are_judged_quickly() {
    const MANY: usize = 20_000;
    let started = std::time::Instant::now();
    let head = "pipeline: x\nversion: 1.0.0\nsteps: ";
    for text in [
        "--- {kind: x}\n".repeat(MANY),
        "\n".repeat(10 * MANY),
        format!("{head}{{a: {{uses: b@1, settings: {{x: \"{}\"}}}}}}", "${".repeat(10 * MANY) + "}"),
        format!("{head}{{a: {{uses: b@1, after: [{}]}}}}", "zzz, ".repeat(MANY)),
        format!("{{\"kind\": \"dataset\"{}}}", (0..MANY).map(|key| format!(",\"k{key}\":1")).collect::<String>()),
        format!("a: &a x\nb: [{}]", "*a, ".repeat(MANY)),
    ] {
        let report = Checker::new(CheckOptions::default()).unwrap().check_paths(&["-"], &mut text.as_bytes());
        assert!(report.exit_code() as u8 != 0 && report.files[0].findings.len() <= 1_000, "{}", &text[..40]);
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn byte_order_marks_are_passed_over() {
    let text = "\u{feff}{\"schema\": \"urn:mlspec:schema:nothing:1.0.0\"}";
    for name in ["a.json", "a.ndjson", "a.yaml", "noname"] {
        let report = Checker::new(CheckOptions::default()).unwrap().check_text(name, text);
        let finding = &report.files[0].findings[0];
        assert_eq!((finding.class, finding.pointer.as_str()), (Class::UnknownSchema, "/schema"), "{name}");
    }
}

#[test]
fn keys_cannot_steer_a_terminal() {
    let document = "{\"pipeline\": \"x\", \"version\": \"1.0.0\", \"steps\": {\"a\\u001b[31m\\nb::error::x\": 1}}";
    let report = Checker::new(CheckOptions::default()).unwrap().check_text("a\u{1b}\n.json", document);
    for format in [Format::Text, Format::Json, Format::Junit, Format::Github] {
        let text = report.render(format);
        assert!(!text.contains('\u{1b}'), "{format:?}");
        assert!(!text.lines().any(|line| line.starts_with("b::") || line.starts_with(".json")), "{format:?}: {text}");
    }
}

proptest! {
    /// Whatever the bytes, a report comes back.
    #[test]
    fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["a.json", "a.ndjson", "a.yaml", "noname"] {
            let report = Checker::new(CheckOptions::default()).unwrap().check_paths(&["-"], &mut &bytes[..]);
            prop_assert!(report.exit_code() as u8 <= 2);
            let text = String::from_utf8_lossy(&bytes);
            report.render(Format::Junit);
            Checker::new(CheckOptions::default()).unwrap().check_text(name, &text).render(Format::Text);
        }
    }

    /// Nor what is almost a document.
    #[test]
    fn no_damage_makes_it_fail(at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..2_000) {
        let mut bytes = format!("{:#}", super::bases::pipeline_file()).into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % length);
        let text = String::from_utf8_lossy(&bytes);
        for name in ["a.json", "a.ndjson", "a.yaml"] {
            let report = Checker::new(CheckOptions::default()).unwrap().check_text(name, &text);
            for finding in &report.files[0].findings {
                let at = finding.position.unwrap();
                prop_assert!(at.line as usize <= text.lines().count() + 1, "{at:?}");
            }
        }
    }
}
