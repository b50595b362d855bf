//! Features that are present or not.

use super::sums::by_class;
use super::{check_alpha, check_priors, check_size, discrete, log_priors};
use crate::estimator::{Estimate, Fitted, outside};
use crate::{Sample, TrainError};
use mlspec_model::Model;
use mlspec_record::body::Guarantee;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Naive Bayes for features that are present or not, as scikit-learn's `BernoulliNB`: within each class, a feature is present with
/// the (smoothed) share of the class's rows that have it. That one is absent counts, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BernoulliNb {
    /// What is added to the number of rows with a feature, and to that of rows without; above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub alpha: f64,
    /// Above what a feature is present, 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub binarize: f64,
    /// Whether classes have the shares of the rows (of their weights); else all have the same.
    pub fit_prior: bool,
    /// The share of each class, in the order of the classes, which are sorted as text: above 0, 1 together. Comes before
    /// `fit_prior`.
    pub class_prior: Option<Vec<f64>>,
}

impl Default for BernoulliNb {
    fn default() -> Self {
        Self { alpha: 1.0, binarize: 0.0, fit_prior: true, class_prior: None }
    }
}

impl BernoulliNb {
    /// The estimator's name.
    pub const NAME: &str = "bernoulli_nb";
}

impl Estimate for BernoulliNb {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Exact
    }

    fn check(&self) -> Result<(), TrainError> {
        check_priors("class_prior", self.class_prior.as_deref())?;
        check_alpha(self.alpha)?;
        if self.binarize >= 0.0 && self.binarize.is_finite() {
            Ok(())
        } else {
            Err(outside("binarize", "0 or more", self.binarize))
        }
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        check_size(Self::NAME, sample, &classes)?;
        let mut intercepts = log_priors(Self::NAME, &classes, self.class_prior.as_deref(), self.fit_prior)?;
        let counts = by_class(sample, &classes, |x, _| f64::from(x > self.binarize));
        let mut coefficients = Vec::with_capacity(intercepts.len());
        let rows = counts.chunks(sample.features().columns()).zip(&classes.weights);
        for ((counts, total), intercept) in rows.zip(&mut intercepts) {
            let all = (total + 2.0 * self.alpha).ln();
            // Of weights that add up in another order, something below zero may be left.
            let absent = |count: f64| ((total - count).max(0.0) + self.alpha).ln() - all;
            coefficients.push(counts.iter().map(|count| (count + self.alpha).ln() - all - absent(*count)).collect());
            *intercept += counts.iter().map(|count| absent(*count)).sum::<f64>();
        }
        discrete(Self::NAME, sample, &classes, Some(self.binarize), (coefficients, intercepts))
    }
}
