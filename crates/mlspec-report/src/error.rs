//! Why no report could be made.

use mlspec_record::{ExitCode, Failure, Id, Place, RecordError};

/// Why no report could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The record that should describe the run describes something else.
    #[error("`{id}` is no record of a pipeline's run: {reason}")]
    Run {
        /// The record's id.
        id: Id,
        /// What does not fit.
        reason: RecordError,
    },
    /// The record of a step does not have the shape of its kind.
    #[error("the record `{id}` does not have the shape of its kind: {reason}")]
    Record {
        /// The record's id.
        id: Id,
        /// What does not fit.
        reason: RecordError,
    },
}

impl Failure for ReportError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("check the records with `mlspec validate`".to_owned())
    }

    fn place(&self) -> Place {
        Place::default()
    }
}
