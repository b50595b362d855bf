//! `mlspec record`: records that others wrote.

use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::terminal::Out;
use mlspec_record::ExitCode;
use mlspec_runner::{RunnerError, add};
use mlspec_schema::{SourceFormat, read_documents};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Take records of finished scripts and foreign tools into the store
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add a record: checked like any other, whole or not at all
    ///
    /// Every artifact that it names must be in the store, come along as an object, or be said to lie `elsewhere`. A pipeline reads it with
    /// the stage record@1.
    Add(Add),
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The record: one document, JSON or YAML
    file: PathBuf,
    /// A file that the record names by the SHA-256 of its bytes, such as a model
    #[arg(long, value_name = "FILE")]
    object: Vec<PathBuf>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    match &args.what {
        What::Add(add) => execute_add(add, common),
    }
}

fn execute_add(args: &Add, common: &Common) -> Ended {
    let document = document(&args.file)?;
    let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Misuse::file(path, &error));
    let objects = args.object.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let store = home::store(common)?;
    let added = add(&store, document, &objects).map_err(|error| in_file(error, &args.file))?;
    let mut out = Out::new();
    match common.json {
        true => out.pretty(&json!({"event": "added", "record": added.record, "kind": added.kind, "step": added.step, "path": added.path, "known": added.known}))?,
        false => {
            let verb = if added.known { "was there already:" } else { "added" };
            out.line(format_args!("{verb} {} {} of step {}: {}", added.kind, added.record, added.step, added.path.display()))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

fn document(path: &Path) -> Result<serde_json::Value, Fault> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Misuse::new(format!("`{}` is not UTF-8", path.display())),
        _ => Misuse::file(path, &error),
    })?;
    let format = SourceFormat::of(path).unwrap_or_else(|| SourceFormat::guess(&text));
    let documents = read_documents(&text, format).map_err(|error| {
        let at = format!(
            "`{}` cannot be parsed (line {}, column {})",
            path.display(),
            error.position.line,
            error.position.column
        );
        let misuse = Misuse::new(format!("{at}: {}", error.message));
        error.help.map_or_else(|| Misuse::new(format!("{at}: {}", error.message)), |help| misuse.hint(help))
    })?;
    match <[_; 1]>::try_from(documents) {
        Ok([document]) => Ok(document),
        Err(several) => Err(Misuse::new(format!(
            "`{}` holds {} documents, and one record is added at a time",
            path.display(),
            several.len()
        ))
        .into()),
    }
}

/// Problems of the record, each at its place in the file.
fn in_file(error: RunnerError, path: &Path) -> Fault {
    match error {
        RunnerError::Rejected(mut rejected) => {
            rejected.problems.iter_mut().for_each(|problem| problem.place.file = Some(path.display().to_string()));
            Fault::runner(RunnerError::Rejected(rejected))
        }
        other => Fault::runner(other),
    }
}
