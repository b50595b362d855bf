//! The settings of a pipeline's steps, by the schema of their stage.

use crate::{rules::settings_problems, *};
use serde_json::{Value, json};

fn schema() -> Schema {
    let document = json!({
        "type": "object", "additionalProperties": false, "required": ["path"],
        "properties": {
            "path": {"type": "string", "pattern": "[.]csv$"},
            "share": {"type": "number", "exclusiveMaximum": 1},
            "how": {"enum": ["hash", "quota"]},
            "parts": {"type": "array", "items": {"oneOf": [
                {"type": "object", "required": ["type"], "properties": {"type": {"const": "rest"}}},
                {"type": "object", "required": ["type"], "properties": {"type": {"const": "share"}, "of": {"type": "number"}}},
            ]}},
        },
    });
    Schema::new("settings", document).unwrap()
}

#[test]
fn placeholders_are_not_judged_and_all_else_is() {
    let told = |settings: Value| -> Vec<(String, String)> {
        let problems = settings_problems(&schema(), &settings, "/steps/cut/settings");
        problems.into_iter().map(|problem| (problem.pointer, problem.keyword)).collect()
    };
    let at = |pointer: &str, keyword: &str| vec![(format!("/steps/cut/settings{pointer}"), keyword.to_owned())];
    for (settings, expect) in [
        (json!({"path": "a.csv", "share": 0.5}), vec![]),
        (json!({"path": "a.csv", "share": "${share}"}), vec![]),
        (json!({"path": "data/${year}/mails", "how": "${how}"}), vec![]),
        (json!({"path": "a.csv", "parts": "${parts}"}), vec![]),
        (json!({"path": "a.csv", "parts": [{"type": "share", "of": "${share}"}]}), vec![]),
        (json!({"path": "a.csv", "parts": ["${part}"]}), vec![]),
        (json!({"path": "a.csv", "share": "half"}), at("/share", "type")),
        (json!({"path": "a.csv", "parts": [{"type": "share", "of": "half"}]}), at("/parts/0/of", "type")),
        (json!({"share": "${share}"}), at("", "required")),
        (json!({"path": "a.csv", "sharre": "${share}"}), at("/sharre", "additionalProperties")),
    ] {
        assert_eq!(told(settings.clone()), expect, "{settings}");
    }
}

/// Every published settings schema is found by a step that uses its stage.
#[test]
fn steps_are_judged_by_the_published_schema_of_their_stage() {
    for id in published_ids().filter(|id| id.name().starts_with("settings.")) {
        let stage = format!("{}@{}", id.name().trim_start_matches("settings."), id.version().major());
        let file = json!({
            "pipeline": "p", "version": "1.0.0",
            "steps": {"s": {"uses": stage, "settings": {"no_stage_has_a_setting_like_this": 1}}},
        });
        let problems = validate_record(&file).unwrap_err();
        assert!(
            problems.iter().all(|problem| problem.pointer.starts_with("/steps/s/settings")),
            "{stage}: {problems:?}"
        );
    }
}
