//! Answers in the order of their scores.

use crate::{NoValue, Scored};
use mlspec_measure::Thresholds;
use std::ops::Deref;
use std::sync::OnceLock;

/// Answers, and their order by the probability of the positive class: found once, for all metrics and curves that need it.
#[derive(Debug)]
pub(crate) struct Ranked<'a> {
    scored: &'a Scored,
    thresholds: OnceLock<Result<Thresholds, NoValue>>,
}

impl<'a> Ranked<'a> {
    pub(crate) fn new(scored: &'a Scored) -> Self {
        Self { scored, thresholds: OnceLock::new() }
    }

    /// What each threshold calls positive.
    pub(crate) fn thresholds(&self) -> Result<&Thresholds, NoValue> {
        let found = self.thresholds.get_or_init(|| {
            let (positive, probability) = self.scored.positive()?;
            Ok(Thresholds::new(&positive, probability, self.scored.weights.as_deref())?)
        });
        found.as_ref().map_err(Clone::clone)
    }
}

impl Deref for Ranked<'_> {
    type Target = Scored;

    fn deref(&self) -> &Scored {
        self.scored
    }
}
