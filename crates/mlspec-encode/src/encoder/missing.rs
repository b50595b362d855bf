//! Where values are missing.

use super::{Fit, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which columns get a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorFeatures {
    /// Those that have nulls in the fitted rows.
    #[default]
    MissingOnly,
    /// All.
    All,
}

/// Where values are missing, of any type: 1 where a value is null, else 0, as scikit-learn's `MissingIndicator`. The feature's name
/// is `missingindicator_<column>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingIndicator {
    /// The columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Which columns get a feature.
    #[serde(default)]
    pub features: IndicatorFeatures,
}

impl Fit for MissingIndicator {
    fn name(&self) -> &'static str {
        "missing_indicator"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Missing
    }

    fn needs(&self) -> Needs {
        // The sum of the feature is how many there are.
        if self.features == IndicatorFeatures::All { Needs::Nothing } else { Needs::Moments }
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let all = self.features == IndicatorFeatures::All;
        let missing = rows
            .columns
            .iter()
            .filter(|fitting| all || fitting.statistic.moments(None).is_some_and(|moments| moments.mean > 0.0));
        let columns = missing.map(|fitting| fitting.column.to_owned()).collect();
        Ok(FittedEncoder::MissingIndicator(mlspec_model::MissingIndicator { columns }))
    }
}
