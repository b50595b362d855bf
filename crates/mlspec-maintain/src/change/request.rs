//! What is asked for.

use mlspec_record::object::ChangeKind;
use mlspec_trace::Pick;
use std::path::PathBuf;

/// A change that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The pipeline that it is made to.
    pub of: Select,
    /// What it is for.
    pub change: ChangeKind,
    /// What changes in which source; several may be about the same.
    pub edits: Vec<(String, Edit)>,
    /// Only see what it would do; what-if never does more.
    pub dry: bool,
}

/// The pipeline that a change is made to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// The pipeline of this file; its file as it was run is what counts.
    File(PathBuf),
    /// The pipeline of this name, or the run whose id begins so.
    Named(String),
}

/// What changes in a source.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// These rows go.
    Remove(Pick),
    /// The rows of this file, which names them by key or id, get its values.
    Correct(PathBuf),
    /// The rows of this file come.
    Append(PathBuf),
    /// The rows of this file are all there are.
    Replace(PathBuf),
}

impl Request {
    /// Whether nothing is to become of it.
    pub fn is_dry(&self) -> bool {
        self.dry || self.change == ChangeKind::Whatif
    }
}
