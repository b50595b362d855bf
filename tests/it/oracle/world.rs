//! A pipeline in a store: run, and updated stage by stage.

use super::pipeline::{Pipeline, Step, entry};
use super::sources::{Source, Which};
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactKind, ArtifactRef, Lineage, RowLineage};
use mlspec_stage::{Outcome, Schemas, Stage};
use mlspec_table::{ChunkOptions, Table};
use mlspec_testkit::Bench;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub(crate) const SEED: u64 = 11;

/// What a step read and left, or why it left nothing.
#[derive(Clone)]
pub(crate) enum Left {
    Done(Rc<Done>),
    /// It failed: exit code and message.
    Failed(u8, String),
    /// A step before it failed, or refused to go on.
    NotReached,
}

pub(crate) struct Done {
    pub(crate) inputs: Vec<(String, ArtifactRef)>,
    pub(crate) outcome: Outcome,
}

impl Left {
    pub(crate) fn done(&self) -> Option<&Done> {
        match self {
            Self::Done(done) => Some(done),
            _ => None,
        }
    }

    pub(crate) fn output(&self, port: &str) -> Option<&ArtifactRef> {
        let outputs = &self.done()?.outcome.outputs;
        outputs.iter().find(|output| output.port.as_str() == port).map(|output| &output.artifact)
    }
}

/// What all steps left, in their order.
pub(crate) type All = Vec<Left>;

/// A pipeline, its stages set up, and a store.
pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) pipeline: Pipeline,
    stages: Vec<Box<dyn Stage>>,
    pub(crate) chunk_rows: u64,
}

