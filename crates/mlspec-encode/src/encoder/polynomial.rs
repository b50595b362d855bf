//! Products of numbers.

use super::scaler::yes;
use super::{Fit, Impute, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, Polynomial, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many columns are multiplied: the most, or the least and the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Degree {
    /// The most; the least is 0.
    Most(u32),
    /// The least and the most.
    Range(u32, u32),
}

/// Products of numbers, as scikit-learn's `PolynomialFeatures`, with its names and order; at most 5,000 features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolynomialFeatures {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How many columns are multiplied, at most 16.
    #[serde(default = "two")]
    pub degree: Degree,
    /// Whether no column is multiplied with itself.
    #[serde(default)]
    pub interaction_only: bool,
    /// Whether there is a feature that is always 1.
    #[serde(default = "yes")]
    pub include_bias: bool,
    /// What stands for null; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
}

fn two() -> Degree {
    Degree::Most(2)
}

impl PolynomialFeatures {
    fn degrees(&self) -> (usize, usize) {
        match self.degree {
            Degree::Most(most) => (0, most as usize),
            Degree::Range(least, most) => (least as usize, most as usize),
        }
    }

    /// The products in order; nothing where there are too many.
    fn products(&self) -> Option<Vec<Vec<u32>>> {
        let (least, most) = self.degrees();
        let mut products: Vec<Vec<u32>> = Vec::new();
        if self.include_bias {
            products.push(Vec::new());
        }
        // Those of one degree are made from those of the degree below, in order.
        let mut before: Vec<Vec<u32>> = vec![Vec::new()];
        for degree in 1..=most {
            let mut now = Vec::new();
            for product in &before {
                let first = product.last().map_or(0, |last| last + u32::from(self.interaction_only));
                for column in first..self.columns.len() as u32 {
                    now.push(product.iter().copied().chain([column]).collect());
                }
                if now.len() > Polynomial::MOST {
                    return None;
                }
            }
            if degree >= least {
                products.extend(now.iter().cloned());
            }
            before = now;
        }
        (1..=Polynomial::MOST).contains(&products.len()).then_some(products)
    }
}

impl Fit for PolynomialFeatures {
    fn name(&self) -> &'static str {
        "polynomial_features"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Number { nulls: self.impute.is_some() }
    }

    fn check(&self) -> Result<(), EncodeError> {
        let (least, most) = self.degrees();
        if least > most || most > 16 {
            let range = "a number up to 16, or two ascending ones";
            return Err(EncodeError::Setting { name: "degree", range });
        }
        if self.products().is_none() {
            return Err(EncodeError::Setting { name: "degree", range: "so that there are 1 to 5000 features" });
        }
        self.impute.map_or(Ok(()), Impute::check)
    }

    fn needs(&self) -> Needs {
        self.impute.map_or(Needs::Nothing, Impute::needs)
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let fill = match self.impute {
            None => Vec::new(),
            Some(impute) => rows.each(|fitting| impute.fill(fitting))?,
        };
        let products = self.products().unwrap_or_default();
        Ok(FittedEncoder::PolynomialFeatures(Polynomial { columns: self.columns.clone(), fill, products }))
    }
}
