//! The document of fitted encoders.

mod assemble;
mod bins;
mod category;
mod dates;
mod label;
mod missing;
mod number;
mod one_hot;
mod onnx;
mod part;
mod pca;
mod polynomial;
mod raw;
mod target;
mod text;

pub use bins::{BinColumn, Bins};
pub use category::{CategoryColumn, CategoryNumbers, UnknownCategory};
pub use dates::{DatePart, DateParts};
pub use label::FittedLabel;
pub use missing::MissingIndicator;
pub use number::{ImputedColumn, Imputer, NumberColumn, NumberMap, Numbers};
pub use one_hot::{OneHot, OneHotColumn, Unknown};
pub use onnx::Onnx;
pub use pca::Pca;
pub use polynomial::Polynomial;
pub use raw::{
    CountedTerm, LABEL, LengthUnit, RawColumn, RawKind, TextNulls, Vocabulary, WEIGHT, encode_rows,
    encode_rows_with_terms,
};
pub use target::{TargetColumn, TargetEncoder, TargetMeans, target_fold};
pub use text::{HashingVectorizer, Lengths, Norm, Tfidf, TfidfColumn};

pub(crate) use assemble::{Assembled, Assembler, together};

use crate::ModelError;
use crate::format::read_document;
use mlspec_record::{Digest, FeatureRange};
use mlspec_store::Store;
use mlspec_table::Table;
use part::{Fitted, Part};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Declares the enum of fitted encoders: a line each, with the name in documents.
macro_rules! fitted_encoders {
    ($($(#[$doc:meta])* $variant:ident($type:ty) = $name:literal,)+) => {
        /// One fitted encoder.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "encoder")]
        #[non_exhaustive]
        pub enum FittedEncoder {
            $($(#[$doc])* #[serde(rename = $name)] $variant($type),)+
        }

        impl FittedEncoder {
            /// Its name in documents.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)+ }
            }

            fn fitted(&self) -> &dyn Fitted {
                match self { $(Self::$variant(encoder) => encoder,)+ }
            }

            fn fitted_mut(&mut self) -> &mut dyn Fitted {
                match self { $(Self::$variant(encoder) => encoder,)+ }
            }
        }
    };
}

fitted_encoders! {
    /// Numbers, each less a mean and divided by a scale.
    StandardScaler(Numbers) = "standard_scaler",
    /// Numbers with nulls filled, and columns that say where nulls were.
    Imputer(Imputer) = "imputer",
    /// A feature per category.
    OneHot(OneHot) = "one_hot",
    /// Counts of terms by the hash of the term.
    HashingVectorizer(HashingVectorizer) = "hashing_vectorizer",
    /// Weighted counts of the terms of a vocabulary.
    Tfidf(Tfidf) = "tfidf",
    /// Lengths of texts.
    Length(Lengths) = "length",
    /// Numbers and booleans as they are.
    PassThrough(Numbers) = "pass_through",
    /// Numbers between the least and the greatest.
    MinMaxScaler(Numbers) = "min_max_scaler",
    /// Numbers divided by the greatest absolute value.
    MaxAbsScaler(Numbers) = "max_abs_scaler",
    /// Numbers less their median, divided by the range of some.
    RobustScaler(Numbers) = "robust_scaler",
    /// Logarithms.
    Log(Numbers) = "log",
    /// Powers that make numbers more like a normal distribution.
    PowerTransformer(Numbers) = "power_transformer",
    /// Numbers by the interval that they lie in.
    KBinsDiscretizer(Bins) = "k_bins_discretizer",
    /// Where values are missing.
    MissingIndicator(MissingIndicator) = "missing_indicator",
    /// Categories by their place in an order.
    Ordinal(CategoryNumbers) = "ordinal",
    /// Categories by how often they stand.
    CountEncoder(CategoryNumbers) = "count_encoder",
    /// Categories by what labels are like where they stand.
    TargetEncoder(TargetEncoder) = "target_encoder",
    /// Parts of dates.
    DateParts(DateParts) = "date_parts",
    /// Products of numbers.
    PolynomialFeatures(Polynomial) = "polynomial_features",
    /// Principal components.
    Pca(Pca) = "pca",
    /// Counts of the terms of a vocabulary.
    CountVectorizer(Tfidf) = "count_vectorizer",
    /// What a model in ONNX's format makes of numbers.
    Onnx(Onnx) = "onnx",
}

impl FittedEncoder {
    /// The categories that it holds, by table column: values of cells.
    pub fn categories(&self) -> Vec<(&str, Vec<&str>)> {
        self.fitted().categories()
    }

    /// Whether the rows that it was fitted on have other features than the same rows elsewhere, since it knows their labels.
    pub fn knows_labels(&self) -> bool {
        self.fitted().knows_labels()
    }

    /// Where a category that was not fitted is an error, those that were, by table column.
    pub fn only(&self) -> Vec<(&str, Vec<Option<&str>>)> {
        self.fitted().only()
    }
}

/// Fitted encoders: what it takes to turn rows into features, label and weight. See the README for the format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document")]
pub struct FittedEncoders {
    format: String,
    fitted_rows: u64,
    features: u64,
    encoders: Vec<FittedEncoder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<FittedLabel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
}

/// The fields as they stand in a file, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    fitted_rows: u64,
    features: u64,
    encoders: Vec<FittedEncoder>,
    #[serde(default)]
    label: Option<FittedLabel>,
    #[serde(default)]
    weight: Option<String>,
}

impl TryFrom<Document> for FittedEncoders {
    type Error = ModelError;

    fn try_from(document: Document) -> Result<Self, ModelError> {
        if document.format != Self::FORMAT {
            return Err(ModelError::Format { found: document.format, known: Self::FORMAT });
        }
        let encoders = Self::new(document.fitted_rows, document.encoders, document.label, document.weight)?;
        if encoders.features != document.features {
            let reason = format!("they make {} features, not {}", encoders.features, document.features);
            return Err(ModelError::invalid("encoders", reason));
        }
        Ok(encoders)
    }
}

impl FittedEncoders {
    /// The format that this version writes and reads.
    pub const FORMAT: &str = "mlspec-encoders/1";

    /// Encoders that were fitted on this many rows.
    ///
    /// # Errors
    /// When numbers are not finite, a scale is not positive, categories are equal, or there are 2³² features or more.
    pub fn new(
        fitted_rows: u64,
        mut encoders: Vec<FittedEncoder>,
        label: Option<FittedLabel>,
        weight: Option<String>,
    ) -> Result<Self, ModelError> {
        encoders.iter_mut().try_for_each(|encoder| encoder.fitted_mut().check())?;
        if let Some(label) = &label {
            label.check()?;
        }
        let format = Self::FORMAT.to_owned();
        let mut fitted = Self { format, fitted_rows, features: 0, encoders, label, weight };
        let features = fitted.parts().iter().map(|part| part.width as u64).sum();
        fitted.features = features;
        if fitted.features > u64::from(u32::MAX) {
            return Err(ModelError::invalid("encoders", "they make more than 2^32 features"));
        }
        Ok(fitted)
    }

    /// The encoders of a store's object.
    ///
    /// # Errors
    /// When it is missing, was changed on disk, or holds no valid encoders.
    pub fn read(store: &Store, digest: &Digest) -> Result<Self, ModelError> {
        Self::from_json(&store.object(digest)?)
    }

    /// Encoders from their JSON document.
    ///
    /// # Errors
    /// When the document has another format or holds no valid encoders.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ModelError> {
        read_document(bytes, "encoders", Self::FORMAT)
    }

    /// Keeps the encoders in a store; returns the digest of their canonical JSON and the number of bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub fn write(&self, store: &Store) -> Result<(Digest, u64), ModelError> {
        Ok(store.put_json(self)?)
    }

    /// How many features they make.
    pub fn features(&self) -> usize {
        self.features as usize
    }

    /// How many rows they were fitted on.
    pub fn fitted_rows(&self) -> u64 {
        self.fitted_rows
    }

    /// The encoders, in the order of the features.
    pub fn encoders(&self) -> &[FittedEncoder] {
        &self.encoders
    }

    /// The label, if one was declared.
    pub fn label(&self) -> Option<&FittedLabel> {
        self.label.as_ref()
    }

    /// The weight column, if one was declared.
    pub fn weight(&self) -> Option<&str> {
        self.weight.as_deref()
    }

    /// Which features come from which columns, in the order of the features.
    pub fn ranges(&self) -> Vec<FeatureRange> {
        let mut start = 0;
        let ranges = self.parts().into_iter().map(|part| {
            let end = start + part.width as u64;
            let columns = part.inputs.iter().map(|(column, _)| (*column).to_owned()).collect();
            let range = FeatureRange { encoder: part.encoder.0.to_owned(), columns, start, end };
            start = end;
            range
        });
        ranges.collect()
    }

    /// The ranges of encoders that are not the same before, at the same position.
    pub fn ranges_that_differ(&self, before: &Self) -> Vec<FeatureRange> {
        let encoders = self.parts().into_iter().map(|part| part.encoder.1);
        let differs = |at: usize| before.encoders.get(at) != self.encoders.get(at);
        // Encoders can be large, and have many ranges.
        let differ: Vec<bool> = (0..self.encoders.len()).map(differs).collect();
        let ranges = encoders.zip(self.ranges());
        ranges.filter(|(at, _)| differ.get(*at) == Some(&true)).map(|(_, range)| range).collect()
    }

    /// The name of every feature, as scikit-learn forms them: `country_DE`.
    pub fn names(&self) -> Vec<String> {
        let parts = self.parts();
        parts.iter().flat_map(|part| (0..part.width).map(|at| part.name(at))).collect()
    }

    /// The names of the features of each range; none for a range of more than `most`.
    pub fn names_of_ranges(&self, most: usize) -> Vec<Vec<String>> {
        let names = |part: &Part<'_>| match part.width {
            width if width <= most => (0..width).map(|at| part.name(at)).collect(),
            _ => Vec::new(),
        };
        self.parts().iter().map(names).collect()
    }

    /// The name of one feature.
    pub fn name(&self, feature: usize) -> Option<String> {
        let mut at = feature;
        for part in self.parts() {
            if at < part.width {
                return Some(part.name(at));
            }
            at -= part.width;
        }
        None
    }

    /// What of a row they store: by encoder and column, then label and weight.
    pub fn raw_columns(&self) -> Vec<RawColumn> {
        let mut columns = self.feature_columns();
        columns.extend(self.label.as_ref().map(FittedLabel::raw));
        columns.extend(self.weight.as_ref().map(|column| RawColumn::weight(column)));
        columns
    }

    /// What they store of a row that has no label yet.
    pub fn feature_columns(&self) -> Vec<RawColumn> {
        let (mut columns, mut seen) = (Vec::new(), BTreeSet::new());
        for part in self.parts() {
            for (name, (column, kind)) in part.raw_names().into_iter().zip(part.inputs) {
                if seen.insert(name.clone()) {
                    columns.push(RawColumn { name, column: column.to_owned(), kind });
                }
            }
        }
        columns
    }

    /// Features of the rows of any table that has the columns: for predictions of new rows.
    ///
    /// # Errors
    /// When a column is missing or has the wrong type, or a value cannot be encoded.
    pub fn transform(&self, table: &Table) -> Result<crate::Features, ModelError> {
        let raw = encode_rows(table, &self.feature_columns())?;
        self.assemble(&raw, None)
    }

    /// One part per feature range.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        for (at, encoder) in self.encoders.iter().enumerate() {
            let own = encoder.fitted().parts().into_iter();
            parts.extend(own.map(|part| Part { encoder: (encoder.name(), at), ..part }));
        }
        parts
    }
}
