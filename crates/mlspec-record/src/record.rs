//! A record as a document: unknown fields survive, digests are computed from what is there.

use crate::canonical::canonical_members;
use crate::{CanonicalError, Digest, Envelope, Id, Kind, SchemaId, canonical_document};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A record or managed object as the JSON document it is.
///
/// A typed view never replaces the document: a field that a newer writer added stays in it, and in its digests.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    document: Value,
    kind: Kind,
    schema: SchemaId,
    id: Id,
}

/// Why a document is no record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The document is not an object.
    #[error("a record is a JSON object")]
    NotAnObject,
    /// A field of the header is missing or wrong.
    #[error("the field `{field}` of the record is missing or wrong: {reason}")]
    Header {
        /// The field.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The document does not have the asked-for shape.
    #[error("the record is not of the expected shape: {0}")]
    Shape(#[from] serde_json::Error),
    /// The record is of another kind.
    #[error("the record is about `{found}`, expected `{expected}`")]
    OtherKind {
        /// The kind it has.
        found: Kind,
        /// The kind asked for.
        expected: Kind,
    },
    /// The document has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// Members that differ between identical runs and are no part of the content.
const VOLATILE: [&str; 9] =
    ["id", "run", "started", "finished", "actor", "environment", "tags", "status", "execution_profile"];

/// Members of which only parts are content.
const EDITED: [&str; 3] = ["step", "inputs", "outputs"];

impl Record {
    /// Takes a document; reads `kind`, `schema` and `id`, and nothing else. Validate it by its schema where it comes from
    /// outside.
    ///
    /// # Errors
    /// When the document is no object or lacks one of the three.
    pub fn from_value(document: Value) -> Result<Self, RecordError> {
        let Value::Object(members) = &document else { return Err(RecordError::NotAnObject) };
        let kind = header(members, "kind")?;
        let schema = header(members, "schema")?;
        let id = header(members, "id")?;
        Ok(Self { document, kind, schema, id })
    }

    /// Writes a typed record as a document.
    ///
    /// # Errors
    /// When the value cannot be written as JSON or is no record.
    pub fn from_view(view: &impl Serialize) -> Result<Self, RecordError> {
        Self::from_value(serde_json::to_value(view)?)
    }

    /// The record's kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The schema it claims to obey.
    pub fn schema(&self) -> &SchemaId {
        &self.schema
    }

    /// Its id.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The document.
    pub fn document(&self) -> &Map<String, Value> {
        match &self.document {
            Value::Object(members) => members,
            _ => unreachable!("only objects are records"),
        }
    }

    /// The document as a value.
    pub fn as_value(&self) -> &Value {
        &self.document
    }

    /// A copy of the document as a value.
    pub fn to_value(&self) -> Value {
        self.document.clone()
    }

    /// A typed view of the whole: an [`Envelope`] or an [`crate::Object`] with its body.
    ///
    /// # Errors
    /// When the document does not have that shape.
    pub fn view<T: DeserializeOwned>(&self) -> Result<T, RecordError> {
        Ok(T::deserialize(&self.document)?)
    }

    /// The envelope of a stage's record, its body left as JSON.
    ///
    /// # Errors
    /// When the document is no stage's record.
    pub fn envelope(&self) -> Result<Envelope<Value>, RecordError> {
        self.view()
    }

    /// The envelope with a typed body, if the record is of this kind.
    ///
    /// # Errors
    /// When the kind or the shape differs.
    pub fn envelope_of<B: DeserializeOwned>(&self, kind: Kind) -> Result<Envelope<B>, RecordError> {
        match self.kind == kind {
            true => self.view(),
            false => Err(RecordError::OtherKind { found: self.kind, expected: kind }),
        }
    }

    /// The canonical bytes of the whole document, as stored.
    ///
    /// # Errors
    /// When the document has no canonical form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        Ok(canonical_document(&self.document)?)
    }

    /// The digest of the whole document.
    ///
    /// # Errors
    /// When the document has no canonical form.
    pub fn digest(&self) -> Result<Digest, RecordError> {
        Ok(Digest::of(&canonical_document(&self.document)?))
    }

    /// The digest of what the stage did: without ids, run, times, actor, environment, tags, status, cost, cache hit and update. Its
    /// inputs name their producers by *their* content, so runs are Merkle DAGs and identical runs have identical contents.
    ///
    /// # Errors
    /// When the document has no canonical form.
    pub fn content_digest(&self) -> Result<Digest, RecordError> {
        let edited: Vec<(&str, Value)> = EDITED.iter().filter_map(|key| Some((*key, self.edited(key)?))).collect();
        let members = self.lasting().map(|(key, member)| {
            let replaced = edited.iter().find(|(name, _)| name == key).map(|(_, value)| value);
            (key, replaced.unwrap_or(member))
        });
        Ok(Digest::of(&canonical_members(members)?))
    }

    /// What the content digest covers.
    pub fn content(&self) -> Map<String, Value> {
        let member =
            |(key, member): (&String, &Value)| (key.clone(), self.edited(key).unwrap_or_else(|| member.clone()));
        self.lasting().map(member).collect()
    }

    /// The members that identical runs share, apart from what is [`EDITED`] in them.
    fn lasting(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document().iter().filter(|(key, _)| !VOLATILE.contains(&key.as_str()))
    }

    /// A member of which only parts belong to the content: those parts.
    fn edited(&self, key: &str) -> Option<Value> {
        if !EDITED.contains(&key) {
            return None;
        }
        let mut value = self.document.get(key)?.clone();
        if let Some(step) = value.as_object_mut() {
            step.retain(|member, _| !matches!(member.as_str(), "cached" | "update" | "inexact"));
        }
        for entry in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            if let Some(producer) = entry.get_mut("producer").and_then(Value::as_object_mut) {
                producer.remove("record");
            }
            if let Some(artifact) = entry.get_mut("artifact").and_then(Value::as_object_mut) {
                // The same rows may take other bytes on disk when another version wrote the files.
                artifact.remove("bytes");
            }
        }
        Some(value)
    }
}

