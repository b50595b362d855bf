//! Backward: where does this come from?

use crate::cell::row_ids;
use crate::sweep::{Swept, add, sweep};
use crate::view::body;
use crate::{Pick, RowId, SourceRow, Target, TraceError, View};
use mlspec_model::FittedEncoders;
use mlspec_provenance::Tracer;
use mlspec_record::body::{Transformation, Validation};
use mlspec_record::{ArtifactKind, ArtifactRef, Envelope, Id, Kind, Name, PortRef, SourceColumn, StageId};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where something comes from.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// The pipeline.
    pub pipeline: Name,
    /// The run.
    pub run: Id,
    /// What was asked about.
    pub asked: Asked,
    /// The source rows behind it, by dataset.
    pub sources: Vec<SourceRows>,
    /// The steps between, sources first.
    pub steps: Vec<Hop>,
}

/// What was asked about, found.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// The step.
    pub step: Name,
    /// Its record.
    pub record: Id,
    /// The output, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<Name>,
    /// The rows, where some were chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowId>,
    /// The feature, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<Feature>,
}

/// A feature of a matrix.
#[derive(Clone, Debug, Serialize)]
pub struct Feature {
    /// Its index.
    pub index: u64,
    /// Its name.
    pub name: String,
    /// The encoder that wrote it.
    pub encoder: String,
    /// The table columns that the encoder read.
    pub columns: Vec<String>,
    /// The source columns behind those.
    pub sources: Vec<SourceColumn>,
}

/// Rows of one source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceRows {
    /// The dataset.
    pub dataset: Name,
    /// The step that ingested it, if the run has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Name>,
    /// How many of its rows.
    pub total: u64,
    /// The first of them.
    pub rows: Vec<SourceRow>,
}

/// A step on the way.
#[derive(Clone, Debug, Serialize)]
pub struct Hop {
    /// The step.
    pub step: Name,
    /// The stage it used.
    pub stage: StageId,
    /// Its record.
    pub record: Id,
    /// What it read: its port, and the output of another step.
    pub inputs: Vec<(Name, PortRef)>,
}

/// Where a target comes from. `limit` is how many rows of each source are described; `values` adds all their values.
///
/// # Errors
/// When a name is unknown, no row is as asked, or lineage cannot be followed.
pub fn trace(view: &View, target: &Target, pick: &Pick, limit: usize, values: bool) -> Result<Trace, TraceError> {
    let (asked, swept) = match target {
        Target::Port { port, rows } => {
            let pick = if rows.is_empty() { pick.clone() } else { Pick::Rows(rows.clone()) };
            rows_of(view, port, &pick)?
        }
        Target::Feature { port, feature } => feature_of(view, port, feature, pick)?,
        Target::Record(name) => record_of(view, view.record(name)?)?,
    };
    let mut sources = Vec::new();
    for (dataset, (artifact, rows)) in swept {
        let shown = rows.get(..limit).unwrap_or(&rows);
        let source = view.source_of(&artifact, dataset.as_str());
        let described = match source {
            Some(source) => view.describe(source, shown, values)?,
            None => shown
                .iter()
                .map(|row| SourceRow { row: RowId(*row), key: Default::default(), file: None, values: None })
                .collect(),
        };
        let step = source.map(|source| source.step.clone());
        sources.push(SourceRows { dataset, step, total: rows.len() as u64, rows: described });
    }
    let steps = chain(view, asked.step.as_str());
    Ok(Trace { pipeline: view.run.body.file.pipeline.clone(), run: view.run.id.clone(), asked, sources, steps })
}

fn asked(record: &Envelope<Value>, port: Option<&PortRef>, rows: &[u64]) -> Asked {
    let port = port.map(|port| port.port.clone());
    Asked { step: record.step.name.clone(), record: record.id.clone(), port, rows: row_ids(rows), feature: None }
}

fn rows_of(view: &View, port: &PortRef, pick: &Pick) -> Result<(Asked, Swept), TraceError> {
    let artifact = view.output(port)?;
    let record = view.step(port.step.as_str())?;
    match pick.resolve(view, artifact, &port.to_string())? {
        None => Ok((asked(record, Some(port), &[]), sweep(&Tracer::new(&view.store), artifact)?)),
        Some(rows) => Ok((asked(record, Some(port), &rows), backward(view, artifact, &rows, port)?)),
    }
}

