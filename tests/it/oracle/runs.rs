//! The same cases through the runner: records, the cache, steps that are taken over, one run after another.

use super::compare::{Apart, compare};
use super::pipeline::entry;
use super::sources::Source;
use super::world::{All, Done, Left, World};
use mlspec_record::object::{ChangeKind, RunState, RunUpdate, SourceChange};
use mlspec_record::{ArtifactRef, ExitCode, Id, Name, Output, PipelineFile};
use mlspec_runner::{
    CheckOptions, Given, Pipeline, Resources, RunOptions, RunReport, Silent, StepReport, Surroundings,
};
use mlspec_stage::{Outcome, Registry};
use mlspec_testkit::{Bench, FixedHost};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The pipeline as a file.
pub(super) fn file(world: &World) -> PipelineFile {
    let mut steps = Map::new();
    for source in ["people", "events"] {
        let settings = json!({"dataset": source, "datastore": "data", "path": format!("{source}.csv")});
        steps.insert(source.to_owned(), json!({"uses": "ingest@1", "settings": settings}));
    }
    for step in &world.pipeline.steps {
        let inputs = step.inputs.iter().map(|(port, from, output)| (port.clone(), json!(format!("{from}.{output}"))));
        let inputs: Map<String, Value> = inputs.collect();
        steps.insert(step.name.to_owned(), json!({"uses": step.stage, "inputs": inputs, "settings": step.settings}));
    }
    let datastores = json!({"data": {"type": "folder", "path": "data"}});
    let seed = super::world::SEED;
    let file =
        json!({"pipeline": "random", "version": "1.0.0", "seed": seed, "datastores": datastores, "steps": steps});
    serde_json::from_value(file).unwrap()
}

pub(super) fn registry() -> Registry {
    let stages = [
        "validate@1",
        "transform@1",
        "split@1",
        "encode@1",
        "train@1",
        "evaluate@1",
        "test@1",
        "analyze@1",
        "monitor@1",
    ];
    Registry::new(stages.into_iter().map(entry).chain([mlspec_ingest::entry()]))
}

/// A dataset version as an ingestion leaves it.
fn given(world: &World, source: &Source, artifact: &ArtifactRef, unchanged: bool) -> Given {
    let (dataset, columns) = (source.which.name(), world.bench.table(artifact).schema().clone());
    let body = json!({
        "dataset": dataset, "columns": columns, "inferred": true, "files": [], "rows": source.rows.len(), "next_row": source.next,
    });
    Given {
        outputs: vec![Output { port: Bench::name("rows"), artifact: artifact.clone() }],
        body,
        warnings: Vec::new(),
        reason: "it was changed".to_owned(),
        unchanged,
    }
}

fn random() -> [u8; 10] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

pub(super) fn around(host: &FixedHost) -> Surroundings<'_> {
    Surroundings {
        variables: Default::default(),
        host,
        random: &random,
        resources: &Resources::default,
        actor: None,
        code: None,
        environment: BTreeMap::new(),
        engine: "polars".to_owned(),
        threads: 1,
    }
}

/// A run from these versions of the sources: after the run before, if there is one, or of everything anew.
fn run(world: &World, sources: &[Source], before: Option<(&Id, &[Source])>) -> RunReport {
    let versions = world.sources(sources);
    let mut all = BTreeMap::new();
    for source in sources {
        let unchanged = before.is_some_and(|(_, before)| before.contains(source));
        let name = source.which.name();
        all.insert(Bench::name(name), given(world, source, &versions[name], unchanged));
    }
    let schemas = |given: &Given| given.schemas(world.bench.store()).unwrap();
    let schemas = all.iter().map(|(name, given)| (name.clone(), schemas(given))).collect();
    let pipeline = Pipeline::of(file(world), world.bench.folder().to_owned(), Map::new()).unwrap();
    let options = CheckOptions { given: schemas, ..CheckOptions::default() };
    let checked = pipeline.check(&registry(), world.bench.store(), &options).unwrap();
    let host = FixedHost::default();
    let around = around(&host);
    let update = before.map(|(from, _)| {
        let change = |source: &Source| {
            let name = Bench::name(source.which.name());
            SourceChange { step: name.clone(), dataset: name, removed: 1, added: 1, changed: 1 }
        };
        RunUpdate { from: from.clone(), change: ChangeKind::Update, sources: sources.iter().map(change).collect() }
    });
    let options = RunOptions { given: all, fresh: update.is_none(), update, ..RunOptions::default() };
    checked.run(world.bench.store(), &around, &options, &Silent).unwrap()
}

/// What a run did, as the comparison looks at it.
pub(super) fn left(world: &World, report: &RunReport) -> All {
    let of = |step: &Name| report.steps.iter().find(|report| report.step == *step).unwrap();
    let step = |name: &str| {
        let report_of_step: &StepReport = of(&Bench::name(name));
        match (report_of_step.state, &report_of_step.failure) {
            (RunState::Failed, Some(failure)) if !failure.refused => {
                Left::Failed(failure.exit_code as u8, failure.message.clone())
            }
            (RunState::Completed, _) | (RunState::Failed, _) => {
                let record = world.bench.store().record(&report.run.id, &report_of_step.step).unwrap();
                mlspec_schema::validate_record(record.as_value()).unwrap();
                let envelope = record.envelope().unwrap();
                let refusal = report_of_step.failure.as_ref().map(|failure| failure.message.clone());
                let inputs = envelope.inputs.into_iter().map(|input| (input.port.to_string(), input.artifact));
                let outcome = Outcome { outputs: envelope.outputs, body: envelope.body, refusal, ..Outcome::default() };
                Left::Done(Rc::new(Done { inputs: inputs.collect(), outcome }))
            }
            _ => Left::NotReached,
        }
    };
    world.pipeline.steps.iter().map(|of| step(of.name)).collect()
}

/// A pipeline that is updated run by run.
pub(super) struct Runs {
    last: Id,
    sources: Vec<Source>,
}

impl Runs {
    pub(super) fn begin(world: &World, sources: &[Source]) -> Self {
        let report = run(world, sources, None);
        Self { last: report.run.id, sources: sources.to_vec() }
    }

    /// Updates, and compares with a run that takes nothing from the store. A run that did not end well is not gone on from.
    pub(super) fn update(&mut self, world: &World, sources: &[Source], apart: &mut Apart) -> Result<(), String> {
        let updated = run(world, sources, Some((&self.last, &self.sources)));
        let anew = run(world, sources, None);
        for (report, of) in [(&updated, "the update"), (&anew, "a full run")] {
            let bug = report
                .steps
                .iter()
                .find(|step| step.failure.as_ref().is_some_and(|failure| failure.exit_code == ExitCode::Bug));
            if let Some(step) = bug {
                return Err(format!("{of} fails with a bug at `{}`: {:?}", step.step, step.failure));
            }
        }
        compare(world, &left(world, &updated), &left(world, &anew), apart)
            .map_err(|error| format!("by the runner: {error}"))?;
        if updated.exit_code != anew.exit_code {
            return Err(format!("the update ends with {:?}, a full run with {:?}", updated.exit_code, anew.exit_code));
        }
        (self.last, self.sources) = (updated.run.id, sources.to_vec());
        Ok(())
    }
}
