//! From pointers to places: random documents, both readers, block style.

use super::rejections::collect;
use crate::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn documents() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z~/ äé\u{1f600}\"\\\\\n]{0,6}", "[a-z]{1,3}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|n| json!(n)),
        any::<u64>().prop_map(|n| json!(n)),
        (-1e300f64..1e300).prop_map(|n| json!(n)),
        text.clone().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Reading gives what was written, in JSON and, since JSON is YAML, in YAML.
    #[test]
    fn reading_is_the_reverse_of_writing(document in documents()) {
        for text in [document.to_string(), format!("{document:#}")] {
            prop_assert_eq!(&read_documents(&text, SourceFormat::Json).unwrap(), std::slice::from_ref(&document));
        }
        let lines = format!("{document}\n\n{document}");
        prop_assert_eq!(read_documents(&lines, SourceFormat::Ndjson).unwrap(), vec![document.clone(); 2]);
        let yaml = read_documents(&format!("{document:#}"), SourceFormat::Yaml).unwrap();
        prop_assert_eq!(yaml, vec![document]);
    }

    /// Behind every pointer stands its value.
    #[test]
    fn values_stand_where_they_are_located(document in documents()) {
        let text = format!("{document:#}");
        let mut pointers = Vec::new();
        collect(&document, "", &mut pointers);
        for pointer in pointers {
            for format in [SourceFormat::Json, SourceFormat::Yaml] {
                let at = locate(&text, format, 0, &[(&pointer, Target::Value), (&pointer, Target::Key)]);
                let rest = from(&text, at[0]);
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
                let value = values.next().unwrap().unwrap();
                prop_assert_eq!(&value, document.pointer(&pointer).unwrap(), "{:?} {}", format, pointer);
                let (parent, key) = crate::problem::split_last(&pointer).unwrap();
                if document.pointer(parent).unwrap().is_object() {
                    let mut keys = serde_json::Deserializer::from_str(from(&text, at[1])).into_iter::<Value>();
                    prop_assert_eq!(keys.next().unwrap().unwrap(), json!(key));
                }
            }
        }
    }
}

fn from(text: &str, at: Position) -> &str {
    let line = text.split_inclusive('\n').take(at.line as usize - 1).map(str::len).sum::<usize>();
    let column = text[line..].char_indices().nth(at.column as usize - 1).map_or(0, |(byte, _)| byte);
    &text[line + column..]
}

#[test]
fn block_style_aliases_and_later_documents_have_places() {
    let text = "--- # first\na: 1\n---\nbase: &b\n  path: x\nsteps:\n- uses: a@1\n- *b\n-   uses: \"b@1\"\n    after:\n      - é\n      - z\n";
    for (pointer, target, expect) in [
        ("", Target::Value, (4, 1)),
        ("/base", Target::Key, (4, 1)),
        ("/base/path", Target::Value, (5, 9)),
        ("/steps/0/uses", Target::Key, (7, 3)),
        ("/steps/1", Target::Value, (8, 3)),
        ("/steps/1/path", Target::Value, (8, 3)),
        ("/steps/2/uses", Target::Value, (9, 11)),
        ("/steps/2/after/1", Target::Value, (12, 9)),
        ("/nowhere/at/all", Target::Value, (4, 1)),
    ] {
        let at = locate(text, SourceFormat::Yaml, 1, &[(pointer, target)])[0];
        assert_eq!((at.line, at.column), expect, "{pointer}");
    }
    let lines = "\n{\"a\": 1}\n\n{\"ä\": 1, \"b\": [2, 3]}\n";
    let at = locate(lines, SourceFormat::Ndjson, 1, &[("/b/1", Target::Value)])[0];
    assert_eq!((at.line, at.column), (4, 19));
}

/// YAML 1.2's core schema, not 1.1's.
#[test]
fn scalars_are_those_of_yaml_1_2() {
    for (text, expect) in [
        ("yes", json!("yes")),
        ("NO", json!("NO")),
        ("on", json!("on")),
        ("true", json!(true)),
        ("False", json!(false)),
        ("~", json!(null)),
        ("", json!(null)),
        ("Null", json!(null)),
        ("nULL", json!("nULL")),
        ("12", json!(12)),
        ("-12", json!(-12)),
        ("+12", json!(12)),
        ("007", json!(7)),
        ("0o17", json!(15)),
        ("0x1F", json!(31)),
        ("0b1", json!("0b1")),
        ("1_000", json!("1_000")),
        ("1:30", json!("1:30")),
        ("1.5", json!(1.5)),
        (".5", json!(0.5)),
        ("1.", json!(1.0)),
        ("1e3", json!(1000.0)),
        ("-1.5E-2", json!(-0.015)),
        ("1e", json!("1e")),
        (".", json!(".")),
        ("e3", json!("e3")),
        ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("1.0.0", json!("1.0.0")),
        ("2024-05-01", json!("2024-05-01")),
        ("'12'", json!("12")),
        ("\"true\"", json!("true")),
        ("!!str 12", json!("12")),
        ("!!float 12", json!(12)),
        ("! 12", json!("12")),
        ("|\n  a\n  b\n", json!("a\nb\n")),
        (">-\n  a\n  b\n", json!("a b")),
        ("<<", json!("<<")),
    ] {
        let read = read_documents(&format!("v: {text}\n"), SourceFormat::Yaml);
        assert_eq!(read.map(|documents| documents[0]["v"].clone()), Ok(expect), "{text}");
    }
    for text in ["1e999", "0xFFFFFFFFFFFFFFFFF", "-.inf"] {
        assert!(read_documents(&format!("v: {text}\n"), SourceFormat::Yaml).is_err(), "{text}");
    }
}

#[test]
fn a_text_without_a_name_is_guessed() {
    for (text, expect) in [
        ("{\"a\": 1}\n{\"a\": 2}\n", SourceFormat::Ndjson),
        ("\n\n{\"a\": 1}", SourceFormat::Ndjson),
        ("{\n  \"a\": 1\n}\n", SourceFormat::Json),
        ("[1,\n2]", SourceFormat::Json),
        ("a: 1\n", SourceFormat::Yaml),
        ("--- {a: 1}\n", SourceFormat::Yaml),
        ("\u{feff}{\"a\": 1}", SourceFormat::Ndjson),
        ("", SourceFormat::Yaml),
    ] {
        assert_eq!(SourceFormat::guess(text), expect, "{text:?}");
    }
}
