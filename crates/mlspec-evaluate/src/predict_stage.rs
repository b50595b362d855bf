//! The stage predict: a fitted model and rows become predictions. The encoders and the model are loaded, never fitted.

use crate::EvaluateError;
use crate::predictions::{column, of_classes, table};
use crate::scored::decide;
use crate::stage::{MODEL, name, producer, settings};
use mlspec_model::{FittedEncoders, FittedLabel, Model, ModelError, Prediction};
use mlspec_record::body::{PredictedClass, Prediction as Body};
use mlspec_record::{
    ArtifactKind, ColumnLineage, Dependency, Digest, Kind, Lineage, LineageParent, Name, Producer, RowLineage,
    SourceColumn, StageId,
};
use mlspec_stage::{Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings};
use mlspec_store::Store;
use mlspec_table::polars::prelude as pl;
use mlspec_table::polars::prelude::NamedFrom as _;
use mlspec_table::{ChunkOptions, Table, TableError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const ROWS: &str = "rows";
const PREDICTIONS: &str = "predictions";
const LABEL: &str = "label";

/// How the stage predict decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictParams {
    /// From which probability of the positive class on a row is predicted positive; the model decides if there is none,
    /// which is at 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub threshold: Option<f64>,
    /// Whether the label stands beside the prediction, where the rows have its column.
    #[serde(default = "yes")]
    pub label: bool,
}

fn yes() -> bool {
    true
}

impl Default for PredictParams {
    fn default() -> Self {
        Self { threshold: None, label: true }
    }
}

/// Checked parameters of the stage.
#[derive(Debug)]
struct Predictor(PredictParams);

/// The stage `predict@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(PredictParams) }
}

fn id() -> StageId {
    StageId::new("predict@1").expect("the constant is a stage id")
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    let params: PredictParams = parse_settings(settings)?;
    match params.threshold {
        Some(threshold) if !(0.0..=1.0).contains(&threshold) => Err(EvaluateError::Threshold(threshold).into()),
        _ => Ok(Box::new(Predictor(params))),
    }
}

impl Stage for Predictor {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Prediction
    }

    fn producer(&self) -> Producer {
        producer()
    }

    fn settings(&self) -> Map<String, Value> {
        settings(&self.0)
    }

    fn ports(&self) -> Ports {
        Ports {
            inputs: vec![Port::new(name(MODEL), ArtifactKind::Model), Port::new(name(ROWS), ArtifactKind::Table)],
            outputs: vec![Port::new(name(PREDICTIONS), ArtifactKind::Table)],
        }
    }

    /// The columns of the predictions depend on the model's classes, which only a run knows.
    fn plan(&self, _: &Schemas) -> Result<Schemas, StageError> {
        Ok(Schemas::new())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let store = cx.store();
        let model_ref = cx.input(MODEL, ArtifactKind::Model)?.artifact.clone();
        let rows_ref = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
        let fitted = Fitted::read(store, &model_ref.digest)?;
        let rows = Table::read(store, &rows_ref.digest).map_err(EvaluateError::from)?;
        let (predictions, body) = fitted.predict(&rows, &self.0)?;
        cx.check_cancelled()?;
        let mut artifact = predictions.write(store, &ChunkOptions::default()).map_err(EvaluateError::from)?;
        let parents = vec![
            LineageParent { scan: ROWS.to_owned(), artifact: rows_ref },
            LineageParent { scan: MODEL.to_owned(), artifact: model_ref },
        ];
        artifact.lineage = Some(fitted.lineage(store, parents, &predictions)?);
        cx.output(name(PREDICTIONS), artifact)?;
        cx.body(&body)
    }
}

/// A model and the encoders in front of it.
struct Fitted {
    model: Model,
    encoders: FittedEncoders,
    digest: Digest,
}

impl Fitted {
    fn read(store: &Store, model: &Digest) -> Result<Self, EvaluateError> {
        let model = Model::read(store, model)?;
        let digest = *model.encoders().ok_or(EvaluateError::NoEncoders)?;
        Ok(Self { encoders: FittedEncoders::read(store, &digest)?, digest, model })
    }

