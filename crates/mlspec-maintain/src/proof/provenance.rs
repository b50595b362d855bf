//! The check by provenance: every live artifact is followed to its dataset versions, and the erased ids are looked for in every
//! table of row ids on the way.

use super::live::{Held, HeldStep};
use super::{Finding, ProofError, Remnant};
use crate::Erasure;
use mlspec_model::Matrix;
use mlspec_record::body::Transformation;
use mlspec_record::erasure::ProvenanceCheck;
use mlspec_record::{ArtifactKind, ArtifactRef, DataType, Digest, Kind, Lineage, LineageNode, RowLineage};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{DataFrame, Series};
use mlspec_table::{ROW, manifest};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is known of an artifact's own row ids: those of which erased source they are, if of one.
type Ids = Option<usize>;

/// An artifact with its lineage.
#[derive(Debug)]
struct Node {
    place: String,
    artifact: ArtifactRef,
    lineage: Lineage,
}

/// A table that holds ids of an erased source: its own, or those of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct IdTable {
    table: Digest,
    column: Option<String>,
    source: usize,
}

/// Follows artifacts to their dataset versions, each of them once.
///
/// # Errors
/// When lineage is missing, was changed on disk, or refers to nothing.
pub(crate) fn check(
    store: &Store,
    erasure: &Erasure,
    steps: &[HeldStep],
    held: &[Held],
) -> Result<(ProvenanceCheck, Vec<Finding>), ProofError> {
    let nodes = nodes(store, held)?;
    let mut findings = BTreeSet::new();
    let mut tables: BTreeMap<IdTable, (String, Remnant)> = BTreeMap::new();
    let mut known = BTreeMap::new();
    for node in nodes.values() {
        if is_outdated(erasure, node) {
            findings.insert(finding(&node.place, Remnant::OldVersion, 1));
        }
        if let Some(source) = ids(erasure, &nodes, &node.artifact, &mut known)
            && let Some(table) = rows_table(store, &node.artifact)?
        {
            tables.insert(IdTable { table, column: None, source }, (node.place.clone(), Remnant::Rows));
        }
        for table in links(erasure, &nodes, node, &mut known) {
            tables.insert(table, (node.place.clone(), Remnant::Lineage));
        }
    }
    for step in steps {
        for table in indexes(store, erasure, &nodes, step, &mut known)? {
            tables.insert(table, (step.name.to_string(), Remnant::Lineage));
        }
    }
    let erased: Vec<HashSet<u64>> =
        erasure.sources.iter().map(|source| source.rows.iter().copied().collect()).collect();
    let counted = tables.par_iter().map(|(at, (place, what))| {
        let none = HashSet::new();
        Ok((place, *what, count(store, at, erased.get(at.source).unwrap_or(&none))?))
    });
    for (place, what, count) in counted.collect::<Result<Vec<_>, ProofError>>()? {
        if count > 0 {
            findings.insert(finding(place, what, count));
        }
    }
    let check = ProvenanceCheck { artifacts: nodes.len() as u64, tables: tables.len() as u64 };
    Ok((check, findings.into_iter().collect()))
}

fn finding(place: &str, what: Remnant, count: u64) -> Finding {
    Finding { place: place.to_owned(), what, column: None, count }
}

/// Everything behind the artifacts, by lineage document and digest.
fn nodes(store: &Store, held: &[Held]) -> Result<BTreeMap<(Digest, Digest), Node>, ProofError> {
    let mut nodes = BTreeMap::new();
    let mut open: Vec<Held> = held.to_vec();
    while let Some(Held { place, artifact }) = open.pop() {
        let Some(digest) = artifact.lineage else { continue };
        if nodes.contains_key(&(digest, artifact.digest)) {
            continue;
        }
        let lineage: Lineage = store.json(&digest)?;
        let parents = lineage.parents.iter().map(|parent| parent.artifact.clone());
        open.extend(parents.map(|artifact| Held { place: place.clone(), artifact }));
        nodes.insert((digest, artifact.digest), Node { place, artifact, lineage });
    }
    // Where an artifact is an output itself, that is its place.
    for Held { place, artifact } in held.iter().rev() {
        if let Some(node) = artifact.lineage.and_then(|digest| nodes.get_mut(&(digest, artifact.digest))) {
            node.place.clone_from(place);
        }
    }
    Ok(nodes)
}

/// Whether this is a version of an erased source other than the one without the rows.
fn is_outdated(erasure: &Erasure, node: &Node) -> bool {
    let RowLineage::Source { dataset } = &node.lineage.rows else { return false };
    let mut sources = erasure.sources.iter().filter(|source| source.dataset == *dataset);
    let own: Vec<_> = sources.by_ref().map(|source| source.after.digest).collect();
    !own.is_empty() && !own.contains(&node.artifact.digest)
}

