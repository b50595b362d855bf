//! What an erasure did: the runs before and after, and per source the rows that went.

use mlspec_record::{ArtifactRef, Id, Name};

/// Rows erased from sources of a pipeline, between two of its runs. The run after is complete, but not live yet: whoever checks
/// an erasure may still refuse it.
#[derive(Clone, Debug, PartialEq)]
pub struct Erasure {
    /// The pipeline.
    pub pipeline: Name,
    /// The run that was live before, which holds the rows.
    pub base: Id,
    /// The run after, which must not hold them.
    pub run: Id,
    /// The sources, by the name of their steps.
    pub sources: Vec<ErasedSource>,
}

/// Rows erased from one source.
#[derive(Clone, Debug, PartialEq)]
pub struct ErasedSource {
    /// The dataset.
    pub dataset: Name,
    /// The step that ingests it.
    pub step: Name,
    /// The dataset version with the rows.
    pub before: ArtifactRef,
    /// The dataset version without them.
    pub after: ArtifactRef,
    /// The ids of the erased rows, ascending.
    pub rows: Vec<u64>,
    /// The columns that name a row; empty where rows have no key.
    pub key: Vec<String>,
}
