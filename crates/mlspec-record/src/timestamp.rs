//! Moments in time.

use crate::text::string_type;

/// A moment, written as RFC 3339 in UTC with milliseconds: `2024-05-01T12:00:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text or number is no timestamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as RFC 3339 with a zone, such as `2024-05-01T12:00:00Z`, in the years 0 to 9999")]
pub struct TimestampError;

impl Timestamp {
    /// Reads RFC 3339; a zone is required, fractions beyond milliseconds are cut off.
    ///
    /// # Errors
    /// When the text is no such time.
    pub fn new(text: &str) -> Result<Self, TimestampError> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        Ok(Self(moment.as_millisecond()))
    }

    /// From milliseconds since 1970.
    ///
    /// # Errors
    /// When the moment is outside the years that RFC 3339 can write.
    pub fn from_millis(millis: i64) -> Result<Self, TimestampError> {
        const YEAR_0: i64 = -62_167_219_200_000;
        const YEAR_10000: i64 = 253_402_207_200_000;
        if (YEAR_0..YEAR_10000).contains(&millis) { Ok(Self(millis)) } else { Err(TimestampError) }
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => Err(std::fmt::Error),
        }
    }
}

string_type!(Timestamp, TimestampError, {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    "description": "A moment as RFC 3339; written in UTC with milliseconds."
});
