//! `mlspec forget`: rows of sources are erased from a live pipeline.

use super::change::{self, Choice, Dry, Edits, Options, SOME_ROWS, Subject};
use super::purge::after_erasure;
use crate::args::Common;
use crate::fault::{Ended, Misuse};
use crate::registry::stages;
use crate::world;
use mlspec_maintain::Erasure;
use mlspec_maintain::change::{Edit, Request};
use mlspec_maintain::proof::{Prover, Refit};
use mlspec_record::object::ChangeKind;
use mlspec_store::Store;
use std::path::{Path, PathBuf};

/// Erase rows of sources from a live pipeline: from its tables, encoders, models, predictions and figures
///
/// What comes out equals a run without the rows. They don't return with the next run, and rows of other sources are never erased
/// with them. That nothing of them is left is checked and stated, signed with the key of `--key-file`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    edits: Edits<Rows>,
    #[command(flatten)]
    dry: Dry,
    /// Also write the signed statement to this file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    statement: Option<PathBuf>,
    /// Where the nonces go that open the statement's commitments to rows, for their owner alone [default: a file named after the
    /// run, beside the key]
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    receipt: Option<PathBuf>,
    /// Also fit every model anew, from nothing, and state how far the live one is from it
    #[arg(long, conflicts_with = "dry_run")]
    refit: bool,
    /// Then remove older versions of the pipeline from the store, as its `retention` says; all of them where it says nothing
    #[arg(long, conflicts_with = "dry_run")]
    purge: bool,
}

#[derive(Clone, Debug)]
struct Rows;

impl Options for Rows {
    const ALL: &'static [Choice] = &SOME_ROWS;
    const FILE: bool = true;
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let edits = change::all(&args.edits)?;
    change::only("forget", &edits, |edit| matches!(edit, Edit::Remove(_)))?;
    let (store, of) = change::place(&args.subject, common)?;
    let request = Request { of, change: ChangeKind::Forget, edits, dry: args.dry.dry_run };
    if request.is_dry() {
        return Ok(change::make(&store, &request, args.dry.ids, None, common)?.exit_code);
    }
    let missing = || Misuse::new("erasing rows needs a key, by which they are recognised if they come back").hint(HINT);
    let key = world::key(common)?.ok_or_else(missing)?;
    let seed = world::seed()?;
    let beside = world::key_file(common).and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
    let (host, stages) = (world::Machine::new(), stages());
    let refit = args.refit.then_some(Refit { registry: &stages, host: &host });
    let prove = |store: &Store, erasure: &Erasure| {
        let receipt = args.receipt.clone().unwrap_or_else(|| beside.join(format!("{}.receipt.json", erasure.run)));
        let prover = Prover { key: &key, seed: &seed, time: world::now(), receipt: Some(&receipt), refit };
        Ok(prover.prove(store, erasure)?.statement)
    };
    let changed = change::make(&store, &request, args.dry.ids, Some(&prove), common)?;
    if let Some(run) = changed.run.as_ref().filter(|_| args.purge && changed.live) {
        after_erasure(&store, &changed.pipeline, &run.run.id, common)?;
    }
    if let (Some(path), Some(statement)) = (&args.statement, changed.proof.as_ref().filter(|_| changed.live)) {
        mlspec_maintain::proof::write_statement(path, statement)?;
    }
    Ok(changed.exit_code)
}

const HINT: &str =
    "make one with `mlspec key new`, and name it with `--key-file FILE` or the environment's MLSPEC_KEY_FILE";
