//! Seeds of pseudo-random draws.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A seed below 2⁵³, so that every JSON reader sees the same number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(extend("maximum" = 9_007_199_254_740_991_u64))]
pub struct Seed(u64);

/// Why a number is no seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a seed is below 2^53 (9007199254740992), got {0}")]
pub struct SeedError(u64);

impl Seed {
    /// Checks the range.
    ///
    /// # Errors
    /// When the number is 2⁵³ or more.
    pub fn new(seed: u64) -> Result<Self, SeedError> {
        if seed < 1 << 53 { Ok(Self(seed)) } else { Err(SeedError(seed)) }
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Seed {
    type Error = SeedError;

    fn try_from(seed: u64) -> Result<Self, Self::Error> {
        Self::new(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_stay_below_two_to_the_53() {
        let greatest = (1 << 53) - 1;
        assert_eq!(Seed::new(greatest).map(Seed::get), Ok(greatest));
        assert_eq!(Seed::new(greatest + 1), Err(SeedError(greatest + 1)));
        for (text, valid) in [("7", true), ("9007199254740992", false), ("-1", false), ("1.5", false), ("\"7\"", false)]
        {
            assert_eq!(serde_json::from_str::<Seed>(text).is_ok(), valid, "{text}");
        }
    }
}
