//! Texts. Positions and lengths count characters (Unicode scalar values), from 1.

use super::super::rows::{Kind, Made, Outcome};
use super::{Call, Function, function};
use mlspec_table::polars::prelude::*;

/// The longest text that `repeat` and padding make, and that others grow to, in bytes.
const MADE: usize = 1 << 20;
const GROWN: usize = 1 << 26;

/// How many pairs of characters a comparison of two texts looks at.
const PAIRS: usize = 10_000_000;

fn made(text: impl Into<String>) -> Outcome {
    Ok(Some(Made::Text(text.into())))
}

/// The byte at which a character begins; the end of the text for those beyond it.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

/// Some characters from one on; both may lie outside.
fn slice(text: &str, from: i64, length: Option<i64>) -> Outcome {
    if length.is_some_and(|length| length < 0) {
        return Err(());
    }
    // What lies in front of the first character counts, as in PostgreSQL.
    let end = length.map(|length| from.saturating_add(length));
    let begin = byte_of(text, usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX));
    let end = end.map_or(text.len(), |end| byte_of(text, usize::try_from(end.max(1) - 1).unwrap_or(usize::MAX)));
    made(text.get(begin..end.max(begin)).unwrap_or_default())
}

/// The first characters; all but so many of the last, if negative.
fn first(text: &str, count: i64) -> &str {
    let count = match usize::try_from(count) {
        Ok(count) => count,
        Err(_) => text.chars().count().saturating_sub(usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    &text[..byte_of(text, count)]
}

fn last(text: &str, count: i64) -> &str {
    let without = match usize::try_from(count) {
        Ok(count) => text.chars().count().saturating_sub(count),
        Err(_) => usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX),
    };
    &text[byte_of(text, without)..]
}

fn padded(text: &str, length: i64, fill: &str, front: bool) -> Outcome {
    let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    let held = text.chars().count();
    if length <= held || fill.is_empty() {
        return made(&text[..byte_of(text, length)]);
    }
    if length > MADE {
        return Err(());
    }
    let padding: String = fill.chars().cycle().take(length - held).collect();
    made(if front { padding + text } else { text.to_owned() + &padding })
}

fn pad(call: &Call, front: bool) -> Result<Expr, String> {
    let kinds = [Kind::Text, Kind::Integer, Kind::Text];
    call.rows(&kinds, Kind::Text, move |row| {
        padded(row[0].text(), row[1].integer(), row.get(2).map_or(" ", |fill| fill.text()), front)
    })
}

fn replaced(text: &str, from: &str, to: &str) -> Outcome {
    if from.is_empty() {
        return made(text);
    }
    let most = (text.len() / from.len()).saturating_mul(to.len().saturating_sub(from.len()));
    let grown = || text.matches(from).count() * to.len().saturating_sub(from.len());
    if text.len().saturating_add(most) > GROWN && text.len() + grown() > GROWN {
        return Err(());
    }
    made(text.replace(from, to))
}

/// Each word with a great first letter; words are of letters and digits.
fn titled(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        match inside {
            true => titled.extend(c.to_lowercase()),
            false => titled.extend(c.to_uppercase()),
        }
        inside = c.is_alphanumeric();
    }
    titled
}

fn part(text: &str, separator: &str, at: i64) -> Outcome {
    let parts: Vec<&str> = if separator.is_empty() { vec![text] } else { text.split(separator).collect() };
    let found = match at {
        0 => return Err(()),
        1.. => usize::try_from(at - 1).ok().and_then(|at| parts.get(at)),
        _ => usize::try_from(at.unsigned_abs())
            .ok()
            .and_then(|back| parts.len().checked_sub(back))
            .and_then(|at| parts.get(at)),
    };
    made(*found.unwrap_or(&""))
}

fn strip(call: &Call, strip: fn(Expr, Expr) -> Expr) -> Result<Expr, String> {
    let what = if call.len() == 2 { call.x(1).cast(DataType::String) } else { lit(NULL) };
    Ok(strip(call.x(0), what))
}

/// A comparison of two texts that takes the product of their lengths.
fn compared(call: &Call, gives: Kind, compare: fn(&str, &str) -> Made) -> Result<Expr, String> {
    call.rows(&[Kind::Text, Kind::Text], gives, move |row| {
        let (one, other) = (row[0].text(), row[1].text());
        match one.len().saturating_mul(other.len()) <= PAIRS {
            true => Ok(Some(compare(one, other))),
            false => Err(()),
        }
    })
}

fn integer(expr: Expr) -> Expr {
    expr.cast(DataType::Int64)
}

