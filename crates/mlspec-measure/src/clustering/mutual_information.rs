//! What one way to put rows together says about another, in nats.

use super::agreement::Contingency;
use crate::{Sum, Undefined};
use std::collections::BTreeMap;

/// The mutual information of two ways to put rows together, in nats; never negative.
///
/// # Errors
/// When there are no rows, or lengths differ.
pub fn mutual_info_score(truth: &[u32], predicted: &[u32]) -> Result<f64, Undefined> {
    Ok(information(&Contingency::new(truth, predicted)?))
}

/// The mutual information by the mean of both entropies, in `[0, 1]`; 1 where neither side puts anything apart.
///
/// # Errors
/// When there are no rows, or lengths differ.
pub fn normalized_mutual_info_score(truth: &[u32], predicted: &[u32]) -> Result<f64, Undefined> {
    let table = Contingency::new(truth, predicted)?;
    if table.is_whole() {
        return Ok(1.0);
    }
    let found = information(&table);
    Ok(if found <= f64::EPSILON { 0.0 } else { found / mean_entropy(&table) })
}

/// The mutual information less what chance would give, by the mean of both entropies less the same: 1 is full agreement, 0 is chance.
/// (N. Vinh, J. Epps, J. Bailey, *Information Theoretic Measures for Clusterings Comparison*, 2010.)
///
/// # Errors
/// When there are no rows, or lengths differ.
pub fn adjusted_mutual_info_score(truth: &[u32], predicted: &[u32]) -> Result<f64, Undefined> {
    let table = Contingency::new(truth, predicted)?;
    // As many clusters as rows on both sides, or one on both: they agree, though chance would have it no other way.
    let rows = table.rows;
    if table.is_whole() || (table.truth.len() == rows && table.predicted.len() == rows) {
        return Ok(1.0);
    }
    let (found, chance) = (information(&table), expected(&table));
    let most = mean_entropy(&table) - chance;
    let most = if most < 0.0 { most.min(-f64::EPSILON) } else { most.max(f64::EPSILON) };
    let found = found - chance;
    Ok(if found.abs() <= f64::EPSILON { 0.0 } else { found / most })
}

fn information(table: &Contingency) -> f64 {
    let rows = table.rows as f64;
    let terms = table.cells.iter().map(|(&(of, as_), &count)| {
        let count = count as f64;
        let term = count / rows * (count * rows / (table.truth[of] as f64 * table.predicted[as_] as f64)).ln();
        if term.abs() < f64::EPSILON { 0.0 } else { term }
    });
    terms.collect::<Sum>().get().max(0.0)
}

fn mean_entropy(table: &Contingency) -> f64 {
    let rows = table.rows as f64;
    let entropy = |sizes: &[usize]| {
        let terms = sizes.iter().map(|&size| -(size as f64 / rows) * (size as f64 / rows).ln());
        terms.collect::<Sum>().get()
    };
    f64::midpoint(entropy(&table.truth), entropy(&table.predicted))
}

/// The mutual information to be expected when rows are dealt out to clusters of these sizes by chance.
///
/// It depends on the sizes alone, of which there are at most √(2 · rows) different ones a side.
fn expected(table: &Contingency) -> f64 {
    let rows = table.rows;
    let mut factorial = Sum::default();
    let ln_factorials: Vec<f64> = std::iter::once(0.0)
        .chain((1..=rows).map(|n| {
            factorial.add((n as f64).ln());
            factorial.get()
        }))
        .collect();
    let ln = |n: usize| ln_factorials.get(n).copied().unwrap_or_default();
    let sizes = |sizes: &[usize]| {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        sizes.iter().for_each(|&size| *counts.entry(size).or_default() += 1);
        counts
    };
    let (truth, predicted) = (sizes(&table.truth), sizes(&table.predicted));
    let mut total = Sum::default();
    for (&a, &times_a) in &truth {
        for (&b, &times_b) in &predicted {
            let times = times_a as f64 * times_b as f64;
            let fixed = ln(a) + ln(b) + ln(rows - a) + ln(rows - b) - ln(rows);
            for both in (a + b).saturating_sub(rows).max(1)..=a.min(b) {
                let gain = (rows as f64 * both as f64 / (a as f64 * b as f64)).ln();
                let likely = fixed - ln(both) - ln(a - both) - ln(b - both) - ln(rows + both - a - b);
                total.add(times * both as f64 / rows as f64 * gain * likely.exp());
            }
        }
    }
    total.get()
}

#[cfg(test)]
mod tests {
    use super::super::tests::with_a_single;
    use super::*;
    use crate::fixture::*;

    type Score = fn(&[u32], &[u32]) -> Result<f64, Undefined>;

    #[test]
    fn values_are_scikit_learns() {
        // mutual_info_score(truth, predicted), normalized_mutual_info_score(…), adjusted_mutual_info_score(…)
        let scores: [Score; 3] = [mutual_info_score, normalized_mutual_info_score, adjusted_mutual_info_score];
        let check = |truth: &[u32], predicted: &[u32], expect: [f64; 3]| {
            scores.iter().zip(expect).for_each(|(score, expect)| near(score(truth, predicted).unwrap(), expect, 1e-12));
        };
        check(&CODES, &PREDICTED, [0.46343171165269004, 0.4247494773087193, 0.36814617963611707]);
        check(&CODES, &POSITIVE.map(u32::from), [0.02254805037907026, 0.025620229386700298, -0.028789410722924163]);
        check(&with_a_single(), &CODES, [0.5411206855191313, 0.4669678994504145, 0.39017336138042896]);
        check(&[0, 0, 1, 1], &[0, 0, 1, 2], [2_f64.ln(), 0.8, 0.5714285714285715]);
        check(&[0; 4], &[0, 1, 2, 3], [0.0; 3]);
        check(&[0, 1, 2, 3], &[9, 5, 7, u32::MAX], [4_f64.ln(), 1.0, 1.0]);
        check(&[4], &[2], [0.0, 1.0, 1.0]);
        for score in scores {
            assert_eq!(score(&[], &[]), Err(Undefined::Empty));
            assert!(matches!(score(&[1], &[]), Err(Undefined::Length { .. })));
        }
    }

    #[test]
    fn many_clusters_take_no_longer_than_their_sizes() {
        let (truth, predicted): (Vec<u32>, Vec<u32>) = (0..100_000).map(|row| (row, row / 2)).unzip();
        let found = adjusted_mutual_info_score(&truth, &predicted).unwrap();
        assert!(found.abs() < 1e-6, "{found}");
    }
}
