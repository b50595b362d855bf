//! References that are no table: the report of an analysis at a port, or a file with one, or with the record of an analysis.

use crate::{Baseline, MonitorError};
use mlspec_measure::profile::{PROFILE_FORMAT, Profile};
use mlspec_record::{ArtifactRef, Digest, Envelope, Kind, Record};
use mlspec_stage::Site;
use mlspec_store::{Store, StoreError};
use serde_json::Value;
use std::path::PathBuf;

/// The profile that arrives at a port.
pub(crate) fn at_port(store: &Store, port: &'static str, artifact: &ArtifactRef) -> Result<Profile, MonitorError> {
    of_value(store.json(&artifact.digest)?).map_err(|reason| MonitorError::Profile { port, reason })
}

/// The file of a baseline.
pub(crate) fn locate(site: &Site, baseline: &Baseline) -> Result<PathBuf, MonitorError> {
    Ok(site.resolve(&baseline.datastore, &baseline.path)?)
}

/// The profile of a baseline.
pub(crate) fn of_file(store: &Store, site: &Site, baseline: &Baseline) -> Result<Profile, MonitorError> {
    let path = locate(site, baseline)?;
    let bytes = std::fs::read(&path).map_err(|error| StoreError::io(&path, error))?;
    let wrong = |reason: String| MonitorError::Baseline { path: baseline.path.clone(), reason };
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if document.get("format").is_some() {
        return of_value(document).map_err(wrong);
    }
    let record = Record::from_value(document).map_err(|error| wrong(error.to_string()))?;
    let digest = profile_of(&record).map_err(wrong)?;
    of_value(store.json(&digest)?).map_err(wrong)
}

/// The profile that the record of an analysis names.
fn profile_of(record: &Record) -> Result<Digest, String> {
    let envelope: Envelope<Value> = record.envelope_of(Kind::Analysis).map_err(|error| error.to_string())?;
    let found = envelope.outputs.into_iter().find(|output| output.port.as_str() == "profile");
    found.map(|output| output.artifact.digest).ok_or_else(|| "it names no profile".to_owned())
}

fn of_value(document: Value) -> Result<Profile, String> {
    match document.get("format").and_then(Value::as_str) {
        Some(PROFILE_FORMAT) => serde_json::from_value(document).map_err(|_| "it is not of its format".to_owned()),
        Some(_) => Err(format!("its format is not `{PROFILE_FORMAT}`")),
        None => Err("it has no format".to_owned()),
    }
}
