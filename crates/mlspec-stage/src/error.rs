//! The error of any stage.

use mlspec_record::{ExitCode, Failure, Place};
use std::fmt;

/// The error of any stage: the stage's own typed error, boxed. Every [`Failure`] becomes one by `?`.
pub struct StageError(Box<dyn Failure>);

impl StageError {
    /// The stage's own error.
    pub fn failure(&self) -> &dyn Failure {
        &*self.0
    }

    /// The stage's own error, to be kept.
    pub fn into_failure(self) -> Box<dyn Failure> {
        self.0
    }

    /// The exit code of a process that ends by this error.
    pub fn exit_code(&self) -> ExitCode {
        self.0.exit_code()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.0.hint()
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        self.0.place()
    }
}

impl<E: Failure> From<E> for StageError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
