//! Which rows belong to which value of a column: of the rows themselves, or of any source behind them, however many stages ago.

mod values;

pub use values::members_by_value;

use crate::{ProvenanceError, Tracer};
use mlspec_record::{ArtifactKind, ArtifactRef, DataType, ExitCode, Failure, Place};
use mlspec_store::Store;
use mlspec_table::{Table, TableError, manifest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The name under which the rows themselves stand in reports.
const ROWS: &str = "rows";

/// Pairs of a row's position and a position in a table of a source.
type Links = Arc<Vec<(u32, u32)>>;

/// Why rows could not be put into slices.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SliceError {
    /// The rows come from no such source.
    #[error("the rows do not come from a source `{source_name}`")]
    Source {
        /// The source.
        source_name: String,
        /// The sources they come from.
        known: Vec<String>,
    },
    /// The column to slice by is not there.
    #[error("`{table}` has no column `{column}`")]
    Column {
        /// The source, or `rows`.
        table: String,
        /// The column.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// Values of this type make no slices.
    #[error("the column `{column}` of type `{found}` cannot make slices")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
    },
    /// A table could not be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Lineage could not be followed.
    #[error(transparent)]
    Provenance(#[from] ProvenanceError),
}

impl Failure for SliceError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Table(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let list = |what: &str, known: &[String]| match known {
            [] => format!("there are no {what}"),
            _ => format!("the {what} are {}", known.join(", ")),
        };
        match self {
            Self::Source { known, .. } => Some(list("sources", known)),
            Self::Column { known, .. } => Some(list("columns", known)),
            Self::Type { .. } => None,
            Self::Table(error) => error.hint(),
            Self::Provenance(error) => error.hint(),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Column { column, .. } | Self::Type { column, .. } => {
                Place { table_column: Some(column.clone()), ..Place::default() }
            }
            Self::Source { .. } => Place::default(),
            Self::Table(error) => error.place(),
            Self::Provenance(error) => error.place(),
        }
    }
}

/// Where slice columns are found: a table or matrix, and its row ids, ascending. Lineage is followed once a source.
#[derive(Debug)]
pub struct RowsBehind<'a> {
    store: &'a Store,
    tracer: &'a Tracer<'a>,
    of: &'a ArtifactRef,
    ids: &'a [u64],
    known: BTreeMap<String, Vec<(ArtifactRef, Links)>>,
}

/// A table that holds a column, and which of its rows stand behind which rows.
#[derive(Debug)]
pub struct Behind {
    /// The table, with this column only.
    pub table: Table,
    /// Pairs of a row's position and a position in the table.
    pub links: Links,
}

/// Values that rows have, some through several source rows.
#[derive(Debug, Default)]
pub struct Members {
    /// The slices' names, in order; none for null.
    pub labels: Vec<Option<String>>,
    /// Pairs of a row's position and a slice, sorted, each once.
    pub pairs: Vec<(u32, u32)>,
}

impl Members {
    /// How many rows have a value, and how many have several.
    pub fn spread(&self) -> (u64, u64) {
        let per_row = self.pairs.chunk_by(|a, b| a.0 == b.0);
        per_row.fold((0, 0), |(any, several), values| (any + 1, several + u64::from(values.len() > 1)))
    }
}