/// Of which erased source an artifact's own row ids are.
fn ids(
    erasure: &Erasure,
    nodes: &BTreeMap<(Digest, Digest), Node>,
    artifact: &ArtifactRef,
    known: &mut BTreeMap<(Digest, Digest), Ids>,
) -> Ids {
    let key = (artifact.lineage?, artifact.digest);
    if let Some(found) = known.get(&key) {
        return *found;
    }
    let node = nodes.get(&key)?;
    let parent = |at: usize| node.lineage.parents.get(at).map(|parent| &parent.artifact);
    let kept = match &node.lineage.rows {
        RowLineage::Source { dataset } => {
            known.insert(key, erasure.sources.iter().position(|source| source.dataset == *dataset));
            return known.get(&key).copied().flatten();
        }
        RowLineage::Identity => parent(0),
        RowLineage::Nodes { own: Some(own), nodes: list, .. } => scanned(list.get(*own)).and_then(parent),
        _ => None,
    };
    let found = kept.and_then(|kept| ids(erasure, nodes, kept, known));
    known.insert(key, found);
    found
}

fn scanned(node: Option<&LineageNode>) -> Option<usize> {
    match node {
        Some(LineageNode::Scan { parent }) => Some(*parent),
        _ => None,
    }
}

/// The tables of a hop's lineage that name rows of an erased source by its ids.
fn links(
    erasure: &Erasure,
    nodes: &BTreeMap<(Digest, Digest), Node>,
    node: &Node,
    known: &mut BTreeMap<(Digest, Digest), Ids>,
) -> Vec<IdTable> {
    let RowLineage::Nodes { nodes: list, table, roots, .. } = &node.lineage.rows else { return Vec::new() };
    let mut source = |at: &usize| {
        let parent = node.lineage.parents.get(scanned(list.get(*at))?)?;
        ids(erasure, nodes, &parent.artifact, known)
    };
    let mut found = Vec::new();
    let mut add = |table: Digest, at: &usize, column: Option<String>| {
        found.extend(source(at).map(|source| IdTable { table, column, source }));
    };
    for at in roots {
        if let Some(table) = table {
            add(*table, at, Some(format!("n{at}")));
        }
    }
    for edges in list {
        if let LineageNode::Edges { table, own, inputs } = edges {
            inputs.iter().for_each(|at| add(*table, at, Some(format!("n{at}"))));
            own.iter().for_each(|at| add(*table, at, None));
        }
    }
    found
}

/// The table with an artifact's rows, if it has rows.
fn rows_table(store: &Store, artifact: &ArtifactRef) -> Result<Option<Digest>, ProofError> {
    Ok(match artifact.kind {
        ArtifactKind::Table => Some(artifact.digest),
        ArtifactKind::Matrix => Some(Matrix::read(store, &artifact.digest)?.raw.digest),
        _ => None,
    })
}

/// How many of the erased ids a table holds. Of its own ids, only chunks whose range holds one of them are read.
fn count(store: &Store, at: &IdTable, erased: &HashSet<u64>) -> Result<u64, ProofError> {
    let manifest = manifest(store, &at.table)?;
    let column = at.column.as_deref().unwrap_or(ROW);
    let mut ids: Vec<u64> = erased.iter().copied().collect();
    ids.sort_unstable();
    let chunks = manifest.chunks.par_iter().filter(|chunk| at.column.is_some() || chunk.holds_some(&ids));
    let counts = chunks.map(|chunk| Ok(held(&chunk.look(store, &at.table, &[column])?, column, erased)));
    Ok(counts.collect::<Result<Vec<u64>, ProofError>>()?.into_iter().sum())
}

fn held(frame: &DataFrame, column: &str, erased: &HashSet<u64>) -> u64 {
    let count = |ids: &Series| {
        let ids = ids.u64().ok().into_iter().flat_map(|ids| ids.iter()).flatten();
        ids.filter(|id| erased.contains(id)).count() as u64
    };
    let Ok(column) = frame.column(column) else { return 0 };
    let series = column.as_materialized_series();
    match series.list() {
        Ok(lists) => lists.amortized_iter().flatten().map(|ids| count(ids.as_ref())).sum(),
        Err(_) => count(series),
    }
}

/// The tables by which an update looks up rows of an erased source: a row per key, with the ids of the rows that have it.
fn indexes(
    store: &Store,
    erasure: &Erasure,
    nodes: &BTreeMap<(Digest, Digest), Node>,
    step: &HeldStep,
    known: &mut BTreeMap<(Digest, Digest), Ids>,
) -> Result<Vec<IdTable>, ProofError> {
    let mut found = Vec::new();
    if step.record.kind() != Kind::Transformation {
        return Ok(found);
    }
    let body = step.record.envelope_of::<Transformation>(Kind::Transformation)?.body;
    for index in body.indexes {
        let input = step.envelope.inputs.iter().find(|input| input.port.as_str() == index.table);
        let Some(source) = input.and_then(|input| ids(erasure, nodes, &input.artifact, known)) else { continue };
        let schema = manifest(store, &index.digest)?.schema;
        let lists = schema.columns().iter().filter(|column| column.data_type == DataType::ListUInt64);
        let table =
            |column: &mlspec_record::Column| IdTable { table: index.digest, column: Some(column.name.clone()), source };
        found.extend(lists.map(table));
    }
    Ok(found)
}
