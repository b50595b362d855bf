//! The text that a pipeline was read from: its documents, and places in it.

use crate::{Problem, RunnerError};
use mlspec_record::{PipelineFile, Place};
use mlspec_schema::{SourceFormat, Target, locate, read_documents, validate_record};
use serde::Deserialize as _;
use serde_json::Value;
use std::path::Path;

/// The largest pipeline file, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The text that a pipeline was read from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    name: String,
    text: std::sync::Arc<str>,
    format: SourceFormat,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self, RunnerError> {
        let refused = |error| RunnerError::Read { path: path.to_owned(), error };
        if std::fs::metadata(path).map_err(refused)?.len() > MAX_BYTES {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidData, "a pipeline file holds at most 64 MiB");
            return Err(refused(error));
        }
        let text = std::fs::read_to_string(path).map_err(refused)?;
        let format = SourceFormat::of(path).unwrap_or_else(|| SourceFormat::guess(&text));
        Ok(Self { name: path.display().to_string(), text: text.into(), format })
    }

    /// The pipeline file that the text is, and what its schema says against it.
    pub(crate) fn pipeline(&self) -> Result<(PipelineFile, Vec<Problem>), Vec<Problem>> {
        let documents = read_documents(&self.text, self.format).map_err(|error| {
            let (line, column) = (Some(error.position.line), Some(error.position.column));
            let place =
                Place { file: Some(self.name.clone()), line, column, pointer: error.pointer, ..Place::default() };
            let problem = Problem::at("", format!("the file cannot be parsed: {}", error.message)).hint(error.help);
            vec![Problem { place, ..problem }]
        })?;
        let [document] = &documents[..] else {
            let message = format!("a pipeline file holds one document, this one holds {}", documents.len());
            return Err(self.locate(vec![Problem::at("", message)]));
        };
        let (file, problems) = typed(document);
        let (targets, problems): (Vec<_>, Vec<_>) = problems.into_iter().unzip();
        let problems = self.locate_as(problems, |at| targets.get(at).copied().unwrap_or_default());
        match file {
            Some(file) => Ok((file, problems)),
            None => Err(problems),
        }
    }

    /// Adds file, line and column to problems that know their pointers.
    pub(crate) fn locate(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let targets: Vec<Target> = problems.iter().map(target).collect();
        self.locate_as(problems, |at| targets.get(at).copied().unwrap_or_default())
    }

    fn locate_as(&self, mut problems: Vec<Problem>, target: impl Fn(usize) -> Target) -> Vec<Problem> {
        let pointers: Vec<String> =
            problems.iter().map(|problem| problem.place.pointer.clone().unwrap_or_default()).collect();
        let wanted: Vec<_> = pointers.iter().enumerate().map(|(at, pointer)| (pointer.as_str(), target(at))).collect();
        let places = locate(&self.text, self.format, 0, &wanted);
        for (problem, position) in problems.iter_mut().zip(places) {
            // A problem of another file has its place already.
            if problem.place.file.is_none() {
                problem.place.file = Some(self.name.clone());
                (problem.place.line, problem.place.column) = (Some(position.line), Some(position.column));
            }
        }
        problems
    }
}

/// The key, where there is one: a step's problem stands in the line of its name.
fn target(problem: &Problem) -> Target {
    let last = problem.place.pointer.as_deref().and_then(|pointer| Some(pointer.rsplit_once('/')?.1));
    match last {
        Some(token) if !token.bytes().all(|byte| byte.is_ascii_digit()) => Target::Key,
        _ => Target::Value,
    }
}

/// The document as a type, if it has the shape, and every problem with its schema and whether it is a key's.
fn typed(document: &Value) -> (Option<PipelineFile>, Vec<(Target, Problem)>) {
    if document.get("pipeline").is_none() && document.get("steps").is_none() {
        let problem = Problem::at("", "this is no pipeline file: it has neither `pipeline` nor `steps`");
        return (None, vec![(Target::Value, problem)]);
    }
    let mut problems = against(document);
    match PipelineFile::deserialize(document) {
        Ok(file) => (Some(file), problems),
        Err(error) if problems.is_empty() => {
            problems.push((Target::Value, Problem::at("", error.to_string())));
            (None, problems)
        }
        Err(_) => (None, problems),
    }
}

/// What the schema says against a document, apart from what [`crate::Pipeline::check`] finds itself, and better: references
/// between steps and to parameters.
pub(crate) fn against(document: &Value) -> Vec<(Target, Problem)> {
    let problems = validate_record(document).err().unwrap_or_default().into_iter();
    let own = |found: &mlspec_schema::Problem| matches!(found.keyword.as_str(), "step" | "parameter");
    let told =
        |found: mlspec_schema::Problem| (found.target, Problem::at(found.pointer, found.message).hint(found.help));
    problems.filter(|found| !own(found)).map(told).collect()
}
