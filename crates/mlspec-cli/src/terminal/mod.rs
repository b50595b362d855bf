//! What people and machines see: standard output, progress, errors.

mod bug;
mod error;
mod masked;
mod out;
mod progress;

pub(crate) use bug::tell_of_bugs;
pub(crate) use error::{Style, tell};
pub(crate) use out::Out;
pub(crate) use progress::{Machine, Person, time};
