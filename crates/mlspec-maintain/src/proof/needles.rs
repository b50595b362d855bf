//! Many texts looked for in many bytes at once: the time does not grow with the number of texts.

use std::collections::{BTreeSet, HashMap};

/// How short a text may be that is looked for inside other text.
pub(crate) const SHORTEST: usize = 8;

/// How short a text of digits may be that is looked for inside other text: sizes and row ids are numbers too.
const SHORTEST_NUMBER: usize = 10;

/// The rule, as statements tell it.
pub(crate) const RULE: &str = "columns that come from a key column as it is: equal values; columns of text, and categories, that come \
    from it otherwise: the value, or text that holds it as a word; any other column of text, document, record and index: \
    text that holds it as a word, where the value is text of at least 8 bytes, or at least 10 digits";

/// Texts to look for.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    /// What is looked for, and which of the given texts it stands for.
    texts: Vec<(Vec<u8>, usize)>,
    /// By their first eight bytes.
    by_head: HashMap<u64, Vec<usize>>,
    /// Whether some head has this hash; most bytes are passed over by it.
    filter: Vec<u64>,
}

/// Whether a value is telling enough to be looked for inside other text.
pub(crate) fn is_telling(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    text.len() >= if digits { SHORTEST_NUMBER } else { SHORTEST }
}

impl Needles {
    /// Those of the texts that are telling; also as JSON writes them.
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = (usize, &'t str)>) -> Self {
        let mut needles = Self { texts: Vec::new(), by_head: HashMap::new(), filter: vec![0; 1 << 10] };
        for (index, text) in texts.into_iter().filter(|(_, text)| is_telling(text)) {
            needles.add(text.as_bytes(), index);
            let quoted = serde_json::to_string(text).unwrap_or_default();
            let escaped = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
            if escaped != text {
                needles.add(escaped.as_bytes(), index);
            }
        }
        needles
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn add(&mut self, text: &[u8], index: usize) {
        let Some(head) = head(text) else { return };
        let bit = hash(head);
        if let Some(word) = self.filter.get_mut(bit >> 6) {
            *word |= 1 << (bit & 63);
        }
        self.by_head.entry(head).or_default().push(self.texts.len());
        self.texts.push((text.to_vec(), index));
    }

    /// Which of the texts stand in these bytes as words: no letter, digit or underscore before or after them.
    pub(crate) fn find(&self, bytes: &[u8], found: &mut BTreeSet<usize>) {
        if self.is_empty() {
            return;
        }
        for (at, window) in bytes.windows(SHORTEST).enumerate() {
            let Some(head) = head(window) else { continue };
            let bit = hash(head);
            if self.filter.get(bit >> 6).is_none_or(|word| word >> (bit & 63) & 1 == 0) {
                continue;
            }
            let with_head = self.by_head.get(&head).into_iter().flatten();
            for (text, index) in with_head.filter_map(|index| self.texts.get(*index)) {
                if is_word(bytes, at, text) {
                    found.insert(*index);
                }
            }
        }
    }
}

fn is_word(bytes: &[u8], at: usize, text: &[u8]) -> bool {
    let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    bytes.get(at..).is_some_and(|rest| rest.starts_with(text))
        && !(at > 0 && part(bytes.get(at - 1)) && part(text.first()))
        && !(part(bytes.get(at + text.len())) && part(text.last()))
}

fn head(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<SHORTEST>().map(|head| u64::from_le_bytes(*head))
}

/// A bit of the filter.
fn hash(head: u64) -> usize {
    (head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 6] = ["anna@example.org", "short", "1234567890", "123456789", "a \"quoted\" name", "Zoë-Marie"];

    fn found(bytes: &[u8]) -> Vec<usize> {
        let mut found = BTreeSet::new();
        Needles::new(TEXTS.into_iter().enumerate()).find(bytes, &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn words_are_found_wherever_they_stand() {
        for (text, expect) in [
            ("anna@example.org", &[0][..]),
            ("mail of anna@example.org, answered", &[0]),
            ("{\"email\":\"anna@example.org\"}", &[0]),
            ("joanna@example.org", &[]),
            ("anna@example.organic", &[]),
            ("anna@example.or", &[]),
            ("short", &[]),
            ("123456789", &[]),
            ("id 1234567890.", &[2]),
            ("id 51234567890", &[]),
            ("{\"name\":\"a \\\"quoted\\\" name\"} of anna@example.org", &[0, 4]),
            ("Zoë-Marie", &[5]),
            ("", &[]),
        ] {
            assert_eq!(found(text.as_bytes()), expect, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_searched_too() {
        let mut bytes = vec![0xff; 1000];
        bytes.extend_from_slice(b"anna@example.org");
        bytes.push(0);
        assert_eq!(found(&bytes), [0]);
    }
}
