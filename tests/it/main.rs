//! Tests of the workspace as a whole, in one binary.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod layers;
mod tidy;
mod workspace;
