//! How numbers are distributed: counts by cells of a grid that is the same for all data.

use super::packed::{pack, unpack};
use serde::{Deserialize, Serialize};

/// How many cells a distribution has at most. As long as there are no more distinct numbers, it holds each of them.
pub const CELLS: usize = 4_096;

/// Counts of finite numbers by cell, without loss for up to [`CELLS`] distinct ones.
///
/// The order of doubles is that of 64-bit integers; a cell is what such integers have in common above their last `shift` bits. So a
/// cell is 2^shift neighbouring doubles: its width relative to its numbers is 2^(shift − 52) at most. `shift` is the least with
/// which no more than [`CELLS`] cells hold a number. Both are functions of the numbers as a multiset, and cells of a coarser grid are
/// made of cells of a finer one: parts merge to what the whole has, to the bit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Distribution {
    shift: u32,
    /// Cell and count, ascending.
    cells: Vec<(u64, u64)>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    shift: u32,
    cells: String,
}

impl From<Distribution> for Kept {
    fn from(of: Distribution) -> Self {
        Self { shift: of.shift, cells: pack(&of.cells) }
    }
}

impl TryFrom<Kept> for Distribution {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        let cells = unpack(&kept.cells).ok_or("the cells of a distribution cannot be read")?;
        let inside = |(cell, count): &(u64, u64)| *count > 0 && *cell <= u64::MAX >> kept.shift.min(63);
        match kept.shift < 64 && cells.len() <= CELLS && cells.iter().all(inside) {
            true => Ok(Self { shift: kept.shift, cells }),
            false => Err("a distribution has cells beyond its grid"),
        }
    }
}

