//! Columns that new rows lack: what depends on them, by the column lineage of the run.

use crate::PredictError;
use crate::file::literally;
use crate::serving::Serving;
use mlspec_provenance::Tracer;
use mlspec_record::object::PassedOver;
use mlspec_record::{Dependency, Name, SourceColumn, TableSchema};
use mlspec_stage::{Registry, Schemas, Site, StageEntry};
use mlspec_trace::View;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Columns that are missing, by dataset.
pub(crate) type Missing = BTreeMap<Name, Vec<String>>;

/// What follows from columns that are missing.
#[derive(Debug, Default)]
pub(crate) struct Lacking {
    /// Whether the label depends on them.
    pub(crate) label: bool,
    /// Settings of validations without the expectations about them.
    pub(crate) settings: BTreeMap<Name, Map<String, Value>>,
    /// Validations that no expectation is left of.
    pub(crate) skipped: BTreeSet<Name>,
    /// How many expectations were passed over.
    pub(crate) passed_over: Vec<PassedOver>,
}

impl Lacking {
    /// Finds out; an error where predictions depend on a column that is missing.
    pub(crate) fn of(
        view: &View,
        registry: &Registry,
        serving: &Serving,
        missing: &Missing,
    ) -> Result<Self, PredictError> {
        let mut lacking = Self::default();
        if missing.values().all(Vec::is_empty) {
            return Ok(lacking);
        }
        let tracer = Tracer::new(view.store());
        for column in tracer.columns(&serving.encoded)? {
            let Some((dataset, from)) = first(&column.sources, missing) else { continue };
            if serving.features.contains(&column.column) {
                return Err(needed(dataset, from, format!("the features of `{}` depend", column.column)));
            }
            lacking.label |= serving.label.as_ref() == Some(&column.column);
        }
        for source in tracer.indirect(&serving.encoded)? {
            if let Some((dataset, from)) = first(std::slice::from_ref(&source), missing) {
                let by = by(source.dependency);
                return Err(needed(dataset, from, format!("which rows there are depends, by a {by},")));
            }
        }
        for step in &serving.way {
            lacking.pass_over(view, registry, &tracer, step, missing)?;
        }
        Ok(lacking)
    }

    /// Takes the expectations about missing columns out of a validation.
    fn pass_over(
        &mut self,
        view: &View,
        registry: &Registry,
        tracer: &Tracer<'_>,
        step: &Name,
        missing: &Missing,
    ) -> Result<(), PredictError> {
        let record = view.step(step.as_str())?;
        let Some(entry) = registry.get(&record.step.stage).filter(|entry| entry.id.name() == "validate") else {
            return Ok(());
        };
        let (Some(Value::Array(all)), Some(input)) = (record.parameters.get("expectations"), record.inputs.first())
        else {
            return Ok(());
        };
        let unknown: BTreeSet<String> = tracer
            .columns(&input.artifact)?
            .into_iter()
            .filter(|column| first(&column.sources, missing).is_some())
            .map(|column| column.column)
            .collect();
        let whole = view.store().table_schema(&input.artifact.digest)?;
        let port = input.port.to_string();
        let judge = Judge { entry, step, settings: &record.parameters, port, whole, unknown };
        let kept: Vec<Value> = all.iter().filter(|one| !judge.needs_unknown(one)).cloned().collect();
        if kept.len() == all.len() {
            return Ok(());
        }
        let (expectations, of) = ((all.len() - kept.len()) as u64, all.len() as u64);
        self.passed_over.push(PassedOver { step: step.clone(), expectations, of });
        match kept.is_empty() {
            true => drop(self.skipped.insert(step.clone())),
            false => {
                let mut settings = record.parameters.clone();
                settings.insert("expectations".to_owned(), Value::Array(kept));
                self.settings.insert(step.clone(), literally(settings));
            }
        }
        Ok(())
    }
}

/// Tells expectations that need columns which are not there.
struct Judge<'a> {
    entry: &'a StageEntry,
    step: &'a Name,
    settings: &'a Map<String, Value>,
    port: String,
    whole: TableSchema,
    unknown: BTreeSet<String>,
}

impl Judge<'_> {
    /// Whether the expectation can be planned with all columns, and not without those that are missing.
    fn needs_unknown(&self, expectation: &Value) -> bool {
        let mut settings = self.settings.clone();
        settings.insert("expectations".to_owned(), Value::Array(vec![expectation.clone()]));
        for other in ["document", "waivers", "environment"] {
            settings.remove(other);
        }
        let Ok(stage) = (self.entry.build)(self.step, settings, &Site::default()) else { return false };
        let known = self.whole.columns().iter().filter(|column| !self.unknown.contains(&column.name));
        let Ok(known) = TableSchema::new(known.cloned().collect()) else { return false };
        let plans = |schema: TableSchema| stage.plan(&Schemas::from([(self.port.clone(), schema)])).is_ok();
        plans(self.whole.clone()) && !plans(known)
    }
}

/// The first of these columns that is missing.
fn first<'a>(sources: &'a [SourceColumn], missing: &'a Missing) -> Option<(&'a Name, &'a str)> {
    sources.iter().find_map(|source| {
        let (dataset, columns) = missing.iter().find(|(dataset, _)| dataset.as_str() == source.scan)?;
        columns.contains(&source.column).then_some((dataset, source.column.as_str()))
    })
}

fn needed(dataset: &Name, column: &str, depends: String) -> PredictError {
    PredictError::Missing { source_name: dataset.to_string(), column: column.to_owned(), depends }
}

fn by(dependency: Dependency) -> &'static str {
    match dependency {
        Dependency::Join => "join",
        Dependency::Group => "group",
        Dependency::Sort => "sort",
        Dependency::Window => "window",
        _ => "filter",
    }
}
