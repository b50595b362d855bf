//! A fitted model was applied to rows.

use crate::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a prediction record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prediction {
    /// How many rows were predicted.
    pub rows: u64,
    /// The estimator that fitted the model, such as `logistic_regression`.
    pub estimator: String,
    /// The digest of the fitted encoders, which made the features.
    pub encoders: Digest,
    /// How many features they made.
    pub features: u64,
    /// From which probability of the positive class on a row was predicted positive; absent where the model decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// How often each class was predicted, in the order of the model's classes, for a classifier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predicted: Vec<PredictedClass>,
    /// The mean of the predicted numbers; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The column of the rows that holds their label, where they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// How often a class was predicted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PredictedClass {
    /// The class.
    pub class: String,
    /// For how many rows.
    pub rows: u64,
}
