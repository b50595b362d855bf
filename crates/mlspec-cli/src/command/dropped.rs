//! `mlspec dropped`: which rows did a transform step leave out, and why?

use super::json;
use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home::{self, WhichRun};
use crate::terminal::Out;
use mlspec_record::{Envelope, ExitCode, Name, RecordError};
use mlspec_store::{Store, StoreError};
use mlspec_table::polars::prelude::DataFrame;
use mlspec_table::{Table, TableError};
use mlspec_transform::TransformParams;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// List the rows that a transform step dropped, by operator and reason
///
/// Rows are told by the ids that they have in the tables that the step read; `mlspec trace STEP.PORT:ROW` leads from there to
/// the sources. The operators are computed again, from the tables of the run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The step, which uses `transform`
    step: Name,
    /// How many rows of each table to show; with `--json` all are given
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    #[command(flatten)]
    which: WhichRun,
}

/// What one operator dropped.
#[derive(Debug, Serialize)]
struct Dropped {
    table: String,
    position: u64,
    operator: String,
    reason: &'static str,
    rows: u64,
    from: Vec<From>,
}

/// Rows of a table that the step read.
#[derive(Debug, Serialize)]
struct From {
    /// The output that the step read, as `step.port`; its input port where a record does not say.
    port: String,
    /// Ids as text: many are beyond 2⁵³.
    rows: Vec<String>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let run = home::run(&store, &args.which, Some(args.step.as_str()))?;
    let record = store.record(&run, &args.step)?.envelope().map_err(StoreError::from)?;
    let dropped = dropped(&store, &record)?;
    let mut out = Out::new();
    match common.json {
        true => out.pretty(&json(&dropped)?)?,
        false => out.text(format_args!("{}", text(&dropped, args.limit)))?,
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

fn dropped(store: &Store, record: &Envelope<Value>) -> Result<Vec<Dropped>, Fault> {
    if record.step.stage.name() != "transform" {
        let message = format!("the step `{}` uses `{}`, which drops no rows", record.step.name, record.step.stage);
        return Err(Misuse::new(message).hint("ask about a step that uses `transform`").into());
    }
    let params: TransformParams = serde_json::from_value(Value::Object(record.parameters.clone()))
        .map_err(|error| StoreError::from(RecordError::from(error)))?;
    let (mut tables, mut ports) = (BTreeMap::new(), BTreeMap::new());
    for input in &record.inputs {
        let producer = input.producer.as_ref().map(|producer| format!("{}.{}", producer.step, producer.port));
        ports.insert(input.port.to_string(), producer.unwrap_or_else(|| input.port.to_string()));
        tables.insert(input.port.to_string(), Table::read(store, &input.artifact.digest)?);
    }
    let mut found = Vec::new();
    for lost in params.check()?.lost(&tables)? {
        let mut from = Vec::new();
        for (scan, pairs) in lost.sources()? {
            let port = ports.get(&scan.table).cloned().unwrap_or(scan.table);
            from.push(From { port, rows: ids(&pairs)? });
        }
        found.push(Dropped {
            table: lost.table.clone(),
            position: lost.position,
            operator: lost.operator.clone(),
            reason: lost.reason,
            rows: lost.len() as u64,
            from,
        });
    }
    Ok(found)
}

fn ids(pairs: &DataFrame) -> Result<Vec<String>, TableError> {
    let mut ids: Vec<u64> = pairs.column("source")?.u64()?.iter().flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids.iter().map(u64::to_string).collect())
}

fn text(dropped: &[Dropped], limit: usize) -> String {
    if dropped.is_empty() {
        return "no rows were dropped\n".to_owned();
    }
    let mut text = String::new();
    for operator in dropped {
        let Dropped { table, position, operator, reason, rows, from } = operator;
        text += &format!("{table}, step {position} `{operator}`: {rows} rows, {reason}\n");
        for From { port, rows } in from {
            let more = if rows.len() > limit { format!(" … and {} more", rows.len() - limit) } else { String::new() };
            let shown = rows.iter().take(limit).map(String::as_str).collect::<Vec<_>>().join(" ");
            text += &format!("  {port}: {shown}{more}\n");
        }
    }
    text
}
