//! One run of a checked pipeline.

use crate::execute::Session;
use crate::reason::History;
use crate::update::Base;
use crate::{Checked, Event, Given, Observer, RunnerError, Surroundings, schedule};
use mlspec_record::object::{PipelineRun, RunPrediction, RunState, RunUpdate, StepRun};
use mlspec_record::{Digest, ExitCode, Failure, Id, Kind, Name, Object, Output, Place, Status};
use mlspec_store::{Live, LiveStep, Store};
use serde::Serialize;
use std::collections::BTreeMap;

/// How a run is to be made.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The run that this one repeats.
    pub parent: Option<Id>,
    /// Run every step, whatever the store holds.
    pub fresh: bool,
    /// Steps whose results are given; see also [`crate::CheckOptions::given`].
    pub given: BTreeMap<Name, Given>,
    /// The change of sources that is carried through the pipeline: steps whose inputs differ from those of the run before are
    /// updated rather than run.
    pub update: Option<RunUpdate>,
    /// The new rows that the run predicts with the model of another run; it is never live.
    pub prediction: Option<RunPrediction>,
    /// Don't make the results live: the caller does, under its own lock of the pipeline.
    pub hold: bool,
}

/// What a run did.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The run, as recorded.
    pub run: Object<PipelineRun>,
    /// Its steps, in an order in which they can run.
    pub steps: Vec<StepReport>,
    /// Whether its results are live now.
    pub live: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The exit code: that of the first step that failed.
    pub exit_code: ExitCode,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepReport {
    /// The step.
    pub step: Name,
    /// How it ended.
    pub state: RunState,
    /// Whether it was taken from the store.
    pub cached: bool,
    /// Why it ran or did not.
    pub reason: String,
    /// How long it took.
    pub seconds: f64,
    /// The key of its results.
    pub key: Option<Digest>,
    /// Its record's id.
    pub record: Option<Id>,
    /// Its record's content digest.
    pub content: Option<Digest>,
    /// What it wrote.
    pub outputs: Vec<Output>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub failure: Option<StepFailure>,
    /// Its place in the order.
    #[serde(skip)]
    pub(crate) place: usize,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepFailure {
    /// What happened, a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where it is.
    #[serde(serialize_with = "as_text")]
    pub place: Box<Place>,
    /// The exit code of a process that ends by it.
    #[serde(serialize_with = "as_number")]
    pub exit_code: ExitCode,
    /// Whether the step did its work, and its verdict is that the pipeline must not go on.
    pub refused: bool,
}

fn as_text<S: serde::Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(place)
}

fn as_number<S: serde::Serializer>(code: &ExitCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(*code as u8)
}

impl StepFailure {
    pub(crate) fn of(error: &dyn Failure) -> Self {
        Self {
            message: error.to_string(),
            hint: error.hint(),
            place: error.place().into(),
            exit_code: error.exit_code(),
            refused: false,
        }
    }

    pub(crate) fn bug(message: String) -> Self {
        let hint = Some("this is a bug; please report it".to_owned());
        Self { message, hint, place: Box::default(), exit_code: ExitCode::Bug, refused: false }
    }
}

impl StepReport {
    pub(crate) fn new(step: Name, state: RunState, reason: String) -> Self {
        Self {
            step,
            state,
            cached: false,
            reason,
            seconds: 0.0,
            key: None,
            record: None,
            content: None,
            outputs: Vec::new(),
            warnings: Vec::new(),
            failure: None,
            place: 0,
        }
    }

    fn recorded(&self) -> StepRun {
        StepRun {
            step: self.step.clone(),
            state: self.state,
            reason: self.reason.clone(),
            cache_key: self.key,
            record: self.record.clone(),
            content: self.content,
            error: self.failure.as_ref().map(|failure| failure.message.clone()),
        }
    }
}

