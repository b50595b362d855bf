//! The report as people read it.

use super::{EncoderChange, How, ModelChange, OutputChange, PredictionChange, Report, StepChange};
use mlspec_record::body::{Guarantee, Method};
use std::fmt::Write as _;

impl Report {
    /// A table of rows, then what was fitted, predicted and measured; with the ids of rows without partner, if they are wanted.
    pub fn to_text(&self, ids: bool) -> String {
        let mut text = table(&self.steps);
        for step in &self.steps {
            details(&mut text, step);
        }
        for left in &self.partnerless {
            let rows = if left.rows == 1 { "row is" } else { "rows are" };
            let _ = writeln!(text, "{} {rows} left without partner in `{}`", left.rows, left.dataset);
            if ids {
                let ids: Vec<String> = left.ids.iter().map(ToString::to_string).collect();
                let _ = writeln!(text, "  {}", ids.join(", "));
            }
        }
        text
    }
}

fn table(steps: &[StepChange]) -> String {
    let head = ["output", "how", "before", "after", "removed", "added", "changed"].map(str::to_owned);
    let mut lines = vec![head];
    for step in steps {
        let how = how(step.how).to_owned();
        if step.outputs.is_empty() {
            let [.., a, b, c, d, e] = [const { String::new() }; 5];
            lines.push([step.step.to_string(), how, a, b, c, d, e]);
            continue;
        }
        lines.extend(step.outputs.iter().map(|output| line(step, output, &how)));
    }
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> = line
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(at, (cell, width))| if at < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
            .collect();
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
    text
}

fn line(step: &StepChange, output: &OutputChange, how: &str) -> [String; 7] {
    let count = |pick: fn(&super::rows::Counts) -> u64| {
        output.rows.as_ref().map_or_else(|| "other columns".to_owned(), |rows| pick(rows).to_string())
    };
    [
        format!("{}.{}", step.step, output.port),
        how.to_owned(),
        output.before.to_string(),
        output.after.to_string(),
        count(|rows| rows.removed),
        count(|rows| rows.added),
        count(|rows| rows.changed),
    ]
}

fn how(how: How) -> &'static str {
    match how {
        How::Revised => "revised",
        How::TakenOver => "taken over",
        How::Incremental => "incremental",
        How::Rerun => "rerun",
        How::None => "no result",
    }
}

fn details(text: &mut String, step: &StepChange) {
    if step.how == How::TakenOver {
        return;
    }
    let name = &step.step;
    if let Some(EncoderChange { features_before, features_after, encoders, changed, .. }) = &step.encoders {
        let _ = writeln!(
            text,
            "{name}: {} of {encoders} encoders changed; {features_before} features before, {features_after} after",
            changed.len()
        );
    }
    if let Some(model) = &step.model {
        let _ = writeln!(text, "{name}: {}", fitted(model));
    }
    if let Some(PredictionChange { rows, changed, greatest, mean, decisions, labels }) = &step.predictions {
        let _ = write!(
            text,
            "{name}: {changed} of {rows} predictions differ, by at most {greatest:.2e} and by {mean:.2e} in the mean"
        );
        let _ = match decisions {
            Some(decisions) => writeln!(text, "; {decisions} other decisions, {labels} other labels"),
            None => writeln!(text, "; {labels} other labels"),
        };
    }
    let metric = |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.6}"));
    let moved: Vec<_> = step.metrics.iter().filter(|found| found.before != found.after).collect();
    for found in &moved {
        let _ = writeln!(text, "{name}: {} {} -> {}", found.name, metric(found.before), metric(found.after));
    }
    if moved.is_empty() && !step.metrics.is_empty() {
        let _ = writeln!(text, "{name}: no metric changed");
    }
}

fn fitted(model: &ModelChange) -> String {
    let method = match model.method {
        Method::Statistics => "from sums over rows",
        Method::WarmStart => "from a warm start",
        Method::Retrained => "retrained",
    };
    let guarantee = match model.guarantee {
        Guarantee::Exact => "equal to a run to the bit",
        Guarantee::Converged => "the same optimum as a run's",
        Guarantee::Retrained => "as a run does",
    };
    let mut told = format!(
        "{} {method}, {guarantee}; {} rows before, {} after",
        model.estimator, model.rows_before, model.rows_after
    );
    if let Some(fit) = &model.convergence
        && let Some(norm) = fit.gradient_norm
    {
        let _ = write!(told, "; gradient {norm:.2e} of {:.2e} asked for", fit.tolerance);
    }
    if let Some(moved) = &model.coefficients {
        let _ = write!(
            told,
            "; coefficients moved by at most {:.2e}, all together by {:.2e}",
            moved.greatest, moved.euclidean
        );
    }
    told
}
