//! Where data lies, with all that is needed to get at it: secrets among it, which are never shown.

use std::fmt;
use std::path::PathBuf;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. It must reach no setting, record, message or log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where data lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datastore {
    /// A folder.
    Folder(PathBuf),
    /// The file of an SQLite database.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<Postgres>),
}

impl Datastore {
    /// What kind of place it is, as in the pipeline file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Folder(_) => "folder",
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

/// A PostgreSQL database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// How it is found.
    pub address: Address,
    /// Whether the connection is encrypted; none where that depends on where the host is.
    pub tls: Option<Tls>,
    /// The certificates (PEM) that the server's is checked with; by default those of the operating system.
    pub root_certificates: Option<PathBuf>,
}

/// How a database is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// By a URL, which may hold a password.
    Url(Secret),
    /// By its parts.
    Parts {
        /// The host's name or address, or the folder of a Unix socket.
        host: String,
        /// The port.
        port: u16,
        /// The database.
        database: String,
        /// The user.
        user: String,
        /// The password, if there is one.
        password: Option<Secret>,
    },
}

/// Whether a connection is encrypted; certificates are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not.
    Off,
    /// If the server can.
    Preferred,
    /// Always.
    Required,
}
