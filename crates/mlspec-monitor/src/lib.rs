#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`MonitorParams`] is what a user may set; [`MonitorParams::check`] gives a [`Monitor`], which compares profiles: [`Measure`] by
//! [`Measure`], over the [`Bins`] of the reference. `gate` says what that means, `metrics` what became of the model, `behind` which rows
//! and source columns stand behind it. [`entry`] is the stage.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod behind;
mod bins;
mod error;
mod gate;
mod measure;
mod metrics;
mod monitor;
mod params;
mod reference;
mod stage;
#[cfg(test)]
mod tests;

pub use bins::Bins;
pub use error::MonitorError;
pub use measure::Measure;
pub use monitor::{Drift, Monitor};
pub use params::{Baseline, GateOf, GateParams, MonitorParams};
pub use stage::entry;
