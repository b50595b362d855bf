//! How metrics are written in settings, for editors and validators.

use super::options::Parameter;
use super::{Definition, MetricSpec, table};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

impl JsonSchema for MetricSpec {
    fn schema_name() -> Cow<'static, str> {
        "Metric".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let plain = table::METRICS.iter().filter(|metric| !metric.takes.iter().any(|parameter| parameter.required));
        let plain: Vec<&str> = plain.map(|metric| metric.name).collect();
        let with = table::METRICS.iter().filter(|metric| !metric.takes.is_empty());
        let with: Map<String, Value> = with.map(|metric| (metric.name.to_owned(), parameters(metric))).collect();
        json_schema!({
            "description": "A metric by the name of scikit-learn's function or scorer, or an object of that name and parameters.",
            "anyOf": [
                {"type": "string", "enum": plain},
                {"type": "object", "properties": with, "additionalProperties": false, "minProperties": 1, "maxProperties": 1},
            ],
        })
    }
}

fn parameters(metric: &Definition) -> Value {
    let schema = |parameter: &&Parameter| (parameter.name.to_owned(), (parameter.schema)());
    let properties: Map<String, Value> = metric.takes.iter().map(schema).collect();
    let required: Vec<&str> =
        metric.takes.iter().filter(|parameter| parameter.required).map(|parameter| parameter.name).collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
