//! The whole uncached run, from files to tested model, beside pandas and scikit-learn.

use crate::figure::{Figure, Target, say};
use crate::peers::{Peers, Phase, Report, report};
use crate::usage::{self, Usage, medians};
use crate::{Arguments, Places, Result, limit_threads};
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactRef, Name};
use mlspec_store::Store;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The records of a run by step, as JSON.
pub(crate) type Records = BTreeMap<String, Value>;

/// Phases as both sides have them, and the stages that ours consist of.
const PHASES: [(&str, &[&str]); 6] = [
    ("prepare", &["ingest@1", "transform@1"]),
    ("validate", &["validate@1"]),
    ("split", &["split@1"]),
    ("encode", &["encode@1"]),
    ("train", &["train@1"]),
    ("evaluate", &["evaluate@1", "test@1"]),
];

pub(crate) fn records(store: &Store) -> Result<Records> {
    // The newest is the first.
    let run = store.runs()?.into_iter().next().ok_or("the store has no run")?;
    let mut found = Records::new();
    for step in store.recorded_steps(&run)? {
        let text = fs::read_to_string(store.record_path(&run, &step))?;
        found.insert(step.to_string(), serde_json::from_str(&text)?);
    }
    Ok(found)
}

/// The record of the one step that uses this stage.
fn of_stage<'a>(records: &'a Records, stage: &str) -> Result<&'a Value> {
    let mut found = records.values().filter(|record| record["step"]["stage"] == stage);
    found.next().ok_or_else(|| format!("no step uses `{stage}`").into())
}

fn number(value: &Value, pointer: &str) -> Result<f64> {
    value
        .pointer(pointer)
        .and_then(Value::as_f64)
        .ok_or_else(|| format!("a record has no number at `{pointer}`").into())
}

/// A metric of a record of evaluation or test.
pub(crate) fn metric(metrics: &Value, name: &str) -> Result<f64> {
    let found = metrics.as_array().into_iter().flatten().find(|metric| metric["name"] == name);
    found.and_then(|metric| metric["value"].as_f64()).ok_or_else(|| format!("a record has no metric `{name}`").into())
}

/// Seconds of all steps that use one of these stages.
fn phase(records: &Records, stages: &[&str]) -> Phase {
    let mut sum = Phase::default();
    for record in records.values().filter(|record| stages.iter().any(|stage| record["step"]["stage"] == *stage)) {
        let cost = |key: &str| record["execution_profile"][key].as_f64().unwrap_or_default();
        sum.seconds += cost("wall_seconds");
        sum.cpu_seconds += cost("cpu_seconds");
    }
    sum
}

fn artifact(record: &Value, port: &str) -> Result<ArtifactRef> {
    let output = record["outputs"].as_array().into_iter().flatten().find(|output| output["port"] == port);
    Ok(serde_json::from_value(output.ok_or_else(|| format!("no output `{port}`"))?["artifact"].clone())?)
}

/// Writes which customer's mails went to which part: the parts' rows, traced to the customers they come from.
fn write_parts(store: &Store, split: &Value, customers: &Path, to: &Path) -> Result<()> {
    let customers = fs::read_to_string(customers)?;
    let emails: Vec<&str> = customers.lines().filter_map(|line| line.split(',').nth(1)).collect();
    let dataset = Name::new("customers")?;
    let tracer = Tracer::new(store);
    let mut text = String::from("email,part\n");
    for part in ["train", "validation", "test"] {
        let rows = artifact(split, part)?;
        let sources = tracer.sources(&rows)?;
        let source = sources.iter().find(|source| source.dataset == dataset).ok_or("no row comes from a customer")?;
        let pairs = tracer.pairs(&rows, source)?;
        let mut ids: Vec<u64> = pairs.column("source")?.u64()?.iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let email = usize::try_from(id).ok().and_then(|at| emails.get(at)).ok_or("a customer without a line")?;
            writeln!(text, "{email},{part}")?;
        }
    }
    fs::write(to, text)?;
    Ok(())
}

