//! What is known of a table before data is read: its columns, and which source columns they come from.

use crate::Problem;
use mlspec_record::{Dependency, SourceColumn, TableSchema, TableSchemaError};
use std::collections::{BTreeMap, BTreeSet};

/// Source columns of a column.
pub(crate) type Sources = BTreeSet<SourceColumn>;

/// Columns with types, and their sources.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) schema: TableSchema,
    pub(crate) sources: BTreeMap<String, Sources>,
    /// What decided which rows exist or how they are grouped.
    pub(crate) indirect: Sources,
}

impl Shape {
    /// The columns of a scan: each comes from itself.
    pub(crate) fn scan(name: &str, schema: &TableSchema) -> Self {
        let source = |column: &str| SourceColumn {
            scan: name.to_owned(),
            column: column.to_owned(),
            dependency: Dependency::Identity,
        };
        let sources = schema.names().map(|column| (column.to_owned(), Sources::from([source(column)]))).collect();
        Self { schema: schema.clone(), sources, indirect: Sources::new() }
    }

    /// The columns that an operator's parameters name must be there.
    pub(crate) fn require<'a>(&self, columns: impl IntoIterator<Item = &'a str>) -> Result<(), Problem> {
        match columns.into_iter().find(|column| self.schema.get(column).is_none()) {
            None => Ok(()),
            Some(column) => Err(Problem::MissingColumn {
                column: column.to_owned(),
                known: self.schema.names().map(str::to_owned).collect(),
            }),
        }
    }

    /// The sources of all these columns, as seen through a dependency of this kind.
    pub(crate) fn through<'a>(&self, columns: impl IntoIterator<Item = &'a str>, kind: Dependency) -> Sources {
        let all = columns.into_iter().filter_map(|column| self.sources.get(column)).flatten();
        merge(all.map(|source| SourceColumn { dependency: source.dependency.max(kind), ..source.clone() }))
    }

    /// Notes that these columns decided which rows there are.
    pub(crate) fn note<'a>(&mut self, columns: impl IntoIterator<Item = &'a str>, kind: Dependency) {
        let all = columns.into_iter().filter_map(|column| self.sources.get(column)).flatten();
        let noted: Vec<_> = all.map(|source| SourceColumn { dependency: kind, ..source.clone() }).collect();
        self.indirect.extend(noted);
    }
}

/// One entry per source column, with the strongest dependency: a column that is aggregated and also read as it is counts as
/// aggregated.
pub(crate) fn merge(sources: impl IntoIterator<Item = SourceColumn>) -> Sources {
    let mut strongest: BTreeMap<(String, String), Dependency> = BTreeMap::new();
    for source in sources {
        let kind = strongest.entry((source.scan, source.column)).or_insert(source.dependency);
        *kind = (*kind).max(source.dependency);
    }
    strongest.into_iter().map(|((scan, column), dependency)| SourceColumn { scan, column, dependency }).collect()
}

/// A name that a new column may have.
pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    let column = mlspec_record::Column { name: name.to_owned(), data_type: mlspec_record::DataType::Boolean };
    match TableSchema::new(vec![column]) {
        Ok(_) => Ok(()),
        Err(TableSchemaError::Twice(name)) => Err(Problem::Collision(name)),
        Err(_) => Err(Problem::Reserved(name.to_owned())),
    }
}

/// The first name that stands twice, as an error.
pub(crate) fn check_distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        None => Ok(()),
        Some(name) => Err(Problem::Collision(name.to_owned())),
    }
}
