//! What is to stay.

use super::{HeldElsewhere, ProofError, PurgeReport, PurgeRequest, sweep::Doomed};
use crate::proof::live::{self, Held, HeldStep};
use crate::proof::reach::Reach;
use mlspec_record::object::RunState;
use mlspec_record::{ArtifactRef, Digest, Id, Kind, Name};
use mlspec_store::Store;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What tells that the results of a record were purged.
pub(crate) const PURGED: &str = "purged";

/// Digests of tables and of objects.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    pub(crate) tables: BTreeSet<Digest>,
    pub(crate) objects: BTreeSet<Digest>,
}

/// A run whose results are to go.
#[derive(Debug)]
pub(crate) struct Dropped {
    pub(crate) run: Id,
    pub(crate) steps: Vec<HeldStep>,
    /// Whether they went already, in part at least.
    pub(crate) purged: bool,
}

/// What is to stay, and for whom.
#[derive(Debug)]
pub(crate) struct Marks {
    /// For the pipeline itself, for datasets, and for changes under way.
    pub(crate) own: Marked,
    /// For other pipelines: what is live, and all there is.
    pub(crate) others: BTreeMap<Name, (Marked, Marked)>,
    pub(crate) dropped: Vec<Dropped>,
    pub(crate) kept: Vec<Id>,
    /// The digests of files outside that remaining runs read.
    pub(crate) files: BTreeSet<Digest>,
}

impl Marked {
    pub(crate) fn holds(&self, digest: &Digest) -> bool {
        self.tables.contains(digest) || self.objects.contains(digest)
    }

    fn of(reach: Reach<'_>) -> Self {
        let objects = reach.reached.objects();
        Self { tables: reach.reached.tables.into_keys().collect(), objects }
    }
}

impl Marks {
    /// Marks what is to stay when older versions of a pipeline go.
    ///
    /// # Errors
    /// When nothing is live of the pipeline, or a record of what is to stay cannot be read.
    pub(crate) fn of(store: &Store, request: &PurgeRequest) -> Result<Self, ProofError> {
        let pipeline = &request.pipeline;
        let live = store.live(pipeline)?.ok_or_else(|| ProofError::NothingLive(pipeline.to_string()))?;
        let mut own = Reach::new(store);
        let mut others: BTreeMap<Name, (Reach<'_>, Reach<'_>)> = BTreeMap::new();
        let (mut dropped, mut kept, mut files) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut used = BTreeSet::new();
        let mut open = request.retention.keep.unwrap_or(0);
        for id in store.runs()? {
            let Ok(run) = store.run(&id) else {
                // What cannot be read is not judged: whatever it has, stays.
                follow_run(&mut own, &live::steps(store, &id)?, &mut files)?;
                continue;
            };
            let steps = live::steps(store, &id)?;
            if run.name != *pipeline {
                let new = || (Reach::new(store), Reach::new(store));
                let (now, ever) = others.entry(run.name.clone()).or_insert_with(new);
                if store.live(&run.name)?.is_some_and(|live| live.run == id) {
                    follow_run(now, &steps, &mut files)?;
                }
                let there: Vec<HeldStep> = steps.into_iter().filter(|step| !is_purged(step)).collect();
                follow_run(ever, &there, &mut files)?;
                continue;
            }
            used.extend(steps.iter().filter_map(dataset));
            let purged = steps.iter().any(is_purged);
            let stays = id >= live.run || !purged && stays(request, &run, &mut open);
            match stays {
                true => {
                    follow_run(&mut own, &steps, &mut files)?;
                    kept.extend((id < live.run).then_some(id));
                }
                false => dropped.push(Dropped { run: id, steps, purged }),
            }
        }
        follow_datasets(store, &mut own, &used)?;
        for name in store.pending_pipelines()? {
            let journal = store.pending::<Value>(&name)?.unwrap_or_default();
            own.follow(&journal)?;
        }
        let others = others.into_iter().map(|(name, (now, ever))| (name, (Marked::of(now), Marked::of(ever))));
        Ok(Self { own: Marked::of(own), others: others.collect(), dropped, kept, files })
    }

    /// Whether something is to stay, for whomever.
    pub(crate) fn holds(&self, digest: &Digest) -> bool {
        self.own.holds(digest) || self.others.values().any(|(now, ever)| now.holds(digest) || ever.holds(digest))
    }

