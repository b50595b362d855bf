//! The canonical published form of a schema, for kinds of documents and for the settings of stages alike.

use mlspec_record::SchemaId;
use schemars::Schema;
use serde_json::{Map, Value, json};

/// The dialect of every published schema.
pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The published form: dialect, `$id` and title first, definitions last and sorted, lists of named constants as `enum`, formats
/// that only Rust knows left out.
pub fn publish(id: &SchemaId, schema: Schema) -> Value {
    let mut body = match schema.to_value() {
        Value::Object(members) => members,
        other => Map::from_iter([("allOf".to_owned(), json!([other]))]),
    };
    for key in ["$schema", "$id", "title"] {
        body.remove(key);
    }
    let mut definitions = match body.remove("$defs") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    definitions.sort_keys();
    let mut published = Map::new();
    published.insert("$schema".to_owned(), json!(DIALECT));
    published.insert("$id".to_owned(), json!(id.to_string()));
    published.insert("title".to_owned(), json!(id.name()));
    published.extend(body.remove_entry("description"));
    published.extend(body);
    if !definitions.is_empty() {
        published.insert("$defs".to_owned(), Value::Object(definitions));
    }
    let mut published = Value::Object(published);
    simplify(&mut published);
    prune(&mut published);
    published
}

/// The text of a published schema's file.
pub fn published_text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// Where a published schema lies below the folder of schemas: `ingestion/1.0.0.json`, `settings/split/1.0.0.json`.
pub fn published_path(id: &SchemaId) -> String {
    format!("{}/{}.json", id.name().replace('.', "/"), id.version())
}

/// The id of the schema at a path, the reverse of [`published_path`].
pub(crate) fn published_id(path: &str) -> Option<SchemaId> {
    let (folders, version) = path.strip_suffix(".json")?.rsplit_once('/')?;
    SchemaId::of(&folders.replace('/', "."), version.parse().ok()?).ok()
}

/// Walks a schema and those in it; only what schemars writes for Rust types is touched.
fn simplify(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(simplify),
        Value::Object(members) => {
            enumerate(members);
            if members.get("format").and_then(Value::as_str).is_some_and(is_rust_format) {
                members.remove("format");
            }
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = unlinked(text);
            }
            for (key, member) in members.iter_mut() {
                match (key.as_str(), member) {
                    ("default" | "const" | "enum" | "examples", _) => {}
                    ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                        named.values_mut().for_each(simplify);
                    }
                    (_, member) => simplify(member),
                }
            }
        }
        _ => {}
    }
}

/// A doc comment without rustdoc's links: [`crate::Name`] reads `Name`.
fn unlinked(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (link, after))) = rest.split_once("[`").and_then(|(b, r)| Some((b, r.split_once("`]")?))) {
        let name = link.trim_start_matches("crate::").trim_start_matches("Self::");
        plain.extend([before, "`", name, "`"]);
        rest = after;
    }
    plain + rest
}

fn is_rust_format(format: &str) -> bool {
    let width = format.trim_start_matches("uint").trim_start_matches("int");
    matches!(format, "float" | "double" | "uint" | "int") || matches!(width, "8" | "16" | "32" | "64" | "128")
}

/// `oneOf` over documented string constants becomes `enum`; what each means moves into the description.
fn enumerate(members: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = members.get("oneOf") else { return };
    let Some(found) = variants.iter().map(constants).collect::<Option<Vec<_>>>() else { return };
    let found: Vec<(Value, Option<String>)> = found.into_iter().flatten().collect();
    let lines = found.iter().filter_map(|(value, text)| Some(format!("- `{}`: {}", value.as_str()?, text.as_ref()?)));
    let mut paragraphs: Vec<String> =
        members.get("description").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    let list = lines.collect::<Vec<_>>().join("\n");
    paragraphs.extend((!list.is_empty()).then_some(list));
    if !paragraphs.is_empty() {
        members.insert("description".to_owned(), json!(paragraphs.join("\n\n")));
    }
    members.remove("oneOf");
    members.insert("type".to_owned(), json!("string"));
    members.insert("enum".to_owned(), found.into_iter().map(|(value, _)| value).collect());
}

/// The constants of a variant, if it is nothing but string constants.
fn constants(variant: &Value) -> Option<Vec<(Value, Option<String>)>> {
    let members = variant.as_object()?;
    if !members.keys().all(|key| matches!(key.as_str(), "type" | "const" | "enum" | "description")) {
        return None;
    }
    let text = members.get("description").and_then(Value::as_str).map(|text| text.replace('\n', " "));
    match (members.get("const"), members.get("enum")) {
        (Some(value @ Value::String(_)), None) => Some(vec![(value.clone(), text)]),
        (None, Some(Value::Array(values))) if values.iter().all(Value::is_string) => {
            Some(values.iter().map(|value| (value.clone(), None)).collect())
        }
        _ => None,
    }
}

/// Drops definitions that nothing refers to, until all are referred to.
fn prune(schema: &mut Value) {
    loop {
        let mut used = Vec::new();
        references(schema, &mut used);
        let Some(Value::Object(definitions)) = schema.get_mut("$defs") else { return };
        let before = definitions.len();
        definitions.retain(|name, _| used.contains(name));
        if definitions.len() == before {
            return;
        }
    }
}

fn references(value: &Value, used: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, used)),
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/$defs/"));
            used.extend(target.map(str::to_owned));
            members.values().for_each(|member| references(member, used));
        }
        _ => {}
    }
}
