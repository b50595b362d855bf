#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`ValidateParams`] lists expectations; each has its file under [`expectation`], with its settings, its check and its tests.
//! Checked, they are a [`Validator`], which gives a [`Verdict`] on each. `stage` keeps verdicts and failing rows, `update`
//! goes on from those before when some rows changed.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
pub mod expectation;
mod params;
mod stage;
mod update;
mod validator;

pub use error::{Problem, ValidateError};
pub use params::{ExpectationParams, ValidateParams};
pub use stage::{ValidateStage, entry};
pub use validator::{Validator, Verdict};