    /// The artifacts of the dropped runs, by digest and lineage.
    pub(crate) fn artifacts(&self) -> BTreeMap<(Digest, Option<Digest>), Held> {
        let held = self.dropped.iter().flat_map(|run| run.steps.iter().flat_map(HeldStep::artifacts));
        held.map(|held| ((held.artifact.digest, held.artifact.lineage), held)).collect()
    }

    /// What goes and what stays.
    pub(crate) fn report(&self, doomed: &Doomed) -> PurgeReport {
        let artifacts = self.artifacts();
        let mut held = BTreeSet::new();
        for Held { place, artifact } in artifacts.values().filter(|held| !self.own.holds(&held.artifact.digest)) {
            held.extend(self.holders(place, artifact));
        }
        let gone: BTreeSet<&Digest> =
            artifacts.keys().map(|(digest, _)| digest).filter(|digest| doomed.holds(digest)).collect();
        PurgeReport {
            runs: self.dropped.iter().filter(|run| !run.purged).map(|run| run.run.clone()).collect(),
            kept: self.kept.clone(),
            artifacts: gone.len() as u64,
            files: (doomed.objects.len() + doomed.tables.len()) as u64,
            bytes: doomed.bytes,
            cached: doomed.cached.len() as u64,
            held: held.into_iter().collect(),
        }
    }

    fn holders(&self, place: &str, artifact: &ArtifactRef) -> Vec<HeldElsewhere> {
        let mut found = Vec::new();
        for (name, (now, ever)) in &self.others {
            if now.holds(&artifact.digest) || ever.holds(&artifact.digest) {
                found.push(HeldElsewhere {
                    pipeline: name.clone(),
                    live: now.holds(&artifact.digest),
                    place: place.to_owned(),
                    digest: artifact.digest,
                    bytes: artifact.bytes,
                });
            }
        }
        found
    }
}

/// Whether an older run stays: it is one of the newest few versions, or young.
fn stays(
    request: &PurgeRequest,
    run: &mlspec_record::Object<mlspec_record::object::PipelineRun>,
    open: &mut u64,
) -> bool {
    let age = request.time.millis().saturating_sub(run.created.millis());
    let young = request.retention.older_than.is_some_and(|limit| age < limit.millis());
    let is_version = run.body.state == RunState::Completed && run.body.prediction.is_none();
    let one_of_few = is_version && *open > 0;
    *open -= u64::from(one_of_few);
    young || one_of_few
}

/// Everything that the records of a run name.
fn follow_run(reach: &mut Reach<'_>, steps: &[HeldStep], files: &mut BTreeSet<Digest>) -> Result<(), ProofError> {
    for step in steps {
        reach.follow(&step.record.to_value())?;
        if step.record.kind() == Kind::Ingestion {
            digests_of_files(&step.envelope.body, files);
        }
    }
    Ok(())
}

/// The files that an ingestion read.
fn digests_of_files(body: &Value, found: &mut BTreeSet<Digest>) {
    let files = body.get("files").and_then(Value::as_array).into_iter().flatten();
    found.extend(files.filter_map(|file| Digest::new(file.get("digest")?.as_str()?).ok()));
}

/// The dataset that a step ingested.
fn dataset(step: &HeldStep) -> Option<Name> {
    let body = (step.record.kind() == Kind::Ingestion).then_some(&step.envelope.body)?;
    Name::new(body.get("dataset")?.as_str()?).ok()
}

/// Current versions, the descriptions of all versions, and all versions of datasets that are none of the pipeline's.
fn follow_datasets(store: &Store, reach: &mut Reach<'_>, used: &BTreeSet<Name>) -> Result<(), ProofError> {
    for name in store.datasets()? {
        let numbers = store.dataset_versions(&name)?;
        for number in &numbers {
            let version = store.dataset_version(&name, *number)?.body;
            reach.keep(&version.record);
            if Some(number) == numbers.last() || !used.contains(&name) {
                reach.follow(&serde_json::to_value(&version.table).map_err(mlspec_record::CanonicalError::from)?)?;
            }
        }
    }
    Ok(())
}

/// Whether the results of a step were purged.
pub(crate) fn is_purged(step: &HeldStep) -> bool {
    step.envelope.body.get(PURGED).is_some()
}
