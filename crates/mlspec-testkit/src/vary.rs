//! What may change between two runs: rows of an artifact go, come and change, and its lineage still leads to sources.

use crate::{Bench, must};
use mlspec_model::{FittedEncoders, Matrix, encode_rows};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Lineage, LineageParent, RowLineage};
use mlspec_table::polars::prelude::*;
use mlspec_table::{ChunkOptions, ROW, Table, manifest};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of rows. Values come from other rows of the same table, so that types and most rules of the data hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edit {
    /// Rows that go.
    gone: BTreeSet<u64>,
    /// Rows that take the values of another row in some of their columns.
    taken: BTreeMap<u64, u64>,
    /// Rows whose values become others, in some of their columns: numbers are one more, texts longer.
    nudged: BTreeSet<u64>,
    /// Rows whose values become null, in some of their columns.
    emptied: BTreeSet<u64>,
    /// New rows, with the values of an existing row.
    new: BTreeMap<u64, u64>,
}

/// Every kind of change of this artifact, by name; the first is the artifact itself, in many small chunks.
#[track_caller]
pub(crate) fn variants(bench: &Bench, artifact: &ArtifactRef) -> Vec<(&'static str, ArtifactRef)> {
    let edits = edits(bench, artifact);
    edits.into_iter().filter_map(|(what, edit)| Some((what, edited(bench, artifact, &edit)?))).collect()
}

/// The row ids of a table or matrix.
#[track_caller]
fn ids(bench: &Bench, artifact: &ArtifactRef) -> Vec<u64> {
    match artifact.kind {
        ArtifactKind::Matrix => {
            bench.table(&must("read a matrix", Matrix::read(bench.store(), &artifact.digest)).raw).ids()
        }
        _ => bench.table(artifact).ids(),
    }
}

fn edits(bench: &Bench, artifact: &ArtifactRef) -> Vec<(&'static str, Edit)> {
    let ids = ids(bench, artifact);
    let some = |each: usize, of: usize| ids.iter().copied().enumerate().filter(move |(at, _)| at * 5 % each == of);
    let rows = |each, of| some(each, of).map(|(_, id)| id).collect::<BTreeSet<_>>();
    let from = |at: usize| ids[(at * 7 + 3) % ids.len()];
    let taken = |each, of| some(each, of).map(|(at, id)| (id, from(at))).collect::<BTreeMap<_, _>>();
    let free = free(bench, artifact, &ids, 1 + ids.len() / 4);
    let new: BTreeMap<u64, u64> =
        free.iter().enumerate().filter(|_| !ids.is_empty()).map(|(at, &id)| (id, from(at))).collect();
    let one = ids.get(ids.len() / 2).copied();
    vec![
        ("nothing", Edit::default()),
        ("a row is erased", Edit { gone: one.into_iter().collect(), ..Edit::default() }),
        ("rows are erased", Edit { gone: rows(3, 1), ..Edit::default() }),
        (
            "a range of rows is erased",
            Edit { gone: ids.iter().copied().skip(ids.len() / 4).collect(), ..Edit::default() },
        ),
        ("every row is erased", Edit { gone: ids.iter().copied().collect(), ..Edit::default() }),
        ("rows take the values of others", Edit { taken: taken(4, 2), ..Edit::default() }),
        ("rows get new values", Edit { nudged: rows(6, 3), ..Edit::default() }),
        ("values become null", Edit { emptied: rows(7, 4), ..Edit::default() }),
        ("rows are appended", Edit { new: new.clone(), ..Edit::default() }),
        (
            "all of that",
            Edit { gone: rows(5, 2), taken: taken(5, 3), nudged: rows(7, 1), emptied: BTreeSet::new(), new },
        ),
    ]
}

/// Ids that no row has, neither here nor where the rows come from: some beyond all, one between others.
fn free(bench: &Bench, artifact: &ArtifactRef, own: &[u64], count: usize) -> Vec<u64> {
    let mut all: BTreeSet<u64> = own.iter().copied().collect();
    let mut next = identical_parent(bench, artifact);
    while let Some(parent) = next {
        all.extend(ids(bench, &parent));
        next = identical_parent(bench, &parent);
    }
    let beyond = all.last().map_or(0, |last| last.saturating_add(1));
    let between = all.iter().map(|id| id + 1).find(|id| *id < beyond && !all.contains(id));
    between.into_iter().chain(beyond..).take(count).filter(|id| *id < u64::MAX).collect()
}

fn lineage(bench: &Bench, artifact: &ArtifactRef) -> Option<Lineage> {
    artifact.lineage.map(|digest| must("read lineage", bench.store().json(&digest)))
}

/// The table whose rows an artifact has.
fn identical_parent(bench: &Bench, artifact: &ArtifactRef) -> Option<ArtifactRef> {
    let lineage = lineage(bench, artifact)?;
    let parent = lineage.parents.into_iter().next()?.artifact;
    (matches!(lineage.rows, RowLineage::Identity) && parent.kind == ArtifactKind::Table).then_some(parent)
}

