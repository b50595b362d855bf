//! Samples as values with their counts.

/// The numbers of a sample, ascending, each with how often it stands; NaN is left out, −0 is 0.
pub fn counted(numbers: &[f64]) -> Vec<(f64, u64)> {
    let mut sorted: Vec<f64> = numbers.iter().filter(|number| !number.is_nan()).map(|number| number + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len() as u64))).collect()
}

/// How many values there are.
pub(super) fn rows(sample: &[(f64, u64)]) -> f64 {
    sample.iter().map(|(_, count)| count).sum::<u64>() as f64
}

/// Every value of two samples, ascending, with how many values of each sample are not above it.
pub(super) fn walk(reference: &[(f64, u64)], current: &[(f64, u64)]) -> Vec<(f64, u64, u64)> {
    let (mut i, mut j, mut a, mut b) = (0, 0, 0_u64, 0_u64);
    let mut steps = Vec::with_capacity(reference.len() + current.len());
    loop {
        let at = match (reference.get(i), current.get(j)) {
            (None, None) => return steps,
            (Some((one, _)), None) | (None, Some((one, _))) => *one,
            (Some((one, _)), Some((other, _))) => one.min(*other),
        };
        while let Some((_, count)) = reference.get(i).filter(|(value, _)| *value <= at) {
            (a, i) = (a + count, i + 1);
        }
        while let Some((_, count)) = current.get(j).filter(|(value, _)| *value <= at) {
            (b, j) = (b + count, j + 1);
        }
        steps.push((at, a, b));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_sorted_and_counted() {
        assert_eq!(counted(&[2.0, f64::NAN, -0.0, 2.0, 0.0, -1.0]), [(-1.0, 1), (0.0, 2), (2.0, 2)]);
        assert_eq!(counted(&[]), []);
        let steps = walk(&counted(&[1.0, 2.0]), &counted(&[2.0, 3.0]));
        assert_eq!(steps, [(1.0, 1, 0), (2.0, 2, 1), (3.0, 2, 2)]);
    }
}
