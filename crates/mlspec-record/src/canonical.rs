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
    /// An integer beyond ±2⁵³ at this pointer: readers would see different numbers; such integers are written as strings.
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
            let beyond =
                number.as_u64().is_some_and(|n| n > LIMIT) || number.as_i64().is_some_and(|n| n.unsigned_abs() > LIMIT);
            if beyond { Err(CanonicalError::Integer(pointer.clone())) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}
