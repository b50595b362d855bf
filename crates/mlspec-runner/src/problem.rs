//! What is wrong with a pipeline, all of it together.

use mlspec_record::{ExitCode, Failure, Name, Place};
use mlspec_stage::StageError;
use std::fmt;

/// One thing that is wrong with a pipeline, or that its author may want to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where it is.
    pub place: Place,
    /// The exit code of a process that ends by it.
    pub code: ExitCode,
}

impl Problem {
    /// A problem of the file at this pointer.
    pub(crate) fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let place = Place { pointer: Some(pointer.into()), ..Place::default() };
        Self { message: message.into(), hint: None, place, code: ExitCode::Usage }
    }

    pub(crate) fn step(mut self, step: &Name) -> Self {
        self.place.step = Some(step.to_string());
        self
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// What a stage said about its settings, inputs or files; pointers of the stage are below its settings.
    pub(crate) fn of_stage(step: &Name, error: &StageError) -> Self {
        let mut place = error.place();
        let below = place.pointer.unwrap_or_default();
        place.pointer = Some(format!("/steps/{step}/settings{below}"));
        place.step = Some(step.to_string());
        Self { message: error.to_string(), hint: error.hint(), place, code: error.exit_code() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.place.is_empty() {
            write!(f, " ({})", self.place)?;
        }
        Ok(())
    }
}

/// A pipeline that cannot run: every problem that was found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the pipeline cannot run{}", list(.problems))]
pub struct Rejected {
    /// The problems, in the order of the file's steps.
    pub problems: Vec<Problem>,
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n- {problem}")).collect()
}

impl Failure for Rejected {
    /// Wrong use if any problem is; the first one's code otherwise.
    fn exit_code(&self) -> ExitCode {
        let mut codes = self.problems.iter().map(|problem| problem.code);
        match codes.clone().any(|code| code == ExitCode::Usage) {
            true => ExitCode::Usage,
            false => codes.next().unwrap_or(ExitCode::Usage),
        }
    }

    fn hint(&self) -> Option<String> {
        self.problems.iter().find_map(|problem| problem.hint.clone())
    }

    fn place(&self) -> Place {
        self.problems.first().map(|problem| problem.place.clone()).unwrap_or_default()
    }
}
