//! The Python peers: an environment of their own, with the versions that `peers/requirements.txt` names.

use crate::figure::say;
use crate::usage::{self, Ended, Usage};
use crate::{Places, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// The peers' environment.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    python: PathBuf,
    scripts: PathBuf,
    threads: u64,
}

/// What a peer's script reports about itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Report {
    /// Seconds and CPU seconds by phase; importing the libraries is none.
    pub(crate) phases: BTreeMap<String, Phase>,
    /// What it found, to be held against ours.
    pub(crate) facts: Value,
    /// The sums over the phases.
    #[serde(flatten)]
    pub(crate) total: Usage,
}

/// What a phase cost.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Phase {
    /// Wall-clock time.
    pub(crate) seconds: f64,
    /// CPU time.
    pub(crate) cpu_seconds: f64,
}

impl Peers {
    /// Makes the environment, unless it is there already.
    pub(crate) fn new(places: &Places, threads: u64) -> Result<Self> {
        Self::of(places, threads, "requirements.txt", "python")
    }

    /// Makes the environment of other requirements, which do not go together with those of the rest, unless it is there already.
    pub(crate) fn of(places: &Places, threads: u64, required: &str, kept: &str) -> Result<Self> {
        let scripts = places.source("peers");
        let requirements = std::fs::read_to_string(scripts.join(required))?;
        let folder = places.kept(kept)?;
        let python = folder.join("bin").join("python");
        let installed = folder.join("installed.txt");
        if std::fs::read_to_string(&installed).ok().as_ref() != Some(&requirements) {
            say("installing the peers");
            usage::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
            let mut pip = Command::new(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            usage::run(pip.arg(scripts.join(required)))?;
            std::fs::write(&installed, &requirements)?;
        }
        Ok(Self { python, scripts, threads })
    }

    /// A script, limited to the threads that ours is limited to.
    pub(crate) fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(self.scripts.join(name));
        for variable in
            ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS", "POLARS_MAX_THREADS"]
        {
            command.env(variable, self.threads.to_string());
        }
        command
    }
}

/// Runs a script and reads its report.
pub(crate) fn report(command: &mut Command) -> Result<Report> {
    let Ended { stdout, .. } = usage::run(command)?;
    Ok(serde_json::from_str(&stdout)?)
}
