#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Table`] is a frame with row ids; [`from_polars`] and [`to_polars`] say which types it may hold. [`Table::write`] cuts it
//! into chunks ([`cut`]), hashes their values and keeps them as Parquet files under a [`Manifest`].
//!
//! [`difference`] finds the rows in which two kept tables differ, [`patch`] makes one from another, [`fold`] keeps a result per chunk:
//! all three look at chunks that changed only. [`profile`] says what is known of columns.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod artifact;
mod error;
pub mod format;
mod hash;
pub mod profile;
mod schema;
mod table;
mod types;

pub use artifact::{
    Chunk, ChunkOptions, Difference, LARGE, Manifest, TableWriter, WINDOW_ROWS, cut, difference, fold, fold_loaded,
    look_through, manifest, patch, rows_digest, windows,
};
pub use error::TableError;
pub use hash::{Equality, content_ids, row_bytes, row_hashes};
pub use schema::{empty_frame, frame_schema};
pub use table::Table;
pub use types::{from_polars, normalize, to_polars};

pub use polars;

/// The name of the column of row ids.
pub const ROW: &str = "_row";

/// The version of polars that computes on tables; part of cache keys, since results may differ between versions.
pub const ENGINE: &str = polars::VERSION;
