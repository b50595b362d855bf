//! Encoders and models, before and after.

use crate::MaintainError;
use mlspec_model::{FittedEncoders, Model};
use mlspec_record::body::{Convergence, Guarantee, Method, Training, Transformation};
use mlspec_record::{ArtifactKind, Envelope, FeatureRange, Kind};
use mlspec_store::Store;
use mlspec_trace::TraceError;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// How fitted encoders changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EncoderChange {
    /// How many features there were.
    pub features_before: u64,
    /// How many there are.
    pub features_after: u64,
    /// How many rows they were fitted on.
    pub fitted_before: u64,
    /// How many rows they are fitted on.
    pub fitted_after: u64,
    /// How many encoders there are.
    pub encoders: u64,
    /// Those that changed, by the features that they make now.
    pub changed: Vec<FeatureRange>,
}

/// How a model changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelChange {
    /// The estimator.
    pub estimator: String,
    /// How many rows it was fitted on.
    pub rows_before: u64,
    /// How many rows it is fitted on.
    pub rows_after: u64,
    /// How an update of it finds the next.
    pub method: Method,
    /// What an update of it guarantees.
    pub guarantee: Guarantee,
    /// How the fit ended, for iterative estimators: the residual gradient among others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convergence: Option<Convergence>,
    /// How far coefficients moved, by feature; nothing for a model that has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<CoefficientChange>,
}

/// How far coefficients moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoefficientChange {
    /// The greatest distance of one.
    pub greatest: f64,
    /// The Euclidean distance of all, intercepts among them.
    pub euclidean: f64,
    /// Features that are no longer there.
    pub gone: u64,
    /// Features that were not there before; they count with all of their coefficient.
    pub new: u64,
}

/// The encoders of a step that has some.
pub(super) fn encoders(
    store: &Store,
    before: &Envelope<Value>,
    after: &Envelope<Value>,
) -> Result<Option<EncoderChange>, MaintainError> {
    let of = |record: &Envelope<Value>| {
        let body = (record.kind == Kind::Transformation).then(|| Transformation::deserialize(&record.body).ok());
        body.flatten().and_then(|body| body.encoding)
    };
    let (Some(was), Some(is)) = (of(before), of(after)) else { return Ok(None) };
    let read = |digest| FittedEncoders::read(store, digest).map_err(TraceError::from);
    let (one, other) = (read(&was.encoders)?, read(&is.encoders)?);
    Ok(Some(EncoderChange {
        features_before: was.features,
        features_after: is.features,
        fitted_before: was.fitted_rows,
        fitted_after: is.fitted_rows,
        encoders: other.encoders().len() as u64,
        changed: other.ranges_that_differ(&one),
    }))
}

/// The model of a step that has one.
pub(super) fn model(
    store: &Store,
    before: &Envelope<Value>,
    after: &Envelope<Value>,
) -> Result<Option<ModelChange>, MaintainError> {
    let of =
        |record: &Envelope<Value>| (record.kind == Kind::Training).then(|| Training::deserialize(&record.body).ok());
    let (Some(was), Some(is)) = (of(before).flatten(), of(after).flatten()) else { return Ok(None) };
    let read = |record: &Envelope<Value>| {
        let output = record.outputs.iter().find(|output| output.artifact.kind == ArtifactKind::Model);
        output.map(|output| Coefficients::read(store, &output.artifact.digest)).transpose()
    };
    let coefficients = match (read(before)?.flatten(), read(after)?.flatten()) {
        (Some(one), Some(other)) => Some(one.distance(&other)),
        _ => None,
    };
    Ok(Some(ModelChange {
        estimator: is.estimator,
        rows_before: was.rows,
        rows_after: is.rows,
        method: is.method,
        guarantee: is.guarantee,
        convergence: is.convergence,
        coefficients,
    }))
}

/// Coefficients by the function (of a class) and the feature they belong to; the intercept is the feature without name.
struct Coefficients(HashMap<(usize, Option<String>), f64>);

impl Coefficients {
    fn read(store: &Store, digest: &mlspec_record::Digest) -> Result<Option<Self>, MaintainError> {
        let model = Model::read(store, digest).map_err(TraceError::from)?;
        let names = match model.encoders() {
            Some(encoders) => FittedEncoders::read(store, encoders).map_err(TraceError::from)?.names(),
            None => model.feature_names().to_vec(),
        };
        let name = |at: usize| names.get(at).cloned().unwrap_or_else(|| at.to_string());
        let mut all = HashMap::new();
        let mut add = |function: usize, coefficients: &[f64], intercept: f64| {
            all.insert((function, None), intercept);
            all.extend(coefficients.iter().enumerate().map(|(at, value)| ((function, Some(name(at))), *value)));
        };
        let functions = model.linear_functions();
        functions.iter().enumerate().for_each(|(at, function)| add(at, function.coefficients, function.intercept));
        Ok(Some(Self(all)).filter(|_| !functions.is_empty()))
    }

    fn distance(&self, other: &Self) -> CoefficientChange {
        let is = |key| other.0.get(key).copied();
        let known = self.0.iter().map(|(key, was)| is(key).unwrap_or(0.0) - was);
        let new = other.0.iter().filter(|(key, _)| !self.0.contains_key(key)).map(|(_, is)| *is);
        let mut moves: Vec<f64> = known.chain(new).map(f64::abs).collect();
        // Sums of floats depend on the order, and that of a hash map is random.
        moves.sort_unstable_by(f64::total_cmp);
        let gone = |one: &Self, other: &Self| one.0.keys().filter(|key| !other.0.contains_key(key)).count() as u64;
        CoefficientChange {
            greatest: moves.last().copied().unwrap_or(0.0),
            euclidean: moves.iter().map(|by| by * by).sum::<f64>().sqrt(),
            gone: gone(self, other),
            new: gone(other, self),
        }
    }
}
