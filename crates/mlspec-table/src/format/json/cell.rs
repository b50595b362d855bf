//! A JSON value that a table may hold, and what kinds a column has.

use mlspec_record::DataType;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    /// An integer beyond 63 bits.
    Unsigned(u64),
    Float(f64),
    Text(String),
    List(Vec<Cell>),
    /// An object, or a list of lists or objects.
    Nested,
}

/// Which kinds of values were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u16);

/// Two kinds that no type covers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mixed(pub(super) &'static str, pub(super) &'static str);

const BOOLEAN: u16 = 1;
const INTEGER: u16 = 2;
const NEGATIVE: u16 = 4;
const UNSIGNED: u16 = 8;
const FLOAT: u16 = 16;
const TEXT: u16 = 32;
const EMPTY_LIST: u16 = 64;
const COUNT_LIST: u16 = 128;
const NUMBER_LIST: u16 = 256;
const TEXT_LIST: u16 = 512;
const NESTED: u16 = 1024;

const NUMBERS: u16 = INTEGER | NEGATIVE | UNSIGNED | FLOAT;
const LISTS: u16 = EMPTY_LIST | COUNT_LIST | NUMBER_LIST | TEXT_LIST;

impl Kinds {
    /// The kind of one value.
    pub(super) fn of(cell: &Cell) -> Self {
        Self(match cell {
            Cell::Null => 0,
            Cell::Boolean(_) => BOOLEAN,
            Cell::Integer(0..) => INTEGER,
            Cell::Integer(_) => NEGATIVE,
            Cell::Unsigned(_) => UNSIGNED,
            Cell::Float(_) => FLOAT,
            Cell::Text(_) => TEXT,
            Cell::List(cells) => cells.iter().map(in_list).reduce(|one, other| one | other).unwrap_or(EMPTY_LIST),
            Cell::Nested => NESTED,
        })
    }

    /// The kinds of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether an object or a list of lists is among them.
    pub(super) fn nested(self) -> bool {
        self.0 & NESTED != 0
    }

    /// The type that holds all of them.
    pub(super) fn data_type(self) -> Result<DataType, Mixed> {
        let only = |kinds: u16| self.0 & !kinds == 0;
        let names =
            [(BOOLEAN, "booleans"), (NUMBERS, "numbers"), (TEXT, "texts"), (LISTS, "lists"), (NESTED, "objects")];
        let mut found = names.into_iter().filter(|(kinds, _)| self.0 & kinds != 0).map(|(_, name)| name);
        if let (Some(one), Some(other)) = (found.next(), found.next()) {
            return Err(Mixed(one, other));
        }
        Ok(match self.0 {
            0 => DataType::String,
            BOOLEAN => DataType::Boolean,
            _ if only(INTEGER | NEGATIVE) => DataType::Int64,
            _ if only(INTEGER | UNSIGNED) => DataType::UInt64,
            _ if only(INTEGER | NEGATIVE | UNSIGNED) => {
                return Err(Mixed("negative integers", "integers beyond 63 bits"));
            }
            _ if only(NUMBERS) => DataType::Float64,
            _ if only(EMPTY_LIST | TEXT_LIST) && self.0 & LISTS != 0 => DataType::ListString,
            _ if only(EMPTY_LIST | COUNT_LIST) => DataType::ListUInt64,
            _ if only(EMPTY_LIST | COUNT_LIST | NUMBER_LIST) => DataType::ListFloat64,
            _ if only(LISTS) => return Err(Mixed("lists of texts", "lists of numbers")),
            _ => DataType::String,
        })
    }
}

fn in_list(cell: &Cell) -> u16 {
    match cell {
        Cell::Null => EMPTY_LIST,
        Cell::Integer(0..) | Cell::Unsigned(_) => COUNT_LIST,
        Cell::Integer(_) | Cell::Float(_) => NUMBER_LIST,
        Cell::Text(_) => TEXT_LIST,
        Cell::Boolean(_) | Cell::List(_) | Cell::Nested => NESTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_holds_all_values() {
        let text = || Cell::Text(String::new());
        let cases: Vec<(Vec<Cell>, Result<DataType, Mixed>)> = vec![
            (vec![], Ok(DataType::String)),
            (vec![Cell::Null, Cell::Boolean(true)], Ok(DataType::Boolean)),
            (vec![Cell::Integer(1), Cell::Integer(-1)], Ok(DataType::Int64)),
            (vec![Cell::Integer(1), Cell::Unsigned(u64::MAX)], Ok(DataType::UInt64)),
            (
                vec![Cell::Integer(-1), Cell::Unsigned(u64::MAX)],
                Err(Mixed("negative integers", "integers beyond 63 bits")),
            ),
            (vec![Cell::Integer(-1), Cell::Float(0.5)], Ok(DataType::Float64)),
            (vec![Cell::Boolean(true), Cell::Integer(1)], Err(Mixed("booleans", "numbers"))),
            (vec![Cell::List(vec![]), Cell::List(vec![text(), Cell::Null])], Ok(DataType::ListString)),
            (vec![Cell::List(vec![])], Ok(DataType::ListString)),
            (vec![Cell::List(vec![]), Cell::List(vec![Cell::Integer(3)])], Ok(DataType::ListUInt64)),
            (vec![Cell::List(vec![Cell::Integer(3), Cell::Float(0.5)])], Ok(DataType::ListFloat64)),
            (vec![Cell::List(vec![text(), Cell::Float(0.5)])], Err(Mixed("lists of texts", "lists of numbers"))),
            (vec![Cell::List(vec![]), text()], Err(Mixed("texts", "lists"))),
        ];
        for (cells, expect) in cases {
            let kinds = cells.iter().map(Kinds::of).fold(Kinds::default(), Kinds::and);
            assert_eq!(kinds.data_type(), expect, "{cells:?}");
        }
        assert!(Kinds::of(&Cell::List(vec![Cell::Boolean(true)])).nested());
    }
}
