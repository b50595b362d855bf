//! The update run.

use super::Maintainer;
use super::base::Base;
use super::revise::Revised;
use crate::MaintainError;
use mlspec_record::object::{ChangeKind, RunUpdate};
use mlspec_record::{Name, Output};
use mlspec_runner::{CheckOptions, Given, Pipeline, RunOptions, RunReport};
use mlspec_stage::Schemas;
use mlspec_store::{Store, StoreError};
use mlspec_trace::Source;
use std::collections::BTreeMap;
use std::path::PathBuf;

impl Maintainer<'_> {
    /// Carries revised sources through the pipeline, as it was run; the other sources are what they were.
    pub(super) fn carry(
        &self,
        store: &Store,
        base: &Base,
        revised: &[Revised],
        change: ChangeKind,
    ) -> Result<RunReport, MaintainError> {
        let body = &base.run().body;
        let mut given = BTreeMap::new();
        for source in base.view.sources() {
            let now = revised.iter().find(|revised| revised.step == source.step);
            given.insert(source.step.clone(), given_of(base, source, now)?);
        }
        let schemas: BTreeMap<Name, Schemas> = given
            .iter()
            .map(|(step, given)| Ok((step.clone(), given.schemas(store)?)))
            .collect::<Result<_, StoreError>>()?;
        let pipeline = Pipeline::of(body.file.clone(), PathBuf::from(&body.folder), body.parameters.clone())?;
        let environment = self.around.variables.clone();
        let secret = self.secret.clone();
        let options = CheckOptions { given: schemas, secret, environment, ..CheckOptions::default() };
        let checked = pipeline.check(self.registry, store, &options)?;
        let sources = revised.iter().map(Revised::counts).collect();
        let update = Some(RunUpdate { from: base.run().id.clone(), change, sources });
        let options = RunOptions { given, update, hold: true, ..RunOptions::default() };
        Ok(checked.run(store, self.around, &options, self.observer)?)
    }
}

fn given_of(base: &Base, source: &Source, now: Option<&Revised>) -> Result<Given, MaintainError> {
    let record = base.view.step(source.step.as_str())?;
    let (outputs, body) = (record.outputs.clone(), record.body.clone());
    let Some(now) = now else {
        let reason = "its source did not change".to_owned();
        return Ok(Given { outputs, body, reason, unchanged: true, ..Given::default() });
    };
    let artifact = |output: &Output| match (output.port.as_str(), &now.body.quarantined) {
        ("quarantine", Some(quarantined)) => quarantined.table.clone(),
        _ => now.after.clone(),
    };
    let outputs = outputs.into_iter().map(|output| Output { artifact: artifact(&output), ..output }).collect();
    let body = serde_json::to_value(&now.body).map_err(mlspec_record::RecordError::from)?;
    Ok(Given { outputs, body, reason: now.reason(), ..Given::default() })
}
