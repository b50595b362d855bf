//! The estimators as data, one file each: what implements [`Estimate`], and stands in the list at the end.

mod by_linfa;
mod class_weight;
mod elastic_net;
mod fitted;
mod gradient_boosting;
mod k_means;
mod k_neighbors;
mod linear;
mod linear_svc;
mod logistic;
mod mlp;
mod naive_bayes;
mod random_forest;
mod tree;

pub use class_weight::ClassWeight;
pub use elastic_net::ElasticNet;
pub use fitted::{Fitted, Importance};
pub use gradient_boosting::{Automatic, BoostingLoss, EarlyStopping, GradientBoosting};
pub use k_means::KMeans;
pub use k_neighbors::KNeighbors;
pub use linear::{LeastSquaresSolver, LinearRegression, Ridge};
pub use linear_svc::LinearSvc;
pub use logistic::{LogisticRegression, LogisticSolver};
pub use mlp::{Mlp, MlpSolver};
pub use naive_bayes::{BernoulliNb, GaussianNb, MultinomialNb};
pub use random_forest::{MaxFeatures, MaxFeaturesRule, RandomForest};
pub use tree::{Criterion, DecisionTree};

use crate::{Sample, TrainError};
use mlspec_model::Model;
use mlspec_record::body::{Guarantee, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every estimator can do. Its settings are its fields.
pub(crate) trait Estimate {
    /// Its name in settings, models and records.
    fn name(&self) -> &'static str;

    /// Refuses hyper-parameters outside their ranges.
    fn check(&self) -> Result<(), TrainError>;

    /// Fits a model; the result is the same on any number of threads. `before` is a model of the same features, fitted by this
    /// estimator to nearly the same rows: only those that start warm get one, and may make use of it.
    ///
    /// The hyper-parameters are in their ranges, there is a label if one is needed, and no value is missing unless that is accepted.
    fn fit(&self, sample: &Sample<'_>, before: Option<&Model>) -> Result<Fitted, TrainError>;

    /// What an update guarantees.
    fn guarantee(&self) -> Guarantee;

    /// How an update finds the next model.
    fn method(&self) -> Method {
        match self.guarantee() {
            Guarantee::Exact => Method::Statistics,
            Guarantee::Converged => Method::WarmStart,
            Guarantee::Retrained => Method::Retrained,
        }
    }

    /// Whether a fit may begin at the model before, which must know to be rearranged ([`Model::rearranged`]).
    fn starts_warm(&self) -> bool {
        self.guarantee() == Guarantee::Converged
    }

    /// Whether rows must have a label.
    fn needs_label(&self) -> bool {
        true
    }

    /// Whether features may be missing, which is NaN.
    fn accepts_missing(&self) -> bool {
        false
    }
}

impl Estimator {
    /// The estimator's name.
    pub fn name(&self) -> &'static str {
        self.form().name()
    }

    /// Checks the hyper-parameters; only the result can be fitted.
    ///
    /// # Errors
    /// When one is outside its range.
    pub fn check(self) -> Result<Trainer, TrainError> {
        self.form().check()?;
        Ok(Trainer(self))
    }
}

/// An estimator whose hyper-parameters are in their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Trainer(Estimator);

impl Trainer {
    /// The estimator.
    pub fn estimator(&self) -> &Estimator {
        &self.0
    }

    /// What an update guarantees.
    pub fn guarantee(&self) -> Guarantee {
        self.0.form().guarantee()
    }

    /// How an update finds the next model.
    pub fn method(&self) -> Method {
        self.0.form().method()
    }

    /// Whether rows must have a label.
    pub fn needs_label(&self) -> bool {
        self.0.form().needs_label()
    }

    /// Whether a fit may begin at the model before.
    pub(crate) fn starts_warm(&self) -> bool {
        self.0.form().starts_warm()
    }

    /// Fits a model. The result is the same on any number of threads.
    ///
    /// # Errors
    /// When there is no label or it is of the wrong kind, only one class has rows, there are too many features for the estimator, or
    /// values are missing (NaN) that it cannot do without.
    pub fn fit(&self, sample: &Sample<'_>) -> Result<Fitted, TrainError> {
        self.fit_from(sample, None)
    }

    /// Fits a model where one of the same features is known that was fitted to nearly the same rows: iterations begin there.
    /// The result is the same on any number of threads. Estimators without iterations, and rows of other classes, make no use of
    /// it; [`mlspec_record::body::Convergence::start`] says.
    ///
    /// # Errors
    /// As [`Trainer::fit`].
    pub fn refit(&self, sample: &Sample<'_>, before: &Model) -> Result<Fitted, TrainError> {
        self.fit_from(sample, Some(before).filter(|_| self.starts_warm()))
    }

    fn fit_from(&self, sample: &Sample<'_>, before: Option<&Model>) -> Result<Fitted, TrainError> {
        let estimator = self.0.form();
        if estimator.needs_label() && sample.target().is_none() {
            return Err(TrainError::NoLabel);
        }
        if sample.has_missing() && !estimator.accepts_missing() {
            sample.features().check_finite()?;
        }
        estimator.fit(sample, before)
    }
}

/// An error for a setting outside its range.
fn outside(name: &'static str, range: &'static str, found: f64) -> TrainError {
    TrainError::Setting { name, range, found }
}

/// Makes the estimators one enum.
macro_rules! estimators {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// An estimator, named by its key: `{ridge: {alpha: 1.0}}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Estimator {
            $($(#[$doc])* $name($name),)*
        }

        impl Estimator {
            fn form(&self) -> &dyn Estimate {
                match self {
                    $(Self::$name(form) => form,)*
                }
            }
        }

        $(impl From<$name> for Estimator {
            fn from(estimator: $name) -> Self {
                Self::$name(estimator)
            }
        })*
    };
}

estimators! {
    /// Ordinary least squares.
    LinearRegression,
    /// Least squares with a quadratic penalty.
    Ridge,
    /// Logistic regression with a quadratic penalty; multinomial for more than two classes.
    LogisticRegression,
    /// Least squares with an absolute and a quadratic penalty.
    ElasticNet,
    /// A linear support vector machine with squared hinge.
    LinearSvc,
    /// Clusters around means.
    KMeans,
    /// The rows that are nearest.
    KNeighbors,
    /// A multilayer perceptron.
    Mlp,
    /// Naive Bayes for features that are present or not.
    BernoulliNb,
    /// Naive Bayes for numbers.
    GaussianNb,
    /// Naive Bayes for counts.
    MultinomialNb,
    /// A decision tree for classes or numbers.
    DecisionTree,
    /// Gradient boosting of trees on histograms, for classes and numbers.
    GradientBoosting,
    /// A random forest, for classes and numbers.
    RandomForest,
}
