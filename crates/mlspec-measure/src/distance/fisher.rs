//! Fisher's exact test of two shares.

use super::{Null, Tested};
use crate::Undefined;
use statrs::function::factorial::ln_binomial;

/// Which tables count as more extreme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// All that are at most as likely.
    TwoSided,
    /// Those in which more current rows are among the counted ones.
    Greater,
}

/// Terms that are this much smaller than the one observed add nothing.
const NOTHING: f64 = 1e-18;

/// Whether `current.0` of `current.1` rows is another share than `reference.0` of `reference.1`: the statistic is the
/// difference of the shares (current less reference), its probability is counted over all tables with the same margins
/// (`scipy.stats.fisher_exact`). Right for any size, also where no row is counted.
///
/// # Errors
/// When a sample has no rows, or fewer than are counted.
pub fn fisher_exact_test(
    reference: (u64, u64),
    current: (u64, u64),
    alternative: Alternative,
) -> Result<Tested, Undefined> {
    let ((a, n), (b, m)) = (reference, current);
    if n == 0 || m == 0 {
        return Err(Undefined::Empty);
    }
    if a > n || b > m {
        return Err(Undefined::ZeroDivision("more rows are counted than there are"));
    }
    let counted = a + b;
    // Of the current rows k are counted; k has a hypergeometric distribution.
    let (least, most) = (counted.saturating_sub(n), counted.min(m));
    let observed = (ln_binomial(m, b) + ln_binomial(n, a) - ln_binomial(n + m, counted)).exp();
    let up = |k: u64| ((m - k) as f64 * (counted - k) as f64) / ((k + 1) as f64 * (n + k + 1 - counted) as f64);
    // In units of the observed probability: sums from k on in one direction, until nothing is added.
    let rising = |from: u64, first: f64, count: &dyn Fn(f64) -> bool| sum(from, first, most, count, |k| (k + 1, up(k)));
    let falling = |from: u64, first: f64, count: &dyn Fn(f64) -> bool| {
        sum(from, first, least, count, |k| (k - 1, 1.0 / up(k - 1)))
    };
    let extreme = |term: f64| term <= 1.0 + 1e-9;
    let share = match alternative {
        Alternative::Greater => rising(b, 1.0, &|_| true),
        Alternative::TwoSided => rising(b, 1.0, &extreme) + falling(b, 1.0, &extreme) - 1.0,
    };
    let statistic = b as f64 / m as f64 - a as f64 / n as f64;
    Ok(Tested { statistic, null: Null::Exact { p_value: (share * observed).clamp(0.0, 1.0) } })
}

/// The sum of the terms that count, from `at` to `end`.
fn sum(mut at: u64, mut term: f64, end: u64, counts: &dyn Fn(f64) -> bool, next: impl Fn(u64) -> (u64, f64)) -> f64 {
    let mut total = 0.0;
    loop {
        if counts(term) {
            total += term;
        }
        if at == end {
            return total;
        }
        let (to, ratio) = next(at);
        (at, term) = (to, term * ratio);
        if term < NOTHING && ratio < 1.0 {
            return total;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::near;

    #[test]
    fn values_are_scipys() {
        for (reference, current, two_sided, greater) in [
            ((8, 10), (1, 6), 0.034965034965034975, 0.9991258741258742),
            ((0, 1_000), (3, 200), 0.004571839916680707, 0.004571839916680707),
            ((120, 100_000), (30, 10_000), 4.1366446984375494e-05, 3.15623385571746e-05),
            ((50_000, 100_000), (5_100, 10_000), 0.05764633318594073, 0.028947793793097986),
            ((0, 5), (0, 7), 1.0, 1.0),
            ((5, 5), (7, 7), 1.0, 1.0),
        ] {
            let p = |alternative| fisher_exact_test(reference, current, alternative).unwrap().p_value();
            near(p(Alternative::TwoSided), two_sided, 1e-6);
            near(p(Alternative::Greater), greater, 1e-6);
        }
        let found = fisher_exact_test((1, 4), (1, 2), Alternative::TwoSided).unwrap();
        assert_eq!(found.statistic, 0.25);
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        assert_eq!(fisher_exact_test((0, 0), (1, 2), Alternative::TwoSided), Err(Undefined::Empty));
        assert!(fisher_exact_test((3, 2), (1, 2), Alternative::TwoSided).is_err());
    }
}
