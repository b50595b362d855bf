//! MurmurHash3 for 32 bits, which scikit-learn's hashing uses.

/// The hash of these bytes.
pub fn murmur3_32(bytes: &[u8], seed: u32) -> u32 {
    let mut hash = seed;
    let words = bytes.chunks_exact(4);
    let tail = words.remainder();
    for word in words {
        let k = word.iter().rev().fold(0_u32, |k, &byte| k << 8 | u32::from(byte));
        hash = (hash ^ mix(k)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    hash ^= mix(tail.iter().rev().fold(0_u32, |k, &byte| k << 8 | u32::from(byte)));
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

fn mix(k: u32) -> u32 {
    k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

#[cfg(test)]
mod tests {
    /// Expected: `sklearn.utils.murmurhash3_32(text, 0, positive=True)` of scikit-learn 1.9.1.
    #[test]
    fn known_values() {
        let cases = [
            ("", 0),
            ("a", 1_009_084_850),
            ("ab", 2_613_040_991),
            ("bank", 3_579_376_507),
            ("account", 2_223_247_000),
            ("ärger über", 3_185_492_203),
        ];
        for (text, hash) in cases {
            assert_eq!(super::murmur3_32(text.as_bytes(), 0), hash, "{text}");
        }
    }
}
