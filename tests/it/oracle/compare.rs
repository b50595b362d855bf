//! An update against the full run.

use super::world::{All, Done, Left, World};
use mlspec_model::{Features, LoadedMatrix, Model, Prediction, Predictor};
use mlspec_record::body::{Guarantee, Training};
use mlspec_record::{ArtifactKind, ArtifactRef, Output};
use serde_json::Value;

/// How far a converged model may be from a cold refit, in probabilities and in coefficients.
const TOLERANCE: f64 = 1e-6;

/// The largest differences that were found between converged models and cold refits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Apart {
    pub(crate) models: u64,
    pub(crate) probabilities: f64,
    pub(crate) coefficients: f64,
}

/// What differs between what an update left and what a run left, if anything does.
pub(crate) fn compare(world: &World, updated: &All, ran: &All, apart: &mut Apart) -> Result<(), String> {
    for (at, step) in world.pipeline.steps.iter().enumerate() {
        let tell = |what: String| format!("step `{}` ({}): {what}\nsettings: {}", step.name, step.stage, step.settings);
        compare_step(world, at, &updated[at], &ran[at], apart).map_err(tell)?;
    }
    Ok(())
}

fn compare_step(world: &World, at: usize, updated: &Left, ran: &Left, apart: &mut Apart) -> Result<(), String> {
    match (updated, ran) {
        (Left::Done(one), Left::Done(other)) if is_inexact(one, other) => compare_models(world, one, other, apart),
        (Left::Done(one), Left::Done(other)) if one.inputs == other.inputs => {
            compare_done(world, one, other, Told::ByBoth)
        }
        (Left::Done(one), Left::Done(_)) => {
            // Another model arrived: what is said of it must be what a run says of it.
            let again = world.run_step(at, one.inputs.clone());
            let again = again.done().ok_or("a run on the updated model fails, the update does not")?;
            let of_model = one.inputs.iter().any(|(_, artifact)| artifact.kind == ArtifactKind::Model);
            let of_predictions = one.inputs.iter().any(|(port, _)| port == "predictions");
            if of_predictions {
                compare_done(world, one, again, Told::ByBoth)
            } else if of_model {
                compare_done(world, one, again, Told::ByOneOnly)
            } else {
                Err("other inputs arrived".to_owned())
            }
        }
        (Left::Failed(code, one), Left::Failed(other_code, other)) if (code, one) == (other_code, other) => Ok(()),
        (Left::NotReached, Left::NotReached) => Ok(()),
        (one, other) => Err(format!("the update {}, a full run {}", told(one), told(other))),
    }
}

fn told(left: &Left) -> String {
    match left {
        Left::Done(_) => "succeeds".to_owned(),
        Left::Failed(code, message) => format!("fails ({code}: {message})"),
        Left::NotReached => "does not reach it".to_owned(),
    }
}

/// Whether the models may differ: the record of the update says so.
fn is_inexact(one: &Done, other: &Done) -> bool {
    let model = one.outcome.outputs.iter().find(|output| output.artifact.kind == ArtifactKind::Model);
    one.inputs == other.inputs
        && model.is_some()
        && (one.outcome.inexact || one.outcome.body["convergence"]["start"] == "previous")
}

/// Who tells warnings: steps of the runner's records don't.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    ByBoth,
    ByOneOnly,
}

fn compare_done(world: &World, one: &Done, other: &Done, warnings: Told) -> Result<(), String> {
    let sorted = |done: &Done| {
        let mut outputs = done.outcome.outputs.clone();
        outputs.sort_by(|a, b| a.port.cmp(&b.port));
        outputs
    };
    for (mine, theirs) in sorted(one).iter().zip(&sorted(other)) {
        compare_outputs(world, mine, theirs)?;
    }
    if one.outcome.outputs.len() != other.outcome.outputs.len() {
        return Err("other ports were written".to_owned());
    }
    if let Some((place, mine, theirs)) = difference(&one.outcome.body, &other.outcome.body, String::new()) {
        return Err(format!("the body differs at `{place}`: {mine}, not {theirs}"));
    }
    if warnings == Told::ByBoth && one.outcome.warnings != other.outcome.warnings {
        return Err(format!("the warnings differ: {:?}, not {:?}", one.outcome.warnings, other.outcome.warnings));
    }
    if one.outcome.refusal != other.outcome.refusal {
        return Err(format!("the refusals differ: {:?}, not {:?}", one.outcome.refusal, other.outcome.refusal));
    }
    Ok(())
}

fn compare_outputs(world: &World, mine: &Output, theirs: &Output) -> Result<(), String> {
    let (port, one, other) = (&mine.port, &mine.artifact, &theirs.artifact);
    let store = world.bench.store();
    if one.digest != other.digest {
        return Err(match one.kind {
            ArtifactKind::Table => {
                format!("the table `{port}` differs:\n{}\nnot\n{}", show(world, one), show(world, other))
            }
            ArtifactKind::Matrix => {
                let raw = |artifact: &ArtifactRef| mlspec_model::Matrix::read(store, &artifact.digest).unwrap();
                let (one, other) = (raw(one), raw(other));
                match one.raw == other.raw {
                    true => {
                        let read = |digest| -> Value { store.json(digest).unwrap() };
                        format!(
                            "the fitted encoders differ: {:?}",
                            difference(&read(&one.encoders), &read(&other.encoders), String::new())
                        )
                    }
                    false => format!(
                        "the matrix `{port}` differs:\n{}\nnot\n{}",
                        show(world, &one.raw),
                        show(world, &other.raw)
                    ),
                }
            }
            _ => {
                let read = |artifact: &ArtifactRef| -> Value { store.json(&artifact.digest).unwrap() };
                format!("the artifact `{port}` differs: {:?}", difference(&read(one), &read(other), String::new()))
            }
        });
    }
    if one.lineage != other.lineage {
        let read = |artifact: &ArtifactRef| -> Value {
            artifact.lineage.map(|digest| store.json(&digest).unwrap()).unwrap_or_default()
        };
        return Err(format!(
            "the lineage of `{port}` differs: {:?}",
            difference(&read(one), &read(other), String::new())
        ));
    }
    if one != other {
        return Err(format!("the reference to `{port}` differs: {one:?}, not {other:?}"));
    }
    Ok(())
}

