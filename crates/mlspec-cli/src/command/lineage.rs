//! `mlspec lineage`: which source columns does this column depend on?

use super::json;
use crate::args::Common;
use crate::fault::{Ended, Misuse};
use crate::home::{self, WhichRun};
use crate::terminal::Out;
use mlspec_record::{ExitCode, PortRef};
use mlspec_trace::lineage;

/// Ask which source columns the columns of an output depend on, and how
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The output of a step, such as `split.train`
    #[arg(value_name = "STEP.PORT")]
    output: String,
    /// Only this column
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    which: WhichRun,
}

/// How column lineage is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Table,
    /// For machines
    Json,
    /// A Mermaid flowchart
    Mermaid,
    /// A Graphviz digraph
    Dot,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let port = PortRef::new(&args.output)
        .map_err(|error| Misuse::new(format!("`{}` names no output: {error}", args.output)))?;
    let view = home::view(common, &args.which, Some(port.step.as_str()))?;
    let found = lineage(&view, &port, args.column.as_deref())?;
    let mut out = Out::new();
    match args.format {
        Format::Table if !common.json => out.text(format_args!("{}", found.to_text()))?,
        Format::Table | Format::Json => out.pretty(&json(&found)?)?,
        Format::Mermaid => out.text(format_args!("{}", found.to_mermaid()))?,
        Format::Dot => out.text(format_args!("{}", found.to_dot()))?,
    }
    out.flush()?;
    Ok(ExitCode::Done)
}
