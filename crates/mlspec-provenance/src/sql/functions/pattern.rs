//! Regular expressions, in the syntax of the crate `regex`: no look-around, no back-references, time linear in the text.

use super::super::rows::{Kind, Made};
use super::{Call, Function, function};
use mlspec_table::polars::prelude::*;
use regex::{Regex, RegexBuilder};

/// The longest text that replacements make, in bytes.
const GROWN: usize = 1 << 26;

/// The pattern, with flags: `i` any case, `s` a dot is also a line feed, `m` lines have begin and end, `x` free spacing.
fn pattern(call: &Call, flags: Option<usize>) -> Result<(Regex, bool), String> {
    let text = call.text(1).ok_or("the pattern is a constant text")?;
    let flags = match flags.filter(|at| *at < call.len()) {
        None => "",
        Some(at) => call.text(at).ok_or("the flags are a constant text")?,
    };
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(1 << 22);
    let mut all = false;
    for flag in flags.chars() {
        match flag {
            'i' => drop(builder.case_insensitive(true)),
            's' => drop(builder.dot_matches_new_line(true)),
            'm' | 'n' => drop(builder.multi_line(true)),
            'x' => drop(builder.ignore_whitespace(true)),
            'g' => all = true,
            'c' => {}
            other => return Err(format!("`{other}` is no flag; the flags are c, g, i, m, s and x")),
        }
    }
    match builder.build() {
        Ok(regex) => Ok((regex, all)),
        Err(regex::Error::CompiledTooBig(_)) => Err("the pattern is too large".to_owned()),
        Err(_) => Err(format!("`{text}` is no regular expression")),
    }
}

fn matches(call: &Call, flags: &str) -> Result<Expr, String> {
    let given = if call.len() > 2 { call.text(2).unwrap_or_default() } else { "" };
    let (regex, _) = pattern(call, Some(2))?;
    let flags: String = given.chars().filter(|flag| "ismx".contains(*flag)).chain(flags.chars()).collect();
    let text = if flags.is_empty() { regex.as_str().to_owned() } else { format!("(?{flags}){}", regex.as_str()) };
    Ok(call.x(0).cast(DataType::String).str().contains(lit(text), true))
}

/// PostgreSQL's `\1` and `\&` as the crate's `${1}` and `${0}`.
fn replacement(text: &str) -> String {
    let mut made = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => made.push_str("$$"),
            '\\' => match chars.next() {
                Some('&') => made.push_str("${0}"),
                Some(digit) if digit.is_ascii_digit() => made.push_str(&format!("${{{digit}}}")),
                Some(other) => made.push(other),
                None => made.push('\\'),
            },
            c => made.push(c),
        }
    }
    made
}

fn group(call: &Call, regex: &Regex) -> Result<usize, String> {
    let group = if call.len() > 2 { call.integer(2).ok_or("the group is a constant")? } else { 0 };
    let last = regex.captures_len() - 1;
    usize::try_from(group)
        .ok()
        .filter(|group| *group <= last)
        .ok_or_else(|| format!("the pattern has groups 0 to {last}"))
}

const T: Kind = Kind::Text;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "regexp_count",
        &[],
        "x: text, pattern: constant text, [flags: constant text]",
        "int64",
        "how many matches there are",
        |call| {
            let (regex, _) = pattern(call, Some(2))?;
            call.rows(&[T], Kind::Integer, move |row| {
                Ok(Some(Made::Integer(regex.find_iter(row[0].text()).count() as i64)))
            })
        },
    ),
    function(
        "regexp_extract",
        &["regexp_substr"],
        "x: text, pattern: constant text, [group: constant integer]",
        "string",
        "the first match, or a group of it; null where there is none",
        |call| {
            let (regex, _) = pattern(call, None)?;
            let group = group(call, &regex)?;
            call.rows(&[T], T, move |row| {
                let found = regex.captures(row[0].text()).and_then(|found| found.get(group));
                Ok(found.map(|found| Made::Text(found.as_str().to_owned())))
            })
        },
    ),
    function(
        "regexp_extract_all",
        &[],
        "x: text, pattern: constant text, [group: constant integer]",
        "list_string",
        "all matches, or a group of each",
        |call| {
            let (regex, _) = pattern(call, None)?;
            let group = group(call, &regex)?;
            call.rows(&[T], Kind::Texts, move |row| {
                let text = |found: regex::Captures<'_>| {
                    found.get(group).map_or_else(String::new, |found| found.as_str().to_owned())
                };
                Ok(Some(Made::Texts(regex.captures_iter(row[0].text()).map(text).collect())))
            })
        },
    ),
    function(
        "regexp_full_match",
        &[],
        "x: text, pattern: constant text",
        "boolean",
        "whether the whole text matches",
        |call| {
            let (regex, _) = pattern(call, None)?;
            Ok(call.x(0).cast(DataType::String).str().contains(lit(format!("^(?:{})$", regex.as_str())), true))
        },
    ),
    function(
        "regexp_ilike",
        &[],
        "x: text, pattern: constant text",
        "boolean",
        "whether the pattern matches somewhere, in any case, as `~*`",
        |call| matches(call, "i"),
    ),
    function(
        "regexp_like",
        &["regexp_matches"],
        "x: text, pattern: constant text, [flags: constant text]",
        "boolean",
        "whether the pattern matches somewhere, as `~`",
        |call| matches(call, ""),
    ),
    function(
        "regexp_replace",
        &[],
        "x: text, pattern: constant text, new: constant text, [flags: constant text]",
        "string",
        "with `new` in place of the first match, or of all with the flag g; `\\1` is the first group",
        |call| {
            let (regex, all) = pattern(call, Some(3))?;
            let new = replacement(call.text(2).ok_or("the replacement is a constant text")?);
            call.rows(&[T], T, move |row| {
                let text = row[0].text();
                let count = if all { regex.find_iter(text).count() } else { 1 };
                // A group is no longer than the text.
                if count.saturating_mul(new.len()).saturating_add(text.len()) > GROWN {
                    return Err(());
                }
                let replaced =
                    if all { regex.replace_all(text, new.as_str()) } else { regex.replace(text, new.as_str()) };
                match replaced.len() <= GROWN {
                    true => Ok(Some(Made::Text(replaced.into_owned()))),
                    false => Err(()),
                }
            })
        },
    ),
    function(
        "regexp_split_to_array",
        &["string_split_regex"],
        "x: text, pattern: constant text",
        "list_string",
        "the parts between matches",
        |call| {
            let (regex, _) = pattern(call, None)?;
            call.rows(&[T], Kind::Texts, move |row| {
                Ok(Some(Made::Texts(regex.split(row[0].text()).map(str::to_owned).collect())))
            })
        },
    ),
];