impl Checked {
    /// Runs the pipeline. A step that fails ends no other than those that depend on it.
    ///
    /// # Errors
    /// When the store fails; what was done until then is found again by the next run.
    pub fn run(
        &self,
        store: &Store,
        around: &Surroundings<'_>,
        options: &RunOptions,
        observer: &dyn Observer,
    ) -> Result<RunReport, RunnerError> {
        let began = around.host.seconds();
        let _lock = (!options.hold).then(|| store.lock_to_run(self.pipeline.name())).transpose()?;
        let base = options.update.as_ref().map(|update| Base::open(store, &update.from)).transpose()?;
        let mut run = self.begun(around, options);
        let guard = store.begin_run(&run)?;
        let (id, version) = (&run.id.clone(), &run.body.version.clone());
        let (pipeline, time) = (self.pipeline.name(), around.host.now());
        observer.event(&Event::RunStarted { run: id, pipeline, version, steps: self.steps.len(), time });
        for warning in &self.warnings {
            observer.event(&Event::Warning { step: None, message: &warning.message });
        }
        let history = History::new(store, pipeline, id);
        let session = Session::new(self, store, around, options, observer, &guard, id, history, base);
        let steps = schedule::all(&session);
        drop(session);
        let (state, exit_code) = verdict(&steps);
        run.body.state = state;
        run.body.finished = Some(around.host.now());
        run.body.steps = steps.iter().map(StepReport::recorded).collect();
        guard.finish(&run)?;
        let part = self.options.to.is_some() || self.options.sample.is_some() || options.prediction.is_some();
        let whole = !part && !options.hold;
        let live = whole && state == RunState::Completed && store.put_live(pipeline, &live(&run, &steps))?;
        let (seconds, time) = (around.host.seconds() - began, around.host.now());
        observer.event(&Event::RunFinished { run: id, state, live, exit_code: exit_code as u8, seconds, time });
        Ok(RunReport { run, steps, live, seconds, exit_code })
    }

    fn begun(&self, around: &Surroundings<'_>, options: &RunOptions) -> Object<PipelineRun> {
        let file = self.pipeline.file();
        Object {
            schema: Kind::PipelineRun.schema(),
            id: around.id(),
            kind: Kind::PipelineRun,
            name: file.pipeline.clone(),
            description: file.description.clone(),
            status: Status::Active,
            created: around.host.now(),
            tags: file.tags.clone(),
            body: PipelineRun {
                version: file.version.clone(),
                pipeline: self.pipeline.digest(),
                file: file.clone(),
                folder: self.pipeline.folder().display().to_string(),
                parameters: self.pipeline.parameters().clone(),
                state: RunState::Running,
                finished: None,
                to: self.options.to.clone(),
                sample: self.options.sample,
                parent_run_id: options.parent.clone(),
                update: options.update.clone(),
                prediction: options.prediction.clone(),
                steps: Vec::new(),
            },
        }
    }
}

impl RunReport {
    /// What would be live if this run were.
    pub fn to_live(&self) -> Live {
        live(&self.run, &self.steps)
    }
}

fn verdict(steps: &[StepReport]) -> (RunState, ExitCode) {
    let of = |state| steps.iter().find(|step| step.state == state);
    let code = |step: &StepReport| step.failure.as_ref().map_or(ExitCode::Outside, |failure| failure.exit_code);
    match (of(RunState::Failed), of(RunState::Cancelled)) {
        (Some(failed), _) => (RunState::Failed, code(failed)),
        (None, Some(stopped)) => (RunState::Cancelled, code(stopped)),
        (None, None) => (RunState::Completed, ExitCode::Done),
    }
}

fn live(run: &Object<PipelineRun>, steps: &[StepReport]) -> Live {
    let left = |step: &StepReport| {
        let kept = LiveStep { record: step.record.clone()?, content: step.content?, outputs: step.outputs.clone() };
        Some((step.step.clone(), kept))
    };
    Live { run: run.id.clone(), version: run.body.version.clone(), steps: steps.iter().filter_map(left).collect() }
}
