//! `mlspec verify`: does a statement about an erasure hold?

use super::json;
use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::terminal::Out;
use crate::world;
use mlspec_maintain::proof::{Against, PublicKey, Receipt, Verdict, read_rows, verify_file};
use mlspec_record::ExitCode;
use mlspec_store::Store;
use std::path::{Path, PathBuf};

/// Check a signed statement about an erasure: signature, schema, digests, commitments, and that the rows are still gone
///
/// Exit codes: 0 it holds, 1 it does not, 2 the file is no statement.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The statement
    statement: PathBuf,
    /// The public key that it must be signed with [default: the public half of `--key-file`, or of the user's own key]
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// The owner's receipt with the nonces, to open commitments
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Rows whose content is revealed, as JSON: `{"dataset": …, "row": "17", "values": {…}}`, or a list of such
    #[arg(long, value_name = "FILE", requires = "receipt")]
    revealed: Option<PathBuf>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let key = match &args.public_key {
        Some(path) => PublicKey::load(path)?,
        None => PublicKey::load(&own_key(common)?)?,
    };
    let receipt = args.receipt.as_deref().map(Receipt::load).transpose()?;
    let rows = args.revealed.as_deref().map(read_rows).transpose()?.unwrap_or_default();
    let store = store(&args.statement, common)?;
    let against = Against { receipt: receipt.as_ref(), rows: &rows, store: store.as_ref() };
    let verdict = verify_file(&args.statement, &key, &against)?;
    tell(&verdict, store.as_ref(), common)?;
    Ok(if verdict.is_good() { ExitCode::Done } else { ExitCode::Refused })
}

/// The public half of the user's own key, from the file that others may read.
fn own_key(common: &Common) -> Result<PathBuf, Fault> {
    let found = world::key_file(common).or_else(world::default_key_file);
    let none = || Misuse::new("there is no public key").hint("name one with `--public-key`");
    let secret = found.ok_or_else(none)?;
    let public = secret.with_extension("pub.json");
    Ok(if public.is_file() { public } else { secret })
}

/// The store that is named, else the one that the statement lies in, else the one of this folder, if there is any.
fn store(statement: &Path, common: &Common) -> Result<Option<Store>, Fault> {
    let whole = statement.canonicalize().unwrap_or_default();
    let around = whole.ancestors().skip(1).find(|folder| folder.join("store.json").is_file());
    match (&common.store, around) {
        (Some(_), _) => home::store(common).map(Some),
        (None, Some(folder)) => Ok(Some(Store::open(folder)?)),
        (None, None) => Ok(home::store(common).ok()),
    }
}

fn tell(verdict: &Verdict, store: Option<&Store>, common: &Common) -> Result<(), Fault> {
    let mut out = Out::new();
    if common.json {
        out.pretty(&json(verdict)?)?;
        return out.flush();
    }
    if let Some(said) = &verdict.statement {
        out.line(format_args!("erasure of {}, run {}, stated {}", said.pipeline, said.run, said.time))?;
        for source in &said.sources {
            out.line(format_args!("  {} rows of {}", source.erased, source.dataset))?;
        }
        for model in &said.checks.models {
            let guarantee = format!("{:?}", model.guarantee).to_lowercase();
            let gradient = model.gradient_norm.map(|norm| format!(", gradient at most {norm:.1e}")).unwrap_or_default();
            let refit = model.refit.as_ref().map(|refit| {
                format!(", predictions at most {:.1e} from those of a model fitted anew", refit.predictions)
            });
            out.line(format_args!("  model {}: {guarantee}{gradient}{}", model.step, refit.unwrap_or_default()))?;
        }
        for left in &said.checks.scan.remaining {
            let sources: Vec<&str> = left.sources.iter().map(mlspec_record::Name::as_str).collect();
            let place = left
                .column
                .as_ref()
                .map_or_else(|| left.place.clone(), |column| format!("{}, column {column}", left.place));
            let from = sources.join(", ");
            out.line(format_args!(
                "  {place} still has {} of the values: they are those of {from}, not erased",
                left.count
            ))?;
        }
    }
    if store.is_none() {
        out.line("no store: only the statement itself is looked at")?;
    }
    verdict.holds.iter().try_for_each(|line| out.line(format_args!("holds  {line}")))?;
    verdict.notes.iter().try_for_each(|line| out.line(format_args!("note   {line}")))?;
    verdict.fails.iter().try_for_each(|line| out.line(format_args!("FAILS  {line}")))?;
    out.line(if verdict.is_good() { "the statement holds" } else { "the statement does not hold" })?;
    out.flush()
}
