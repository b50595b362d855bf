#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]
//!
//! # Reading order
//! [`Pipeline::load`] reads a pipeline file and binds its parameters; [`Pipeline::check`] finds everything that can be found
//! before data is read and gives a [`Checked`]; [`Checked::run`] runs it. What is not the pipeline's (clock, identifiers,
//! threads) comes in by [`Surroundings`]; what happens goes out to an [`Observer`]. [`status`], [`explain`], [`show`],
//! [`Dag`] and [`reproduce`] look at runs afterwards.

mod add;
mod check;
mod dag;
mod datastores;
mod deliver;
mod error;
mod execute;
mod explain;
mod graph;
mod interpolate;
mod key;
mod load;
mod observe;
mod parameters;
mod ports;
mod problem;
mod reason;
mod record;
mod reproduce;
mod run;
mod schedule;
mod show;
mod source;
mod status;
mod suggest;
mod surroundings;
mod update;

pub use add::{Added, add};
pub use check::{CheckOptions, Checked, CheckedStep, InputEdge, Secret};
pub use dag::{Dag, DagStep};
pub use error::RunnerError;
pub use explain::{Explanation, explain};
pub use load::{LoadOptions, Pipeline};
pub use observe::{Event, Observer, Silent};
pub use problem::{Problem, Rejected};
pub use reason::Cause;
pub use reproduce::{Compared, Reproduction, reproduce};
pub use run::{RunOptions, RunReport, StepFailure, StepReport};
pub use show::{Shown, ShownRecord, find_run, show};
pub use status::{PipelineStatus, Standing, standing, status, status_of};
pub use surroundings::{Resources, Surroundings};
pub use update::Given;

#[cfg(test)]
mod tests;
