//! Where the values of one feature are cut into bins.

use mlspec_model::ModelError;

/// The most bins of values that are not missing.
pub(crate) const MAX_BINS: usize = 255;

/// The greatest category, as the model's document has it.
const MOST_CATEGORY: f64 = 65_535.0;

/// How values become bins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cuts {
    /// The bin is the number of thresholds below the value.
    Numbers(Vec<f64>),
    /// The bin is the position of the category; others are missing.
    Categories(Vec<u32>),
}

impl Cuts {
    /// How many bins there are of values that are not missing.
    pub(crate) fn bins(&self) -> usize {
        match self {
            Self::Numbers(thresholds) => thresholds.len() + 1,
            Self::Categories(categories) => categories.len(),
        }
    }

    /// The bin of a value; nothing for a missing one.
    #[inline]
    pub(crate) fn bin(&self, value: f64) -> Option<u8> {
        match self {
            _ if value.is_nan() => None,
            Self::Numbers(thresholds) => Some(thresholds.partition_point(|&threshold| threshold < value) as u8),
            Self::Categories(categories) => {
                let code = category(value)?;
                categories.binary_search(&code).ok().map(|at| at as u8)
            }
        }
    }
}

/// The category that a feature's value stands for: whole numbers from 0 to 65,535 do. Negative numbers stand for a missing one.
fn category(value: f64) -> Option<u32> {
    ((0.0..=MOST_CATEGORY).contains(&value) && value.fract() == 0.0).then_some(value as u32)
}

/// Values of one feature: those that are not zero, and how many zeros there are. NaN is not among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) nonzero: Vec<f64>,
    pub(crate) zeros: usize,
}

impl Values {
    fn len(&self) -> usize {
        self.nonzero.len() + self.zeros
    }

    /// The value at a position of the sorted list.
    fn at(&self, negative: usize, at: usize) -> f64 {
        match at {
            at if at < negative => self.nonzero[at],
            at if at < negative + self.zeros => 0.0,
            at => self.nonzero[at - self.zeros],
        }
    }

    /// As scikit-learn's `_BinMapper`: midpoints between the distinct values if there are at most `bins`, else quantiles, each the
    /// midpoint of the two values around it.
    pub(crate) fn cuts(mut self, bins: usize) -> Vec<f64> {
        self.nonzero.sort_unstable_by(f64::total_cmp);
        let negative = self.nonzero.partition_point(|&value| value < 0.0);
        let mut distinct: Vec<f64> = Vec::with_capacity(bins + 1);
        let mut at = 0;
        while at < self.len() && distinct.len() <= bins {
            let value = self.at(negative, at);
            distinct.push(value);
            at = match value == 0.0 {
                true => negative + self.zeros,
                // The nonzero values around zero lie apart, so the search may stay on one side.
                false if value < 0.0 => self.nonzero[..negative].partition_point(|&other| other <= value),
                false => self.zeros + self.nonzero.partition_point(|&other| other <= value),
            };
        }
        let mut cuts: Vec<f64> = if distinct.len() <= bins {
            distinct.windows(2).map(|pair| middle(pair[0], pair[1])).collect()
        } else {
            let last = (self.len() - 1) as f64;
            let quantile = |k: usize| {
                let place = last * k as f64 / bins as f64;
                let (below, above) = (place.floor() as usize, place.ceil() as usize);
                middle(self.at(negative, below), self.at(negative, above))
            };
            (1..bins).map(quantile).collect()
        };
        cuts.dedup();
        cuts
    }

    /// The categories.
    pub(crate) fn categories(mut self, name: &str, bins: usize) -> Result<Vec<u32>, ModelError> {
        if self.zeros > 0 {
            self.nonzero.push(0.0);
        }
        self.nonzero.retain(|&value| value >= 0.0);
        if self.nonzero.iter().any(|&value| category(value).is_none()) {
            let reason = format!("the categorical feature {name} has values that are no whole numbers up to 65535");
            return Err(ModelError::invalid("feature", reason));
        }
        let mut codes: Vec<u32> = self.nonzero.iter().map(|&value| value as u32).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.len() > bins {
            let reason = format!("the categorical feature {name} has {} categories: at most {bins}", codes.len());
            return Err(ModelError::invalid("feature", reason));
        }
        Ok(codes)
    }
}

/// A number between two, such that the lower one is at most it and the upper one above it, unless both are equal.
fn middle(below: f64, above: f64) -> f64 {
    let middle = below / 2.0 + above / 2.0;
    if below <= middle && middle < above { middle } else { below }
}
