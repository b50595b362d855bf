//! Figures about a model on rows.

use crate::importance::{self, Subject};
use crate::ranked::Ranked;
use crate::{
    Answers, EvaluateError, EvaluateParams, MetricSpec, Scored, Timing, curves, fairness, predictions, slices,
};
use mlspec_measure::confusion_matrix;
use mlspec_model::{LoadedMatrix, Matrix, Model, ModelError, PredictedRows, StoredMatrix};
use mlspec_provenance::{RowsBehind, Tracer};
use mlspec_record::ArtifactRef;
use mlspec_record::body::{Evaluation, ModelSize};
use mlspec_store::Store;
use mlspec_table::Table;

/// Checked parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluator {
    params: EvaluateParams,
    /// Metrics that are measured whatever the parameters say.
    always: Vec<MetricSpec>,
}

/// All that is found out about a model.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) evaluation: Evaluation,
    pub(crate) predictions: Table,
    pub(crate) timing: Option<Timing>,
}

impl Evaluator {
    pub(crate) fn of(params: EvaluateParams) -> Self {
        Self { params, always: Vec::new() }
    }

    pub(crate) fn with_metrics(mut self, metrics: impl IntoIterator<Item = MetricSpec>) -> Self {
        self.always.extend(metrics);
        self
    }

    /// The parameters.
    pub fn params(&self) -> &EvaluateParams {
        &self.params
    }

    /// The metrics, curves and counts over all rows. `classes` are those that codes stand for; the model's size is left at 0.
    ///
    /// # Errors
    /// When there are no rows, or a metric does not suit the label.
    pub fn evaluate(&self, scored: &Scored, classes: &[String]) -> Result<Evaluation, EvaluateError> {
        if scored.is_empty() {
            return Err(EvaluateError::NoRows);
        }
        let confusion_matrix = match &scored.answers {
            Answers::Class { truth, predicted, .. } => {
                confusion_matrix(truth, predicted, classes.len(), None).map_err(|_| EvaluateError::Classes)?.counts()
            }
            Answers::Value { .. } => Vec::new(),
        };
        let ranked = Ranked::new(scored);
        Ok(Evaluation {
            rows: scored.len() as u64,
            metrics: self.metrics(scored)?.iter().map(|metric| metric.report_ranked(&ranked)).collect(),
            slices: Vec::new(),
            fairness: Vec::new(),
            curves: curves::curves(&ranked),
            importances: None,
            confusion_matrix,
            classes: classes.to_vec(),
            model: ModelSize { bytes: 0, parameters: 0 },
        })
    }

    /// The metrics to measure, each once.
    fn metrics(&self, scored: &Scored) -> Result<Vec<MetricSpec>, EvaluateError> {
        let task = scored.task();
        let asked = match self.params.metrics.as_slice() {
            [] => &MetricSpec::defaults(task),
            asked => asked,
        };
        let mut metrics: Vec<MetricSpec> = Vec::new();
        for &metric in asked.iter().chain(&self.always) {
            if !metric.suits(task) {
                return Err(EvaluateError::unsuitable(metric, task));
            }
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        Ok(metrics)
    }

    /// Reads a model and rows from a store, and finds out everything; how long predictions take where there is a clock.
    pub(crate) fn run(
        &self,
        store: &Store,
        tracer: &Tracer<'_>,
        (model_ref, data): (&ArtifactRef, &ArtifactRef),
        clock: Option<&dyn Fn() -> f64>,
    ) -> Result<Found, EvaluateError> {
        let model = Model::read(store, &model_ref.digest)?;
        let matrix = StoredMatrix::open(store, data)?;
        let encoders_digest = *matrix.encoders_digest();
        if matrix.rows() == 0 {
            return Err(EvaluateError::NoRows);
        }
        if model.encoders().is_some_and(|encoders| *encoders != encoders_digest) {
            return Err(EvaluateError::Encoders);
        }
        let (rows, timing) = match clock {
            // All features at once, since that is what is measured.
            Some(clock) => timed(&model, matrix.load()?, clock).map(|(rows, timing)| (rows, Some(timing)))?,
            None => (matrix.predict(&model)?, None),
        };
        let PredictedRows { ids, target, weights, prediction } = rows;
        let target = target.ok_or(EvaluateError::NoLabel)?;
        let mut scored = Scored::new(target, prediction, weights, self.params.threshold)?;
        let mut rows = RowsBehind::new(store, tracer, data, &ids);
        scored.queries = self.params.queries.as_ref().map(|by| slices::queries(&mut rows, by)).transpose()?;
        let mut evaluation = self.evaluate(&scored, model.classes())?;
        let metrics = self.metrics(&scored)?;
        for by in &self.params.slices {
            evaluation.slices.push(slices::measure(&mut rows, by, self.params.max_slices, &metrics, &scored)?);
        }
        for by in &self.params.fairness {
            evaluation.fairness.push(fairness::measure(&mut rows, by, self.params.max_slices, &scored)?);
        }
        if let Some(bootstrap) = &self.params.bootstrap {
            let intervals = bootstrap.intervals(&metrics, &scored, &ids);
            evaluation.metrics.iter_mut().zip(intervals).for_each(|(metric, interval)| metric.interval = interval);
        }
        if let Some(params) = &self.params.permutation_importance {
            let raw = Table::read(store, &Matrix::read(store, &data.digest)?.raw.digest)?;
            let encoders = matrix.encoders().as_ref();
            let subject = Subject { model: &model, encoders, raw, scored: &scored, threshold: self.params.threshold };
            evaluation.importances = Some(params.measure(&subject, &importance::sources(tracer, data)?)?);
        }
        let bytes = store.object(&model_ref.digest)?.len() + store.object(&encoders_digest)?.len();
        evaluation.model = ModelSize { bytes: bytes as u64, parameters: model.parameters() };
        Ok(Found { evaluation, predictions: predictions(&ids, model.classes(), &scored)?, timing })
    }
}

/// What a model says about rows, and how long that takes.
fn timed(model: &Model, matrix: LoadedMatrix, clock: &dyn Fn() -> f64) -> Result<(PredictedRows, Timing), ModelError> {
    let LoadedMatrix { ids, features, target, weights, .. } = matrix;
    let (prediction, timing) = Timing::predict(model, &features, clock)?;
    Ok((PredictedRows { ids, target, weights, prediction }, timing))
}