const T: Kind = Kind::Text;
const I: Kind = Kind::Integer;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "ascii",
        &["ord", "unicode"],
        "x: text",
        "int64",
        "the code point of the first character; 0 for an empty text",
        |call| {
            call.rows(&[T], I, |row| {
                Ok(Some(Made::Integer(row[0].text().chars().next().map_or(0, |c| i64::from(u32::from(c))))))
            })
        },
    ),
    function("bit_length", &[], "x: text", "int64", "the length in bits", |call| {
        Ok(integer(call.x(0).str().len_bytes()) * lit(8))
    }),
    function(
        "chr",
        &[],
        "x: integer",
        "string",
        "the character of a code point; a row without such a one fails",
        |call| {
            call.rows(&[I], T, |row| {
                u32::try_from(row[0].integer())
                    .ok()
                    .and_then(char::from_u32)
                    .filter(|c| *c != '\0')
                    .map(|c| Some(Made::Text(c.to_string())))
                    .ok_or(())
            })
        },
    ),
    function("concat", &[], "x: any...", "string", "all as one text; nulls are left out", |call| {
        let texts: Vec<Expr> = call.all().into_iter().map(|one| one.cast(DataType::String)).collect();
        Ok(concat_str(texts, "", true))
    }),
    function(
        "concat_ws",
        &[],
        "separator: constant text, x: any...",
        "string",
        "all as one text, with a separator between; nulls are left out",
        |call| {
            let texts: Vec<Expr> = call.all().into_iter().skip(1).map(|one| one.cast(DataType::String)).collect();
            let separator = call.text(0).ok_or("the separator is null")?;
            if texts.is_empty() {
                return Err("`concat_ws` takes texts behind its separator".to_owned());
            }
            Ok(concat_str(texts, separator, true))
        },
    ),
    function("contains", &[], "x: text, part: text", "boolean", "whether a text holds a part", |call| {
        call.rows(&[T, T], Kind::Boolean, |row| Ok(Some(Made::Boolean(row[0].text().contains(row[1].text())))))
    }),
    function("ends_with", &["suffix"], "x: text, end: text", "boolean", "whether a text ends so", |call| {
        Ok(call.x(0).str().ends_with(call.x(1)))
    }),
    function(
        "initcap",
        &[],
        "x: text",
        "string",
        "each word with a great first letter, and small ones behind",
        |call| call.rows(&[T], T, |row| made(titled(row[0].text()))),
    ),
    function(
        "jaro_winkler_similarity",
        &[],
        "x: text, y: text",
        "float64",
        "how alike two texts are, from 0 to 1",
        |call| compared(call, Kind::Float, |x, y| Made::Float(strsim::jaro_winkler(x, y))),
    ),
    function(
        "left",
        &[],
        "x: text, count: integer",
        "string",
        "the first characters; all but the last ones, if negative",
        |call| call.rows(&[T, I], T, |row| made(first(row[0].text(), row[1].integer()))),
    ),
    function(
        "length",
        &["char_length", "character_length", "len"],
        "x: text",
        "int64",
        "how many characters",
        |call| Ok(integer(call.x(0).str().len_chars())),
    ),
    function(
        "levenshtein",
        &["editdist3"],
        "x: text, y: text",
        "int64",
        "the least number of insertions, deletions and replacements of a character between two texts",
        |call| compared(call, I, |x, y| Made::Integer(strsim::levenshtein(x, y) as i64)),
    ),
    function("lower", &["lcase"], "x: text", "string", "in small letters", |call| Ok(call.x(0).str().to_lowercase())),
    function(
        "lpad",
        &[],
        "x: text, length: integer, [fill: text]",
        "string",
        "filled in front to a length, or cut to it",
        |call| pad(call, true),
    ),
    function(
        "ltrim",
        &[],
        "x: text, [characters: text]",
        "string",
        "without white space (or these characters) in front",
        |call| strip(call, |x, what| x.str().strip_chars_start(what)),
    ),
    function(
        "normalize",
        &[],
        "x: text, [form: constant text]",
        "string",
        "in a Unicode normal form: 'NFC' (if not said otherwise), 'NFD', 'NFKC', 'NFKD'",
        |call| {
            let form = match call.text(1).unwrap_or("NFC").to_ascii_uppercase().as_str() {
                "NFC" => UnicodeForm::NFC,
                "NFD" => UnicodeForm::NFD,
                "NFKC" => UnicodeForm::NFKC,
                "NFKD" => UnicodeForm::NFKD,
                _ => return Err("the forms are 'NFC', 'NFD', 'NFKC' and 'NFKD'".to_owned()),
            };
            Ok(call.x(0).str().normalize(form))
        },
    ),
    function("octet_length", &["strlen"], "x: text", "int64", "the length in bytes", |call| {
        Ok(integer(call.x(0).str().len_bytes()))
    }),
    function(
        "overlay",
        &[],
        "x: text, new: text, start: integer, [count: integer]",
        "string",
        "`new` in place of `count` characters (as many as it has) from `start` on",
        |call| {
            call.rows(&[T, T, I, I], T, |row| {
                let (text, new, start) = (row[0].text(), row[1].text(), row[2].integer());
                let count = row.get(3).map_or_else(|| new.chars().count() as i64, |count| count.integer());
                if start < 1 || count < 0 {
                    return Err(());
                }
                let before = byte_of(text, usize::try_from(start - 1).unwrap_or(usize::MAX));
                let after = byte_of(text, usize::try_from(start.saturating_add(count) - 1).unwrap_or(usize::MAX));
                made(format!("{}{new}{}", &text[..before], &text[after..]))
            })
        },
    ),
    function(
        "repeat",
        &[],
        "x: text, count: integer",
        "string",
        "so many times; none, if negative; a row of more than 1 MiB fails",
        |call| {
            call.rows(&[T, I], T, |row| {
                let (text, count) = (row[0].text(), usize::try_from(row[1].integer().max(0)).unwrap_or(usize::MAX));
                if text.is_empty() {
                    return made("");
                }
                if text.len().saturating_mul(count) > MADE {
                    return Err(());
                }
                made(text.repeat(count))
            })
        },
    ),
    function("replace", &[], "x: text, from: text, to: text", "string", "with `to` in place of every `from`", |call| {
        match (call.text(1), call.text(2)) {
            // What cannot grow is left to polars, which looks at columns rather than rows.
            (Some(from), Some(to)) if !from.is_empty() && to.len() <= from.len() => {
                Ok(call.x(0).str().replace_all(lit(from), lit(to), true))
            }
            _ => call.rows(&[T, T, T], T, |row| replaced(row[0].text(), row[1].text(), row[2].text())),
        }
    }),
    function("reverse", &[], "x: text", "string", "backwards", |call| {
        call.rows(&[T], T, |row| made(row[0].text().chars().rev().collect::<String>()))
    }),
    function(
        "right",
        &[],
        "x: text, count: integer",
        "string",
        "the last characters; all but the first ones, if negative",
        |call| call.rows(&[T, I], T, |row| made(last(row[0].text(), row[1].integer()))),
    ),
    function(
        "rpad",
        &[],
        "x: text, length: integer, [fill: text]",
        "string",
        "filled behind to a length, or cut to it",
        |call| pad(call, false),
    ),
    function(
        "rtrim",
        &[],
        "x: text, [characters: text]",
        "string",
        "without white space (or these characters) behind",
        |call| strip(call, |x, what| x.str().strip_chars_end(what)),
    ),
    function(
        "split_part",
        &[],
        "x: text, separator: text, at: integer",
        "string",
        "a part between separators, from 1, or from the end if negative; empty where there is none",
        |call| call.rows(&[T, T, I], T, |row| part(row[0].text(), row[1].text(), row[2].integer())),
    ),
    function(
        "starts_with",
        &["prefix"],
        "x: text, start: text",
        "boolean",
        "whether a text begins so, as `^@`",
        |call| Ok(call.x(0).str().starts_with(call.x(1))),
    ),
    function(
        "strip_accents",
        &["unaccent"],
        "x: text",
        "string",
        "without accents: letters lose their combining marks",
        |call| {
            let marks = lit("[\u{300}-\u{36f}]");
            Ok(call
                .x(0)
                .str()
                .normalize(UnicodeForm::NFD)
                .str()
                .replace_all(marks, lit(""), false)
                .str()
                .normalize(UnicodeForm::NFC))
        },
    ),
    function(
        "strpos",
        &["position", "instr"],
        "x: text, part: text",
        "int64",
        "where a part begins first; 0 if nowhere; also `POSITION(part IN x)`",
        |call| {
            call.rows(&[T, T], I, |row| {
                let found = row[0].text().find(row[1].text());
                Ok(Some(Made::Integer(found.map_or(0, |at| row[0].text()[..at].chars().count() as i64 + 1))))
            })
        },
    ),
    function(
        "substr",
        &["substring"],
        "x: text, start: integer, [length: integer]",
        "string",
        "characters from one on; a row with a negative length fails",
        |call| {
            call.rows(&[T, I, I], T, |row| {
                slice(row[0].text(), row[1].integer(), row.get(2).map(|length| length.integer()))
            })
        },
    ),
    function(
        "translate",
        &[],
        "x: text, from: text, to: text",
        "string",
        "each character of `from` as that of `to` at its place; without counterpart it goes",
        |call| {
            call.rows(&[T, T, T], T, |row| {
                let (from, to): (Vec<char>, Vec<char>) =
                    (row[1].text().chars().collect(), row[2].text().chars().collect());
                let new = |c: char| match from.iter().position(|other| *other == c) {
                    Some(at) => to.get(at).copied(),
                    None => Some(c),
                };
                made(row[0].text().chars().filter_map(new).collect::<String>())
            })
        },
    ),
    function(
        "trim",
        &["btrim", "strip"],
        "x: text, [characters: text]",
        "string",
        "without white space (or these characters) at both ends",
        |call| strip(call, |x, what| x.str().strip_chars(what)),
    ),
    function("upper", &["ucase"], "x: text", "string", "in great letters", |call| Ok(call.x(0).str().to_uppercase())),
];
