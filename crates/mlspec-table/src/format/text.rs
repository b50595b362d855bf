//! Values from text, strictly: what is not wholly a value is none.

/// `true` or `false` in lower case, upper case or capitalised; `1` or `0`.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "1" => Some(true),
        "false" | "False" | "FALSE" | "0" => Some(false),
        _ => None,
    }
}

/// `2024-02-29` as days since 1970.
pub(crate) fn date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = bytes else { return None };
    let (year, month, day) = (number(&[a, b, c, d])?, number(&[e, f])?, number(&[g, h])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last one.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days =
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day - 1;
    Some(days - 719_468)
}

/// Days since 1970 as `2024-02-29`.
pub(crate) fn date_text(days: i64) -> String {
    // Eras of 400 years; years begin in March, so that the leap day is the last one.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `12:30`, `12:30:59` or `12:30:59.123456789` as nanoseconds since midnight.
pub(crate) fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) if clock.len() == 8 => (clock, fraction),
        Some(_) => return None,
        None => (text, "0"),
    };
    let (hour, minute, second) = match *clock.as_bytes() {
        [a, b, b':', c, d] => (number(&[a, b])?, number(&[c, d])?, 0),
        [a, b, b':', c, d, b':', e, f] => (number(&[a, b])?, number(&[c, d])?, number(&[e, f])?),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let nanos = i64::from(number(fraction.as_bytes())?) * 10_i64.pow(9 - fraction.len() as u32);
    Some(i64::from(hour * 3_600 + minute * 60 + second) * 1_000_000_000 + nanos)
}

/// A date, `T` or a space, and a time, as microseconds since 1970; or a date alone: its beginning.
pub(crate) fn datetime(text: &str) -> Option<i64> {
    const DAY: i64 = 86_400_000_000;
    let day = i64::from(date(text.get(..10)?)?) * DAY;
    match text.as_bytes().get(10) {
        None => Some(day),
        Some(b'T' | b' ') => {
            let nanos = time(text.get(11..)?)?;
            // Nanoseconds would be cut off.
            if nanos % 1_000 == 0 { Some(day + nanos / 1_000) } else { None }
        }
        Some(_) => None,
    }
}

/// A date, a time, and `Z` or an offset such as `+01:00`, as microseconds since 1970 in UTC.
pub(crate) fn datetime_utc(text: &str) -> Option<i64> {
    if let Some(text) = text.strip_suffix('Z') {
        return if text.len() > 10 { datetime(text) } else { None };
    }
    let at = text.len().checked_sub(6).filter(|at| *at > 10)?;
    let (local, offset) = (text.get(..at)?, text.get(at..)?);
    let sign = match offset.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let offset = time(offset.get(1..)?)? / 1_000;
    Some(datetime(local)? - sign * offset)
}

/// Digits as a number; at most nine.
fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0_i32, |number, digit| match digit {
        b'0'..=b'9' => Some(number * 10 + i32::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("2023-03-01", Some(19_417)),
            ("1969-12-31", Some(-1)),
            ("2000-02-29", Some(11_016)),
            ("2024-02-29", Some(19_782)),
            ("0000-01-01", Some(-719_528)),
            ("9999-12-31", Some(2_932_896)),
            ("1900-02-29", None),
            ("2023-02-29", None),
            ("2024-13-01", None),
            ("2024-00-10", None),
            ("2024-04-31", None),
            ("2024-1-1", None),
            ("2024-01-01 ", None),
            ("２024-01-1", None),
        ];
        for (text, expect) in cases {
            assert_eq!(date(text), expect, "{text}");
            if let Some(days) = expect {
                assert_eq!(date_text(i64::from(days)), text);
            }
        }
    }

    #[test]
    fn times() {
        let cases = [
            ("00:00", Some(0)),
            ("23:59:59.999999999", Some(86_399_999_999_999)),
            ("01:00:00.5", Some(3_600_500_000_000)),
            ("24:00", None),
            ("12:60", None),
            ("12:00:60", None),
            ("12:00.5", None),
            ("12:00:00.", None),
            ("12:00:00.1234567890", None),
            ("1:00", None),
        ];
        for (text, expect) in cases {
            assert_eq!(time(text), expect, "{text}");
        }
    }

    #[test]
    fn moments() {
        let cases = [
            ("1970-01-02T00:00:01", Some(86_401_000_000), None),
            ("1970-01-02 00:00:01.000001", Some(86_401_000_001), None),
            ("1970-01-01T00:00:00.0000001", None, None),
            ("1970-01-02", Some(86_400_000_000), None),
            ("1970-01-01T01:00:00Z", None, Some(3_600_000_000)),
            ("1970-01-01T01:00:00+01:00", None, Some(0)),
            ("1970-01-01T01:00-02:30", None, Some(12_600_000_000)),
            ("1970-01-01Z", None, None),
            ("1970-01-01+01:00", None, None),
            ("1970-01-01T", None, None),
        ];
        for (text, naive, zoned) in cases {
            assert_eq!((datetime(text), datetime_utc(text)), (naive, zoned), "{text}");
        }
    }
}
