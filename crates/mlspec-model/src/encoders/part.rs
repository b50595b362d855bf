//! One range of features: what it reads of a raw table and how it writes.

use super::{HashingVectorizer, NumberColumn, OneHotColumn, RawKind, Tfidf, TfidfColumn};

/// One range of features.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    /// The encoder's name.
    pub(crate) encoder: &'static str,
    /// The table column.
    pub(crate) column: &'a str,
    /// The name in the raw table.
    pub(crate) raw: String,
    /// What the raw table holds.
    pub(crate) kind: RawKind,
    /// How many features it has.
    pub(crate) width: usize,
    /// How it writes them.
    pub(crate) writer: Writer<'a>,
}

/// How raw values become features.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Writer<'a> {
    /// One number.
    Number(&'a NumberColumn),
    /// A number, or what stands for null.
    Filled(f64),
    /// 1 where the number is null.
    IsNull,
    /// A 1 at the category.
    Category(&'a OneHotColumn),
    /// Signed counts by hash.
    Hashed(&'a HashingVectorizer),
    /// Weighted counts by term.
    Terms(&'a Tfidf, &'a TfidfColumn),
}

impl Part<'_> {
    /// The name that a raw table has for what this encoder reads of this column.
    pub(crate) fn raw_name(encoder: usize, column: &str) -> String {
        format!("{encoder}.{column}")
    }

    /// The name of the feature at this position of the range.
    pub(crate) fn name(&self, at: usize) -> String {
        let column = self.column;
        match self.writer {
            Writer::Number(_) if self.encoder == "length" => format!("{column}_length"),
            Writer::Number(_) | Writer::Filled(_) => column.to_owned(),
            Writer::IsNull => format!("missingindicator_{column}"),
            Writer::Category(one_hot) => format!("{column}_{}", one_hot.feature_name(at)),
            Writer::Hashed(_) => format!("{column}_{at}"),
            Writer::Terms(_, tfidf) => format!("{column}_{}", tfidf.vocabulary.get(at).map_or("", String::as_str)),
        }
    }
}
