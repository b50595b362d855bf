//! Samples put into bins: numbers between edges, others by what they are.

use std::collections::BTreeMap;

/// The inner edges of so many bins, each with equally many of the finite numbers; fewer edges where numbers repeat.
pub fn quantile_edges(numbers: &[f64], bins: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|number| number.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..bins).filter_map(|at| sorted.get(at * sorted.len() / bins).copied()).collect();
    edges.dedup();
    edges
}

/// How many numbers lie below the first edge, from each edge on below the next, and from the last on; then how many are not finite.
pub fn count_between(numbers: &[f64], edges: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len() + 2];
    for &number in numbers {
        let at = if number.is_finite() { edges.partition_point(|edge| *edge <= number) } else { edges.len() + 1 };
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    counts
}

/// The most frequent values, at most so many, in their order; of equally frequent ones the first.
pub fn most_frequent<K: Ord + Clone>(counts: &BTreeMap<K, u64>, most: usize) -> Vec<K> {
    let mut found: Vec<(&K, u64)> = counts.iter().map(|(value, count)| (value, *count)).collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut values: Vec<K> = found.into_iter().take(most).map(|(value, _)| value.clone()).collect();
    values.sort();
    values
}

/// How often each of these values, which ascend, is there; then how often any other.
pub fn count_values<K: Ord>(counts: &BTreeMap<K, u64>, values: &[K]) -> Vec<u64> {
    let mut found = vec![0; values.len() + 1];
    for (value, count) in counts {
        let at = values.binary_search(value).unwrap_or(values.len());
        if let Some(sum) = found.get_mut(at) {
            *sum += count;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_between_edges() {
        let numbers: Vec<f64> = (0..100).rev().map(f64::from).collect();
        let edges = quantile_edges(&numbers, 4);
        assert_eq!(edges, [25.0, 50.0, 75.0]);
        assert_eq!(count_between(&numbers, &edges), [25, 25, 25, 25, 0]);
        assert_eq!(count_between(&[f64::NAN, f64::INFINITY, 50.0, -1e300], &edges), [1, 0, 1, 0, 2]);
        assert_eq!(quantile_edges(&[1.0, 1.0, 1.0, f64::NAN], 10), [1.0]);
        assert_eq!((quantile_edges(&[], 10), count_between(&[], &[])), (vec![], vec![0, 0]));
    }

    #[test]
    fn values_are_counted_by_name() {
        let counts = BTreeMap::from([("a", 2), ("b", 7), ("c", 2), ("d", 1)]);
        assert_eq!(most_frequent(&counts, 2), ["a", "b"]);
        assert_eq!(count_values(&counts, &["a", "b"]), [2, 7, 3]);
        assert_eq!(count_values(&BTreeMap::from([("z", 4)]), &["a"]), [0, 4]);
    }
}
