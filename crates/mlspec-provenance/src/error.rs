//! Why a plan cannot run, or lineage cannot be read.

use mlspec_record::{DataType, ExitCode, Failure, Place, SourceColumn};
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a plan cannot run, or lineage cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenanceError {
    /// One operator cannot do its work.
    #[error("operator {position} (`{operator}`) of table `{table}`: {problem}")]
    Operator {
        /// The operator's position, from 0.
        position: u64,
        /// Its name.
        operator: String,
        /// The table it belongs to.
        table: String,
        /// What is wrong.
        problem: Box<Problem>,
    },
    /// An expression or parameter is wrong in itself.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// A query cannot be read, or cannot become operators.
    #[error("the query cannot be done{}: {reason}", query_place(.line, .column))]
    Query {
        /// Why not.
        reason: String,
        /// The line in its text, from 1; 0 if unknown.
        line: u64,
        /// The column in the line, from 1.
        column: u64,
    },
    /// The plan reads a table that is not given.
    #[error("there is no table `{table}`")]
    UnknownTable {
        /// The table.
        table: String,
        /// The tables there are.
        known: Vec<String>,
    },
    /// The plan reads tables more often than lineage can tell apart.
    #[error("the plan reads tables {found} times; at most {limit} are possible")]
    Scans {
        /// How often.
        found: usize,
        /// How often is possible.
        limit: usize,
    },
    /// The plan has more operators one behind another than can be worked on.
    #[error("the plan has {found} operators one behind another; at most {limit} are possible")]
    Depth {
        /// How many.
        found: usize,
        /// How many are possible.
        limit: usize,
    },
    /// A table could not be made, read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The artifact has no lineage document.
    #[error("the {0} has no lineage")]
    NoLineage(String),
    /// A lineage document does not fit its tables.
    #[error("the lineage cannot be followed: {0}")]
    Broken(String),
    /// The artifact has no row of this id.
    #[error("there is no row `{0}`")]
    NoRow(u64),
    /// The artifact does not come from the other one.
    #[error("the {of} does not come from the given {source_kind}")]
    Unrelated {
        /// What kind of thing is traced.
        of: String,
        /// What it does not come from.
        source_kind: String,
    },
}

