//! The terms of one text as the bytes that a raw table holds: a value a row is written and read many times faster than lists.
//!
//! A number is written 7 bits a byte, the lowest first; every byte but its last has the eighth bit set.
//! - Features by hash, ascending: for each a number, four times the distance from the feature before (for the first, the feature
//!   itself), plus 0 where the count is 1, 1 where it is −1, or 2 where the count follows as a number, `c` as `2c` or `-2c - 1`.
//! - Terms by 64-bit hash, ascending: for each the 8 bytes of the hash, the lowest first, and the count as a number.

/// Adds a feature and its count, which is not 0; `gap` is the distance from the feature before.
pub(super) fn put_feature(bytes: &mut Vec<u8>, gap: u32, count: i32) {
    let gap = u64::from(gap) << 2;
    match count {
        1 => put_number(bytes, gap),
        -1 => put_number(bytes, gap | 1),
        count => {
            put_number(bytes, gap | 2);
            put_number(bytes, u64::from((count << 1 ^ count >> 31) as u32));
        }
    }
}

/// Adds a term and its count.
pub(super) fn put_term(bytes: &mut Vec<u8>, hash: u64, count: u32) {
    bytes.extend_from_slice(&hash.to_le_bytes());
    put_number(bytes, u64::from(count));
}

/// Calls `each` with every feature and its count; nothing where the bytes are not such.
#[inline]
pub(crate) fn features(mut bytes: &[u8], mut each: impl FnMut(u32, i32)) -> Option<()> {
    let mut before: Option<u32> = None;
    while !bytes.is_empty() {
        let code = number(&mut bytes)?;
        let gap = u32::try_from(code >> 2).ok()?;
        let feature = match before {
            None => gap,
            Some(_) if gap == 0 => return None,
            Some(before) => before.checked_add(gap)?,
        };
        let count = match code & 3 {
            0 => 1,
            1 => -1,
            2 => {
                let code = u32::try_from(number(&mut bytes)?).ok()?;
                (code >> 1) as i32 ^ -((code & 1) as i32)
            }
            _ => return None,
        };
        each(feature, count);
        before = Some(feature);
    }
    Some(())
}

/// Calls `each` with the hash of every term and its count; nothing where the bytes are not such.
#[inline]
pub(crate) fn terms(mut bytes: &[u8], mut each: impl FnMut(u64, u32)) -> Option<()> {
    while let Some((hash, rest)) = bytes.split_first_chunk() {
        bytes = rest;
        each(u64::from_le_bytes(*hash), u32::try_from(number(&mut bytes)?).ok()?);
    }
    bytes.is_empty().then_some(())
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[inline]
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        *bytes = rest;
        return Some(u64::from(first));
    }
    let mut number = u64::from(first & 0x7f);
    for (at, &byte) in rest.iter().enumerate().take(8) {
        number |= u64::from(byte & 0x7f) << (7 * (at + 1));
        if byte < 0x80 {
            *bytes = rest.get(at + 1..)?;
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_read_back() {
        let cases: [&[(u32, i32)]; 5] = [
            &[],
            &[(0, 1)],
            &[(0, -1), (1, 1), (31, 2), (32, -2), (4095, 1)],
            &[(u32::MAX - 1, i32::MAX), (u32::MAX, i32::MIN)],
            &[(127, 64), (255, -64), (1 << 20, 1)],
        ];
        for case in cases {
            let (mut bytes, mut before) = (Vec::new(), 0);
            for &(feature, count) in case {
                put_feature(&mut bytes, feature - before, count);
                before = feature;
            }
            let mut found = Vec::new();
            features(&bytes, |feature, count| found.push((feature, count))).unwrap();
            assert_eq!(found, case);
        }
    }

    #[test]
    fn terms_read_back() {
        let cases: [&[(u64, u32)]; 3] = [&[], &[(0, 1), (u64::MAX, u32::MAX)], &[(1 << 40, 127), (1 << 41, 128)]];
        for case in cases {
            let mut bytes = Vec::new();
            case.iter().for_each(|&(hash, count)| put_term(&mut bytes, hash, count));
            let mut found = Vec::new();
            terms(&bytes, |hash, count| found.push((hash, count))).unwrap();
            assert_eq!(found, case);
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        let large = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        for bytes in [&[0x80][..], &[3], &[2], &[0, 0], &[0xff; 12], &large, &[0xfc, 0xff, 0xff, 0xff, 0x3f, 4]] {
            assert_eq!(features(bytes, |_, _| {}), None, "{bytes:?}");
        }
        for bytes in [&[1; 7][..], &[1; 8], &[0, 0, 0, 0, 0, 0, 0, 0, 0x80], &[0xff; 20]] {
            assert_eq!(terms(bytes, |_, _| {}), None, "{bytes:?}");
        }
    }
}
