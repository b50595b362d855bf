#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`ValidateParams`] lists expectations, or names an [`ExpectationsDocument`] that does; each has its file under [`expectation`], with its
//! settings, its check, its update rule and its tests. [`infer`] makes a first document from data, [`diff`] compares two.
//! Checked, they are a [`Validator`], which gives a [`Verdict`] on each. `stage` keeps verdicts and failing rows, `update`
//! goes on from those before when some rows changed.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod diff;
mod document;
mod error;
pub mod expectation;
mod infer;
mod params;
mod stage;
mod update;
mod validator;

pub use diff::{ChangeSort, ExpectationChange, diff};
pub use document::{DocumentParams, ExpectationsDocument};
pub use error::{Problem, ValidateError};
pub use infer::infer;
pub use params::{ExpectationParams, ValidateParams, Waiver};
pub use stage::{ValidateStage, entry};
pub use validator::{Validator, Verdict};
