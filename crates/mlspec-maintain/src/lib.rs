#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod erasure;

pub use erasure::{ErasedSource, Erasure};
