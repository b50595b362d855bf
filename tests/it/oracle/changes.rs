//! Random changes of sources, one set of them an update.

use super::sources::{Cells, Source, Which, rows};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Which rows of a source, by what the source holds when the change is made.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    /// The row at this place.
    One(u8),
    /// The rows of these places.
    Some(u64),
    /// All rows with the team, or the kind, of the row at this place.
    Group(u8, bool),
    /// The rows of the rarest category: often a single one.
    Rarest,
    /// The rows of this person, in both sources.
    Person(u8),
    /// Rows that no row of the prepared table comes from.
    Unused,
    /// All rows.
    All,
}

/// What happens to a source.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Rows go.
    Erase(Which, Rows),
    /// A value of rows becomes another: column, value.
    Correct(Which, Rows, u8, u8),
    /// Rows come.
    Append(Which, Vec<(u8, Cells)>),
}

impl Change {
    /// What coverage calls it.
    pub(crate) fn kind(&self) -> String {
        let of = |rows: &Rows| match rows {
            Rows::One(_) => "a row",
            Rows::Some(_) => "some rows",
            Rows::Group(..) => "a group",
            Rows::Rarest => "the rows of the rarest category",
            Rows::Person(_) => "a key of several sources",
            Rows::Unused => "rows in no part",
            Rows::All => "everything",
        };
        match self {
            Self::Erase(_, rows) => format!("erase {}", of(rows)),
            Self::Correct(_, rows, ..) => format!("correct {}", of(rows)),
            Self::Append(..) => "append".to_owned(),
        }
    }

    /// Makes the change. `used` says which rows of a source prepared rows come from.
    pub(crate) fn make(&self, sources: &mut [Source], used: &mut dyn FnMut(Which) -> BTreeSet<u64>) {
        let (which, rows) = match self {
            Self::Erase(which, rows) | Self::Correct(which, rows, ..) => (*which, Some(rows)),
            Self::Append(which, _) => (*which, None),
        };
        let both = matches!(rows, Some(Rows::Person(_)));
        for source in sources.iter_mut().filter(|source| both || source.which == which) {
            match self {
                Self::Append(_, new) => source.append(new),
                Self::Erase(_, rows) => {
                    for id in rows.of(source, used) {
                        source.rows.remove(&id);
                    }
                }
                Self::Correct(_, rows, column, value) => {
                    for id in rows.of(source, used) {
                        if let Some(row) = source.rows.get_mut(&id) {
                            row.cells[usize::from(*column) % 6] = *value;
                        }
                    }
                }
            }
        }
    }
}

impl Rows {
    fn of(&self, source: &Source, used: &mut dyn FnMut(Which) -> BTreeSet<u64>) -> Vec<u64> {
        let ids: Vec<u64> = source.rows.keys().copied().collect();
        let at = |place: &u8| ids.get(usize::from(*place) % ids.len().max(1)).copied();
        let category = |id: &u64, of: usize| source.rows[id].cells[of] % [8, 4][of];
        match self {
            Self::One(place) => at(place).into_iter().collect(),
            Self::Some(mask) => {
                ids.into_iter().enumerate().filter(|(at, _)| mask >> (at % 64) & 1 == 1).map(|(_, id)| id).collect()
            }
            Self::Group(place, team) => {
                let of = usize::from(!*team);
                let Some(wanted) = at(place).map(|id| category(&id, of)) else { return Vec::new() };
                ids.into_iter().filter(|id| category(id, of) == wanted).collect()
            }
            Self::Rarest => {
                let count = |id: &u64| ids.iter().filter(|other| category(other, 0) == category(id, 0)).count();
                let Some(rarest) = ids.iter().min_by_key(|id| count(id)).map(|id| category(id, 0)) else {
                    return Vec::new();
                };
                ids.iter().copied().filter(|id| category(id, 0) == rarest).collect()
            }
            Self::Person(person) => {
                let wanted = i64::from(*person) % super::sources::ROWS as i64;
                ids.into_iter().filter(|id| source.rows[id].id == wanted).collect()
            }
            Self::Unused => {
                let used = used(source.which);
                ids.into_iter().filter(|id| !used.contains(id)).collect()
            }
            Self::All => ids,
        }
    }
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![3 => Just(Which::People), 2 => Just(Which::Events)]
}

fn some_rows() -> impl Strategy<Value = Rows> {
    prop_oneof![
        5 => any::<u8>().prop_map(Rows::One),
        4 => (any::<u64>(), any::<u64>()).prop_map(|(a, b)| Rows::Some(a & b)),
        3 => (any::<u8>(), any::<bool>()).prop_map(|(place, team)| Rows::Group(place, team)),
        3 => Just(Rows::Rarest),
        2 => any::<u8>().prop_map(Rows::Person),
        2 => Just(Rows::Unused),
        1 => Just(Rows::All),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (which(), some_rows()).prop_map(|(which, rows)| Change::Erase(which, rows)),
        3 => (which(), some_rows(), any::<u8>(), any::<u8>()).prop_map(|(which, rows, column, value)| Change::Correct(which, rows, column, value)),
        3 => (which(), rows(1..8)).prop_map(|(which, rows)| Change::Append(which, rows)),
    ]
}

/// One update after another, each of several changes, or of none.
pub(crate) fn updates() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let changes = |count| proptest::collection::vec(change(), count);
    let set = prop_oneof![1 => Just(Vec::new()), 6 => changes(1..2), 4 => changes(2..4)].boxed();
    prop_oneof![
        5 => proptest::collection::vec(set.clone(), 1..2),
        2 => proptest::collection::vec(set, 2..4),
    ]
}
