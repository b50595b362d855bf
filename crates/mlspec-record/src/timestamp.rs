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
        if !is_rfc3339(text) {
            return Err(TimestampError);
        }
        let moment: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        Ok(Self(moment.as_millisecond()))
    }

    /// From milliseconds since 1970.
    ///
    /// # Errors
    /// When the moment is outside the years that RFC 3339 can write.
    pub fn from_millis(millis: i64) -> Result<Self, TimestampError> {
        const YEAR_0: i64 = -62_167_219_200_000;
        // The end of the year 9999 in every zone.
        const LAST: i64 = 253_402_207_200_000;
        if (YEAR_0..LAST).contains(&millis) { Ok(Self(millis)) } else { Err(TimestampError) }
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0
    }
}

/// Whether a text has RFC 3339's shape; jiff also reads other forms of ISO 8601, which other readers do not.
fn is_rfc3339(text: &str) -> bool {
    let shape = b"0000-00-00T00:00:00";
    let Some((head, tail)) = text.as_bytes().split_at_checked(shape.len()) else { return false };
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't'),
        _ => byte == form,
    };
    let fraction = match tail {
        [b'.', rest @ ..] => rest.iter().take_while(|byte| byte.is_ascii_digit()).count() + 1,
        _ => 0,
    };
    let zone = match tail.get(fraction..) {
        Some([b'Z' | b'z']) => true,
        Some([b'+' | b'-', zone @ ..]) => zone.len() == 5 && zone.iter().zip(b"00:00").all(fits),
        _ => false,
    };
    head.iter().zip(shape).all(fits) && fraction != 1 && zone
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_and_written_in_one_way() {
        for (text, expect) in [
            ("2024-05-01T12:00:00Z", Some("2024-05-01T12:00:00.000Z")),
            ("2024-05-01t12:00:00.25z", Some("2024-05-01T12:00:00.250Z")),
            ("2024-05-01T12:00:00.9999Z", Some("2024-05-01T12:00:00.999Z")),
            ("2024-05-01T14:30:00+02:30", Some("2024-05-01T12:00:00.000Z")),
            ("1969-12-31T23:59:59.5Z", Some("1969-12-31T23:59:59.500Z")),
            ("2019/01/01 12:12:32Z", None),
            ("2024-05-01 12:00:00Z", None),
            ("2024-05-01T12:00:00", None),
            ("2024-05-01T12:00Z", None),
            ("2024-05-01T12:00:00.Z", None),
            ("2024-05-01T12:00:00+0200", None),
            ("2024-05-01T12:00:00Z[UTC]", None),
            ("2024-02-30T12:00:00Z", None),
            ("20240501T120000Z", None),
            ("2024-05-01", None),
            ("", None),
            ("2024-05-01T12:00:0é", None),
        ] {
            let read = Timestamp::new(text).ok().map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), expect, "{text:?}");
        }
    }

    #[test]
    fn milliseconds_have_bounds() {
        for (millis, valid) in [(0, true), (-1, true), (1_714_564_800_000, true), (i64::MAX, false), (i64::MIN, false)]
        {
            let moment = Timestamp::from_millis(millis);
            assert_eq!(moment.is_ok(), valid, "{millis}");
            if let Ok(moment) = moment {
                assert_eq!((moment.millis(), moment.to_string().parse()), (millis, Ok(moment)));
            }
        }
    }
}
