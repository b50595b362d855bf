//! `mlspec validate`: do documents obey their schemas?

use crate::args::Common;
use crate::fault::{Ended, Fault};
use mlspec_schema::{CheckOptions, Checker, Format};
use std::io::{BufWriter, Write as _, stdin, stdout};

/// Check JSON, NDJSON and YAML documents by their schemas, without network
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders, globs, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// The schema, by name or file [default: the one that each document names]
    #[arg(long, value_name = "FILE|NAME")]
    schema: Option<String>,
    /// How to write the report [text, json, junit, github]
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let format = if common.json && args.format == Format::Text { Format::Json } else { args.format };
    let checker = Checker::new(CheckOptions { schema: args.schema.clone(), ..CheckOptions::default() })?;
    let report = checker.check_paths(&args.paths, &mut stdin().lock());
    let mut out = BufWriter::new(stdout().lock());
    report.write(format, &mut out).and_then(|()| out.flush()).map_err(Fault::output)?;
    Ok(report.exit_code())
}
