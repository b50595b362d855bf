//! Verdicts go on from those before, each by its rule: only rows or chunks that changed are looked at, rows that they agree, or agreed,
//! with, or the columns of all rows.

use crate::expectation::{Finding, Others, Rule, Seen};
use crate::stage::{Beside, ids, result, with_lineage};
use crate::validator::{Checked, Kept, Looked, ROWS};
use crate::{ValidateError, Validator};
use mlspec_record::body::{ExpectationResult, Validation};
use mlspec_record::{ArtifactRef, LineageParent, TableSchema};
use mlspec_stage::Previous;
use mlspec_store::Store;
use mlspec_table::{ChunkOptions, Difference, Equality, Table, TableError, difference, manifest, patch, row_hashes};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What every expectation is held against.
struct Update<'a> {
    store: &'a Store,
    parent: &'a LineageParent,
    before: ArtifactRef,
    found: Difference,
    /// The rows that differ, as they are now: the columns that are looked at.
    new: Table,
    schema: TableSchema,
    rows: u64,
    beside: &'a Beside,
    /// The other tables, and the rows that differ for the table itself.
    others: Others,
    /// Ports at which the same arrives as before.
    same: BTreeSet<String>,
}

/// Of the failing rows, those that no longer fail, and those that fail now.
#[derive(Default)]
struct Failing {
    gone: Vec<u64>,
    new: Vec<u64>,
}

/// How many rows there are, and what is found of every expectation, if it follows from what was found before.
pub(crate) fn carry(
    validator: &Validator,
    store: &Store,
    previous: Option<&Previous>,
    parent: &LineageParent,
    beside: &Beside,
) -> Result<Option<(u64, Vec<ExpectationResult>)>, ValidateError> {
    let Some(previous) = previous else { return Ok(None) };
    let before = previous.inputs().find(|(port, _)| port.as_str() == parent.scan).map(|(_, artifact)| artifact.clone());
    let body = serde_json::from_value::<Validation>(previous.body().clone()).ok();
    let (Some(before), Some(body)) = (before, body) else { return Ok(None) };
    let same = |(was, is): (&ExpectationResult, &Checked)| {
        was.name == is.name && was.expectation == is.expectation.kind() && was.columns == is.expectation.columns()
    };
    if body.expectations.len() != validator.checked.len() || !body.expectations.iter().zip(&validator.checked).all(same)
    {
        return Ok(None);
    }
    let after = &parent.artifact.digest;
    let Some(found) = difference(store, &before.digest, after)? else { return Ok(None) };
    let manifest = manifest(store, after)?;
    validator.plan_with(&manifest.schema, &beside.schemas(store)?)?;
    let new = found.new_rows(store, after, Some(&validator.columns(&manifest.schema)))?;
    let (schema, rows) = (manifest.schema, manifest.rows);
    let known = previous.inputs().filter(|(port, was)| beside.digests.get(port.as_str()) == Some(&was.digest));
    let mut same: BTreeSet<String> = known.map(|(port, _)| port.to_string()).collect();
    if found.is_empty() {
        same.insert(ROWS.to_owned());
    }
    let mut others = beside.tables(store)?;
    others.insert(ROWS.to_owned(), new.clone());
    let update = Update { store, parent, before, found, new, schema, rows, beside, others, same };
    let expectations = validator.checked.iter().zip(body.expectations).enumerate();
    let results = expectations.map(|(position, (checked, was))| update.result(position, checked, was));
    Ok(Some((rows, results.collect::<Result<_, _>>()?)))
}

