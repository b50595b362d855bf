//! `mlspec report`: one HTML page about a run.

use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home::{self, WhichRun};
use crate::terminal::Out;
use mlspec_record::{ExitCode, Id, Record};
use mlspec_report::Report;
use mlspec_store::Store;
use std::path::{Path, PathBuf};

/// Write one self-contained HTML page about a run
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: its id or the beginning of it [default: the latest]
    run: Option<String>,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Only runs of this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let which = WhichRun { run: args.run.clone(), pipeline: args.pipeline.clone() };
    let run = home::run(&store, &which, None)?;
    write(&store, &run, &args.output)?;
    let mut out = Out::new();
    out.line(args.output.display())?;
    out.flush()?;
    Ok(ExitCode::Done)
}

/// Writes the page about a run.
pub(crate) fn write(store: &Store, run: &Id, file: &Path) -> Result<(), Fault> {
    let object = store.run(run)?;
    let record = |error| Fault::from(mlspec_store::StoreError::from(error));
    let document = Record::from_view(&object).map_err(record)?;
    let steps = object.body.steps.iter().filter(|step| step.record.is_some());
    let records = steps.map(|step| store.record(run, &step.step)).collect::<Result<Vec<_>, _>>()?;
    let page = Report::new(&document, &records)?.html();
    std::fs::write(file, page).map_err(|error| Misuse::file(file, &error))?;
    Ok(())
}
