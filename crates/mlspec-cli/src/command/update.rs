//! `mlspec update`: there is a new version of whole sources.

use super::change::{self, Choice, Dry, Edits, Meaning, Options, Subject};
use crate::args::Common;
use crate::fault::Ended;
use mlspec_record::object::ChangeKind;

/// Replace sources by new versions, and carry the difference through a live pipeline
///
/// Rows are matched by key, or by content and occurrence where the source has none.
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
        help: "A file with all rows of the new version, of the source's format and columns",
        meaning: Meaning::Whole,
    }];
    const FILE: bool = true;
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    change::from_files(ChangeKind::Update, (&args.subject, &args.edits, &args.dry), common)
}
