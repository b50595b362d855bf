//! Profiles and drift of wide tables: beside polars' describe, ydata-profiling and Evidently.

use crate::figure::{Figure, Target, median, say};
use crate::peers::{Peers, report};
use crate::{Arguments, Places, Result};
use mlspec_analyze::AnalyzeParams;
use mlspec_monitor::MonitorParams;
use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The rows of the reference, and of the table that is profiled.
const ROWS: usize = 1_000_000;
/// The rows of the batch.
const BATCH: usize = 100_000;

/// A number in [0, 1) for a row of a column.
fn draw(row: usize, column: usize) -> f64 {
    let mut bits =
        (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (column as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Of ten columns five hold floats (one of twenty null), two integers, two categories, one truth values.
fn table(rows: usize, columns: usize, seed: usize, shift: f64) -> Result<DataFrame> {
    let column = |at: usize| {
        let name = PlSmallStr::from_string(format!("c{at}"));
        let value = |row: usize| draw(row, seed + at * 3) + draw(row, seed + at * 3 + 1) + shift;
        let there = |row: usize| draw(row, seed + at * 3 + 2) > 0.05;
        let each = 0..rows;
        let series = match at % 10 {
            0..5 => Series::new(name, each.map(|row| there(row).then(|| value(row) * 50.0)).collect::<Vec<_>>()),
            5..7 => Series::new(name, each.map(|row| (value(row) * 500.0) as i64).collect::<Vec<_>>()),
            7..9 => Series::new(
                name,
                each.map(|row| format!("category {}", (value(row) * 20.0) as i64)).collect::<Vec<_>>(),
            ),
            _ => Series::new(name, each.map(|row| value(row) > 1.0).collect::<Vec<_>>()),
        };
        series.into_column()
    };
    Ok(DataFrame::new(rows, (0..columns).map(column).collect())?)
}

fn keep(mut frame: DataFrame, path: &Path) -> Result<PathBuf> {
    ParquetWriter::new(File::create(path)?).finish(&mut frame)?;
    Ok(path.to_owned())
}

/// The seconds that something takes, often enough.
#[allow(clippy::disallowed_methods, reason = "time is what a benchmark measures")]
fn seconds<T>(repeat: usize, mut run: impl FnMut() -> Result<T>) -> Result<f64> {
    let mut all = Vec::new();
    for _ in 0..repeat {
        let start = Instant::now();
        run()?;
        all.push(start.elapsed().as_secs_f64());
    }
    Ok(median(all))
}

/// The seconds that a phase of a peer takes.
fn phase(peers: &Peers, repeat: usize, script: &str, files: &[&Path], phase: &str) -> Result<f64> {
    let mut all = Vec::new();
    for _ in 0..repeat {
        let report = report(peers.script(script).args(files))?;
        all.push(report.phases.get(phase).ok_or("the peer has no such phase")?.seconds);
    }
    Ok(median(all))
}

/// Measures profiles.
pub(crate) fn profiles(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    say("a table of 1,000,000 × 20");
    let peers = Peers::of(places, arguments.threads, "requirements-columns.txt", "python-columns")?;
    let folder = places.empty("columns")?;
    let frame = table(ROWS, 20, 0, 0.0)?;
    let file = keep(frame.clone(), &folder.join("table.parquet"))?;
    let table = Table::number(frame, 0)?;
    let analyzer = AnalyzeParams::default().check()?;
    let ours = seconds(arguments.repeat, || Ok(analyzer.summaries(&analyzer.profile(&table)?)))?;
    let polars = phase(&peers, arguments.repeat, "describe.py", &[&file], "describe")?;
    let ydata = phase(&peers, 1, "profile.py", &[&file], "profile")?;
    Ok(vec![
        Figure::ratio("profile of 1,000,000 × 20, beside polars' describe", ours, polars, "s", Target::AtMost(4.0)),
        Figure::ratio("beside ydata-profiling (minimal)", ours, ydata, "s", Target::AtMost(1.0 / 20.0)),
    ])
}

/// Measures drift.
pub(crate) fn drift(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    say("100,000 × 50 rows beside 1,000,000");
    let peers = Peers::of(places, arguments.threads, "requirements-columns.txt", "python-columns")?;
    let folder = places.empty("columns")?;
    let (before, now) = (table(ROWS, 50, 0, 0.0)?, table(BATCH, 50, 1_000, 0.01)?);
    let files =
        [keep(before.clone(), &folder.join("before.parquet"))?, keep(now.clone(), &folder.join("now.parquet"))?];
    let (before, now) = (Table::number(before, 0)?, Table::number(now, 0)?);
    let monitor = MonitorParams::default().check()?;
    let ours = seconds(arguments.repeat, || Ok(monitor.compare(&monitor.profile(&before)?, &monitor.profile(&now)?)?))?;
    let baseline = monitor.profile(&before)?;
    let by_profile = seconds(arguments.repeat, || Ok(monitor.compare(&baseline, &monitor.profile(&now)?)?))?;
    let evidently = phase(&peers, 1, "drift.py", &[&files[0], &files[1]], "drift")?;
    Ok(vec![
        Figure::ratio(
            "drift of 50 columns, 100,000 beside 1,000,000 rows, beside Evidently",
            ours,
            evidently,
            "s",
            Target::AtMost(0.1),
        ),
        Figure::ratio("the same against a profile instead of the rows", by_profile, evidently, "s", Target::None),
    ])
}
