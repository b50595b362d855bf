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

    /// The pipeline file that the text is.
    pub(crate) fn pipeline(&self) -> Result<PipelineFile, Vec<Problem>> {
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
        typed(document).map_err(|problems| {
            let (targets, problems): (Vec<_>, Vec<_>) = problems.into_iter().unzip();
            self.locate_as(problems, |at| targets.get(at).copied().unwrap_or_default())
        })
    }

    /// Adds file, line and column to problems that know their pointers.
    pub(crate) fn locate(&self, problems: Vec<Problem>) -> Vec<Problem> {
        self.locate_as(problems, |_| Target::Value)
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

/// The document as a type; every problem, and whether it is a key's, if its schema refuses it.
fn typed(document: &Value) -> Result<PipelineFile, Vec<(Target, Problem)>> {
    if document.get("pipeline").is_none() && document.get("steps").is_none() {
        let problem = Problem::at("", "this is no pipeline file: it has neither `pipeline` nor `steps`");
        return Err(vec![(Target::Value, problem)]);
    }
    if let Err(problems) = validate_record(document) {
        let told =
            |found: mlspec_schema::Problem| (found.target, Problem::at(found.pointer, found.message).hint(found.help));
        return Err(problems.into_iter().map(told).collect());
    }
    PipelineFile::deserialize(document).map_err(|error| vec![(Target::Value, Problem::at("", error.to_string()))])
}
