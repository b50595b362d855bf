//! The sections of the page. A section that has nothing to say is empty.

pub(crate) mod analysis;
pub(crate) mod data;
pub(crate) mod encoding;
pub(crate) mod evaluation;
pub(crate) mod monitoring;
pub(crate) mod records;
pub(crate) mod splitting;
pub(crate) mod summary;
pub(crate) mod training;
pub(crate) mod validation;

use maud::{Markup, html};
use serde_json::Value;

/// A value of a setting as short text.
pub(crate) fn setting(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A list of terms and what they say.
pub(crate) fn facts(facts: &[(&str, String)]) -> Markup {
    html! {
        dl class="facts" {
            @for (term, said) in facts { div { dt { (term) } dd { (said) } } }
        }
    }
}
