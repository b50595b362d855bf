//! Unions: the variant that was meant is explained, not "not valid under any of the schemas".

use crate::*;
use mlspec_record::{SchemaId, Version};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};

/// Tagged by a field, as operators and expectations are.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "operator", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
enum Operator {
    Filter {
        condition: String,
    },
    GroupBy {
        keys: Vec<String>,
        #[serde(default)]
        aggregates: Vec<Aggregate>,
    },
    Limit {
        rows: u32,
    },
    Distinct,
}

/// Tagged by the key itself.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
enum Aggregate {
    Sum { column: String },
    Count,
    Quantile { column: String, q: f64 },
}

#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Settings {
    /// What to do.
    steps: Vec<Operator>,
    limit: Option<Limit>,
}

/// A nested optional.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Limit {
    #[schemars(range(min = 1))]
    rows: u32,
}

fn schema() -> Schema {
    let id = SchemaId::of("settings.invented", Version::of(1, 0, 0)).unwrap();
    Schema::new("settings", publish(&id, schema_for!(Settings))).unwrap()
}

fn told(value: Value) -> Vec<String> {
    let mut told: Vec<String> =
        schema().check(&value).err().unwrap_or_default().iter().map(Problem::to_string).collect();
    told.sort();
    told
}

#[test]
fn the_variant_that_was_meant_is_explained() {
    let step = |step: Value| json!({"steps": [step]});
    let aggregate =
        |aggregate: Value| json!({"steps": [{"operator": "group_by", "keys": [], "aggregates": [aggregate]}]});
    for (value, expect) in [
        (step(json!({"operator": "filter", "condition": "x > 1"})), vec![]),
        (step(json!({"operator": "distinct"})), vec![]),
        (aggregate(json!("count")), vec![]),
        (aggregate(json!({"sum": {"column": "x"}})), vec![]),
        (
            step(json!({"operator": "filtre", "condition": "x > 1"})),
            vec![
                "expected one of `filter`, `group_by`, `limit`, `distinct` (at `/steps/0/operator`, oneOf); did you mean `filter`?",
            ],
        ),
        (
            step(json!({"operator": 7})),
            vec!["expected one of `filter`, `group_by`, `limit`, `distinct` (at `/steps/0/operator`, oneOf)"],
        ),
        (step(json!({"condition": "x > 1"})), vec!["the field `operator` is missing (at `/steps/0`, required)"]),
        (step(json!("filter")), vec!["expected an object, got a string (at `/steps/0`, type)"]),
        (step(json!({"operator": "filter"})), vec!["the field `condition` is missing (at `/steps/0`, required)"]),
        (
            step(json!({"operator": "filter", "conditon": "x > 1"})),
            vec!["unknown field `conditon` (at `/steps/0/conditon`, additionalProperties); did you mean `condition`?"],
        ),
        (
            step(json!({"operator": "limit", "rows": "ten"})),
            vec!["expected an integer, got a string (at `/steps/0/rows`, type)"],
        ),
        (
            aggregate(json!({"summ": {"column": "x"}})),
            vec!["expected one of `sum`, `quantile` (at `/steps/0/aggregates/0/summ`, oneOf); did you mean `sum`?"],
        ),
        (
            aggregate(json!({"quantile": {"column": "x"}})),
            vec!["the field `q` is missing (at `/steps/0/aggregates/0/quantile`, required)"],
        ),
        (
            aggregate(json!({"quantile": {"column": "x", "q": "half"}})),
            vec!["expected a number, got a string (at `/steps/0/aggregates/0/quantile/q`, type)"],
        ),
        (json!({"steps": [], "limit": {"rows": 0}}), vec!["expected at least 1 (at `/limit/rows`, minimum)"]),
        (json!({"steps": [], "limit": 7}), vec!["expected an object or null, got a whole number (at `/limit`, type)"]),
        (
            json!({"steps": [], "limit": {"row": 1}}),
            vec!["unknown field `row` (at `/limit/row`, additionalProperties); did you mean `rows`?"],
        ),
    ] {
        assert_eq!(told(value.clone()), expect, "{value}");
    }
}

/// Kinds as fields beside others, of which exactly one is required.
#[test]
fn fields_that_exclude_each_other_are_told() {
    let schema = Schema::new(
        "expectation",
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {"name": {"type": "string"}, "not_null": {"type": "string"}, "unique": {"type": "string"}},
            "oneOf": [{"required": ["not_null"]}, {"required": ["unique"]}],
        }),
    )
    .unwrap();
    for (value, expect) in [
        (json!({"name": "a", "unique": "x"}), vec![]),
        (json!({"name": "a"}), vec!["expected one of the fields `not_null`, `unique` (at `/`, oneOf)"]),
        (
            json!({"unique": "x", "not_null": "x"}),
            vec!["expected only one of the fields `not_null`, `unique` (at `/`, oneOf)"],
        ),
        (
            json!({"not_nul": "x"}),
            vec!["unknown field `not_nul` (at `/not_nul`, additionalProperties); did you mean `not_null`?"],
        ),
    ] {
        let told: Vec<String> = schema.check(&value).err().unwrap_or_default().iter().map(Problem::to_string).collect();
        assert_eq!(told, expect, "{value}");
    }
}

/// What `publish` does to a schema does not change what it accepts.
#[test]
fn documented_constants_become_an_enum() {
    #[derive(Serialize, JsonSchema)]
    #[allow(dead_code)]
    enum Level {
        /// Told.
        Low,
        /// Stops.
        High,
        Other,
    }
    let id = SchemaId::of("settings.invented", Version::of(1, 0, 0)).unwrap();
    let published = publish(&id, schema_for!(Level));
    assert_eq!(published["enum"].as_array().map(Vec::len), Some(3));
    assert!(published.get("oneOf").is_none());
    assert!(published["description"].as_str().unwrap().contains("- `High`: Stops."));
    let schema = Schema::new("level", published).unwrap();
    assert!(schema.is_valid(&json!("High")) && schema.is_valid(&json!("Other")) && !schema.is_valid(&json!("high")));
    let problems = schema.check(&json!("high")).unwrap_err();
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `High`?"));
}
