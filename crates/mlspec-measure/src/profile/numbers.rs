//! What is known of numbers.

use super::distribution::key_of;
use super::{Distinct, Distribution, Moments, Values};
use serde::{Deserialize, Serialize};

/// How much is found out about columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Counts, distinct values, mean, deviation, least and greatest.
    Summary,
    /// Skewness, kurtosis and the distribution too.
    #[default]
    Full,
}

impl Depth {
    fn degree(self) -> usize {
        match self {
            Self::Summary => 2,
            Self::Full => 4,
        }
    }
}

/// What is known of a column's numbers; null is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// How many are not a number.
    pub nan: u64,
    /// How many are infinite and positive.
    pub positive_infinite: u64,
    /// How many are infinite and negative.
    pub negative_infinite: u64,
    /// The least finite number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest finite number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The moments of the finite numbers.
    pub moments: Moments,
    /// The distribution of the finite numbers, at [`Depth::Full`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// Their distinct values, where the distribution does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Values>,
}

impl Numbers {
    /// What is known of these numbers.
    pub fn of(numbers: &[f64], depth: Depth) -> Self {
        let mut found = Self::default();
        let finite: Vec<f64> = numbers
            .iter()
            .filter(|number| match **number {
                x if x.is_nan() => {
                    found.nan += 1;
                    false
                }
                f64::INFINITY => {
                    found.positive_infinite += 1;
                    false
                }
                f64::NEG_INFINITY => {
                    found.negative_infinite += 1;
                    false
                }
                _ => true,
            })
            .map(|number| number + 0.0)
            .collect();
        found.minimum = finite.iter().copied().reduce(f64::min);
        found.maximum = finite.iter().copied().reduce(f64::max);
        found.moments = Moments::of(&finite, depth.degree());
        let distribution = (depth == Depth::Full).then(|| Distribution::of(&finite));
        if !distribution.as_ref().is_some_and(Distribution::is_exact) {
            found.values = Some(Values::of(finite.iter().map(|number| mixed(key_of(*number)))));
        }
        found.distribution = distribution;
        found
    }

    /// What is known of the numbers of all parts, which were looked at in the same depth.
    pub fn merge<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let parts: Vec<&Self> = parts.into_iter().collect();
        let all = || parts.iter();
        let full = !parts.is_empty() && all().all(|part| part.distribution.is_some());
        let distribution = full.then(|| Distribution::merge(all().filter_map(|part| part.distribution.as_ref())));
        let told = distribution.as_ref().is_some_and(Distribution::is_exact);
        let values = (!told && !parts.is_empty()).then(|| {
            let values: Vec<Values> = all().map(|part| part.values()).collect();
            Values::merge(&values)
        });
        Self {
            nan: all().map(|part| part.nan).sum(),
            positive_infinite: all().map(|part| part.positive_infinite).sum(),
            negative_infinite: all().map(|part| part.negative_infinite).sum(),
            minimum: all().filter_map(|part| part.minimum).reduce(f64::min),
            maximum: all().filter_map(|part| part.maximum).reduce(f64::max),
            moments: Moments::merge(all().map(|part| &part.moments)),
            distribution,
            values,
        }
    }

    fn values(&self) -> Values {
        let of_cells = |of: &Distribution| Values::of_counted(of.keys().map(|(key, count)| (mixed(key), count)));
        match (&self.values, &self.distribution) {
            (Some(values), _) => values.clone(),
            (None, Some(distribution)) => of_cells(distribution),
            (None, None) => Values::default(),
        }
    }

    /// How many finite numbers there are.
    pub fn finite(&self) -> u64 {
        self.moments.count()
    }

    /// How many distinct numbers there are; NaN is one of them, and so is each infinity.
    pub fn distinct(&self) -> Distinct {
        let finite = match &self.distribution {
            Some(distribution) if distribution.is_exact() => {
                Distinct { count: distribution.cells() as u64, exact: true }
            }
            _ => self.values().distinct(),
        };
        let others = [self.nan, self.positive_infinite, self.negative_infinite];
        let others = others.iter().filter(|count| **count > 0).count() as u64;
        Distinct { count: finite.count + others, exact: finite.exact }
    }

    /// The quantile of a share, never beyond the least and the greatest number.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let found = self.distribution.as_ref()?.quantile(share)?;
        Some(match share {
            0.0 => self.minimum?,
            1.0 => self.maximum?,
            _ => found.clamp(self.minimum?, self.maximum?),
        })
    }
}

/// Bits of a number, mixed so that all of them depend on all (the finaliser of SplitMix64, which is a bijection).
pub(crate) fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Vec<f64> {
        let of = |at: u64| match at % 97 {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => -0.0,
            _ => (mixed(at) >> 20) as f64 / 1e6 - 4e6,
        };
        (0..30_000).map(of).collect()
    }

    #[test]
    fn parts_make_the_whole_to_the_bit() {
        for depth in [Depth::Summary, Depth::Full] {
            for (count, size) in [(30_000, 8_192), (30_000, 1_000), (3_000, 100), (5, 1), (0, 1)] {
                let numbers = &numbers()[..count];
                let whole = Numbers::of(numbers, depth);
                let mut parts: Vec<Numbers> = numbers.chunks(size).map(|part| Numbers::of(part, depth)).collect();
                parts.push(Numbers::of(&[], depth));
                assert_eq!(Numbers::merge(&parts), whole, "{depth:?} {count} {size}");
                let kept: Numbers = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
                assert_eq!(kept, whole);
            }
        }
    }

    #[test]
    fn what_is_no_finite_number_is_counted_apart() {
        let found = Numbers::of(&[f64::NAN, 1.0, f64::INFINITY, -0.0, 0.0, f64::NAN, 3.0], Depth::Full);
        assert_eq!((found.nan, found.positive_infinite, found.negative_infinite, found.finite()), (2, 1, 0, 4));
        assert_eq!((found.minimum, found.maximum, found.moments.mean()), (Some(0.0), Some(3.0), Some(1.0)));
        assert_eq!(found.distinct(), Distinct { count: 5, exact: true });
        assert_eq!((found.quantile(0.5), found.quantile(1.0)), (Some(0.5), Some(3.0)));
        let none = Numbers::of(&[f64::NAN], Depth::Full);
        assert_eq!((none.minimum, none.quantile(0.5), none.moments.mean()), (None, None, None));
    }

    #[test]
    fn many_distinct_numbers_are_estimated() {
        let found = Numbers::of(&(0..100_000).map(|at| f64::from(at) * 0.37).collect::<Vec<_>>(), Depth::Full);
        let distinct = found.distinct();
        assert!(!distinct.exact && (90_000..110_000).contains(&distinct.count), "{distinct:?}");
    }
}
