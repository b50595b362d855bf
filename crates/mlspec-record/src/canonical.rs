//! Canonical JSON (RFC 8785): one byte sequence for equal documents.

use crate::Digest;
use serde::Serialize;
use serde_json::Value;

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
    let value = serde_json::to_value(value)?;
    check_integers(&value, &mut String::new())?;
    Ok(serde_json_canonicalizer::to_vec(&value)?)
}

/// The SHA-256 of the canonical bytes.
///
/// # Errors
/// As [`canonical_bytes`].
pub fn canonical_digest(value: &impl Serialize) -> Result<Digest, CanonicalError> {
    canonical_bytes(value).map(|bytes| Digest::of(&bytes))
}

fn check_integers(value: &Value, pointer: &mut String) -> Result<(), CanonicalError> {
    const LIMIT: u64 = 1 << 53;
    let mut below = |key: &str, child: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        let checked = check_integers(child, pointer);
        pointer.truncate(length);
        checked
    };
    match value {
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| below(&at.to_string(), item)),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| below(key, member)),
        Value::Number(number) => {
            // A large float is written without a fraction and read back as an integer: equal for every reader.
            let inexact = |n: u64| n > LIMIT && (n as f64) as u128 != u128::from(n);
            let beyond =
                number.as_u64().is_some_and(inexact) || number.as_i64().is_some_and(|n| inexact(n.unsigned_abs()));
            if beyond { Err(CanonicalError::Integer(pointer.clone())) } else { Ok(()) }
        }
        _ => Ok(()),
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
    fn integers_that_readers_see_differently_are_refused() {
        let at = |pointer: &str| Err(format!("the integer at `{pointer}` is beyond 2^53; write it as a string"));
        assert_eq!(canonical(json!({"a/b": [0, 9_007_199_254_740_993_u64]})), at("/a~1b/1"));
        assert_eq!(canonical(json!({"~": -9_007_199_254_740_993_i64})), at("/~0"));
        assert_eq!(canonical_digest(&json!({"b": 1, "a": 2})).unwrap(), Digest::of(br#"{"a":2,"b":1}"#));
    }
}