impl Update<'_> {
    fn result(
        &self,
        position: usize,
        checked: &Checked,
        was: ExpectationResult,
    ) -> Result<ExpectationResult, ValidateError> {
        let expectation = &checked.expectation;
        let alone = expectation.other().is_none_or(|(port, _)| self.same.contains(port));
        match expectation.rule() {
            Rule::Schema => match expectation.find_whole(self.rows, &self.schema) {
                Some(Finding::Whole { passed, observed, detail }) => {
                    Ok(ExpectationResult { passed, observed, detail, ..was })
                }
                _ => self.anew(position, checked),
            },
            Rule::Chunk => {
                let kept = self.kept_as();
                let found = checked.by_chunk(position, &self.schema, &self.others, kept, None, was.state.as_ref())?;
                match found {
                    (Finding::Whole { passed, observed, detail }, state) => {
                        Ok(ExpectationResult { passed, observed, detail, state: Some(state), ..was })
                    }
                    (Finding::Rows(_), _) => self.anew(position, checked),
                }
            }
            Rule::Row if alone => {
                let refused = |problem| checked.refused(position, problem);
                let chosen = checked.chosen(&self.new).map_err(refused)?;
                let seen = Seen { table: &chosen, schema: &self.schema, others: &self.others };
                let Finding::Rows(positions) = expectation.find(seen).map_err(refused)? else {
                    return self.anew(position, checked);
                };
                let looked_at = chosen.ids();
                let new = positions.into_iter().filter_map(|at| looked_at.get(at).copied()).collect();
                let about = match (&checked.when, was.rows) {
                    (None, _) => None,
                    (Some(_), None) => return self.anew(position, checked),
                    (Some(when), Some(rows)) => {
                        let columns = crate::expectation::Expectation::columns(when);
                        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                        let old = self.found.old_rows(self.store, &self.before.digest, Some(&columns))?;
                        let left = checked.chosen(&old).map_err(refused)?.len() as u64;
                        Some((rows + chosen.len() as u64).saturating_sub(left))
                    }
                };
                self.patched(checked, was, &Failing { gone: self.found.old_ids(), new }, about)
            }
            Rule::Key if checked.when.is_none() => {
                let failing = self.compared(&expectation.columns(), was.failing_rows.as_ref())?;
                self.patched(checked, was, &failing, None)
            }
            Rule::Row | Rule::Key | Rule::Table => self.anew(position, checked),
        }
    }

    fn kept_as(&self) -> Kept<'_> {
        Kept { store: self.store, rows: &self.parent.artifact.digest, others: &self.beside.digests }
    }

    /// What is found in all rows.
    fn anew(&self, position: usize, checked: &Checked) -> Result<ExpectationResult, ValidateError> {
        let reads = checked.reads();
        let columns: Vec<&str> = self.schema.names().filter(|name| reads.iter().any(|read| read == name)).collect();
        let table = Table::read_columns(self.store, &self.parent.artifact.digest, &columns)?;
        let mut others = self.others.clone();
        others.insert(ROWS.to_owned(), table.clone());
        let looked = Looked { table: &table, ids: &table.ids(), schema: &self.schema, others: &others };
        result(self.store, &checked.verdict(position, looked, Some(self.kept_as()))?, self.parent)
    }

    /// The verdict from the failing rows before, without some and with others, of so many rows if some are chosen.
    fn patched(
        &self,
        checked: &Checked,
        was: ExpectationResult,
        failing: &Failing,
        about: Option<u64>,
    ) -> Result<ExpectationResult, ValidateError> {
        let failing_rows = self.kept(was.failing_rows, failing)?;
        let count = failing_rows.as_ref().and_then(|kept| kept.rows).unwrap_or(0);
        let passed = checked.tolerates(count, about.unwrap_or(self.rows));
        Ok(ExpectationResult { passed, failing: count, failing_rows, rows: about, detail: None, ..was })
    }

    /// The failing rows without some and with others.
    fn kept(&self, was: Option<ArtifactRef>, failing: &Failing) -> Result<Option<ArtifactRef>, ValidateError> {
        let new = ids(&failing.new)?;
        let kept = match was {
            Some(was) => patch(self.store, &was.digest, &failing.gone, &new)?,
            None if new.is_empty() => return Ok(None),
            None => new.write(self.store, &ChunkOptions::default())?,
        };
        if kept.rows == Some(0) {
            return Ok(None);
        }
        with_lineage(self.store, kept, self.parent).map(Some)
    }

    /// The rows that no longer agree with another, and those that do now.
    fn compared(&self, columns: &[String], failing: Option<&ArtifactRef>) -> Result<Failing, ValidateError> {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let after = &self.parent.artifact.digest;
        let old = self.found.old_rows(self.store, &self.before.digest, Some(&columns))?;
        let old: BTreeMap<u64, u128> = keys(&old, &columns)?.collect();
        let new: BTreeMap<u64, u128> = keys(&self.new, &columns)?.collect();
        let moved = |from: &BTreeMap<u64, u128>, to: &BTreeMap<u64, u128>| -> BTreeSet<u128> {
            from.iter().filter(|(id, key)| to.get(id) != Some(key)).map(|(_, key)| *key).collect()
        };
        let (left, entered) = (moved(&old, &new), moved(&new, &old));
        let known = match failing {
            Some(failing) => Table::read_columns(self.store, &failing.digest, &[])?.ids(),
            None => Vec::new(),
        };
        // Whoever agreed with a row that left was failing. Who agrees with one that entered, only all rows can tell.
        let looked_at = match entered.is_empty() {
            true if left.is_empty() => return Ok(Failing::default()),
            true => Table::read_rows_columns(self.store, after, &known, &columns)?,
            false => Table::read_columns(self.store, after, &columns)?,
        };
        let mut holders: HashMap<u128, Vec<u64>> = HashMap::new();
        for (id, key) in keys(&looked_at, &columns)? {
            if left.contains(&key) || entered.contains(&key) {
                holders.entry(key).or_default().push(id);
            }
        }
        let touched: BTreeSet<u64> = holders.values().flatten().chain(old.keys()).copied().collect();
        let agreeing: BTreeSet<u64> = holders.into_values().filter(|rows| rows.len() > 1).flatten().collect();
        // A row that changed and kept its key fails as before, unless others of that key left or entered.
        let stays = |id: &u64| {
            let key = old.get(id).filter(|key| new.get(id) == Some(key));
            key.is_some_and(|key| !left.contains(key) && !entered.contains(key))
        };
        let gone = touched.into_iter().filter(|id| !stays(id)).collect();
        Ok(Failing { gone, new: agreeing.into_iter().collect() })
    }
}

