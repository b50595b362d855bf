//! What random cases reached.

use super::compare::Apart;
use super::pipeline::LABEL;
use super::world::{All, Left, World};
use mlspec_table::polars::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Counts over all cases.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    counts: BTreeMap<(&'static str, String), u64>,
    pub(crate) apart: Apart,
}

impl Coverage {
    pub(crate) fn count(&mut self, what: &'static str, of: impl Into<String>) {
        *self.counts.entry((what, of.into())).or_default() += 1;
    }

    fn add(&mut self, what: &'static str, of: &str, number: u64) {
        *self.counts.entry((what, of.to_owned())).or_default() += number;
    }

    pub(crate) fn get(&self, what: &'static str, of: &str) -> u64 {
        self.counts.get(&(what, of.to_owned())).copied().unwrap_or_default()
    }

    /// What an update did, step by step.
    pub(crate) fn update(&mut self, world: &World, before: &All, after: &All) {
        for (at, step) in world.pipeline.steps.iter().enumerate() {
            let stage = step.stage;
            let how = match (before[at].done(), after[at].done()) {
                (Some(_), Some(after)) if before[at].done().is_some_and(|before| std::ptr::eq(before, after)) => {
                    "taken over"
                }
                (Some(before), Some(after)) => {
                    let changed = before.outcome.outputs != after.outcome.outputs;
                    self.count("outputs of updated steps", if changed { "changed" } else { "unchanged" });
                    if after.outcome.incremental { "carried over" } else { "run again" }
                }
                (None, Some(_)) => "begun",
                (Some(_), None) => "ended",
                (None, None) => "failed as before",
            };
            self.count("steps in updates", format!("{stage}: {how}"));
            if let Left::Failed(_, message) = &after[at] {
                let plain: String = message.chars().filter(|letter| !letter.is_ascii_digit()).take(70).collect();
                self.count("failures after updates", format!("{stage}: {plain}"));
            }
        }
        self.labels(world, before, after);
    }

    /// Labels of rows that stayed, before and after.
    fn labels(&mut self, world: &World, before: &All, after: &All) {
        let Some(at) = world.pipeline.steps.iter().position(|step| step.name == "prepared") else { return };
        let labels = |left: &All| -> Option<BTreeMap<u64, String>> {
            let table = world.bench.table(left[at].output("rows")?);
            let values = table.column(LABEL).ok()?.cast(&DataType::String).ok()?;
            let texts = values.str().ok()?.iter().map(|text| text.unwrap_or_default().to_owned()).collect::<Vec<_>>();
            Some(table.ids().into_iter().zip(texts).collect())
        };
        let (Some(before), Some(after)) = (labels(before), labels(after)) else { return };
        let flips = before.iter().filter(|(id, label)| after.get(id).is_some_and(|now| now != *label)).count();
        self.add("labels", "flips of rows that stayed", flips as u64);
        self.add("labels", "of rows that stayed", before.keys().filter(|id| after.contains_key(id)).count() as u64);
        if flips > 0 {
            self.count("labels", "updates that flip some");
        }
    }

    /// All counts, as a table.
    pub(crate) fn told(&self) -> String {
        let (mut text, mut last) = (String::new(), "");
        for ((what, of), count) in &self.counts {
            if *what != last {
                writeln!(text, "{what}").unwrap();
                last = what;
            }
            writeln!(text, "  {count:>8}  {of}").unwrap();
        }
        let Apart { models, probabilities, coefficients } = self.apart;
        writeln!(text, "converged models against cold refits: {models}; largest difference of probabilities {probabilities:.1e}, of coefficients {coefficients:.1e}").unwrap();
        text
    }
}
