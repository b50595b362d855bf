//! Documents of expectations: versioned files that steps refer to.

use crate::{ExpectationParams, ValidateError};
use mlspec_record::body::ExpectationsRef;
use mlspec_record::{Description, Digest, Name, SchemaId, Version, canonical_digest};
use mlspec_schema::{SourceFormat, read_documents};
use mlspec_stage::Site;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// The name of the documents' schema.
const SCHEMA: &str = "expectations";

/// A versioned description of what a table should be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationsDocument {
    /// The schema that this document obeys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaId>,
    /// Its name, such as that of the dataset it describes.
    pub name: Name,
    /// Its version. What makes more tables fail is a new major version.
    pub version: Version,
    /// What it is about, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The expectations.
    #[schemars(length(min = 1))]
    pub expectations: Vec<ExpectationParams>,
}

/// Which document a step refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentParams {
    /// The datastore that it lies in.
    pub datastore: Name,
    /// Its path there: YAML or JSON.
    #[schemars(length(min = 1))]
    pub path: String,
    /// The digest of its canonical JSON, if it must be this one and no other; filled in when the step is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl ExpectationsDocument {
    /// The id of the schema that documents obey.
    pub fn schema_id() -> SchemaId {
        SchemaId::of(SCHEMA, Version::of(1, 0, 0)).unwrap_or_else(|_| unreachable!("the constant is a schema's name"))
    }

    /// The JSON Schema that documents obey.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(ExpectationsDocument)
    }

    /// Reads a document from text, YAML or JSON; `what` names it in errors.
    ///
    /// # Errors
    /// When the text is no document of expectations, or of a newer kind.
    pub fn parse(text: &str, format: SourceFormat, what: &str) -> Result<Self, ValidateError> {
        let broken = |reason: String| ValidateError::Document { path: what.to_owned(), reason };
        let documents = read_documents(text, format).map_err(|error| broken(error.to_string()))?;
        let [document] = <[serde_json::Value; 1]>::try_from(documents)
            .map_err(|found| broken(format!("it holds {} documents, expected one", found.len())))?;
        let document: Self = serde_json::from_value(document).map_err(|error| broken(error.to_string()))?;
        match &document.schema {
            Some(id) if id.name() != SCHEMA || id.version().major() != 1 => {
                Err(broken(format!("it obeys another schema than `{}`", Self::schema_id())))
            }
            _ => Ok(document),
        }
    }

    /// Reads a document from a file.
    ///
    /// # Errors
    /// When the file cannot be read, or is no document of expectations.
    pub fn read(path: &Path) -> Result<Self, ValidateError> {
        let what = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ValidateError::Document { path: what.clone(), reason: error.to_string() })?;
        Self::parse(&text, SourceFormat::of(path).unwrap_or_else(|| SourceFormat::guess(&text)), &what)
    }

    /// What records say of it.
    ///
    /// # Errors
    /// When a number in it cannot be written canonically.
    pub fn reference(&self) -> Result<ExpectationsRef, ValidateError> {
        let digest = canonical_digest(self).map_err(mlspec_store::StoreError::from)?;
        Ok(ExpectationsRef { name: self.name.clone(), version: self.version.clone(), digest })
    }

    /// The document as YAML, one line an expectation: easy to review, and to compare line by line.
    pub fn to_yaml(&self) -> String {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let mut yaml = String::new();
        if let Some(schema) = &self.schema {
            let _ = writeln!(yaml, "schema: {schema}");
        }
        let _ = writeln!(yaml, "name: {}\nversion: {}", text(self.name.as_str()), self.version);
        if let Some(description) = &self.description {
            let _ = writeln!(yaml, "description: {}", text(description.as_str()));
        }
        yaml.push_str("expectations:\n");
        for expectation in &self.expectations {
            let value = serde_json::to_value(expectation).unwrap_or_default();
            let _ = writeln!(yaml, "  - {}", flow(&without_defaults(value)));
        }
        yaml
    }
}

/// An expectation without what is so anyway, for people to read.
fn without_defaults(mut expectation: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    if let Some(members) = expectation.as_object_mut() {
        members.retain(|key, value| {
            !(key == "severity" && value == "error" || key == "tolerance" && value.as_f64() == Some(0.0))
        });
        for settings in members.values_mut().filter_map(Value::as_object_mut) {
            settings.retain(|_, value| *value != Value::Bool(false));
        }
    }
    expectation
}

/// A value in YAML's flow style: JSON, but for keys, which are fields' names and need no quotes.
fn flow(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            let members: Vec<String> = members.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

impl DocumentParams {
    /// Reads the document, and names its digest from now on.
    pub(crate) fn load(&mut self, site: &Site) -> Result<ExpectationsDocument, ValidateError> {
        let path = site.resolve(&self.datastore, &self.path)?;
        let broken = |reason: String| ValidateError::Document { path: self.path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|error| broken(error.to_string()))?;
        let format = SourceFormat::of(&path).unwrap_or_else(|| SourceFormat::guess(&text));
        let document = ExpectationsDocument::parse(&text, format, &self.path)?;
        let digest = document.reference()?.digest;
        match self.digest {
            Some(wanted) if wanted != digest => Err(broken("it has another digest than the settings name".to_owned())),
            _ => {
                self.digest = Some(digest);
                Ok(document)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "schema: urn:mlspec:schema:expectations:1.0.0\nname: \"customers\"\nversion: 1.2.0\ndescription: \"Who writes? Äöü: # no comment\"\nexpectations:\n  - {not_null: {columns: [\"a: b\", \"c\\\"'#\", \"né\"]}, tolerance: 0.1}\n  - {condition: {sql: \"a > 1 AND b <> 'x: y'\"}, severity: \"warning\"}\n";

    #[test]
    fn what_is_written_is_read() {
        let document = ExpectationsDocument::parse(YAML, SourceFormat::Yaml, "a.yaml").unwrap();
        assert_eq!(document.expectations[0].not_null.as_ref().unwrap().columns[1], "c\"'#");
        let again = ExpectationsDocument::parse(&document.to_yaml(), SourceFormat::Yaml, "a.yaml").unwrap();
        assert_eq!(again, document);
        let json = serde_json::to_string(&document).unwrap();
        let again = ExpectationsDocument::parse(&json, SourceFormat::Json, "a.json").unwrap();
        assert_eq!(again.reference().unwrap(), document.reference().unwrap());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for (text, message) in [
            ("name: a\nversion: 1.0.0\nexpectations: []\nmore: 1\n", "unknown field `more`"),
            ("name: a\nversion: \"1\"\nexpectations: []\n", "a version is `MAJOR.MINOR.PATCH`"),
            (
                "schema: urn:mlspec:schema:pipeline-file:1.0.0\nname: a\nversion: 1.0.0\nexpectations: []\n",
                "another schema",
            ),
            (
                "schema: urn:mlspec:schema:expectations:2.0.0\nname: a\nversion: 1.0.0\nexpectations: []\n",
                "another schema",
            ),
            ("a: 1\n---\nb: 1\n", "it holds 2 documents, expected one"),
            ("name: [\n", "line"),
        ] {
            let error = ExpectationsDocument::parse(text, SourceFormat::Yaml, "a.yaml").unwrap_err().to_string();
            assert!(error.contains(message) && error.contains("a.yaml"), "{text}: {error}");
        }
    }
}
