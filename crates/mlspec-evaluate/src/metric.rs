//! What can be measured, by scikit-learn's names.

use crate::ranked::Ranked;
use crate::{Answers, Scored};
use mlspec_measure as measure;
use mlspec_measure::{Average, Undefined};
use mlspec_record::body::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric, by the name of scikit-learn's function, or of its scorer where the function averages over classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the documentation: scikit-learn's
pub enum MetricName {
    AccuracyScore,
    BalancedAccuracyScore,
    MatthewsCorrcoef,
    LogLoss,
    PrecisionScore,
    RecallScore,
    F1Score,
    RocAucScore,
    AveragePrecisionScore,
    BrierScoreLoss,
    PrecisionMacro,
    RecallMacro,
    F1Macro,
    F1Micro,
    PrecisionWeighted,
    RecallWeighted,
    F1Weighted,
    RocAucOvr,
    RocAucOvrWeighted,
    MeanSquaredError,
    RootMeanSquaredError,
    MeanAbsoluteError,
    MedianAbsoluteError,
    MaxError,
    R2Score,
    ExplainedVarianceScore,
}

/// What a label asks of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One of two classes, of which one counts as positive.
    Binary,
    /// One of several classes.
    Classes,
    /// A number.
    Numbers,
}

/// Why a metric has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoValue {
    /// It is undefined for these rows.
    #[error(transparent)]
    Undefined(#[from] Undefined),
    /// It needs probabilities.
    #[error("the model gives no probabilities")]
    NoProbabilities,
    /// It is for another task.
    #[error("it is for another kind of label")]
    OtherTask,
    /// Readers of JSON would see another number.
    #[error("its value is beyond 2^53")]
    TooLarge,
}

impl Task {
    /// The task in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "two classes with a positive one",
            Self::Classes => "classes",
            Self::Numbers => "a number",
        }
    }

    /// The metrics that suit the task, where none are asked for.
    pub fn metrics(self) -> &'static [MetricName] {
        use MetricName::*;
        match self {
            Self::Binary => &[
                AccuracyScore,
                BalancedAccuracyScore,
                PrecisionScore,
                RecallScore,
                F1Score,
                RocAucScore,
                AveragePrecisionScore,
                LogLoss,
                BrierScoreLoss,
                MatthewsCorrcoef,
            ],
            Self::Classes => &[
                AccuracyScore,
                BalancedAccuracyScore,
                PrecisionMacro,
                RecallMacro,
                F1Macro,
                F1Weighted,
                RocAucOvr,
                LogLoss,
                MatthewsCorrcoef,
            ],
            Self::Numbers => &[
                MeanSquaredError,
                RootMeanSquaredError,
                MeanAbsoluteError,
                MedianAbsoluteError,
                MaxError,
                R2Score,
                ExplainedVarianceScore,
            ],
        }
    }
}

