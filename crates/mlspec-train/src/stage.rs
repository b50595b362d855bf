//! Between artifacts and [`Trainer::fit`]; no decisions here.

use crate::{Fitted, Sample, TrainError, TrainParams, Trainer, warm};
use mlspec_model::{LoadedMatrix, Model};
use mlspec_record::body::{Start, Training};
use mlspec_record::{ArtifactKind, ArtifactRef, Kind, Lineage, LineageParent, Name, Producer, RowLineage, StageId};
use mlspec_stage::{Changes, Context, Port, Ports, Schemas, Stage, StageEntry, StageError, parse_settings};
use serde_json::{Map, Value};

/// The stage: a matrix in, a model out.
#[derive(Clone, Debug)]
pub struct TrainStage {
    params: TrainParams,
    trainer: Trainer,
}

/// What the binary registers.
pub fn entry() -> StageEntry {
    StageEntry {
        id: id(),
        build: |_, settings, _| Ok(Box::new(parse_settings::<TrainParams>(settings)?.check()?)),
        settings: || schemars::schema_for!(TrainParams),
    }
}

fn id() -> StageId {
    constant(StageId::new("train@1"))
}

fn name(text: &str) -> Name {
    constant(Name::new(text))
}

/// A value of a constant text.
fn constant<T, E>(value: Result<T, E>) -> T {
    value.unwrap_or_else(|_| unreachable!("the text is in the grammar"))
}

impl TrainStage {
    pub(crate) fn new(params: TrainParams, trainer: Trainer) -> Self {
        Self { params, trainer }
    }

    fn body(&self, matrix: &LoadedMatrix, fitted: &Fitted) -> Training {
        let model = &fitted.model;
        let hyperparameters = serde_json::to_value(self.trainer.estimator()).ok();
        let hyperparameters =
            hyperparameters.and_then(|value| value.as_object()?.values().next()?.as_object().cloned());
        let classes = model.classes();
        Training {
            estimator: model.estimator().to_owned(),
            hyperparameters: hyperparameters.unwrap_or_default(),
            rows: matrix.ids.len() as u64,
            features: model.features() as u64,
            classes: classes.to_vec(),
            positive: model.positive().and_then(|at| classes.get(at as usize).cloned()),
            convergence: fitted.convergence.clone(),
            method: self.trainer.method(),
            guarantee: self.trainer.guarantee(),
            state: None,
            importances: fitted.importance.as_ref().map(|importance| importance.listed(&matrix.encoders)),
            format: Model::FORMAT.to_owned(),
        }
    }
}

impl Stage for TrainStage {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Training
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        let settings = serde_json::to_value(&self.params).ok();
        settings.and_then(|value| value.as_object().cloned()).unwrap_or_default()
    }

    fn ports(&self) -> Ports {
        let port = |text, kind| vec![Port::new(name(text), kind)];
        Ports { inputs: port("train", ArtifactKind::Matrix), outputs: port("model", ArtifactKind::Model) }
    }

    fn plan(&self, _inputs: &Schemas) -> Result<Schemas, StageError> {
        Ok(Schemas::new())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        self.fit(cx, None)
    }

    /// What is found from sums or anew is found as by a run, which is exact. Iterations begin at the model before.
    fn update(&self, cx: &mut Context<'_>, _: &Changes) -> Result<(), StageError> {
        let before = cx.previous().and_then(|previous| warm::model(cx.store(), previous, &self.trainer));
        self.fit(cx, before.as_ref())
    }
}

impl TrainStage {
    fn fit(&self, cx: &mut Context<'_>, before: Option<&Model>) -> Result<(), StageError> {
        let store = cx.store();
        let input = cx.input("train", ArtifactKind::Matrix)?.artifact.clone();
        let matrix = LoadedMatrix::read(store, &input)?;
        cx.check_cancelled()?;
        let weights = matrix.weights.as_deref();
        let sample = match &matrix.target {
            None if self.trainer.needs_label() => return Err(TrainError::NoLabel.into()),
            None => Sample::unlabelled(&matrix.features, weights)?,
            Some(target) => Sample::new(&matrix.features, target, weights)?,
        };
        let sample = sample.with_ids(&matrix.ids)?.with_encoders(&matrix.encoders)?;
        let start = cx.host().seconds();
        let before = before.and_then(|before| warm::carried(store, before, &matrix));
        let mut fitted = match &before {
            Some(before) => self.trainer.refit(&sample, before)?,
            None => self.trainer.fit(&sample)?,
        };
        cx.measure("fit_seconds", cx.host().seconds() - start);
        if fitted.convergence.as_ref().is_some_and(|convergence| convergence.start == Start::Previous) {
            cx.incremental();
            cx.inexact();
        }
        if matrix.features.columns() <= Model::MAX_NAMES {
            fitted.model = fitted.model.with_names(matrix.encoders.names())?;
        }
        fitted.model = fitted.model.with_encoders(matrix.encoders_digest);
        fitted.warnings.drain(..).for_each(|warning| cx.warn(warning));
        let (digest, model_bytes) = fitted.model.write(store)?;
        let bytes = model_bytes + store.object(&matrix.encoders_digest)?.len() as u64;
        let lineage = Lineage {
            parents: vec![LineageParent { scan: "train".to_owned(), artifact: input }],
            rows: RowLineage::All,
            columns: Vec::new(),
            indirect: Vec::new(),
            features: Vec::new(),
        };
        let lineage = Some(store.put_json(&lineage)?.0);
        cx.output(name("model"), ArtifactRef { kind: ArtifactKind::Model, digest, lineage, rows: None, bytes })?;
        cx.body(&self.body(&matrix, &fitted))
    }
}
