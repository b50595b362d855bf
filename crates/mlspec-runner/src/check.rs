//! Everything that can be found wrong before data is read, together.

use crate::interpolate::interpolate;
use crate::suggest::suggest;
use crate::{Pipeline, Problem, Rejected, RunnerError, datastores, graph, ports};
use mlspec_record::{ArtifactKind, Name, StageId, StepFile};
use mlspec_stage::{Environment, Ports, Registry, Schemas, Site, Stage};
use mlspec_store::Store;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes that are never shown.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Wraps them.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What part of a pipeline is to be run.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Only this step and those before it.
    pub to: Option<Name>,
    /// Only so many rows of each source.
    pub sample: Option<u64>,
    /// Steps whose results are given, with the columns of their output tables: what they read from outside may be gone.
    pub given: BTreeMap<Name, Schemas>,
    /// The secret that erased rows are recognised with.
    pub secret: Option<Secret>,
    /// Variables of the environment that datastores refer to and stages may ask for.
    pub environment: Environment,
}

/// A pipeline that can run.
#[derive(Debug)]
pub struct Checked {
    pub(crate) pipeline: Pipeline,
    pub(crate) steps: Vec<CheckedStep>,
    pub(crate) options: CheckOptions,
    pub(crate) warnings: Vec<Problem>,
}

/// A step that can run.
#[derive(Debug)]
pub struct CheckedStep {
    /// Its name.
    pub name: Name,
    /// Its stage's id.
    pub id: StageId,
    /// Its settings, with defaults filled in.
    pub settings: Map<String, Value>,
    /// Its ports.
    pub ports: Ports,
    /// What it reads.
    pub inputs: Vec<InputEdge>,
    /// The steps that must be done before, by their place in the order.
    pub waits: Vec<usize>,
    /// The columns of its output tables, as far as they are known before data is read.
    pub planned: Schemas,
    pub(crate) stage: Box<dyn Stage>,
}

/// What arrives at an input port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputEdge {
    /// The port.
    pub port: Name,
    /// The step that it comes from.
    pub step: Name,
    /// The output port there.
    pub from: Name,
}

/// A step of the file, with its stage if that could be made.
pub(crate) struct Draft<'a> {
    pub(crate) file: &'a StepFile,
    pub(crate) step: Option<CheckedStep>,
}

impl CheckedStep {
    /// The input ports that must be connected.
    pub(crate) fn required_inputs(&self) -> impl Iterator<Item = &Name> {
        self.ports.inputs.iter().filter(|port| port.required).map(|port| &port.name)
    }
}

impl Checked {
    /// The pipeline.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Its steps, in an order in which they can run; only those asked for.
    pub fn steps(&self) -> &[CheckedStep] {
        &self.steps
    }

    /// What its author may want to know.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

impl Pipeline {
    /// Checks everything that can be checked before data is read.
    ///
    /// # Errors
    /// Every problem that was found; [`RunnerError::Unknown`] where `to` names no step.
    pub fn check(&self, registry: &Registry, store: &Store, options: &CheckOptions) -> Result<Checked, RunnerError> {
        let (problems, given) = (self.problems().to_vec(), &options.given);
        let mut check = Check { pipeline: self, registry, given, problems, used: BTreeSet::new() };
        let secret = options.secret.clone().map(|Secret(bytes)| bytes);
        let site = Site::new(BTreeMap::new(), options.sample).with_secret(secret);
        let site = site.with_environment(options.environment.clone());
        let site = datastores::open(self, &options.environment, given.is_empty(), site, &mut check.problems);
        let mut drafts: BTreeMap<Name, Draft<'_>> = BTreeMap::new();
        for (name, file) in &self.file().steps {
            let step = check.build(name, file, &site);
            drafts.insert(name.clone(), Draft { file, step });
        }
        let edges: BTreeMap<Name, Vec<InputEdge>> = drafts
            .iter()
            .map(|(name, draft)| (name.clone(), ports::connect(name, draft.file, &drafts, &mut check.problems)))
            .collect();
        let order = check.order(&drafts);
        for (name, inputs) in edges {
            if let Some(step) = drafts.get_mut(&name).and_then(|draft| draft.step.as_mut()) {
                step.inputs = inputs;
            }
        }
        check.plan(&order, &mut drafts, store);
        let warnings = check.unused();
        if let Some(to) = options.to.as_ref().filter(|to| !self.file().steps.contains_key(*to)) {
            let hint = suggest(to.as_str(), self.file().steps.keys().map(Name::as_str));
            return Err(RunnerError::Unknown { what: "step", name: to.to_string(), hint });
        }
        if !check.problems.is_empty() {
            return Err(Rejected { problems: self.locate(check.problems) }.into());
        }
        let steps = select(order, drafts, options.to.as_ref());
        Ok(Checked { pipeline: self.clone(), steps, options: options.clone(), warnings })
    }
}

struct Check<'a> {
    pipeline: &'a Pipeline,
    registry: &'a Registry,
    given: &'a BTreeMap<Name, Schemas>,
    problems: Vec<Problem>,
    used: BTreeSet<String>,
}

