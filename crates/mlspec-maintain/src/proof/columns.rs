//! The check by values in tables: which columns may hold what, by their lineage.

use super::needles::Needles;
use super::values::{Cells, KeyValues, Values};
use super::{Finding, ProofError, Remnant};
use mlspec_model::{FittedEncoders, FittedLabel, Matrix};
use mlspec_provenance::Tracer;
use mlspec_record::erasure::Remaining;
use mlspec_record::{ArtifactKind, ArtifactRef, ColumnLineage, DataType, Dependency, Digest, Name, SourceColumn};
use mlspec_store::Store;
use mlspec_table::Manifest;
use mlspec_table::polars::prelude::{self as pl, Column, DataFrame};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One column to be read for the values of one key, or of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Task {
    column: String,
    test: Test,
    /// Whether the values may stand there, since they are other sources' values too.
    others: BTreeSet<Name>,
    /// Whether they may not, since the column comes from the erased source's key.
    own: bool,
}

/// How a column is held against values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    /// Its cells are values of this key.
    Equal(usize),
    /// Its texts are, or hold, values of this key.
    Holds(usize),
}

/// A table to be read.
#[derive(Debug, Default)]
struct Work {
    place: String,
    tasks: BTreeSet<Task>,
}

/// What the tables hold.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) findings: Vec<Finding>,
    pub(crate) remaining: Vec<Remaining>,
    /// The values that stand in rows of other sources.
    pub(crate) elsewhere: BTreeSet<usize>,
    /// The tables whose columns are known by lineage.
    pub(crate) tables: BTreeSet<Digest>,
    pub(crate) columns: u64,
    pub(crate) rows: u64,
}

