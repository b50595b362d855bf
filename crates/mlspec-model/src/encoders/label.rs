//! The label as it was declared and fitted.

use super::{LABEL, RawColumn, RawKind};
use crate::ModelError;
use crate::model::check_classes;
use serde::{Deserialize, Serialize};

/// The label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FittedLabel {
    /// A class.
    Classification {
        /// The table column.
        column: String,
        /// The classes that the fitted rows have, sorted.
        classes: Vec<String>,
        /// The class that counts as positive, as position, if there are two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        positive: Option<u32>,
    },
    /// A number.
    Regression {
        /// The table column.
        column: String,
    },
}

impl FittedLabel {
    /// The table column.
    pub fn column(&self) -> &str {
        match self {
            Self::Classification { column, .. } | Self::Regression { column } => column,
        }
    }

    /// The classes, sorted; none where it is a number.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Classification { classes, .. } => classes,
            Self::Regression { .. } => &[],
        }
    }

    /// Whether it is a class.
    pub fn is_class(&self) -> bool {
        matches!(self, Self::Classification { .. })
    }

    /// What a raw table holds of it.
    pub fn raw(&self) -> RawColumn {
        let kind = match self {
            Self::Classification { .. } => RawKind::Category { nulls: false },
            Self::Regression { .. } => RawKind::Number { nulls: false },
        };
        RawColumn { name: LABEL.to_owned(), column: self.column().to_owned(), kind }
    }

    pub(crate) fn check(&self) -> Result<(), ModelError> {
        match self {
            // One class is no reason to refuse encoders: training does.
            Self::Classification { classes, .. } if classes.len() == 1 => Ok(()),
            Self::Classification { classes, positive, .. } => check_classes(classes, *positive),
            Self::Regression { .. } => Ok(()),
        }
    }
}
