//! `mlspec run`: runs a pipeline.

use crate::args::Common;
use crate::command::report;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::registry::stages;
use crate::terminal::{Machine, Person, Style, tell};
use crate::world;
use mlspec_record::Name;
use mlspec_runner::{CheckOptions, LoadOptions, Pipeline, RunOptions, RunReport};
use mlspec_store::Store;
use std::path::PathBuf;

mod summary;

pub(crate) use summary::a_prediction;

/// Run a pipeline: every step whose result is not in the store yet
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// The pipeline file, YAML or JSON
    pub(crate) pipeline: PathBuf,
    /// Set a parameter of the pipeline
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Run this step and those before it only
    #[arg(long, value_name = "STEP")]
    pub(crate) to: Option<String>,
    /// Read at most so many rows of each source, for exploring
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sample: Option<u64>,
    /// Run every step, whatever the store holds
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Also write an HTML page about the run
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let (store, done) = run(args, common)?;
    finish(args, common, &store, &done)
}

/// Tells what a run came to, and writes the page about it if one is wanted.
pub(crate) fn finish(args: &Args, common: &Common, store: &Store, done: &RunReport) -> Ended {
    tell_failures(done, common.style());
    if let Some(file) = &args.report {
        report::write(store, &done.run.id, file)?;
    }
    summary::tell(done, store, common, args.report.as_deref())?;
    Ok(done.exit_code)
}

/// Loads, checks and runs the pipeline. A file that is no pipeline leaves no store behind.
pub(crate) fn run(args: &Args, common: &Common) -> Result<(Store, RunReport), Fault> {
    let pipeline = load(args)?;
    let store = home::store_for(&args.pipeline, common)?;
    let to = args.to.as_deref().map(Name::new).transpose().map_err(|error| Misuse::new(format!("`--to`: {error}")))?;
    let (secret, environment) = (world::secret(common)?, world::variables());
    let options = CheckOptions { to, sample: args.sample, secret, environment, ..CheckOptions::default() };
    let checked = pipeline.check(&stages(), &store, &options).map_err(Fault::runner)?;
    let host = world::Machine::new();
    let around = world::surroundings(&host, pipeline.folder(), common.threads);
    super::change::settle(&store, pipeline.name(), &around)?;
    let options = RunOptions { fresh: args.fresh, ..RunOptions::default() };
    let done = match common.json {
        true => checked.run(&store, &around, &options, &Machine),
        false => checked.run(&store, &around, &options, &Person::new()),
    };
    Ok((store, done.map_err(Fault::runner)?))
}

/// Reads the pipeline file with the parameters that are set.
pub(crate) fn load(args: &Args) -> Result<Pipeline, Fault> {
    if !args.pipeline.is_file() {
        return Err(Misuse::file(&args.pipeline, &std::io::ErrorKind::NotFound.into()).into());
    }
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Misuse::new(format!("`--set {text}`: a parameter is set as `NAME=VALUE`"))),
    };
    let set = args.set.iter().map(pair).collect::<Result<_, _>>()?;
    Pipeline::load(&args.pipeline, &LoadOptions { set }).map_err(Fault::runner)
}

/// Tells why steps failed.
pub(crate) fn tell_failures(done: &RunReport, style: Style) {
    for step in &done.steps {
        if let Some(failure) = &step.failure {
            tell(&Fault::step(&step.step, failure), style);
        }
    }
}
