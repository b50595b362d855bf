//! Whether what matters is ranked first, query by query.
//!
//! Rows with the same score are in no order: figures are the mean over all orders of them, as in scikit-learn's `ndcg_score`.

use crate::{Undefined, check, sum};
use std::collections::BTreeMap;

/// The normalised discounted cumulative gain: over queries, the mean of the gain of the ranking by score, by that of the best ranking.
/// The gain of the row at place i (from 1) is its relevance by log₂(i + 1); only the first `k` places count, if given. Rows of the
/// same code in `queries` belong together; weights are by query, in the order of codes. A query without relevant rows counts as 0.
/// (K. Järvelin, J. Kekäläinen, *Cumulated Gain-Based Evaluation of IR Techniques*, 2002.)
///
/// # Errors
/// When there are no rows, lengths differ, a relevance is negative or not finite, a score is not finite, weights cannot be used, or
/// `k` is 0.
///
/// ```
/// use mlspec_measure::ndcg_score;
/// let found = ndcg_score(&[0, 0, 0], &[1.0, 0.0, 0.0], &[0.5, 0.9, 0.1], None, None)?;
/// assert_eq!(found, 1.0 / 3_f64.log2());
/// # Ok::<(), mlspec_measure::Undefined>(())
/// ```
pub fn ndcg_score(
    queries: &[u32],
    relevance: &[f64],
    scores: &[f64],
    k: Option<usize>,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    if k == Some(0) {
        return Err(Undefined::Parameter("`k` must be at least 1"));
    }
    check::finite("relevance", relevance)?;
    if relevance.iter().any(|&gain| gain < 0.0) {
        return Err(Undefined::Domain("a relevance is negative"));
    }
    let places = k.unwrap_or(usize::MAX);
    over_queries(queries, relevance, scores, weights, |ranked| {
        let mut best: Vec<f64> = ranked.iter().flatten().copied().collect();
        best.sort_unstable_by(|a, b| b.total_cmp(a));
        let best = gain(&best.iter().map(|&one| vec![one]).collect::<Vec<_>>(), places);
        // Gains so small that nothing is left of them are none.
        if best > 0.0 && best.is_finite() { gain(ranked, places) / best } else { 0.0 }
    })
}

/// The mean over queries of one by the place of the first relevant row. Rows of the same code in `queries` belong together; weights
/// are by query, in the order of codes. A query without relevant rows counts as 0.
///
/// # Errors
/// When there are no rows, lengths differ, a score is not finite, or weights cannot be used.
///
/// ```
/// use mlspec_measure::mean_reciprocal_rank;
/// assert_eq!(mean_reciprocal_rank(&[0, 0, 1], &[false, true, true], &[0.9, 0.5, 0.1], None)?, 0.75);
/// # Ok::<(), mlspec_measure::Undefined>(())
/// ```
pub fn mean_reciprocal_rank(
    queries: &[u32],
    relevant: &[bool],
    scores: &[f64],
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    let relevance: Vec<f64> = relevant.iter().map(|&yes| f64::from(u8::from(yes))).collect();
    over_queries(queries, &relevance, scores, weights, |ranked| {
        let mut above = 0;
        for tied in ranked {
            let hits = tied.iter().filter(|&&gain| gain > 0.0).count();
            if hits > 0 {
                return expected_reciprocal(above, tied.len(), hits);
            }
            above += tied.len();
        }
        0.0
    })
}

/// The mean over all orders of `tied` rows, `hits` of them relevant, below `above` others, of one by the place of the first hit.
fn expected_reciprocal(above: usize, tied: usize, hits: usize) -> f64 {
    let (mut none_yet, mut expected) = (1.0, 0.0);
    for place in 0..=(tied - hits) {
        let hit = hits as f64 / (tied - place) as f64;
        expected += none_yet * hit / (above + place + 1) as f64;
        none_yet *= 1.0 - hit;
    }
    expected
}

/// The discounted gain of groups of tied rows, best first.
fn gain(ranked: &[Vec<f64>], places: usize) -> f64 {
    let (mut place, mut total) = (0, 0.0);
    for tied in ranked {
        let discounts = (place..(place + tied.len()).min(places)).map(|place| 1.0 / (place as f64 + 2.0).log2());
        let mean = tied.iter().sum::<f64>() / tied.len() as f64;
        total += mean * discounts.sum::<f64>();
        place += tied.len();
        if place >= places {
            break;
        }
    }
    total
}

