//! Random tables: two sources whose rows are made of small numbers, so that a failing case shrinks to few and plain rows.

use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// How many rows a source has at most when it begins.
pub(crate) const ROWS: usize = 40;

/// The values of a row, as positions in lists of values. Zeros are the plainest row.
pub(crate) type Cells = [u8; 6];

/// A row: its key, and its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// For a person the key; for an event the person it belongs to, who may not exist.
    pub(crate) id: i64,
    pub(crate) cells: Cells,
}

/// Which of the two sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    People,
    Events,
}

impl Which {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Events => "events",
        }
    }
}

/// A version of a source: rows by id. Ids count up and are never given again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) which: Which,
    pub(crate) rows: BTreeMap<u64, Row>,
    pub(crate) next: u64,
    /// Whether numbers may be NaN, infinite or huge.
    pub(crate) wild: bool,
}

const TEAMS: [Option<&str>; 8] =
    [Some("a"), Some("b"), Some("a"), Some("b"), Some("c"), None, Some("lonely"), Some("")];
const CITIES: [&str; 4] = ["Ulm", "Bonn", "Jena", "Kiel"];
const KINDS: [Option<&str>; 4] = [Some("call"), Some("mail"), None, Some("visit")];
const NUMBERS: [Option<f64>; 12] = [
    Some(0.0),
    Some(1.0),
    Some(0.5),
    Some(-1.25),
    Some(0.1),
    Some(3.7),
    None,
    Some(-0.0),
    Some(2.5),
    Some(0.3),
    Some(7.0),
    Some(-2.0),
];
const WILD: [f64; 6] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 1e15, 5e-324];
const WORDS: [&str; 8] = ["late", "bank", "good", "Good", "not", "refund", "42", "déjà"];

fn of<T: Copy>(list: &[T], cell: u8) -> T {
    list[usize::from(cell) % list.len()]
}

fn number(cell: u8, wild: bool) -> Option<f64> {
    if wild && cell >= 240 { Some(of(&WILD, cell)) } else { of(&NUMBERS, cell) }
}

fn text(cell: u8) -> Option<String> {
    let words = (0..usize::from(cell % 5)).map(|at| WORDS[(usize::from(cell) * (at + 1) + at) % WORDS.len()]);
    (cell % 11 != 10).then(|| words.collect::<Vec<_>>().join(" "))
}

impl Source {
    /// The first version.
    pub(crate) fn new(which: Which, rows: &[(u8, Cells)], wild: bool) -> Self {
        let mut source = Self { which, rows: BTreeMap::new(), next: 0, wild };
        source.append(rows);
        source
    }

    pub(crate) fn append(&mut self, rows: &[(u8, Cells)]) {
        for (person, cells) in rows {
            let id = match self.which {
                Which::People => self.next as i64,
                Which::Events => i64::from(*person % ROWS as u8),
            };
            self.rows.insert(self.next, Row { id, cells: *cells });
            self.next += 1;
        }
    }

    /// The rows as a frame with ids.
    pub(crate) fn frame(&self) -> DataFrame {
        let ids: Vec<u64> = self.rows.keys().copied().collect();
        let rows: Vec<&Row> = self.rows.values().collect();
        let keys: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let numbers = |at: usize| rows.iter().map(|row| number(row.cells[at], self.wild)).collect::<Vec<_>>();
        let integers = |at: usize| {
            rows.iter().map(|row| (row.cells[at] % 7 != 6).then_some(i64::from(row.cells[at] % 7))).collect::<Vec<_>>()
        };
        let texts = |at: usize| rows.iter().map(|row| text(row.cells[at])).collect::<Vec<_>>();
        let teams: Vec<_> = rows.iter().map(|row| of(&TEAMS, row.cells[0])).collect();
        let frame = match self.which {
            Which::People => df!(
                ROW => ids, "id" => keys, "team" => teams,
                "city" => rows.iter().map(|row| of(&CITIES, row.cells[1])).collect::<Vec<_>>(),
                "x" => numbers(2), "n" => integers(3),
                "flag" => rows.iter().map(|row| (row.cells[4] % 5 != 4).then_some(row.cells[4] % 2 == 1)).collect::<Vec<_>>(),
                "note" => texts(5),
            ),
            Which::Events => df!(
                ROW => ids, "id" => keys, "team" => teams,
                "kind" => rows.iter().map(|row| of(&KINDS, row.cells[1])).collect::<Vec<_>>(),
                "y" => numbers(2), "m" => integers(3), "text" => texts(5),
            ),
        };
        frame.unwrap()
    }
}

fn cells() -> impl Strategy<Value = Cells> {
    any::<[u8; 6]>()
}

pub(crate) fn rows(count: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<(u8, Cells)>> {
    proptest::collection::vec((any::<u8>(), cells()), count)
}
