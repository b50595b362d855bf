//! The stages that a program knows.

use crate::{Site, Stage, StageError};
use mlspec_record::{ExitCode, Failure, Name, Place, StageId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Makes a stage from its settings, checked, for the step that uses it.
pub type Build = fn(step: &Name, settings: Map<String, Value>, site: &Site) -> Result<Box<dyn Stage>, StageError>;

/// A stage that can be used by its id.
#[derive(Clone, Debug)]
pub struct StageEntry {
    /// The id.
    pub id: StageId,
    /// Makes one.
    pub build: Build,
    /// The JSON Schema of its settings.
    pub settings: fn() -> schemars::Schema,
}

/// The stages that a program knows, by id.
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<StageId, StageEntry>);

impl Registry {
    /// A registry of these stages.
    pub fn new(entries: impl IntoIterator<Item = StageEntry>) -> Self {
        Self(entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect())
    }

    /// The same and one more, which takes the place of one of its id.
    #[must_use]
    pub fn with(mut self, entry: StageEntry) -> Self {
        self.0.insert(entry.id.clone(), entry);
        self
    }

    /// The stage of this id.
    pub fn get(&self, id: &StageId) -> Option<&StageEntry> {
        self.0.get(id)
    }

    /// All stages, by id.
    pub fn entries(&self) -> impl Iterator<Item = &StageEntry> {
        self.0.values()
    }
}

/// A setting that does not fit.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct SettingsError {
    reason: String,
}

impl Failure for SettingsError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn place(&self) -> Place {
        Place::default()
    }
}

/// Reads settings into a stage's type, which refuses unknown fields.
///
/// # Errors
/// When a setting is unknown, missing or of the wrong type.
pub fn parse_settings<T: DeserializeOwned>(settings: Map<String, Value>) -> Result<T, StageError> {
    T::deserialize(Value::Object(settings)).map_err(|error| SettingsError { reason: error.to_string() }.into())
}

/// Settings with their defaults, as a stage says them in records and cache keys: the other way of [`parse_settings`]. Nothing of a value
/// that is no object, which settings never are.
pub fn write_settings<T: Serialize>(settings: &T) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    }
}
