//! Features that are counts.

use super::sums::by_class;
use super::{check_alpha, check_priors, check_size, discrete, log_priors};
use crate::estimator::{Estimate, Fitted};
use crate::{Sample, TrainError};
use mlspec_model::Model;
use mlspec_record::body::Guarantee;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Naive Bayes for counts, as scikit-learn's `MultinomialNB`: within each class, features are drawn with the (smoothed) shares
/// that they have in the class's rows. No feature may be negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MultinomialNb {
    /// What is added to each count, above 0 (Laplace or Lidstone smoothing).
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub alpha: f64,
    /// Whether classes have the shares of the rows (of their weights); else all have the same.
    pub fit_prior: bool,
    /// The share of each class, in the order of the classes, which are sorted as text: above 0, 1 together. Comes before
    /// `fit_prior`.
    pub class_prior: Option<Vec<f64>>,
}

impl Default for MultinomialNb {
    fn default() -> Self {
        Self { alpha: 1.0, fit_prior: true, class_prior: None }
    }
}

impl MultinomialNb {
    /// The estimator's name.
    pub const NAME: &str = "multinomial_nb";
}

impl Estimate for MultinomialNb {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Exact
    }

    fn check(&self) -> Result<(), TrainError> {
        check_priors("class_prior", self.class_prior.as_deref())?;
        check_alpha(self.alpha)
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        check_size(Self::NAME, sample, &classes)?;
        let features = sample.features();
        let rows = features.blocks().iter().flat_map(mlspec_model::Block::rows);
        TrainError::rows("a negative feature", rows.map(|row| row.values.iter().any(|value| *value < 0.0)))?;
        let intercepts = log_priors(Self::NAME, &classes, self.class_prior.as_deref(), self.fit_prior)?;
        let counts = by_class(sample, &classes, |x, _| x);
        let logarithms = |counts: &[f64]| {
            let smooth: Vec<f64> = counts.iter().map(|count| count + self.alpha).collect();
            let total = smooth.iter().sum::<f64>().ln();
            smooth.into_iter().map(|count| count.ln() - total).collect()
        };
        let coefficients = counts.chunks(features.columns()).map(logarithms).collect();
        discrete(Self::NAME, sample, &classes, None, (coefficients, intercepts))
    }
}
