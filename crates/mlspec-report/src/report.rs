//! The records of one run, read.

use crate::{ReportError, page};
use mlspec_record::body::{
    Analysis, Evaluation, Ingestion, Monitoring, Splitting, Test, Training, Transformation, Validation,
};
use mlspec_record::object::{PipelineRun, StepRun};
use mlspec_record::{Envelope, Kind, Object, Record};
use serde_json::Value;

/// A run and what its steps recorded.
#[derive(Debug)]
pub struct Report {
    pub(crate) run: Object<PipelineRun>,
    pub(crate) steps: Vec<Step>,
}

/// A step and, where it left one, its record.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) run: StepRun,
    pub(crate) record: Option<Envelope<Value>>,
    pub(crate) body: Body,
}

/// The body of a step's record.
#[derive(Debug)]
pub(crate) enum Body {
    None,
    Ingestion(Ingestion),
    Analysis(Box<Analysis>),
    Transformation(Transformation),
    Validation(Validation),
    Splitting(Splitting),
    Training(Training),
    Evaluation(Evaluation),
    Test(Test),
    Monitoring(Box<Monitoring>),
}

impl Report {
    /// Reads the record of a run and the records of its steps, in any order. Records of other runs and of kinds that this
    /// version does not know are left out.
    ///
    /// # Errors
    /// When `run` is no pipeline run, or a record does not have the shape of its kind.
    pub fn new(run: &Record, records: &[Record]) -> Result<Self, ReportError> {
        let wrong = |reason| ReportError::Run { id: run.id().clone(), reason };
        if run.kind() != Kind::PipelineRun {
            let reason = mlspec_record::RecordError::OtherKind { found: run.kind(), expected: Kind::PipelineRun };
            return Err(wrong(reason));
        }
        let run: Object<PipelineRun> = run.view().map_err(wrong)?;
        let find = |step: &StepRun| records.iter().find(|record| Some(record.id()) == step.record.as_ref());
        let steps = run.body.steps.iter().map(|step| Step::read(step.clone(), find(step))).collect::<Result<_, _>>()?;
        Ok(Self { run, steps })
    }

    /// The page.
    pub fn html(&self) -> String {
        page::page(self).into_string()
    }
}

impl Step {
    fn read(run: StepRun, record: Option<&Record>) -> Result<Self, ReportError> {
        let Some(record) = record else { return Ok(Self { run, record: None, body: Body::None }) };
        let wrong = |reason| ReportError::Record { id: record.id().clone(), reason };
        let envelope = record.envelope().map_err(wrong)?;
        let body = Body::read(record).map_err(wrong)?;
        Ok(Self { run, record: Some(envelope), body })
    }

    /// The step's name.
    pub(crate) fn name(&self) -> &str {
        self.run.step.as_str()
    }

    /// Whether its outputs were taken from the store.
    pub(crate) fn cached(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.step.cached)
    }
}

impl Body {
    fn read(record: &Record) -> Result<Self, mlspec_record::RecordError> {
        fn body<B: serde::de::DeserializeOwned>(record: &Record) -> Result<B, mlspec_record::RecordError> {
            record.envelope_of::<B>(record.kind()).map(|envelope| envelope.body)
        }
        Ok(match record.kind() {
            Kind::Ingestion => Self::Ingestion(body(record)?),
            Kind::Analysis => Self::Analysis(Box::new(body(record)?)),
            Kind::Monitoring => Self::Monitoring(Box::new(body(record)?)),
            Kind::Transformation => Self::Transformation(body(record)?),
            Kind::Validation => Self::Validation(body(record)?),
            Kind::Splitting => Self::Splitting(body(record)?),
            Kind::Training => Self::Training(body(record)?),
            Kind::Evaluation => Self::Evaluation(body(record)?),
            Kind::Test => Self::Test(body(record)?),
            _ => Self::None,
        })
    }
}
