//! What a YAML scalar means: the core schema of YAML 1.2.2, as far as JSON has the value.

use granit_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

/// The value of a scalar, or why it has none.
pub(super) fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, &'static str> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        return if plain { untagged(text) } else { Ok(Value::String(text.to_owned())) };
    };
    let value = match core_name(tag) {
        Some("str") => return Ok(Value::String(text.to_owned())),
        Some(name @ ("int" | "float" | "bool" | "null")) => (name, untagged(text)?),
        _ => return Err("a tag that JSON has no value for"),
    };
    let fits = match (&value.0, &value.1) {
        (&"int", Value::Number(number)) => !number.is_f64(),
        (&"float", Value::Number(_)) | (&"bool", Value::Bool(_)) | (&"null", Value::Null) => true,
        _ => false,
    };
    if fits { Ok(value.1) } else { Err("a scalar that is not what its tag says") }
}

/// The name of a core schema tag, such as `str`; `!` alone means text.
pub(super) fn core_name(tag: &Tag) -> Option<&str> {
    match tag.core_suffix() {
        Some(name) => Some(name),
        None if tag.handle().is_empty() && tag.suffix() == "!" || tag.handle() == "!" && tag.suffix().is_empty() => {
            Some("str")
        }
        None => None,
    }
}

fn untagged(text: &str) -> Result<Value, &'static str> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text)? {
            Some(number) => Value::Number(number),
            None => Value::String(text.to_owned()),
        },
    })
}

fn number(text: &str) -> Result<Option<Number>, &'static str> {
    const RANGE: &str = "a number out of range";
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).map(Number::from).map_err(|_| RANGE);
    let all = |digits: &str, fits: fn(&u8) -> bool| !digits.is_empty() && digits.bytes().all(|byte| fits(&byte));
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| all(digits, |b| matches!(b, b'0'..=b'7'))) {
        return radix(digits, 8).map(Some);
    }
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| all(digits, u8::is_ascii_hexdigit)) {
        return radix(digits, 16).map(Some);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("a number that JSON lacks (infinite or not a number)");
    }
    if all(unsigned, u8::is_ascii_digit) {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let whole = digits.parse::<u64>().map(Number::from).or_else(|_| digits.parse::<i64>().map(Number::from));
        return whole.ok().or_else(|| Number::from_f64(digits.parse().ok()?)).map(Some).ok_or(RANGE);
    }
    if !is_float(unsigned) {
        return Ok(None);
    }
    text.parse().ok().and_then(Number::from_f64).map(Some).ok_or(RANGE)
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_mantissa = !(whole.is_empty() && fraction.is_empty()) && digits(whole) && digits(fraction);
    has_mantissa && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}
