//! Histograms whose edges stay where they are when data changes a little.

use super::Numbers;

/// How many bins there are at most.
const BINS: i64 = 32;

/// Counts of finite numbers in bins of equal width. Edges are multiples of the width, a power of two (for integers at least 1):
/// they move only when the range of the numbers outgrows the bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The edges, one more than bins; bins hold their lower edge, the last one its upper edge too.
    pub edges: Vec<f64>,
    /// How many numbers lie in each bin.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// The histogram of numbers whose distribution is known and that are not all one number.
    pub fn of(numbers: &Numbers, integers: bool) -> Option<Self> {
        let (least, greatest) = (numbers.minimum?, numbers.maximum?);
        let distribution = numbers.distribution.as_ref().filter(|_| least < greatest)?;
        // Halves, so that the range of all doubles is a double.
        let range = greatest / 2.0 - least / 2.0;
        let mut exponent = range.log2().floor().max(-1_070.0) as i32 - 4;
        if integers {
            exponent = exponent.max(0);
        }
        let place = |number: f64, width: f64| (number / width).floor();
        let mut width = 2.0_f64.powi(exponent);
        while !(width > 0.0 && place(greatest, width) - place(least, width) < BINS as f64) {
            exponent += 1;
            width = 2.0_f64.powi(exponent);
        }
        let first = place(least, width);
        let bins = (place(greatest, width) - first) as usize + 1;
        let edge = |at: usize| ((first + at as f64) * width).clamp(f64::MIN, f64::MAX);
        let mut counts = vec![0; bins];
        for (point, rows) in distribution.points() {
            let bin = (place(point.clamp(least, greatest), width) - first) as usize;
            counts[bin.min(bins - 1)] += rows;
        }
        Some(Self { edges: (0..=bins).map(edge).collect(), counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Depth;

    #[test]
    fn edges_are_multiples_of_a_power_of_two() {
        for (numbers, integers, width, bins) in [
            (vec![0.0, 1.0], false, 1.0 / 16.0, 17),
            (vec![0.0, 1.0], true, 1.0, 2),
            (vec![-3.0, 4.0, 9.5], false, 0.5, 26),
            (vec![1e9, 1e9 + 1.0], false, 1.0 / 16.0, 17),
            (vec![f64::MIN, f64::MAX], false, 2.0_f64.powi(1_020), 32),
            (vec![0.0, 5e-324], false, 2.0_f64.powi(-1_023), 1),
        ] {
            let found = Histogram::of(&Numbers::of(&numbers, Depth::Full), integers).unwrap();
            assert_eq!(found.counts.iter().sum::<u64>(), numbers.len() as u64);
            assert_eq!((found.edges.len(), found.counts.len()), (bins + 1, bins), "{numbers:?}");
            assert!(found.edges.iter().all(|edge| edge % width == 0.0 || edge.abs() == f64::MAX), "{:?}", found.edges);
            assert!(found.edges[0] <= numbers[0] && *found.edges.last().unwrap() >= numbers[numbers.len() - 1]);
        }
        for numbers in [vec![], vec![2.0, 2.0], vec![f64::NAN]] {
            assert_eq!(Histogram::of(&Numbers::of(&numbers, Depth::Full), false), None);
        }
        assert_eq!(Histogram::of(&Numbers::of(&[1.0, 2.0], Depth::Summary), false), None);
    }

    #[test]
    fn edges_stay_when_data_changes_a_little() {
        let edges = |numbers: &[f64]| Histogram::of(&Numbers::of(numbers, Depth::Full), false).unwrap().edges;
        assert_eq!(edges(&[0.1, 0.5, 9.7]), edges(&[0.2, 0.5, 0.6, 9.55]));
    }
}
