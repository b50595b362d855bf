//! What a fit gives, and what there is to say about it.

use mlspec_model::{FittedEncoders, Model};
use mlspec_record::body::{Convergence, FeatureImportance, ImportanceMeasure, Importances, SummedImportance};
use std::collections::BTreeMap;

/// The most features and columns that a record lists.
const MOST: usize = 100;

/// A fitted model and what there is to say about the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: Model,
    /// How the fit ended, for iterative estimators.
    pub convergence: Option<Convergence>,
    /// How important the model's features are, where it can tell.
    pub importance: Option<Importance>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// How important each feature of a model is.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// What the figures are.
    pub measure: ImportanceMeasure,
    /// One a feature, 0 or more.
    pub values: Vec<f64>,
}

impl Fitted {
    /// A model about which there is nothing more to say than its coefficients do, if it has some.
    pub fn of(model: Model) -> Self {
        let importance = Importance::of_coefficients(&model);
        Self { model, convergence: None, importance, warnings: Vec::new() }
    }
}

impl Importance {
    /// The absolute coefficients of a linear model; the mean where it has several functions.
    fn of_coefficients(model: &Model) -> Option<Self> {
        let functions = model.linear_functions();
        let mut values = vec![0.0; functions.first()?.coefficients.len()];
        for function in &functions {
            let add = |(sum, value): (&mut f64, &f64)| *sum += value.abs() / functions.len() as f64;
            values.iter_mut().zip(function.coefficients).for_each(add);
        }
        Some(Self { measure: ImportanceMeasure::Coefficient, values })
    }

    /// Shares of what all features brought; nothing where none brought anything.
    pub(crate) fn shares(measure: ImportanceMeasure, mut values: Vec<f64>) -> Option<Self> {
        let total: f64 = values.iter().sum();
        values.iter_mut().for_each(|value| *value /= total);
        (total > 0.0 && total.is_finite()).then_some(Self { measure, values })
    }

    /// The greatest, with the names of features and the columns that they come from.
    pub(crate) fn listed(&self, encoders: &FittedEncoders) -> Importances {
        let mut order: Vec<usize> = (0..self.values.len()).filter(|&at| self.values[at] > 0.0).collect();
        // Of equal ones the first.
        order.sort_by(|&a, &b| self.values[b].total_cmp(&self.values[a]));
        let ranges = encoders.ranges();
        let columns_of = |feature: usize| {
            let at = ranges.partition_point(|range| range.end <= feature as u64);
            ranges.get(at).map_or(&[][..], |range| &range.columns)
        };
        let mut columns: BTreeMap<&str, f64> = BTreeMap::new();
        for &feature in &order {
            let from = columns_of(feature);
            from.iter().for_each(|name| *columns.entry(name).or_default() += self.values[feature] / from.len() as f64);
        }
        let mut columns: Vec<SummedImportance> = columns
            .into_iter()
            .map(|(column, importance)| SummedImportance { column: column.to_owned(), importance })
            .collect();
        columns.sort_by(|a, b| b.importance.total_cmp(&a.importance));
        columns.truncate(MOST);
        let feature = |&at: &usize| FeatureImportance {
            feature: encoders.name(at).unwrap_or_else(|| at.to_string()),
            columns: columns_of(at).to_vec(),
            importance: self.values[at],
        };
        Importances {
            measure: self.measure,
            features: order.iter().take(MOST).map(feature).collect(),
            columns,
            left_out: order.len().saturating_sub(MOST) as u64,
        }
    }
}
