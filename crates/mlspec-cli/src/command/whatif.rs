//! `mlspec whatif`: how would things be without some rows?

use super::change::{self, Choice, Edits, Meaning, Options, Subject};
use crate::args::Common;
use crate::fault::{Ended, Misuse};
use mlspec_maintain::change::{Edit, Request};
use mlspec_record::object::ChangeKind;
use mlspec_trace::Pick;

/// Ask how rows, model and metrics of a pipeline would change without some rows, and leave everything as it is
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    edits: Edits<Rows>,
    /// Without all rows of this source
    #[arg(long, value_name = "NAME", help_heading = "Which rows")]
    without_source: Vec<String>,
    /// Also tell the ids of rows that would be left without partner
    #[arg(long)]
    ids: bool,
}

#[derive(Clone, Debug)]
struct Rows;

impl Options for Rows {
    const ALL: &'static [Choice] = &[Choice {
        name: "drop-where",
        value: "SQL",
        help: "Without the rows that an SQL condition on the source's columns holds for",
        meaning: Meaning::Condition,
    }];
    const FILE: bool = false;
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let mut edits = args.edits.edits.clone();
    edits.extend(args.without_source.iter().map(|source| (source.clone(), Edit::Remove(Pick::All))));
    if edits.is_empty() {
        let hint = "name them with `--source NAME --drop-where SQL` or `--without-source NAME`";
        return Err(Misuse::new("no rows are named").hint(hint).into());
    }
    let (store, of) = change::place(&args.subject, common)?;
    let request = Request { of, change: ChangeKind::Whatif, edits, dry: true };
    Ok(change::make(&store, &request, args.ids, None, common)?.exit_code)
}
