#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`SplitParams`] is what a user may set; [`SplitParams::check`] gives a [`Splitter`], which assigns rows to parts: by the
//! draws of [`Keys`], by quotas (`quota`), by `time`, or as `predefined`; `output` says which rows each output takes. [`statistics`] and [`leakage`] are what the record says about the result; [`entry`] is the stage, and
//! `update` what it does when some rows changed, `update_all` where a part depends on all rows; `moved` lists rows that moved.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod distance;
mod draw;
mod error;
mod exact;
mod leakage;
mod links;
mod moved;
mod output;
mod params;
mod predefined;
mod quota;
mod sample;
mod sources;
mod splitter;
mod stage;
mod statistics;
#[cfg(test)]
mod tests;
mod time;
mod update;
mod update_all;
#[cfg(test)]
mod update_tests;
mod windows;

pub use distance::DistanceParams;
pub use draw::{HASH, Keys};
pub use error::SplitError;
pub use leakage::leakage;
pub use links::Links;
pub use params::{By, LeakageGate, SplitParams};
pub use predefined::PredefinedParams;
pub use sample::SampleParams;
pub use sources::connected;
pub use splitter::{Assigned, Splitter};
pub use stage::entry;
pub use statistics::statistics;
pub use time::{Absent, TimeParams};
