//! The rows of a result that differ before and after a change.

use crate::engine::Bound;
use crate::flight::{bug, ids};
use crate::{Flight, Problem};
use mlspec_table::polars::prelude::*;
use mlspec_table::{Equality, ROW, row_hashes};
use std::collections::{HashMap, HashSet};

/// Rows of a result before a change, and rows after it. The other rows of both results are the same.
pub(crate) struct Slice {
    pub(crate) old: Flight,
    pub(crate) new: Flight,
}

impl Slice {
    /// Nothing differs.
    pub(crate) fn none(bound: &Bound) -> Result<Self, Problem> {
        let empty = bound.empty()?;
        Ok(Self { old: empty.clone(), new: empty })
    }

    /// Leaves out rows that are the same before and after.
    pub(crate) fn between(old: Flight, new: Flight) -> Result<Self, Problem> {
        let (was, is) = cancel(&old.frame, &new.frame)?;
        Ok(Self { old: old.with(was), new: new.with(is) })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.old.rows() + self.new.rows() == 0
    }

    /// The rows that are no rows of the new slice.
    pub(crate) fn unchanged(&self, found: Flight) -> Result<Flight, Problem> {
        let new: HashSet<u64> = self.new.ids()?.iter().flatten().collect();
        let stays: BooleanChunked = found.ids()?.iter().map(|id| id.map(|id| !new.contains(&id))).collect();
        let frame = found.frame.filter(&stays).map_err(bug)?;
        Ok(found.with(frame))
    }
}

/// Leaves out the rows that both frames have, with all their values. No id stands twice in a frame.
pub(crate) fn cancel(old: &DataFrame, new: &DataFrame) -> Result<(DataFrame, DataFrame), Problem> {
    if old.height() == 0 || new.height() == 0 {
        return Ok((old.clone(), new.clone()));
    }
    let (was, is) = (hashes(old)?, hashes(new)?);
    let kept = |frame: &DataFrame, own: &[(u64, u128)], other: &[(u64, u128)]| {
        let other: HashMap<u64, u128> = other.iter().copied().collect();
        let differs: BooleanChunked = own.iter().map(|(id, hash)| Some(other.get(id) != Some(hash))).collect();
        frame.filter(&differs).map_err(bug)
    };
    Ok((kept(old, &was, &is)?, kept(new, &is, &was)?))
}

/// The ids of rows, with hashes of their values.
fn hashes(frame: &DataFrame) -> Result<Vec<(u64, u128)>, Problem> {
    let mut columns: Vec<&str> = frame.columns().iter().map(|column| column.name().as_str()).collect();
    columns.sort_unstable();
    let hashes = row_hashes(frame, &columns, Equality::Value)?;
    Ok(ids(frame, ROW)?.iter().flatten().zip(hashes).collect())
}

/// The rows of both; they have the same columns.
pub(crate) fn stack(some: Flight, more: Flight) -> Result<Flight, Problem> {
    let mut frame = some.frame.clone();
    frame.vstack_mut_owned(more.frame).map_err(bug)?;
    frame.rechunk_mut();
    Ok(some.with(frame))
}
