#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Plan`] says what is computed, by [`Operator`]s, each in its file under `ops` with its lineage rule; `engine` binds a plan to
//! columns and runs it; [`Tracked`] is the result, which [`Tracked::write`] keeps with its lineage, and `update` carries changes of
//! the tables to it. [`RowsBehind`] tells rows apart by columns of their sources. `links` follows ids both ways within one stage, [`Tracer`] across stages, down to the sources.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod broad;
mod build;
mod documents;
mod engine;
mod error;
mod flight;
mod hash;
mod inspect;
mod links;
mod lost;
mod operator;
mod ops;
mod plan;
mod reach;
mod shape;
mod slices;
mod sql;
#[cfg(test)]
mod testing;
mod tracer;
mod tracked;
mod update;
mod windows;

pub use broad::broad_lineage;
pub use documents::{identity_lineage, listed_rows, source_lineage, whole_lineage};
pub use engine::Scan;
pub use error::{Problem, ProvenanceError, closest};
pub(crate) use flight::Flight;
pub use inspect::Inspection;
pub use lost::Lost;
pub use operator::Operator;
pub use ops::{
    Aggregate, AggregateFunction, AsofJoin, Cast, Concat, Constant, CrossJoin, Derive, Direction, Distinct, DropNulls,
    DropOutliers, Explode, FillNulls, Filter, Frame, FrameUnit, GroupBy, Join, Limit, Map, OrderBy, OutlierRule,
    PercentileBounds, Pivot, Rename, Sample, Select, Unpivot, Window, WindowColumn, WindowFunction,
};
pub use plan::{Plan, Planned};
pub use reach::{Link, LinkChanges, Reach, Reached};
pub use slices::{Behind, Members, RowsBehind, SliceError, members_by_value};
pub use sql::{Expression, Function, check_expression, functions, query_tables};
pub use tracer::{FEATURES, SourceScan, Tracer};
pub use tracked::Tracked;
pub use update::{Materialized, Updated};
pub use windows::Windowed;