/// The rows by id, with a hash of their key; rows where a part of it is null have none.
fn keys(table: &Table, columns: &[&str]) -> Result<impl Iterator<Item = (u64, u128)> + use<>, TableError> {
    let hashes = row_hashes(table.frame(), columns, Equality::Key)?;
    let mut there = vec![true; table.len()];
    for column in columns {
        let column = table.column(column)?;
        if column.null_count() > 0 {
            there.iter_mut().zip(column.is_not_null().iter()).for_each(|(there, is)| *there &= is == Some(true));
        }
    }
    let rows = table.ids().into_iter().zip(hashes).zip(there);
    Ok(rows.filter(|(_, there)| *there).map(|(row, _)| row))
}

#[cfg(test)]
mod tests {
    use crate::entry;
    use mlspec_stage::Outcome;
    use mlspec_table::polars::df;
    use mlspec_testkit::Bench;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    /// The cells of a row: small numbers, so that rows agree, with nulls and both zeros among them.
    type Row = (Option<i64>, Option<u8>, Option<u8>);
    type Rows = BTreeMap<u64, Row>;

    fn settings() -> Value {
        json!({"expectations": [
            {"not_null": {"columns": ["a", "s"]}, "tolerance": 0.3},
            {"unique": {"columns": ["a"]}, "severity": "warning"},
            {"unique": {"columns": ["f"]}, "tolerance": 0.5},
            {"unique": {"columns": ["s", "f"]}},
            {"range": {"column": "f", "min": 0, "max": 3}, "severity": "warning"},
            {"allowed_values": {"column": "a", "values": [1, 2, 3]}, "tolerance": 0.9},
            {"pattern": {"column": "s", "pattern": "[a-c]"}, "severity": "warning"},
            {"condition": {"sql": "a > 0 OR f < 2"}, "severity": "warning"},
            {"name": "two", "condition": {"sql": "1 = 2", "nulls": "pass"}, "tolerance": 1.0},
            {"row_count": {"min": 3, "max": 20}, "severity": "warning"},
            {"column_exists": {"columns": ["a", "z"]}, "severity": "warning"},
            {"type": {"column": "a", "type": "int64"}},
            {"columns": {"columns": ["a", "s", "f"]}},
            {"length": {"column": "s", "max": 0}, "when": "a > 1", "tolerance": 0.4, "severity": "warning"},
            {"name": "few", "unique": {"columns": ["s"]}, "when": "f < 3", "tolerance": 0.5, "severity": "warning"},
            {"format": {"column": "s", "format": "integer"}, "tolerance": 1.0},
            {"compare": {"left": "a", "is": "less", "right": "f"}, "tolerance": 0.4, "severity": "warning"},
            {"not_null_count": {"columns": ["a", "s", "f"], "min": 2, "max": 2}, "severity": "warning"},
            {"sorted": {"column": "a"}, "severity": "warning"},
            {"name": "sorted in groups", "sorted": {"column": "f", "by": ["s"], "strict": true}, "tolerance": 0.3, "severity": "warning"},
            {"foreign_key": {"columns": ["a"], "table": "known", "to": ["id"]}, "severity": "warning"},
            {"name": "self", "foreign_key": {"columns": ["a"], "table": "rows", "to": ["a"]}},
            {"name": "chosen", "foreign_key": {"columns": ["a"], "table": "known", "to": ["id"]}, "when": "s = 'a'", "tolerance": 0.5, "severity": "warning"},
            {"distinct_count": {"columns": ["s"], "max": 3}, "severity": "warning"},
            {"distinct_share": {"columns": ["a", "s"], "min": 0.5}, "severity": "warning"},
            {"aggregate": {"column": "a", "function": "mean", "min": 1}, "severity": "warning"},
            {"aggregate": {"column": "f", "function": "std", "min": 1}, "severity": "warning"},
            {"aggregate": {"column": "a", "function": "median", "max": 2}, "severity": "warning"},
            {"name": "some", "aggregate": {"column": "a", "function": "var", "max": 2}, "when": "s <> 'b'", "severity": "warning"},
            {"share": {"sql": "a > 1", "max": 0.4}, "severity": "warning"},
            {"distribution": {"column": "s", "baseline": {"categories": {"a": 3, "b": 1}}, "measure": "jensen_shannon_distance", "max": 0.3}, "severity": "warning"},
            {"name": "numbers", "distribution": {"column": "f", "baseline": {"histogram": {"edges": [1.0, 2.0], "counts": [3, 2, 1]}}, "measure": "population_stability_index", "max": 0.3}, "when": "a > 0", "severity": "warning"}
        ]})
    }

