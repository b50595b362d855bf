//! Tests of the workspace as a whole, in one binary.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod adult;
mod bad_input;
mod binary;
mod changes;
mod disturbed;
mod examples;
mod expectations;
mod external;
mod fuzz;
mod interrupt;
mod layers;
mod mutations;
mod oracle;
mod predict;
mod records;
mod reviews;
mod schemas;
mod small;
mod sources;
mod tidy;
mod workspace;
