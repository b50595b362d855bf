#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]
//!
//! # Reading order
//! [`change`] carries changes of sources through a pipeline that is live, or says what they would do: [`change::Maintainer`].
//! [`proof`] checks an [`Erasure`], signs a statement about it, verifies that later, and purges older versions.

pub mod change;
mod erasure;
mod error;
pub mod proof;

pub use erasure::{ErasedSource, Erasure};
pub use error::MaintainError;
