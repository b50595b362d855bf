//! What a statistic does when both samples come from one distribution.

use statrs::function::{beta::beta_reg, gamma::gamma_ur};

/// The distribution of a statistic where nothing but chance sets the samples apart.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Null {
    /// The statistic over `scale` follows a χ² distribution.
    ChiSquare {
        /// What the statistic is divided by.
        scale: f64,
        /// Degrees of freedom; with none the samples cannot differ.
        degrees: f64,
    },
    /// The square of the statistic over `scale` follows a χ² distribution.
    RootChiSquare {
        /// What the square is divided by.
        scale: f64,
        /// Degrees of freedom.
        degrees: f64,
    },
    /// Kolmogorov's distribution of a greatest difference between distribution functions, with Stephens' correction for
    /// small samples (M. A. Stephens, J. R. Stat. Soc. B 32, 1970): λ = (√r + 0.12 + 0.11/√r) · D. Conservative where
    /// values repeat.
    Kolmogorov {
        /// r = n·m / (n + m).
        rows: f64,
    },
    /// A bound rather than a distribution: chance exceeds `centre + t` with a probability of at most
    /// exp(−t² / (2 · spread²)), so p-values are never too small.
    Bound {
        /// The mean.
        centre: f64,
        /// The deviation of the bound.
        spread: f64,
    },
    /// Student's distribution, both tails.
    Student {
        /// Degrees of freedom.
        degrees: f64,
    },
    /// The probability was counted, so there is no critical value beside it.
    Exact {
        /// The probability of the statistic, or a more extreme one.
        p_value: f64,
    },
}

/// A statistic and what chance would make of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// The statistic.
    pub statistic: f64,
    /// Its distribution where nothing differs.
    pub null: Null,
}

impl Tested {
    /// The probability that chance makes the statistic at least as extreme.
    pub fn p_value(&self) -> f64 {
        self.null.p_value(self.statistic)
    }
}

impl Null {
    /// The probability of a statistic at least as extreme as this one.
    pub fn p_value(&self, statistic: f64) -> f64 {
        match *self {
            Self::ChiSquare { scale, degrees } => chi_square(statistic / scale, degrees),
            Self::RootChiSquare { scale, degrees } => chi_square(statistic * statistic / scale, degrees),
            Self::Kolmogorov { rows } => kolmogorov(statistic * factor(rows)),
            Self::Bound { centre, spread } => bound((statistic - centre) / spread),
            Self::Student { degrees } if statistic.is_finite() => {
                beta_reg(degrees / 2.0, 0.5, degrees / (degrees + statistic * statistic))
            }
            Self::Student { .. } => 0.0,
            Self::Exact { p_value } => p_value,
        }
    }

    /// The least statistic whose probability is at most `significance`, where there is one.
    pub fn critical(&self, significance: f64) -> Option<f64> {
        if !(significance > 0.0 && significance < 1.0) {
            return None;
        }
        match *self {
            Self::Exact { .. } => None,
            Self::Bound { centre, spread } => Some(centre + spread * (-2.0 * significance.ln()).sqrt()),
            Self::ChiSquare { degrees, .. } | Self::RootChiSquare { degrees, .. } if degrees < 1.0 => None,
            Self::ChiSquare { scale, .. } => self.search(significance, scale),
            Self::RootChiSquare { scale, .. } => self.search(significance, scale.sqrt()),
            Self::Kolmogorov { rows } => self.search(significance, 1.0 / factor(rows)),
            Self::Student { .. } => self.search(significance, 1.0),
        }
    }

    /// Where the probability falls to `significance`, by halving.
    fn search(&self, significance: f64, unit: f64) -> Option<f64> {
        let (mut low, mut high) = (0.0, unit);
        while self.p_value(high) > significance {
            (low, high) = (high, high * 2.0);
            if !high.is_finite() {
                return None;
            }
        }
        for _ in 0..200 {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                break;
            }
            if self.p_value(middle) > significance { low = middle } else { high = middle }
        }
        Some(high)
    }
}