    fn keep(bench: &Bench, rows: &Rows) -> mlspec_record::ArtifactRef {
        let float = |at: u8| [0.0, -0.0, f64::NAN, 1.5, 2.5, 3.5].get(at as usize).copied().unwrap_or(9.0);
        let cells = || rows.values();
        let frame = df!(
            "_row" => rows.keys().copied().collect::<Vec<_>>(),
            "a" => cells().map(|row| row.0).collect::<Vec<_>>(),
            "s" => cells().map(|row| row.1.map(|at| char::from(b'a' + at).to_string())).collect::<Vec<_>>(),
            "f" => cells().map(|row| row.2.map(float)).collect::<Vec<_>>()
        );
        bench.source("rows", frame.unwrap())
    }

    /// A table that others refer to: some of the numbers.
    fn known(bench: &Bench, ids: &[i64]) -> mlspec_record::ArtifactRef {
        bench.source("known", df!("id" => ids.to_vec()).unwrap())
    }

    fn all_of(outcome: &Outcome) -> Value {
        let Outcome { outputs, body, refusal, warnings, .. } = outcome;
        json!({"outputs": outputs, "body": body, "refusal": refusal, "warnings": warnings})
    }

    fn some_row() -> impl Strategy<Value = Row> {
        (
            prop::option::weighted(0.8, -1..5_i64),
            prop::option::weighted(0.8, 0..5_u8),
            prop::option::weighted(0.8, 0..7_u8),
        )
    }

