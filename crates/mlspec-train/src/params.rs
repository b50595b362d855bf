//! What a user may set.

use crate::{Estimator, TrainError, TrainStage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings of the stage `train@1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainParams {
    /// The estimator and its hyper-parameters: `{logistic_regression: {C: 1.0}}`.
    pub estimator: Estimator,
}

impl TrainParams {
    /// Checks the hyper-parameters; only the result can run.
    ///
    /// # Errors
    /// When one is outside its range.
    pub fn check(self) -> Result<TrainStage, TrainError> {
        Ok(TrainStage::new(self.clone(), self.estimator.check()?))
    }
}
