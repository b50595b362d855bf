//! Unions: which variant was meant, and what is wrong with that one.
//!
//! A variant is judged by the worst of its errors. One whose tag differs or whose type differs was not meant; one that lacks
//! fields may have been; one whose errors all lie deeper probably was.

use crate::{
    Problem,
    explain::{explain, last, plain, type_of, types},
    problem::join,
    suggest::{closest, listed},
};
use jsonschema::{ValidationError, error::ValidationErrorKind as Kind};
use serde_json::Value;
use std::cmp::Reverse;

/// How far a variant is from what was written, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    /// Only values inside are wrong.
    Inside,
    /// Its fields are not those written.
    Fields,
    /// It has another tag or type.
    Other,
}

/// Explains a union that no variant of fits: the errors of the one variant that was meant, or which variants there are.
pub(crate) fn explain_union(
    error: &ValidationError<'_>,
    variants: &[Vec<ValidationError<'static>>],
    schema: &Value,
    counts: &dyn Fn(&Value) -> bool,
    out: &mut Vec<Problem>,
) {
    let at = error.instance_path().as_str();
    let judged: Vec<Distance> = variants.iter().map(|errors| distance(at, errors)).collect();
    let nearest = judged.iter().min().copied().unwrap_or(Distance::Other);
    let mut meant: Vec<&Vec<ValidationError<'static>>> =
        variants.iter().zip(&judged).filter(|(_, judged)| **judged == nearest).map(|(errors, _)| errors).collect();
    let keyword = error.kind().keyword();
    if nearest == Distance::Other {
        return out.push(no_variant(error, keyword, variants));
    }
    if meant.len() > 1
        && let Some(problem) = choose_field(error, keyword, &meant)
    {
        return out.push(problem);
    }
    // Fewest errors, then the one that got deepest.
    meant.sort_by_key(|errors| (errors.len(), Reverse(errors.iter().map(|e| e.instance_path().as_str().len()).max())));
    for inner in meant.first().into_iter().copied().flatten() {
        explain(inner, schema, counts, out);
    }
}

fn distance(at: &str, errors: &[ValidationError<'_>]) -> Distance {
    errors.iter().map(|error| step(at, error)).max().unwrap_or(Distance::Inside)
}

fn step(at: &str, error: &ValidationError<'_>) -> Distance {
    let below = error.instance_path().as_str().strip_prefix(at).unwrap_or_default();
    match (below.matches('/').count(), error.kind()) {
        (0, Kind::Type { .. } | Kind::Constant { .. } | Kind::Enum { .. }) => Distance::Other,
        (1, Kind::Constant { .. }) => Distance::Other,
        (0, Kind::Required { .. } | Kind::AdditionalProperties { .. }) => Distance::Fields,
        _ => Distance::Inside,
    }
}

/// No variant has the tag or the type that was written.
fn no_variant(error: &ValidationError<'_>, keyword: &str, variants: &[Vec<ValidationError<'static>>]) -> Problem {
    let at = error.instance_path().as_str();
    let all = || variants.iter().flatten();
    let tags = all().filter(|inner| inner.instance_path().as_str() != at);
    let constants: Vec<(&str, String)> = tags
        .filter_map(|inner| match inner.kind() {
            Kind::Constant { expected_value } => Some((inner.instance_path().as_str(), plain(expected_value))),
            _ => None,
        })
        .collect();
    if let Some((tag, _)) = constants.first() {
        let names: Vec<&str> = constants.iter().filter(|(at, _)| at == tag).map(|(_, name)| name.as_str()).collect();
        let written = error.instance().get(last(tag)).and_then(Value::as_str);
        let near = written.and_then(|written| closest(written, names.iter().copied()));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        return Problem::new(*tag, keyword, format!("expected one of {}", listed(&names))).help(help);
    }
    let mut expected: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !expected.contains(&text) {
            expected.push(text);
        }
    };
    for inner in all() {
        match inner.kind() {
            Kind::Type { kind } => add(types(kind)),
            Kind::Constant { expected_value } => add(format!("`{}`", plain(expected_value))),
            Kind::Enum { options } => {
                options.as_array().into_iter().flatten().for_each(|option| add(format!("`{}`", plain(option))));
            }
            _ => {}
        }
    }
    let all_types = all().all(|inner| matches!(inner.kind(), Kind::Type { .. }));
    let expected = expected.join(" or ");
    match all_types {
        true => Problem::new(at, "type", format!("expected {expected}, got {}", type_of(error.instance()))),
        false => Problem::new(at, keyword, format!("expected {expected}")),
    }
}

/// Several variants are told apart by which field they have: the tag is missing, or the one field that names the variant.
fn choose_field(
    error: &ValidationError<'_>,
    keyword: &str,
    meant: &[&Vec<ValidationError<'static>>],
) -> Option<Problem> {
    let at = error.instance_path().as_str();
    let first_required = |errors: &&Vec<ValidationError<'static>>| {
        errors.iter().find_map(|inner| match inner.kind() {
            Kind::Required { property } if inner.instance_path().as_str() == at => property.as_str().map(str::to_owned),
            _ => None,
        })
    };
    let mut fields = meant.iter().map(first_required).collect::<Option<Vec<String>>>()?;
    fields.dedup();
    if let [field] = fields.as_slice() {
        return Some(Problem::new(at, "required", format!("the field `{field}` is missing")));
    }
    // A variant named by its key refuses the key that was written; where fields stand beside others, none is refused here.
    let refused = meant.iter().copied().flatten().find_map(|inner| match inner.kind() {
        Kind::AdditionalProperties { unexpected } if inner.instance_path().as_str() == at => unexpected.first(),
        _ => None,
    });
    let fields_of = || fields.iter().map(String::as_str);
    if let Some(key) = refused {
        let help = closest(key, fields_of()).map(|near| format!("did you mean `{near}`?"));
        let problem = Problem::new(join(at, key), keyword, format!("expected one of {}", listed(&fields)));
        return Some(problem.of_key().help(help));
    }
    let near =
        error.instance().as_object().and_then(|members| members.keys().find(|key| closest(key, fields_of()).is_some()));
    let problem = Problem::new(at, keyword, format!("expected one of the fields {}", listed(&fields)));
    Some(Problem { cause: near.map(|key| join(at, key)), ..problem })
}

/// Several variants fit. Where each is nothing but a required field, the fields that exclude each other are told.
pub(crate) fn explain_several(error: &ValidationError<'_>, schema: &Value) -> Problem {
    let variants = schema.pointer(error.schema_path().as_str()).and_then(Value::as_array);
    let single = |variant: &Value| match variant.get("required")?.as_array()?.as_slice() {
        [field] => field.as_str().map(str::to_owned),
        _ => None,
    };
    let fields: Option<Vec<String>> = variants.into_iter().flatten().map(single).collect();
    let written = |field: &String| error.instance().get(field.as_str()).is_some();
    let written: Vec<String> = fields.unwrap_or_default().into_iter().filter(written).collect();
    let message = match written.is_empty() {
        true => "expected one variant, but several fit".to_owned(),
        false => format!("expected only one of the fields {}", listed(&written)),
    };
    Problem::new(error.instance_path().as_str(), error.kind().keyword(), message)
}
