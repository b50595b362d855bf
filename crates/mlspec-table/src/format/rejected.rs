//! Records that could not be read and were put aside.

/// A record that could not be read and was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The file, by its position.
    pub file: usize,
    /// The number of the record in the file, from 1; in a workbook the row of the sheet.
    pub record: u64,
    /// What is wrong, in one word: `encoding`, `fields`, `quotes`, `type`, `json`, `columns` or `cell`.
    pub reason: &'static str,
    /// The column that it is wrong in.
    pub column: Option<String>,
}

/// A record as it stands in its file.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// Its number, from 1; in a workbook the row of the sheet.
    pub record: u64,
    /// The line on which it begins, from 1; in a workbook the row of the sheet.
    pub line: u64,
    /// Its text, without the end of the line. Bytes that are no UTF-8 are replaced.
    pub text: String,
}

impl std::fmt::Debug for RawRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawRecord({}, line {}, {} bytes)", self.record, self.line, self.text.len())
    }
}

/// What is wrong with a record of the file at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowFault {
    /// The record's number, from 1.
    pub(crate) number: u64,
    pub(crate) reason: &'static str,
    pub(crate) column: Option<String>,
}

/// The numbers of the rows that stay, where `left_out` (positions among them, ascending) go.
pub(crate) fn remaining(numbers: Option<Vec<u64>>, rows: usize, left_out: &[usize]) -> Option<Vec<u64>> {
    if left_out.is_empty() {
        return numbers;
    }
    let numbers = numbers.unwrap_or_else(|| (1..=rows as u64).collect());
    let stays = |at: &usize| left_out.binary_search(at).is_err();
    Some(numbers.into_iter().enumerate().filter(|(at, _)| stays(at)).map(|(_, number)| number).collect())
}
