//! `mlspec impact`: where did these source rows go?

use super::{AnswerFormat, answer, trace::pick};
use crate::args::Common;
use crate::fault::Ended;
use crate::home::{self, WhichRun};
use mlspec_trace::impact;

/// Ask where rows of a source went: to which rows, features, parts, models, predictions and figures
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The dataset, or the step that ingested it
    dataset: String,
    #[command(flatten)]
    choice: Choice,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    format: AnswerFormat,
    #[command(flatten)]
    which: WhichRun,
}

/// Which rows of the source.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Choice {
    /// Their ids: `3,7,10-12`
    #[arg(long, value_name = "IDS")]
    rows: Option<String>,
    /// A key, once for each row; several key columns: joined by `,`
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// An SQL condition on the source's columns
    #[arg(long = "where", value_name = "SQL")]
    condition: Option<String>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let view = home::view(common, &args.which, None)?;
    let pick = pick(args.choice.rows.as_ref(), &args.choice.key, args.choice.condition.as_ref())?;
    let found = impact(&view, &args.dataset, &pick)?;
    answer(common, args.format, &found, || found.to_text(), || found.to_mermaid())
}
