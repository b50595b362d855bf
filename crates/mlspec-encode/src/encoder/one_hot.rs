//! A feature per category.

use super::{Fit, Fitting, sort_texts};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, OneHotColumn, RawKind, Unknown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What stands for null in categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CategoryImpute {
    /// The category that stands most often, the first of several.
    MostFrequent,
    /// This category.
    Constant(String),
}

/// Which feature is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Drop {
    /// None.
    #[default]
    None,
    /// The first of each column.
    First,
    /// The first of each column that has two.
    IfBinary,
}

/// A feature per category of texts, integers, booleans or dates, as scikit-learn's `OneHotEncoder`. Null is a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneHot {
    /// The columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Which feature is left out.
    #[serde(default)]
    pub drop: Drop,
    /// What a category means that the fitted rows don't have.
    #[serde(default)]
    pub handle_unknown: Unknown,
    /// Categories of fewer rows share one feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub min_frequency: Option<u64>,
    /// The most features of a column, that of infrequent categories included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub max_categories: Option<u64>,
    /// What stands for null; without it, null is a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<CategoryImpute>,
}

impl OneHot {
    fn fit_column(&self, fitting: &Fitting<'_>) -> Result<OneHotColumn, EncodeError> {
        fitting.check_collision()?;
        let entries = fitting.statistic.tally().entries();
        let counts: HashMap<Option<&str>, u64> = entries.map(|entry| (entry.text.as_deref(), entry.rows)).collect();
        let mut names: Vec<String> = counts.keys().flatten().map(|name| (*name).to_owned()).collect();
        sort_texts(&mut names, fitting.integers);
        let count = |name: Option<&str>| counts.get(&name).copied().unwrap_or(0);
        let mut all: Vec<(Option<String>, u64)> =
            names.into_iter().map(|name| (count(Some(&name)), Some(name))).map(|(n, name)| (name, n)).collect();
        let nulls = count(None);
        let fill = match &self.impute {
            None => None,
            Some(CategoryImpute::Constant(name)) => Some(name.clone()),
            Some(CategoryImpute::MostFrequent) => {
                let first_most = |best: Option<&(Option<String>, u64)>, n: u64| best.is_none_or(|best| n > best.1);
                let best = all.iter().fold(None, |best, next| if first_most(best, next.1) { Some(next) } else { best });
                let best = best.and_then(|best| best.0.clone());
                Some(best.ok_or_else(|| fitting.all_null())?)
            }
        };
        if nulls > 0 {
            match all.iter_mut().find(|entry| fill.is_some() && entry.0 == fill) {
                Some(entry) => entry.1 += nulls,
                None => {
                    all.push((fill.clone(), nulls));
                    if let (Some(_), true) = (&fill, fitting.integers) {
                        all.sort_by_cached_key(|entry| {
                            entry.0.as_ref().map_or(i128::MAX, |name| name.parse().unwrap_or(i128::MAX))
                        });
                    } else if fill.is_some() {
                        all.sort();
                    }
                }
            }
        }
        let (categories, infrequent) = self.group(all);
        let slots = categories.len() + usize::from(!infrequent.is_empty());
        let dropped = match self.drop {
            Drop::First if slots > 0 => Some(0),
            Drop::IfBinary if slots == 2 => Some(0),
            _ => None,
        };
        Ok(OneHotColumn {
            column: fitting.column.to_owned(),
            fill,
            categories,
            infrequent,
            dropped,
            unknown: self.handle_unknown,
        })
    }

    /// Parts infrequent categories from the others; both stay in order.
    fn group(&self, all: Vec<(Option<String>, u64)>) -> (Vec<Option<String>>, Vec<Option<String>>) {
        let mut rare: Vec<bool> =
            all.iter().map(|entry| self.min_frequency.is_some_and(|least| entry.1 < least)).collect();
        let slots = rare.iter().filter(|rare| !**rare).count() + usize::from(rare.contains(&true));
        if let Some(most) = self.max_categories.and_then(|most| usize::try_from(most).ok()).filter(|&most| most < slots)
        {
            // The rarest go first, of equal ones the first in order; one feature is theirs.
            let mut order: Vec<usize> = (0..all.len()).collect();
            order.sort_by_key(|&at| all[at].1);
            order.iter().take(all.len() + 1 - most).for_each(|&at| rare[at] = true);
        }
        let (mut categories, mut infrequent) = (Vec::new(), Vec::new());
        for ((name, _), rare) in all.into_iter().zip(rare) {
            if rare { infrequent.push(name) } else { categories.push(name) }
        }
        (categories, infrequent)
    }
}

impl Fit for OneHot {
    fn name(&self) -> &'static str {
        "one_hot"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Category { nulls: true }
    }

    fn check(&self) -> Result<(), EncodeError> {
        match () {
            () if self.min_frequency == Some(0) => {
                Err(EncodeError::Setting { name: "min_frequency", range: "at least 1" })
            }
            () if self.max_categories == Some(0) => {
                Err(EncodeError::Setting { name: "max_categories", range: "at least 1" })
            }
            () => Ok(()),
        }
    }

    fn needs(&self) -> Needs {
        Needs::Categories
    }

    fn fit(&self, columns: &[Fitting<'_>], warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns: Vec<OneHotColumn> =
            columns.iter().map(|fitting| self.fit_column(fitting)).collect::<Result<_, _>>()?;
        for column in columns.iter().filter(|column| column.categories.len() + column.infrequent.len() == 1) {
            warnings.push(format!("the column `{}` has one category in the fitted rows", column.column));
        }
        Ok(FittedEncoder::OneHot(mlspec_model::OneHot { columns }))
    }
}
