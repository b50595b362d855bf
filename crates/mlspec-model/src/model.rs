//! The document of a fitted model.

use crate::format::{read_document, tidy};
use crate::predict::{LinearFunction, Predictor};
use crate::{Features, ModelError, Prediction};
use mlspec_record::Digest;
use mlspec_store::Store;
use serde::{Deserialize, Serialize};

/// A fitted model: what it takes to predict, and nothing else. See the README for the format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document")]
pub struct Model {
    format: String,
    estimator: String,
    features: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    feature_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoders: Option<Digest>,
    predictor: Predictor,
}

/// The fields as they stand in a file, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    estimator: String,
    features: u64,
    #[serde(default)]
    feature_names: Vec<String>,
    #[serde(default)]
    encoders: Option<Digest>,
    predictor: Predictor,
}

impl TryFrom<Document> for Model {
    type Error = ModelError;

    fn try_from(document: Document) -> Result<Self, ModelError> {
        if document.format != Self::FORMAT {
            return Err(ModelError::Format { found: document.format, known: Self::FORMAT });
        }
        let features =
            usize::try_from(document.features).map_err(|_| ModelError::invalid("model", "too many features"))?;
        let mut model =
            Self::new(&document.estimator, features, document.predictor)?.with_names(document.feature_names)?;
        model.encoders = document.encoders;
        Ok(model)
    }
}

impl Model {
    /// The format that this version writes and reads.
    pub const FORMAT: &str = "mlspec-model/1";

    /// The most feature names that a model carries; with more features it carries none, the encoders have them.
    pub const MAX_NAMES: usize = 1000;

    /// A model of this many features, fitted by this estimator.
    ///
    /// # Errors
    /// When the predictor has another number of features, numbers that are not finite, classes that are equal, or a tree
    /// whose nodes don't form one.
    pub fn new(estimator: &str, features: usize, mut predictor: Predictor) -> Result<Self, ModelError> {
        predictor.form_mut().check(features)?;
        Ok(Self {
            format: Self::FORMAT.to_owned(),
            estimator: estimator.to_owned(),
            features: features as u64,
            feature_names: Vec::new(),
            encoders: None,
            predictor,
        })
    }

    /// The same model with the names of its features; none where there are more than [`Model::MAX_NAMES`].
    ///
    /// # Errors
    /// When the number of names is neither zero nor that of the features.
    pub fn with_names(mut self, names: Vec<String>) -> Result<Self, ModelError> {
        if !names.is_empty() && names.len() as u64 != self.features {
            return Err(ModelError::invalid("model", format!("{} features have {} names", self.features, names.len())));
        }
        self.feature_names = if names.len() > Self::MAX_NAMES { Vec::new() } else { names };
        Ok(self)
    }

    /// The same model with the digest of the encoders that its features come from.
    #[must_use]
    pub fn with_encoders(mut self, encoders: Digest) -> Self {
        self.encoders = Some(encoders);
        self
    }

    /// The model of a store's object.
    ///
    /// # Errors
    /// When it is missing, was changed on disk, or is no valid model.
    pub fn read(store: &Store, digest: &Digest) -> Result<Self, ModelError> {
        Self::from_json(&store.object(digest)?)
    }

    /// A model from its JSON document.
    ///
    /// # Errors
    /// When the document has another format or is no valid model.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ModelError> {
        read_document(bytes, "model", Self::FORMAT)
    }

    /// Keeps the model in a store; returns the digest of its canonical JSON and the number of bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub fn write(&self, store: &Store) -> Result<(Digest, u64), ModelError> {
        Ok(store.put_json(self)?)
    }

    /// The estimator that fitted it, such as `logistic_regression`.
    pub fn estimator(&self) -> &str {
        &self.estimator
    }

    /// How many features it has.
    pub fn features(&self) -> usize {
        self.features as usize
    }

    /// The names of its features; empty where it carries none.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The digest of the encoders that its features come from.
    pub fn encoders(&self) -> Option<&Digest> {
        self.encoders.as_ref()
    }

    /// How it predicts.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// The classes of a classifier, sorted; empty for a regressor.
    pub fn classes(&self) -> &[String] {
        self.predictor.form().classes()
    }

    /// The class that counts as positive, as position in [`Model::classes`], if there are two.
    pub fn positive(&self) -> Option<u32> {
        self.predictor.form().positive()
    }

    /// How many numbers were fitted.
    pub fn parameters(&self) -> u64 {
        self.predictor.form().parameters()
    }

    /// Whether it predicts rows with missing values, which are NaN.
    pub fn accepts_missing(&self) -> bool {
        self.predictor.form().accepts_missing()
    }

    /// The linear functions that it predicts by; none of other models.
    pub fn linear_functions(&self) -> Vec<LinearFunction<'_>> {
        self.predictor.form().linear_functions()
    }

    /// The same functions of rows whose feature `i` is feature `places[i]` of this model, or one that this model does not know. Only
    /// models that a fit can begin at have one.
    pub fn rearranged(&self, places: &[Option<usize>]) -> Option<Self> {
        Self::new(&self.estimator, places.len(), self.predictor.form().rearranged(places)?).ok()
    }

    /// Predicts all rows, in parallel; the same on any number of threads.
    ///
    /// # Errors
    /// When the rows have another number of features, a feature is infinite, or NaN where the predictor takes no missing values.
    pub fn predict(&self, features: &Features) -> Result<Prediction, ModelError> {
        if features.columns() != self.features() {
            return Err(ModelError::FeatureCount { expected: self.features(), found: features.columns() });
        }
        if features.has_missing()? && !self.accepts_missing() {
            features.check_finite()?;
        }
        Ok(self.predictor.form().predict(features))
    }
}

/// Checks classes as classifiers hold them.
pub(crate) fn check_classes(classes: &[String], positive: Option<u32>) -> Result<(), ModelError> {
    let distinct = classes.iter().collect::<std::collections::BTreeSet<_>>().len() == classes.len();
    match () {
        () if classes.len() < 2 => Err(ModelError::invalid("model", "a classifier has at least two classes")),
        () if !distinct => Err(ModelError::invalid("model", "two classes are equal")),
        () if positive.is_some_and(|at| at as usize >= classes.len()) => {
            Err(ModelError::invalid("model", "the positive class is none of the classes"))
        }
        () => Ok(()),
    }
}

/// Checks coefficients of a linear function.
pub(crate) fn check_coefficients(coefficients: &mut [f64], features: usize) -> Result<(), ModelError> {
    if coefficients.len() != features {
        let reason = format!("{features} features have {} coefficients", coefficients.len());
        return Err(ModelError::invalid("model", reason));
    }
    tidy(coefficients, "model")
}

#[cfg(test)]
mod tests;
