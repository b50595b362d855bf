//! From a text to its terms.

use crate::ModelError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a text is cut into terms, as scikit-learn's vectorizers do by default.
///
/// A word is a run of at least two word characters: letters, digits and `_` (`(?u)\b\w\w+\b`; here marks that belong to a
/// letter count as letters, as in Unicode's property *Alphabetic*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Analyzer {
    /// Whether the text is put in lower case first.
    pub lowercase: bool,
    /// The least and the greatest number of words of a term, from 1 to 16.
    pub ngram_range: (u32, u32),
}

impl Default for Analyzer {
    fn default() -> Self {
        Self { lowercase: true, ngram_range: (1, 1) }
    }
}

/// Room that [`Analyzer::terms`] uses again from text to text.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    lower: String,
    words: Vec<(usize, usize)>,
    term: String,
}

impl Analyzer {
    /// Checks the range of words.
    ///
    /// # Errors
    /// When it is empty, begins below 1, or ends beyond 16.
    pub fn check(&self) -> Result<(), ModelError> {
        let (least, greatest) = self.ngram_range;
        if 1 <= least && least <= greatest && greatest <= 16 {
            Ok(())
        } else {
            Err(ModelError::invalid("encoder", "`ngram_range` is not two ascending numbers from 1 to 16"))
        }
    }

    /// Calls `each` with every term of the text, as often as it stands there.
    pub fn terms(&self, text: &str, room: &mut Terms, mut each: impl FnMut(&str)) {
        let Terms { lower, words, term } = room;
        let text = if self.lowercase { lowercase(text, lower) } else { text };
        if self.ngram_range == (1, 1) {
            return scan(text, |start, end| each(&text[start..end]));
        }
        words.clear();
        scan(text, |start, end| words.push((start, end)));
        for length in self.ngram_range.0..=self.ngram_range.1 {
            for run in words.windows(length as usize) {
                term.clear();
                for (at, &(start, end)) in run.iter().enumerate() {
                    if at > 0 {
                        term.push(' ');
                    }
                    term.push_str(&text[start..end]);
                }
                each(term);
            }
        }
    }
}

fn lowercase<'a>(text: &str, room: &'a mut String) -> &'a str {
    if text.is_ascii() {
        room.clear();
        room.push_str(text);
        room.make_ascii_lowercase();
    } else {
        *room = text.to_lowercase();
    }
    room
}

/// Calls `word` with the place of every run of at least two word characters.
fn scan(text: &str, mut word: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let (mut at, mut start, mut length) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let (inside, step) = if byte < 128 {
            (ASCII_WORD[usize::from(byte)], 1)
        } else {
            let c = text[at..].chars().next().unwrap_or_default();
            (c.is_alphanumeric(), c.len_utf8())
        };
        if inside {
            if length == 0 {
                start = at;
            }
            length += 1;
        } else {
            if length > 1 {
                word(start, at);
            }
            length = 0;
        }
        at += step;
    }
    if length > 1 {
        word(start, at);
    }
}

const ASCII_WORD: [bool; 128] = {
    let mut table = [false; 128];
    let mut at = 0;
    while at < 128 {
        table[at] = (at as u8).is_ascii_alphanumeric() || at as u8 == b'_';
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_texts() {
        let word = |lowercase| Analyzer { lowercase, ngram_range: (1, 1) };
        let pairs = Analyzer { lowercase: true, ngram_range: (1, 2) };
        let cases: [(Analyzer, &str, &[&str]); 7] = [
            (word(true), "Dear Sir, I am a_b 42!", &["dear", "sir", "am", "a_b", "42"]),
            (word(false), "Dear SIR", &["Dear", "SIR"]),
            (word(true), "ÄRGER über déjà-vu, Ω ΩΣ 中文", &["ärger", "über", "déjà", "vu", "ως", "中文"]),
            (word(true), "x y z", &[]),
            (word(true), "", &[]),
            (pairs, "Not so good", &["not", "so", "good", "not so", "so good"]),
            (pairs, "alone", &["alone"]),
        ];
        for (analyzer, text, expected) in cases {
            let mut found = Vec::new();
            analyzer.terms(text, &mut Terms::default(), |term| found.push(term.to_owned()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn ranges_are_checked() {
        for (range, good) in [((1, 1), true), ((2, 16), true), ((0, 1), false), ((2, 1), false), ((1, 17), false)] {
            assert_eq!(Analyzer { lowercase: true, ngram_range: range }.check().is_ok(), good, "{range:?}");
        }
    }
}
