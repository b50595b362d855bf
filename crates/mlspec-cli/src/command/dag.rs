//! `mlspec dag`: the steps of a pipeline or run, as a graph.

use crate::args::Common;
use crate::command::run;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::registry::stages;
use crate::terminal::Out;
use crate::world;
use mlspec_record::{ExitCode, Name};
use mlspec_runner::{CheckOptions, Dag, DagStep, Pipeline, find_run};
use mlspec_store::Store;
use std::path::{Path, PathBuf};

/// Draw the steps of a pipeline file or of a run
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A pipeline file; or a run, by its id or its pipeline's name
    #[arg(value_name = "PIPELINE|RUN")]
    what: String,
    /// How to draw
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Set a parameter of the pipeline
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// A Mermaid flowchart
    Mermaid,
    /// A Graphviz digraph
    Dot,
    /// For machines
    Json,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let dag = if Path::new(&args.what).is_file() { of_file(args)? } else { of_run(args, common)? };
    let as_json = || dag.json().map_err(|error| Misuse::new(error.to_string()));
    let text = match args.format {
        Format::Text if !common.json => dag.text(),
        Format::Text | Format::Json => as_json()?,
        Format::Mermaid => dag.mermaid(),
        Format::Dot => dag.dot(),
    };
    let mut out = Out::new();
    out.line(text.trim_end_matches('\n'))?;
    out.flush()?;
    Ok(ExitCode::Done)
}

fn of_file(args: &Args) -> Result<Dag, Fault> {
    let run = run::Args { pipeline: PathBuf::from(&args.what), set: args.set.clone(), ..run::Args::default() };
    drawn(&run::load(&run)?)
}

fn of_run(args: &Args, common: &Common) -> Result<Dag, Fault> {
    if [".yaml", ".yml", ".json"].iter().any(|end| args.what.ends_with(end)) {
        return Err(Misuse::file(Path::new(&args.what), &std::io::ErrorKind::NotFound.into()).into());
    }
    let store = home::store(common)?;
    let run = find_run(&store, &args.what).map_err(Fault::runner)?;
    let mut steps: Vec<DagStep> = Vec::with_capacity(run.body.steps.len());
    for ran in &run.body.steps {
        let Some(step) = run.body.file.steps.get(&ran.step) else { continue };
        let before = |name: &Name| steps.iter().find(|drawn| drawn.step == *name).map(|drawn| drawn.level + 1);
        let level = step.inputs.values().map(|from| &from.step).chain(&step.after).filter_map(before).max();
        // What a step without a record would have written is not known any more.
        let record = ran.record.as_ref().and_then(|_| store.record(&run.id, &ran.step).ok()?.envelope().ok());
        let writes = record.into_iter().flat_map(|record| record.outputs).map(|output| output.port).collect();
        steps.push(DagStep {
            step: ran.step.clone(),
            stage: step.uses.clone(),
            level: level.unwrap_or(0),
            reads: step
                .inputs
                .iter()
                .map(|(port, from)| (port.clone(), from.step.clone(), from.port.clone()))
                .collect(),
            after: step.after.clone(),
            writes,
            state: Some(ran.state),
        });
    }
    Ok(Dag { pipeline: run.body.file.pipeline, version: run.body.version, steps })
}

/// Drawing needs a checked pipeline; what checking leaves in a store is not for the user's.
fn drawn(pipeline: &Pipeline) -> Result<Dag, Fault> {
    let folder = tempfile::tempdir().map_err(|error| Misuse::file(&std::env::temp_dir(), &error))?;
    let store = Store::open(folder.path())?;
    let checked = pipeline
        .check(&stages(), &store, &CheckOptions { environment: world::variables(), ..CheckOptions::default() })
        .map_err(Fault::runner)?;
    Ok(Dag::of(&checked))
}
