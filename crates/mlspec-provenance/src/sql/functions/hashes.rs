//! Hashes of texts: of their UTF-8 bytes.

use super::super::rows::{Kind, Made};
use super::{Function, function};
use md5::Md5;
use sha2::{Digest, Sha256};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const PRIMES: [u64; 5] =
    [0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5];

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn round(lane: u64, input: u64) -> u64 {
    lane.wrapping_add(input.wrapping_mul(PRIMES[1])).rotate_left(31).wrapping_mul(PRIMES[0])
}

/// XXH64 with seed 0, after the specification of xxHash (revision 0.1.1).
fn xxh64(bytes: &[u8]) -> u64 {
    let mut blocks = bytes.chunks_exact(32);
    let mut hash = match bytes.len() {
        32.. => {
            let mut lanes = [PRIMES[0].wrapping_add(PRIMES[1]), PRIMES[1], 0, 0_u64.wrapping_sub(PRIMES[0])];
            for block in blocks.by_ref() {
                for (lane, input) in lanes.iter_mut().zip(block.chunks_exact(8)) {
                    *lane = round(*lane, word(input));
                }
            }
            let rotated =
                lanes.iter().zip([1, 7, 12, 18]).fold(0_u64, |sum, (lane, by)| sum.wrapping_add(lane.rotate_left(by)));
            lanes
                .iter()
                .fold(rotated, |hash, lane| (hash ^ round(0, *lane)).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]))
        }
        _ => PRIMES[4],
    };
    hash = hash.wrapping_add(bytes.len() as u64);
    let mut eights = blocks.remainder().chunks_exact(8);
    for input in eights.by_ref() {
        hash = (hash ^ round(0, word(input))).rotate_left(27).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
    }
    let mut fours = eights.remainder().chunks_exact(4);
    for input in fours.by_ref() {
        hash = (hash ^ word(input).wrapping_mul(PRIMES[0]))
            .rotate_left(23)
            .wrapping_mul(PRIMES[1])
            .wrapping_add(PRIMES[2]);
    }
    for byte in fours.remainder() {
        hash = (hash ^ u64::from(*byte).wrapping_mul(PRIMES[4])).rotate_left(11).wrapping_mul(PRIMES[0]);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(PRIMES[1]);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(PRIMES[2]);
    hash ^ hash >> 32
}

pub(super) const FUNCTIONS: &[Function] = &[
    function("md5", &[], "x: text", "string", "the MD5 in hexadecimal digits; no protection against forgery", |call| {
        call.rows(&[Kind::Text], Kind::Text, |row| Ok(Some(Made::Text(hex(&Md5::digest(row[0].text().as_bytes()))))))
    }),
    function("sha256", &[], "x: text", "string", "the SHA-256 in hexadecimal digits", |call| {
        call.rows(&[Kind::Text], Kind::Text, |row| Ok(Some(Made::Text(hex(&Sha256::digest(row[0].text().as_bytes()))))))
    }),
    function(
        "xxhash64",
        &["hash"],
        "x: text",
        "int64",
        "the XXH64 with seed 0, as a signed integer; fast, no protection against forgery",
        |call| {
            call.rows(&[Kind::Text], Kind::Integer, |row| {
                Ok(Some(Made::Integer(xxh64(row[0].text().as_bytes()).cast_signed())))
            })
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xxh64_is_that_of_the_specification() {
        let pangram = b"The quick brown fox jumps over the lazy dog, twice";
        for (bytes, expect) in
            [(&b""[..], 0xEF46_DB37_51D8_E999), (b"a", 0xD24E_C4F1_A98C_6E5B), (b"abc", 0x44BC_2CF5_AD77_0999)]
        {
            assert_eq!(xxh64(bytes), expect);
        }
        // Every remainder of a block gives another hash.
        let all: std::collections::BTreeSet<u64> = (0..pangram.len()).map(|length| xxh64(&pangram[..length])).collect();
        assert_eq!(all.len(), pangram.len());
    }
}