    /// The table columns that features are made from.
    fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = self.encoders.feature_columns().into_iter().map(|raw| raw.column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn predict(&self, rows: &Table, params: &PredictParams) -> Result<(Table, Body), EvaluateError> {
        if let Some(column) = self.columns().into_iter().find(|column| rows.schema().get(column).is_none()) {
            return Err(EvaluateError::NoFeatureColumn { column });
        }
        let prediction = self.model.predict(&self.encoders.transform(rows)?)?;
        let label = self.encoders.label().filter(|label| params.label && rows.schema().get(label.column()).is_some());
        let mut columns: Vec<pl::Column> = label.map(|label| labels(label, rows)).transpose()?.into_iter().collect();
        let (mut predicted, mut mean) = (Vec::new(), None);
        match &prediction {
            Prediction::Cluster { .. } if params.threshold.is_some() => return Err(EvaluateError::NoThreshold),
            Prediction::Cluster { codes, distances, clusters } => {
                let mut counts = vec![0_u64; *clusters as usize];
                codes.iter().for_each(|code| counts[*code as usize] += 1);
                let counted = counts.into_iter().enumerate();
                predicted = counted.map(|(code, rows)| PredictedClass { class: code.to_string(), rows }).collect();
                let codes: Vec<i64> = codes.iter().map(|code| i64::from(*code)).collect();
                columns.push(pl::Series::new("cluster".into(), codes).into());
                columns.push(column("distance", distances));
            }
            Prediction::Value(_) if params.threshold.is_some() => return Err(EvaluateError::NoThreshold),
            Prediction::Value(values) => {
                mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
                columns.push(column("prediction", values));
            }
            Prediction::Class { codes, probabilities, classes } => {
                let positive = self.model.positive();
                let codes = match params.threshold {
                    Some(threshold) => decide(threshold, positive, probabilities.as_deref())?,
                    None => codes.clone(),
                };
                let count = |code: usize| codes.iter().filter(|found| **found as usize == code).count() as u64;
                let counted =
                    |(code, class): (usize, &String)| PredictedClass { class: class.clone(), rows: count(code) };
                predicted = classes.iter().enumerate().map(counted).collect();
                columns.extend(of_classes(classes, &codes, probabilities.as_deref(), positive));
            }
        }
        let positive = self.model.positive().and_then(|code| self.model.classes().get(code as usize)).cloned();
        let body = Body {
            rows: rows.len() as u64,
            estimator: self.model.estimator().to_owned(),
            encoders: self.digest,
            features: self.encoders.features() as u64,
            threshold: params.threshold,
            positive,
            predicted,
            mean,
            label: label.map(|label| label.column().to_owned()),
        };
        Ok((table(&rows.ids(), columns)?, body))
    }

    /// Each row is that of the rows; what is said of it is a function of the columns that features are made from.
    fn lineage(
        &self,
        store: &Store,
        parents: Vec<LineageParent>,
        predictions: &Table,
    ) -> Result<Digest, EvaluateError> {
        let source =
            |column: &str, dependency| SourceColumn { scan: ROWS.to_owned(), column: column.to_owned(), dependency };
        let features = self.columns();
        let lineage = |column: &mlspec_record::Column| {
            let sources = match (column.name.as_str(), self.encoders.label()) {
                (LABEL, Some(label)) => vec![source(label.column(), Dependency::Identity)],
                _ => features.iter().map(|column| source(column, Dependency::Transformation)).collect(),
            };
            ColumnLineage { column: column.name.clone(), data_type: column.data_type, sources }
        };
        let columns = predictions.schema().columns().iter().map(lineage).collect();
        let lineage =
            Lineage { parents, rows: RowLineage::Identity, columns, indirect: Vec::new(), features: Vec::new() };
        Ok(store.put_json(&lineage)?.0)
    }
}

/// The label as predictions write it: the class as text, or the number. It may be null, and a class that the model does not know.
fn labels(label: &FittedLabel, rows: &Table) -> Result<pl::Column, EvaluateError> {
    let data_type = if label.is_class() { pl::DataType::String } else { pl::DataType::Float64 };
    let cast = rows.column(label.column())?.as_materialized_series().cast(&data_type).map_err(TableError::from);
    Ok(cast.map_err(ModelError::from)?.with_name(LABEL.into()).into())
}
