//! Small samples of parts, for debugging: the rows with the least hashes, so that a row that comes or goes moves one other at most.

use crate::Keys;
use mlspec_record::{Name, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A small sample of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleParams {
    /// The part.
    pub of: Name,
    /// How many of its rows; all, where it has fewer.
    #[schemars(range(min = 1))]
    pub rows: u64,
}

/// Of rows with these ids, ascending, the ids of a sample, ascending. The draws are others than those that decide the part.
pub(crate) fn sample(ids: &[u64], rows: u64, seed: Seed) -> Vec<u64> {
    let mut keys = Keys::with_purpose(ids.len(), "sample", seed);
    keys.add_rows(ids);
    let mut drawn: Vec<(u64, u64)> = keys.states().iter().copied().zip(ids.iter().copied()).collect();
    let wanted = usize::try_from(rows).unwrap_or(usize::MAX).min(drawn.len());
    if wanted < drawn.len() {
        drawn.select_nth_unstable(wanted);
        drawn.truncate(wanted);
    }
    let mut chosen: Vec<u64> = drawn.into_iter().map(|(_, id)| id).collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_comes_or_goes_moves_one_other_at_most() {
        let seed = Seed::new(3).unwrap();
        let ids: Vec<u64> = (0..1_000).collect();
        let before = sample(&ids, 50, seed);
        assert_eq!((before.len(), sample(&ids, 2_000, seed).len(), sample(&[], 5, seed).len()), (50, 1_000, 0));
        for gone in ids.iter().step_by(37) {
            let fewer: Vec<u64> = ids.iter().copied().filter(|id| id != gone).collect();
            let after = sample(&fewer, 50, seed);
            let left = before.iter().filter(|id| !after.contains(id)).count();
            assert_eq!(left, usize::from(before.contains(gone)), "{gone}");
        }
        assert_ne!(sample(&ids, 50, Seed::new(4).unwrap()), before);
    }
}
