//! Why a schema cannot be used.

use mlspec_record::{ExitCode, Failure, Place};

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is neither the name of a published schema nor a file.
    #[error("there is no published schema and no file `{name}`")]
    Unknown {
        /// The name asked for.
        name: String,
        /// What to do about it.
        help: String,
    },
    /// The file cannot be read.
    #[error("the schema `{name}` cannot be read: {reason}")]
    Unreadable {
        /// The file.
        name: String,
        /// Why.
        reason: String,
    },
    /// The file is no JSON or YAML document.
    #[error("the schema `{name}` is no document: {reason}")]
    Syntax {
        /// The file.
        name: String,
        /// What is wrong.
        reason: String,
        /// Where.
        place: Box<Place>,
    },
    /// The document is no JSON Schema.
    #[error("`{name}` is no JSON Schema: {reason}")]
    NotASchema {
        /// The file or name.
        name: String,
        /// What is wrong.
        reason: String,
        /// JSON pointer in the schema.
        pointer: String,
    },
    /// The schema refers to another document, which would have to be fetched.
    #[error("the schema `{name}` refers to another document: {reason}")]
    Reference {
        /// The file or name.
        name: String,
        /// The reference.
        reason: String,
    },
}

impl Failure for SchemaError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unreadable { .. } => ExitCode::Outside,
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { help, .. } => Some(help.clone()),
            Self::Reference { .. } => Some("Copy the definitions into one file: nothing is fetched.".to_owned()),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Syntax { place, .. } => Place::clone(place),
            Self::NotASchema { name, pointer, .. } => {
                Place { file: Some(name.clone()), pointer: Some(pointer.clone()), ..Place::default() }
            }
            Self::Unknown { name, .. } | Self::Unreadable { name, .. } | Self::Reference { name, .. } => {
                Place { file: Some(name.clone()), ..Place::default() }
            }
        }
    }
}
