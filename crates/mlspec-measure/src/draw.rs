//! Draws that belong to rows: of the same row, number and seed always the same, whatever other rows there are.

use crate::Undefined;
use crate::profile::mixed;

/// Where draws come from: a purpose, so that draws for different ends have nothing to do with each other, and a seed.
///
/// A draw is the hash of a row's id: SplitMix64's finaliser, applied once for every byte of the purpose, the seed, each number and the
/// id, of the sum of what came out before and the part times an odd constant.
///
/// ```
/// use mlspec_measure::Draws;
/// let draws = Draws::new("bootstrap", 7);
/// assert_eq!(draws.number(3).of(1_000), draws.number(3).of(1_000));
/// assert_ne!(draws.number(3).of(1_000), draws.number(4).of(1_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws(u64);

impl Draws {
    /// Draws for a purpose.
    pub fn new(purpose: &str, seed: u64) -> Self {
        let start = purpose.bytes().fold(Self(0), |state, byte| state.number(u64::from(byte)));
        start.number(seed)
    }

    /// Others of the same purpose and seed.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        Self(self.of(number))
    }

    /// As [`Draws::number`], by a text: the name of a column.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        name.bytes().fold(self.number(name.len() as u64), |state, byte| state.number(u64::from(byte)))
    }

    /// 64 bits for this row.
    pub fn of(self, id: u64) -> u64 {
        mixed(self.0.wrapping_add(id.wrapping_mul(0xD6E8_FEB8_6659_FD93)))
    }

    /// How often this row is in a sample with replacement: a number drawn from Poisson's distribution with mean 1.
    pub fn times(self, id: u64) -> u32 {
        let draw = self.of(id);
        // No number above 16 is left of 64 bits.
        TIMES.iter().position(|&bound| draw < bound).unwrap_or(TIMES.len()) as u32
    }
}

/// The shares of draws that are at most 0, 1, 2, …, in 2⁻⁶⁴: Σ 1 / (e · k!).
const TIMES: [u64; 17] = [
    6_786_177_901_268_885_274,
    13_572_355_802_537_770_549,
    16_965_444_753_172_213_186,
    18_096_474_403_383_694_065,
    18_379_231_815_936_564_285,
    18_435_783_298_447_138_329,
    18_445_208_545_532_234_003,
    18_446_555_009_401_533_385,
    18_446_723_317_385_195_808,
    18_446_742_018_272_269_410,
    18_446_743_888_360_976_771,
    18_446_744_058_369_041_076,
    18_446_744_072_536_379_768,
    18_446_744_073_626_175_052,
    18_446_744_073_704_017_573,
    18_446_744_073_709_207_074,
    18_446_744_073_709_531_418,
];

/// At most `most` of these rows, by position, ascending: those with the least draws. All of them where there are no more.
pub fn sample(ids: &[u64], most: usize, draws: Draws) -> Vec<usize> {
    let mut order = shuffled(ids, draws);
    order.truncate(most);
    order.sort_unstable();
    order
}

/// All positions of these rows, in an order by chance.
pub fn shuffled(ids: &[u64], draws: Draws) -> Vec<usize> {
    let mut order: Vec<(u64, u64, usize)> = ids.iter().enumerate().map(|(at, &id)| (draws.of(id), id, at)).collect();
    order.sort_unstable();
    order.into_iter().map(|(.., at)| at).collect()
}

/// The ends of the interval that holds this share of the values in their middle, as NumPy's `percentile` interpolates.
///
/// # Errors
/// When there are no values, or one is not finite; when `level` is not above 0 and below 1.
///
/// ```
/// use mlspec_measure::percentile_interval;
/// assert_eq!(percentile_interval(&[4.0, 0.0, 1.0, 3.0, 2.0], 0.5)?, (1.0, 3.0));
/// # Ok::<(), mlspec_measure::Undefined>(())
/// ```
pub fn percentile_interval(values: &[f64], level: f64) -> Result<(f64, f64), Undefined> {
    crate::check::finite("sample", values)?;
    if values.is_empty() {
        return Err(Undefined::Empty);
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(Undefined::Parameter("`level` must be above 0 and below 1"));
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Ok((crate::calibration::quantile(&sorted, tail), crate::calibration::quantile(&sorted, 1.0 - tail)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_drawn_as_often_as_by_chance() {
        let draws = Draws::new("bootstrap", 1);
        let mut counts = [0_u32; 20];
        (0..1_000_000).for_each(|id| counts[draws.number(id % 10).times(id) as usize] += 1);
        let mut share = (-1.0_f64).exp();
        for (times, &count) in counts.iter().enumerate().take(6) {
            share /= times.max(1) as f64;
            let deviation = (1e6 * share * (1.0 - share)).sqrt();
            assert!((f64::from(count) - 1e6 * share).abs() < 4.0 * deviation, "{times}: {count}");
        }
    }

    #[test]
    fn bounds_are_those_of_poisson() {
        let (mut share, mut sum) = ((-1.0_f64).exp(), 0.0);
        for (times, &bound) in TIMES.iter().enumerate() {
            share /= times.max(1) as f64;
            sum += share;
            assert!((bound as f64 / 2_f64.powi(64) - sum).abs() < 1e-15, "{times}");
        }
        assert!(TIMES.is_sorted());
    }

    #[test]
    fn draws_of_a_row_depend_on_no_other_row() {
        let draws = Draws::new("sample", 5);
        let ids: Vec<u64> = (0..1_000).map(|id| id * 3).collect();
        let some = sample(&ids, 100, draws);
        assert!(some.len() == 100 && some.is_sorted());
        // Whoever is taken out makes place for one more.
        let without: Vec<u64> = ids.iter().copied().filter(|&id| id != ids[some[0]]).collect();
        let again: Vec<u64> = sample(&without, 100, draws).into_iter().map(|at| without[at]).collect();
        assert_eq!(some[1..].iter().filter(|&&at| again.contains(&ids[at])).count(), 99);
        assert_eq!(sample(&ids, usize::MAX, draws).len(), 1_000);
        assert_ne!(shuffled(&ids, draws), shuffled(&ids, draws.number(1)));
        assert_ne!(draws.name("a"), draws.name("b"));
        assert_ne!(Draws::new("a", 5).name("bc"), Draws::new("ab", 5).name("c"));
    }

    #[test]
    fn intervals_are_percentiles() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        // numpy.percentile(values, [2.5, 97.5])
        assert_eq!(percentile_interval(&values, 0.95), Ok((2.500000000000002, 97.5)));
        assert_eq!(percentile_interval(&[3.0], 0.9), Ok((3.0, 3.0)));
        for (values, level) in [(&[][..], 0.5), (&[1.0], 0.0), (&[1.0], 1.0), (&[1.0], f64::NAN), (&[f64::NAN], 0.5)] {
            assert!(percentile_interval(values, level).is_err(), "{values:?} {level}");
        }
    }
}
