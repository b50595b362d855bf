//! The commands, one file each: arguments, and how the answer is told.

pub(crate) mod append;
pub(crate) mod change;
pub(crate) mod correct;
pub(crate) mod dag;
pub(crate) mod diff;
pub(crate) mod diff_expectations;
pub(crate) mod dropped;
pub(crate) mod example;
pub(crate) mod explain;
pub(crate) mod forget;
pub(crate) mod impact;
pub(crate) mod infer_encode;
pub(crate) mod infer_expectations;
pub(crate) mod key;
pub(crate) mod lineage;
pub(crate) mod predict;
pub(crate) mod purge;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod reproduce;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod trace;
pub(crate) mod update;
pub(crate) mod usage;
pub(crate) mod validate;
pub(crate) mod verify;
pub(crate) mod whatif;

use crate::args::Common;
use crate::fault::{Ended, Fault};
use crate::terminal::Out;
use mlspec_record::ExitCode;
use serde::Serialize;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people
    #[default]
    Table,
    /// For machines
    Json,
    /// A Mermaid flowchart
    Mermaid,
}

/// Writes an answer in the format asked for.
fn answer(
    common: &Common,
    format: AnswerFormat,
    answer: &impl Serialize,
    table: impl FnOnce() -> String,
    mermaid: impl FnOnce() -> String,
) -> Ended {
    let mut out = Out::new();
    match format {
        AnswerFormat::Json => out.pretty(&json(answer)?)?,
        AnswerFormat::Table if common.json => out.pretty(&json(answer)?)?,
        AnswerFormat::Table => out.text(format_args!("{}", table()))?,
        AnswerFormat::Mermaid => out.text(format_args!("{}", mermaid()))?,
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

/// A value as JSON.
fn json(value: &impl Serialize) -> Result<serde_json::Value, Fault> {
    Ok(serde_json::to_value(value)
        .map_err(mlspec_record::CanonicalError::from)
        .map_err(mlspec_store::StoreError::from)?)
}
