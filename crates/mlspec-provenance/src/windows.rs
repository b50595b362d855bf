//! Plans that look at one row at a time, computed some rows at a time.

use crate::documents::document;
use crate::engine::{self, Bound, Run, Scan, Work};
use crate::operator::Affected;
use crate::tracked::{column_lineage, track};
use crate::{Materialized, Plan, ProvenanceError, Tracked};
use mlspec_record::body::OperatorReport;
use mlspec_record::{ArtifactRef, RowLineage, TableSchema};
use mlspec_store::Store;
use mlspec_table::{ChunkOptions, Table, TableWriter};
use std::collections::BTreeMap;

/// A plan of which each row of the result comes from one row, and has its id: it is computed on rows as they come, and what is kept is
/// what [`Plan::run`] and [`Tracked::write`] make of all of them.
pub struct Windowed<'s> {
    store: &'s Store,
    bound: Bound,
    scans: Vec<Scan>,
    reports: Vec<OperatorReport>,
    writer: TableWriter<'s>,
}

impl Plan {
    /// Begins the computation of rows of one table, with these columns, as they come. Nothing where a row of the result depends on
    /// several rows, or has another id than the one that it comes from.
    ///
    /// # Errors
    /// When the plan cannot work on such columns.
    pub fn by_windows<'s>(
        &self,
        store: &'s Store,
        (table, schema): (&str, &TableSchema),
        options: &ChunkOptions,
    ) -> Result<Option<Windowed<'s>>, ProvenanceError> {
        let (bound, scans) = engine::bind(self, &BTreeMap::from([(table.to_owned(), schema.clone())]))?;
        if scans.len() != 1 || !each_row(&bound) {
            return Ok(None);
        }
        let writer = TableWriter::new(store, &bound.shape.schema, options)?;
        let mut windowed = Windowed { store, bound, scans, reports: Vec::new(), writer };
        let none = windowed.compute(&Table::empty(schema))?;
        windowed.reports = none.reports().to_vec();
        Ok(none.is_identity().then_some(windowed))
    }
}

impl Windowed<'_> {
    /// Takes more rows; their ids are above all that came before.
    ///
    /// # Errors
    /// As [`Plan::run`], and when ids are not above.
    pub fn push(&mut self, rows: &Table) -> Result<(), ProvenanceError> {
        let tracked = self.compute(rows)?;
        self.reports.iter_mut().zip(tracked.reports()).for_each(|(all, one)| add(all, one));
        Ok(self.writer.push(tracked.table()?)?)
    }

    /// Keeps the result; `input` is the table that the rows are of.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn finish(self, input: &ArtifactRef) -> Result<Materialized, ProvenanceError> {
        let parents = self.scans.iter().map(|scan| (scan.table.clone(), input.clone())).collect();
        let lineage = document(&self.scans, &parents, RowLineage::Identity, column_lineage(&self.bound.shape))?;
        let lineage = Some(self.store.put_json(&lineage)?.0);
        let artifact = ArtifactRef { lineage, ..self.writer.finish()? };
        Ok(Materialized { artifact, reports: self.reports, indexes: Vec::new() })
    }

    fn compute(&self, rows: &Table) -> Result<Tracked, ProvenanceError> {
        let mut run = Run::default();
        let flight = engine::execute(&self.bound, &mut run, &|_| Ok(rows.frame().clone()))?;
        track(&self.bound.shape, self.scans.clone(), run, flight)
    }
}

/// Whether each row of the result comes from one row, operator by operator.
fn each_row(bound: &Bound) -> bool {
    let Work::Apply(step) = &bound.work else { return true };
    let alone = matches!(step.operator.affected(&step.shapes()), Affected::EachRow);
    alone && step.inputs.iter().all(each_row)
}

/// What an operator did to more rows.
fn add(all: &mut OperatorReport, one: &OperatorReport) {
    all.rows_in += one.rows_in;
    all.rows_out += one.rows_out;
    all.dropped += one.dropped;
    if all.reason.is_none() {
        all.reason.clone_from(&one.reason);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{Operator, Plan};
    use mlspec_store::Store;
    use mlspec_table::ChunkOptions;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    /// Computed two rows at a time, the plan leaves what it leaves of all rows; or it cannot be computed so.
    fn check(steps: Value, windows: bool) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let options = ChunkOptions::rows(2);
        let others = BTreeMap::from([("t".to_owned(), Plan::scan("t"))]);
        let steps: Vec<Operator> = serde_json::from_value(steps).unwrap();
        let plan = steps.iter().fold(Plan::scan("t"), |plan, step| plan.apply(step.clone(), &others).unwrap());
        let rows = table(df!(
            "_row" => [1_u64, 2, 3, 5, 8, 13, 21],
            "a" => [Some(1_i64), None, Some(3), Some(4), None, Some(6), Some(7)],
            "b" => ["x", "y", "", "x", "z", "x", "ß"]
        ));
        let input = rows.write(&store, &options).unwrap();
        let by_windows = plan.by_windows(&store, ("t", rows.schema()), &options).unwrap();
        assert_eq!(by_windows.is_some(), windows, "{steps:?}");
        let Some(mut by_windows) = by_windows else { return };
        for start in (0..rows.len()).step_by(2) {
            by_windows.push(&rows.slice(start, 2)).unwrap();
        }
        let found = by_windows.finish(&input).unwrap();
        let whole = plan.run(&tables(&[("t", rows)])).unwrap();
        let artifact = whole.write(&store, &BTreeMap::from([("t".to_owned(), input)]), &options).unwrap();
        assert_eq!((found.artifact, found.reports), (artifact, whole.reports().to_vec()), "{steps:?}");
    }

    #[test]
    fn rows_that_come_in_windows_give_what_all_give() {
        check(json!([]), true);
        check(json!([{"filter": "a > 1"}, {"derive": {"c": "a * 2", "b": "upper(b)"}}, {"select": ["c", "b"]}]), true);
        check(json!([{"filter": "false"}]), true);
        check(json!([{"drop_nulls": ["a"]}, {"rename": {"a": "n"}}, {"cast": {"n": "float64"}}]), true);
        check(json!([{"fill_nulls": {"a": 0}}, {"sample": {"fraction": 0.5}}]), true);
        check(json!([{"group_by": {"keys": ["b"], "aggregates": {"n": {"function": "count"}}}}]), false);
        check(json!([{"distinct": {}}]), false);
        check(json!([{"unpivot": {"columns": ["b"]}}]), false);
        check(json!([{"sample": {"n": 3}}]), false);
        check(json!([{"semi_join": {"with": "t", "on": ["b"]}}]), false);
        check(json!([{"concat": {"with": ["t"]}}]), false);
    }
}
