//! What was fitted, with which hyper-parameters, and how the fit ended.

use super::{facts, setting};
use crate::number::{count, figure};
use crate::report::{Body, Report};
use maud::{Markup, html};
use mlspec_record::body::{Convergence, Guarantee, Training};

/// The models of every train step.
pub(crate) fn models(report: &Report) -> Markup {
    let found: Vec<(&str, &Training)> = report
        .steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Training(body) => Some((step.name(), body)),
            _ => None,
        })
        .collect();
    html! {
        @if !found.is_empty() {
            h2 { "Training" }
            @for (step, body) in found {
                h3 { (step) ": " code { (body.estimator) } }
                p { (count(body.rows)) " rows, " (count(body.features)) " features. An updated model is " (guarantee(body.guarantee)) "." }
                @if !body.classes.is_empty() {
                    p { "Classes: " (body.classes.join(", ")) @if let Some(positive) = &body.positive { "; positive: " (positive) } "." }
                }
                (facts(&body.hyperparameters.iter().map(|(name, value)| (name.as_str(), setting(value))).collect::<Vec<_>>()))
                @if let Some(convergence) = &body.convergence { (ended(convergence)) }
            }
        }
    }
}

fn guarantee(guarantee: Guarantee) -> &'static str {
    match guarantee {
        Guarantee::Exact => "bit-equal to one fitted anew",
        Guarantee::Converged => "the same optimum, to the gradient norm asked for",
        Guarantee::Retrained => "fitted anew",
    }
}

fn ended(convergence: &Convergence) -> Markup {
    let (class, word) = if convergence.converged { ("good", "converged") } else { ("bad", "did not converge") };
    html! {
        p {
            strong class=(class) { (word) } " after " (count(convergence.iterations)) " iterations: objective "
            (figure(convergence.objective))
            @if let Some(norm) = convergence.gradient_norm { ", gradient norm " (figure(norm)) }
            " (asked: " (figure(convergence.tolerance)) ")."
        }
    }
}
