//! A schema, compiled.

use crate::{Problem, SchemaError, Target, explain::explain};
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::Value;

/// A JSON Schema, compiled. Formats are checked, and nothing is ever fetched.
#[derive(Debug)]
pub struct Schema {
    name: String,
    document: Value,
    validator: Validator,
}

impl Schema {
    /// How many problems of one document are looked for, so that a hostile one does not fill the memory.
    pub const MAX_PROBLEMS: usize = 100;

    /// Compiles a schema; the name is for messages.
    ///
    /// # Errors
    /// When the document is no JSON Schema, or refers to another document.
    pub fn new(name: &str, document: Value) -> Result<Self, SchemaError> {
        let built = jsonschema::options().should_validate_formats(true).offline().build(&document);
        let validator = built.map_err(|error| refusal(name, &error))?;
        Ok(Self { name: name.to_owned(), document, validator })
    }

    pub(crate) fn from_text(name: &str, text: &str) -> Result<Self, SchemaError> {
        let syntax = |error: serde_json::Error| SchemaError::Syntax {
            name: name.to_owned(),
            reason: error.to_string(),
            place: Box::default(),
        };
        Self::new(name, serde_json::from_str(text).map_err(syntax)?)
    }

    /// Its name: an id, or the file that it was read from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema as a document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Whether a value obeys it: the fast question.
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// What is wrong with a value, in the order of the schema's keywords.
    ///
    /// # Errors
    /// When the value does not obey the schema: its problems, at least one and at most [`Schema::MAX_PROBLEMS`].
    pub fn check(&self, value: &Value) -> Result<(), Vec<Problem>> {
        if self.is_valid(value) { Ok(()) } else { Err(self.problems(value, &|_| true)) }
    }

    /// The problems of an invalid value, without those at values that are to be left alone.
    pub(crate) fn problems(&self, value: &Value, counts: &dyn Fn(&Value) -> bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        for error in self.validator.iter_errors(value) {
            if problems.len() >= Self::MAX_PROBLEMS {
                break;
            }
            explain(&error, &self.document, counts, &mut problems);
        }
        problems.truncate(Self::MAX_PROBLEMS);
        // A misspelt key is told once, not also as the missing field.
        let keys: Vec<String> =
            problems.iter().filter(|p| p.target == Target::Key).map(|p| p.pointer.clone()).collect();
        problems.retain(|problem| problem.cause.as_ref().is_none_or(|cause| !keys.contains(cause)));
        let mut seen = std::collections::HashSet::new();
        problems
            .retain(|problem| seen.insert((problem.pointer.clone(), problem.keyword.clone(), problem.message.clone())));
        problems
    }
}

fn refusal(name: &str, error: &ValidationError<'_>) -> SchemaError {
    let name = name.to_owned();
    match error.kind() {
        ValidationErrorKind::Referencing(reason) => SchemaError::Reference { name, reason: reason.to_string() },
        _ => SchemaError::NotASchema {
            name,
            reason: error.masked().to_string(),
            pointer: error.instance_path().as_str().to_owned(),
        },
    }
}
