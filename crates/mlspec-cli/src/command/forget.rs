//! `mlspec forget`: rows of sources are erased from a live pipeline.

use super::change::{self, Choice, Dry, Edits, Options, SOME_ROWS, Subject};
use crate::args::Common;
use crate::fault::{Ended, Misuse};
use crate::world;
use mlspec_maintain::change::{Edit, Request};
use mlspec_maintain::proof::{SecretKey, check, issue};
use mlspec_maintain::{Erasure, MaintainError};
use mlspec_record::object::ChangeKind;
use mlspec_stage::Host as _;
use mlspec_store::Store;
use serde_json::Value;
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
        return change::make(&store, &request, args.dry.ids, None, common);
    }
    let missing = || Misuse::new("erasing rows needs a key, by which they are recognised if they come back").hint(HINT);
    let key = world::key(common)?.ok_or_else(missing)?;
    let seed = world::seed()?;
    let beside = world::key_file(common).and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
    let prove = |store: &Store, erasure: &Erasure| {
        let receipt = args.receipt.clone().unwrap_or_else(|| beside.join(format!("{}.receipt.json", erasure.run)));
        state(store, erasure, &key, &seed, &receipt, args.statement.as_deref())
    };
    change::make(&store, &request, args.dry.ids, Some(&prove), common)
}

const HINT: &str =
    "make one with `mlspec key new FILE` and name it with `--key-file FILE` or the environment's MLSPEC_KEY_FILE";

/// Checks that nothing of the rows is left, and states it.
fn state(
    store: &Store,
    erasure: &Erasure,
    key: &SecretKey,
    seed: &[u8; 32],
    receipt: &Path,
    statement: Option<&Path>,
) -> Result<Value, MaintainError> {
    let checked = check(store, erasure)?;
    for finding in &checked.findings {
        // There is nobody left to tell if this fails; the error tells how many there are.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{finding}\n").as_bytes());
    }
    let issued = issue(store, erasure, &checked, key, seed, world::Machine::new().now())?;
    issued.receipt.create(receipt)?;
    if let Some(path) = statement {
        issued.create(path)?;
    }
    Ok(serde_json::from_slice(&issued.envelope).map_err(mlspec_record::RecordError::from)?)
}
