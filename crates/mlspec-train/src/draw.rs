//! Random draws: hashes of what they are for, the seed, and what is drawn for.

use xxhash_rust::xxh3::xxh3_64;

/// Draws for one purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws(u64);

impl Draws {
    /// Draws for a purpose, in a round of it.
    pub(crate) fn new(purpose: &str, seed: u64, round: u64) -> Self {
        Self(xxh3_64(purpose.as_bytes())).then(seed).then(round)
    }

    /// Draws for one of several things, which are drawn for apart.
    pub(crate) fn then(self, of: u64) -> Self {
        Self(self.bits(of))
    }

    /// 64 bits that belong to a row, or to whatever is drawn for.
    pub(crate) fn bits(self, of: u64) -> u64 {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&self.0.to_le_bytes());
        key[8..].copy_from_slice(&of.to_le_bytes());
        xxh3_64(&key)
    }

    /// A number in `[0, 1)`.
    pub(crate) fn share(self, of: u64) -> f64 {
        (self.bits(of) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even_and_differ_by_all_they_are_made_of() {
        let draws =
            |purpose, seed, round| (0..1000).map(|row| Draws::new(purpose, seed, round).share(row)).collect::<Vec<_>>();
        let all = [draws("a", 0, 0), draws("b", 0, 0), draws("a", 1, 0), draws("a", 0, 1)];
        for (at, one) in all.iter().enumerate() {
            assert!((one.iter().sum::<f64>() / 1000.0 - 0.5).abs() < 0.03);
            assert!(all[at + 1..].iter().all(|other| one.iter().zip(other).all(|(a, b)| a != b)));
        }
    }
}
