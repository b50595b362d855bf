//! A table that is larger than memory should be, split some rows at a time.

use crate::output::Takes;
use crate::splitter::part_of;
use crate::stage::{MadePart, Outcome};
use crate::statistics::{self, WHAT};
use crate::{By, SplitError, Splitter};
use mlspec_provenance::Reach;
use mlspec_record::body::SplitMethod;
use mlspec_record::{ArtifactRef, Lineage, RowLineage};
use mlspec_stage::{Context, StageError};
use mlspec_store::Store;
use mlspec_table::{TableWriter, fold, manifest, windows};
use rayon::prelude::*;
use std::collections::BTreeMap;

impl Splitter {
    /// The parts of a table, with so many of its rows in memory. Nothing where a row's part depends on more than the row, or rows come from
    /// others than rows of one source with their ids, or it has fewer than `large` bytes.
    pub(crate) fn by_windows(
        &self,
        cx: &Context<'_>,
        input: &ArtifactRef,
        (large, rows): (u64, u64),
    ) -> Result<Option<Outcome>, StageError> {
        let alone = self.method() == SplitMethod::Hash && !matches!(self.params().by, By::Source(_));
        let samples = self.outputs().iter().any(|output| matches!(output.takes, Takes::Sample { .. }));
        if input.bytes < large || !alone || samples {
            return Ok(None);
        }
        let Some(source) = source(cx.store(), input) else { return Ok(None) };
        Ok(Some(self.in_windows(cx, input, source, rows)?))
    }

    fn in_windows(
        &self,
        cx: &Context<'_>,
        input: &ArtifactRef,
        source: Option<String>,
        rows: u64,
    ) -> Result<Outcome, StageError> {
        let store = cx.store();
        let found = manifest(store, &input.digest).map_err(SplitError::from)?;
        let (schema, options) = (found.schema.clone(), found.options());
        let writers = self.outputs().iter().map(|_| TableWriter::new(store, &schema, &options));
        let mut writers = writers.collect::<Result<Vec<_>, _>>().map_err(SplitError::from)?;
        let (mut counts, mut all) = (vec![0; writers.len()], 0);
        for window in windows(store, &input.digest, rows).map_err(SplitError::from)? {
            cx.check_cancelled()?;
            let window = window.map_err(SplitError::from)?;
            let parts = self.assign(&window, None, cx.seed())?.parts;
            all += window.len() as u64;
            for ((output, writer), count) in self.outputs().iter().zip(&mut writers).zip(&mut counts) {
                let part = part_of(&window, &parts, &output.takes)?;
                *count += part.len() as u64;
                writer.push(part).map_err(SplitError::from)?;
            }
        }
        self.check_parts(all, &counts)?;
        let parts = writers.into_par_iter().map(|writer| MadePart::kept(store, writer.finish()?));
        // Each row comes from the one row of its source, so none of them is in several parts.
        let reach = |source| (source, Reach { rows: all, shared: 0, links: all, linked: all });
        Ok(Outcome {
            input: input.clone(),
            schema,
            parts: parts.collect::<Result<_, SplitError>>()?,
            reach: source.into_iter().map(reach).collect(),
            left_out: BTreeMap::new(),
            cuts: Vec::new(),
        })
    }
}

impl MadePart {
    /// A part that was written, with what is known of its columns.
    fn kept(store: &Store, artifact: ArtifactRef) -> Result<Self, SplitError> {
        let schema = manifest(store, &artifact.digest)?.schema.clone();
        let columns: Vec<&str> = schema.names().collect();
        let (partial, state) = fold(store, &artifact.digest, &columns, WHAT, None, statistics::partial)?;
        Ok(Self { artifact, columns: statistics::merge(&schema, &partial), state: Some(state) })
    }
}

/// The source whose rows, by their ids, the rows of a table are; none of a table without lineage, nothing where they are not.
#[allow(clippy::option_option, reason = "no source is another answer than not knowing")]
fn source(store: &Store, table: &ArtifactRef) -> Option<Option<String>> {
    let mut next = table.clone();
    loop {
        let Some(digest) = next.lineage else { return (next == *table).then_some(None) };
        let Lineage { mut parents, rows, .. } = store.json(&digest).ok()?;
        match rows {
            RowLineage::Source { dataset } => return Some(Some(dataset.to_string())),
            RowLineage::Identity if parents.len() == 1 => next = parents.pop()?.artifact,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SplitParams;
    use mlspec_record::Seed;
    use mlspec_table::polars::df;
    use mlspec_testkit::{Bench, FixedHost};
    use serde_json::{Value, json};

    /// What windows of two rows leave is what all rows leave, or they are not for these settings.
    fn check(settings: Value, derived: bool, windows: bool) {
        let bench = Bench::new();
        let rows = (0..60_u64).collect::<Vec<_>>();
        let frame = df!("_row" => &rows, "of" => rows.iter().map(|id| id % 7).collect::<Vec<_>>()).unwrap();
        let source = bench.source("people", frame.clone());
        let input = if derived { bench.derived(frame, "people", &source) } else { source };
        let splitter = serde_json::from_value::<SplitParams>(settings.clone()).unwrap().check().unwrap();
        let host = FixedHost::default();
        let context = || Context::new(bench.store(), &host, Seed::new(5).unwrap(), vec![bench.bind("rows", &input)]);
        let mut by_windows = context();
        let outcome = splitter.by_windows(&by_windows, &input, (0, 2)).unwrap();
        assert_eq!(outcome.is_some(), windows, "{settings}");
        let Some(outcome) = outcome else { return };
        splitter.leave(&mut by_windows, outcome).unwrap();
        let mut whole = context();
        splitter.run_whole(&mut whole, input.clone()).unwrap();
        let (found, expected) = (by_windows.finish(), whole.finish());
        assert_eq!((found.outputs, found.body), (expected.outputs, expected.body), "{settings}");
    }

    #[test]
    fn windows_leave_what_all_rows_leave() {
        let parts = json!({"train": 0.6, "test": 0.4});
        check(json!({"parts": parts}), false, true);
        check(json!({"parts": parts}), true, true);
        check(json!({"parts": parts, "by": {"columns": ["of"]}, "leakage": {"source": "people"}}), true, true);
        check(json!({"parts": parts, "by": {"source": "people"}}), true, false);
        check(json!({"parts": parts, "stratify": ["of"]}), true, false);
        check(json!({"parts": parts, "samples": {"few": {"of": "train", "rows": 3}}}), true, false);
        check(json!({"folds": 3}), true, false);
    }
}