/// Collects what is to be read, then reads it.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    store: &'a Store,
    tracer: &'a Tracer<'a>,
    values: &'a Values,
    work: BTreeMap<Digest, Work>,
    vocabularies: Vec<(String, String, BTreeSet<Name>, BTreeSet<usize>)>,
    tables: BTreeSet<Digest>,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(store: &'a Store, tracer: &'a Tracer<'a>, values: &'a Values) -> Self {
        Self { store, tracer, values, work: BTreeMap::new(), vocabularies: Vec::new(), tables: BTreeSet::new() }
    }

    /// Takes up an artifact: its columns that come from keys, by its lineage.
    ///
    /// # Errors
    /// When lineage, a matrix or its encoders cannot be read.
    pub(crate) fn take(&mut self, place: &str, artifact: &ArtifactRef) -> Result<(), ProofError> {
        if artifact.lineage.is_none() {
            return Ok(());
        }
        match artifact.kind {
            ArtifactKind::Table if self.tables.insert(artifact.digest) => {
                let joined = self.tracer.indirect(artifact)?;
                for column in self.tracer.columns(artifact)? {
                    self.add(place, artifact.digest, &column.column, &column, &joined);
                }
                Ok(())
            }
            ArtifactKind::Matrix => self.take_matrix(place, artifact),
            _ => Ok(()),
        }
    }

    fn take_matrix(&mut self, place: &str, artifact: &ArtifactRef) -> Result<(), ProofError> {
        let matrix = Matrix::read(self.store, &artifact.digest)?;
        let encoders = FittedEncoders::read(self.store, &matrix.encoders)?;
        let lineage = self.tracer.lineage(artifact)?;
        let Some(table) = lineage.parents.first().map(|parent| &parent.artifact) else { return Ok(()) };
        let columns = self.tracer.columns(table)?;
        let of = |name: &str| columns.iter().find(|column| column.column == name);
        if self.tables.insert(matrix.raw.digest) {
            for raw in encoders.raw_columns() {
                let single = raw.kind.is_value();
                if let Some(column) = of(&raw.column).filter(|_| single) {
                    self.add(place, matrix.raw.digest, &raw.name, column, &[]);
                }
            }
        }
        for (name, known) in categories(&encoders) {
            if let Some(column) = of(name) {
                self.add_vocabulary(place, column, &known);
            }
        }
        Ok(())
    }

    /// Categories and classes that are values of keys that their column comes from.
    fn add_vocabulary(&mut self, place: &str, column: &ColumnLineage, known: &BTreeSet<&str>) {
        for key in &self.values.keys {
            let own = column.sources.iter().any(|source| is_of(source, key));
            let texts =
                key.cells.indices().filter(|at| self.values.texts.get(*at).is_some_and(|t| known.contains(t.as_str())));
            let found: BTreeSet<usize> = texts.collect();
            if own && !found.is_empty() {
                let others = others(column, key);
                self.vocabularies.push((place.to_owned(), column.column.clone(), others, found));
            }
        }
    }

    fn add(&mut self, place: &str, table: Digest, name: &str, column: &ColumnLineage, joined: &[SourceColumn]) {
        for (at, key) in self.values.keys.iter().enumerate() {
            let is_text = matches!(column.data_type, DataType::String | DataType::ListString | DataType::Binary);
            let identity = |source: &SourceColumn| source.dependency == Dependency::Identity;
            let own = column.sources.iter().any(|source| is_of(source, key));
            let own_as_it_is = column.sources.iter().any(|source| is_of(source, key) && identity(source));
            // Numbers of other sources that are equal by chance tell nothing, even under the same name.
            let alike = |source: &SourceColumn| {
                let meets = |one: &SourceColumn| one.dependency == Dependency::Join;
                let both = joined.iter().any(|one| meets(one) && is_of(one, key))
                    && joined.iter().any(|one| meets(one) && one.scan == source.scan && one.column == source.column);
                identity(source) && (both || source.column == key.column && key.data_type == DataType::String)
            };
            let test = if own_as_it_is && !(is_text && key.data_type != DataType::String) {
                Test::Equal(at)
            } else if own && is_text {
                Test::Holds(at)
            } else if !own && column.data_type == key.data_type && column.sources.iter().any(alike) {
                Test::Equal(at)
            } else {
                continue;
            };
            let work = self.work.entry(table).or_insert_with(|| Work { place: place.to_owned(), ..Work::default() });
            work.tasks.insert(Task { column: name.to_owned(), test, others: others(column, key), own });
        }
    }

    /// Reads the columns.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(crate) fn read(self) -> Result<Seen, ProofError> {
        let mut seen = Seen { tables: self.tables.clone(), ..Seen::default() };
        let mut open = Vec::new();
        for (table, work) in &self.work {
            let manifest = mlspec_table::manifest(self.store, table)?;
            let found = self.read_table(table, &manifest, work)?;
            let columns: BTreeSet<&String> = work.tasks.iter().map(|task| &task.column).collect();
            seen.columns += columns.len() as u64;
            seen.rows += manifest.rows * columns.len() as u64;
            open.extend(work.tasks.iter().zip(found).map(|(task, (rows, values))| (&work.place, task, rows, values)));
        }
        for (place, task, rows, values) in open.iter().filter(|(_, task, rows, _)| !task.own && *rows > 0) {
            seen.elsewhere.extend(values);
            seen.remaining.push(remaining(place, task, *rows));
        }
        for (place, task, rows, values) in open.iter().filter(|(_, task, rows, _)| task.own && *rows > 0) {
            match !task.others.is_empty() && values.is_subset(&seen.elsewhere) {
                true => seen.remaining.push(remaining(place, task, *rows)),
                false => seen.findings.push(Finding {
                    place: (*place).clone(),
                    what: Remnant::Values,
                    column: Some(task.column.clone()),
                    count: *rows,
                }),
            }
        }
        for (place, column, others, found) in self.vocabularies {
            if others.is_empty() || !found.is_subset(&seen.elsewhere) {
                let count = found.len() as u64;
                seen.findings.push(Finding { place, what: Remnant::Vocabulary, column: Some(column), count });
            }
        }
        seen.remaining.sort();
        seen.remaining.dedup();
        Ok(seen)
    }

    fn read_table(
        &self,
        table: &Digest,
        manifest: &Manifest,
        work: &Work,
    ) -> Result<Vec<(u64, BTreeSet<usize>)>, ProofError> {
        let columns: BTreeSet<&str> = work.tasks.iter().map(|task| task.column.as_str()).collect();
        let columns: Vec<&str> = columns.into_iter().collect();
        let needles: Vec<Option<Needles>> = work.tasks.iter().map(|task| self.needles(task.test)).collect();
        let chunks = manifest.chunks.par_iter().map(|chunk| {
            let frame = chunk.look(self.store, table, &columns)?;
            let tasks = work.tasks.iter().zip(&needles);
            Ok(tasks.map(|(task, needles)| self.test(&frame, task, needles.as_ref())).collect::<Vec<_>>())
        });
        let mut sums = vec![(0, BTreeSet::new()); work.tasks.len()];
        for chunk in chunks.collect::<Result<Vec<_>, ProofError>>()? {
            for (sum, (rows, values)) in sums.iter_mut().zip(chunk) {
                sum.0 += rows;
                sum.1.extend(values);
            }
        }
        Ok(sums)
    }

    fn needles(&self, test: Test) -> Option<Needles> {
        let Test::Holds(key) = test else { return None };
        let cells = &self.values.keys.get(key)?.cells;
        Some(Needles::new(cells.indices().filter_map(|at| Some((at, self.values.texts.get(at)?.as_str())))))
    }

    fn test(&self, frame: &DataFrame, task: &Task, needles: Option<&Needles>) -> (u64, BTreeSet<usize>) {
        let mut found = BTreeSet::new();
        let (Test::Equal(key) | Test::Holds(key)) = task.test;
        let (Ok(column), Some(key)) = (frame.column(&task.column), self.values.keys.get(key)) else {
            return (0, found);
        };
        let rows = match needles {
            None => key.cells.find(column, &mut found),
            Some(needles) => {
                let texts: BTreeMap<&str, usize> =
                    key.cells.indices().filter_map(|at| Some((self.values.texts.get(at)?.as_str(), at))).collect();
                holding(
                    column,
                    &mut |text, found: &mut BTreeSet<usize>| {
                        found.extend(std::str::from_utf8(text).ok().and_then(|text| texts.get(text)));
                        needles.find(text, found);
                    },
                    &mut found,
                )
            }
        };
        (rows, found)
    }
}

