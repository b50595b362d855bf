//! `mlspec correct`: values of rows were wrong.

use super::change::{self, Choice, Dry, Edits, Meaning, Options, Subject};
use crate::args::Common;
use crate::fault::Ended;
use mlspec_record::object::ChangeKind;

/// Correct values of rows of sources, and carry that through a live pipeline
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
        name: "changes",
        value: "FILE",
        help: "A file of rows with their key, or their id as `_row`, and the columns that get other values",
        meaning: Meaning::Changes,
    }];
    const FILE: bool = true;
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    change::from_files(ChangeKind::Correct, (&args.subject, &args.edits, &args.dry), common)
}
