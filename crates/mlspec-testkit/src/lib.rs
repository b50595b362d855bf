#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Bench`] is a store in a temporary folder and what a stage needs around it; [`Case`] says what to try; [`check_stage!`] tries.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bench;
mod case;
mod check;
mod host;
mod lineage;
mod messages;
mod record;
mod settings;
#[cfg(test)]
mod tests;
mod threads;
mod update;
mod vary;

pub use bench::Bench;
pub use case::{Case, OnEmpty};
#[doc(hidden)]
pub use check::check_stage_in;
pub use host::FixedHost;

/// A text for cells, which no message may show.
pub const MARKER: &str = "zebra-7f3a-cell";

/// A number for cells, which no message may show.
pub const MARKER_NUMBER: i64 = 918_273_645;

/// Holds a stage to what all stages are held to; see the crate's page. The argument is a [`Case`].
#[macro_export]
macro_rules! check_stage {
    ($case:expr) => {{
        // The test runs once more in a process with another number of threads, found there by this function's path.
        fn here() {}
        $crate::check_stage_in(::std::any::type_name_of_val(&here), &$case)
    }};
}

/// The value, or a panic that says what failed.
#[track_caller]
pub(crate) fn must<T, E: std::fmt::Display>(what: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("failed to {what}: {error}"),
    }
}
