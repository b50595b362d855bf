//! Validation errors in the words of the document's author: without values, with the key that was probably meant, and through
//! unions to the variant that was meant.

use crate::{
    Problem, Schema,
    problem::{join, split_last},
    suggest::{closest, listed},
    union::{explain_several, explain_union},
};
use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

/// Appends what an error means. Errors at values that do not count (`counts` is false) are left out.
pub(crate) fn explain(
    error: &ValidationError<'_>,
    schema: &Value,
    counts: &dyn Fn(&Value) -> bool,
    out: &mut Vec<Problem>,
) {
    if !counts(error.instance()) {
        return;
    }
    let at = error.instance_path().as_str();
    let keyword = error.kind().keyword();
    let place = subschema(error, schema);
    let described = || place.and_then(|place| place.get("description")?.as_str().map(sentence));
    let mut say = |message: String| out.push(Problem::new(at, keyword, message).help(described()));
    match error.kind() {
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => explain_union(error, context, schema, counts, out),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            out.extend(unexpected.iter().take(Schema::MAX_PROBLEMS).map(|key| unknown(at, keyword, key, error, place)));
        }
        Kind::Required { property } => out.push(missing(at, property.as_str().unwrap_or_default(), error, place)),
        Kind::PropertyNames { error: inner } => explain(inner, schema, &|_| true, out),
        Kind::Type { kind } => say(format!("expected {}, got {}", types(kind), type_of(error.instance()))),
        Kind::Constant { expected_value } => say(format!("expected `{}`", plain(expected_value))),
        Kind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
            let near = error.instance().as_str().and_then(|text| closest(text, options.iter().map(String::as_str)));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            out.push(Problem::new(at, keyword, format!("expected one of {}", listed(&options))).help(help));
        }
        Kind::Pattern { pattern } => say(format!("expected text that matches `{pattern}`")),
        Kind::Format { format } => say(format!("expected the format `{format}`")),
        Kind::Minimum { limit } => say(format!("expected at least {limit}")),
        Kind::Maximum { limit } => say(format!("expected at most {limit}")),
        Kind::ExclusiveMinimum { limit } => say(format!("expected more than {limit}")),
        Kind::ExclusiveMaximum { limit } => say(format!("expected less than {limit}")),
        Kind::MultipleOf { multiple_of } => say(format!("expected a multiple of {multiple_of}")),
        Kind::MinLength { limit } => say(format!("expected at least {limit} characters")),
        Kind::MaxLength { limit } => say(format!("expected at most {limit} characters")),
        Kind::MinItems { limit } => say(format!("expected at least {limit} entries")),
        Kind::MaxItems { limit } => say(format!("expected at most {limit} entries")),
        Kind::MinProperties { limit } => say(format!("expected at least {limit} fields")),
        Kind::MaxProperties { limit } => say(format!("expected at most {limit} fields")),
        Kind::UniqueItems => say("expected entries that all differ".to_owned()),
        Kind::FalseSchema => say("nothing is allowed here".to_owned()),
        Kind::OneOfMultipleValid { .. } => out.push(explain_several(error, schema)),
        _ => say(error.masked().to_string()),
    }
}

/// The subschema whose keyword refused the value.
pub(crate) fn subschema<'s>(error: &ValidationError<'_>, schema: &'s Value) -> Option<&'s Value> {
    let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
    schema.pointer(parent)
}

fn unknown(at: &str, keyword: &str, key: &str, error: &ValidationError<'_>, place: Option<&Value>) -> Problem {
    let fields: Vec<&str> = keys(place.and_then(|place| place.get("properties"))).collect();
    let patterns: Vec<&str> = keys(place.and_then(|place| place.get("patternProperties"))).collect();
    if let (true, [pattern]) = (fields.is_empty(), patterns.as_slice()) {
        let message = format!("the key `{}` does not match `{pattern}`", shown(key));
        return Problem::new(join(at, key), keyword, message).of_key();
    }
    let absent = fields.iter().copied().filter(|field| error.instance().get(field).is_none());
    let help = match closest(key, absent) {
        Some(near) => format!("did you mean `{near}`?"),
        None if fields.is_empty() => "no field is allowed here".to_owned(),
        None => format!("known fields: {}", listed(&fields)),
    };
    Problem::new(join(at, key), keyword, format!("unknown field `{}`", shown(key))).of_key().help(Some(help))
}

/// How many unknown keys are compared with a missing one.
const MOST_KEYS: usize = 1_000;

fn missing(at: &str, field: &str, error: &ValidationError<'_>, place: Option<&Value>) -> Problem {
    let known = place.and_then(|place| place.get("properties"));
    let strange = keys(Some(error.instance())).filter(|key| known.is_none_or(|known| known.get(key).is_none()));
    let described = || {
        let text = known?.get(field)?.get("description")?.as_str()?;
        Some(format!("`{field}`: {}", sentence(text)))
    };
    let near = closest(field, strange.take(MOST_KEYS));
    let help = near.map(|near| format!("`{}` is unknown here; did you mean `{field}`?", shown(near)));
    let problem = Problem::new(at, "required", format!("the field `{field}` is missing")).help(help.or_else(described));
    Problem { cause: near.map(|near| join(at, near)), ..problem }
}

fn keys(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_object).into_iter().flat_map(|members| members.keys().map(String::as_str))
}

/// A key as shown: of bounded length, without control characters.
pub(crate) fn shown(key: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut text: String = key.chars().take(60).map(clean).collect();
    if key.chars().nth(60).is_some() {
        text.push('…');
    }
    text
}

/// The first sentence of a description.
fn sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    let end = paragraph.find(". ").map_or(paragraph.len(), |at| at + 1);
    paragraph.get(..end).unwrap_or(paragraph).replace('\n', " ")
}

/// A constant of the schema as its author reads it.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What type a value has, with its article.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The expected types, with articles.
pub(crate) fn types(kind: &TypeKind) -> String {
    let names: Vec<String> = match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(set) => set.iter().map(|one| one.to_string()).collect(),
    };
    let with_article = |name: &String| match name.as_str() {
        "null" => "null".to_owned(),
        name if name.starts_with(['a', 'i', 'o']) => format!("an {name}"),
        name => format!("a {name}"),
    };
    names.iter().map(with_article).collect::<Vec<_>>().join(" or ")
}

/// The last step of a pointer, unescaped.
pub(crate) fn last(pointer: &str) -> String {
    split_last(pointer).map(|(_, token)| token).unwrap_or_default()
}
