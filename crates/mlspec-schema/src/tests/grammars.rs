//! The types of `mlspec-record` and their schemas accept the same texts.

use crate::Schema;
use mlspec_record::*;
use proptest::prelude::*;
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};
use std::sync::LazyLock;

struct Grammar {
    name: &'static str,
    schema: Schema,
    accepts: fn(&str) -> bool,
}

fn grammar<T: JsonSchema + std::str::FromStr>(name: &'static str) -> Grammar {
    let schema = Schema::new(name, schema_for!(T).to_value()).unwrap();
    Grammar { name, schema, accepts: |text| T::from_str(text).is_ok() }
}

static GRAMMARS: LazyLock<Vec<Grammar>> = LazyLock::new(|| {
    vec![
        grammar::<Name>("Name"),
        grammar::<Id>("Id"),
        grammar::<Digest>("Digest"),
        grammar::<Version>("Version"),
        grammar::<StageId>("StageId"),
        grammar::<SchemaId>("SchemaId"),
        grammar::<PortRef>("PortRef"),
        grammar::<Description>("Description"),
        grammar::<Timestamp>("Timestamp"),
    ]
});

fn agree(text: &str) -> Result<(), String> {
    for grammar in GRAMMARS.iter() {
        let (by_type, by_schema) = ((grammar.accepts)(text), grammar.schema.is_valid(&json!(text)));
        if by_type != by_schema {
            return Err(format!("{}: type says {by_type}, schema says {by_schema}: {text:?}", grammar.name));
        }
    }
    Ok(())
}

#[test]
fn types_and_schemas_agree_on_chosen_texts() {
    let long = |length: usize| "n".repeat(length);
    let mut texts: Vec<String> = [
        "",
        "a",
        "-a",
        "a-",
        "_",
        "a b",
        "ä",
        "a\n",
        "\na",
        "A.b",
        "a.b.c",
        ".b",
        "a.",
        "1.2.3",
        "01.2.3",
        "1.2.3-",
        "1.2.3-a..b",
        "1.2.3-0a",
        "1.2.3-01",
        "1.2.3+01",
        "1.2.3-rc.1+b-1",
        "1.2",
        "1.2.3.4",
        " 1.2.3",
        "split@1",
        "split@01",
        "split@1000000000",
        "Split@1",
        "split@",
        "@1",
        "a@1@2",
        "urn:mlspec:schema:a:1.0.0",
        "urn:mlspec:schema:a.b-c:1.0.0-x",
        "urn:mlspec:schema::1.0.0",
        "urn:mlspec:schema:A:1.0.0",
        "urn:mlspec:schema:a:1.0",
        "urn:mlspec:schema:a:1.0.0\n",
        "urn:mlspec:schema:a:01.0.0",
        "2024-05-01T12:00:00Z",
        "2024-05-01t12:00:00z",
        "2024-05-01 12:00:00Z",
        "2024-05-01T12:00:00",
        "2024-05-01T12:00:00.123456789Z",
        "2024-05-01T12:00:00.Z",
        "2024-05-01T12:00:00+02:00",
        "2024-05-01T12:00:00+0200",
        "2024-05-01T12:00:00+23:59",
        "2024-05-01T24:00:00Z",
        "2024-05-01T12:60:00Z",
        "2024-05-01T12:00:61Z",
        "2024-02-29T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-30T00:00:00Z",
        "2024-05-01T12:00:00[UTC]",
        "2024-05-01T12:00:00Z[UTC]",
        "2024-05-01T12Z",
        "+2024-05-01T12:00:00Z",
        "20240501T120000Z",
        "2024-05-01T12:00:00-00:00",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend([long(40), long(41), long(255), long(256), long(32_768), long(32_769)]);
    texts.extend([
        format!("{}.{}", long(255), long(255)),
        format!("{}.a", long(256)),
        format!("{}@1", long(64)),
        format!("{}@1", long(65)),
    ]);
    texts.push(Digest::of(b"").to_string());
    texts.push(Digest::of(b"").to_string().to_uppercase());
    texts.push(Digest::of(b"").to_string() + "\n");
    let disagreements: Vec<String> = texts.iter().filter_map(|text| agree(text).err()).collect();
    assert_eq!(disagreements, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn types_and_schemas_agree(
        text in prop_oneof![
            "[A-Za-z0-9_@. -]{0,45}",
            "[0-9]{1,3}[.][0-9]{1,2}[.][0-9]{1,2}([-+][0-9a-z.-]{0,6})?",
            "[a-z][a-z0-9-]{0,3}@[0-9]{0,3}",
            "urn:mlspec:schema:[a-zA-Z.-]{0,4}:[0-9]{1,2}[.][0-9][.][0-9]([-+][0-9a-z]{0,2})?",
            "20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-5][0-9]([.][0-9]{0,3})?([zZ]|[-+][01][0-9]:[0-5][0-9])?",
            "sha256:[0-9a-f]{63,65}",
            ".{0,8}",
        ]
    ) {
        prop_assert_eq!(agree(&text), Ok(()));
    }
}

#[test]
fn seeds_agree() {
    let schema = Schema::new("Seed", schema_for!(Seed).to_value()).unwrap();
    for value in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(9_007_199_254_740_991_u64),
        json!(9_007_199_254_740_992_u64),
        Value::Null,
    ] {
        assert_eq!(serde_json::from_value::<Seed>(value.clone()).is_ok(), schema.is_valid(&value), "{value}");
    }
}