/// The artifact after the edit, and what it comes from after the same; nothing where it cannot be made.
#[track_caller]
fn edited(bench: &Bench, artifact: &ArtifactRef, edit: &Edit) -> Option<ArtifactRef> {
    let mut lineage = lineage(bench, artifact);
    if let (Some(parent), Some(lineage)) = (identical_parent(bench, artifact), &mut lineage) {
        let parent = edited(bench, &parent, edit)?;
        let scan = lineage.parents.first().map(|parent| parent.scan.clone()).unwrap_or_default();
        lineage.parents[0] = LineageParent { scan, artifact: parent };
    }
    let mut made = match artifact.kind {
        ArtifactKind::Matrix => matrix(bench, artifact, &lineage.as_ref()?.parents.first()?.artifact)?,
        _ => table(bench, &bench.table(artifact), edit, chunk_rows(bench, &artifact.digest))?,
    };
    if let Some(RowLineage::Nodes { own, table: links, .. }) = lineage.as_mut().map(|lineage| &mut lineage.rows) {
        if own.is_some() && !edit.new.is_empty() {
            return None; // the groups behind new rows are not there
        }
        if let Some(digest) = links {
            let links = must("read lineage", Table::read(bench.store(), digest));
            let only = Edit { gone: edit.gone.clone(), new: edit.new.clone(), ..Edit::default() };
            let chunk_rows = chunk_rows(bench, digest);
            *digest = table(bench, &links, &only, chunk_rows)?.digest;
        }
    }
    made.lineage = lineage.map(|lineage| bench.json(&lineage));
    Some(made)
}

/// Chunks so small that a change leaves some alone.
fn chunk_rows(bench: &Bench, digest: &Digest) -> u64 {
    let found = must("read a manifest", manifest(bench.store(), digest));
    found.chunk_rows.min(4_u64.max(found.rows / 8))
}

/// The rows of `parent` that the matrix has, encoded as before.
fn matrix(bench: &Bench, artifact: &ArtifactRef, parent: &ArtifactRef) -> Option<ArtifactRef> {
    let store = bench.store();
    let before = must("read a matrix", Matrix::read(store, &artifact.digest));
    let encoders = must("read encoders", FittedEncoders::read(store, &before.encoders));
    let raw = encode_rows(&bench.table(parent), &encoders.raw_columns()).ok()?;
    let raw = must("write a table", raw.write(store, &ChunkOptions::rows(chunk_rows(bench, &before.raw.digest))));
    let bytes = artifact.bytes.saturating_sub(before.raw.bytes);
    Some(must("write a matrix", Matrix::new(raw, before.encoders).of_fitted(before.fitted).write(store, bytes)))
}

#[track_caller]
fn table(bench: &Bench, table: &Table, edit: &Edit, chunk_rows: u64) -> Option<ArtifactRef> {
    let frame = edit.apply(table)?;
    let made = must("make a table", Table::new(frame));
    let made = must("write a table", made.write(bench.store(), &ChunkOptions::rows(chunk_rows)));
    Some(made)
}

impl Edit {
    /// The rows after the edit; nothing if it names rows that are not there.
    fn apply(&self, table: &Table) -> Option<DataFrame> {
        let places: BTreeMap<u64, IdxSize> = table.ids().into_iter().zip(0..).collect();
        let (mut rows, mut own, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for (&id, &at) in places.iter().filter(|(id, _)| !self.gone.contains(id)) {
            rows.push(id);
            own.push(at);
            other.push(self.taken.get(&id).map_or(Some(at), |from| places.get(from).copied())?);
        }
        for (&id, from) in &self.new {
            rows.push(id);
            own.push(*places.get(from)?);
            other.push(*places.get(from)?);
        }
        let frame = table.frame();
        let (own, other) = (IdxCa::from_vec("at".into(), own), IdxCa::from_vec("at".into(), other));
        let (here, there) = (must("take rows", frame.take(&own)), must("take rows", frame.take(&other)));
        let mut columns = vec![Series::new(ROW.into(), &rows).into_column()];
        for (mine, theirs) in here.columns().iter().zip(there.columns()).skip(1) {
            columns.push(if picked(mine.name()) { theirs.clone() } else { mine.clone() });
        }
        let frame = must("make a frame", DataFrame::new(rows.len(), columns));
        Some(must("change values", self.values(frame, &rows)))
    }

    fn values(&self, frame: DataFrame, rows: &[u64]) -> PolarsResult<DataFrame> {
        let mask = |of: &BTreeSet<u64>| rows.iter().map(|id| of.contains(id)).collect::<BooleanChunked>();
        let (nudged, emptied) = (mask(&self.nudged), mask(&self.emptied));
        let columns = frame.columns().to_vec().into_iter().map(|column| {
            if column.name() == ROW || !picked(column.name()) {
                return Ok(column);
            }
            let series = column.as_materialized_series();
            let (name, kind) = (series.name().clone(), series.dtype().clone());
            let more = match &kind {
                DataType::String => series + &Series::new(name.clone(), ["x"]),
                kind if kind.is_primitive_numeric() => {
                    (series + &Series::new(name.clone(), [1_i8]).cast(kind)?)?.cast(kind)
                }
                _ => Ok(series.clone()),
            }?;
            let changed = more.zip_with(&nudged, series)?;
            let none = Series::full_null(name, changed.len(), &kind);
            Ok(none.zip_with(&emptied, &changed)?.into_column())
        });
        DataFrame::new(frame.height(), columns.collect::<PolarsResult<Vec<_>>>()?)
    }
}

/// Whether edits reach the column: about two of three, known by name, so that a table and what it comes from agree.
fn picked(column: &str) -> bool {
    column.bytes().map(u32::from).sum::<u32>() % 3 != 0
}
