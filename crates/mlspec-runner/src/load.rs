//! From a file to a pipeline with values for its parameters.

use crate::{Problem, Rejected, RunnerError, parameters};
use mlspec_record::{Digest, Name, PipelineFile, canonical_digest};
use serde::Deserialize as _;
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
    path: Option<PathBuf>,
    digest: Digest,
    parameters: Map<String, Value>,
}

impl Pipeline {
    /// Reads a pipeline file, YAML or JSON, checks it by its schema and binds its parameters.
    ///
    /// # Errors
    /// When the file cannot be read, or is no pipeline file, or a parameter lacks a value or does not allow it.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self, RunnerError> {
        let refused = |error| RunnerError::Read { path: path.to_owned(), error };
        let text = std::fs::read_to_string(path).map_err(refused)?;
        let folder = path.canonicalize().map_err(refused)?.parent().map(Path::to_owned).unwrap_or_default();
        let document: Value = serde_saphyr::from_str(&text).map_err(|error| syntax(path, &error))?;
        let locate = |problem: Problem| located(path, problem);
        let file = typed(document).map_err(|problems| rejected(problems.into_iter().map(locate).collect()))?;
        let parameters = parameters::from_text(&file, &options.set);
        let parameters = parameters.map_err(|problems| rejected(problems.into_iter().map(locate).collect()))?;
        Ok(Self { path: Some(path.to_owned()), ..Self::new(file, folder, parameters)? })
    }

    /// A pipeline from its parts, such as those that a run's record keeps.
    ///
    /// # Errors
    /// When a parameter lacks a value or does not allow it.
    pub fn of(file: PipelineFile, folder: PathBuf, parameters: Map<String, Value>) -> Result<Self, RunnerError> {
        let parameters = parameters::from_values(&file, parameters).map_err(rejected)?;
        Self::new(file, folder, parameters)
    }

    fn new(file: PipelineFile, folder: PathBuf, parameters: Map<String, Value>) -> Result<Self, RunnerError> {
        let digest = canonical_digest(&file)?;
        Ok(Self { file, folder, path: None, digest, parameters })
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

    /// Adds file and line to a problem that knows its pointer.
    pub(crate) fn locate(&self, problem: Problem) -> Problem {
        match &self.path {
            Some(path) => located(path, problem),
            None => problem,
        }
    }
}

fn rejected(problems: Vec<Problem>) -> RunnerError {
    Rejected { problems }.into()
}

fn located(path: &Path, mut problem: Problem) -> Problem {
    problem.place.file.get_or_insert_with(|| path.display().to_string());
    problem
}

fn syntax(path: &Path, error: &serde_saphyr::Error) -> RunnerError {
    let mut problem = located(path, Problem::at("", format!("the file cannot be parsed: {error}")));
    problem.place.pointer = None;
    if let Some(location) = error.location() {
        problem.place.line = Some(location.line());
        problem.place.column = Some(location.column());
    }
    rejected(vec![problem])
}

/// The file as a type; every problem if its schema refuses it.
fn typed(document: Value) -> Result<PipelineFile, Vec<Problem>> {
    if let Err(problems) = mlspec_schema::validate_record(&document) {
        let problem = |found: mlspec_schema::Problem| Problem::at(found.pointer, found.message).hint(found.help);
        return Err(problems.into_iter().map(problem).collect());
    }
    PipelineFile::deserialize(document).map_err(|error| vec![Problem::at("", error.to_string())])
}
