//! The answer to *diff*.

use super::text::Grid;
use crate::answer::compare::{Changed, Comparison, Figure, FittedChange, Presence, RunSide, StepChange, TableChange};
use serde_json::Value;

/// How many figures of a step are shown.
const MOST: usize = 24;

impl Comparison {
    /// As text for people. Of many figures the first are shown; with `all`, all of them.
    pub fn to_text(&self, all: bool) -> String {
        let mut text = format!("--- {}\n+++ {}\n", side(&self.before), side(&self.after));
        if self.same {
            text.push_str("\nnothing differs\n");
            return text;
        }
        section(&mut text, "pipeline", &self.pipeline);
        section(&mut text, "parameters", &self.parameters);
        for step in &self.steps {
            text.push_str(&told(step, all));
        }
        text
    }
}

fn side(side: &RunSide) -> String {
    format!("run {} of {} {}, {}", side.run, side.pipeline, side.version, side.created)
}

fn section(text: &mut String, name: &str, changes: &[Changed]) {
    if !changes.is_empty() {
        text.push_str(&format!("\n{name}\n{}", rows(changes, "  ")));
    }
}

fn rows(changes: &[Changed], indent: &str) -> String {
    let mut grid = Vec::new();
    for Changed { name, before, after } in changes {
        grid.push([name.clone(), format!("{} -> {}", value(before), value(after))]);
    }
    aligned(grid, indent)
}

/// Rows without a head.
fn aligned<const N: usize>(rows: Vec<[String; N]>, indent: &str) -> String {
    let mut rows = rows.into_iter();
    let Some(first) = rows.next() else { return String::new() };
    let mut grid = Grid::new(first);
    rows.for_each(|row| grid.row(row));
    grid.render(indent)
}

fn value(value: &Option<Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number
            .as_f64()
            .filter(|_| !number.is_u64() && !number.is_i64())
            .map_or_else(|| number.to_string(), |number| format!("{number:.6}")),
        Some(other) => other.to_string(),
    }
}

fn told(step: &StepChange, all: bool) -> String {
    let mut text = match step.presence {
        Presence::Gone => return format!("\n{}: only before\n", step.step),
        Presence::New => return format!("\n{}: only after\n", step.step),
        Presence::Both => format!("\n{}\n", step.step),
    };
    text.push_str(&rows(&step.code, "  "));
    if !step.settings.is_empty() {
        text.push_str(&format!("  settings\n{}", rows(&step.settings, "    ")));
    }
    text.push_str(&aligned(step.tables.iter().map(table).collect(), "  "));
    text.push_str(&step.fitted.as_ref().map(fitted).unwrap_or_default());
    let most = if all { usize::MAX } else { MOST };
    text.push_str(&aligned(step.figures.iter().take(most).map(figure).collect(), "  "));
    if let Some(more @ 1..) = step.figures.len().checked_sub(most) {
        text.push_str(&format!("  … and {more} figures more\n"));
    }
    text
}

fn table(change: &TableChange) -> [String; 3] {
    let count = |rows: Option<u64>| rows.map_or_else(|| "-".to_owned(), |rows| rows.to_string());
    let rows = format!("{} -> {} rows", count(change.rows_before), count(change.rows_after));
    let mut more: Vec<String> = change
        .rows
        .map(|rows| format!("{} removed, {} added, {} changed", rows.removed, rows.added, rows.changed))
        .into_iter()
        .collect();
    let columns = [("+", &change.columns_added), ("-", &change.columns_removed), ("~", &change.columns_retyped)];
    for (sign, columns) in columns {
        more.extend(columns.iter().map(|column| format!("{sign}{column}")));
    }
    [format!("{}:", change.port), rows, more.join(", ")]
}

fn fitted(change: &FittedChange) -> String {
    let mut text = String::new();
    if let Some(features) = &change.features {
        text.push_str(&format!("  features {} -> {}", features.before, features.after));
        match features.refitted {
            true => text.push_str(": the same, fitted to other values\n"),
            false => text.push_str(&format!(": {} added, {} removed\n", features.added, features.removed)),
        }
        for (sign, names) in [("+", &features.some_added), ("-", &features.some_removed)] {
            names.iter().for_each(|name| text.push_str(&format!("    {sign} {name}\n")));
        }
    }
    if let (Some(before), Some(after)) = (&change.estimator_before, &change.estimator_after) {
        match before == after {
            true => text.push_str(&format!("  model: {after}\n")),
            false => text.push_str(&format!("  model: {before} -> {after}\n")),
        }
    }
    if let Some(largest) = &change.largest_move {
        let class = largest.class.as_ref().map(|class| format!(" of class {class}")).unwrap_or_default();
        let (before, after, by) = (largest.before, largest.after, largest.difference);
        let feature = &largest.feature;
        text.push_str(&format!(
            "  largest move of a coefficient: {feature}{class} {before:.6} -> {after:.6} ({by:+.6})\n"
        ));
    }
    text
}

fn figure(figure: &Figure) -> [String; 3] {
    let whole = [&figure.before, &figure.after]
        .iter()
        .all(|value| value.as_ref().is_some_and(|value| value.is_u64() || value.is_i64()));
    let by = figure.difference.map(|by| if whole { format!("{by:+}") } else { format!("{by:+.6}") });
    let by = by.map(|by| format!("({by})")).unwrap_or_default();
    [figure.name.clone(), format!("{} -> {}", value(&figure.before), value(&figure.after)), by]
}
