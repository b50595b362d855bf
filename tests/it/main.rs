//! Tests of the workspace as a whole, in one binary.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod bad_input;
mod binary;
mod changes;
mod examples;
mod interrupt;
mod layers;
mod mutations;
mod oracle;
mod schemas;
mod small;
mod tidy;
mod workspace;