/// The mean over queries of a figure of the relevance of their rows, ranked by falling score, tied rows together.
fn over_queries(
    queries: &[u32],
    relevance: &[f64],
    scores: &[f64],
    weights: Option<&[f64]>,
    figure: impl Fn(&[Vec<f64>]) -> f64,
) -> Result<f64, Undefined> {
    check::lengths(queries.len(), "relevance", relevance.len(), None)?;
    check::same_length(queries.len(), "scores", scores.len())?;
    check::finite("scores", scores)?;
    let mut rows: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    queries.iter().enumerate().for_each(|(row, &query)| rows.entry(query).or_default().push(row));
    check::lengths(rows.len(), "queries", rows.len(), weights)?;
    let figures: Vec<f64> = rows
        .into_values()
        .map(|mut rows| {
            // Both zeros are one score.
            rows.sort_by(|&a, &b| (scores[b] + 0.0).total_cmp(&(scores[a] + 0.0)).then(a.cmp(&b)));
            let tied = rows.chunk_by(|&a, &b| scores[a] == scores[b]);
            let ranked: Vec<Vec<f64>> = tied.map(|rows| rows.iter().map(|&row| relevance[row]).collect()).collect();
            figure(&ranked)
        })
        .collect();
    Ok(sum::mean(figures.into_iter(), weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn gains_are_scikit_learns() {
        // For each code g in CODES, i = CODES == g: ndcg_score([PREDICTED[i]], [SCORES[i]], k=…); the mean, and that with
        // weights 1, 2 and 3.5.
        let relevance = PREDICTED.map(f64::from);
        let check = |k, plain, weighted| {
            close(ndcg_score(&CODES, &relevance, &SCORES, k, None).unwrap(), plain);
            close(ndcg_score(&CODES, &relevance, &SCORES, k, Some(&[1.0, 2.0, 3.5])).unwrap(), weighted);
        };
        check(None, 0.7344237738120668, 0.7922527460365798);
        check(Some(2), 0.39780880120575696, 0.4564818489363621);
        check(Some(5), 0.6011037129216273, 0.6602101384632741);
        check(Some(usize::MAX), 0.7344237738120668, 0.7922527460365798);
    }

    #[test]
    fn ranks_are_means_over_orders_of_tied_rows() {
        let check = |queries: &[u32], relevant: &[bool], scores: &[f64], expect: f64| {
            close(mean_reciprocal_rank(queries, relevant, scores, None).unwrap(), expect);
        };
        check(&[0, 0, 0], &[true, false, false], &[0.1, 0.2, 0.3], 1.0 / 3.0);
        check(&[0, 0, 0], &[false; 3], &[0.1, 0.2, 0.3], 0.0);
        check(&[0, 0], &[true, false], &[0.5, 0.5], 0.75);
        // Of three tied rows below one, two are relevant: at place 2 in two orders of three, else at 3.
        check(&[7; 4], &[false, true, false, true], &[0.9, 0.5, 0.5, 0.5], 2.0 / 3.0 / 2.0 + 1.0 / 3.0 / 3.0);
        check(&[9, 2, 9, 2], &[true, false, false, true], &[0.0, 0.5, -0.0, 0.5], 0.75);
    }

    #[test]
    fn what_cannot_be_ranked_is_refused() {
        assert_eq!(ndcg_score(&[], &[], &[], None, None), Err(Undefined::Empty));
        assert!(matches!(ndcg_score(&[0], &[1.0], &[1.0], Some(0), None), Err(Undefined::Parameter(_))));
        assert!(matches!(ndcg_score(&[0], &[-1.0], &[1.0], None, None), Err(Undefined::Domain(_))));
        assert_eq!(ndcg_score(&[0], &[f64::NAN], &[1.0], None, None), Err(Undefined::NotFinite("relevance")));
        assert_eq!(ndcg_score(&[0], &[1.0], &[f64::INFINITY], None, None), Err(Undefined::NotFinite("scores")));
        assert!(matches!(ndcg_score(&[0], &[1.0], &[1.0, 2.0], None, None), Err(Undefined::Length { .. })));
        assert_eq!(ndcg_score(&[0], &[1.0], &[1.0], None, Some(&[0.0])), Err(Undefined::Weights));
        assert!(matches!(ndcg_score(&[0, 1], &[1.0; 2], &[1.0; 2], None, Some(&[1.0])), Err(Undefined::Length { .. })));
        assert_eq!(ndcg_score(&[3], &[0.0], &[1.0], None, None), Ok(0.0));
        assert_eq!(mean_reciprocal_rank(&[3], &[true], &[1.0], None), Ok(1.0));
    }
}