impl MetricName {
    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccuracyScore => "accuracy_score",
            Self::BalancedAccuracyScore => "balanced_accuracy_score",
            Self::MatthewsCorrcoef => "matthews_corrcoef",
            Self::LogLoss => "log_loss",
            Self::PrecisionScore => "precision_score",
            Self::RecallScore => "recall_score",
            Self::F1Score => "f1_score",
            Self::RocAucScore => "roc_auc_score",
            Self::AveragePrecisionScore => "average_precision_score",
            Self::BrierScoreLoss => "brier_score_loss",
            Self::PrecisionMacro => "precision_macro",
            Self::RecallMacro => "recall_macro",
            Self::F1Macro => "f1_macro",
            Self::F1Micro => "f1_micro",
            Self::PrecisionWeighted => "precision_weighted",
            Self::RecallWeighted => "recall_weighted",
            Self::F1Weighted => "f1_weighted",
            Self::RocAucOvr => "roc_auc_ovr",
            Self::RocAucOvrWeighted => "roc_auc_ovr_weighted",
            Self::MeanSquaredError => "mean_squared_error",
            Self::RootMeanSquaredError => "root_mean_squared_error",
            Self::MeanAbsoluteError => "mean_absolute_error",
            Self::MedianAbsoluteError => "median_absolute_error",
            Self::MaxError => "max_error",
            Self::R2Score => "r2_score",
            Self::ExplainedVarianceScore => "explained_variance_score",
        }
    }

    /// The task that the metric is for; what is for classes is for two of them too.
    pub fn task(self) -> Task {
        match self as u8 {
            n if n >= Self::MeanSquaredError as u8 => Task::Numbers,
            n if (Self::PrecisionScore as u8..=Self::BrierScoreLoss as u8).contains(&n) => Task::Binary,
            _ => Task::Classes,
        }
    }

    /// Whether the metric can be asked for where this is the task.
    pub fn suits(self, task: Task) -> bool {
        self.task() == task || (self.task() == Task::Classes && task == Task::Binary)
    }

    /// Its value over these rows.
    ///
    /// # Errors
    /// When it has none.
    pub fn measure(self, scored: &Scored) -> Result<f64, NoValue> {
        self.measure_ranked(&Ranked::new(scored))
    }

    fn measure_ranked(self, scored: &Ranked<'_>) -> Result<f64, NoValue> {
        let weights = scored.weights.as_deref();
        let value = match &scored.answers {
            Answers::Value { truth, predicted } => self.of_numbers(truth, predicted, weights)?,
            Answers::Class { truth, predicted, .. } => match self.of_classes(truth, predicted, weights) {
                Some(value) => value?,
                None => self.of_probabilities(scored)?,
            },
        };
        if value.abs() <= (1_u64 << 53) as f64 { Ok(value + 0.0) } else { Err(NoValue::TooLarge) }
    }

    /// For records: the value, or why there is none.
    pub fn report(self, scored: &Scored) -> Metric {
        self.report_ranked(&Ranked::new(scored))
    }

    /// For several metrics of the same answers, which are ranked once.
    pub(crate) fn report_ranked(self, scored: &Ranked<'_>) -> Metric {
        let name = self.as_str().to_owned();
        match self.measure_ranked(scored) {
            Ok(value) => Metric { name, value: Some(value), reason: None },
            Err(reason) => Metric { name, value: None, reason: Some(reason.to_string()) },
        }
    }

    fn of_numbers(self, truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, NoValue> {
        Ok(match self {
            Self::MeanSquaredError => measure::mean_squared_error(truth, predicted, weights)?,
            Self::RootMeanSquaredError => measure::root_mean_squared_error(truth, predicted, weights)?,
            Self::MeanAbsoluteError => measure::mean_absolute_error(truth, predicted, weights)?,
            Self::MedianAbsoluteError => measure::median_absolute_error(truth, predicted, weights)?,
            Self::MaxError => measure::max_error(truth, predicted)?,
            Self::R2Score => measure::r2_score(truth, predicted, weights)?,
            Self::ExplainedVarianceScore => measure::explained_variance_score(truth, predicted, weights)?,
            _ => return Err(NoValue::OtherTask),
        })
    }

    /// Metrics of truth and predicted class alone; none for the others.
    fn of_classes(self, truth: &[u32], predicted: &[u32], weights: Option<&[f64]>) -> Option<Result<f64, Undefined>> {
        use Average::{Macro, Micro, Weighted};
        Some(match self {
            Self::AccuracyScore => measure::accuracy_score(truth, predicted, weights),
            Self::BalancedAccuracyScore => measure::balanced_accuracy_score(truth, predicted, weights),
            Self::MatthewsCorrcoef => measure::matthews_corrcoef(truth, predicted, weights),
            Self::PrecisionMacro => measure::precision_score(truth, predicted, Macro, weights),
            Self::RecallMacro => measure::recall_score(truth, predicted, Macro, weights),
            Self::F1Macro => measure::f1_score(truth, predicted, Macro, weights),
            Self::F1Micro => measure::f1_score(truth, predicted, Micro, weights),
            Self::PrecisionWeighted => measure::precision_score(truth, predicted, Weighted, weights),
            Self::RecallWeighted => measure::recall_score(truth, predicted, Weighted, weights),
            Self::F1Weighted => measure::f1_score(truth, predicted, Weighted, weights),
            _ => return None,
        })
    }

    /// Metrics that need probabilities, or to know which class is positive.
    fn of_probabilities(self, scored: &Ranked<'_>) -> Result<f64, NoValue> {
        let weights = scored.weights.as_deref();
        let Answers::Class { truth, predicted, probabilities, positive } = &scored.answers else {
            return Err(NoValue::OtherTask);
        };
        let all = || probabilities.as_deref().ok_or(NoValue::NoProbabilities);
        let binary = || positive.map(|positive| Average::Binary { positive }).ok_or(NoValue::OtherTask);
        Ok(match self {
            Self::PrecisionScore => measure::precision_score(truth, predicted, binary()?, weights)?,
            Self::RecallScore => measure::recall_score(truth, predicted, binary()?, weights)?,
            Self::F1Score => measure::f1_score(truth, predicted, binary()?, weights)?,
            Self::RocAucScore => scored.thresholds()?.roc_auc_score()?,
            Self::AveragePrecisionScore => scored.thresholds()?.average_precision_score()?,
            Self::BrierScoreLoss => {
                let (positive, probability) = scored.positive()?;
                measure::brier_score_loss(&positive, probability, weights)?
            }
            Self::LogLoss => measure::log_loss(truth, all()?, weights)?,
            Self::RocAucOvr => measure::roc_auc_score_ovr(truth, all()?, Average::Macro, weights)?,
            Self::RocAucOvrWeighted => measure::roc_auc_score_ovr(truth, all()?, Average::Weighted, weights)?,
            _ => return Err(NoValue::OtherTask),
        })
    }
}

impl std::fmt::Display for MetricName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
