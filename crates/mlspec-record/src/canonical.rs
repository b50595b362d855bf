//! Canonical JSON (RFC 8785): one byte sequence for equal documents.

use crate::Digest;
use serde::Serialize;
use serde_json::Value;

/// Integers up to here are the same for every reader.
const LIMIT: u64 = 1 << 53;

/// Why a value has no canonical form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// The value cannot be written as JSON.
    #[error("the value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An integer beyond ±2⁵³ at this pointer that no double equals: readers would see different numbers; such integers are
    /// written as strings.
    #[error("the integer at `{0}` is beyond 2^53; write it as a string")]
    Integer(String),
}

/// The canonical bytes of a value: members sorted, numbers as ECMAScript writes them, no white space.
///
/// # Errors
/// When the value is not JSON, or holds an integer beyond ±2⁵³.
pub fn canonical_bytes(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    canonical_document(&serde_json::to_value(value)?)
}

/// The same of a document, without a copy of it.
///
/// # Errors
/// When it holds an integer beyond ±2⁵³.
pub fn canonical_document(document: &Value) -> Result<Vec<u8>, CanonicalError> {
    check_integers(document, "")?;
    let mut bytes = Vec::with_capacity(1024);
    write(document, &mut bytes)?;
    Ok(bytes)
}

/// The canonical bytes of an object with these members.
pub(crate) fn canonical_members<'a>(
    members: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = Vec::with_capacity(1024);
    let members: Vec<_> = members.collect();
    members.iter().try_for_each(|(key, member)| check_integers(member, &token(key)))?;
    write_members(members, &mut bytes)?;
    Ok(bytes)
}

fn write(value: &Value, bytes: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Array(items) => {
            bytes.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                write(item, bytes)?;
            }
            bytes.push(b']');
        }
        Value::Object(members) => write_members(members.iter().collect(), bytes)?,
        Value::Number(number) if number.is_f64() || number.as_i64().is_none_or(|n| n.unsigned_abs() > LIMIT) => {
            bytes.append(&mut serde_json_canonicalizer::to_vec(number)?);
        }
        // serde_json escapes as RFC 8785 does, and writes small integers alike.
        other => serde_json::to_writer(bytes, other)?,
    }
    Ok(())
}

fn write_members(mut members: Vec<(&String, &Value)>, bytes: &mut Vec<u8>) -> Result<(), CanonicalError> {
    // By UTF-16 code units, which for ASCII is by bytes.
    members.sort_unstable_by(|(a, _), (b, _)| match a.is_ascii() && b.is_ascii() {
        true => a.cmp(b),
        false => a.encode_utf16().cmp(b.encode_utf16()),
    });
    bytes.push(b'{');
    for (at, (key, member)) in members.into_iter().enumerate() {
        if at > 0 {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut *bytes, key)?;
        bytes.push(b':');
        write(member, bytes)?;
    }
    bytes.push(b'}');
    Ok(())
}

/// The SHA-256 of the canonical bytes.
///
/// # Errors
/// As [`canonical_bytes`].
pub fn canonical_digest(value: &impl Serialize) -> Result<Digest, CanonicalError> {
    canonical_bytes(value).map(|bytes| Digest::of(&bytes))
}

fn check_integers(value: &Value, pointer: &str) -> Result<(), CanonicalError> {
    let Some(path) = find_integer(value) else { return Ok(()) };

    Err(CanonicalError::Integer(
        std::iter::once(pointer.to_owned()).chain(path.iter().rev().map(|key| token(key))).collect(),
    ))
}

/// A key as a part of a pointer.
fn token(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The path, innermost first, to an integer that readers see differently.
fn find_integer(value: &Value) -> Option<Vec<String>> {
    let below = |key: &dyn Fn() -> String, child: &Value| {
        let mut path = find_integer(child)?;
        path.push(key());
        Some(path)
    };
    match value {
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| below(&|| at.to_string(), item)),
        Value::Object(members) => members.iter().find_map(|(key, member)| below(&|| key.clone(), member)),
        Value::Number(number) => {
            // A large float is written without a fraction and read back as an integer: equal for every reader.
            let inexact = |n: u64| n > LIMIT && (n as f64) as u128 != u128::from(n);
            let beyond =
                number.as_u64().is_some_and(inexact) || number.as_i64().is_some_and(|n| inexact(n.unsigned_abs()));
            beyond.then(Vec::new)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn canonical(value: Value) -> Result<String, String> {
        canonical_bytes(&value).map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.to_string())
    }

    /// The rules of RFC 8785, section 3.2.
    #[test]
    fn equal_documents_have_one_text() {
        for (value, expect) in [
            (json!({"b": 1, "a": [true, null]}), r#"{"a":[true,null],"b":1}"#),
            (
                json!({"\u{20ac}": 1, "\r": 2, "1": 3, "\u{1f600}": 4, "\u{fb33}": 5}),
                "{\"\\r\":2,\"1\":3,\"€\":1,\"😀\":4,\"\u{fb33}\":5}",
            ),
            (json!([1.0, 1e21, 1e-7, 0.1, -0.0, 1e20]), "[1,1e+21,1e-7,0.1,0,100000000000000000000]"),
            (json!("\u{8}\u{c}\n\t\"\\/\u{1f}é"), "\"\\b\\f\\n\\t\\\"\\\\/\\u001fé\""),
            (json!(9_007_199_254_740_992_u64), "9007199254740992"),
            (json!(1e18), "1000000000000000000"),
            (json!(1_000_000_000_000_000_000_u64), "1000000000000000000"),
        ] {
            assert_eq!(canonical(value.clone()).as_deref(), Ok(expect), "{value}");
        }
    }

    #[test]
    fn documents_are_written_as_the_reference_writes_them() {
        for value in [
            json!({"a": {"b": [1, -1, 1.5, 1e300, 5e-324, 9_007_199_254_740_992_u64, -9_007_199_254_740_992_i64]}}),
            json!({"\u{10000}": "\u{7f}\u{0}", "\u{ffff}": "\u{2028}", "é": "e", "z": [], "": {}}),
            json!([1_152_921_504_606_846_976_u64, 1e15, 123_456_789.125, true, false, null]),
        ] {
            let expected = serde_json_canonicalizer::to_vec(&value).unwrap();
            assert_eq!(canonical_document(&value).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn integers_that_readers_see_differently_are_refused() {
        let at = |pointer: &str| Err(format!("the integer at `{pointer}` is beyond 2^53; write it as a string"));
        assert_eq!(canonical(json!({"a/b": [0, 9_007_199_254_740_993_u64]})), at("/a~1b/1"));
        assert_eq!(canonical(json!({"~": -9_007_199_254_740_993_i64})), at("/~0"));
        assert_eq!(canonical_digest(&json!({"b": 1, "a": 2})).unwrap(), Digest::of(br#"{"a":2,"b":1}"#));
    }
}
