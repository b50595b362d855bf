//! One document in memory, by the schema that it claims to obey.

use crate::{
    PIPELINE_FILE, Problem, Schema,
    claim::{Unclaimed, claimed},
    rules,
};
use serde_json::Value;

/// Checks a record or managed object, or a pipeline file, by the schema that it claims to obey, and by the rules that a JSON
/// Schema cannot say. Schemas are compiled once.
///
/// # Errors
/// Everything that is wrong; at least one problem.
pub fn validate_record(record: &Value) -> Result<(), Vec<Problem>> {
    match claimed(record) {
        Ok(schema) => check(schema, record),
        Err(reason) => Err(vec![unclaimed(reason)]),
    }
}

/// Why no schema was found, as a problem.
pub(crate) fn unclaimed(reason: Unclaimed) -> Problem {
    match reason {
        Unclaimed::Unknown(problem) => *problem,
        Unclaimed::Broken(error) => Problem::new("", "schema", error.to_string()),
        Unclaimed::Nothing => {
            let help = "a record says `schema` and `kind`, a pipeline file has `pipeline` and `steps`".to_owned();
            Problem::new("", "schema", "the document names no schema").help(Some(help))
        }
    }
}

/// By a schema, then by the rules of its name; rules are only asked of documents of the right shape.
pub(crate) fn check(schema: &Schema, document: &Value) -> Result<(), Vec<Problem>> {
    schema.check(document)?;
    let problems = match schema.name().strip_prefix(mlspec_record::SchemaId::PREFIX) {
        Some(id) if id.starts_with(PIPELINE_FILE) => rules::pipeline_file(document),
        Some(_) => rules::record(document),
        None => Vec::new(),
    };
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
