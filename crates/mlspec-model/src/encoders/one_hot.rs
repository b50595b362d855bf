//! A feature per category.

use super::RawKind;
use super::part::{Cells, CodeCells, Fitted, Lookup, NONE, Part, RawRows, Writer};
use crate::{ModelError, RowProblem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Columns of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneHot {
    /// The columns, in the order of the features.
    pub columns: Vec<OneHotColumn>,
}

/// A column of categories. Its features are `categories`, then one for `infrequent` if there are such, less `dropped`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneHotColumn {
    /// The table column.
    pub column: String,
    /// What stands for null; without it, null is a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<String>,
    /// The categories with a feature of their own, sorted, null last.
    pub categories: Vec<Option<String>>,
    /// The categories that share the last feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub infrequent: Vec<Option<String>>,
    /// The feature that is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u32>,
    /// What a category means that the fit has not seen.
    pub unknown: Unknown,
}

/// What a category means that the fit has not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// An error.
    #[default]
    Error,
    /// All features are 0.
    Ignore,
    /// The infrequent category; where there is none, all features are 0.
    InfrequentIfExist,
}

impl OneHotColumn {
    /// How many features there are.
    pub fn width(&self) -> usize {
        self.categories.len() + usize::from(!self.infrequent.is_empty()) - usize::from(self.dropped.is_some())
    }

    /// The category of the feature at this position.
    pub fn feature_name(&self, at: usize) -> &str {
        let before = self.dropped.is_some_and(|dropped| dropped as usize <= at);
        match self.categories.get(at + usize::from(before)) {
            Some(Some(category)) => category,
            Some(None) => "None",
            None => "infrequent",
        }
    }

    /// The feature of each known category, `None` for the dropped one.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (Option<&str>, Option<u32>)> {
        let last = self.categories.len() as u32;
        let own = self.categories.iter().zip(0..);
        own.chain(self.infrequent.iter().map(move |category| (category, last)))
            .map(|(category, at)| (category.as_deref(), self.shift(at)))
    }

    /// The feature of the infrequent categories.
    pub(crate) fn infrequent_code(&self) -> Option<u32> {
        if self.infrequent.is_empty() { None } else { self.shift(self.categories.len() as u32) }
    }

    fn shift(&self, at: u32) -> Option<u32> {
        match self.dropped {
            Some(dropped) if dropped == at => None,
            Some(dropped) if dropped < at => Some(at - 1),
            _ => Some(at),
        }
    }

    fn check(&self) -> Result<(), ModelError> {
        let all: BTreeSet<_> = self.categories.iter().chain(&self.infrequent).collect();
        let slots = self.categories.len() + usize::from(!self.infrequent.is_empty());
        match () {
            () if all.len() != self.categories.len() + self.infrequent.len() => {
                Err(ModelError::invalid("encoder", "two categories are equal"))
            }
            () if self.dropped.is_some_and(|dropped| dropped as usize >= slots) => {
                Err(ModelError::invalid("encoder", "the dropped category is none of the categories"))
            }
            () => Ok(()),
        }
    }
}

/// The features of a column's categories.
#[derive(Debug)]
struct Codes<'a> {
    column: &'a OneHotColumn,
    known: HashMap<Option<&'a str>, u32>,
    unknown: u32,
}

impl<'a> Writer<'a> for &'a OneHotColumn {
    fn name(&self, column: &str, at: usize) -> String {
        format!("{column}_{}", self.feature_name(at))
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        let known = self.codes().map(|(category, code)| (category, code.unwrap_or(NONE)));
        let unknown = match self.unknown {
            Unknown::InfrequentIfExist => self.infrequent_code().unwrap_or(NONE),
            Unknown::Error | Unknown::Ignore => NONE,
        };
        Ok(Box::new(Codes { column: self, known: known.collect(), unknown }))
    }
}

impl Lookup for Codes<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let fill = self.column.fill.as_deref();
        let found = |text: Option<&str>| self.known.get(&text.or(fill)).copied();
        let texts = rows.texts(0)?;
        if self.column.unknown == Unknown::Error {
            rows.refuse(0, texts.iter().map(|text| found(text).is_none()), RowProblem::UnseenCategory)?;
        }
        Ok(Box::new(CodeCells(texts.iter().map(|text| found(text).unwrap_or(self.unknown)).collect())))
    }
}

impl Fitted for OneHot {
    fn check(&mut self) -> Result<(), ModelError> {
        self.columns.iter().try_for_each(OneHotColumn::check)
    }

    fn parts(&self) -> Vec<Part<'_>> {
        self.columns
            .iter()
            .map(|column| Part::of(&column.column, RawKind::Category { nulls: true }, column.width(), column))
            .collect()
    }

    fn categories(&self) -> Vec<(&str, Vec<&str>)> {
        self.columns
            .iter()
            .map(|column| {
                let known = column.categories.iter().chain(&column.infrequent).chain([&column.fill]);
                (column.column.as_str(), known.flatten().map(String::as_str).collect())
            })
            .collect()
    }

    fn only(&self) -> Vec<(&str, Vec<Option<&str>>)> {
        let strict = self.columns.iter().filter(|column| column.unknown == Unknown::Error);
        strict
            .map(|column| {
                let known = column.categories.iter().chain(&column.infrequent).map(Option::as_deref);
                (column.column.as_str(), known.collect())
            })
            .collect()
    }
}
