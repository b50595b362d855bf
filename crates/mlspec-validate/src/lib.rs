#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`ValidateParams`] lists expectations, or names an [`ExpectationsDocument`] that does; each has its file under [`expectation`], with its
//! settings, its check, its update rule and its tests.
//! Checked, they are a [`Validator`], which gives a [`Verdict`] on each. `stage` keeps verdicts and failing rows, `update`
//! goes on from those before when some rows changed.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod document;
mod error;
pub mod expectation;
mod params;
mod stage;
mod update;
mod validator;

pub use document::{DocumentParams, ExpectationsDocument};
pub use error::{Problem, ValidateError};
pub use params::{ExpectationParams, ValidateParams, Waiver};
pub use stage::{ValidateStage, entry};
pub use validator::{Validator, Verdict};