fn header<T: std::str::FromStr<Err: std::fmt::Display>>(
    document: &Map<String, Value>,
    field: &'static str,
) -> Result<T, RecordError> {
    let wrong = |reason: String| RecordError::Header { field, reason };
    let text = document.get(field).and_then(Value::as_str).ok_or_else(|| wrong("a string is expected".to_owned()))?;
    text.parse().map_err(|error: T::Err| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        let digest = Digest::of(b"x");
        json!({
            "schema": "urn:mlspec:schema:splitting:1.0.0", "id": "r-1", "kind": "splitting", "name": "cut", "status": "Active",
            "run": {"id": "run-1", "pipeline": "p", "version": "1.0.0"}, "step": {"name": "cut", "stage": "split@1", "cached": false},
            "started": "2024-05-01T12:00:00Z", "finished": "2024-05-01T12:00:01Z", "actor": "a", "environment": {"os": "linux"},
            "producer": {"name": "mlspec-split", "version": "0.1.0"}, "tags": [], "execution_profile": {"wall_seconds": 1.0},
            "inputs": [{"port": "rows", "artifact": {"kind": "table", "digest": digest, "bytes": 10},
                        "producer": {"record": "r-0", "content": digest, "step": "rows", "port": "rows"}}],
            "outputs": [{"port": "train", "artifact": {"kind": "table", "digest": digest, "rows": 3, "bytes": 20}}],
            "parameters": {"share": 0.8}, "seed": 7, "body": {"by": "row"}, "of_a_newer_writer": {"x": 1},
        })
    }

    fn edited(pointer: &str, value: Value) -> Record {
        let mut document = document();
        *document.pointer_mut(pointer).unwrap() = value;
        Record::from_value(document).unwrap()
    }

    #[test]
    fn the_content_is_what_identical_runs_share() {
        let original = Record::from_value(document()).unwrap();
        let digest = |record: &Record| record.content_digest().unwrap();
        for (pointer, value) in [
            ("/id", json!("r-2")),
            ("/run/id", json!("run-2")),
            ("/started", json!("2025-01-01T00:00:00Z")),
            ("/finished", json!("2025-01-01T00:00:00Z")),
            ("/actor", json!("b")),
            ("/environment/os", json!("plan9")),
            ("/tags", json!([{"key": "a", "value": "b"}])),
            ("/status", json!("Archived")),
            ("/execution_profile/wall_seconds", json!(9.0)),
            ("/step/cached", json!(true)),
            (
                "/step",
                json!({"name": "cut", "stage": "split@1", "update": {"from": "r-0", "method": "rerun"}, "inexact": true}),
            ),
            ("/inputs/0/producer/record", json!("r-9")),
            ("/inputs/0/artifact/bytes", json!(11)),
            ("/outputs/0/artifact/bytes", json!(21)),
        ] {
            let other = edited(pointer, value);
            assert_eq!(digest(&other), digest(&original), "{pointer} is no part of the content");
            assert_ne!(other.digest().unwrap(), original.digest().unwrap(), "{pointer} is a part of the record");
            assert_eq!(Digest::of(&crate::canonical_bytes(&other.content()).unwrap()), digest(&other), "{pointer}");
        }
        for (pointer, value) in [
            ("/name", json!("other")),
            ("/step/stage", json!("split@2")),
            ("/producer/version", json!("0.2.0")),
            ("/parameters/share", json!(0.7)),
            ("/seed", json!(8)),
            ("/body/by", json!("columns")),
            ("/outputs/0/artifact/rows", json!(4)),
            ("/inputs/0/producer/content", json!(Digest::of(b"y"))),
            ("/of_a_newer_writer/x", json!(2)),
        ] {
            assert_ne!(digest(&edited(pointer, value)), digest(&original), "{pointer} is a part of the content");
        }
    }

    #[test]
    fn unknown_fields_survive_and_order_does_not_matter() {
        let record = Record::from_value(document()).unwrap();
        let bytes = record.to_bytes().unwrap();
        let again = Record::from_value(serde_json::from_slice(&bytes).unwrap()).unwrap();
        assert_eq!((again.to_bytes().unwrap(), again.digest().unwrap()), (bytes, record.digest().unwrap()));
        assert_eq!(again.document()["of_a_newer_writer"], json!({"x": 1}));
        let envelope = again.envelope().unwrap();
        assert_eq!((envelope.step.name.as_str(), envelope.seed.map(crate::Seed::get)), ("cut", Some(7)));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let without = |field: &str| {
            let mut document = document();
            document.as_object_mut().unwrap().shift_remove(field);
            Record::from_value(document).unwrap_err().to_string()
        };
        assert_eq!(Record::from_value(json!([])).unwrap_err().to_string(), "a record is a JSON object");
        for field in ["schema", "kind", "id"] {
            assert_eq!(
                without(field),
                format!("the field `{field}` of the record is missing or wrong: a string is expected")
            );
        }
        let record = Record::from_value(document()).unwrap();
        let error = record.envelope_of::<crate::body::Training>(Kind::Training).unwrap_err();
        assert_eq!(error.to_string(), "the record is about `splitting`, expected `training`");
        let error = record.envelope_of::<crate::body::Splitting>(Kind::Splitting).unwrap_err();
        assert!(error.to_string().contains("missing field `hash`"), "{error}");
    }
}
