#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`SplitParams`] is what a user may set; [`SplitParams::check`] gives a [`Splitter`], which assigns rows to parts by the
//! draws of [`Keys`]. [`statistics`] and [`leakage`] are what the record says about the result; [`entry`] is the stage, and
//! `update` what it does when some rows changed.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod draw;
mod error;
mod exact;
mod leakage;
mod links;
mod params;
mod sources;
mod splitter;
mod stage;
mod statistics;
#[cfg(test)]
mod tests;
mod update;
#[cfg(test)]
mod update_tests;

pub use draw::{HASH, Keys};
pub use error::SplitError;
pub use leakage::leakage;
pub use links::Links;
pub use params::{By, LeakageGate, SplitParams};
pub use sources::connected;
pub use splitter::Splitter;
pub use stage::entry;
pub use statistics::statistics;
