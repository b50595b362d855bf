//! Which schema a document claims to obey.

use crate::{PIPELINE_FILE, Problem, Schema, SchemaError, published, suggest::closest};
use mlspec_record::SchemaId;
use serde_json::{Map, Value};

/// Why no schema was found for a document.
#[derive(Debug)]
pub(crate) enum Unclaimed {
    /// The document names none.
    Nothing,
    /// It names one that is not published.
    Unknown(Box<Problem>),
    /// The published schema does not compile.
    Broken(SchemaError),
}

/// Finds the schema by the document's own word: `schema` or `$schema`, else `kind`, else the shape of a pipeline file.
pub(crate) fn claimed(document: &Value) -> Result<&'static Schema, Unclaimed> {
    let Value::Object(members) = document else { return Err(Unclaimed::Nothing) };
    let ours = |key: &str| {
        members.get(key)?.as_str().filter(|id| id.starts_with(SchemaId::PREFIX)).map(|id| (key.to_owned(), id))
    };
    if let Some((key, id)) = ours("schema").or_else(|| ours("$schema")) {
        return by_id(&key, id);
    }
    if let Some(kind) = members.get("kind").and_then(Value::as_str) {
        return by_kind(kind);
    }
    match looks_like_pipeline(members) {
        true => compiled(PIPELINE_FILE, None).ok_or(Unclaimed::Nothing)?.map_err(Unclaimed::Broken),
        false => Err(Unclaimed::Nothing),
    }
}

fn looks_like_pipeline(members: &Map<String, Value>) -> bool {
    members.contains_key("pipeline") || members.contains_key("steps")
}

fn by_id(key: &str, text: &str) -> Result<&'static Schema, Unclaimed> {
    let pointer = format!("/{key}");
    let unknown = |message: &str, help| {
        Unclaimed::Unknown(Box::new(Problem::new(pointer.as_str(), "schema", message).help(help)))
    };
    let Ok(id) = SchemaId::new(text) else {
        let help = Some("a schema id is written `urn:mlspec:schema:NAME:VERSION`".to_owned());
        return Err(unknown("expected the id of a published schema", help));
    };
    match compiled(id.name(), Some(id.version().major())) {
        Some(schema) => schema.map_err(Unclaimed::Broken),
        None if published::newest(id.name(), None).is_some() => {
            let help = "this program knows other major versions of it; a newer program may know this one".to_owned();
            Err(unknown("the major version of the schema is unknown", Some(help)))
        }
        None => {
            let near = closest(id.name(), names()).map(|name| format!("did you mean `{name}`?"));
            Err(unknown("no published schema has this name", near))
        }
    }
}

fn by_kind(kind: &str) -> Result<&'static Schema, Unclaimed> {
    let known = kind.parse::<mlspec_record::Kind>().ok().and_then(|kind| compiled(kind.as_str(), None));
    known.map(|schema| schema.map_err(Unclaimed::Broken)).unwrap_or_else(|| {
        let near = closest(kind, mlspec_record::Kind::ALL.into_iter().map(mlspec_record::Kind::as_str));
        let problem = Problem::new("/kind", "kind", "expected a published kind of document");
        let help = near.map(|near| format!("did you mean `{near}`?"));
        Err(Unclaimed::Unknown(Box::new(problem.help(help))))
    })
}

fn compiled(name: &str, major: Option<u64>) -> Option<Result<&'static Schema, SchemaError>> {
    published::newest(name, major).map(published::Published::schema)
}

/// The names of the published schemas.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    published::all().iter().map(|entry| entry.id.name())
}
