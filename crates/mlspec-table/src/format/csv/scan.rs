//! Fields and records of CSV text.

use crate::format::{Problem, options::Dialect};
use std::borrow::Cow;

/// What is wrong, and where in the text.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) problem: Problem,
}

/// A field's value.
#[derive(Debug)]
pub(crate) enum Field<'a> {
    /// Without quotes; the empty one is null.
    Plain(&'a str),
    /// What stood between quotes; the empty one is the empty text.
    Quoted(Cow<'a, str>),
}

/// What ended a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Field,
    Record,
    Text,
}

/// A position in text.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { text, at: 0, dialect }
    }

    /// The position.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes on from another position, which must be that of a character.
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// Goes through the next record; `false` at the end of the text. With a `width` the record must have so many fields;
    /// blank lines are skipped, unless a line has one field, which is null then.
    pub(crate) fn record(
        &mut self,
        width: Option<usize>,
        mut take: impl FnMut(usize, Field<'a>),
    ) -> Result<bool, Fault> {
        if width != Some(1) {
            self.skip_blank_lines();
        }
        if self.at >= self.text.len() {
            return Ok(false);
        }
        let start = self.at;
        let mut found = 0;
        loop {
            let (field, end) = self.field()?;
            if width.is_none_or(|width| found < width) {
                take(found, field);
            }
            found += 1;
            if end != End::Field {
                break;
            }
        }
        match width {
            Some(expected) if expected != found => {
                Err(Fault { at: start, problem: Problem::Ragged { found, expected } })
            }
            _ => Ok(true),
        }
    }

    pub(crate) fn skip_blank_lines(&mut self) {
        let bytes = self.text.as_bytes();
        loop {
            self.at += match bytes.get(self.at..) {
                Some([b'\n', ..]) => 1,
                Some([b'\r', b'\n', ..]) => 2,
                _ => return,
            };
        }
    }

    fn field(&mut self) -> Result<(Field<'a>, End), Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        let Dialect { separator, quote } = self.dialect;
        let found = match quote {
            Some(quote) if rest.first() == Some(&quote) => return self.quoted(quote),
            Some(quote) => memchr::memchr3(separator, b'\n', quote, rest),
            None => memchr::memchr2(separator, b'\n', rest),
        };
        let start = self.at;
        let length = found.unwrap_or(rest.len());
        let end = match found.map(|at| rest[at]) {
            None => End::Text,
            Some(b'\n') => End::Record,
            Some(byte) if byte == separator => End::Field,
            Some(_) => return Err(Fault { at: start + length, problem: Problem::StrayQuote }),
        };
        self.at = start + length + usize::from(end != End::Text);
        let value = self.text.get(start..start + length).unwrap_or_default();
        let value = if end == End::Field { value } else { value.strip_suffix('\r').unwrap_or(value) };
        Ok((Field::Plain(value), end))
    }

    fn quoted(&mut self, quote: u8) -> Result<(Field<'a>, End), Fault> {
        let bytes = self.text.as_bytes();
        let open = self.at;
        let mut doubled = false;
        let mut from = open + 1;
        let close = loop {
            let Some(found) = memchr::memchr(quote, &bytes[from..]) else {
                return Err(Fault { at: open, problem: Problem::OpenQuote });
            };
            let at = from + found;
            if bytes.get(at + 1) != Some(&quote) {
                break at;
            }
            doubled = true;
            from = at + 2;
        };
        let value = self.text.get(open + 1..close).unwrap_or_default();
        let value = if doubled {
            let one = char::from(quote).to_string();
            Cow::Owned(value.replace(&one.repeat(2), &one))
        } else {
            Cow::Borrowed(value)
        };
        let (end, length) = match &bytes[close + 1..] {
            [] | [b'\r'] => (End::Text, 1),
            [b'\n', ..] => (End::Record, 1),
            [b'\r', b'\n', ..] => (End::Record, 2),
            [byte, ..] if *byte == self.dialect.separator => (End::Field, 1),
            _ => return Err(Fault { at: close, problem: Problem::BehindQuote }),
        };
        self.at = (close + 1 + length).min(bytes.len());
        Ok((Field::Quoted(value), end))
    }
}

/// Cuts text into parts of about `size` bytes that end with a record. Within quotes, of which there is an odd number before,
/// a line's end does not end a record.
pub(crate) fn split(text: &[u8], quote: Option<u8>, size: usize) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    while text.len() - start > size {
        let from = start + size;
        let quotes = |bytes: &[u8]| quote.map_or(0, |quote| memchr::memchr_iter(quote, bytes).count());
        let mut inside = quotes(&text[start..from]) % 2 == 1;
        let mut at = from;
        let end = loop {
            let found = match quote {
                Some(quote) => memchr::memchr2(b'\n', quote, &text[at..]),
                None => memchr::memchr(b'\n', &text[at..]),
            };
            let Some(found) = found else { break text.len() };
            at += found + 1;
            match text[at - 1] {
                b'\n' if !inside => break at,
                b'\n' => {}
                _ => inside = !inside,
            }
        };
        parts.push(start..end);
        start = end;
    }
    if start < text.len() {
        parts.push(start..text.len());
    }
    parts
}

/// How many bytes of the text are whole records, where it may be cut off behind them.
pub(crate) fn whole_records(text: &[u8], quote: Option<u8>) -> usize {
    records(text, quote).last().unwrap_or(0)
}

/// How many bytes the first record has, with blank lines before it; all where it does not end.
pub(crate) fn whole_record(text: &[u8], quote: Option<u8>) -> usize {
    let begin = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let blank = begin.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let skipped = text.len() - begin.len() + blank;
    records(&text[skipped..], quote).next().map_or(text.len(), |end| skipped + end)
}

/// Where records end: behind line ends that are not within quotes.
fn records(text: &[u8], quote: Option<u8>) -> impl Iterator<Item = usize> {
    let (mut at, mut inside) = (0, false);
    std::iter::from_fn(move || {
        loop {
            let found = match quote {
                Some(quote) => memchr::memchr2(b'\n', quote, &text[at..]),
                None => memchr::memchr(b'\n', &text[at..]),
            };
            at += found? + 1;
            match text[at - 1] {
                b'\n' if !inside => return Some(at),
                b'\n' => {}
                _ => inside = !inside,
            }
        }
    })
}
