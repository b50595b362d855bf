//! `LIKE` and `ILIKE`: `%` stands for any text, `_` for one character.

use mlspec_table::polars::prelude::*;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    One,
    Any,
}

fn parts(pattern: &str, escape: Option<char>) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            c if Some(c) == escape => match chars.next() {
                Some(c) => c,
                None => return Err("the pattern ends with its escape character".to_owned()),
            },
            '%' => {
                if parts.last() != Some(&Part::Any) {
                    parts.push(Part::Any);
                }
                continue;
            }
            '_' => {
                parts.push(Part::One);
                continue;
            }
            c => c,
        };
        match parts.last_mut() {
            Some(Part::Text(text)) => text.push(literal),
            _ => parts.push(Part::Text(literal.to_string())),
        }
    }
    Ok(parts)
}

/// Whether a text is like a pattern. A pattern without `_` becomes searches for its texts, which are ten times faster than the
/// regular expression that it is otherwise.
pub(crate) fn like(text: Expr, pattern: &str, escape: Option<char>, any_case: bool) -> Result<Expr, String> {
    let parts = parts(pattern, escape)?;
    if any_case {
        return Ok(text.str().contains(lit(regex(&parts, "(?is)")), true));
    }
    Ok(match parts.as_slice() {
        [] => text.eq(lit("")),
        [Part::Any] => text.clone().eq(text),
        [Part::Text(whole)] => text.eq(lit(whole.clone())),
        [Part::Text(start), Part::Any] => text.str().starts_with(lit(start.clone())),
        [Part::Any, Part::Text(end)] => text.str().ends_with(lit(end.clone())),
        [Part::Any, Part::Text(inside), Part::Any] => text.str().contains_literal(lit(inside.clone())),
        [Part::Text(start), Part::Any, Part::Text(end)] => {
            let long = text.clone().str().len_bytes().gt_eq(lit((start.len() + end.len()) as u32));
            let both = text.clone().str().starts_with(lit(start.clone())).and(text.str().ends_with(lit(end.clone())));
            long.and(both)
        }
        _ => text.str().contains(lit(regex(&parts, "(?s)")), true),
    })
}

/// The regular expression, without `.*` at its ends: a search is faster than a match of everything.
fn regex(parts: &[Part], flags: &str) -> String {
    let mut made = flags.to_owned();
    if parts.first() != Some(&Part::Any) {
        made.push('^');
    }
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => made.push_str(&regex::escape(text)),
            Part::One => made.push('.'),
            Part::Any if at > 0 && at + 1 < parts.len() => made.push_str(".*"),
            Part::Any => {}
        }
    }
    if parts.last() != Some(&Part::Any) {
        made.push('$');
    }
    made
}

/// What a pattern wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Char(char),
    One,
    Any,
}

/// The same for a pattern that is known for each row only. Takes at most the product of both lengths.
pub(crate) fn is_like(text: &str, pattern: &str, escape: Option<char>, any_case: bool) -> Result<bool, ()> {
    let fold = |c: char| if any_case { c.to_lowercase().collect() } else { vec![c] };
    let mut wanted = Vec::new();
    for part in parts(pattern, escape).map_err(drop)? {
        match part {
            Part::Text(text) => wanted.extend(text.chars().flat_map(fold).map(Want::Char)),
            Part::One => wanted.push(Want::One),
            Part::Any => wanted.push(Want::Any),
        }
    }
    let text: Vec<char> = text.chars().flat_map(fold).collect();
    let (mut at, mut next, mut back) = (0, 0, None);
    while at < text.len() {
        match wanted.get(next) {
            Some(Want::Any) => {
                back = Some((next, at));
                next += 1;
            }
            Some(one) if *one == Want::One || *one == Want::Char(text[at]) => (at, next) = (at + 1, next + 1),
            _ => match back {
                Some((any, from)) => {
                    back = Some((any, from + 1));
                    (at, next) = (from + 1, any + 1);
                }
                None => return Ok(false),
            },
        }
    }
    Ok(wanted[next..].iter().all(|one| *one == Want::Any))
}
