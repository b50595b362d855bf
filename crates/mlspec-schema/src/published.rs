//! The committed schemas, embedded.

use crate::{Schema, SchemaError, publish::published_id};
use mlspec_record::SchemaId;
use std::sync::OnceLock;

/// Paths below `schemas/` and texts, sorted by path; written by `build.rs`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/published.rs"));

/// One committed schema; it is compiled when it is first used.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) id: SchemaId,
    text: &'static str,
    compiled: OnceLock<Result<Schema, SchemaError>>,
}

impl Published {
    pub(crate) fn schema(&self) -> Result<&Schema, SchemaError> {
        self.compiled.get_or_init(|| Schema::from_text(&self.id.to_string(), self.text)).as_ref().map_err(Clone::clone)
    }
}

/// All committed schemas, by name, then oldest version first.
pub(crate) fn all() -> &'static [Published] {
    static ALL: OnceLock<Vec<Published>> = OnceLock::new();
    ALL.get_or_init(|| {
        let entry = |&(path, text): &(_, &'static str)| {
            Some(Published { id: published_id(path)?, text, compiled: OnceLock::new() })
        };
        let mut all: Vec<_> = FILES.iter().filter_map(entry).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    })
}

/// The ids of the published schemas, by name, then oldest version first.
pub fn published_ids() -> impl Iterator<Item = &'static SchemaId> {
    all().iter().map(|entry| &entry.id)
}

/// The committed text of a published schema.
pub fn published_schema(id: &SchemaId) -> Option<&'static str> {
    all().iter().find(|entry| entry.id == *id).map(|entry| entry.text)
}

/// The newest schema of this name and, if one is asked for, of this major version.
pub(crate) fn newest(name: &str, major: Option<u64>) -> Option<&'static Published> {
    let fits =
        |entry: &&Published| entry.id.name() == name && major.is_none_or(|major| entry.id.version().major() == major);
    all().iter().rev().find(fits)
}
