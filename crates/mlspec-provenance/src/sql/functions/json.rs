//! JSON in texts. Paths are `$.a.b[0]`, `$."a b"`, or a key alone; what cannot be read as JSON gives null.

use super::super::rows::{Kind, Made, Outcome};
use super::{Call, Function, function};
use mlspec_table::polars::prelude::Expr;
use serde_json::Value;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    At(i64),
}

/// `$.a[0]."b c"`; without `$` it is one key.
fn path(text: &str) -> Result<Vec<Step>, String> {
    let no = || format!("`{text}` is no path, such as '$.a.b[0]'");
    let Some(mut rest) = text.strip_prefix('$') else { return Ok(vec![Step::Key(text.to_owned())]) };
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(key) = rest.strip_prefix(".\"") {
            let (key, after) = key.split_once('"').ok_or_else(no)?;
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        } else if let Some(key) = rest.strip_prefix('.') {
            let end = key.find(['.', '[']).unwrap_or(key.len());
            if end == 0 || key[..end].contains(['*', '"', ']']) {
                return Err(no());
            }
            steps.push(Step::Key(key[..end].to_owned()));
            rest = &key[end..];
        } else {
            let (inside, after) = rest.strip_prefix('[').and_then(|inside| inside.split_once(']')).ok_or_else(no)?;
            let quoted = inside.len() >= 2 && inside.starts_with(['"', '\'']) && inside.ends_with(['"', '\'']);
            steps.push(match quoted {
                true => Step::Key(inside[1..inside.len() - 1].to_owned()),
                false => Step::At(inside.parse().map_err(|_| no())?),
            });
            rest = after;
        }
    }
    Ok(steps)
}

fn walk<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match (value, step) {
        (Value::Object(object), Step::Key(key)) => object.get(key),
        (Value::Array(array), Step::At(at)) => {
            let at = if *at < 0 {
                usize::try_from(at.unsigned_abs()).ok().and_then(|back| array.len().checked_sub(back))
            } else {
                usize::try_from(*at).ok()
            };
            at.and_then(|at| array.get(at))
        }
        _ => None,
    })
}

/// What a function makes of the value behind a path.
fn at_path(call: &Call, gives: Kind, of: fn(&Value) -> Option<Made>) -> Result<Expr, String> {
    let steps = match (call.len(), call.integer(1)) {
        (1, _) => Vec::new(),
        (_, Some(at)) => vec![Step::At(at)],
        (_, None) => path(call.text(1).ok_or("the path is a constant text")?)?,
    };
    call.rows(&[Kind::Text], gives, move |row| -> Outcome {
        let Ok(value) = serde_json::from_str::<Value>(row[0].text()) else { return Ok(None) };
        Ok(walk(&value, &steps).and_then(of))
    })
}

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "json_array_length",
        &[],
        "x: text, [path: constant]",
        "int64",
        "how many elements the array has; null where there is no array",
        |call| at_path(call, Kind::Integer, |value| value.as_array().map(|array| Made::Integer(array.len() as i64))),
    ),
    function(
        "json_extract",
        &["json_extract_path"],
        "x: text, path: constant",
        "string",
        "the value at a path, as JSON, as `->`; null where there is none; numbers beyond 64 bits become doubles",
        |call| at_path(call, Kind::Text, |value| Some(Made::Text(value.to_string()))),
    ),
    function(
        "json_extract_string",
        &["json_extract_path_text", "json_extract_scalar"],
        "x: text, path: constant",
        "string",
        "the same with texts as they are, and null for null, as `->>`",
        |call| {
            at_path(call, Kind::Text, |value| match value {
                Value::Null => None,
                Value::String(text) => Some(Made::Text(text.clone())),
                other => Some(Made::Text(other.to_string())),
            })
        },
    ),
    function(
        "json_type",
        &["json_typeof"],
        "x: text, [path: constant]",
        "string",
        "object, array, string, number, boolean or null",
        |call| {
            at_path(call, Kind::Text, |value| {
                let name = match value {
                    Value::Object(_) => "object",
                    Value::Array(_) => "array",
                    Value::String(_) => "string",
                    Value::Number(_) => "number",
                    Value::Bool(_) => "boolean",
                    Value::Null => "null",
                };
                Some(Made::Text(name.to_owned()))
            })
        },
    ),
    function("json_valid", &[], "x: text", "boolean", "whether a text is JSON", |call| {
        call.rows(&[Kind::Text], Kind::Boolean, |row| {
            Ok(Some(Made::Boolean(serde_json::from_str::<serde::de::IgnoredAny>(row[0].text()).is_ok())))
        })
    }),
];
