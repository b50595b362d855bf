//! Why a query gave no rows. Messages of databases may quote values, so they are shown only where they can hold nothing but what the query
//! says itself.

use mlspec_record::{ExitCode, Failure, Name, Place};

/// Why a query gave no rows.
#[derive(Debug, thiserror::Error)]
#[error("{problem} (datastore `{datastore}`)")]
pub struct QueryError {
    /// The datastore.
    pub datastore: Name,
    /// What is wrong.
    pub(crate) problem: Problem,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Nobody answers.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The URL is none.
    #[error("the URL of the database cannot be read")]
    Url,
    /// The certificates cannot be used.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    /// User or password are wrong, or the database is not there.
    #[error("the database refuses the connection: {0}")]
    Refused(String),
    /// The file is no database.
    #[error("the file is no SQLite database, or damaged")]
    NoDatabase,
    /// The database does not understand the query.
    #[error("the database refuses the query: {0}")]
    Query(String),
    /// The query would change something.
    #[error("the query would change the database")]
    Writes,
    /// The query gives no table.
    #[error("the query gives no rows to read: it must be one `SELECT`")]
    NoRows,
    /// There is more than one query.
    #[error("there is more than one query")]
    Several,
    /// It took too long.
    #[error("the query took longer than {0} seconds")]
    Timeout(u64),
    /// The query failed on the data.
    #[error("the query failed on a value ({0})")]
    Value(String),
    /// The query failed.
    #[error("the query failed: {0}")]
    Failed(String),
    /// A column has a type that tables do not hold.
    #[error("the column `{column}` is of the database's type `{found}`, which is not supported")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// A column of SQLite holds values of two kinds.
    #[error("the column `{column}` mixes {one} and {other}")]
    Mixed {
        /// The column.
        column: String,
        /// One kind.
        one: &'static str,
        /// Another.
        other: &'static str,
    },
    /// A value that no type of tables has.
    #[error("the column `{column}` has a value that tables cannot hold: {what}")]
    Beyond {
        /// The column.
        column: String,
        /// What it is.
        what: &'static str,
    },
}

impl Failure for QueryError {
    fn exit_code(&self) -> ExitCode {
        match self.problem {
            Problem::Unreachable(_) | Problem::Refused(_) | Problem::Timeout(_) | Problem::Failed(_) => {
                ExitCode::Outside
            }
            Problem::Certificates(_) => ExitCode::Outside,
            Problem::Url | Problem::Query(_) | Problem::Writes | Problem::NoRows | Problem::Several => ExitCode::Usage,
            Problem::NoDatabase | Problem::Value(_) | Problem::Mixed { .. } | Problem::Beyond { .. } => ExitCode::Data,
            Problem::Type { .. } => ExitCode::Data,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match &self.problem {
            Problem::Unreachable(_) => "start it, or correct `host` and `port` of the datastore".to_owned(),
            Problem::Url => "it is written `postgres://user:password@host:5432/database`".to_owned(),
            Problem::Certificates(_) => "name the certificates with `sslrootcert`".to_owned(),
            Problem::Refused(_) => {
                "correct the datastore, or the variables of the environment that it names".to_owned()
            }
            Problem::Writes => "databases are only read".to_owned(),
            Problem::Timeout(_) => "set a larger `timeout_seconds`, or make the query faster".to_owned(),
            Problem::Type { .. } => "convert it in the query, such as `CAST(x AS text)`".to_owned(),
            Problem::Mixed { .. } | Problem::Beyond { .. } | Problem::Value(_) => {
                "convert or leave out such values in the query".to_owned()
            }
            _ => return None,
        })
    }

    fn place(&self) -> Place {
        let column = match &self.problem {
            Problem::Type { column, .. } | Problem::Mixed { column, .. } | Problem::Beyond { column, .. } => {
                Some(column)
            }
            _ => None,
        };
        Place { table_column: column.cloned(), ..Place::default() }
    }
}
