//! Rows erased and appended in a pipeline that is live, beside the whole uncached run that would otherwise be needed.

use crate::figure::{Figure, Target, median, say};
use crate::usage::{self, Usage, medians};
use crate::whole::{Records, records};
use crate::{Arguments, Places, Result, limit_threads};
use mlspec_store::Store;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What is done with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// They are erased.
    Forget,
    /// They are new.
    Append,
}

/// The models that are kept up to date: the pipeline of the example, and the same with a number to predict.
const MODELS: [&str; 2] = ["logistic", "ridge"];

/// Who is forgotten at 5 customers.
const FIVE: &str = "[.](11|222|333|444|555)@";
/// Who is forgotten at 1 %, and whose doubles are appended: all whose number ends so.
const HUNDREDTH: &str = "07@";

/// Stages by what they do, in the order of the groups.
const GROUPS: [(&str, &[&str]); 3] = [
    (
        "tables, lineage, encoder and linear statistics",
        &["ingest@1", "validate@1", "transform@1", "split@1", "encode@1"],
    ),
    ("refit", &["train@1"]),
    ("predictions and metrics", &["evaluate@1", "test@1"]),
];

/// What one command took.
#[derive(Clone, Debug, Default)]
struct Taken {
    usage: Usage,
    /// Seconds of each group, and of what is in none: rows looked up, dataset versions, records, proof.
    groups: [f64; 4],
    /// Bytes and number of the files that are new in the store.
    new_megabytes: f64,
    new_files: f64,
}

/// The example's pipeline for a model, beside the example's own.
fn pipeline(places: &Places, folder: &Path, model: &str) -> Result<PathBuf> {
    let path = folder.join(format!("{model}.yaml"));
    let mut text = places.pipeline(folder)?;
    if model == "ridge" {
        let changes = [
            (
                "is_premium AND sentiment = 'negative'",
                "CASE WHEN is_premium AND sentiment = 'negative' THEN 1.0 ELSE 0.0 END",
            ),
            ("label: {column: label, positive: true}", "label: {column: label}"),
            ("logistic_regression: {C: \"${c}\"}", "ridge: {alpha: 1.0}"),
            ("default: 4096", "default: 256"),
        ];
        for (from, to) in changes {
            if text.matches(from).count() != 1 {
                return Err(format!("the example has no `{from}` any more").into());
            }
            text = text.replace(from, to);
        }
        // Nothing sets it in this pipeline.
        let (start, end) =
            (text.find("  c:\n").ok_or("no parameter `c`")?, text.find("  n_features:\n").ok_or("no parameter")?);
        text.replace_range(start..end, "");
    }
    fs::write(&path, text)?;
    Ok(path)
}

/// The number in a customer's address: `first.last.NUMBER@host`.
fn number(email: &str) -> Option<(&str, u64, &str)> {
    let (local, host) = email.rsplit_once('@')?;
    let (name, number) = local.rsplit_once('.')?;
    Some((name, number.parse().ok()?, host))
}

/// Doubles of the rows of a hundredth of the customers, with numbers that nobody has yet.
fn doubles(from: &Path, to: &Path, beyond: u64) -> Result<()> {
    let mut text = String::new();
    for line in fs::read_to_string(from)?.lines() {
        let mut parts = line.splitn(3, ',');
        let (Some(id), Some(email), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { continue };
        if !email.contains(HUNDREDTH) {
            continue;
        }
        let (name, number, host) = number(email).ok_or("an address without a number")?;
        writeln!(text, "{},{name}.{}@{host},{rest}", id.parse::<u64>()? + beyond, number + beyond)?;
    }
    fs::write(to, text)?;
    Ok(())
}

/// All files of a store with their sizes.
fn files(folder: &Path, found: &mut BTreeSet<(PathBuf, u64)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => files(&entry.path(), found)?,
            false => drop(found.insert((entry.path(), entry.metadata()?.len()))),
        }
    }
    Ok(())
}

