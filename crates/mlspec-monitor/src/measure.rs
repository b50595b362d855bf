//! How far the two sides of a column are apart, and what chance would make of it.

use crate::Bins;
use mlspec_measure::Undefined;
use mlspec_measure::distance::{
    Alternative, Null, Sample, Tested, chi_square_test, fisher_exact_test, jensen_shannon_test,
    kolmogorov_smirnov_test, l_infinity_distance, population_stability_test, wasserstein_test, welch_t_test,
};
use mlspec_measure::profile::{Numbers, ProfiledColumn, Values};
use mlspec_record::DataType;
use mlspec_record::body::{Direction, DriftMeasure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A measure of drift. Formulas stand beside each in `mlspec_measure::distance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The population stability index over the bins.
    Psi,
    /// Jensen and Shannon's distance over the bins.
    JensenShannon,
    /// Pearson's χ² over the bins.
    ChiSquare,
    /// Chebyshev's distance over the bins; it has no probability.
    LInfinity,
    /// Kolmogorov and Smirnov's greatest difference of distribution functions, of numbers.
    KolmogorovSmirnov,
    /// Wasserstein's distance in standard deviations of the reference, of numbers.
    Wasserstein,
    /// The difference of the means in standard deviations of both sides, by Welch's test, of numbers.
    Mean,
    /// The difference of the shares of nulls, by Fisher's test.
    NullRate,
    /// The share of rows whose value the reference does not have, by Fisher's test against what Good and Turing expect: the
    /// share of rows of the reference whose value stands there once. Not of numbers.
    UnseenRate,
}

impl Measure {
    /// All measures.
    pub const ALL: [Self; 9] = [
        Self::Psi,
        Self::JensenShannon,
        Self::ChiSquare,
        Self::LInfinity,
        Self::KolmogorovSmirnov,
        Self::Wasserstein,
        Self::Mean,
        Self::NullRate,
        Self::UnseenRate,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Psi => "psi",
            Self::JensenShannon => "jensen_shannon",
            Self::ChiSquare => "chi_square",
            Self::LInfinity => "l_infinity",
            Self::KolmogorovSmirnov => "kolmogorov_smirnov",
            Self::Wasserstein => "wasserstein",
            Self::Mean => "mean",
            Self::NullRate => "null_rate",
            Self::UnseenRate => "unseen_rate",
        }
    }

    /// Whether chance can be told.
    pub fn has_null(self) -> bool {
        self != Self::LInfinity
    }

    /// Whether it says which way the values went.
    pub fn has_direction(self) -> bool {
        matches!(self, Self::KolmogorovSmirnov | Self::Wasserstein | Self::Mean | Self::NullRate)
    }

    /// Whether columns of this type have it; truth values are categories.
    pub fn fits(self, column: &ProfiledColumn) -> bool {
        let numbers = column.profile.numbers.is_some() && column.data_type != DataType::Boolean;
        match self {
            Self::KolmogorovSmirnov | Self::Wasserstein | Self::Mean => numbers,
            Self::UnseenRate => column.profile.values.is_some(),
            _ => true,
        }
    }

    /// The measures that a gate looks at where none is named.
    pub fn defaults(column: &ProfiledColumn) -> Vec<Self> {
        let numbers = Self::KolmogorovSmirnov.fits(column);
        let first = if numbers { Self::KolmogorovSmirnov } else { Self::ChiSquare };
        [first, Self::NullRate, Self::UnseenRate].into_iter().filter(|measure| measure.fits(column)).collect()
    }

    /// The measure of a column, both sides of which were profiled alike.
    pub fn of(
        self,
        reference: &ProfiledColumn,
        current: &ProfiledColumn,
        bins: Option<&Bins>,
        significance: f64,
    ) -> DriftMeasure {
        match self.find(reference, current, bins) {
            Ok(Found { value, tested, direction, reason }) => {
                let scale = match tested {
                    Some(Tested { statistic, .. }) if statistic > 0.0 => value / statistic,
                    _ => 1.0,
                };
                let critical = tested.and_then(|tested| tested.null.critical(significance)).map(|least| least * scale);
                DriftMeasure {
                    measure: self.name().to_owned(),
                    value: Some(value + 0.0),
                    p_value: tested.map(|tested| tested.p_value()),
                    critical: critical.filter(|least| {
                        least.is_finite() && self.has_critical() && (value > 0.0 || self != Self::Wasserstein)
                    }),
                    direction,
                    reason,
                }
            }
            Err(reason) => DriftMeasure {
                measure: self.name().to_owned(),
                value: None,
                p_value: None,
                critical: None,
                direction: None,
                reason: Some(reason.to_string()),
            },
        }
    }

    /// Whether a critical value is in the unit of the value; that of a difference of means is not.
    fn has_critical(self) -> bool {
        self != Self::Mean
    }

    fn find(
        self,
        reference: &ProfiledColumn,
        current: &ProfiledColumn,
        bins: Option<&Bins>,
    ) -> Result<Found, Undefined> {
        let (was, is) = (&reference.profile, &current.profile);
        let bins = || bins.ok_or(Undefined::ZeroDivision("the sides were not profiled alike"));
        let numbers = || was.numbers.as_ref().zip(is.numbers.as_ref()).ok_or(Undefined::Empty);
        match self {
            Self::Psi => Found::tested(population_stability_test(&bins()?.reference, &bins()?.current)?),
            Self::JensenShannon => Found::tested(jensen_shannon_test(&bins()?.reference, &bins()?.current)?),
            Self::ChiSquare => Found::tested(chi_square_test(&bins()?.reference, &bins()?.current)?),
            Self::LInfinity => {
                let value = l_infinity_distance(&bins()?.reference, &bins()?.current)?;
                Ok(Found { value, tested: None, direction: None, reason: None })
            }
            Self::KolmogorovSmirnov => {
                let (one, other) = samples(numbers()?)?;
                let found = kolmogorov_smirnov_test(&one, &other)?;
                Ok(Found { direction: way(found.tested.statistic, found.greater), ..Found::tested(found.tested)? })
            }
            Self::Wasserstein => {
                let (was, is) = numbers()?;
                let (one, other) = samples((was, is))?;
                let tested = wasserstein_test(&one, &other)?;
                let unit = was.moments.standard_deviation().filter(|unit| *unit > 0.0);
                let value = match tested.statistic {
                    0.0 => 0.0,
                    area => area / unit.ok_or(Undefined::ZeroDivision("the reference is constant"))?,
                };
                let greater = is.moments.mean() > was.moments.mean();
                Ok(Found { value, direction: way(value, greater), ..Found::tested(tested)? })
            }
            Self::Mean => means(numbers()?),
            Self::NullRate => {
                let tested = fisher_exact_test((was.nulls, was.rows), (is.nulls, is.rows), Alternative::TwoSided)?;
                let direction = way(tested.statistic, tested.statistic > 0.0);
                Ok(Found { value: tested.statistic.abs(), direction, ..Found::tested(tested)? })
            }
            Self::UnseenRate => unseen(was.values.as_ref().zip(is.values.as_ref()).ok_or(Undefined::Empty)?),
        }
    }
}

/// What was found.
struct Found {
    value: f64,
    tested: Option<Tested>,
    direction: Option<Direction>,
    reason: Option<String>,
}

impl Found {
    fn tested(tested: Tested) -> Result<Self, Undefined> {
        Ok(Self { value: tested.statistic, tested: Some(tested), direction: None, reason: None })
    }
}

fn way(distance: f64, greater: bool) -> Option<Direction> {
    (distance != 0.0).then_some(if greater { Direction::Up } else { Direction::Down })
}

/// Values with counts, ascending.
type Counted = Vec<(f64, u64)>;

/// The finite numbers of both sides, on the coarser of their grids.
fn samples((was, is): (&Numbers, &Numbers)) -> Result<(Counted, Counted), Undefined> {
    let both = was.distribution.as_ref().zip(is.distribution.as_ref());
    let (one, other) = both.ok_or(Undefined::ZeroDivision("a side was not profiled in full"))?;
    let (one, other) = one.aligned(other);
    Ok((one.points(), other.points()))
}

fn means((was, is): (&Numbers, &Numbers)) -> Result<Found, Undefined> {
    let sample = |numbers: &Numbers| {
        let (mean, variance) = (numbers.moments.mean()?, numbers.moments.variance()?);
        Some(Sample { rows: numbers.finite(), mean, variance })
    };
    let (was, is) = sample(was).zip(sample(is)).ok_or(Undefined::ZeroDivision("a side has no mean or deviation"))?;
    let tested = welch_t_test(was, is)?;
    let (difference, unit) = (is.mean - was.mean, ((was.variance + is.variance) / 2.0).sqrt());
    let value = match difference {
        0.0 => 0.0,
        _ if unit == 0.0 => return Err(Undefined::ZeroDivision("both sides are constant")),
        difference => difference.abs() / unit,
    };
    Ok(Found { value, direction: way(difference, difference > 0.0), ..Found::tested(tested)? })
}

fn unseen((was, is): (&Values, &Values)) -> Result<Found, Undefined> {
    let reach = was.reach().min(is.reach());
    let within = |values: &'_ Values| -> Vec<(u64, u64)> {
        values.entries().iter().filter(|(key, _)| *key <= reach).copied().collect()
    };
    let (was_known, is_known) = (within(was), within(is));
    let rows = |entries: &[(u64, u64)]| entries.iter().map(|(_, rows)| rows).sum::<u64>();
    let known = |key: u64| was_known.binary_search_by_key(&key, |entry| entry.0).is_ok();
    let new: u64 = is_known.iter().filter(|(key, _)| !known(*key)).map(|(_, rows)| rows).sum();
    let once = was_known.iter().filter(|(_, rows)| *rows == 1).count() as u64;
    let (n, m) = (rows(&was_known), rows(&is_known));
    if m == 0 {
        return Err(Undefined::Empty);
    }
    let value = new as f64 / m as f64;
    if !(was.is_complete() && is.is_complete()) {
        let reason = Some("estimated from a sample of the values, so chance cannot be told".to_owned());
        return Ok(Found { value, tested: None, direction: None, reason });
    }
    let tested = fisher_exact_test((once, n), (new, m), Alternative::Greater)?;
    // As many as expected, or fewer, are none.
    let null = if tested.statistic > 0.0 { tested.null } else { Null::Exact { p_value: 1.0 } };
    Ok(Found { value, tested: Some(Tested { null, ..tested }), direction: None, reason: None })
}
