//! What a check finds: where erased rows still show.

use serde::Serialize;
use std::fmt;

/// A place that still holds or derives from erased rows. It never shows what is held there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Where: `step.port`, or a file of the store.
    pub place: String,
    /// What is there.
    pub what: Remnant,
    /// The column, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How many rows, values or ids, where they can be counted.
    pub count: u64,
}

/// What is left of erased rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remnant {
    /// It derives from the dataset version that held the rows.
    OldVersion,
    /// Its rows have ids of erased rows.
    Rows,
    /// Its lineage leads to ids of erased rows.
    Lineage,
    /// A column holds values of their keys.
    Values,
    /// A category of a fitted encoder, or a class, is a value of their keys.
    Vocabulary,
    /// A document or another file holds values of their keys.
    Document,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, count, .. } = self;
        let column = self.column.as_deref().unwrap_or_default();
        match self.what {
            Remnant::OldVersion => write!(f, "`{place}` derives from the dataset version that held the rows"),
            Remnant::Rows => write!(f, "`{place}` has {count} of the erased rows"),
            Remnant::Lineage => write!(f, "the lineage of `{place}` leads to {count} of the erased rows"),
            Remnant::Values => write!(f, "column `{column}` of `{place}` holds keys of erased rows in {count} rows"),
            Remnant::Vocabulary => {
                write!(f, "the encoder of `{column}` in `{place}` knows {count} keys of erased rows")
            }
            Remnant::Document => write!(f, "`{place}` holds {count} keys of erased rows"),
        }
    }
}
