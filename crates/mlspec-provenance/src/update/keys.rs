//! Values of key columns, and which rows have them.

use crate::Problem;
use crate::flight::bug;
use mlspec_table::polars::prelude::*;
use mlspec_table::{Equality, row_hashes};
use std::collections::HashSet;

/// Different values of some columns. Nulls are equal, all NaN are equal, and −0 equals 0.
pub(crate) struct Keys {
    /// A row per value, a column per key column, named by their positions.
    frame: DataFrame,
    hashes: HashSet<u128>,
}

impl Keys {
    /// The values of these columns in frames. `nulls`: values that hold a null count too.
    pub(crate) fn of<'a>(
        parts: impl IntoIterator<Item = (&'a DataFrame, &'a [String])>,
        nulls: bool,
    ) -> Result<Self, Problem> {
        let mut keys = Self { frame: DataFrame::empty(), hashes: HashSet::new() };
        for (frame, columns) in parts {
            let columns = frame.select_to_vec(columns.iter().map(String::as_str)).map_err(bug)?;
            let named = columns.into_iter().enumerate().map(|(at, column)| column.with_name(position(at)));
            let frame = DataFrame::new(frame.height(), named.collect()).map_err(bug)?;
            let frame = if nulls { frame } else { frame.drop_nulls::<String>(None).map_err(bug)? };
            keys.add(&frame)?;
        }
        Ok(keys)
    }

    fn add(&mut self, frame: &DataFrame) -> Result<(), Problem> {
        let columns: Vec<&str> = frame.columns().iter().map(|column| column.name().as_str()).collect();
        let hashes = row_hashes(frame, &columns, Equality::Key)?;
        let new: BooleanChunked = hashes.into_iter().map(|hash| Some(self.hashes.insert(hash))).collect();
        let frame = frame.filter(&new).map_err(bug)?;
        match self.frame.width() {
            0 => self.frame = frame,
            _ => self.frame.vstack_mut_owned(frame).map(drop).map_err(bug)?,
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The values of some of the columns, by position.
    pub(crate) fn only(&self, positions: impl IntoIterator<Item = usize>) -> Result<Self, Problem> {
        let columns: Vec<String> = positions.into_iter().map(|at| position(at).to_string()).collect();
        Self::of([(&self.frame, columns.as_slice())], true)
    }

    /// The hashes of these values, by [`row_hashes`].
    pub(crate) fn hashes(&self) -> impl Iterator<Item = u128> {
        self.hashes.iter().copied()
    }

    /// The rows that have one of these values in their columns.
    pub(crate) fn rows(&self, frame: &DataFrame, columns: &[String]) -> Result<DataFrame, Problem> {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let hashes = row_hashes(frame, &columns, Equality::Key)?;
        let mask: BooleanChunked = hashes.into_iter().map(|hash| Some(self.hashes.contains(&hash))).collect();
        frame.filter(&mask).map_err(bug)
    }
}

fn position(at: usize) -> PlSmallStr {
    at.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use mlspec_table::polars::prelude::*;

    #[test]
    fn rows_are_found_by_their_values() {
        let some = df!("a" => [Some(f64::NAN), None, Some(-0.0)], "b" => ["x", "x", "y"]).unwrap();
        let all =
            df!("c" => [Some(-f64::NAN), None, None, Some(0.0), Some(1.0)], "d" => ["x", "x", "y", "y", "x"]).unwrap();
        let (own, other) = (["a".to_owned(), "b".to_owned()], ["c".to_owned(), "d".to_owned()]);
        let check = |nulls: bool, only: &[usize], expect: usize| {
            let keys = Keys::of([(&some, &own[..]), (&some, &own[..])], nulls).unwrap().only(only.to_vec()).unwrap();
            let columns: Vec<String> = only.iter().map(|at| other[*at].clone()).collect();
            assert_eq!(keys.rows(&all, &columns).unwrap().height(), expect, "{nulls} {only:?}");
        };
        check(true, &[0, 1], 3);
        check(false, &[0, 1], 2);
        check(true, &[0], 4);
        check(true, &[1, 1], 5);
        assert!(Keys::of([], true).unwrap().is_empty());
    }
}
