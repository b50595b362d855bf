//! How long older versions stay.

use crate::text::string_type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which older versions a purge leaves in the store: the newest few, and those younger than an age.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// How many older versions stay beside the live one, whatever their age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<u64>,
    /// Versions younger than this stay, however many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than: Option<Age>,
}

/// A span of time: a number and one of the units `s`, `m`, `h`, `d`, `w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age(i64);

/// Why a text is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a span of time is a number and a unit: `30d`, `12h`, `45m`, `2w`, `90s`")]
pub struct AgeError;

/// The units, longest first, in milliseconds.
const UNITS: [(char, i64); 5] = [('w', 604_800_000), ('d', 86_400_000), ('h', 3_600_000), ('m', 60_000), ('s', 1_000)];

impl Age {
    /// Reads a number and a unit.
    ///
    /// # Errors
    /// When the text is anything else, or longer than 290 million years.
    pub fn new(text: &str) -> Result<Self, AgeError> {
        let unit = UNITS.iter().find(|(unit, _)| text.ends_with(*unit)).ok_or(AgeError)?;
        let number = text.strip_suffix(unit.0).filter(|n| n.bytes().all(|byte| byte.is_ascii_digit()));
        let number: i64 = number.and_then(|number| number.parse().ok()).ok_or(AgeError)?;
        number.checked_mul(unit.1).map(Self).ok_or(AgeError)
    }

    /// The span in milliseconds.
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for Age {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fits = UNITS.iter().find(|(_, millis)| self.0 != 0 && self.0 % millis == 0);
        let (unit, millis) = fits.copied().unwrap_or(('s', 1_000));
        write!(f, "{}{unit}", self.0 / millis)
    }
}

string_type!(Age, AgeError, {
    "type": "string",
    "pattern": "^[0-9]{1,11}[smhdw]$",
    "description": "A span of time: a number and one of the units s, m, h, d, w."
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        for (text, expect) in [
            ("30d", Some((2_592_000_000, "30d"))),
            ("14d", Some((1_209_600_000, "2w"))),
            ("90m", Some((5_400_000, "90m"))),
            ("0d", Some((0, "0s"))),
            ("d", None),
            ("-1d", None),
            ("1.5h", None),
            ("30", None),
            ("30 d", None),
            ("30é", None),
            ("9223372036854775807w", None),
            ("", None),
        ] {
            let age = Age::new(text).ok();
            let told = age.map(|age| (age.millis(), age.to_string()));
            assert_eq!(told.as_ref().map(|(millis, text)| (*millis, text.as_str())), expect, "{text}");
        }
    }
}
