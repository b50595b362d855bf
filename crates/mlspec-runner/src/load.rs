//! From a file to a pipeline with values for its parameters.

use crate::source::Source;
use crate::{Problem, Rejected, RunnerError, parameters, source};
use mlspec_record::{CanonicalError, Digest, Name, PipelineFile, canonical_digest};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// What a user sets beside the file.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Values of parameters, as typed: `--set name=value`.
    pub set: Vec<(String, String)>,
}

/// A pipeline file with values for its parameters.
#[derive(Clone, Debug)]
pub struct Pipeline {
    file: PipelineFile,
    folder: PathBuf,
    source: Option<Source>,
    /// What the schema says against the file, which has the right shape nevertheless: told by the check.
    problems: Vec<Problem>,
    digest: Digest,
    parameters: Map<String, Value>,
}

impl Pipeline {
    /// Reads a pipeline file, YAML or JSON, checks it by its schema and binds its parameters.
    ///
    /// # Errors
    /// When the file cannot be read, or has not the shape of a pipeline file, or a parameter lacks a value or does not allow
    /// it: every problem, with its line. What else is wrong, [`Pipeline::check`] tells.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self, RunnerError> {
        let source = Source::read(path)?;
        let refused = |error| RunnerError::Read { path: path.to_owned(), error };
        let folder = path.canonicalize().map_err(refused)?.parent().map(Path::to_owned).unwrap_or_default();
        let (file, problems) = source.pipeline().map_err(rejected)?;
        match parameters::from_text(&file, &options.set) {
            Ok(parameters) => {
                let pipeline = Self::new(file, folder, parameters).map_err(|error| match error {
                    RunnerError::Rejected(Rejected { problems }) => rejected(source.locate(problems)),
                    error => error,
                })?;
                Ok(Self { source: Some(source), problems, ..pipeline })
            }
            Err(more) => Err(rejected(problems.into_iter().chain(source.locate(more)).collect())),
        }
    }

    /// A pipeline from its parts, such as those that a run's record keeps.
    ///
    /// # Errors
    /// When a parameter lacks a value or does not allow it.
    pub fn of(file: PipelineFile, folder: PathBuf, parameters: Map<String, Value>) -> Result<Self, RunnerError> {
        let parameters = parameters::from_values(&file, parameters).map_err(rejected)?;
        let document = serde_json::to_value(&file).map_err(mlspec_record::CanonicalError::from)?;
        let problems = source::against(&document).into_iter().map(|(_, problem)| problem).collect();
        Ok(Self { problems, ..Self::new(file, folder, parameters)? })
    }

    fn new(file: PipelineFile, folder: PathBuf, parameters: Map<String, Value>) -> Result<Self, RunnerError> {
        let digest = canonical_digest(&file).map_err(|error| match error {
            CanonicalError::Integer(pointer) => rejected(vec![beyond(pointer)]),
            error => error.into(),
        })?;
        Ok(Self { file, folder, source: None, problems: Vec::new(), digest, parameters })
    }

    /// The file, as written.
    pub fn file(&self) -> &PipelineFile {
        &self.file
    }

    /// The pipeline's name.
    pub fn name(&self) -> &Name {
        &self.file.pipeline
    }

    /// The folder from which datastores are found.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The digest of the file's canonical JSON.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The values of the parameters.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// What the schema says against the file.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Adds file, line and column to problems that know their pointers.
    pub(crate) fn locate(&self, problems: Vec<Problem>) -> Vec<Problem> {
        match &self.source {
            Some(source) => source.locate(problems),
            None => problems,
        }
    }
}

fn beyond(pointer: String) -> Problem {
    let hint = Some("other readers would see another number; write it as a text where that is allowed".to_owned());
    Problem::at(pointer, "the integer is beyond 2^53").hint(hint)
}

fn rejected(problems: Vec<Problem>) -> RunnerError {
    Rejected { problems }.into()
}
