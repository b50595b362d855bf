//! Encoders and models of two runs.

use crate::{TraceError, View};
use mlspec_model::{FittedEncoders, Model};
use mlspec_record::{ArtifactKind, Digest, Envelope, Kind};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many names are told.
const MOST: usize = 20;

/// How what was fitted differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedChange {
    /// Features that encoders make, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<FeatureChange>,
    /// The estimator before, for a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimator_before: Option<String>,
    /// The estimator now, for a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimator_after: Option<String>,
    /// The coefficient that moved most; nothing for models without, or of different kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_move: Option<CoefficientMove>,
}

/// How features differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeatureChange {
    /// How many there were.
    pub before: u64,
    /// How many there are.
    pub after: u64,
    /// How many came.
    pub added: u64,
    /// How many went.
    pub removed: u64,
    /// The first of those that came, at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub some_added: Vec<String>,
    /// The first of those that went, at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub some_removed: Vec<String>,
    /// Whether the encoders are the same but for what they were fitted to: means, scales, weights of terms.
    pub refitted: bool,
}

/// How far a coefficient moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoefficientMove {
    /// The feature; `intercept` for the value where all features are zero.
    pub feature: String,
    /// The class whose function it is in, where there are several functions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What it was; 0 for a feature that came.
    pub before: f64,
    /// What it is; 0 for a feature that went.
    pub after: f64,
    /// The later less the earlier.
    pub difference: f64,
}

type Side<'a> = (&'a View, &'a Envelope<Value>);

pub(super) fn change(before: Side<'_>, after: Side<'_>) -> Result<Option<FittedChange>, TraceError> {
    match (before.1.kind, after.1.kind) {
        (Kind::Transformation, Kind::Transformation) => features(before, after),
        (Kind::Training, Kind::Training) => models(before, after),
        _ => Ok(None),
    }
}

/// Something that was read, as long as a purge has left it there.
fn there<T>(read: Result<T, mlspec_model::ModelError>) -> Result<Option<T>, TraceError> {
    use mlspec_record::{ExitCode, Failure as _};
    match read {
        Ok(found) => Ok(Some(found)),
        Err(mlspec_model::ModelError::Store(mlspec_store::StoreError::Missing(_))) => Ok(None),
        Err(error) if error.exit_code() == ExitCode::Usage => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn features((before, one): Side<'_>, (after, other): Side<'_>) -> Result<Option<FittedChange>, TraceError> {
    let digest = |record: &Envelope<Value>| {
        record.body.pointer("/encoding/encoders").and_then(Value::as_str).and_then(|text| Digest::new(text).ok())
    };
    let (Some(was), Some(is)) = (digest(one), digest(other)) else { return Ok(None) };
    if was == is {
        return Ok(None);
    }
    let (one, other) = (FittedEncoders::read(&before.store, &was), FittedEncoders::read(&after.store, &is));
    let (Some(one), Some(other)) = (there(one)?, there(other)?) else { return Ok(None) };
    let (names, names_now): (BTreeSet<String>, BTreeSet<String>) =
        (one.names().into_iter().collect(), other.names().into_iter().collect());
    let only =
        |of: &BTreeSet<String>, with: &BTreeSet<String>| -> Vec<String> { of.difference(with).cloned().collect() };
    let (added, removed) = (only(&names_now, &names), only(&names, &names_now));
    let features = FeatureChange {
        before: one.features() as u64,
        after: other.features() as u64,
        refitted: added.is_empty() && removed.is_empty(),
        added: added.len() as u64,
        removed: removed.len() as u64,
        some_added: added.into_iter().take(MOST).collect(),
        some_removed: removed.into_iter().take(MOST).collect(),
    };
    Ok(Some(FittedChange {
        features: Some(features),
        estimator_before: None,
        estimator_after: None,
        largest_move: None,
    }))
}

fn models((before, one): Side<'_>, (after, other): Side<'_>) -> Result<Option<FittedChange>, TraceError> {
    let digest = |record: &Envelope<Value>| {
        record
            .outputs
            .iter()
            .find(|output| output.artifact.kind == ArtifactKind::Model)
            .map(|output| output.artifact.digest)
    };
    let (Some(was), Some(is)) = (digest(one), digest(other)) else { return Ok(None) };
    if was == is {
        return Ok(None);
    }
    let (one, other) = (Model::read(&before.store, &was), Model::read(&after.store, &is));
    let (Some(one), Some(other)) = (there(one)?, there(other)?) else { return Ok(None) };
    let largest_move = match (coefficients(before, &one)?, coefficients(after, &other)?) {
        (Some(was), Some(is)) => largest(&was, &is),
        _ => None,
    };
    Ok(Some(FittedChange {
        features: None,
        estimator_before: Some(one.estimator().to_owned()),
        estimator_after: Some(other.estimator().to_owned()),
        largest_move,
    }))
}

/// Coefficients by class, where there are several functions, and feature.
type Coefficients = BTreeMap<(Option<String>, String), f64>;

/// The coefficients of a model that has some.
fn coefficients(view: &View, model: &Model) -> Result<Option<Coefficients>, TraceError> {
    let names = match model.encoders() {
        Some(encoders) => there(FittedEncoders::read(&view.store, encoders))?.map(|encoders| encoders.names()),
        None => Some(model.feature_names().to_vec()),
    };
    let names = names.unwrap_or_default();
    let mut all = Coefficients::new();
    for function in model.linear_functions() {
        let class = function.class.map(ToOwned::to_owned);
        all.insert((class.clone(), "intercept".to_owned()), function.intercept);
        for (at, value) in function.coefficients.iter().enumerate() {
            let name = names.get(at).cloned().unwrap_or_else(|| format!("#{at}"));
            all.insert((class.clone(), name), *value);
        }
    }
    Ok(Some(all).filter(|all| !all.is_empty()))
}

fn largest(was: &Coefficients, is: &Coefficients) -> Option<CoefficientMove> {
    let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
    let of = |all: &Coefficients, key: &(Option<String>, String)| all.get(key).copied().unwrap_or(0.0);
    let moves = keys.into_iter().map(|key| {
        let ((class, feature), before, after) = (key.clone(), of(was, key), of(is, key));
        CoefficientMove { feature, class, before, after, difference: after - before }
    });
    // Of equal ones the first, by name.
    let moved = moves.filter(|found| found.difference != 0.0);
    moved.reduce(|most, found| if found.difference.abs() > most.difference.abs() { found } else { most })
}
