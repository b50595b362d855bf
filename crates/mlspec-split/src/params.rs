//! What a user may set, and the check.

use crate::{SplitError, Splitter};
use mlspec_record::body::Severity;
use mlspec_record::{Name, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a table is split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitParams {
    /// The parts and their shares of the rows, which sum to 1. Each part is an output port.
    ///
    /// The shares divide the range of the hash in the order of the parts' names, so the order here does not matter.
    #[schemars(schema_with = "parts_schema")]
    pub parts: BTreeMap<Name, f64>,
    /// Which rows stay together.
    #[serde(default)]
    pub by: By,
    /// The seed of the hash; the run's seed if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// Whether a part may get none of a table's rows.
    #[serde(default)]
    pub allow_empty: bool,
    /// What to do when rows of a source reach more than one part; reported in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leakage: Option<LeakageGate>,
}

/// Which rows stay together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Every row for itself, by its id.
    #[default]
    Row,
    /// Rows with equal values in these columns; null is a value.
    Columns(#[schemars(length(min = 1))] Vec<String>),
    /// Rows that come from the same row of this source dataset, also through other rows.
    Source(Name),
}

/// What to do when rows of a source reach more than one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeakageGate {
    /// The source dataset.
    pub source: Name,
    /// `error` stops the pipeline, `warning` tells.
    #[serde(default)]
    pub severity: Severity,
}

fn parts_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let name = generator.subschema_for::<Name>();
    schemars::json_schema!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": name,
        "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    })
}

impl SplitParams {
    /// Checks everything that can be checked without a table; only the result can split.
    ///
    /// # Errors
    /// When there is no part, a share is outside `(0, 1]`, shares do not sum to 1, names clash, or no column is named.
    pub fn check(self) -> Result<Splitter, SplitError> {
        let mut names: Vec<&Name> = self.parts.keys().collect();
        names.sort_by_key(|name| name.as_str().to_ascii_lowercase());
        if let Some(pair) = names.windows(2).find(|pair| pair[0].clashes_with(pair[1])) {
            return Err(SplitError::Clash(pair[0].clone(), pair[1].clone()));
        }
        for (name, &share) in &self.parts {
            // Written as "not inside", which refuses NaN.
            if !(share > 0.0 && share <= 1.0) {
                return Err(SplitError::Share(name.clone(), share));
            }
        }
        let sum: f64 = self.parts.values().copied().collect::<mlspec_measure::Sum>().get();
        match &self.by {
            _ if self.parts.is_empty() => Err(SplitError::NoParts),
            _ if (sum - 1.0).abs() > 1e-9 => Err(SplitError::Sum(sum)),
            By::Columns(columns) if columns.is_empty() => Err(SplitError::NoColumns),
            _ => Ok(Splitter::of(self)),
        }
    }
}