    fn some_rows() -> impl Strategy<Value = Rows> {
        prop::collection::btree_map(0..40_u64, some_row(), 0..25)
    }

    fn some_change() -> impl Strategy<Value = (Vec<u64>, Rows, bool, Option<Vec<i64>>)> {
        let new = prop::collection::btree_map(0..45_u64, some_row(), 0..4);
        let known = prop::option::weighted(0.3, prop::collection::vec(-1..5_i64, 0..6));
        (prop::collection::vec(0..40_u64, 0..5), new, prop::bool::weighted(0.1), known)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

        #[test]
        fn an_update_leaves_what_a_run_leaves(first in some_rows(), steps in prop::collection::vec(some_change(), 1..5)) {
            let bench = Bench::new();
            let stage = bench.build(&entry(), &settings()).unwrap();
            let mut rows = first;
            let mut artifact = keep(&bench, &rows);
            let mut other = known(&bench, &[1, 2, 3]);
            let mut outcome = bench.run(stage.as_ref(), 1, &[("rows", &artifact), ("known", &other)]).unwrap();
            for (gone, new, all, ids) in steps {
                rows.retain(|id, _| !all && !gone.contains(id));
                rows.extend(new);
                let next = keep(&bench, &rows);
                let next_other = ids.map_or_else(|| other.clone(), |ids| known(&bench, &ids));
                let (before, after) = ([("rows", &artifact), ("known", &other)], [("rows", &next), ("known", &next_other)]);
                let updated = bench.update(stage.as_ref(), 1, (&before, &outcome), &after).unwrap();
                let ran = bench.run(stage.as_ref(), 1, &after).unwrap();
                prop_assert_eq!(all_of(&updated), all_of(&ran));
                prop_assert!(updated.incremental);
                (artifact, other, outcome) = (next, next_other, updated);
            }
        }
    }

    #[test]
    fn a_correction_that_breaks_an_expectation_is_refused() {
        let bench = Bench::new();
        let settings = json!({"expectations": [{"unique": {"columns": ["a"]}}, {"not_null": {"columns": ["s"]}}]});
        let stage = bench.build(&entry(), &settings).unwrap();
        let rows = |cells: [Row; 3]| keep(&bench, &(0..).zip(cells).collect());
        let good = rows([(Some(1), Some(1), None), (Some(2), Some(1), None), (Some(3), Some(1), None)]);
        let bad = rows([(Some(1), Some(1), None), (Some(3), None, None), (Some(3), Some(1), None)]);
        let outcome = bench.run(stage.as_ref(), 1, &[("rows", &good)]).unwrap();
        let check = |before, outcome: &Outcome, after, refusal: Option<&str>| {
            let updated = bench.update(stage.as_ref(), 1, (&[("rows", before)], outcome), &[("rows", after)]).unwrap();
            assert_eq!(updated.refusal.as_deref(), refusal);
            assert!(updated.incremental);
            updated
        };
        let message = "2 of 2 expectations do not hold: `unique(a)` (2 rows fail), `not_null(s)` (1 row fails)";
        let broken = check(&good, &outcome, &bad, Some(message));
        check(&bad, &broken, &good, None);
    }
}