fn show(world: &World, artifact: &ArtifactRef) -> String {
    let found = mlspec_table::manifest(world.bench.store(), &artifact.digest).unwrap();
    let mut frame = world.bench.table(artifact).into_frame();
    // All columns, as text that tells −0 from 0.
    let columns: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    frame = frame.head(Some(40));
    let rows = (0..frame.height()).map(|at| {
        let cells = columns.iter().map(|name| format!("{:?}", frame.column(name).unwrap().get(at).unwrap()));
        cells.collect::<Vec<_>>().join(" | ")
    });
    format!(
        "{} (chunks of {}, {} rows)\n{}",
        columns.join(" | "),
        found.chunk_rows,
        found.rows,
        rows.collect::<Vec<_>>().join("\n")
    )
}

/// The first place where two documents differ, and what stands there.
pub(crate) fn difference(a: &Value, b: &Value, place: String) -> Option<(String, Value, Value)> {
    let at = |key: &str| format!("{place}/{key}");
    match (a, b) {
        _ if a == b => None,
        // A record that was read has 0 where one that was made has 0.0.
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => None,
        (Value::Object(one), Value::Object(other))
            if one.len() == other.len() && one.keys().all(|key| other.contains_key(key)) =>
        {
            one.iter().find_map(|(key, value)| difference(value, &other[key], at(key)))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).enumerate().find_map(|(n, (one, other))| difference(one, other, at(&n.to_string())))
        }
        _ => Some((place, a.clone(), b.clone())),
    }
}

/// A converged model against a cold refit: what it says of itself, coefficients, predictions.
fn compare_models(world: &World, one: &Done, other: &Done, apart: &mut Apart) -> Result<(), String> {
    let body = |done: &Done| serde_json::from_value::<Training>(done.outcome.body.clone()).unwrap();
    let (mut mine, mut theirs) = (body(one), body(other));
    if mine.guarantee != Guarantee::Converged {
        return Err(format!("the model is inexact, and its record says `{:?}`", mine.guarantee));
    }
    let (end, cold) = (mine.convergence.take(), theirs.convergence.take());
    // Importances are coefficients: as near as these are.
    (mine.importances, theirs.importances) = (None, None);
    if mine != theirs {
        return Err(format!("the record differs in more than how the fit ended: {mine:?}, not {theirs:?}"));
    }
    let (Some(end), Some(cold)) = (end, cold) else {
        return Err("the record does not say how the fit ended".to_owned());
    };
    if !(end.converged && cold.converged) {
        return if end.converged == cold.converged || end.converged {
            Ok(())
        } else {
            Err("the update did not converge, a cold fit does".to_owned())
        };
    }
    let read = |done: &Done| Model::read(world.bench.store(), &done.outcome.outputs[0].artifact.digest).unwrap();
    let (mine, theirs) = (read(one), read(other));
    let rows = LoadedMatrix::read(world.bench.store(), &one.inputs[0].1).unwrap();
    let numbers = |model: &Model| numbers(model, &rows.features);
    let probabilities = largest(&numbers(&mine), &numbers(&theirs));
    let coefficients = largest(&free(&mine), &free(&theirs));
    apart.models += 1;
    apart.probabilities = apart.probabilities.max(probabilities);
    apart.coefficients = apart.coefficients.max(coefficients);
    if probabilities > TOLERANCE || coefficients > TOLERANCE {
        return Err(format!(
            "the model is too far from a cold refit: probabilities {probabilities:e}, coefficients {coefficients:e}; {end:?}; cold {cold:?}"
        ));
    }
    Ok(())
}

/// Coefficients. The intercepts of more than two classes whose probabilities are a softmax are only known up to a common summand.
fn free(model: &Model) -> Vec<f64> {
    let functions = model.linear_functions();
    let mean = match model.predictor() {
        Predictor::Logistic(_) if functions.len() > 1 => {
            functions.iter().map(|function| function.intercept).sum::<f64>() / functions.len() as f64
        }
        _ => 0.0,
    };
    let intercepts = functions.iter().map(|function| function.intercept - mean);
    functions.iter().flat_map(|function| function.coefficients.iter().copied()).chain(intercepts).collect()
}

fn largest(one: &[f64], other: &[f64]) -> f64 {
    if one.len() != other.len() {
        return f64::INFINITY;
    }
    one.iter().zip(other).map(|(a, b)| (a - b).abs() / a.abs().max(1.0)).fold(0.0, f64::max)
}

/// Probabilities or values; where there are only classes, the linear functions that decide: near 0 a class may turn.
fn numbers(model: &Model, features: &Features) -> Vec<f64> {
    match model.predict(features).unwrap() {
        Prediction::Class { probabilities: Some(all), .. } => all.concat(),
        Prediction::Class { .. } => {
            let rows = || features.blocks().iter().flat_map(|block| block.rows());
            let functions = model.linear_functions();
            let values = functions.iter().map(|of| rows().map(|row| row.dot(of.coefficients) + of.intercept));
            values.flatten().collect()
        }
        Prediction::Cluster { distances, .. } => distances,
        Prediction::Value(values) => values,
    }
}
