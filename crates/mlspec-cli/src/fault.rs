//! What can end a command early.

use mlspec_record::{ExitCode, Failure, Name, Place};
use mlspec_runner::{Problem, RunnerError, StepFailure};
use std::io;

/// What ends a command early.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Problems to be told, at least one.
    Failures(Vec<Box<dyn Failure>>),
    /// Whoever read the output has gone; there is nobody to tell.
    Closed,
}

/// Output that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the output cannot be written: {0}")]
struct OutputError(io::Error);

impl Failure for OutputError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Outside
    }
}

/// Something to be told: wrong use of a command, a file of the user that cannot be read, what a run reports.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Misuse {
    message: String,
    hint: Option<String>,
    place: Box<Place>,
    code: ExitCode,
}

impl Misuse {
    /// Wrong use.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, place: Box::default(), code: ExitCode::Usage }
    }

    /// Something outside the program that failed.
    pub(crate) fn outside(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Outside, ..Self::new(message) }
    }

    /// A file that the system does not give or take.
    pub(crate) fn file(path: &std::path::Path, error: &io::Error) -> Self {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let place = Place { file: Some(path.display().to_string()), ..Place::default() };
        let code = if missing { ExitCode::Usage } else { ExitCode::Outside };
        let message =
            if missing { "there is no such file".to_owned() } else { format!("the file system refused: {error}") };
        Self { message, hint: None, place: Box::new(place), code }
    }

    /// What to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Failure for Misuse {
    fn exit_code(&self) -> ExitCode {
        self.code
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn place(&self) -> Place {
        (*self.place).clone()
    }
}

impl<E: Failure> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Failures(vec![Box::new(error)])
    }
}

impl Fault {
    /// The error of the runner: each of its problems.
    pub(crate) fn runner(error: RunnerError) -> Self {
        let RunnerError::Rejected(rejected) = error else { return error.into() };
        // They end the program together, by the code of the whole.
        let code = rejected.exit_code();
        let problem =
            |found: Problem| Misuse { message: found.message, hint: found.hint, place: Box::new(found.place), code };
        Self::Failures(
            rejected.problems.into_iter().map(|found| Box::new(problem(found)) as Box<dyn Failure>).collect(),
        )
    }

    /// Why a step failed.
    pub(crate) fn step(step: &Name, failure: &StepFailure) -> Self {
        let mut place = failure.place.clone();
        place.step.get_or_insert_with(|| step.to_string());
        let (message, hint) = (failure.message.clone(), failure.hint.clone());
        Misuse { message, hint, place, code: failure.exit_code }.into()
    }

    /// A failed write to the terminal or a pipe.
    pub(crate) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => OutputError(error).into(),
        }
    }

    /// The exit code of the process: the gravest.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failures(failures) => {
                failures.iter().map(|failure| failure.exit_code()).max().unwrap_or(ExitCode::Bug)
            }
            Self::Closed => ExitCode::Done,
        }
    }
}

/// What a command ends with.
pub(crate) type Ended = Result<ExitCode, Fault>;
