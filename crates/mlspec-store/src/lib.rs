#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]
//!
//! # Reading order
//! [`write_atomic`] is how every file comes into being. On it stand objects and manifests (by content), records and runs
//! ([`RunGuard`]), the step cache ([`CacheEntry`]), datasets, live versions ([`Live`]), changes under way, events, and [`Index`], which can be
//! deleted. An [`Overlay`] is a store on top of another.

mod added;
mod cache;
mod closure;
mod dataset;
mod error;
mod event;
mod file_digest;
mod format;
mod index;
mod live;
mod lock;
mod manifest;
mod memo;
mod objects;
mod overlay;
mod pending;
mod place;
mod purge;
mod records;
mod run;
mod statement;
mod suppressed;
mod tombstone;
mod unflushed;
mod verified;
mod write;

pub use cache::CacheEntry;
pub use closure::StoredFile;
pub use error::StoreError;
pub use event::{Change, Event};
pub use index::{ArtifactUse, FoundRecord, Index};
pub use live::{Live, LiveStep};
pub use overlay::Overlay;
pub use pending::PipelineLock;
pub use purge::{PurgeLock, Sizes};
pub use run::RunGuard;
pub use tombstone::Tombstone;
pub use write::write_atomic;

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A store: one folder.
///
/// | in the folder | what |
/// | --- | --- |
/// | `store.json` | the format's version |
/// | `objects/ab/cdef…` | bytes by their SHA-256 |
/// | `manifests/<hex>.json` | what a table digest stands for |
/// | `records/<run>/_run.json` | a run; no step has a name that begins with `_` |
/// | `records/<run>/<step>.json` | what a step of it wrote |
/// | `records/<id>/<step>.json` | a record that others wrote, by its own id |
/// | `cache/<hex>.json` | outputs of a step by what determines them |
/// | `datasets/<name>/<n>.json` | versions of a dataset; the one with the highest number is current |
/// | `suppressed/<dataset>.json` | what was erased and must not come back |
/// | `live/<pipeline>.json` | the run whose results are in use |
/// | `changes/<pipeline>.json` | a change of what is live that is under way |
/// | `events/<id>.ndjson` | changes of status, name or tags of a record |
/// | `statements/<run>.json` | the signed statement about the erasure that a run completed |
/// | `tombstones/<hex>.json` | what was purged, when and why |
/// | `tombstones/records/<run>/<step>.json` | what is left of a record whose results were purged |
/// | `purge.json` | a purge that is under way |
/// | `files/<hex>.json` | digests of files outside, remembered |
/// | `index.sqlite` | made from the files, deleted without loss |
/// | `tmp/`, `locks/` | files that are being written, and locks |
///
/// A clone is a handle on the same store.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    below: Option<Arc<Store>>,
    session: Arc<lock::Session>,
}

impl Store {
    /// Opens the store in this folder; makes it where there is none. What killed processes left half-written is removed.
    ///
    /// # Errors
    /// When the folder cannot be read or made, or was written by a newer version.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, StoreError> {
        let store = Self { root: root.as_ref().to_owned(), below: None, session: Arc::default() };
        store.check_format()?;
        store.sweep();
        Ok(store)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
}
