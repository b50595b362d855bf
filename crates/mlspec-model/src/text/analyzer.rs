//! From a text to its terms.

use crate::ModelError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What terms are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// Words, and words one after the other.
    #[default]
    Word,
    /// Characters one after the other, white space among them.
    Char,
    /// Characters one after the other within words, which a space begins and ends.
    CharWb,
}

impl TermKind {
    /// Whether terms are words.
    pub fn is_word(&self) -> bool {
        *self == Self::Word
    }
}

/// How a text is cut into terms, as scikit-learn's vectorizers do.
///
/// A word is a run of at least two word characters: letters, digits and `_` (`(?u)\b\w\w+\b`; here marks that belong to a
/// letter count as letters, as in Unicode's property *Alphabetic*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Analyzer {
    /// What terms are.
    #[serde(default, skip_serializing_if = "TermKind::is_word")]
    pub analyzer: TermKind,
    /// Whether the text is put in lower case first.
    pub lowercase: bool,
    /// The least and the greatest number of words or characters of a term, from 1 to 16.
    pub ngram_range: (u32, u32),
}

impl Default for Analyzer {
    fn default() -> Self {
        Self { analyzer: TermKind::Word, lowercase: true, ngram_range: (1, 1) }
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
        match self.analyzer {
            TermKind::Word => {}
            TermKind::Char => {
                put_together(text, term);
                places(term, words);
                return self.ngrams(term, words, &mut each);
            }
            TermKind::CharWb => {
                for word in text.split(is_space).filter(|word| !word.is_empty()) {
                    term.clear();
                    term.extend([" ", word, " "]);
                    places(term, words);
                    self.ngrams(term, words, &mut each);
                    // A word that is shorter than the shortest term is one itself.
                    if words.len() < self.ngram_range.0 as usize {
                        each(term);
                    }
                }
                return;
            }
        }
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

impl Analyzer {
    /// Calls `each` with every run of characters.
    fn ngrams(&self, text: &str, places: &[(usize, usize)], each: &mut impl FnMut(&str)) {
        let (least, most) = (self.ngram_range.0 as usize, self.ngram_range.1 as usize);
        for length in least..=most {
            for run in places.windows(length) {
                each(&text[run[0].0..run[length - 1].1]);
            }
        }
    }
}

/// White space as Python has it.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The text with one space for every run of at least two characters of white space.
fn put_together(text: &str, room: &mut String) {
    room.clear();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut run = false;
        while is_space(c) && chars.next_if(|next| is_space(*next)).is_some() {
            run = true;
        }
        room.push(if run { ' ' } else { c });
    }
}

/// Where each character begins and ends.
fn places(text: &str, places: &mut Vec<(usize, usize)>) {
    places.clear();
    places.extend(text.char_indices().map(|(at, c)| (at, at + c.len_utf8())));
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
        let word = |lowercase| Analyzer { lowercase, ..Analyzer::default() };
        let pairs = Analyzer { ngram_range: (1, 2), ..Analyzer::default() };
        let of = |analyzer, ngram_range| Analyzer { analyzer, ngram_range, lowercase: true };
        let (char, char_wb) = (|range| of(TermKind::Char, range), |range| of(TermKind::CharWb, range));
        let cases: [(Analyzer, &str, &[&str]); 12] = [
            (word(true), "Dear Sir, I am a_b 42!", &["dear", "sir", "am", "a_b", "42"]),
            (word(false), "Dear SIR", &["Dear", "SIR"]),
            (word(true), "ÄRGER über déjà-vu, Ω ΩΣ 中文", &["ärger", "über", "déjà", "vu", "ως", "中文"]),
            (word(true), "x y z", &[]),
            (word(true), "", &[]),
            (pairs, "Not so good", &["not", "so", "good", "not so", "so good"]),
            (pairs, "alone", &["alone"]),
            (char((2, 3)), "Aß \t b", &["aß", "ß ", " b", "aß ", "ß b"]),
            (char((1, 1)), "a\tb", &["a", "\t", "b"]),
            (char((4, 9)), "abc", &[]),
            (char_wb((2, 3)), "Ab  c", &[" a", "ab", "b ", " ab", "ab ", " c", "c ", " c "]),
            (char_wb((5, 6)), "ab cdef", &[" ab ", " cdef", "cdef ", " cdef "]),
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
            assert_eq!(Analyzer { ngram_range: range, ..Analyzer::default() }.check().is_ok(), good, "{range:?}");
        }
    }
}
