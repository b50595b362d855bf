//! `mlspec explain`: why did a step run, or not?

use super::json;
use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home::{self, WhichRun};
use crate::terminal::Out;
use mlspec_record::{ExitCode, Name};
use mlspec_runner::explain;

/// Say why a step of a run ran, or did not
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The step
    step: String,
    #[command(flatten)]
    which: WhichRun,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let run = store.run(&home::run(&store, &args.which, None)?)?;
    let step = Name::new(&args.step).map_err(|error| Misuse::new(format!("`{}` names no step: {error}", args.step)))?;
    let found = explain(&store, &run, &step).map_err(Fault::runner)?;
    let mut out = Out::new();
    match common.json {
        true => out.pretty(&json(&found)?)?,
        false => out.line(&found)?,
    }
    out.flush()?;
    Ok(ExitCode::Done)
}
