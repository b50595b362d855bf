#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]
//!
//! # Reading order
//! [`Report`] reads the records; `page` lays the sections out; `section` has one file for each, `svg` the pictures.

mod error;
mod number;
mod page;
mod report;
mod section;
mod svg;
#[cfg(test)]
mod tests;

pub use error::ReportError;
pub use report::Report;