fn backward(view: &View, artifact: &ArtifactRef, rows: &[u64], port: &PortRef) -> Result<Swept, TraceError> {
    if !matches!(artifact.kind, ArtifactKind::Table | ArtifactKind::Matrix) {
        return Err(TraceError::Kind {
            of: port.to_string(),
            found: artifact.kind,
            expected: "a table or matrix, which have rows",
        });
    }
    let mut swept = Swept::new();
    for (scan, found) in Tracer::new(&view.store).backward(artifact, rows)? {
        add(&mut swept, scan.dataset, scan.artifact, found);
    }
    Ok(swept)
}

fn feature_of(view: &View, port: &PortRef, text: &str, pick: &Pick) -> Result<(Asked, Swept), TraceError> {
    let artifact = view.output(port)?;
    if artifact.kind != ArtifactKind::Matrix {
        return Err(TraceError::Kind {
            of: port.to_string(),
            found: artifact.kind,
            expected: "a matrix, which has features",
        });
    }
    let names = feature_names(view, port)?;
    let position = |text: &str| {
        let named = names.iter().position(|name| name == text);
        named.or_else(|| text.parse().ok().filter(|index| *index < names.len()))
    };
    let unknown = || TraceError::unknown("feature", text, names.iter().map(String::as_str)).within(&port.to_string());
    // `#a:17` is row 17 of feature `a`, unless a feature is named `a:17`.
    let (index, pick) = match (position(text), text.rsplit_once(':')) {
        (Some(index), _) => (index, pick.clone()),
        (None, Some((name, rows))) => (position(name).ok_or_else(unknown)?, Pick::rows(rows)?),
        (None, None) => return Err(unknown()),
    };
    let tracer = Tracer::new(&view.store);
    let mut ranges = tracer.features(artifact)?.into_iter();
    let (range, sources) =
        ranges.find(|(range, _)| (range.start..range.end).contains(&(index as u64))).ok_or_else(unknown)?;
    let (mut asked, swept) = rows_of(view, port, &pick)?;
    asked.feature = Some(Feature {
        index: index as u64,
        name: names.get(index).cloned().unwrap_or_default(),
        encoder: range.encoder,
        columns: range.columns,
        sources: sources.clone(),
    });
    let read = |dataset: &Name| sources.iter().any(|column| column.scan == dataset.as_str());
    Ok((asked, swept.into_iter().filter(|(dataset, _)| read(dataset)).collect()))
}

/// The features' names, from the encoders that the step fitted.
fn feature_names(view: &View, port: &PortRef) -> Result<Vec<String>, TraceError> {
    let body: Transformation = body(view.step(port.step.as_str())?)?;
    match body.encoding {
        Some(encoding) => Ok(FittedEncoders::read(&view.store, &encoding.encoders)?.names()),
        None => Ok(Vec::new()),
    }
}

/// Behind a record stands what is behind its outputs; behind verdicts also the rows that failed.
fn record_of(view: &View, record: &Envelope<Value>) -> Result<(Asked, Swept), TraceError> {
    let mut swept = Swept::new();
    let tracer = Tracer::new(&view.store);
    let mut take = |artifact: &ArtifactRef| -> Result<(), TraceError> {
        sweep(&tracer, artifact)?
            .into_iter()
            .for_each(|(dataset, (source, rows))| add(&mut swept, dataset, source, rows));
        Ok(())
    };
    let failing: Vec<ArtifactRef> = match record.kind {
        Kind::Validation => body::<Validation>(record)?
            .expectations
            .into_iter()
            .filter_map(|expectation| expectation.failing_rows)
            .collect(),
        _ => Vec::new(),
    };
    match failing.iter().any(|artifact| artifact.rows != Some(0)) {
        true => failing.iter().try_for_each(&mut take)?,
        false => record.outputs.iter().try_for_each(|output| take(&output.artifact))?,
    }
    Ok((asked(record, None, &[]), swept))
}

/// The steps that a step's inputs come through, sources first, itself last.
fn chain(view: &View, step: &str) -> Vec<Hop> {
    let mut hops = Vec::new();
    visit(view, step, &mut BTreeSet::new(), &mut hops);
    hops
}

fn visit(view: &View, step: &str, seen: &mut BTreeSet<Name>, hops: &mut Vec<Hop>) {
    let Some(record) = view.records.get(step) else { return };
    if !seen.insert(record.step.name.clone()) {
        return;
    }
    let producers = record.inputs.iter().filter_map(|input| {
        let producer = input.producer.as_ref()?;
        Some((input.port.clone(), PortRef { step: producer.step.clone(), port: producer.port.clone() }))
    });
    let inputs: Vec<_> = producers.collect();
    inputs.iter().for_each(|(_, from)| visit(view, from.step.as_str(), seen, hops));
    hops.push(Hop {
        step: record.step.name.clone(),
        stage: record.step.stage.clone(),
        record: record.id.clone(),
        inputs,
    });
}
