//! Numbers as people read them.

/// A count with a thin space between thousands: `1 234 567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A figure with four significant digits, without trailing zeros; far from 1 with an exponent.
pub(crate) fn figure(number: f64) -> String {
    if !number.is_finite() {
        return "–".to_owned();
    }
    let size = number.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{number:.3e}");
    }
    let places = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
    let text = format!("{number:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A share as percent with one decimal.
pub(crate) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0) } else { "–".to_owned() }
}

/// A size in bytes with a binary unit.
pub(crate) fn bytes(size: u64) -> String {
    let mut value = size as f64;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1024.0 {
            return format!("{} {unit}", figure(value));
        }
        value /= 1024.0;
    }
    format!("{} GiB", figure(value))
}

/// A length of time.
pub(crate) fn seconds(time: f64) -> String {
    match time {
        _ if !time.is_finite() => "–".to_owned(),
        _ if time < 1e-3 => format!("{} µs", figure(time * 1e6)),
        _ if time < 1.0 => format!("{} ms", figure(time * 1e3)),
        _ => format!("{} s", figure(time)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (number, expected) in
            [(0.0, "0"), (0.5, "0.5"), (0.123456, "0.1235"), (1234.5678, "1235"), (1e-9, "1.000e-9")]
        {
            assert_eq!(figure(number), expected);
        }
        assert_eq!(figure(f64::NAN), "–");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(seconds(0.0025), "2.5 ms");
        assert_eq!(percent(0.125), "12.5 %");
    }
}
