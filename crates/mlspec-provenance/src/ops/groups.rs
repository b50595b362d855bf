//! Rows grouped by key.

use super::join::check_key_type;
use crate::engine::Run;
use crate::flight::bug;
use crate::shape::Shape;
use crate::{Flight, Problem, engine, hash};
use mlspec_table::polars::prelude::*;
use rayon::prelude::*;

/// The rows of every group, by position in the frame.
pub(crate) struct Groups {
    starts: Vec<usize>,
    members: Vec<IdxSize>,
    /// Per group, the position of its row of least id.
    pub(crate) first: IdxCa,
    /// Per group, its id.
    pub(crate) ids: Vec<u64>,
    /// Row ids, by position.
    pub(crate) rows: Vec<u64>,
}

impl Groups {
    /// Groups by key columns. Null is a key like others, all NaN are one key, and −0 is 0. Without keys all rows are one group, if
    /// there are any.
    pub(crate) fn new(flight: &Flight, keys: &[String], operator: &str) -> Result<Self, Problem> {
        if keys.is_empty() {
            return Self::all(flight, operator, false);
        }
        let columns = flight.frame.select_to_vec(keys).map_err(bug)?;
        let found = flight.frame.group_by_with_series(columns.clone(), true, false).map_err(bug)?.into_groups();
        let mut starts = Vec::with_capacity(found.len() + 1);
        let mut members = Vec::with_capacity(flight.rows());
        for group in found.iter() {
            starts.push(members.len());
            match group {
                GroupsIndicator::Idx((_, rows)) => members.extend_from_slice(rows.as_slice()),
                GroupsIndicator::Slice([first, len]) => members.extend(first..first + len),
            }
        }
        starts.push(members.len());
        let rows: Vec<u64> = flight.ids()?.iter().flatten().collect();
        let least = |group: &[IdxSize]| group.iter().copied().min_by_key(|at| rows[*at as usize]).unwrap_or_default();
        let firsts: Vec<IdxSize> = starts.par_windows(2).map(|ends| least(&members[ends[0]..ends[1]])).collect();
        let first = IdxCa::from_vec("first".into(), firsts);
        let values = columns.iter().map(|column| column.take(&first)).collect::<PolarsResult<Vec<_>>>().map_err(bug)?;
        let ids = hash::keys(hash::seed(operator), &values, first.len());
        hash::check_distinct(&ids)?;
        Ok(Self { starts, members, first, ids, rows })
    }

    /// All rows as one group; `always`: also where there are none.
    pub(crate) fn all(flight: &Flight, operator: &str, always: bool) -> Result<Self, Problem> {
        let rows: Vec<u64> = flight.ids()?.iter().flatten().collect();
        let members: Vec<IdxSize> = (0..rows.len() as IdxSize).collect();
        let least = members.iter().copied().min_by_key(|at| rows[*at as usize]);
        let groups = usize::from(always || !rows.is_empty());
        let first: IdxCa = std::iter::repeat_n(least, groups).collect();
        let ids = hash::keys(hash::seed(operator), &[], groups);
        let starts = if groups == 0 { vec![0] } else { vec![0, members.len()] };
        Ok(Self { starts, members, first, ids, rows })
    }

    /// The same groups with some of their rows.
    pub(crate) fn only(&self, kept: &BooleanChunked) -> Self {
        let (mut starts, mut members, mut firsts) = (vec![0], Vec::new(), Vec::with_capacity(self.len()));
        for group in 0..self.len() {
            let some = self.rows_of(group).iter().copied().filter(|at| kept.get(*at as usize) == Some(true));
            let before = members.len();
            members.extend(some);
            starts.push(members.len());
            firsts.push(members[before..].iter().copied().min_by_key(|at| self.rows[*at as usize]));
        }
        let first = firsts.into_iter().collect();
        Self { starts, members, first, ids: self.ids.clone(), rows: self.rows.clone() }
    }

    /// How many groups there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The positions of the rows of a group.
    pub(crate) fn rows_of(&self, group: usize) -> &[IdxSize] {
        &self.members[self.starts[group]..self.starts[group + 1]]
    }

    /// One value per group, computed in parallel.
    pub(crate) fn each<T: Send>(&self, value: impl Fn(&[IdxSize]) -> T + Sync) -> Vec<T> {
        (0..self.len()).into_par_iter().with_min_len(256).map(|group| value(self.rows_of(group))).collect()
    }

    /// As [`Groups::each`], with something that is made once per thread and used again.
    pub(crate) fn each_with<S, T: Send>(
        &self,
        scratch: impl Fn() -> S + Sync + Send,
        value: impl Fn(&mut S, &[IdxSize]) -> T + Sync + Send,
    ) -> Vec<T> {
        let groups = (0..self.len()).into_par_iter().with_min_len(256);
        groups.map_init(scratch, |scratch, group| value(scratch, self.rows_of(group))).collect()
    }

    /// Per row, by position, the number of its group.
    pub(crate) fn number_of(&self) -> Vec<usize> {
        let mut numbers = vec![0; self.rows.len()];
        for group in 0..self.len() {
            self.rows_of(group).iter().for_each(|at| numbers[*at as usize] = group);
        }
        numbers
    }

    /// Per row, by position, the id of its group.
    pub(crate) fn group_of(&self) -> Vec<u64> {
        self.number_of().into_iter().filter_map(|group| self.ids.get(group).copied()).collect()
    }

    /// Makes the node that the group ids name: which row went into which group.
    pub(crate) fn node(&self, run: &mut Run, flight: &Flight) -> Result<usize, Problem> {
        Ok(run.add(engine::edges(flight, self.group_of())?))
    }

    /// As [`Groups::node`], of some groups.
    pub(crate) fn node_of(&self, run: &mut Run, flight: &Flight, some: impl Fn(u64) -> bool) -> Result<usize, Problem> {
        let groups = self.group_of();
        let kept: BooleanChunked = groups.iter().map(|group| Some(some(*group))).collect();
        let flight = flight.clone().with(flight.frame.filter(&kept).map_err(bug)?);
        Ok(run.add(engine::edges(&flight, groups.into_iter().filter(|group| some(*group)).collect())?))
    }
}

/// The columns that cut a table into parts are there, if there are any, and can be keys.
pub(crate) fn check_parts(shape: &Shape, keys: &[String]) -> Result<(), Problem> {
    if keys.is_empty() { Ok(()) } else { check_keys(shape, keys) }
}

/// Keys are there, and of types that can be keys.
pub(crate) fn check_keys(shape: &Shape, keys: &[String]) -> Result<(), Problem> {
    shape.require(keys.iter().map(String::as_str))?;
    crate::shape::check_distinct(keys.iter().map(String::as_str))?;
    if keys.is_empty() {
        return Err(Problem::Parameter("there is no key".to_owned()));
    }
    let types = keys.iter().filter_map(|key| Some((key, shape.schema.get(key)?)));
    types.into_iter().try_for_each(|(key, data_type)| check_key_type(key, data_type))
}
