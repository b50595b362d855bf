//! Whether the ends of every edge fit.

use crate::check::{Draft, InputEdge};
use crate::suggest::suggest;
use crate::{CheckedStep, Problem};
use mlspec_record::{Name, StepFile};
use std::collections::BTreeMap;

/// What a step reads, and everything wrong with it.
pub(crate) fn connect(
    name: &Name,
    file: &StepFile,
    drafts: &BTreeMap<Name, Draft<'_>>,
    problems: &mut Vec<Problem>,
) -> Vec<InputEdge> {
    let mut edges = Vec::new();
    let own = drafts.get(name).and_then(|draft| draft.step.as_ref());
    for (port, from) in &file.inputs {
        let pointer = format!("/steps/{name}/inputs/{port}");
        let wrong = |message: String| Problem::at(pointer.clone(), message).step(name);
        let Some(source) = drafts.get(&from.step) else {
            let hint = suggest(from.step.as_str(), drafts.keys().map(Name::as_str));
            problems.push(wrong(format!("there is no step `{}`", from.step)).hint(hint));
            continue;
        };
        edges.push(InputEdge { port: port.clone(), step: from.step.clone(), from: from.port.clone() });
        let accepts = own.map(|own| own.ports.input(port.as_str()));
        if let (Some(own), Some(None)) = (own, accepts) {
            let hint = suggest(port.as_str(), own.ports.inputs.iter().map(|port| port.name.as_str()));
            problems.push(wrong(format!("`{}` has no input port `{port}`", own.id)).hint(hint));
        }
        let Some(source) = &source.step else { continue };
        match (source.ports.output(from.port.as_str()), accepts.flatten()) {
            (None, _) => {
                let hint = suggest(from.port.as_str(), source.ports.outputs.iter().map(|port| port.name.as_str()));
                problems.push(wrong(format!("the step `{}` has no output port `{}`", from.step, from.port)).hint(hint));
            }
            (Some(given), Some(taken)) if given.kind != taken.kind => {
                problems
                    .push(wrong(format!("the port `{port}` expects a {}, `{from}` is a {}", taken.kind, given.kind)));
            }
            _ => {}
        }
    }
    for port in own.into_iter().flat_map(CheckedStep::required_inputs).filter(|port| !file.inputs.contains_key(*port)) {
        let message = format!("the input port `{port}` is not connected");
        let hint = Some(format!("give it the output of another step: `inputs: {{ {port}: STEP.PORT }}`"));
        problems.push(Problem::at(format!("/steps/{name}/inputs"), message).step(name).hint(hint));
    }
    for (at, step) in file.after.iter().enumerate().filter(|(_, step)| !drafts.contains_key(*step)) {
        let hint = suggest(step.as_str(), drafts.keys().map(Name::as_str));
        problems.push(
            Problem::at(format!("/steps/{name}/after/{at}"), format!("there is no step `{step}`"))
                .step(name)
                .hint(hint),
        );
    }
    edges
}
