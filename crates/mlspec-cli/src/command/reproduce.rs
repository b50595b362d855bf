//! `mlspec reproduce`: does a run come out the same again?

use super::json;
use crate::args::Common;
use crate::command::run::tell_failures;
use crate::fault::{Ended, Fault};
use crate::home;
use crate::registry::stages;
use crate::terminal::{Machine, Out, Person};
use crate::world;
use mlspec_runner::{Compared, Reproduction, find_run, reproduce};
use serde_json::json;
use std::path::Path;

/// Run a run again from its record, in a fresh store, and compare the contents
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: its id or the beginning of it, or its pipeline's name for the newest
    run: String,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let run = find_run(&store, &args.run).map_err(Fault::runner)?;
    let host = world::Machine::new();
    let around = world::surroundings(&host, Path::new(&run.body.folder), common.threads);
    let secret = world::secret(common)?;
    let again = match common.json {
        true => reproduce(&store, &run, &stages(), &around, secret, &Machine),
        false => reproduce(&store, &run, &stages(), &around, secret, &Person::new()),
    };
    let again = again.map_err(Fault::runner)?;
    tell_failures(&again.report, common.style());
    let mut out = Out::new();
    match common.json {
        true => out.json(&json!({"event": "compared", "run": again.run, "same": again.first_difference().is_none(), "steps": json(&again.steps)?}))?,
        false => tell(&mut out, &again)?,
    }
    out.flush()?;
    Ok(again.exit_code)
}

fn tell(out: &mut Out, again: &Reproduction) -> Result<(), Fault> {
    again.steps.iter().try_for_each(|step| out.line(line(step)))?;
    match again.first_difference() {
        None => {
            let exact = again.steps.iter().filter(|step| step.exact).count();
            let all = again.steps.len();
            let told = if exact == all { format!("all {all}") } else { format!("{exact} of {all}") };
            out.line(format_args!("run {} is reproduced: {told} records have the same content", again.run))
        }
        Some(step) => out
            .line(format_args!("run {} is not reproduced: step `{}` is the first that differs", again.run, step.step)),
    }
}

fn line(step: &Compared) -> String {
    let told = match (step.same, step.differs.as_slice()) {
        (true, _) if !step.exact => {
            "made again; behind an update within a tolerance, so not compared bit by bit".to_owned()
        }
        (true, _) => "same".to_owned(),
        (false, []) => "differs".to_owned(),
        (false, members) => format!("differs in {}", members.join(", ")),
    };
    format!("  {:<20} {told}", step.step.as_str())
}
