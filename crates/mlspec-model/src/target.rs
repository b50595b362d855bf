//! What a model is to predict.

/// The label of each row, as declared in the encode stage.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A class.
    Class {
        /// The class of each row, as position in `classes`.
        codes: Vec<u32>,
        /// The classes, sorted.
        classes: Vec<String>,
        /// The class that counts as positive, if there are two.
        positive: Option<u32>,
    },
    /// A number.
    Value(Vec<f64>),
}

impl Target {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Class { codes, .. } => codes.len(),
            Self::Value(values) => values.len(),
        }
    }

    /// Adds the labels of more rows, which must be of the same kind and classes.
    pub(crate) fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Class { codes, .. }, Self::Class { codes: others, .. }) => codes.extend(others),
            (Self::Value(values), Self::Value(others)) => values.extend(others),
            _ => debug_assert!(false, "labels of another kind"),
        }
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
