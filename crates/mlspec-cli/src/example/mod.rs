//! Examples that the program carries: data and a pipeline file, ready to run.
//!
//! Data is drawn, never downloaded, or it comes with a crate. The same command writes the same bytes everywhere.

mod complaints;
mod draw;
mod folder;
mod reviews;
mod wine;

pub(crate) use complaints::Complaints;
pub(crate) use folder::{ExampleError, Folder};
pub(crate) use reviews::Reviews;
pub(crate) use wine::write_wine;