impl From<Problem> for ProvenanceError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// What is wrong with an operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The column is not there.
    #[error("there is no column `{column}`")]
    MissingColumn {
        /// The column asked for.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// Two columns would share this name.
    #[error("two columns would be named `{0}`")]
    Collision(String),
    /// The name is empty, or reserved for row ids.
    #[error("`{0}` cannot name a column: names are not empty and do not begin with `_row` or `@`")]
    Reserved(String),
    /// The text is no SQL expression that can be used here.
    #[error("`{expression}` is no expression that can be used here: {reason}")]
    Expression {
        /// The text.
        expression: String,
        /// Why not.
        reason: String,
    },
    /// The condition is not true or false.
    #[error("the condition `{expression}` is of type `{found}`, expected `boolean`")]
    NotBoolean {
        /// The text.
        expression: String,
        /// Its type, as polars names it.
        found: String,
    },
    /// Types do not fit.
    #[error("{0}")]
    Type(String),
    /// Key columns that are to be compared have different types.
    #[error("the keys `{left}` ({left_type}) and `{right}` ({right_type}) have different types")]
    KeyTypes {
        /// The left key.
        left: String,
        /// Its type.
        left_type: DataType,
        /// The right key.
        right: String,
        /// Its type.
        right_type: DataType,
    },
    /// A parameter is missing or makes no sense.
    #[error("{0}")]
    Parameter(String),
    /// The `with` of a join or concat names no table.
    #[error("there is no table `{table}`")]
    UnknownTable {
        /// The table.
        table: String,
        /// The tables there are.
        known: Vec<String>,
    },
    /// Values do not fit the type they are cast to.
    #[error("{rows} values of column `{column}` cannot become `{to}`")]
    Cast {
        /// The column.
        column: String,
        /// The type wanted.
        to: DataType,
        /// How many values.
        rows: usize,
    },
    /// A sum is beyond its type.
    #[error("the sum of column `{0}` is beyond 64 bits")]
    Overflow(String),
    /// The same id came out twice.
    #[error("two different rows would get the row id `{0}`")]
    IdCollision(u64),
    /// The data made an expression fail; what polars says may hold cell values and is not shown.
    #[error("`{0}` fails on some rows")]
    Data(String),
    /// The expression fails whatever the rows are: its functions or operators do not take these types.
    #[error("`{0}` does not fit the types of its columns")]
    Types(String),
    /// Lists that are exploded side by side have different lengths.
    #[error("the columns `{}` do not hold equally many items in {rows} rows", .columns.join("`, `"))]
    Lengths {
        /// The columns.
        columns: Vec<String>,
        /// In how many rows.
        rows: usize,
    },
    /// The result has more rows than can be counted.
    #[error("the result would have {rows} rows; at most {limit} are possible")]
    TooLarge {
        /// How many.
        rows: u64,
        /// How many are possible.
        limit: u64,
    },
    /// A closure gave something else than it promised.
    #[error("the function `{function}` {problem}")]
    Function {
        /// Its name and version.
        function: String,
        /// What it did wrong.
        problem: String,
    },
    /// A table could not be made.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The known name that is closest to a misspelt one, if one is close.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

fn did_you_mean(name: &str, known: &[String], what: &str) -> Option<String> {
    match closest(name, known.iter().map(String::as_str)) {
        Some(close) => Some(format!("did you mean `{close}`?")),
        None if known.is_empty() => None,
        None => Some(format!("the {what} are {}", known.join(", "))),
    }
}

impl Failure for Problem {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Cast { .. } | Self::Overflow(_) | Self::Data(_) | Self::Lengths { .. } | Self::TooLarge { .. } => {
                ExitCode::Data
            }
            Self::IdCollision(_) | Self::Function { .. } => ExitCode::Bug,
            Self::Table(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::MissingColumn { column, known } => did_you_mean(column, known, "columns"),
            Self::UnknownTable { table, known } => did_you_mean(table, known, "tables"),
            Self::Collision(_) => Some("rename or select columns before, or give a join a `suffix`".to_owned()),
            Self::KeyTypes { .. } => Some("cast one of them before".to_owned()),
            Self::Cast { .. } => Some("filter such rows before, or derive the column with `TRY_CAST`".to_owned()),
            Self::Data(_) => Some("`TRY_CAST` gives null where `CAST` fails".to_owned()),
            Self::Table(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::MissingColumn { column, .. } | Self::Cast { column, .. } => {
                Place { table_column: Some(column.clone()), ..Place::default() }
            }
            Self::Table(error) => error.place(),
            _ => Place::default(),
        }
    }
}

impl Failure for ProvenanceError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Operator { problem, .. } | Self::Problem(problem) => problem.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
            Self::Broken(_) => ExitCode::Outside,
            Self::UnknownTable { .. }
            | Self::Query { .. }
            | Self::Scans { .. }
            | Self::Depth { .. }
            | Self::NoLineage(_)
            | Self::NoRow(_)
            | Self::Unrelated { .. } => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Operator { problem, .. } | Self::Problem(problem) => problem.hint(),
            Self::UnknownTable { table, known } => did_you_mean(table, known, "tables"),
            Self::Scans { .. } | Self::Depth { .. } => {
                Some("write intermediate tables by steps of their own".to_owned())
            }
            Self::Table(error) => error.hint(),
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Operator { problem, .. } | Self::Problem(problem) => problem.place(),
            Self::Table(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::NoRow(row) => Place { row: Some(*row), ..Place::default() },
            _ => Place::default(),
        }
    }
}

fn query_place(line: &u64, column: &u64) -> String {
    if *line == 0 { String::new() } else { format!(" (line {line}, column {column} of its text)") }
}

/// For `Broken`: a source column that its scan does not have.
pub(crate) fn dangling(column: &SourceColumn) -> ProvenanceError {
    ProvenanceError::Broken(format!("the scan `{}` has no column `{}`", column.scan, column.column))
}