/// Runs ours into an empty store.
fn ours(places: &Places, arguments: &Arguments, folder: &Path) -> Result<(Usage, Store)> {
    let store = places.empty("whole-store")?;
    fs::write(folder.join("whole.yaml"), places.pipeline(folder)?)?;
    let mut command = places.mlspec();
    command
        .current_dir(folder)
        .args(["run", "whole.yaml", "--store"])
        .arg(&store)
        .args(["--threads", &arguments.threads.to_string()]);
    limit_threads(&mut command, arguments.threads);
    let ended = usage::run(&mut command)?;
    Ok((ended.usage, Store::open(&store)?))
}

/// Phase by phase: seconds of ours and the peer's, in the last round.
fn phases(records: &Records, peer: &Report) -> Vec<Figure> {
    let figure = |(name, stages): &(&str, &[&str])| {
        let theirs = peer.phases.get(*name).copied().unwrap_or_default();
        Figure::ratio(format!("  {name}"), phase(records, stages).seconds, theirs.seconds, "s", Target::None)
    };
    PHASES.iter().map(figure).collect()
}

/// How well both models do, and how far both fits went.
fn quality(records: &Records, peer: &Report) -> Result<Vec<Figure>> {
    let training = of_stage(records, "train@1")?;
    let evaluated = of_stage(records, "evaluate@1")?;
    let tested = of_stage(records, "test@1")?;
    let mut figures = vec![Figure::ratio(
        "gradient norm at the end of the fit",
        number(training, "/body/convergence/gradient_norm")?,
        number(&peer.facts, "/gradient_norm")?,
        "",
        Target::None,
    )];
    let sides = [("validation", &evaluated["body"]["metrics"]), ("test", &tested["body"]["result"]["metrics"])];
    for (part, metrics) in sides {
        let (ours, theirs) = (metric(metrics, "log_loss")?, number(&peer.facts, &format!("/{part}/log_loss"))?);
        figures.push(Figure::ratio(format!("log loss, {part}"), ours, theirs, "", Target::None));
        let apart = (ours - theirs).abs();
        figures.push(Figure::alone(format!("log loss, {part}: how far apart"), apart, "", Target::AtMost(0.001)));
        let (ours, theirs) = (metric(metrics, "roc_auc_score")?, number(&peer.facts, &format!("/{part}/roc_auc"))?);
        figures.push(Figure::ratio(format!("ROC AUC, {part}"), ours, theirs, "", Target::None));
    }
    Ok(figures)
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    let peers = Peers::new(places, arguments.threads)?;
    let folder = places.complaints(arguments.customers)?;
    let (data, results) = (folder.join("data"), places.empty("whole-peer")?);
    let parts = results.join("parts.csv");
    let (mut runs, mut peer_runs) = (Vec::new(), Vec::new());
    let mut last = None;
    for round in 0..arguments.repeat {
        say(&format!(
            "the whole run of {} customers, round {} of {}",
            arguments.customers,
            round + 1,
            arguments.repeat
        ));
        let (usage, store) = ours(places, arguments, &folder)?;
        let records = records(&store)?;
        write_parts(&store, of_stage(&records, "split@1")?, &data.join("customers.csv"), &parts)?;
        let settings = &of_stage(&records, "train@1")?["body"]["hyperparameters"];
        let mut script = peers.script("complaints.py");
        script.arg(&data).arg(&results).arg("--parts").arg(&parts);
        script.args(["--c", &settings["C"].to_string(), "--tol", &settings["tol"].to_string()]);
        let peer = report(&mut script)?;
        runs.push(usage);
        peer_runs.push(peer.total);
        last = Some((records, peer));
    }
    let (records, peer) = last.ok_or("nothing was measured: `--repeat` is 0")?;
    let (usage, peer_usage) = (medians(&runs), medians(&peer_runs));
    let ratio = |name: &str, figure: fn(&Usage) -> f64, unit, target| {
        Figure::ratio(name, figure(&usage), figure(&peer_usage), unit, target)
    };
    let mut figures =
        vec![ratio("the whole run, records and tables written", |usage| usage.seconds, "s", Target::AtMost(0.2))];
    figures.extend(phases(&records, &peer));
    figures.push(ratio("CPU time", |usage| usage.cpu_seconds, "s", Target::None));
    figures.push(ratio("peak memory", |usage| usage.peak_megabytes, "MB", Target::None));
    figures.extend(quality(&records, &peer)?);
    Ok(figures)
}
