//! `mlspec diff`: how do two runs differ?

use super::json;
use crate::args::Common;
use crate::fault::Ended;
use crate::home;
use crate::terminal::Out;
use mlspec_record::ExitCode;
use mlspec_trace::{View, compare};

/// Compare two runs: settings, data, statistics, what was fitted, metrics, code
///
/// A run is named by its id or the beginning of it, by its pipeline for the newest, or as PIPELINE@live for the one in use.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run before
    #[arg(value_name = "RUN")]
    before: String,
    /// The run after
    #[arg(value_name = "RUN")]
    after: String,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show all figures, however many there are
    #[arg(long)]
    all: bool,
    /// End with exit code 1 where something differs, as diff(1) does
    #[arg(long)]
    exit_code: bool,
}

/// How a comparison is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let view =
        |text: &str| -> Result<View, crate::fault::Fault> { Ok(View::open(&store, &home::named_run(&store, text)?)?) };
    let found = compare(&view(&args.before)?, &view(&args.after)?)?;
    let mut out = Out::new();
    match args.format == Format::Json || common.json {
        true => out.pretty(&json(&found)?)?,
        false => out.text(format_args!("{}", found.to_text(args.all)))?,
    }
    out.flush()?;
    Ok(if args.exit_code && !found.same { ExitCode::Refused } else { ExitCode::Done })
}
