#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`TransformParams`] is what a user may set; [`TransformParams::check`] gives a [`Transformer`], which plans and runs; [`entry`]
//! is the stage.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod inspect;
mod params;
mod stage;
#[cfg(test)]
mod tests;
mod transformer;

pub use error::TransformError;
pub use params::{Inspect, TableSteps, TransformParams};
pub use stage::entry;
pub use transformer::Transformer;