impl<'a> RowsBehind<'a> {
    /// What stands behind the rows of `of`, whose ids are `ids`.
    pub fn new(store: &'a Store, tracer: &'a Tracer<'a>, of: &'a ArtifactRef, ids: &'a [u64]) -> Self {
        Self { store, tracer, of, ids, known: BTreeMap::new() }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The column in a source, through every way from the rows to it.
    ///
    /// # Errors
    /// When the rows do not come from the source, it has no such column, or lineage or table is missing or was changed on disk.
    pub fn of_source(&mut self, source: &str, column: &str) -> Result<Vec<Behind>, SliceError> {
        if !self.known.contains_key(source) {
            let found = self.links_to(source)?;
            self.known.insert(source.to_owned(), found);
        }
        let known = self.known.get(source).map(Vec::as_slice).unwrap_or_default();
        let behind = |(artifact, links): &(ArtifactRef, Links)| {
            Ok(Behind { table: read_column(self.store, source, artifact, column)?, links: Arc::clone(links) })
        };
        known.iter().map(behind).collect()
    }

    /// The tables of the source, and which of their rows stand behind which rows.
    fn links_to(&self, source: &str) -> Result<Vec<(ArtifactRef, Links)>, SliceError> {
        let scans = self.tracer.sources(self.of)?;
        let mut found = Vec::new();
        for scan in scans.iter().filter(|scan| scan.dataset.as_str() == source) {
            let ids = Table::read_columns(self.store, &scan.artifact.digest, &[])?.ids();
            let (mut row_places, mut source_places) = (Places::of(self.ids), Places::of(&ids));
            let links = self.tracer.list_pairs(self.of, scan)?;
            let links =
                links.into_iter().filter_map(|(row, of)| Some((row_places.find(row)?, source_places.find(of)?)));
            found.push((scan.artifact.clone(), Arc::new(links.collect())));
        }
        if found.is_empty() {
            let mut known: Vec<String> = scans.iter().map(|scan| scan.dataset.to_string()).collect();
            known.sort_unstable();
            known.dedup();
            return Err(SliceError::Source { source_name: source.to_owned(), known });
        }
        Ok(found)
    }

    /// The column of the rows themselves; of a matrix, of the table that was encoded.
    ///
    /// # Errors
    /// When there is no such column, or lineage or table is missing or was changed on disk.
    pub fn of_rows(&self, column: &str) -> Result<Behind, SliceError> {
        let table = match self.of.kind {
            ArtifactKind::Table => self.of.clone(),
            _ => {
                let parents = self.tracer.lineage(self.of)?.parents;
                let table = parents.into_iter().next().filter(|parent| parent.artifact.kind == ArtifactKind::Table);
                let missing =
                    || SliceError::Column { table: ROWS.to_owned(), column: column.to_owned(), known: Vec::new() };
                table.ok_or_else(missing)?.artifact
            }
        };
        let table = read_column(self.store, ROWS, &table, column)?;
        let ids = table.ids();
        let mut places = Places::of(&ids);
        let links = self.ids.iter().zip(0..).filter_map(|(&id, row)| Some((row, places.find(id)?))).collect();
        Ok(Behind { table, links: Arc::new(links) })
    }
}

fn read_column(store: &Store, name: &str, artifact: &ArtifactRef, column: &str) -> Result<Table, SliceError> {
    let schema = manifest(store, &artifact.digest)?.schema;
    if schema.get(column).is_none() {
        let known = schema.names().map(str::to_owned).collect();
        return Err(SliceError::Column { table: name.to_owned(), column: column.to_owned(), known });
    }
    Ok(Table::read_columns(store, &artifact.digest, &[column])?)
}

/// Where ids stand in an ascending list.
struct Places<'a> {
    ids: &'a [u64],
    next: usize,
}

impl<'a> Places<'a> {
    fn of(ids: &'a [u64]) -> Self {
        Self { ids, next: 0 }
    }

    /// The place of this id. Ids that are asked for in order, and ids without gaps, need no search.
    fn find(&mut self, id: u64) -> Option<u32> {
        let ahead = self.ids.get(self.next).is_some_and(|&found| found == id);
        let counted = self.ids.first().and_then(|first| usize::try_from(id.checked_sub(*first)?).ok());
        let at = match counted {
            _ if ahead => self.next,
            Some(at) if self.ids.get(at) == Some(&id) => at,
            _ => self.ids.binary_search(&id).ok()?,
        };
        self.next = at + 1;
        u32::try_from(at).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_any_order() {
        let ids = [3, 4, 5, 9, 40, u64::MAX];
        let mut places = Places::of(&ids);
        for (id, place) in [(3, Some(0)), (4, Some(1)), (9, Some(3)), (40, Some(4)), (5, Some(2)), (6, None), (0, None)]
        {
            assert_eq!(places.find(id), place, "{id}");
        }
        assert_eq!((places.find(u64::MAX), places.find(u64::MAX), places.find(3)), (Some(5), Some(5), Some(0)));
        assert_eq!(Places::of(&[]).find(1), None);
    }
}
