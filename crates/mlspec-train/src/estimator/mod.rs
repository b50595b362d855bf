//! The estimators as data, one file each.

mod by_linfa;
mod linear;
mod logistic;
mod tree;

pub use linear::{LeastSquaresSolver, LinearRegression, Ridge};
pub use logistic::{ClassWeight, LogisticRegression, LogisticSolver};
pub use tree::{Criterion, DecisionTree};

use crate::{Sample, TrainError};
use mlspec_model::{Model, Predictor};
use mlspec_record::body::{Convergence, Guarantee};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An estimator, named by its key: `{ridge: {alpha: 1.0}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Estimator {
    /// Ordinary least squares.
    LinearRegression(LinearRegression),
    /// Least squares with a quadratic penalty.
    Ridge(Ridge),
    /// Logistic regression with a quadratic penalty; multinomial for more than two classes.
    LogisticRegression(LogisticRegression),
    /// A decision tree for classes.
    DecisionTree(DecisionTree),
}

/// A fitted model and what there is to say about the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: Model,
    /// How the fit ended, for iterative estimators.
    pub convergence: Option<Convergence>,
    /// What an update guarantees.
    pub guarantee: Guarantee,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Estimator {
    /// The estimator's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LinearRegression(_) => LinearRegression::NAME,
            Self::Ridge(_) => Ridge::NAME,
            Self::LogisticRegression(_) => LogisticRegression::NAME,
            Self::DecisionTree(_) => DecisionTree::NAME,
        }
    }

    /// Whether a fit may begin at the model before.
    pub(crate) fn starts_warm(&self) -> bool {
        matches!(self, Self::LogisticRegression(logistic) if logistic.solver == LogisticSolver::NewtonCg)
    }

    /// Checks the hyper-parameters; only the result can be fitted.
    ///
    /// # Errors
    /// When one is outside its range.
    pub fn check(self) -> Result<Trainer, TrainError> {
        match &self {
            Self::LinearRegression(_) => {}
            Self::Ridge(ridge) => ridge.check()?,
            Self::LogisticRegression(logistic) => logistic.check()?,
            Self::DecisionTree(tree) => tree.check()?,
        }
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

    /// Fits a model. The result is the same on any number of threads.
    ///
    /// # Errors
    /// When the label is of the wrong kind, only one class has rows, or there are too many features for the estimator.
    pub fn fit(&self, sample: &Sample<'_>) -> Result<Fitted, TrainError> {
        match &self.0 {
            Estimator::LinearRegression(linear) => linear.fit(sample),
            Estimator::Ridge(ridge) => ridge.fit(sample),
            Estimator::LogisticRegression(logistic) => logistic.fit(sample, None),
            Estimator::DecisionTree(tree) => tree.fit(sample),
        }
    }

    /// Fits a model where one of the same features is known that was fitted to nearly the same rows: iterations begin there.
    /// The result is the same on any number of threads. Estimators without iterations, and rows of other classes, make no use of
    /// it; [`mlspec_record::body::Convergence::start`] says.
    ///
    /// # Errors
    /// As [`Trainer::fit`].
    pub fn refit(&self, sample: &Sample<'_>, before: &Model) -> Result<Fitted, TrainError> {
        match (&self.0, before.predictor()) {
            (Estimator::LogisticRegression(logistic), Predictor::Logistic(before)) if self.0.starts_warm() => {
                logistic.fit(sample, Some(before))
            }
            _ => self.fit(sample),
        }
    }
}

/// An error for a setting outside its range.
fn outside(name: &'static str, range: &'static str, found: f64) -> TrainError {
    TrainError::Setting { name, range, found }
}

macro_rules! estimator_from {
    ($($name:ident),*) => {
        $(impl From<$name> for Estimator {
            fn from(estimator: $name) -> Self {
                Self::$name(estimator)
            }
        })*
    };
}

estimator_from!(LinearRegression, Ridge, LogisticRegression, DecisionTree);
