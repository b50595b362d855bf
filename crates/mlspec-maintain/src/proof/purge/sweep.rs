//! What goes, and how: tombstones first, then records, cache, manifests, objects.

use super::keep::{Marks, PURGED, is_purged};
use super::{ProofError, PurgeRequest};
use crate::proof::live::{Held, HeldStep};
use crate::proof::reach::{Reach, digests};
use mlspec_record::{Digest, Kind, Record};
use mlspec_store::{Store, Tombstone};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is to go.
#[derive(Debug, Default)]
pub(crate) struct Doomed {
    pub(crate) tables: BTreeSet<Digest>,
    pub(crate) objects: BTreeSet<Digest>,
    /// The size of their files.
    pub(crate) bytes: u64,
    /// Entries of the cache of steps.
    pub(crate) cached: Vec<Digest>,
}

impl Doomed {
    /// Everything in the store that is not marked.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(crate) fn of(store: &Store, marks: &Marks) -> Result<Self, ProofError> {
        let (objects, tables) = store.stored()?;
        let mut doomed = Self::default();
        for (all, gone) in [(objects, &mut doomed.objects), (tables, &mut doomed.tables)] {
            for (digest, bytes) in all.into_iter().filter(|(digest, _)| !marks.holds(digest)) {
                gone.insert(digest);
                doomed.bytes += bytes;
            }
        }
        for key in store.cached_keys()? {
            if !store.cached(&key).is_some_and(|(entry, _)| doomed.spares(marks, &entry)) {
                doomed.cached.push(key);
            }
        }
        Ok(doomed)
    }

    pub(crate) fn holds(&self, digest: &Digest) -> bool {
        self.tables.contains(digest) || self.objects.contains(digest)
    }

    /// Whether everything that an entry of the cache names stays.
    fn spares(&self, marks: &Marks, entry: &mlspec_store::CacheEntry) -> bool {
        let artifacts = entry.outputs.iter().map(|output| &output.artifact);
        let mut named = Vec::new();
        digests(&entry.body, &mut named);
        artifacts.clone().all(|artifact| marks.holds(&artifact.digest))
            && artifacts.flat_map(|artifact| &artifact.lineage).chain(&named).all(|digest| !self.holds(digest))
    }
}

/// Does it.
///
/// # Errors
/// When the file system refuses; what is left to do is found again then.
pub(crate) fn carry_out(
    store: &Store,
    request: &PurgeRequest,
    marks: &Marks,
    doomed: &Doomed,
) -> Result<(), ProofError> {
    let stone = |digest| Tombstone {
        digest,
        kind: None,
        rows: None,
        pipeline: request.pipeline.clone(),
        purged: request.time,
        actor: request.actor.clone(),
        reason: request.reason.clone(),
        statement: request.statement.clone(),
    };
    for tombstone in stones(store, marks, doomed, stone)?.into_values() {
        store.put_tombstone(&tombstone)?;
    }
    for run in &marks.dropped {
        for step in run.steps.iter().filter(|step| is_to_be_emptied(step, doomed)) {
            store.bury_record(&run.run, &step.name, &emptied(step, request)?)?;
        }
    }
    doomed.cached.iter().try_for_each(|key| store.forget_cached(key))?;
    for table in &doomed.tables {
        store.remove_manifest(table)?;
    }
    for object in &doomed.objects {
        store.remove_object(object)?;
    }
    store.forget_files(&|digest| marks.files.contains(digest))?;
    Ok(store.forget_index()?)
}

/// The tombstones: one for each artifact, lineage document and fitted state that goes; none for single chunks, which nobody asks for.
fn stones(
    store: &Store,
    marks: &Marks,
    doomed: &Doomed,
    stone: impl Fn(Digest) -> Tombstone,
) -> Result<BTreeMap<Digest, Tombstone>, ProofError> {
    let mut reach = Reach::new(store);
    for step in marks.dropped.iter().flat_map(|run| &run.steps) {
        reach.follow(&step.own())?;
    }
    let reached = reach.reached.tables.keys().chain(&reach.reached.documents);
    let mut stones: BTreeMap<Digest, Tombstone> =
        reached.filter(|digest| doomed.holds(digest)).map(|digest| (*digest, stone(*digest))).collect();
    for Held { artifact, .. } in marks.artifacts().values() {
        if let Some(stone) = stones.get_mut(&artifact.digest) {
            (stone.kind, stone.rows) = (Some(artifact.kind), artifact.rows);
        }
    }
    Ok(stones)
}

/// Whether a record loses its body: it may hold values of rows, such as the names of categories. What an ingestion says of its
/// files stays.
fn is_to_be_emptied(step: &HeldStep, doomed: &Doomed) -> bool {
    let gone = step.artifacts().iter().any(|held| doomed.holds(&held.artifact.digest));
    gone && step.record.kind() != Kind::Ingestion && !is_purged(step)
}

/// A record without its body, with the digests that it had.
fn emptied(step: &HeldStep, request: &PurgeRequest) -> Result<Record, ProofError> {
    let mut document = step.record.document().clone();
    let purged = json!({
        "time": request.time,
        "actor": request.actor,
        "reason": request.reason,
        "statement": request.statement,
        "record": step.record.digest()?,
        "content": step.record.content_digest()?,
    });
    document.insert("body".to_owned(), json!({ PURGED: purged }));
    Ok(Record::from_value(Value::Object(document))?)
}
