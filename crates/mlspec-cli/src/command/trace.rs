//! `mlspec trace`: where does this come from?

use super::{AnswerFormat, answer};
use crate::args::Common;
use crate::fault::Ended;
use crate::home::{self, WhichRun};
use mlspec_trace::{Pick, Target, trace};

/// Ask where something comes from: back to the rows of the sources
///
/// TARGET is a row (`split.train:17`, several: `split.train:3,7-9`), a prediction (`evaluate.predictions:17`), a feature
/// (`encode.train#country_DE`, in one row `encode.train#country_DE:17`), a whole output (`split.train`), or the record of a step, by
/// the step's name or the record's id.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to ask about
    target: String,
    /// Choose rows of a table by an SQL condition on its columns
    #[arg(long = "where", value_name = "SQL")]
    condition: Option<String>,
    /// Choose rows of an ingested table by key; several key columns: joined by `,`
    #[arg(long, value_name = "KEY", conflicts_with = "condition")]
    key: Vec<String>,
    /// Show all values of the source rows, not only keys
    #[arg(long)]
    values: bool,
    /// How many rows of each source to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    format: AnswerFormat,
    #[command(flatten)]
    which: WhichRun,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let (view, target) = match Target::parse(&args.target)? {
        Target::Record(name) => {
            let (view, step) = home::view_of_record(common, &args.which, &name)?;
            (view, Target::Record(step))
        }
        target => (home::view(common, &args.which, target.step())?, target),
    };
    let pick = pick(None, &args.key, args.condition.as_ref())?;
    let found = trace(&view, &target, &pick, args.limit, args.values)?;
    answer(common, args.format, &found, || found.to_text(), || found.to_mermaid())
}

/// Which rows are chosen.
pub(crate) fn pick(
    rows: Option<&String>,
    keys: &[String],
    condition: Option<&String>,
) -> Result<Pick, mlspec_trace::TraceError> {
    match (rows, condition) {
        (Some(rows), _) => Pick::rows(rows),
        (None, Some(condition)) => Ok(Pick::Where(condition.clone())),
        (None, None) if keys.is_empty() => Ok(Pick::All),
        (None, None) => Ok(Pick::Key(keys.to_vec())),
    }
}