impl Check<'_> {
    fn build(&mut self, name: &Name, file: &StepFile, site: &Site) -> Option<CheckedStep> {
        let below = format!("/steps/{name}/settings");
        let refused =
            self.problems.iter().any(|problem| problem.place.pointer.as_ref().is_some_and(|p| p.starts_with(&below)));
        let before = self.problems.len();
        let Self { problems, used, .. } = self;
        let mut problem = |pointer: &str, message, hint| {
            problems.push(Problem::at(format!("/steps/{name}/settings{pointer}"), message).step(name).hint(hint));
        };
        let settings = interpolate(&file.settings, self.pipeline.parameters(), used, &mut problem);
        let Some(entry) = self.registry.get(&file.uses) else {
            let known: Vec<String> = self.registry.entries().map(|entry| entry.id.to_string()).collect();
            let hint = suggest(file.uses.as_str(), known.iter().map(String::as_str));
            let message = format!("there is no stage `{}`", file.uses);
            self.problems.push(Problem::at(format!("/steps/{name}/uses"), message).step(name).hint(hint));
            return None;
        };
        if refused || self.problems.len() > before {
            return None;
        }
        match (entry.build)(name, settings, site) {
            Ok(stage) => Some(CheckedStep {
                name: name.clone(),
                id: stage.id(),
                settings: stage.settings(),
                ports: stage.ports(),
                inputs: Vec::new(),
                waits: Vec::new(),
                planned: Schemas::new(),
                stage,
            }),
            Err(error) => {
                self.problems.push(Problem::of_stage(name, &error));
                None
            }
        }
    }

    /// An order in which the steps can run; none where they wait for each other.
    fn order(&mut self, drafts: &BTreeMap<Name, Draft<'_>>) -> Vec<Name> {
        let names: Vec<&Name> = drafts.keys().collect();
        let place: BTreeMap<&Name, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let waits: Vec<Vec<usize>> = drafts
            .values()
            .map(|draft| before(draft.file).iter().filter_map(|name| place.get(name).copied()).collect())
            .collect();
        let name = |at: &usize| names.get(*at).map(|name| name.to_string()).unwrap_or_default();
        match graph::order(&waits) {
            Ok(order) => order.iter().filter_map(|at| names.get(*at).map(|name| (*name).clone())).collect(),
            Err(cycles) => {
                for cycle in cycles {
                    let path: Vec<String> = cycle.iter().chain(cycle.first()).map(name).collect();
                    let first = path.first().cloned().unwrap_or_default();
                    let message = format!("the steps wait for each other: `{}`", path.join(" -> "));
                    self.problems.push(Problem::at(format!("/steps/{first}"), message));
                }
                Vec::new()
            }
        }
    }

    /// Columns and types of every table, and files that are missing.
    fn plan(&mut self, order: &[Name], drafts: &mut BTreeMap<Name, Draft<'_>>, store: &Store) {
        for name in order {
            let Some(step) = drafts.get_mut(name).and_then(|draft| draft.step.as_mut()) else { continue };
            if let Some(planned) = self.given.get(name) {
                step.planned.clone_from(planned);
                continue;
            }
            let Some(step) = drafts.get(name).and_then(|draft| draft.step.as_ref()) else { continue };
            // Others are asked only where nothing here is wrong.
            if self.problems.is_empty()
                && let Err(error) = step.stage.reachable(store)
            {
                self.problems.push(Problem::of_stage(name, &error));
                continue;
            }
            let Some(inputs) = planned_inputs(step, drafts) else { continue };
            match step.stage.plan(&inputs) {
                Ok(planned) => {
                    if let Some(step) = drafts.get_mut(name).and_then(|draft| draft.step.as_mut()) {
                        step.planned = planned;
                    }
                }
                Err(error) => self.problems.push(Problem::of_stage(name, &error)),
            }
        }
    }

    fn unused(&self) -> Vec<Problem> {
        let parameters = self.pipeline.file().parameters.keys().filter(|name| !self.used.contains(name.as_str()));
        let problem = |name| Problem::at(format!("/parameters/{name}"), format!("the parameter `{name}` is not used"));
        self.pipeline.locate(parameters.map(problem).collect())
    }
}

/// The steps that a step waits for.
pub(crate) fn before(file: &StepFile) -> BTreeSet<Name> {
    file.inputs.values().map(|from| from.step.clone()).chain(file.after.iter().cloned()).collect()
}

/// The columns that arrive at a step; none while those of a connected table, or what it is, are not known.
fn planned_inputs(step: &CheckedStep, drafts: &BTreeMap<Name, Draft<'_>>) -> Option<Schemas> {
    let connected = step.required_inputs().all(|port| step.inputs.iter().any(|edge| edge.port == *port));
    let mut schemas = Schemas::new();
    for edge in step.inputs.iter().filter(|_| connected) {
        let port = step.ports.input(edge.port.as_str())?;
        let source = drafts.get(&edge.step)?.step.as_ref()?;
        if source.ports.output(edge.from.as_str())?.kind != port.kind {
            return None;
        }
        if port.kind == ArtifactKind::Table {
            schemas.insert(edge.port.to_string(), source.planned.get(edge.from.as_str())?.clone());
        }
    }
    connected.then_some(schemas)
}

/// The steps in order; with `to`, only that one and those before it.
fn select(order: Vec<Name>, mut drafts: BTreeMap<Name, Draft<'_>>, to: Option<&Name>) -> Vec<CheckedStep> {
    let mut wanted: BTreeSet<Name> = to.map_or_else(|| order.iter().cloned().collect(), |to| [to.clone()].into());
    for name in order.iter().rev() {
        if let Some(draft) = drafts.get(name).filter(|_| wanted.contains(name)) {
            wanted.extend(before(draft.file));
        }
    }
    let order: Vec<Name> = order.into_iter().filter(|name| wanted.contains(name)).collect();
    let place: BTreeMap<&Name, usize> = order.iter().enumerate().map(|(at, name)| (name, at)).collect();
    let mut steps = Vec::with_capacity(order.len());
    for name in &order {
        let Some(draft) = drafts.remove(name) else { continue };
        let waits = before(draft.file).iter().filter_map(|name| place.get(name).copied()).collect();
        steps.extend(draft.step.map(|step| CheckedStep { waits, ..step }));
    }
    steps
}
