//! `mlspec append`: there are new rows.

use super::change::{self, Choice, Dry, Edits, Meaning, Options, Subject};
use crate::args::Common;
use crate::fault::Ended;
use mlspec_record::object::ChangeKind;

/// Add rows to sources, and carry them through a live pipeline
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    edits: Edits<File>,
    #[command(flatten)]
    dry: Dry,
}

#[derive(Clone, Debug)]
struct File;

impl Options for File {
    const ALL: &'static [Choice] = &[Choice {
        name: "data",
        value: "FILE",
        help: "A file of new rows, of the source's format and columns",
        meaning: Meaning::Added,
    }];
    const FILE: bool = true;
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    change::from_files(ChangeKind::Append, (&args.subject, &args.edits, &args.dry), common)
}
