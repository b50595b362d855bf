//! A multilayer perceptron.

mod network;
mod search;

use super::{ClassWeight, Estimate, Fitted, outside};
use crate::{Sample, TrainError};
use mlspec_model::{Activation, Layer, Model, Predictor, Target};
use mlspec_record::body::{Convergence, Guarantee, Start};
use network::{Labels, Network};
use schemars::JsonSchema;
use search::{End, Search};
use serde::{Deserialize, Serialize};

/// The most weights of a network: 512 MB.
const MAX_WEIGHTS: usize = 1 << 26;

/// A multilayer perceptron for classes or numbers, as scikit-learn's `MLPClassifier` and `MLPRegressor`: minimises the mean log loss, or
/// half the mean square of errors, plus `alpha / 2 · |weights|² / rows` of each batch, by stochastic gradients.
///
/// First weights, the order of rows in each epoch, and the rows of `early_stopping` are drawn by hashes of `random_state` and, of rows, their
/// ids. An update fits anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mlp {
    /// How many units each hidden layer has, at least 1.
    pub hidden_layer_sizes: Vec<u32>,
    /// What follows each hidden layer.
    pub activation: Activation,
    /// How steps follow from gradients.
    pub solver: MlpSolver,
    /// The weight of the penalty, 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub alpha: f64,
    /// How many rows there are to a gradient, at least 1; nothing stands for 200. There are never more than rows.
    #[schemars(extend("minimum" = 1))]
    pub batch_size: Option<u32>,
    /// The (first) length of steps, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate_init: f64,
    /// How much of the step before each step of `sgd` takes along, from 0 to below 1.
    #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
    pub momentum: f64,
    /// The most epochs, at least 1: times that all rows are gone through.
    #[schemars(extend("minimum" = 1))]
    pub max_iter: u32,
    /// By how much the loss must fall, or the score on the rows of `early_stopping` rise, to count as better; 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub tol: f64,
    /// After how many epochs that are not better the search ends, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub n_iter_no_change: u32,
    /// Whether some rows are set aside, on which each epoch is judged (by accuracy, or R²): the best weights are kept.
    pub early_stopping: bool,
    /// The share of rows that are set aside, above 0 and below 1.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub validation_fraction: f64,
    /// How much the rows of each class count.
    pub class_weight: ClassWeight,
    /// What draws depend on besides what is drawn for.
    pub random_state: u64,
}

/// How steps follow from gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MlpSolver {
    /// By means of gradients and of their squares (Kingma and Ba, 2014), with the usual factors 0.9 and 0.999.
    #[default]
    Adam,
    /// Stochastic gradient descent with Nesterov's momentum.
    Sgd,
}

impl Default for Mlp {
    fn default() -> Self {
        Self {
            hidden_layer_sizes: vec![64],
            activation: Activation::default(),
            solver: MlpSolver::default(),
            alpha: 1e-4,
            batch_size: None,
            learning_rate_init: 1e-3,
            momentum: 0.9,
            max_iter: 200,
            tol: 1e-4,
            n_iter_no_change: 10,
            early_stopping: false,
            validation_fraction: 0.1,
            class_weight: ClassWeight::None,
            random_state: 0,
        }
    }
}

impl Mlp {
    /// The estimator's name.
    pub const NAME: &str = "mlp";

    fn check_counts(&self) -> Result<(), TrainError> {
        let counts = [
            ("max_iter", Some(self.max_iter)),
            ("n_iter_no_change", Some(self.n_iter_no_change)),
            ("batch_size", self.batch_size),
            ("hidden_layer_sizes", self.hidden_layer_sizes.iter().min().copied()),
        ];
        match counts.iter().find(|(_, count)| *count == Some(0)) {
            Some((name, _)) => Err(outside(name, "at least 1", 0.0)),
            None => Ok(()),
        }
    }
}

impl Estimate for Mlp {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        self.check_counts()?;
        let (alpha, rate, share) = (self.alpha, self.learning_rate_init, self.validation_fraction);
        match () {
            () if !(alpha >= 0.0 && alpha.is_finite()) => Err(outside("alpha", "0 or more", alpha)),
            () if !(rate > 0.0 && rate.is_finite()) => Err(outside("learning_rate_init", "above 0", rate)),
            () if !(0.0..1.0).contains(&self.momentum) => Err(outside("momentum", "from 0 to below 1", self.momentum)),
            () if !(self.tol >= 0.0 && self.tol.is_finite()) => Err(outside("tol", "0 or more", self.tol)),
            () if !(share > 0.0 && share < 1.0) => Err(outside("validation_fraction", "above 0 and below 1", share)),
            () => Ok(()),
        }
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Retrained
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let mut weights: Vec<f64> = (0..sample.features().rows()).map(|row| sample.weight(row)).collect();
        let (labels, classes, positive) = match sample.target() {
            None => return Err(TrainError::NoLabel),
            Some(Target::Value(values)) => (Labels::Numbers(values), Vec::new(), None),
            Some(Target::Class { codes, positive, .. }) => {
                let classes = sample.classes(Self::NAME)?;
                let factors = self.class_weight.factors(&classes);
                weights.iter_mut().zip(codes).for_each(|(weight, &code)| *weight *= factors[code as usize]);
                (Labels::Classes(codes), classes.names.to_vec(), *positive)
            }
        };
        let inputs = sample.features().columns();
        let outputs = if classes.len() > 2 { classes.len() } else { 1 };
        let hidden = self.hidden_layer_sizes.iter().map(|size| *size as usize);
        let sizes: Vec<usize> = std::iter::once(inputs).chain(hidden).chain([outputs]).collect();
        let numbers = sizes
            .windows(2)
            .fold(0_usize, |sum, pair| sum.saturating_add(pair[0].saturating_add(1).saturating_mul(pair[1])));
        if numbers > MAX_WEIGHTS {
            return Err(TrainError::TooLarge { estimator: Self::NAME, numbers, limit: MAX_WEIGHTS });
        }
        let network = Network { sizes, activation: self.activation, labels, alpha: self.alpha };
        let search = Search { settings: self, sample, network: &network, weights: &weights };
        let (numbers, end) = search.run()?;
        let layers = network.layers(&numbers);
        let mlp = mlspec_model::Mlp { classes, positive, activation: self.activation, layers };
        let model = Model::new(Self::NAME, inputs, Predictor::Mlp(mlp))?;
        let mut warnings = Vec::new();
        if !end.converged {
            warnings.push(format!("the fit ended after {} epochs, while it still got better", end.epochs));
        }
        Ok(Fitted { convergence: Some(self.convergence(&end)), warnings, ..Fitted::of(model) })
    }
}

impl Mlp {
    fn convergence(&self, end: &End) -> Convergence {
        Convergence {
            start: Start::Random,
            converged: end.converged,
            iterations: u64::from(end.epochs),
            objective: end.loss,
            gradient_norm: None,
            duality_gap: None,
            tolerance: self.tol,
            probability_change: None,
            distance_bound: None,
        }
    }
}

impl Network<'_> {
    /// The weights as a model holds them.
    fn layers(&self, numbers: &[f64]) -> Vec<Layer> {
        let places = self.places().into_iter().zip(&self.sizes[1..]);
        let layer =
            |((weights, intercepts), outputs): ((std::ops::Range<usize>, std::ops::Range<usize>), &usize)| Layer {
                weights: numbers[weights].chunks(*outputs).map(<[f64]>::to_vec).collect(),
                intercepts: numbers[intercepts].to_vec(),
            };
        places.map(layer).collect()
    }
}

#[cfg(test)]
mod tests;