impl World {
    pub(crate) fn new(pipeline: Pipeline, chunk_rows: u64) -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let bench = if memory.is_dir() { Bench::within(memory) } else { Bench::new() };
        let build = |step: &Step| match bench.build(&entry(step.stage), &step.settings) {
            Ok(stage) => stage,
            Err(error) => panic!("the pipeline is wrong: {}: {error}: {}", step.name, step.settings),
        };
        let stages = pipeline.steps.iter().map(build).collect();
        Self { bench, pipeline, stages, chunk_rows }
    }

    /// Opens the store anew, so that nothing is remembered.
    pub(crate) fn reopen(&mut self) {
        self.bench.reopen();
    }

    /// Keeps versions of the sources.
    pub(crate) fn sources(&self, sources: &[Source]) -> BTreeMap<&'static str, ArtifactRef> {
        let keep = |source: &Source| {
            let table = Table::new(source.frame()).unwrap();
            let options = ChunkOptions::rows(self.chunk_rows);
            let mut artifact = table.write(self.bench.store(), &options).unwrap();
            let columns = table.schema().columns().iter().map(|column| mlspec_record::ColumnLineage {
                column: column.name.clone(),
                data_type: column.data_type,
                sources: Vec::new(),
            });
            let rows = RowLineage::Source { dataset: Bench::name(source.which.name()) };
            let lineage = Lineage {
                parents: Vec::new(),
                rows,
                columns: columns.collect(),
                indirect: Vec::new(),
                features: Vec::new(),
            };
            artifact.lineage = Some(self.bench.json(&lineage));
            (source.which.name(), artifact)
        };
        sources.iter().map(keep).collect()
    }

    /// What arrives at the ports of a step, if everything before it was done.
    fn inputs(
        &self,
        at: usize,
        sources: &BTreeMap<&str, ArtifactRef>,
        left: &[Left],
    ) -> Option<Vec<(String, ArtifactRef)>> {
        let find = |(port, step, from): &(String, &str, String)| {
            if let Some(source) = sources.get(step) {
                return Some((port.clone(), source.clone()));
            }
            let before = self.pipeline.steps.iter().position(|other| other.name == *step)?;
            let left = left.get(before)?;
            left.done()?.outcome.refusal.is_none().then_some(())?;
            Some((port.clone(), left.output(from)?.clone()))
        };
        self.pipeline.steps[at].inputs.iter().map(find).collect()
    }

    /// Runs all steps.
    pub(crate) fn run(&self, sources: &BTreeMap<&str, ArtifactRef>) -> All {
        let mut left = All::new();
        for at in 0..self.stages.len() {
            left.push(match self.inputs(at, sources, &left) {
                Some(inputs) => self.run_step(at, inputs),
                None => Left::NotReached,
            });
        }
        left
    }

    /// Runs one step.
    pub(crate) fn run_step(&self, at: usize, inputs: Vec<(String, ArtifactRef)>) -> Left {
        let stage = self.stages[at].as_ref();
        let tables = inputs.iter().filter(|(_, artifact)| artifact.kind == ArtifactKind::Table);
        let schemas: Schemas = tables
            .map(|(port, artifact)| (port.clone(), self.bench.store().table_schema(&artifact.digest).unwrap()))
            .collect();
        let ran = stage.plan(&schemas).and_then(|_| self.bench.run(stage, SEED, &borrowed(&inputs)));
        self.left(inputs, ran)
    }

    fn left(&self, inputs: Vec<(String, ArtifactRef)>, ran: Result<Outcome, mlspec_stage::StageError>) -> Left {
        match ran {
            Ok(outcome) => Left::Done(Rc::new(Done { inputs, outcome })),
            Err(error) => Left::Failed(error.exit_code() as u8, error.to_string()),
        }
    }

    /// Updates all steps from what they left: those whose inputs are the same are taken over, those that had failed run.
    pub(crate) fn update(&self, before: &[Left], sources: &BTreeMap<&str, ArtifactRef>) -> All {
        let mut left = All::new();
        for (at, previous) in before.iter().enumerate() {
            left.push(match (self.inputs(at, sources, &left), previous) {
                (None, _) => Left::NotReached,
                (Some(inputs), Left::Done(done)) if done.inputs == inputs => previous.clone(),
                (Some(inputs), Left::Done(done)) => self.update_step(at, done, inputs),
                (Some(inputs), _) => self.run_step(at, inputs),
            });
        }
        left
    }

    fn update_step(&self, at: usize, before: &Done, inputs: Vec<(String, ArtifactRef)>) -> Left {
        let stage = self.stages[at].as_ref();
        let updated = self.bench.update(stage, SEED, (&borrowed(&before.inputs), &before.outcome), &borrowed(&inputs));
        if let Ok(outcome) = &updated {
            outcome.outputs.iter().for_each(|output| self.check_readable(&output.artifact));
        }
        self.left(inputs, updated)
    }

    /// What an update leaves, it has written, down to the lineage.
    fn check_readable(&self, artifact: &ArtifactRef) {
        match artifact.kind {
            ArtifactKind::Table => drop(self.bench.table(artifact)),
            ArtifactKind::Matrix => drop(mlspec_model::LoadedMatrix::read(self.bench.store(), artifact).unwrap()),
            _ => drop(self.bench.store().object(&artifact.digest).unwrap()),
        }
        let lineage: Lineage = self.bench.store().json(&artifact.lineage.unwrap()).unwrap();
        if let RowLineage::Nodes { table, nodes, .. } = lineage.rows {
            let edges = nodes.iter().filter_map(|node| match node {
                mlspec_record::LineageNode::Edges { table, .. } => Some(*table),
                _ => None,
            });
            edges.chain(table).for_each(|digest| drop(Table::read(self.bench.store(), &digest).unwrap()));
        }
    }

    /// The rows of a source that rows of the prepared table come from.
    pub(crate) fn used(&self, which: Which, left: &[Left]) -> BTreeSet<u64> {
        let Some(at) = self.pipeline.steps.iter().position(|step| step.name == "prepared") else {
            return BTreeSet::new();
        };
        let Some(prepared) = left[at].output("rows") else { return BTreeSet::new() };
        let tracer = Tracer::new(self.bench.store());
        let sources = tracer.sources(prepared).unwrap();
        let of = sources.iter().filter(|source| source.dataset.as_str() == which.name());
        of.flat_map(|source| tracer.list_pairs(prepared, source).unwrap()).map(|(_, row)| row).collect()
    }
}

pub(crate) fn borrowed(inputs: &[(String, ArtifactRef)]) -> Vec<(&str, &ArtifactRef)> {
    inputs.iter().map(|(port, artifact)| (port.as_str(), artifact)).collect()
}
