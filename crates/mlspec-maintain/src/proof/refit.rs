//! The distance of a live model to one fitted anew, from nothing, on the remaining rows: in a store that is dropped.

use super::ProofError;
use super::live::HeldStep;
use mlspec_model::{LoadedMatrix, Model, Prediction};
use mlspec_record::erasure::RefitDistance;
use mlspec_record::{ArtifactKind, ArtifactRef, Name, Seed};
use mlspec_stage::{BoundInput, Context, Host, Registry, Site};
use mlspec_store::Store;
use std::fmt;
use std::sync::Arc;

/// What it takes to fit a model anew.
#[derive(Clone, Copy)]
pub struct Refit<'a> {
    /// The stages that pipelines may use.
    pub registry: &'a Registry,
    /// The program around.
    pub host: &'a dyn Host,
}

impl fmt::Debug for Refit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refit").finish_non_exhaustive()
    }
}

impl Refit<'_> {
    /// Fits the model of a step of these once more, and compares.
    ///
    /// # Errors
    /// When the stage is unknown, the fit fails, or a model or matrix cannot be read.
    pub(crate) fn distance(
        &self,
        store: &Store,
        steps: &[HeldStep],
        step: &Name,
        seed: Seed,
    ) -> Result<Option<RefitDistance>, ProofError> {
        let Some(step) = steps.iter().find(|held| held.name == *step) else { return Ok(None) };
        let Some(live) = of_kind(step.envelope.outputs.iter().map(|o| &o.artifact), ArtifactKind::Model) else {
            return Ok(None);
        };
        let overlay = store.overlay()?;
        let Some(cold) = self.fit(&overlay, steps, step, seed)? else { return Ok(None) };
        if cold.digest == live.digest {
            let coefficients = coefficients(&Model::read(store, &live.digest)?).map(|_| 0.0);
            return Ok(Some(RefitDistance { equal: true, coefficients, predictions: 0.0 }));
        }
        let inputs = step.envelope.inputs.iter().map(|input| &input.artifact);
        let Some(matrix) = of_kind(inputs, ArtifactKind::Matrix) else { return Ok(None) };
        let features = LoadedMatrix::read(store, matrix)?.features;
        let (live, cold) = (Model::read(store, &live.digest)?, Model::read(&overlay, &cold.digest)?);
        Ok(Some(RefitDistance {
            equal: false,
            coefficients: coefficients(&live).zip(coefficients(&cold)).map(|(live, cold)| furthest(&live, &cold)),
            predictions: furthest(&numbers(live.predict(&features)?), &numbers(cold.predict(&features)?)),
        }))
    }

    fn fit(
        &self,
        overlay: &Store,
        steps: &[HeldStep],
        step: &HeldStep,
        seed: Seed,
    ) -> Result<Option<ArtifactRef>, ProofError> {
        let Some(entry) = self.registry.get(&step.envelope.step.stage) else { return Ok(None) };
        let stage = (entry.build)(&step.name, step.envelope.parameters.clone(), &Site::default())?;
        let bound = step.envelope.inputs.iter().filter_map(|input| {
            let producer = input.producer.as_ref()?;
            let record = steps.iter().find(|held| held.name == producer.step)?.record.clone();
            Some(BoundInput { port: input.port.clone(), artifact: input.artifact.clone(), record: Arc::new(record) })
        });
        let mut cx = Context::new(overlay, self.host, step.envelope.seed.unwrap_or(seed), bound.collect());
        stage.run(&mut cx)?;
        let outputs = cx.finish().outputs;
        Ok(of_kind(outputs.iter().map(|output| &output.artifact), ArtifactKind::Model).cloned())
    }
}

fn of_kind<'r>(mut all: impl Iterator<Item = &'r ArtifactRef>, kind: ArtifactKind) -> Option<&'r ArtifactRef> {
    all.find(|artifact| artifact.kind == kind)
}

/// The numbers that a linear model was fitted to; none of other models.
fn coefficients(model: &Model) -> Option<Vec<f64>> {
    let functions = model.linear_functions();
    let coefficients = functions.iter().flat_map(|function| function.coefficients);
    let numbers: Vec<f64> = coefficients.copied().chain(functions.iter().map(|function| function.intercept)).collect();
    Some(numbers).filter(|numbers| !numbers.is_empty())
}

/// What a model predicts as numbers: values, or probabilities, or classes.
fn numbers(prediction: Prediction) -> Vec<f64> {
    match prediction {
        Prediction::Value(values) => values,
        Prediction::Class { probabilities: Some(probabilities), .. } => probabilities.concat(),
        Prediction::Class { codes, .. } => codes.into_iter().map(f64::from).collect(),
        Prediction::Cluster { distances, .. } => distances,
    }
}

/// The largest difference; infinite where there are not as many numbers.
fn furthest(left: &[f64], right: &[f64]) -> f64 {
    match left.len() == right.len() {
        true => left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0, f64::max),
        false => f64::MAX,
    }
}