/// Runs a command on the store, and looks at what it wrote.
fn measured(places: &Places, arguments: &Arguments, folder: &Path, store: &Path, words: &[String]) -> Result<Taken> {
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    files(store, &mut before)?;
    let mut command = places.mlspec();
    command.current_dir(folder).args(words).arg("--store").arg(store);
    command.args(["--threads", &arguments.threads.to_string()]).arg("--key-file").arg(places.key()?);
    limit_threads(&mut command, arguments.threads);
    let usage = usage::run(&mut command)?.usage;
    files(store, &mut after)?;
    let new: Vec<u64> = after.difference(&before).map(|(_, bytes)| *bytes).collect();
    let groups = groups(&records(&Store::open(store)?)?, usage.seconds);
    Ok(Taken { usage, groups, new_megabytes: new.iter().sum::<u64>() as f64 / 1e6, new_files: new.len() as f64 })
}

/// Seconds by group. An estimator's statistics belong to the first group where its record tells them apart.
fn groups(records: &Records, total: f64) -> [f64; 4] {
    let mut seconds = [0.0; 4];
    for record in records.values() {
        let profile = &record["execution_profile"];
        let wall = profile["wall_seconds"].as_f64().unwrap_or_default();
        let statistics = profile["measurements"]["statistics_seconds"].as_f64().unwrap_or_default();
        for (at, (_, stages)) in GROUPS.iter().enumerate() {
            if stages.iter().any(|stage| record["step"]["stage"] == *stage) {
                seconds[at] += wall;
            }
        }
        if record["step"]["stage"] == "train@1" {
            seconds[0] += statistics;
            seconds[1] -= statistics;
        }
    }
    // Steps may overlap, so that their sum can be more than what the clock says.
    seconds[3] = (total - seconds.iter().sum::<f64>()).max(0.0);
    seconds
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// `mlspec forget` of the customers whose address matches, and of their mails.
fn forget(file: &str, pattern: &str) -> Vec<String> {
    let condition = format!("regexp_like(email, '{pattern}')");
    words(&["forget", file, "--source", "customers", "--where", &condition, "--source", "mails", "--where", &condition])
}

/// What is measured beside a full run: its name, its command, and how small a part of the full run's time it may take.
fn changes(kind: Kind, file: &str, folder: &Path, customers: u64) -> Result<Vec<(&'static str, Vec<String>, f64)>> {
    Ok(match kind {
        Kind::Forget => {
            vec![("forget 5", forget(file, FIVE), 1.0 / 20.0), ("forget 1 %", forget(file, HUNDREDTH), 0.2)]
        }
        Kind::Append => {
            let beyond = customers * 1_000;
            let mut command = words(&["append", file]);
            for source in ["customers", "mails"] {
                let new = folder.join(format!("new-{source}.csv"));
                doubles(&folder.join("data").join(format!("{source}.csv")), &new, beyond)?;
                command.extend(words(&["--source", source, "--data", &new.display().to_string()]));
            }
            vec![("append 1 %", command, 0.2)]
        }
    })
}

fn median_of(taken: &[Taken], figure: impl Fn(&Taken) -> f64) -> f64 {
    median(taken.iter().map(figure).collect())
}

/// The figures of one change beside the full run.
fn told(name: &str, change: &[Taken], full: &[Taken], limit: Target, memory: Target) -> Vec<Figure> {
    let usages = |taken: &[Taken]| medians(&taken.iter().map(|taken| taken.usage).collect::<Vec<_>>());
    let (ours, whole) = (usages(change), usages(full));
    let mut figures =
        vec![Figure::ratio(format!("{name}, beside the full run"), ours.seconds, whole.seconds, "s", limit)];
    let names = GROUPS.iter().map(|(name, _)| *name).chain(["rows looked up, versions, records, proof"]);
    for (at, group) in names.enumerate() {
        let of = |taken: &[Taken]| median_of(taken, |taken| taken.groups[at]);
        figures.push(Figure::ratio(format!("  {group}"), of(change), of(full), "s", Target::None));
    }
    let cpu = Figure::ratio("  CPU time", ours.cpu_seconds, whole.cpu_seconds, "s", Target::None);
    let peak = Figure::ratio("  peak memory", ours.peak_megabytes, whole.peak_megabytes, "MB", memory);
    let read = Figure::ratio("  read", ours.read_megabytes, whole.read_megabytes, "MB", Target::None);
    let of = |figure: fn(&Taken) -> f64| (median_of(change, figure), median_of(full, figure));
    let (new, all) = of(|taken| taken.new_megabytes);
    let (files, all_files) = of(|taken| taken.new_files);
    let written = Figure::ratio("  new in the store", new, all, "MB", Target::None);
    figures.extend([cpu, peak, read, written, Figure::ratio("  new files", files, all_files, "", Target::None)]);
    figures
}

/// Measures one model at one size: the full run, then each change on the store that it left.
fn measure_one(
    places: &Places,
    arguments: &Arguments,
    kind: Kind,
    model: &str,
    customers: u64,
) -> Result<Vec<(String, Vec<Taken>, f64)>> {
    let folder = places.complaints(customers)?;
    let file = pipeline(places, &folder, model)?;
    let file = file.file_name().and_then(|name| name.to_str()).ok_or("a file without a name")?.to_owned();
    let mut all = vec![("full run".to_owned(), Vec::new(), 1.0)];
    for round in 0..arguments.repeat {
        say(&format!("{kind:?} with {model}, {customers} customers, round {} of {}", round + 1, arguments.repeat));
        let store = places.empty("changes-store")?;
        all[0].1.push(measured(places, arguments, &folder, &store, &words(&["run", &file]))?);
        for (at, (name, command, limit)) in changes(kind, &file, &folder, customers)?.into_iter().enumerate() {
            if all.len() <= at + 1 {
                all.push((name.to_owned(), Vec::new(), limit));
            }
            all[at + 1].1.push(measured(places, arguments, &folder, &store, &command)?);
        }
    }
    Ok(all)
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments, kind: Kind) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for model in MODELS {
        let mut firsts: Vec<(u64, f64)> = Vec::new();
        for &customers in &arguments.sizes {
            let all = measure_one(places, arguments, kind, model, customers)?;
            let (full, changed) = all.split_first().ok_or("nothing was measured")?;
            for (name, taken, limit) in changed {
                // Stated at 100,000 customers; at 300,000 what memory is needed.
                let limit = if customers == 100_000 || *limit > 0.1 { Target::AtMost(*limit) } else { Target::None };
                let memory =
                    if customers == 300_000 && name == "forget 5" { Target::AtMost(0.2) } else { Target::None };
                figures.extend(told(&format!("{model}, {customers} customers: {name}"), taken, &full.1, limit, memory));
                if name == "forget 5" {
                    firsts.push((customers, median_of(taken, |taken| taken.groups[0])));
                }
            }
        }
        if let (Some((few, least)), Some((many, most))) = (firsts.first(), firsts.last())
            && few < many
        {
            let name = format!("{model}, forget 5: first group, {many} beside {few} customers");
            figures.push(Figure::ratio(name, *most, *least, "s", Target::AtMost(2.0)));
        }
    }
    Ok(figures)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn doubles_have_numbers_of_their_own() {
        let folder = std::env::temp_dir().join(format!("mlspec-bench-doubles-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (from, to) = (folder.join("mails.csv"), folder.join("new.csv"));
        fs::write(&from, "1,ann.lee.107@x.de,2022-01-01,Hello, you\n2,bob.lee.108@x.de,2022-01-01,Hi,there\n").unwrap();
        doubles(&from, &to, 1_000).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "1001,ann.lee.1107@x.de,2022-01-01,Hello, you\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn seconds_go_to_their_groups() {
        let step = |stage: &str, seconds: f64| json!({"step": {"stage": stage}, "execution_profile": {"wall_seconds": seconds, "measurements": {"statistics_seconds": 0.25}}});
        let records: Records =
            [("a", step("encode@1", 1.0)), ("b", step("train@1", 2.0)), ("c", step("test@1", 0.5)), ("d", json!({}))]
                .map(|(name, record)| (name.to_owned(), record))
                .into();
        assert_eq!(groups(&records, 4.0), [1.25, 1.75, 0.5, 0.5]);
    }
}
