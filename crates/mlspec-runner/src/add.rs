//! Records that a finished script or a foreign tool wrote, taken into a store.

use crate::{Problem, Rejected, RunnerError};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Envelope, Id, Kind, Name, Record};
use mlspec_store::{Store, StoreError};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A record that was taken into a store.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// Its id.
    pub record: Id,
    /// What it is about.
    pub kind: Kind,
    /// Its step.
    pub step: Name,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether this very record was there already.
    pub known: bool,
}

/// Takes a record into a store, with objects that it names. It is checked like any other: by its schema, its id is free, every artifact
/// that it names is in the store, among `objects`, or said to lie `elsewhere`, and what it says of records of this store is true.
///
/// # Errors
/// Every problem that was found; nothing is written then.
pub fn add(store: &Store, document: Value, objects: &[Vec<u8>]) -> Result<Added, RunnerError> {
    if let Err(problems) = mlspec_schema::validate_record(&document) {
        let told = |found: mlspec_schema::Problem| Problem::at(found.pointer, found.message).hint(found.help);
        return Err(Rejected { problems: problems.into_iter().map(told).collect() }.into());
    }
    let record = Record::from_value(document).map_err(StoreError::from)?;
    if !record.kind().is_stage() {
        let message = format!("this is a {}; only records of stages can be added", record.kind());
        return Err(Rejected { problems: vec![Problem::at("/kind", message)] }.into());
    }
    let envelope = record.envelope().map_err(StoreError::from)?;
    let added = |path, known| Added {
        record: record.id().clone(),
        kind: record.kind(),
        step: envelope.step.name.clone(),
        path,
        known,
    };
    let index = store.index()?;
    if let Some(found) = index.records(record.id().as_str())?.into_iter().find(|found| found.id == *record.id()) {
        let there = store.record(&found.run, &found.step)?;
        if there.digest().map_err(StoreError::from)? == record.digest().map_err(StoreError::from)? {
            return Ok(added(store.record_path(&found.run, &found.step), true));
        }
        let message = format!("another record of the store has the id `{}`", record.id());
        let hint = Some("give it an id of its own: a new UUID".to_owned());
        return Err(Rejected { problems: vec![Problem::at("/id", message).hint(hint)] }.into());
    }
    let given: BTreeSet<Digest> = objects.iter().map(|bytes| Digest::of(bytes)).collect();
    let mut check = Check { store, envelope: &envelope, given, named: BTreeSet::new(), problems: Vec::new() };
    check.artifacts();
    check.producers(&index)?;
    check.objects();
    match check.problems {
        problems if problems.is_empty() => {
            let path = store.add_record(&envelope.step.name, &record, objects)?;
            Ok(added(path, false))
        }
        problems => Err(Rejected { problems }.into()),
    }
}

struct Check<'a> {
    store: &'a Store,
    envelope: &'a Envelope<Value>,
    /// The digests of objects that come with the record.
    given: BTreeSet<Digest>,
    /// Those of them that the record names.
    named: BTreeSet<Digest>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn artifacts(&mut self) {
        let inputs = self.envelope.inputs.iter().enumerate();
        let outputs = self.envelope.outputs.iter().enumerate();
        let inputs = inputs.map(|(at, input)| (format!("/inputs/{at}/artifact"), &input.artifact));
        let outputs = outputs.map(|(at, output)| (format!("/outputs/{at}/artifact"), &output.artifact));
        for (pointer, artifact) in inputs.chain(outputs) {
            self.artifact(&pointer, artifact);
        }
    }

    fn artifact(&mut self, pointer: &str, artifact: &ArtifactRef) {
        let there = match artifact.kind {
            ArtifactKind::Table => self.store.manifest_path(&artifact.digest).is_file(),
            _ => self.store.has_object(&artifact.digest, None),
        };
        if self.is_known(&artifact.digest) {
            self.named.insert(artifact.digest);
        } else if !there {
            let message = format!("the {} `{}` is not in the store", artifact.kind, artifact.digest);
            let hint = "bring it along with `--object`, or name it under `elsewhere` if it lies in no store";
            self.problems.push(Problem::at(format!("{pointer}/digest"), message).hint(Some(hint.to_owned())));
        } else if let Err(error) = self.store.files_of([artifact]) {
            let message = format!("the {} `{}` is not complete in the store: {error}", artifact.kind, artifact.digest);
            self.problems.push(Problem::at(format!("{pointer}/digest"), message));
            return;
        }
        if let Some(lineage) = artifact.lineage.filter(|lineage| !self.is_known(lineage) && !self.store.holds(lineage))
        {
            let message = format!("the lineage `{lineage}` is not in the store");
            self.problems.push(Problem::at(format!("{pointer}/lineage"), message));
        }
        self.named.extend(artifact.lineage);
    }

    /// Whether a digest comes with the record, or is said to lie elsewhere.
    fn is_known(&self, digest: &Digest) -> bool {
        self.given.contains(digest) || self.envelope.elsewhere.iter().any(|place| place.digest == *digest)
    }

    /// What is said of records of this store is true.
    fn producers(&mut self, index: &mlspec_store::Index) -> Result<(), RunnerError> {
        for (at, input) in self.envelope.inputs.iter().enumerate() {
            let Some(producer) = &input.producer else { continue };
            let Some(found) = index.records(producer.record.as_str())?.into_iter().next() else { continue };
            let record = self.store.record(&found.run, &found.step)?;
            if record.content_digest().map_err(StoreError::from)? != producer.content {
                let message = format!("the record `{}` has another content in this store", producer.record);
                self.problems.push(Problem::at(format!("/inputs/{at}/producer/content"), message));
            }
        }
        Ok(())
    }

    /// Objects that nothing names were not meant.
    fn objects(&mut self) {
        let body = self.envelope.body.to_string();
        let log = self.envelope.execution_profile.as_ref().and_then(|cost| cost.log);
        for digest in &self.given {
            let named = self.named.contains(digest) || log == Some(*digest) || body.contains(&digest.to_string());
            if !named {
                let message = format!("the record does not name the object `{digest}` that comes with it");
                let hint = Some("an artifact is named by the SHA-256 of its bytes".to_owned());
                self.problems.push(Problem::at("", message).hint(hint));
            }
        }
    }
}