/// Looks into every text of a column; how many of them hold something.
pub(crate) fn holding(
    column: &Column,
    look: &mut dyn FnMut(&[u8], &mut BTreeSet<usize>),
    found: &mut BTreeSet<usize>,
) -> u64 {
    let mut rows = 0;
    let mut one = |text: &[u8]| {
        let mut here = BTreeSet::new();
        look(text, &mut here);
        rows += u64::from(!here.is_empty());
        found.append(&mut here);
    };
    match column.dtype() {
        pl::DataType::String => {
            let texts = column.str().ok();
            texts.into_iter().flat_map(|texts| texts.iter()).flatten().for_each(|text| one(text.as_bytes()));
        }
        pl::DataType::Binary => {
            let bytes = column.binary().ok();
            bytes.into_iter().flat_map(|bytes| bytes.iter()).flatten().for_each(one);
        }
        pl::DataType::List(inner) if **inner == pl::DataType::String => {
            let lists = column.list().ok();
            for list in lists.into_iter().flat_map(|lists| lists.amortized_iter()).flatten() {
                let texts = list.as_ref().str().ok();
                texts.into_iter().flat_map(|texts| texts.iter()).flatten().for_each(|text| one(text.as_bytes()));
            }
        }
        _ => {}
    }
    rows
}

fn is_of(source: &SourceColumn, key: &KeyValues) -> bool {
    source.scan == key.dataset.as_str() && source.column == key.column
}

/// The other sources that a column comes from.
fn others(column: &ColumnLineage, key: &KeyValues) -> BTreeSet<Name> {
    let names = column.sources.iter().filter(|source| source.scan != key.dataset.as_str());
    names.filter_map(|source| Name::new(&source.scan).ok()).collect()
}

fn remaining(place: &str, task: &Task, count: u64) -> Remaining {
    let sources = task.others.iter().cloned().collect();
    Remaining { place: place.to_owned(), column: Some(task.column.clone()), sources, count }
}

/// The categories and classes that encoders know, by table column.
fn categories(encoders: &FittedEncoders) -> Vec<(&str, BTreeSet<&str>)> {
    let mut found = Vec::new();
    for encoder in encoders.encoders() {
        found.extend(encoder.categories().into_iter().map(|(column, known)| (column, known.into_iter().collect())));
    }
    if let Some(FittedLabel::Classification { column, classes, .. }) = encoders.label() {
        found.push((column.as_str(), classes.iter().map(String::as_str).collect()));
    }
    found
}

impl Cells {
    /// The positions of the values among all texts.
    pub(crate) fn indices(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        match self {
            Self::Texts(cells) => Box::new(cells.values().copied()),
            Self::Integers(cells) => Box::new(cells.values().copied()),
            Self::Floats(cells) => Box::new(cells.values().copied()),
        }
    }
}
