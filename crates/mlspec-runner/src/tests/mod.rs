//! Pipelines of tiny stages.

mod after;
mod bad;
mod cached;
mod failing;
mod many;
mod stages;
mod updating;

use crate::{
    CheckOptions, Checked, Event, LoadOptions, Observer, Pipeline, Resources, RunOptions, RunReport, RunnerError,
    StepReport, Surroundings,
};
use mlspec_record::Timestamp;
use mlspec_stage::Host;
use mlspec_store::Store;
use stages::{name, registry};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// A host whose clock goes on by a millisecond a look.
#[derive(Debug, Default)]
struct Fake {
    clock: AtomicI64,
    cancelled: AtomicBool,
}

impl Host for Fake {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + self.clock.fetch_add(1, Ordering::Relaxed)).unwrap()
    }

    fn seconds(&self) -> f64 {
        0.0
    }

    fn progress(&self, _: u64, _: u64) {}

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// A folder with a store and a pipeline file, and a clock.
struct World {
    folder: tempfile::TempDir,
    store: Store,
    host: Fake,
    threads: usize,
    engine: &'static str,
}

fn random() -> [u8; 10] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

fn resources() -> Resources {
    Resources { cpu_seconds: Some(1.0), peak_memory_bytes: Some(1) }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store")).unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        Self { folder, store, host: Fake::default(), threads: 2, engine: "none 1" }
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings {
            variables: Default::default(),
            host: &self.host,
            random: &random,
            resources: &resources,
            actor: Some("somebody".to_owned()),
            code: None,
            environment: Default::default(),
            engine: self.engine.to_owned(),
            threads: self.threads,
        }
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    fn load(&self, text: &str, set: &[(&str, &str)]) -> Result<Pipeline, RunnerError> {
        self.write("pipeline.yaml", text);
        let set = set.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Pipeline::load(&self.folder.path().join("pipeline.yaml"), &LoadOptions { set })
    }

    fn check_with(&self, text: &str, options: &CheckOptions) -> Result<Checked, RunnerError> {
        self.load(text, &[])?.check(&registry(), &self.store, options)
    }

    fn check(&self, text: &str) -> Result<Checked, RunnerError> {
        self.check_with(text, &CheckOptions::default())
    }

    fn run(&self, text: &str) -> RunReport {
        self.run_watched(&self.check(text).unwrap(), &crate::Silent)
    }

    fn run_watched(&self, checked: &Checked, observer: &dyn Observer) -> RunReport {
        checked.run(&self.store, &self.around(), &RunOptions::default(), observer).unwrap()
    }

    /// What each step did and why, in the order of the steps.
    fn told(&self, text: &str) -> Vec<String> {
        self.run(text).steps.iter().map(told).collect()
    }

    /// The number in the table that a step left.
    fn value(&self, report: &RunReport, step: &str) -> i64 {
        let artifact = &of(report, step).outputs[0].artifact;
        stages::read(&self.store, artifact).unwrap()
    }
}

fn told(step: &StepReport) -> String {
    let did = match (step.state, step.cached) {
        (mlspec_record::object::RunState::Completed, true) => "cached".to_owned(),
        (mlspec_record::object::RunState::Completed, false) => "ran".to_owned(),
        (state, _) => format!("{state:?}").to_lowercase(),
    };
    format!("{} {did}: {}", step.step, step.reason)
}

fn of<'a>(report: &'a RunReport, step: &str) -> &'a StepReport {
    report.steps.iter().find(|found| found.step.as_str() == step).unwrap()
}

/// Keeps events as JSON.
#[derive(Default)]
struct Log(Mutex<Vec<serde_json::Value>>);

impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(serde_json::to_value(event).unwrap());
    }
}

impl Log {
    fn names(&self) -> Vec<String> {
        let named = |event: &serde_json::Value| {
            let step = event["step"].as_str().unwrap_or_default();
            format!("{} {step}", event["event"].as_str().unwrap_or_default()).trim().to_owned()
        };
        self.0.lock().unwrap().iter().map(named).collect()
    }
}

/// 1 + 2 = 3, + 3 = 6.
const SUM: &str = "
pipeline: sum
version: 1.0.0
steps:
  one: { uses: constant@1, settings: { value: 1 } }
  two: { uses: constant@1, settings: { value: 2 } }
  three: { uses: add@1, inputs: { a: one.rows, b: two.rows } }
  six: { uses: add@1, inputs: { a: three.rows, b: three.rows } }
";
