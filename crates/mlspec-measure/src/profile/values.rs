//! How often distinct values stand: all of them while they are few, else a sample of them that is the same for all data.

use super::packed::{pack, unpack};
use serde::{Deserialize, Serialize};

/// How many distinct values are counted. As long as there are no more, every one is.
pub const VALUES: usize = 1_024;

/// Bits of a value's hash that count: enough that a thousand values differ in them.
const BITS: u32 = 40;

/// Counts of the distinct values with the least hashes.
///
/// Hashes are as good as random, so values with the least of them are a sample of all values, whose counts are exact; of two tables
/// the same values are sampled. Of more than [`VALUES`] values, their number follows from how close the sampled hashes lie (Z. Bar-Yossef
/// et al., Counting Distinct Elements in a Data Stream, 2002). What is kept is a function of the values as a multiset, and parts merge
/// to what the whole has, to the bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Values {
    /// Hash and count, ascending.
    entries: Vec<(u64, u64)>,
    complete: bool,
}

/// How many distinct values there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// Their number.
    pub count: u64,
    /// Whether it was counted; otherwise it was estimated, with a standard error of 3.1 %.
    pub exact: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    complete: bool,
    entries: String,
}

impl From<Values> for Kept {
    fn from(of: Values) -> Self {
        Self { complete: of.complete, entries: pack(&of.entries) }
    }
}

impl TryFrom<Kept> for Values {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        let entries = unpack(&kept.entries).ok_or("the counts of values cannot be read")?;
        let inside = |(hash, count): &(u64, u64)| *hash < 1 << BITS && *count > 0;
        let whole = kept.complete || entries.len() == VALUES;
        match whole && entries.len() <= VALUES && entries.iter().all(inside) {
            true => Ok(Self { entries, complete: kept.complete }),
            false => Err("counts of values are beyond their limits"),
        }
    }
}

impl Default for Values {
    fn default() -> Self {
        Self { entries: Vec::new(), complete: true }
    }
}

/// What [`Values`] keep of a value's 64-bit hash.
pub fn value_key(hash: u64) -> u64 {
    hash >> (64 - BITS)
}

impl Values {
    /// Counts values by their 64-bit hashes.
    pub fn of(hashes: impl IntoIterator<Item = u64>) -> Self {
        let mut keys: Vec<u64> = hashes.into_iter().map(value_key).collect();
        keys.sort_unstable();
        let counted = keys.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len() as u64)));
        Self { entries: counted.collect(), complete: true }.within_limit()
    }

    /// Values whose hashes are known with their counts, each once.
    pub(super) fn of_counted(hashes: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut entries: Vec<(u64, u64)> = hashes.into_iter().map(|(hash, count)| (value_key(hash), count)).collect();
        entries.sort_unstable();
        Self { entries: together(entries), complete: true }.within_limit()
    }

    /// The values of all parts.
    pub fn merge<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::default(), |sum, part| {
            let mut entries = [&sum.entries[..], &part.entries].concat();
            entries.sort_unstable();
            Self { entries: together(entries), complete: sum.complete && part.complete }.within_limit()
        })
    }

    fn within_limit(mut self) -> Self {
        self.complete &= self.entries.len() <= VALUES;
        self.entries.truncate(VALUES);
        self
    }

    /// Whether every distinct value is counted.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Keys and counts, ascending by key.
    pub fn entries(&self) -> &[(u64, u64)] {
        &self.entries
    }

    /// The greatest key up to which all values are counted.
    pub fn reach(&self) -> u64 {
        match self.entries.last() {
            Some((key, _)) if !self.complete => *key,
            _ => (1 << BITS) - 1,
        }
    }

    /// The share of all possible keys that lie within [`Values::reach`].
    pub fn share(&self) -> f64 {
        (self.reach() as f64 + 1.0) / (1_u64 << BITS) as f64
    }

    /// How many distinct values there are.
    pub fn distinct(&self) -> Distinct {
        let found = self.entries.len() as u64;
        match self.entries.last() {
            Some((key, _)) if !self.complete => {
                let place = (*key as f64 + 0.5) / (1_u64 << BITS) as f64;
                Distinct { count: ((found - 1) as f64 / place).round() as u64, exact: false }
            }
            _ => Distinct { count: found, exact: true },
        }
    }
}

/// Sorted entries, those of one key put together.
fn together(mut entries: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    entries.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(count: u64, distinct: u64) -> Vec<u64> {
        (0..count).map(|at| super::super::numbers::mixed(at % distinct)).collect()
    }

    #[test]
    fn few_values_are_counted_and_many_estimated() {
        for (count, distinct) in [(0, 1), (10, 3), (5_000, 1_024), (5_000, 1_025), (200_000, 50_000)] {
            let found = Values::of(hashes(count, distinct)).distinct();
            let expect = distinct.min(count);
            assert_eq!(found.exact, expect <= 1_024);
            let apart = found.count.abs_diff(expect) as f64 / expect.max(1) as f64;
            assert!(if found.exact { apart == 0.0 } else { apart < 0.1 }, "{found:?} of {expect}");
        }
    }

    #[test]
    fn parts_make_the_whole_to_the_bit() {
        for (count, distinct, size) in [(3_000, 10, 7), (9_000, 3_000, 1_500), (2_000, 1_024, 100), (0, 1, 1)] {
            let all = hashes(count, distinct);
            let whole = Values::of(all.clone());
            let parts: Vec<_> = all.chunks(size).map(|part| Values::of(part.iter().copied())).collect();
            assert_eq!(Values::merge(&parts), whole);
            assert_eq!(Values::merge(parts.iter().rev()), whole);
            let kept: Values = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
            assert_eq!(kept, whole);
            assert_eq!(
                Values::of_counted(whole.entries().iter().map(|(key, n)| (key << 24, *n))).entries(),
                whole.entries()
            );
        }
    }

    #[test]
    fn of_two_tables_the_same_values_are_sampled() {
        let (one, other) = (Values::of(hashes(9_000, 9_000)), Values::of(hashes(6_000, 6_000)));
        let reach = one.reach().min(other.reach());
        let up_to = |values: &Values| values.entries().iter().filter(|(key, _)| *key <= reach).count();
        assert!(one.share() < other.share() && !one.is_complete());
        // The other's values are among the first 6,000 of the one's.
        assert!(up_to(&one) > up_to(&other));
        assert_eq!(Values::default().share(), 1.0);
    }

    #[test]
    fn what_are_no_counts_is_not_read() {
        for text in [r#"{"complete":false,"entries":"AA=="}"#, r#"{"complete":true,"entries":"?"}"#] {
            assert!(serde_json::from_str::<Values>(text).is_err(), "{text}");
        }
    }
}
