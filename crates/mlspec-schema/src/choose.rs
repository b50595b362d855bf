//! The schema that the user names.

use crate::{
    Schema, SchemaError, SourceFormat, claim, published,
    read::{decode, read_documents},
    sources::reason,
    suggest::closest,
};
use mlspec_record::{Place, SchemaId};
use std::{fs::File, io::Read, path::Path};

/// A schema that holds for all documents.
#[derive(Debug)]
pub(crate) enum Chosen {
    /// A published one.
    Published(&'static Schema),
    /// One from a file.
    File(Box<Schema>),
}

impl Chosen {
    pub(crate) fn schema(&self) -> &Schema {
        match self {
            Self::Published(schema) => schema,
            Self::File(schema) => schema,
        }
    }
}

/// A published schema by its name or id, else a file.
pub(crate) fn choose(name: &str, max_bytes: usize) -> Result<Chosen, SchemaError> {
    let published = match SchemaId::new(name) {
        Ok(id) => published::newest(id.name(), Some(id.version().major())),
        Err(_) => published::newest(name, None),
    };
    match published {
        Some(published) => published.schema().map(Chosen::Published),
        None if Path::new(name).exists() => from_file(name, max_bytes).map(|schema| Chosen::File(Box::new(schema))),
        None => {
            let help = match closest(name.trim_start_matches(SchemaId::PREFIX), claim::names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a published schema, such as `ingestion` or `pipeline-file`, or a file".to_owned(),
            };
            Err(SchemaError::Unknown { name: name.to_owned(), help })
        }
    }
}

fn from_file(name: &str, max_bytes: usize) -> Result<Schema, SchemaError> {
    let unreadable = |reason: String| SchemaError::Unreadable { name: name.to_owned(), reason };
    let mut bytes = Vec::new();
    let file = File::open(name).map_err(|error| unreadable(reason(&error)))?;
    file.take(max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(reason(&error)))?;
    if bytes.len() > max_bytes {
        return Err(unreadable(format!("it has more than {max_bytes} bytes")));
    }
    let parsed = decode(&bytes).and_then(|text| {
        let format = SourceFormat::of(Path::new(name)).unwrap_or_else(|| SourceFormat::guess(text));
        read_documents(text, format)
    });
    let documents = parsed.map_err(|error| SchemaError::Syntax {
        name: name.to_owned(),
        place: Box::new(Place {
            file: Some(name.to_owned()),
            line: Some(error.position.line),
            column: Some(error.position.column),
            pointer: error.pointer,
            ..Place::default()
        }),
        reason: error.message,
    })?;
    match <[_; 1]>::try_from(documents) {
        Ok([document]) => Schema::new(name, document),
        Err(_) => Err(SchemaError::NotASchema {
            name: name.to_owned(),
            reason: "the file holds several documents".to_owned(),
            pointer: String::new(),
        }),
    }
}
