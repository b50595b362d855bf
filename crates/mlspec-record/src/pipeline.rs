//! The pipeline file: configuration apart from code.

use crate::{Datastore, Description, Name, Retention, Seed, StageId, Tag, Version, text::string_type};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A pipeline as written by its user, in YAML or JSON.
///
/// Anywhere in `settings`, a string `${name}` stands for the parameter of that name (the whole string: with its type; as a
/// part of a string: as text).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineFile {
    /// The schema, for editors and validators; optional.
    #[serde(default, rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The pipeline's name.
    pub pipeline: Name,
    /// Its version.
    pub version: Version,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Labels that every record of its runs carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The seed of every random draw of every step.
    #[serde(default)]
    pub seed: Seed,
    /// What a run may set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<Name, Parameter>,
    /// Which older versions a purge leaves in the store; without it, `mlspec purge` must be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Where data lies, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub datastores: BTreeMap<Name, Datastore>,
    /// The steps, by name; their order in the file has no meaning.
    #[schemars(extend("minProperties" = 1))]
    pub steps: BTreeMap<Name, StepFile>,
}

/// One step: which stage, what it reads, how it is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// The stage, such as `split@1`.
    pub uses: StageId,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// For each input port, the output of another step that it reads.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<Name, PortRef>,
    /// The stage's settings; see the schema `settings.<stage>`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// Steps that must be done before, without data flowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Name>,
}

/// A parameter of a pipeline: type, default, constraints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The value where a run sets none; without it the run must set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What values must fulfil besides.
    #[serde(default, skip_serializing_if = "Constraint::is_empty")]
    pub constraint: Constraint,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// A list of texts.
    StringList,
}

/// Constraints on a parameter's value, with the meaning JSON Schema gives them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The number is above this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_minimum: Option<f64>,
    /// The number is below this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_maximum: Option<f64>,
    /// The number is a multiple of this positive one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiple_of: Option<f64>,
    /// The values allowed.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<Value>>,
    /// A regular expression found in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

impl Constraint {
    /// Whether nothing is constrained.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// An output port of a step: `step.port`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRef {
    /// The step.
    pub step: Name,
    /// Its output port.
    pub port: Name,
}

/// Why a text is no reference to a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a port is written `STEP.PORT`, such as `split.train`")]
pub struct PortRefError;

impl PortRef {
    /// Reads `step.port`.
    ///
    /// # Errors
    /// When the text is not two names joined by a dot.
    pub fn new(text: &str) -> Result<Self, PortRefError> {
        let (step, port) = text.split_once('.').ok_or(PortRefError)?;
        let name = |text| Name::new(text).map_err(|_| PortRefError);
        Ok(Self { step: name(step)?, port: name(port)? })
    }
}

impl std::fmt::Display for PortRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.step, self.port)
    }
}

string_type!(PortRef, PortRefError, {
    "type": "string",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,254}\\.[A-Za-z0-9][A-Za-z0-9_-]{0,254}$",
    "description": "An output port of a step, written `step.port`."
});

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PipelineFile, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn ports_are_a_step_and_a_name() {
        for (text, valid) in [
            ("split.train", true),
            ("a-b.c_d", true),
            ("split", false),
            ("split.", false),
            (".x", false),
            ("a.b.c", false),
        ] {
            let port = PortRef::new(text);
            assert_eq!(port.is_ok(), valid, "{text}");
            assert!(port.is_err() || port.unwrap().to_string() == text);
        }
    }

    #[test]
    fn what_is_left_out_has_its_default_and_is_not_written() {
        let text = r#"{"pipeline":"wine","version":"1.0.0","seed":0,"steps":{"rows":{"uses":"ingest@1"}}}"#;
        let file = read(text).unwrap();
        assert_eq!(file.seed, Seed::default());
        assert!(file.parameters.is_empty() && file.steps["rows"].inputs.is_empty());
        assert_eq!(serde_json::to_string(&file).unwrap(), text);
    }

    #[test]
    fn unknown_fields_are_refused_everywhere() {
        for (text, field) in [
            (r#"{"pipeline":"p","version":"1.0.0","steps":{},"stages":{}}"#, "stages"),
            (r#"{"pipeline":"p","version":"1.0.0","steps":{"a":{"uses":"b@1","input":{}}}}"#, "input"),
            (r#"{"pipeline":"p","version":"1.0.0","steps":{},"parameters":{"a":{"type":"float","min":1}}}"#, "min"),
            (
                r#"{"pipeline":"p","version":"1.0.0","steps":{},"parameters":{"a":{"type":"float","constraint":{"min":1}}}}"#,
                "min",
            ),
            (
                r#"{"pipeline":"p","version":"1.0.0","steps":{},"datastores":{"a":{"type":"folder","path":"x","key":"y"}}}"#,
                "key",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(&format!("unknown field `{field}`")), "{error}");
        }
    }
}
