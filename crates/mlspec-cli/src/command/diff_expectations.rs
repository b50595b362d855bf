//! `mlspec diff-expectations`: what changed between two documents of expectations?

use crate::args::Common;
use crate::fault::Ended;
use crate::terminal::Out;
use mlspec_record::ExitCode;
use mlspec_validate::{ChangeSort, ExpectationsDocument, diff};
use serde_json::json;
use std::path::PathBuf;

/// Tell what was added, removed, loosened, tightened or changed between two documents of expectations
///
/// Ends with exit code 1 where the documents' expectations differ, unless all differences are of sorts named by `--allow`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The document before
    old: PathBuf,
    /// The document now
    new: PathBuf,
    /// Differences that may be; several: joined by `,`
    #[arg(long, value_name = "SORT", value_delimiter = ',', value_enum)]
    allow: Vec<Sort>,
}

/// A sort of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Sort {
    /// New expectations
    Added,
    /// Expectations that are gone
    Removed,
    /// What held still holds
    Loosened,
    /// What failed still fails
    Tightened,
    /// Neither
    Changed,
}

impl Sort {
    fn of(sort: ChangeSort) -> Self {
        match sort {
            ChangeSort::Added => Self::Added,
            ChangeSort::Removed => Self::Removed,
            ChangeSort::Loosened => Self::Loosened,
            ChangeSort::Tightened => Self::Tightened,
            ChangeSort::Changed => Self::Changed,
        }
    }
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let (old, new) = (ExpectationsDocument::read(&args.old)?, ExpectationsDocument::read(&args.new)?);
    let changes = diff(&old, &new)?;
    let version = match changes.iter().any(|change| change.sort.may_break()) {
        true => "major",
        false if changes.is_empty() => "none",
        false => "minor",
    };
    let mut out = Out::new();
    if common.json {
        out.pretty(&json!({"changes": super::json(&changes)?, "version": version}))?;
    } else {
        for change in &changes {
            let settings =
                if change.settings.is_empty() { String::new() } else { format!(": {}", change.settings.join(", ")) };
            out.line(format_args!("{:<9} {}{settings}", change.sort.as_str(), change.name))?;
        }
        match version {
            "none" => out.line("the expectations are the same")?,
            version => out.line(format_args!("{} → {}: asks for a {version} version", old.version, new.version))?,
        }
    }
    out.flush()?;
    let allowed = changes.iter().all(|change| args.allow.contains(&Sort::of(change.sort)));
    Ok(if allowed { ExitCode::Done } else { ExitCode::Refused })
}
