//! `mlspec key`: the key that signs statements and recognises erased rows.

use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::terminal::Out;
use crate::world;
use mlspec_maintain::proof::{PublicKey, SecretKey};
use mlspec_record::ExitCode;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Make or show the key that signs statements about erasures, and by whose secret erased rows are recognised
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a key: a file for its owner alone, and the public half beside it; nothing is overwritten
    ///
    /// Keep it outside the store, and keep a copy: without it, the next ingest cannot tell which rows were erased.
    New(New),
    /// Show the public half of a key, and its id
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct New {
    /// The file, or a folder for `key.json` [default: `--key-file`, the environment's MLSPEC_KEY_FILE, or
    /// `mlspec/key.json` in the user's folder of settings]
    #[arg(long, value_name = "DIR|FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// The file of the key, or of its public half [default: as for `mlspec key new`]
    file: Option<PathBuf>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    match &args.what {
        What::New(new) => make(new, common),
        What::Show(show) => {
            let path = show.file.clone().map_or_else(|| place(common), Ok)?;
            tell(&PublicKey::load(&path)?, &path, None, common)
        }
    }
}

fn make(new: &New, common: &Common) -> Ended {
    let path = match &new.output {
        Some(path) if path.is_dir() => path.join("key.json"),
        Some(path) => path.clone(),
        None => place(common)?,
    };
    let (pair, suppression) = (world::seed()?, world::seed()?);
    let mut entropy = [0; 64];
    entropy[..32].copy_from_slice(&pair);
    entropy[32..].copy_from_slice(&suppression);
    let key = SecretKey::generate(&entropy, world::now());
    let public = key.create(&path)?;
    tell(&key.public(), &path, Some(&public), common)
}

/// Where a key lies that nobody names.
fn place(common: &Common) -> Result<PathBuf, Fault> {
    let none = || Misuse::new("there is no folder of settings").hint("name a file with `--output` or `--key-file`");
    Ok(world::key_file(common).or_else(world::default_key_file).ok_or_else(none)?)
}

fn tell(key: &PublicKey, path: &Path, public: Option<&Path>, common: &Common) -> Ended {
    let mut out = Out::new();
    if common.json {
        let document = json!({"id": key.id(), "algorithm": "ed25519", "public": key.to_base64(), "created": key.created(),
            "file": path.display().to_string(), "public_file": public.map(|path| path.display().to_string())});
        out.pretty(&document)?;
    } else {
        out.line(format_args!("key     {}", key.id()))?;
        out.line(format_args!("public  {} (Ed25519, Base64)", key.to_base64()))?;
        out.line(format_args!("made    {}", key.created()))?;
        out.line(format_args!("file    {}", path.display()))?;
        if let Some(public) = public {
            out.line(format_args!("        {} for those who verify", public.display()))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::Done)
}
