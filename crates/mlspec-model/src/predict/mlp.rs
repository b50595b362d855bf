//! A multilayer perceptron.

use super::logistic::{argmax, sigmoid, softmax};
use super::{Predict, classify};
use crate::model::{check_classes, check_coefficients};
use crate::{Features, ModelError, Prediction, Row, format::tidy};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Layers of linear functions, each but the last followed by the activation. The last has one output for numbers; one for two classes,
/// whose logistic function is the probability of the second; else one a class, whose softmax are the probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mlp {
    /// The classes, sorted; none where labels are numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<u32>,
    /// What follows each layer but the last.
    pub activation: Activation,
    /// The layers, that of the features first.
    pub layers: Vec<Layer>,
}

/// A layer: `input · weights + intercepts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// One row an input, one number an output.
    pub weights: Vec<Vec<f64>>,
    /// One an output.
    pub intercepts: Vec<f64>,
}

/// What is made of a linear function between layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The value, or 0 where it is below.
    #[default]
    Relu,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// What is made of a value.
    pub fn of(self, value: f64) -> f64 {
        match self {
            Self::Relu => value.max(0.0),
            Self::Tanh => value.tanh(),
        }
    }

    /// The derivative where this was made of a value.
    pub fn slope(self, made: f64) -> f64 {
        match self {
            Self::Relu => f64::from(u8::from(made > 0.0)),
            Self::Tanh => 1.0 - made * made,
        }
    }
}

impl Mlp {
    /// The outputs of the last layer for a row. Rows that are so far off that nothing can be represented give large outputs.
    fn outputs<'b>(&self, row: Row<'_>, input: &'b mut Vec<f64>, output: &'b mut Vec<f64>) -> &'b [f64] {
        for (at, layer) in self.layers.iter().enumerate() {
            output.clear();
            output.extend(&layer.intercepts);
            let mut add = |weights: &[f64], x: f64| {
                output.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * x);
            };
            match at {
                0 => row.indices.iter().zip(row.values).for_each(|(&at, &x)| add(&layer.weights[at as usize], x)),
                _ => layer.weights.iter().zip(input.iter()).for_each(|(weights, &x)| add(weights, x)),
            }
            let last = at + 1 == self.layers.len();
            for sum in output.iter_mut() {
                let value = if sum.is_nan() { 0.0 } else { sum.clamp(-LARGE, LARGE) };
                *sum = if last { value } else { self.activation.of(value) };
            }
            std::mem::swap(input, output);
        }
        input
    }
}

/// No output is larger.
const LARGE: f64 = 1e150;

impl Predict for Mlp {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        if !self.classes.is_empty() {
            check_classes(&self.classes, self.positive)?;
        }
        let bad = |reason: &str| Err(ModelError::invalid("model", reason));
        let mut inputs = features;
        for layer in &mut self.layers {
            if layer.weights.len() != inputs || layer.intercepts.is_empty() {
                return bad("a layer has not as many inputs as the one before has outputs");
            }
            inputs = layer.intercepts.len();
            layer.weights.iter_mut().try_for_each(|row| check_coefficients(row, inputs))?;
            tidy(&mut layer.intercepts, "model")?;
        }
        let outputs = if self.classes.len() > 2 { self.classes.len() } else { 1 };
        if self.layers.is_empty() || inputs != outputs {
            return bad("the last layer has not an output for each class");
        }
        Ok(())
    }

    fn predict(&self, features: &Features) -> Prediction {
        if self.classes.is_empty() {
            let parts = features.blocks().par_iter().map(|block| {
                let (mut input, mut output) = (Vec::new(), Vec::new());
                block.rows().map(|row| self.outputs(row, &mut input, &mut output)[0]).collect::<Vec<_>>()
            });
            return Prediction::Value(parts.collect::<Vec<_>>().concat());
        }
        classify(features, &self.classes, |block, codes, probabilities| {
            let (mut input, mut output, mut shares) = (Vec::new(), Vec::new(), Vec::new());
            for row in block.rows() {
                shares.clear();
                match *self.outputs(row, &mut input, &mut output) {
                    [score] => {
                        codes.push(u32::from(score > 0.0));
                        shares.extend([sigmoid(-score), sigmoid(score)]);
                    }
                    ref scores => {
                        codes.push(argmax(scores));
                        shares.extend(scores);
                        softmax(&mut shares);
                    }
                }
                probabilities.iter_mut().zip(&shares).for_each(|(all, share)| all.push(*share));
            }
        })
    }

    fn parameters(&self) -> u64 {
        self.layers.iter().map(|layer| ((layer.weights.len() + 1) * layer.intercepts.len()) as u64).sum()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn positive(&self) -> Option<u32> {
        self.positive
    }
}
