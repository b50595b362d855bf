//! The time.

use mlspec_record::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time; a clock outside the years that can be written counts as 1970.
#[expect(clippy::disallowed_methods, reason = "what enters from outside enters here")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or_default();
    Timestamp::from_millis(millis).unwrap_or_else(|_| epoch())
}

fn epoch() -> Timestamp {
    // Zero is inside the range, always.
    Timestamp::from_millis(0).unwrap_or_else(|_| unreachable!())
}
