//! Where the rows stand in a workbook.

use crate::format::FormatError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the rows stand in a workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExcelOptions {
    /// The sheet: its name, or its number from 1; by default the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Sheet>,
    /// The cells of the table, such as `B3:F200`, `B:F` or `3:200`; by default all that are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// Whether a row has the columns' names.
    #[serde(default = "default_header")]
    pub header: bool,
    /// The row with the columns' names, as the spreadsheet program counts it; by default the first one that is used in the range.
    /// Rows above it are not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub header_row: Option<u32>,
    /// Texts, and errors such as `#N/A`, that mean null.
    #[serde(default)]
    pub null_values: Vec<String>,
}

fn default_header() -> bool {
    true
}

impl Default for ExcelOptions {
    fn default() -> Self {
        Self { sheet: None, range: None, header: true, header_row: None, null_values: Vec::new() }
    }
}

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Sheet {
    /// By its number, from 1.
    Number(u32),
    /// By its name.
    Name(String),
}

impl std::fmt::Display for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "`{name}`"),
        }
    }
}

impl<'de> Deserialize<'de> for Sheet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrNumber;
        impl serde::de::Visitor<'_> for NameOrNumber {
            type Value = Sheet;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a sheet, or its number from 1")
            }

            fn visit_str<E>(self, name: &str) -> Result<Sheet, E> {
                Ok(Sheet::Name(name.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Sheet, E> {
                let number = u32::try_from(number).ok().filter(|number| *number > 0);
                number.map(Sheet::Number).ok_or_else(|| E::custom("sheets are counted from 1"))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Sheet, E> {
                self.visit_u64(u64::try_from(number).unwrap_or_default())
            }
        }
        deserializer.deserialize_any(NameOrNumber)
    }
}

impl JsonSchema for Sheet {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sheet".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A sheet of a workbook: its name, or its number from 1.",
            "type": ["string", "integer"],
            "minLength": 1,
            "minimum": 1
        })
    }
}

/// The rows and columns of a range, from 0, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
    /// Whether the range says where rows begin.
    pub(super) fixed: bool,
}

impl ExcelOptions {
    pub(crate) fn check(&self) -> Result<(), FormatError> {
        let bounds = self.bounds()?;
        if self.header_row.is_some() && !self.header {
            return Err(FormatError::setting("`header_row` is set, and `header` is false"));
        }
        match self.header_row {
            Some(row) if row == 0 || row - 1 < bounds.rows.0 || row - 1 > bounds.rows.1 => {
                Err(FormatError::setting("`header_row` must be a row of the range"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn bounds(&self) -> Result<Bounds, FormatError> {
        let Some(range) = &self.range else {
            return Ok(Bounds { rows: (0, u32::MAX), columns: (0, u32::MAX), fixed: false });
        };
        let wrong = || FormatError::setting("`range` must be two cells, such as `B3:F200`, two columns, or two rows");
        let (from, to) = range.split_once(':').ok_or_else(wrong)?;
        let (Some((column_from, row_from)), Some((column_to, row_to))) = (corner(from), corner(to)) else {
            return Err(wrong());
        };
        let pair = |from: Option<u32>, to: Option<u32>| match (from, to) {
            (None, None) => Some((0, u32::MAX)),
            (Some(from), Some(to)) if from <= to => Some((from, to)),
            _ => None,
        };
        let rows = pair(row_from, row_to).ok_or_else(wrong)?;
        let columns = pair(column_from, column_to).ok_or_else(wrong)?;
        Ok(Bounds { rows, columns, fixed: row_from.is_some() })
    }
}

/// Column and row, from 0, of `B3`, `B` or `3`.
fn corner(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let digits = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (letters, row) = text.split_at(digits);
    let column = letters.bytes().try_fold(0_u32, |column, letter| {
        column.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    })?;
    let row = if row.is_empty() { None } else { Some(row.parse::<u32>().ok()?.checked_sub(1)?) };
    let column = if letters.is_empty() { None } else { Some(column - 1) };
    (column.is_some() || row.is_some()).then_some((column, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let check = |range: &str, expect: Option<((u32, u32), (u32, u32))>| {
            let options = ExcelOptions { range: Some(range.to_owned()), ..ExcelOptions::default() };
            let bounds = options.bounds().ok().map(|bounds| (bounds.columns, bounds.rows));
            assert_eq!(bounds, expect, "{range}");
            assert_eq!(options.check().is_ok(), expect.is_some(), "{range}");
        };
        check("B3:F200", Some(((1, 5), (2, 199))));
        check("b:aa", Some(((1, 26), (0, u32::MAX))));
        check("3:4", Some(((0, u32::MAX), (2, 3))));
        check("A1:A1", Some(((0, 0), (0, 0))));
        for wrong in
            ["", ":", "A1", "A1:B", "F1:B2", "A2:B1", "A0:B2", "A1:B2:C3", "Ä1:B2", "A1:B99999999999", "ZZZZZZZZZZ1:B2"]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn sheets_and_header_rows() {
        let read = |text: &str| serde_json::from_str::<ExcelOptions>(text);
        assert_eq!(read(r#"{"sheet": "Sales"}"#).unwrap().sheet, Some(Sheet::Name("Sales".to_owned())));
        assert_eq!(read(r#"{"sheet": 2}"#).unwrap().sheet, Some(Sheet::Number(2)));
        for (wrong, message) in
            [(r#"{"sheet": 0}"#, "from 1"), (r#"{"sheet": -1}"#, "from 1"), (r#"{"sheet": true}"#, "name of a sheet")]
        {
            assert!(read(wrong).unwrap_err().to_string().contains(message), "{wrong}");
        }
        for (wrong, message) in [
            (r#"{"header_row": 2, "header": false}"#, "`header_row` is set, and `header` is false"),
            (r#"{"header_row": 2, "range": "A3:B9"}"#, "`header_row` must be a row of the range"),
            (r#"{"header_row": 0}"#, "`header_row` must be a row of the range"),
        ] {
            assert_eq!(read(wrong).unwrap().check().unwrap_err().to_string(), message);
        }
        assert!(read(r#"{"header_row": 4, "range": "A3:B9"}"#).unwrap().check().is_ok());
    }
}
