//! The model before, in terms of the features that there are now.

use crate::Trainer;
use mlspec_model::{FittedEncoders, LoadedMatrix, Model};
use mlspec_stage::Previous;
use mlspec_store::Store;
use std::collections::HashMap;

/// The model that the run before left, if its estimator begins where the one before ended.
pub(crate) fn model(store: &Store, previous: &Previous, trainer: &Trainer) -> Option<Model> {
    if !trainer.starts_warm() {
        return None;
    }
    Model::read(store, &previous.output("model")?.digest).ok()
}

/// The model with the features of the matrix: coefficients follow the features' names, new features have 0. Nothing where that
/// cannot be said.
pub(crate) fn carried(store: &Store, before: &Model, matrix: &LoadedMatrix) -> Option<Model> {
    let encoders = before.encoders()?;
    if *encoders == matrix.encoders_digest {
        return Some(before.clone());
    }
    let places = places(&FittedEncoders::read(store, encoders).ok()?, &matrix.encoders);
    before.rearranged(&places)
}

/// Where each feature stood before. Of features with the same name the first is the first, and so on.
fn places(before: &FittedEncoders, now: &FittedEncoders) -> Vec<Option<usize>> {
    let mut known: HashMap<(String, usize), usize> = HashMap::new();
    for (at, name) in numbered(before.names()).enumerate() {
        known.insert(name, at);
    }
    numbered(now.names()).map(|name| known.get(&name).copied()).collect()
}

/// Names, each with how often it stood before.
fn numbered(names: Vec<String>) -> impl Iterator<Item = (String, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    names.into_iter().map(move |name| {
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        (name, *count)
    })
}
