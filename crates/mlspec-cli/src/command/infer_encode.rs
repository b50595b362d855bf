//! `mlspec infer-encode`: how could this table become features?

use super::infer_expectations::expectations_of;
use crate::args::Common;
use crate::fault::{Ended, Misuse};
use crate::home::WhichRun;
use crate::terminal::Out;
use mlspec_encode::{ColumnFacts, Suggestion, suggest};
use mlspec_record::{DataType, ExitCode};
use mlspec_validate::ExpectationsDocument;
use mlspec_validate::expectation::LengthUnit;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Write first settings of an encode step from expectations, for review
///
/// SOURCE is a document of expectations (YAML, JSON), which says the columns' types and domains; or a table (CSV, TSV, NDJSON, Parquet,
/// Arrow, or an output of a run, such as `mails.rows`), whose expectations are inferred first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The expectations, or the table
    source: String,
    /// The column that is to be predicted
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The file to write; must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    which: WhichRun,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let path = Path::new(&args.source);
    let is_document = path.extension().is_some_and(|found| found == "yaml" || found == "yml" || found == "json");
    let document = match is_document && path.is_file() {
        true => ExpectationsDocument::read(path)?,
        false => expectations_of(&args.source, None, &args.which, common)?,
    };
    let facts = facts(&document);
    if let Some(label) = args.label.as_ref().filter(|label| facts.iter().all(|column| column.name != **label)) {
        return Err(Misuse::new(format!("no expectation says the type of the column `{label}`"))
            .hint("name a column that has an expectation `type`")
            .into());
    }
    let suggestion = suggest(&facts, args.label.as_deref())?;
    let text = match common.json {
        true => format!("{:#}\n", suggestion.settings),
        false => yaml(&document, &suggestion),
    };
    match &args.output {
        Some(output) if output.exists() => {
            return Err(Misuse::new(format!("`{}` exists already", output.display())).hint("name another file").into());
        }
        Some(output) => std::fs::write(output, text).map_err(|error| Misuse::file(output, &error))?,
        None => {
            let mut out = Out::new();
            out.text(format_args!("{text}"))?;
            out.flush()?;
        }
    }
    Ok(ExitCode::Done)
}

/// What expectations say of each column whose type they say, in the order in which they say it.
fn facts(document: &ExpectationsDocument) -> Vec<ColumnFacts> {
    let types = document.expectations.iter().filter_map(|expectation| expectation.of_type.as_ref());
    let fact = |name: &str, data_type: DataType| {
        let name = name.to_owned();
        ColumnFacts { name, data_type, nulls: true, unique: false, values: None, length: None }
    };
    let mut facts: Vec<ColumnFacts> = types.map(|found| fact(&found.column, found.data_type)).collect();
    for expectation in &document.expectations {
        let of = |facts: &mut Vec<ColumnFacts>, names: &[String], set: &dyn Fn(&mut ColumnFacts)| {
            facts.iter_mut().filter(|fact| names.contains(&fact.name)).for_each(set);
        };
        if let Some(not_null) = expectation.not_null.as_ref().filter(|_| expectation.tolerance == 0.0) {
            of(&mut facts, &not_null.columns, &|fact| fact.nulls = false);
        }
        if let Some(unique) = expectation.unique.as_ref().filter(|unique| unique.columns.len() == 1) {
            of(&mut facts, &unique.columns, &|fact| fact.unique = true);
        }
        if let Some(allowed) = &expectation.allowed_values {
            of(&mut facts, std::slice::from_ref(&allowed.column), &|fact| fact.values = Some(allowed.values.len()));
        }
        let characters = |unit: Option<LengthUnit>| unit.is_none_or(|unit| unit == LengthUnit::Characters);
        if let Some(length) = expectation.length.as_ref().filter(|length| characters(length.unit)) {
            of(&mut facts, std::slice::from_ref(&length.column), &|fact| fact.length = length.max);
        }
        if let Some(range) = expectation.range.as_ref().filter(|range| range.min.is_some() && range.min == range.max) {
            of(&mut facts, std::slice::from_ref(&range.column), &|fact| fact.values = Some(1));
        }
    }
    facts
}

/// The settings as YAML, one line an encoder; then what was left out, and why.
fn yaml(document: &ExpectationsDocument, suggestion: &Suggestion) -> String {
    let (name, version) = (&document.name, &document.version);
    let mut yaml = format!("# Inferred from the expectations `{name}` {version}; to be reviewed.\n");
    for (key, value) in suggestion.settings.as_object().into_iter().flatten() {
        match value {
            Value::Array(items) if key == "encoders" => {
                yaml.push_str("encoders:\n");
                for item in items {
                    let _ = writeln!(yaml, "  - {}", flow(item));
                }
            }
            value => {
                let _ = writeln!(yaml, "{key}: {}", flow(value));
            }
        }
    }
    for (column, reason) in &suggestion.left_out {
        let _ = writeln!(yaml, "# {} is left out: {reason}.", Value::from(column.as_str()));
    }
    yaml
}

/// A value in YAML's flow style: JSON, but for keys, which are fields' names and need no quotes.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
