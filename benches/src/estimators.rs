//! Each estimator beside scikit-learn's on the same 100,000 × 20 numbers: quality and time.

use crate::figure::{Figure, Target, median, say};
use crate::peers::{Peers, report};
use crate::usage;
use crate::whole::{metric, records};
use crate::{Arguments, Places, Result, limit_threads};
use mlspec_store::Store;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

const FEATURES: u64 = 20;
const TRAIN: u64 = 100_000;
const TEST: u64 = 20_000;

/// The estimators, and the metrics that judge them.
const ESTIMATORS: [(&str, &[&str]); 7] = [
    ("linear_regression", &["r2_score"]),
    ("ridge", &["r2_score"]),
    ("logistic_regression", &["accuracy_score", "log_loss"]),
    ("decision_tree", &["accuracy_score"]),
    ("gradient_boosting", &["accuracy_score", "log_loss"]),
    ("gradient_boosting_regression", &["r2_score"]),
    ("random_forest", &["accuracy_score", "log_loss"]),
];

/// A number in `[0, 1)`, the same for the same place.
fn uniform(row: u64, place: u64) -> f64 {
    let mut bits = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ place.wrapping_mul(0xd1b5_4a32_d192_ed03);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        bits = (bits ^ (bits >> 30)).wrapping_mul(factor);
    }
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// About normally distributed, mean 0, variance 1.
fn normal(row: u64, place: u64) -> f64 {
    (0..12).map(|part| uniform(row, 12 * place + part)).sum::<f64>() - 6.0
}

/// One row: features of different scales, a value that is mostly linear in them, a class that is not quite.
fn row(row: u64) -> (Vec<f64>, f64, u8) {
    let plain: Vec<f64> = (0..FEATURES).map(|feature| normal(row, feature)).collect();
    let at = |feature: usize| plain.get(feature).copied().unwrap_or_default();
    let linear: f64 = plain.iter().zip(0_u32..).map(|(value, feature)| value * (1.0 - f64::from(feature) / 10.0)).sum();
    let bent = at(0) * at(1) + if at(2) > 0.5 { 1.5 } else { -0.5 };
    let value = 3.0 + linear + bent + normal(row, FEATURES);
    let chance = 1.0 / (1.0 + (-(0.7 * linear + bent)).exp());
    let class = u8::from(uniform(row, 12 * (FEATURES + 1)) < chance);
    let features =
        plain.iter().zip(0_u32..).map(|(plain, feature)| plain * f64::from(1 + feature % 4) + f64::from(feature % 3));
    (features.collect(), value, class)
}

fn write(path: &Path, rows: std::ops::Range<u64>) -> Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let names: Vec<String> = (0..FEATURES).map(|feature| format!("f{feature}")).collect();
    writeln!(file, "{},value,class", names.join(","))?;
    for number in rows {
        let (features, value, class) = row(number);
        for feature in features {
            write!(file, "{feature},")?;
        }
        writeln!(file, "{value},{class}")?;
    }
    Ok(file.flush()?)
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    say("each estimator on 100,000 × 20 numbers");
    let peers = Peers::new(places, arguments.threads)?;
    let folder = places.empty("estimators")?;
    write(&folder.join("train.csv"), 0..TRAIN)?;
    write(&folder.join("test.csv"), TRAIN..TRAIN + TEST)?;
    fs::write(folder.join("pipeline.yaml"), include_str!("estimators.yaml"))?;
    let (mut ours, mut theirs) = (BTreeMap::<_, Vec<f64>>::new(), BTreeMap::<_, Vec<f64>>::new());
    let mut figures = Vec::new();
    for _ in 0..arguments.repeat {
        figures.clear();
        let store = places.empty("estimators-store")?;
        let mut command = places.mlspec();
        command
            .current_dir(&folder)
            .args(["run", "pipeline.yaml", "--store"])
            .arg(&store)
            .args(["--threads", &arguments.threads.to_string()]);
        limit_threads(&mut command, arguments.threads);
        usage::run(&mut command)?;
        let records = records(&Store::open(&store)?)?;
        let peer = report(peers.script("estimators.py").arg(&folder))?;
        for (name, metrics) in ESTIMATORS {
            let record = |name: String| records.get(&name).ok_or_else(|| format!("no record of the step `{name}`"));
            let fitted = record(name.replace('_', "-"))?;
            let judged = record(format!("{}-judged", name.replace('_', "-")))?;
            let seconds = fitted["execution_profile"]["wall_seconds"].as_f64().ok_or("a record without its time")?;
            ours.entry(name).or_default().push(seconds);
            theirs.entry(name).or_default().push(peer.phases.get(name).ok_or("the peer left one out")?.seconds);
            for metric_name in metrics {
                let peer = peer.facts[name][metric_name].as_f64().ok_or("the peer left a metric out")?;
                let ours = metric(&judged["body"]["metrics"], metric_name)?;
                figures.push(Figure::ratio(format!("{name}: {metric_name}"), ours, peer, "", Target::None));
            }
        }
    }
    for (name, _) in ESTIMATORS {
        let over = |all: &BTreeMap<_, Vec<f64>>| median(all.get(name).cloned().unwrap_or_default());
        figures.push(Figure::ratio(
            format!("{name}: fit, matrix read and model written"),
            over(&ours),
            over(&theirs),
            "s",
            Target::None,
        ));
    }
    Ok(figures)
}
