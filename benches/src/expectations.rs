//! Ten expectations on ten million rows, with all failing rows, beside pandera on polars.

use crate::figure::{Figure, Target, say};
use crate::peers::{Peers, report};
use crate::provenance::{Part, repeated};
use crate::usage::{self, Usage, medians};
use crate::{Arguments, Places, Result};
use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
use mlspec_validate::ValidateParams;
use serde_json::{Value, json};
use std::fs::File;
use std::path::Path;

/// How many rows a part of the table has, while it is made.
const PART: u64 = 1_000_000;

/// A number below `below`, the same for the same row and place.
fn draw(row: u64, place: u64, below: u64) -> u64 {
    let mut bits = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ place.wrapping_mul(0xd1b5_4a32_d192_ed03);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        bits = (bits ^ (bits >> 30)).wrapping_mul(factor);
    }
    (bits ^ (bits >> 31)) % below
}

/// Orders, of which about one in a thousand breaks each expectation.
fn orders(rows: std::ops::Range<u64>) -> Result<DataFrame> {
    let bad = |row: u64, place: u64| draw(row, place, 1_000) == 0;
    let all = || rows.clone();
    let country = |row| ["DE", "FR", "IT", "ES", "PL"][draw(row, 3, 5) as usize];
    let frame = df!(
        "id" => all().map(|row| if bad(row, 0) && row > 0 { row - 1 } else { row } as i64).collect::<Vec<_>>(),
        "customer" => all().map(|row| (!bad(row, 1)).then(|| draw(row, 2, 100_000) as i64)).collect::<Vec<_>>(),
        "country" => all().map(|row| if bad(row, 4) { "XX" } else { country(row) }).collect::<Vec<_>>(),
        "amount" => all().map(|row| draw(row, 5, 100_000) as f64 / 100.0 - if bad(row, 6) { 2_000.0 } else { 0.0 }).collect::<Vec<_>>(),
        "email" => all().map(|row| format!("c{}{}example.org", draw(row, 2, 100_000), if bad(row, 7) { "" } else { "@" })).collect::<Vec<_>>(),
        "note" => all().map(|row| if bad(row, 8) { "" } else { ["late", "as agreed", "sent twice"][draw(row, 9, 3) as usize] }).collect::<Vec<_>>(),
        "opened" => all().map(|row| draw(row, 10, 1_000) as i64).collect::<Vec<_>>(),
        "closed" => all().map(|row| draw(row, 10, 1_000) as i64 + if bad(row, 11) { -1 } else { 5 }).collect::<Vec<_>>(),
        "state" => all().map(|row| (!bad(row, 12)).then_some("done")).collect::<Vec<_>>(),
        "score" => all().map(|row| if bad(row, 13) { f64::NAN } else { draw(row, 14, 1_000) as f64 / 1_000.0 }).collect::<Vec<_>>()
    )?;
    Ok(frame)
}

/// Writes the table, part by part.
pub(crate) fn write(to: &Path, rows: u64) -> Result<usize> {
    let file = File::create(to.join("orders.parquet"))?;
    let schema = orders(0..1)?.schema().as_ref().clone();
    let mut writer = ParquetWriter::new(file).with_compression(ParquetCompression::Uncompressed).batched(&schema)?;
    for start in (0..rows).step_by(PART as usize) {
        writer.write_batch(&orders(start..rows.min(start + PART))?)?;
    }
    writer.finish()?;
    Ok(rows as usize)
}

fn settings() -> Value {
    json!({"expectations": [
        {"unique": {"columns": ["id"]}}, {"not_null": {"columns": ["customer"]}},
        {"allowed_values": {"column": "country", "values": ["DE", "FR", "IT", "ES", "PL"]}},
        {"range": {"column": "amount", "min": 0, "max": 1000}}, {"pattern": {"column": "email", "pattern": "^[a-z0-9]+@[a-z.]+$"}},
        {"length": {"column": "note", "min": 1, "max": 20}}, {"compare": {"left": "opened", "is": "less_or_equal", "right": "closed"}},
        {"not_null": {"columns": ["state"]}}, {"range": {"column": "score", "min": 0, "max": 1}},
        {"range": {"column": "opened", "min": 0, "max": 999}}
    ]})
}

/// Holds the table against the expectations; how many rows fail, over all of them.
pub(crate) fn validate(tables: &Path) -> Result<(usize, Usage)> {
    let validator = serde_json::from_value::<ValidateParams>(settings())?.check()?;
    let frame = ParquetReader::new(File::open(tables.join("orders.parquet"))?).finish()?;
    let table = Table::number(frame, 0)?;
    usage::of(|| Ok(validator.validate(&table)?.iter().map(|verdict| verdict.failing.len()).sum()))
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    let peers = Peers::new(places, arguments.threads)?;
    let tables = places.kept(&format!("orders-{}", arguments.rows))?;
    if !tables.join("made").exists() {
        say("orders to be validated");
        write(&tables, arguments.rows)?;
        std::fs::write(tables.join("made"), "")?;
    }
    say("ten expectations beside pandera on polars");
    let (failing, ours) = repeated(places, arguments, Part::Expectations, &tables, &tables)?;
    let mut usages = Vec::new();
    for _ in 0..arguments.repeat {
        let mut script = peers.script("expectations.py");
        script.env("POLARS_MAX_THREADS", arguments.threads.to_string());
        let peer = report(script.arg(tables.join("orders.parquet")))?;
        if peer.facts["failing"] != failing {
            return Err(format!("{failing} rows fail by us, {} by the peer", peer.facts["failing"]).into());
        }
        usages.push(peer.total);
    }
    let theirs = medians(&usages);
    let rows = arguments.rows;
    let figure = |what, ours, theirs, unit, aim| {
        Figure::ratio(format!("{rows} rows, {failing} fail: {what}"), ours, theirs, unit, aim)
    };
    Ok(vec![
        figure("time", ours.seconds, theirs.seconds, "s", Target::AtMost(1.0 / 3.0)),
        figure("CPU time", ours.cpu_seconds, theirs.cpu_seconds, "s", Target::None),
        figure("peak memory", ours.peak_megabytes, theirs.peak_megabytes, "MB", Target::None),
    ])
}
