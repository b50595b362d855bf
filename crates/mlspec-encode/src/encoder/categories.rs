//! The categories of a column: how often they stand, what stands for null, which are rare.

use super::{CategoryImpute, Fitting, sort_texts};
use crate::EncodeError;
use std::collections::HashMap;

/// The categories of a column in order, null last, each with the number of its rows.
#[derive(Debug)]
pub(super) struct Categories {
    pub(super) counted: Vec<(Option<String>, u64)>,
    /// What stands for null.
    pub(super) fill: Option<String>,
}

/// Categories with a place of their own, and those that share one; both in order.
pub(super) type Grouped = (Vec<(Option<String>, u64)>, Vec<(Option<String>, u64)>);

impl Categories {
    /// Those of the fitted rows.
    pub(super) fn of(fitting: &Fitting<'_>, impute: Option<&CategoryImpute>) -> Result<Self, EncodeError> {
        fitting.check_collision()?;
        let entries = fitting.statistic.tally().entries();
        let counts: HashMap<Option<&str>, u64> = entries.map(|entry| (entry.text.as_deref(), entry.rows)).collect();
        let mut names: Vec<String> = counts.keys().flatten().map(|name| (*name).to_owned()).collect();
        sort_texts(&mut names, fitting.integers);
        let count = |name: Option<&str>| counts.get(&name).copied().unwrap_or(0);
        let mut all: Vec<(Option<String>, u64)> =
            names.into_iter().map(|name| (count(Some(&name)), Some(name))).map(|(n, name)| (name, n)).collect();
        let nulls = count(None);
        let fill = match impute {
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
        Ok(Self { counted: all, fill })
    }
}

/// Checks the limits of rare categories.
pub(super) fn check_limits(min_frequency: Option<u64>, max_categories: Option<u64>) -> Result<(), EncodeError> {
    match () {
        () if min_frequency == Some(0) => Err(EncodeError::Setting { name: "min_frequency", range: "at least 1" }),
        () if max_categories == Some(0) => Err(EncodeError::Setting { name: "max_categories", range: "at least 1" }),
        () => Ok(()),
    }
}

/// Parts infrequent categories from the others; both stay in order.
pub(super) fn group(
    all: Vec<(Option<String>, u64)>,
    min_frequency: Option<u64>,
    max_categories: Option<u64>,
) -> Grouped {
    let mut rare: Vec<bool> = all.iter().map(|entry| min_frequency.is_some_and(|least| entry.1 < least)).collect();
    let slots = rare.iter().filter(|rare| !**rare).count() + usize::from(rare.contains(&true));
    if let Some(most) = max_categories.and_then(|most| usize::try_from(most).ok()).filter(|&most| most < slots) {
        // The rarest go first, of equal ones the first in order; one place is theirs.
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|&at| all[at].1);
        order.iter().take(all.len() + 1 - most).for_each(|&at| rare[at] = true);
    }
    let (mut categories, mut infrequent) = (Vec::new(), Vec::new());
    for (entry, rare) in all.into_iter().zip(rare) {
        if rare { infrequent.push(entry) } else { categories.push(entry) }
    }
    (categories, infrequent)
}
