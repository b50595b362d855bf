//! Reading of versioned JSON documents.

use crate::ModelError;
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct Header {
    format: String,
}

/// Reads a document after a look at its `format`, so that a newer one is told from a broken one.
pub(crate) fn read_document<T: DeserializeOwned>(
    bytes: &[u8],
    what: &'static str,
    known: &'static str,
) -> Result<T, ModelError> {
    let broken = |error: serde_json::Error| ModelError::invalid(what, error.to_string());
    let header: Header = serde_json::from_slice(bytes).map_err(broken)?;
    if header.format != known {
        return Err(ModelError::Format { found: header.format.chars().take(40).collect(), known });
    }
    serde_json::from_slice(bytes).map_err(broken)
}

/// Refuses NaN and infinity, which JSON cannot hold, and makes −0 a 0, which canonical JSON writes alike.
pub(crate) fn tidy(values: &mut [f64], what: &'static str) -> Result<(), ModelError> {
    for value in values {
        if !value.is_finite() {
            return Err(ModelError::invalid(what, "a number is not finite"));
        }
        *value += 0.0;
    }
    Ok(())
}
