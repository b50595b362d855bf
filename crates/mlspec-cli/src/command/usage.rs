//! `mlspec usage`: which source rows trained this model?

use super::json;
use crate::args::Common;
use crate::fault::Ended;
use crate::home::{self, WhichRun};
use crate::terminal::Out;
use mlspec_record::ExitCode;
use mlspec_trace::usage;

/// Ask which rows of the sources a model was made from
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model: the step that fitted it, a step that uses it, or the model's digest
    model: String,
    /// Only this source
    #[arg(long, value_name = "DATASET")]
    source: Option<String>,
    /// List the ids of the rows
    #[arg(long)]
    ids: bool,
    #[command(flatten)]
    which: WhichRun,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let view = home::view(common, &args.which, Some(&args.model))?;
    let mut found = usage(&view, &args.model, args.source.as_deref())?;
    let mut out = Out::new();
    if common.json {
        if !args.ids {
            found.sources.iter_mut().for_each(|source| source.rows.clear());
        }
        out.pretty(&json(&found)?)?;
    } else {
        out.text(format_args!("{}", found.to_text(args.ids)))?;
    }
    out.flush()?;
    Ok(ExitCode::Done)
}
