//! Ascending numbers with counts as short text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Ascending keys, each once, with their counts, as base64 of: the difference to the key before (the first to 0), times two,
/// plus one where a count follows; and the count, where it is not 1. Numbers are of variable length, seven bits a byte, the
/// least first.
pub(super) fn pack(entries: &[(u64, u64)]) -> String {
    let mut bytes = Vec::with_capacity(entries.len() * 3);
    let mut before = 0;
    for &(key, count) in entries {
        put(&mut bytes, u128::from(key - before) << 1 | u128::from(count != 1));
        if count != 1 {
            put(&mut bytes, u128::from(count));
        }
        before = key;
    }
    STANDARD.encode(bytes)
}

/// The keys and counts of a text, if it is of that form.
pub(super) fn unpack(text: &str) -> Option<Vec<(u64, u64)>> {
    let bytes = STANDARD.decode(text).ok()?;
    let mut bytes = bytes.iter().copied();
    let mut entries: Vec<(u64, u64)> = Vec::new();
    while bytes.len() > 0 {
        let first = take(&mut bytes)?;
        let step = u64::try_from(first >> 1).ok()?;
        let key = match entries.last() {
            None => step,
            Some((before, _)) => before.checked_add(Some(step).filter(|step| *step > 0)?)?,
        };
        let count = if first & 1 == 1 { u64::try_from(take(&mut bytes)?).ok()? } else { 1 };
        entries.push((key, count));
    }
    Some(entries)
}

fn put(bytes: &mut Vec<u8>, mut number: u128) {
    while number >= 128 {
        bytes.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut impl Iterator<Item = u8>) -> Option<u128> {
    let mut number = 0_u128;
    for shift in (0..70).step_by(7) {
        let byte = bytes.next()?;
        number |= u128::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        for entries in [
            vec![],
            vec![(0, 1)],
            vec![(0, 0), (1, 200), (u64::MAX - 1, 1), (u64::MAX, u64::MAX)],
            (0..500).map(|at| (at * at + 7, 1 + at % 3)).collect(),
        ] {
            assert_eq!(unpack(&pack(&entries)), Some(entries));
        }
        for broken in ["!", "gA==", "AAA=", "////////////////"] {
            assert_eq!(unpack(broken), None, "{broken}");
        }
    }
}
