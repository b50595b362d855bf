//! What arrives at a port: a record read from its file and checked by its schema, wherever it was written.

use crate::run::StepFailure;
use mlspec_record::{ArtifactRef, Digest, ExitCode, Name, Output, Place, ProducerRef, Record};
use std::path::Path;
use std::sync::Arc;

/// What arrives at one port.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) port: Name,
    pub(crate) artifact: ArtifactRef,
    pub(crate) producer: ProducerRef,
    pub(crate) record: Arc<Record>,
}

/// A record that this run wrote, and the bytes of its file.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) record: Arc<Record>,
    pub(crate) content: Digest,
    pub(crate) outputs: Vec<Output>,
    pub(crate) bytes: Vec<u8>,
}

/// A record that was read and checked, ready for every port that it goes to.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) record: Arc<Record>,
    pub(crate) content: Digest,
    pub(crate) outputs: Vec<Output>,
}

/// Reads the record of a step from its file and checks it. A file that holds the bytes that this run wrote is not taken apart
/// once more.
pub(crate) fn deliver(
    path: &Path,
    written: Option<&Written>,
    read: impl FnOnce() -> Result<Record, mlspec_store::StoreError>,
) -> Result<Delivered, StepFailure> {
    let refused = |message: String, pointer: Option<String>| StepFailure {
        message: format!("the record at the port is not valid: {message}"),
        hint: Some(
            "run the step again that wrote it, or correct the file; `mlspec validate` shows every problem".to_owned(),
        ),
        place: Box::new(Place { file: Some(path.display().to_string()), pointer, ..Place::default() }),
        exit_code: ExitCode::Usage,
        refused: false,
    };
    let check = |record: &Record| match mlspec_schema::validate_record(record.as_value()) {
        Ok(()) => Ok(()),
        Err(problems) => {
            let first = problems.into_iter().next();
            let (message, pointer) = first.map(|problem| (problem.message, problem.pointer)).unwrap_or_default();
            Err(refused(message, Some(pointer)))
        }
    };
    let same = written.filter(|written| std::fs::read(path).is_ok_and(|bytes| bytes == written.bytes));
    if let Some(Written { record, content, outputs, .. }) = same {
        check(record)?;
        return Ok(Delivered { record: record.clone(), content: *content, outputs: outputs.clone() });
    }
    let record = match read() {
        Ok(record) => record,
        Err(mlspec_store::StoreError::Corrupt { reason, .. }) => return Err(refused(reason, None)),
        Err(error) => return Err(StepFailure::of(&error)),
    };
    check(&record)?;
    let outputs = record.envelope().map_err(|error| refused(error.to_string(), None))?.outputs;
    let content = record.content_digest().map_err(|error| refused(error.to_string(), None))?;
    Ok(Delivered { record: Arc::new(record), content, outputs })
}

impl Delivered {
    /// The artifact of one of its ports.
    pub(crate) fn at(&self, step: &Name, from: &Name, port: &Name) -> Option<Delivery> {
        let output = self.outputs.iter().find(|output| output.port == *from)?;
        let producer = ProducerRef {
            record: self.record.id().clone(),
            content: self.content,
            step: step.clone(),
            port: from.clone(),
        };
        Some(Delivery { port: port.clone(), artifact: output.artifact.clone(), producer, record: self.record.clone() })
    }
}
