//! `mlspec infer-expectations`: what is this table like?

use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home::{self, WhichRun};
use crate::terminal::Out;
use mlspec_record::{ArtifactKind, ExitCode, Name, PortRef};
use mlspec_table::format::{Compression, Format, InputFile, ReadOptions, read};
use mlspec_table::{Table, TableError};
use mlspec_validate::{ExpectationsDocument, infer};
use std::path::{Path, PathBuf};

/// Write a first document of expectations from data, for review
///
/// SOURCE is a file (CSV, TSV, NDJSON, Parquet, Arrow) or an output of a run, such as `mails.rows`. The document tells no value that singles
/// out a row; the same data give the same document.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The table
    source: String,
    /// The document's name [default: that of the file or step]
    #[arg(long)]
    name: Option<Name>,
    /// The file to write; must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    which: WhichRun,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let document = expectations_of(&args.source, args.name.clone(), &args.which, common)?;
    let text = if common.json { format!("{:#}\n", super::json(&document)?) } else { document.to_yaml() };
    match &args.output {
        Some(output) if output.exists() => {
            return Err(Misuse::new(format!("`{}` exists already", output.display()))
                .hint("compare with `mlspec diff-expectations`, or name another file")
                .into());
        }
        Some(output) => std::fs::write(output, text).map_err(|error| Misuse::file(output, &error))?,
        None => {
            let mut out = Out::new();
            out.text(format_args!("{text}"))?;
            out.flush()?;
        }
    }
    Ok(ExitCode::Done)
}

/// What a table is like: a file, or an output of a run.
pub(super) fn expectations_of(
    source: &str,
    name: Option<Name>,
    which: &WhichRun,
    common: &Common,
) -> Result<ExpectationsDocument, Fault> {
    let path = Path::new(source);
    let (table, called) = match path.is_file() {
        true => (of_file(path, source)?, path.file_name().and_then(|name| name.to_str()).unwrap_or_default()),
        false => (of_run(source, which, common)?, source.split('.').next().unwrap_or_default()),
    };
    let called = called.split('.').next().and_then(|name| Name::new(name).ok());
    let name = name
        .or(called)
        .ok_or_else(|| Misuse::new("the file's name cannot be that of the document").hint("name it with `--name`"))?;
    Ok(infer(&table, name)?)
}

fn of_file(path: &Path, name: &str) -> Result<Table, Fault> {
    let format = Format::of_path(name).ok_or_else(|| {
        Misuse::new(format!("the format of `{name}` is not known by its ending"))
            .hint("csv, tsv, ndjson, parquet and arrow are")
    })?;
    let file = InputFile::open(path, name, Compression::Auto)?;
    let read = read(&[file], &ReadOptions::new(format))?;
    let frame = read.frames.into_iter().next().unwrap_or_default();
    Ok(Table::number(frame, 0)?)
}

fn of_run(source: &str, which: &WhichRun, common: &Common) -> Result<Table, Fault> {
    let port =
        PortRef::new(source).map_err(|error| Misuse::new(format!("there is no file `{source}`, and {error}")))?;
    let view = home::view(common, which, Some(port.step.as_str()))?;
    let artifact = view.output(&port)?;
    if artifact.kind != ArtifactKind::Table {
        return Err(Misuse::new(format!("`{source}` carries a {}, expected a table", artifact.kind)).into());
    }
    let table = Table::read(&home::store(common)?, &artifact.digest);
    table.map_err(|error: TableError| Fault::from(error))
}
