//! PostgreSQL's `numeric`, in its binary form, as text with all its digits.

/// Digits to the base of 10,000 as decimal text, with so many places behind the point as the value has. None where the bytes are no
/// number.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, scale) = (word(0)?, word(1)? as i16, word(2)?, usize::from(word(3)?));
    let sign = match sign {
        0x0000 => "",
        0x4000 => "-",
        0xC000 => return Some("NaN".to_owned()),
        0xD000 => return Some("inf".to_owned()),
        0xF000 => return Some("-inf".to_owned()),
        _ => return None,
    };
    let digit = |position: i32| match usize::try_from(position) {
        Ok(at) if at < usize::from(count) => word(4 + at),
        _ => Some(0),
    };
    let mut whole = String::new();
    for position in 0..=i32::from(weight) {
        whole.push_str(&format!("{:04}", digit(position)?));
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let mut fraction = String::new();
    // With a negative weight the first digits behind the point are left out.
    for position in i32::from(weight) + 1..=i32::from(weight) + scale.div_ceil(4) as i32 {
        fraction.push_str(&format!("{:04}", digit(position)?));
    }
    fraction.truncate(scale);
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay() {
        let check = |weight: i16, sign: u16, scale: u16, digits: &[u16], expect: Option<&str>| {
            let words = [digits.len() as u16, weight as u16, sign, scale].into_iter().chain(digits.iter().copied());
            let bytes: Vec<u8> = words.flat_map(u16::to_be_bytes).collect();
            assert_eq!(text(&bytes).as_deref(), expect, "{weight} {sign} {scale} {digits:?}");
        };
        check(0, 0, 0, &[], Some("0"));
        check(0, 0, 2, &[], Some("0.00"));
        check(0, 0, 2, &[12, 3400], Some("12.34"));
        check(0, 0x4000, 1, &[1, 5000], Some("-1.5"));
        check(2, 0, 0, &[1, 0, 42], Some("100000042"));
        check(2, 0, 0, &[7], Some("700000000"));
        check(-1, 0, 3, &[10], Some("0.001"));
        check(-2, 0, 8, &[1], Some("0.00000001"));
        check(0, 0xC000, 0, &[], Some("NaN"));
        check(0, 0xD000, 0, &[], Some("inf"));
        check(0, 0xF000, 0, &[], Some("-inf"));
        check(0, 0x1234, 0, &[], None);
        assert_eq!(text(&[0, 1]), None);
        assert_eq!(text(&[0, 9, 0, 0, 0, 0, 0, 0]), None, "digits are missing");
    }
}
