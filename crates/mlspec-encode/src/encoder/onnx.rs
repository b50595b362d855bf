//! What a model in ONNX's format makes of numbers.

use super::{Fit, Impute, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, RawKind};
use mlspec_record::{Digest, Name};
use mlspec_stage::Site;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a model in ONNX's format makes of numbers, such as an embedding: a feature `<output>_0`, `<output>_1`, … for each number that the
/// model gives for a row. The model is given the columns as 32-bit floats, rows × columns; it is not fitted, and runs on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Onnx {
    /// The columns of numbers or booleans, in the order of the model's input.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The datastore that the model lies in.
    pub datastore: Name,
    /// Its path there.
    #[schemars(length(min = 1))]
    pub path: String,
    /// The digest of the model's bytes, if it must be this one and no other; filled in when the step is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The output that is taken; without it, the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// What stands for null; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// The model's bytes.
    #[serde(skip)]
    pub(crate) bytes: Option<Arc<Vec<u8>>>,
}

/// The most bytes of a model: it becomes part of the fitted encoders.
const LARGEST: u64 = 512 << 20;

impl Onnx {
    /// Reads the model, and names its digest from now on.
    ///
    /// # Errors
    /// When the file cannot be read, is larger than 512 MiB, or has another digest than the settings name.
    pub(crate) fn load(&mut self, site: &Site) -> Result<(), EncodeError> {
        let broken = |reason: String| EncodeError::Onnx { path: self.path.clone(), reason };
        let path = site.resolve(&self.datastore, &self.path).map_err(|error| broken(error.to_string()))?;
        let length = std::fs::metadata(&path).map_err(|error| broken(error.to_string()))?.len();
        if length > LARGEST {
            return Err(broken(format!("it has {length} bytes, at most {LARGEST} are read")));
        }
        let bytes = std::fs::read(&path).map_err(|error| broken(error.to_string()))?;
        let digest = Digest::of(&bytes);
        if self.digest.is_some_and(|wanted| wanted != digest) {
            return Err(broken("it has another digest than the settings name".to_owned()));
        }
        // What cannot be run is refused before anything runs.
        let none = self.impute.map_or(Vec::new(), |_| vec![0.0; self.columns.len()]);
        mlspec_model::Onnx::new(self.columns.clone(), none, self.output.clone(), &bytes)
            .map_err(|error| broken(error.to_string()))?;
        (self.digest, self.bytes) = (Some(digest), Some(Arc::new(bytes)));
        Ok(())
    }
}

impl Fit for Onnx {
    fn name(&self) -> &'static str {
        "onnx"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Number { nulls: self.impute.is_some() }
    }

    fn check(&self) -> Result<(), EncodeError> {
        self.impute.map_or(Ok(()), Impute::check)
    }

    fn needs(&self) -> Needs {
        self.impute.map_or(Needs::Nothing, Impute::needs)
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let missing = || EncodeError::Onnx { path: self.path.clone(), reason: "it was not read".to_owned() };
        let bytes = self.bytes.as_ref().ok_or_else(missing)?;
        let fill = match self.impute {
            None => Vec::new(),
            Some(impute) => rows.each(|fitting| impute.fill(fitting))?,
        };
        let onnx = mlspec_model::Onnx::new(self.columns.clone(), fill, self.output.clone(), bytes)?;
        Ok(FittedEncoder::Onnx(onnx))
    }
}
