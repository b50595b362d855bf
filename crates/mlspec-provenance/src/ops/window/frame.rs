//! Which rows a window function looks at.

use crate::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A run of rows around the current row, in the order of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// What `from` and `to` count.
    #[serde(default, skip_serializing_if = "FrameUnit::is_rows")]
    pub unit: FrameUnit,
    /// The first row: −2 is two rows before the current one, 0 the current one; without it the first row of the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The last row: 2 is two rows after the current one, 0 the current one; without it the last row of the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

/// What a frame counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FrameUnit {
    /// Rows.
    #[default]
    Rows,
    /// As `rows`, but the current row stands for all rows that are equal to it in the order. `from` and `to` can be 0 or left out.
    Range,
}

impl FrameUnit {
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_rows(&self) -> bool {
        *self == Self::Rows
    }
}

impl Frame {
    /// From so many rows before or after the current one (below or above 0) to so many.
    pub fn rows(from: i64, to: i64) -> Self {
        Self { from: Some(from), to: Some(to), ..Self::default() }
    }

    /// From the first row of the part to the current one.
    pub fn running() -> Self {
        Self { to: Some(0), ..Self::default() }
    }

    pub(super) fn check(&self) -> Result<(), Problem> {
        let refuse = |what: &str| Err(Problem::Parameter(what.to_owned()));
        match (self.unit, self.from, self.to) {
            (FrameUnit::Range, from, to) if from.unwrap_or(0) != 0 || to.unwrap_or(0) != 0 => {
                refuse("a frame of unit `range` begins and ends at 0 (the current row and its equals) or is open")
            }
            (_, Some(from), Some(to)) if from > to => refuse("the frame's `from` is behind its `to`"),
            _ => Ok(()),
        }
    }

    /// The rows, by place in their part, that the row at a place looks at. `peers`: the places of the rows that are equal to it.
    pub(super) fn range(&self, at: usize, rows: usize, peers: &Range<usize>) -> Range<usize> {
        let place = |offset: i64| {
            let place = (at as i64).saturating_add(offset).clamp(0, rows as i64);
            usize::try_from(place).unwrap_or_default()
        };
        let (from, to) = match self.unit {
            FrameUnit::Rows => (self.from.map(place), self.to.map(|to| place(to.saturating_add(1)))),
            FrameUnit::Range => (self.from.map(|_| peers.start), self.to.map(|_| peers.end)),
        };
        let from = from.unwrap_or(0);
        from..to.unwrap_or(rows).max(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_cut_at_the_ends_of_the_part() {
        let check = |frame: Frame, expect: [Range<usize>; 4]| {
            let peers = [0..1, 1..3, 1..3, 3..4];
            let found = [0, 1, 2, 3].map(|at: usize| frame.range(at, 4, &peers[at]));
            assert_eq!(found, expect, "{frame:?}");
        };
        check(Frame::default(), [0..4, 0..4, 0..4, 0..4]);
        check(Frame::running(), [0..1, 0..2, 0..3, 0..4]);
        check(Frame::rows(-1, 1), [0..2, 0..3, 1..4, 2..4]);
        check(Frame::rows(-3, -2), [0..0, 0..0, 0..1, 0..2]);
        check(Frame::rows(2, 5), [2..4, 3..4, 4..4, 4..4]);
        check(Frame::rows(i64::MIN, i64::MAX), [0..4, 0..4, 0..4, 0..4]);
        check(Frame { from: Some(0), ..Frame::default() }, [0..4, 1..4, 2..4, 3..4]);
        check(Frame { unit: FrameUnit::Range, from: None, to: Some(0) }, [0..1, 0..3, 0..3, 0..4]);
        check(Frame { unit: FrameUnit::Range, from: Some(0), to: Some(0) }, [0..1, 1..3, 1..3, 3..4]);
    }
}
