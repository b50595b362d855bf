//! What is known of a column.

use super::{Distinct, Numbers, Values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of a column in some rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnProfile {
    /// How many rows there are.
    pub rows: u64,
    /// How many of them are null.
    pub nulls: u64,
    /// Of numbers, truth values (1 and 0), dates and times (as their integers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
    /// Of all other values, by their hashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Values>,
    /// The lengths of texts in characters, of bytes in bytes, of lists in entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Numbers>,
    /// The texts behind the keys of `values`, where they may be shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<u64, String>,
}

impl ColumnProfile {
    /// What is known of the column in all rows of all parts, which were looked at alike.
    pub fn merge<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let parts: Vec<&Self> = parts.into_iter().collect();
        let all = || parts.iter();
        let numbers = |of: &dyn Fn(&Self) -> Option<&Numbers>| {
            let found: Vec<&Numbers> = parts.iter().filter_map(|part| of(part)).collect();
            (!found.is_empty()).then(|| Numbers::merge(found))
        };
        let values: Vec<&Values> = all().filter_map(|part| part.values.as_ref()).collect();
        let values = (!values.is_empty()).then(|| Values::merge(values));
        let mut names = BTreeMap::new();
        for (key, name) in all().flat_map(|part| &part.names) {
            let kept = |values: &Values| values.entries().binary_search_by_key(key, |entry| entry.0).is_ok();
            if values.as_ref().is_some_and(kept) {
                names.entry(*key).or_insert_with(|| name.clone());
            }
        }
        Self {
            rows: all().map(|part| part.rows).sum(),
            nulls: all().map(|part| part.nulls).sum(),
            numbers: numbers(&|part| part.numbers.as_ref()),
            values,
            lengths: numbers(&|part| part.lengths.as_ref()),
            names,
        }
    }

    /// How many distinct values there are; null is none.
    pub fn distinct(&self) -> Distinct {
        let numbers = self.numbers.as_ref().map(Numbers::distinct);
        numbers.or_else(|| self.values.as_ref().map(Values::distinct)).unwrap_or(Distinct { count: 0, exact: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Depth, value_key};

    fn part(texts: &[&str]) -> ColumnProfile {
        let hash =
            |text: &str| text.bytes().fold(7_u64, |hash, byte| super::super::numbers::mixed(hash ^ u64::from(byte)));
        let lengths: Vec<f64> = texts.iter().map(|text| text.len() as f64).collect();
        ColumnProfile {
            rows: texts.len() as u64 + 1,
            nulls: 1,
            values: Some(Values::of(texts.iter().map(|text| hash(text)))),
            lengths: Some(Numbers::of(&lengths, Depth::Full)),
            names: texts.iter().map(|text| (value_key(hash(text)), (*text).to_owned())).collect(),
            ..ColumnProfile::default()
        }
    }

    #[test]
    fn parts_make_the_whole() {
        let whole = ColumnProfile::merge([&part(&["a", "b", "a"]), &part(&["c", "b"])]);
        assert_eq!(whole, ColumnProfile { rows: 7, nulls: 2, ..part(&["a", "a", "b", "b", "c"]) });
        assert_eq!(whole.distinct(), Distinct { count: 3, exact: true });
        assert_eq!(whole.names.len(), 3);
        assert_eq!(ColumnProfile::merge([]), ColumnProfile::default());
        let kept: ColumnProfile = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
        assert_eq!(kept, whole);
    }
}
