//! The pages in `spec/` and the schemas speak of the same fields.

use crate::*;
use mlspec_record::Kind;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn page(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn schema(name: &str) -> Value {
    let id = published_ids().filter(|id| id.name() == name).last().unwrap();
    serde_json::from_str(published_schema(id).unwrap()).unwrap()
}

/// Everything in backticks outside of code blocks.
fn quoted(page: &str) -> BTreeSet<String> {
    let prose: Vec<&str> = page.split("```").step_by(2).collect();
    prose.iter().flat_map(|text| text.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The fields of a subschema: through references, arrays, optional values and maps (`*`).
fn fields<'s>(root: &'s Value, schema: &'s Value) -> Vec<(String, &'s Value)> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return fields(root, root.pointer(name.trim_start_matches('#')).unwrap());
    }
    if let Some(variants) = schema.get("anyOf").and_then(Value::as_array) {
        return variants.iter().flat_map(|variant| fields(root, variant)).collect();
    }
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let maps = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    let items = schema.get("items").map(|items| ("[]".to_owned(), items));
    own.map(|(key, value)| (key.clone(), value))
        .chain(maps.map(|(_, value)| ("*".to_owned(), value)))
        .chain(items)
        .collect()
}

fn exists(root: &Value, path: &str) -> bool {
    let steps = path.replace("[0]", "[]").replace("[]", ".[]");
    let mut here = root;
    for step in steps.split('.') {
        match fields(root, here).into_iter().find(|(key, _)| key == step) {
            Some((_, below)) => here = below,
            None => return false,
        }
    }
    true
}

#[test]
fn every_kind_has_a_page_that_names_its_fields() {
    for kind in Kind::ALL {
        let (schema, page) = (schema(kind.as_str()), page(&format!("kinds/{kind}.md")));
        assert!(page.starts_with(&format!("# {kind}\n")), "{kind}");
        let quoted = quoted(&page);
        for (field, _) in fields(&schema, &schema["properties"]["body"]) {
            let named = format!("body.{field}");
            let is_named = quoted
                .iter()
                .any(|text| text.strip_prefix(&named).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)));
            assert!(is_named, "spec/kinds/{kind}.md says nothing of `{named}`");
        }
        for path in quoted.iter().filter(|text| text.starts_with("body.") || text.starts_with("outputs[")) {
            // `body.steps` is spoken of where a step run stands within its run.
            let known = exists(&schema, path) || (kind == Kind::StepRun && path == "body.steps");
            assert!(known, "spec/kinds/{kind}.md speaks of `{path}`, which the schema does not have");
        }
    }
}

#[test]
fn the_common_fields_are_explained() {
    let quoted = quoted(&page("kinds/README.md"));
    for kind in ["ingestion", "dataset"] {
        for (field, _) in fields(&Value::Null, &schema(kind)) {
            assert!(quoted.contains(&field), "spec/kinds/README.md says nothing of `{field}`");
        }
    }
}

#[test]
fn the_pipeline_file_is_explained() {
    let (schema, page) = (schema(PIPELINE_FILE), page("pipeline-file.md"));
    let quoted = quoted(&page);
    for (field, below) in fields(&schema, &schema) {
        let is_named = quoted.iter().any(|text| text == &field || text.starts_with(&format!("{field}.*")));
        assert!(is_named, "spec/pipeline-file.md says nothing of `{field}`");
        for (_, entry) in fields(&schema, below).into_iter().filter(|(key, _)| key == "*") {
            for (inner, _) in fields(&schema, entry) {
                let path = format!("{field}.*.{inner}");
                assert!(quoted.contains(&path), "spec/pipeline-file.md says nothing of `{path}`");
            }
        }
    }
    let example = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let file = &read_documents(example, SourceFormat::Yaml).unwrap()[0];
    let problems = validate_record(file).err().unwrap_or_default();
    // The example leaves the settings of its stages open.
    assert!(problems.iter().all(|problem| problem.pointer.contains("/settings")), "{problems:?}");
}