fn factor(rows: f64) -> f64 {
    let root = rows.sqrt();
    root + 0.12 + 0.11 / root
}

fn chi_square(statistic: f64, degrees: f64) -> f64 {
    match statistic {
        _ if degrees < 1.0 => 1.0,
        x if x <= 0.0 => 1.0,
        x if x.is_finite() => gamma_ur(degrees / 2.0, x / 2.0).clamp(0.0, 1.0),
        _ => 0.0,
    }
}

fn bound(deviations: f64) -> f64 {
    match deviations {
        t if t > 0.0 => (-t * t / 2.0).exp(),
        _ => 1.0,
    }
}

/// The survival function of Kolmogorov's distribution.
fn kolmogorov(lambda: f64) -> f64 {
    use std::f64::consts::PI;
    match lambda {
        x if x <= 0.0 => 1.0,
        // Where the series of the tail converges badly, the one of the head converges well.
        x if x < 1.18 => {
            let term = |k: i32| (-f64::from((2 * k - 1).pow(2)) * PI * PI / (8.0 * x * x)).exp();
            (1.0 - (2.0 * PI).sqrt() / x * (1..=5).map(term).sum::<f64>()).clamp(0.0, 1.0)
        }
        x => {
            let term = |k: i32| f64::from(1 - 2 * ((k + 1) % 2)) * (-2.0 * f64::from(k * k) * x * x).exp();
            (2.0 * (1..=6).map(term).sum::<f64>()).clamp(0.0, 1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::near;

    #[test]
    fn probabilities_are_scipys() {
        let chi = |degrees| Null::ChiSquare { scale: 1.0, degrees };
        for (null, statistic, expect) in [
            (chi(1.0), 3.841458820694124, 0.05),
            (chi(9.0), 16.918977604620448, 0.05),
            (chi(9.0), 60.0, 1.3406780483959625e-09),
            (chi(49.0), 20.0, 0.9999245464953185),
            (Null::RootChiSquare { scale: 4.0, degrees: 9.0 }, 2.0 * 16.918977604620448_f64.sqrt(), 0.05),
            (Null::Student { degrees: 7.5 }, 2.0, 0.08289699529816631),
            (Null::Student { degrees: 7.5 }, -2.0, 0.08289699529816631),
            (Null::Bound { centre: 1.0, spread: 2.0 }, 5.0, (-2.0_f64).exp()),
            (Null::Bound { centre: 1.0, spread: 2.0 }, 0.5, 1.0),
        ] {
            near(null.p_value(statistic), expect, 1e-7);
        }
        for (lambda, expect) in [
            (0.3, 0.9999906941986655),
            (0.8, 0.5441424115741981),
            (1.18, 0.1234538094297657),
            (1.3580986393225505, 0.05),
            (2.0, 0.0006709252557796953),
            (0.0, 1.0),
        ] {
            near(kolmogorov(lambda), expect, 1e-12);
        }
        assert_eq!(chi(0.0).p_value(5.0), 1.0, "one bin cannot differ");
        assert_eq!(Null::Student { degrees: 3.0 }.p_value(f64::INFINITY), 0.0);
    }

    #[test]
    fn critical_values_are_where_the_probability_falls_to_the_level() {
        for null in [
            Null::ChiSquare { scale: 0.003, degrees: 9.0 },
            Null::RootChiSquare { scale: 0.003, degrees: 4.0 },
            Null::Kolmogorov { rows: 500.0 },
            Null::Kolmogorov { rows: 5.0 },
            Null::Bound { centre: 0.1, spread: 0.02 },
            Null::Student { degrees: 12.0 },
        ] {
            for level in [0.5, 0.05, 1e-6] {
                near(null.p_value(null.critical(level).unwrap()), level, 1e-9);
            }
        }
        assert_eq!(Null::Exact { p_value: 0.5 }.critical(0.05), None);
        assert_eq!(Null::ChiSquare { scale: 1.0, degrees: 0.0 }.critical(0.05), None);
        assert_eq!(Null::Student { degrees: 1.0 }.critical(0.0), None);
    }
}
