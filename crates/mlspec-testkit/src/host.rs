//! A program around stages in which time does not depend on when the test runs.

use mlspec_record::Timestamp;
use mlspec_stage::Host;
use std::sync::atomic::{AtomicU64, Ordering};

/// A host whose time begins on 1 May 2024 and goes on by a millisecond whenever the clock is read.
#[derive(Debug, Default)]
pub struct FixedHost {
    ticks: AtomicU64,
    cancelled: bool,
}

impl FixedHost {
    /// A host at another time: nothing that a stage writes may differ from what it writes in another one.
    pub fn later() -> Self {
        Self { ticks: AtomicU64::new(86_400_000), cancelled: false }
    }

    /// A host whose user wants to stop.
    pub fn cancelled() -> Self {
        Self { cancelled: true, ..Self::default() }
    }
}

impl Host for FixedHost {
    fn now(&self) -> Timestamp {
        const MAY_2024: i64 = 1_714_521_600_000;
        let millis = self.ticks.load(Ordering::Relaxed) as i64;
        crate::must("make a time", Timestamp::from_millis(MAY_2024 + millis))
    }

    fn seconds(&self) -> f64 {
        self.ticks.fetch_add(1, Ordering::Relaxed) as f64 / 1000.0
    }

    fn progress(&self, _done: u64, _total: u64) {}

    fn is_cancelled(&self) -> bool {
        self.cancelled
    }
}