/// The integer that stands where the number does. −0 is 0.
pub(super) fn key_of(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn number_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

impl Distribution {
    /// The distribution of finite numbers.
    pub fn of(numbers: &[f64]) -> Self {
        let mut keys: Vec<u64> = numbers.iter().map(|number| key_of(*number)).collect();
        keys.sort_unstable();
        let cells = keys.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len() as u64)));
        Self { shift: 0, cells: cells.collect() }.within_limit()
    }

    /// The distribution of the numbers of all parts.
    pub fn merge<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::default(), |sum, part| sum.and(part))
    }

    fn and(self, other: &Self) -> Self {
        if self.cells.is_empty() {
            return other.clone();
        }
        let shift = self.shift.max(other.shift);
        let (one, other) = (self.coarse(shift), other.clone().coarse(shift));
        let mut cells: Vec<(u64, u64)> = Vec::with_capacity(one.cells.len() + other.cells.len());
        let (mut left, mut right) = (one.cells.into_iter().peekable(), other.cells.into_iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(a), Some(b)) if a.0 == b.0 => left.next().zip(right.next()).map(|(a, b)| (a.0, a.1 + b.1)),
                (Some(a), Some(b)) if a.0 > b.0 => right.next(),
                (None, Some(_)) => right.next(),
                _ => left.next(),
            };
            cells.extend(next);
        }
        Self { shift, cells }.within_limit()
    }

    /// As coarse as the limit asks for.
    fn within_limit(self) -> Self {
        if self.cells.len() <= CELLS {
            return self;
        }
        // How many neighbours differ in no higher bit than this one: they fall together in cells of more bits.
        let mut apart = [0_usize; 64];
        for pair in self.cells.windows(2) {
            apart[(pair[0].0 ^ pair[1].0).checked_ilog2().unwrap_or(0) as usize] += 1;
        }
        let (mut left, mut more) = (self.cells.len(), 0);
        while left > CELLS {
            left -= apart.get(more as usize).copied().unwrap_or(left);
            more += 1;
        }
        let shift = self.shift + more;
        self.coarse(shift)
    }

    /// The same numbers in the cells of a coarser grid.
    fn coarse(mut self, shift: u32) -> Self {
        let more = shift - self.shift;
        if more == 0 {
            return self;
        }
        self.cells.iter_mut().for_each(|(cell, _)| *cell >>= more);
        self.cells.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        Self { shift, cells: self.cells }
    }

    /// Both in the coarser grid of the two, so that they can be compared cell by cell.
    pub fn aligned(&self, other: &Self) -> (Self, Self) {
        let shift = self.shift.max(other.shift);
        (self.clone().coarse(shift), other.clone().coarse(shift))
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.cells.iter().map(|(_, count)| count).sum()
    }

    /// Whether every distinct number has a cell of its own.
    pub fn is_exact(&self) -> bool {
        self.shift == 0
    }

    /// How many cells hold a number: of an exact distribution, how many distinct numbers there are.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The greatest width of a cell relative to its numbers; 0 where it is exact.
    pub fn relative_width(&self) -> f64 {
        if self.shift == 0 { 0.0 } else { 2.0_f64.powi(self.shift as i32 - 52) }
    }

    /// The number that stands for each cell, ascending, with the count: the number itself where the distribution is exact,
    /// else the middle of the cell, or 0 where the cell holds 0.
    pub fn points(&self) -> Vec<(f64, u64)> {
        self.cells.iter().map(|&(cell, count)| (self.point(cell), count)).collect()
    }

    fn point(&self, cell: u64) -> f64 {
        let least = cell << self.shift;
        let most = least | ((1_u64 << self.shift) - 1);
        let zero = key_of(0.0);
        if (least..=most).contains(&zero) { 0.0 } else { number_of(least + ((most - least) >> 1)) }
    }

    /// The keys of the numbers, with counts: of an exact distribution.
    pub(super) fn keys(&self) -> impl Iterator<Item = (u64, u64)> {
        self.cells.iter().map(|&(cell, count)| (cell << self.shift, count))
    }

    /// The cell of a finite number.
    pub fn cell_of(&self, number: f64) -> u64 {
        key_of(number) >> self.shift
    }

    /// The least number of a cell.
    pub fn least_of(&self, cell: u64) -> f64 {
        number_of(cell << self.shift)
    }

    /// The quantile of a share in `[0, 1]`, interpolated between neighbours as by numpy and pandas; each number counts as the
    /// point of its cell.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || !(0.0..=1.0).contains(&share) {
            return None;
        }
        let place = share * (count - 1) as f64;
        let (rank, part) = (place.floor() as u64, place.fract());
        let (low, high) = (self.at(rank)?, self.at((rank + 1).min(count - 1))?);
        Some(if low == high || part == 0.0 { low } else { low * (1.0 - part) + high * part })
    }

    /// The point of the number of this rank, from 0.
    fn at(&self, rank: u64) -> Option<f64> {
        let mut before = 0;
        let found = self.cells.iter().find(|(_, count)| {
            before += count;
            rank < before
        });
        found.map(|(cell, _)| self.point(*cell))
    }

    /// Where the numbers are cut into about equally large bins: the first cell of each bin but the first. Equal numbers stay
    /// together, so there may be fewer bins than asked for.
    pub fn cuts(&self, bins: usize) -> Vec<u64> {
        let count = self.count() as u128;
        let (mut before, mut bin, mut cuts) = (0_u128, 1_u128, Vec::new());
        for &(cell, rows) in &self.cells {
            let mut due = false;
            while bin < bins as u128 && before * bins as u128 >= bin * count && before > 0 {
                (due, bin) = (true, bin + 1);
            }
            if due {
                cuts.push(cell);
            }
            before += u128::from(rows);
        }
        cuts
    }

    /// How many numbers lie in each bin of these cuts.
    pub fn counts(&self, cuts: &[u64]) -> Vec<u64> {
        let mut counts = vec![0; cuts.len() + 1];
        for &(cell, rows) in &self.cells {
            counts[cuts.partition_point(|cut| *cut <= cell)] += rows;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{VALUES, near};

    fn draws(count: usize, seed: u64, scale: f64) -> Vec<f64> {
        let mut state = seed;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count).map(|_| (draw() + draw() + draw() - 1.5) * scale).collect()
    }

    #[test]
    fn few_numbers_are_kept_as_they_are() {
        let found = Distribution::of(&VALUES);
        assert!(found.is_exact() && found.relative_width() == 0.0);
        // `numpy.quantile`.
        for (share, expect) in
            [(0.05, -0.3665), (0.25, 0.905), (0.5, 4.32), (0.75, 4.7725), (0.95, 6.021), (0.0, -1.22), (1.0, 6.76)]
        {
            near(found.quantile(share).unwrap(), expect, 1e-14);
        }
        let whole = Distribution::of(&[3.0, -0.0, 3.0, 0.0]);
        assert_eq!(whole.points(), [(0.0, 2), (3.0, 2)]);
        assert_eq!((whole.quantile(1.5), Distribution::default().quantile(0.5)), (None, None));
    }

    #[test]
    fn parts_make_the_whole_to_the_bit() {
        for (numbers, size) in [
            (draws(20_000, 1, 1.0), 700),
            (draws(9_000, 2, 1e9), 8_192),
            ((0..6_000).map(f64::from).collect(), 5_000),
            (vec![-1e300, 1e300, 0.0, 5e-324, -5e-324], 1),
        ] {
            let whole = Distribution::of(&numbers);
            let parts: Vec<_> = numbers.chunks(size).map(Distribution::of).collect();
            assert_eq!(Distribution::merge(&parts), whole);
            assert_eq!(Distribution::merge(parts.iter().rev()), whole);
            assert_eq!((whole.count(), whole.cells() <= CELLS), (numbers.len() as u64, true));
            let kept: Distribution = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
            assert_eq!(kept, whole);
        }
    }

    #[test]
    fn quantiles_of_many_numbers_are_near() {
        for scale in [1.0, 1e-20, 1e12] {
            let mut numbers = draws(50_000, 3, scale);
            let found = Distribution::of(&numbers);
            numbers.sort_by(f64::total_cmp);
            for share in [0.01, 0.25, 0.5, 0.9, 0.999] {
                let exact = numbers[(share * 49_999.0) as usize];
                let apart = (found.quantile(share).unwrap() - exact).abs();
                assert!(apart <= found.relative_width() * exact.abs() + 1e-3 * scale, "{share} of {scale}: {apart}");
            }
            assert!(found.relative_width() < 0.03, "{}", found.relative_width());
        }
    }

    #[test]
    fn zero_stays_zero() {
        let mut numbers = draws(20_000, 4, 1.0);
        numbers.extend(vec![0.0; 20_000]);
        let found = Distribution::of(&numbers);
        assert!(!found.is_exact());
        assert!(found.points().iter().any(|(point, count)| *point == 0.0 && *count >= 20_000));
    }

    #[test]
    fn bins_are_cut_at_quantiles_and_equal_numbers_stay_together() {
        for (numbers, bins, expect) in [
            (vec![1.0, 2.0, 3.0, 4.0], 2, vec![2, 2]),
            (vec![1.0, 1.0, 1.0, 4.0], 2, vec![3, 1]),
            (vec![4.0, 4.0, 4.0, 1.0], 4, vec![1, 3]),
            (vec![7.0; 5], 10, vec![5]),
            (vec![], 3, vec![0]),
            ((0..1_000).map(f64::from).collect(), 10, vec![100; 10]),
        ] {
            let found = Distribution::of(&numbers);
            assert_eq!(found.counts(&found.cuts(bins)), expect, "{bins}");
        }
        let (one, other) = Distribution::of(&draws(9_000, 5, 1.0)).aligned(&Distribution::of(&[0.25, 2e9]));
        let cuts = one.cuts(10);
        assert_eq!(other.counts(&cuts).iter().sum::<u64>(), 2);
        assert_eq!(other.counts(&cuts).last(), Some(&1));
        assert!(cuts.iter().all(|cut| one.cell_of(one.least_of(*cut)) == *cut));
    }

    #[test]
    fn what_is_no_distribution_is_not_read() {
        for text in [r#"{"shift":64,"cells":""}"#, r#"{"shift":60,"cells":"/////w8="}"#, r#"{"shift":0,"cells":"?"}"#] {
            assert!(serde_json::from_str::<Distribution>(text).is_err(), "{text}");
        }
    }
}
