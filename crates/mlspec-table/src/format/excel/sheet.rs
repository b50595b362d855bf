//! One sheet of a workbook: the cells that hold something, by column.

use super::cell::Cell;
use super::options::{Bounds, ExcelOptions, Sheet};
use crate::format::{FormatError, InputFile, Problem};
use calamine::{Data, DataRef, Ods, Reader, Xls, Xlsb, Xlsx, open_workbook_from_rs};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many cells a table may have, empty ones counted.
const CELLS: usize = 1 << 31;

/// The table of a sheet.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) sheet: String,
    pub(super) columns: Vec<GridColumn>,
    /// The rows of the sheet, from 0, that hold something.
    pub(super) rows: Vec<u32>,
}

/// A column, and its cells by the positions of their rows in [`Grid::rows`].
#[derive(Debug)]
pub(super) struct GridColumn {
    pub(super) name: String,
    /// The column of the sheet, from 0.
    pub(super) at: u32,
    pub(super) cells: BTreeMap<usize, Cell>,
}

impl Grid {
    /// Leaves out rows by their positions, ascending.
    pub(super) fn drop_rows(&mut self, left_out: &[usize]) {
        if left_out.is_empty() {
            return;
        }
        let place = |at: usize| {
            let before = left_out.partition_point(|gone| *gone < at);
            (left_out.get(before) != Some(&at)).then(|| at - before)
        };
        for column in &mut self.columns {
            let cells = std::mem::take(&mut column.cells).into_iter();
            column.cells = cells.filter_map(|(at, cell)| Some((place(at)?, cell))).collect();
        }
        let mut at = 0;
        self.rows.retain(|_| {
            at += 1;
            left_out.binary_search(&(at - 1)).is_err()
        });
    }

    /// Leaves out all rows behind the first ones.
    pub(super) fn truncate(&mut self, rows: usize) {
        if rows < self.rows.len() {
            self.rows.truncate(rows);
            self.columns.iter_mut().for_each(|column| drop(column.cells.split_off(&rows)));
        }
    }
}

/// The name of a cell, such as `B3`, from row and column, which are counted from 0.
pub(super) fn reference(row: u32, column: u32) -> String {
    let (mut letters, mut left) = (Vec::new(), column + 1);
    while left > 0 {
        letters.push(b'A' + ((left - 1) % 26) as u8);
        left = (left - 1) / 26;
    }
    let letters: String = letters.iter().rev().map(|letter| char::from(*letter)).collect();
    format!("{letters}{}", row + 1)
}

/// The cells of a sheet, by row and column.
type Cells = BTreeMap<(u32, u32), Cell>;

/// Reads the table; without a header row its columns have the names `declared`, or `column_1` and so on.
pub(super) fn grid(file: &InputFile, options: &ExcelOptions, declared: Option<&[&str]>) -> Result<Grid, FormatError> {
    let bounds = options.bounds()?;
    let damaged = || FormatError::file(file.name(), Problem::Damaged("workbook"));
    // Damaged workbooks make the reader panic now and then; that must stay an error of the file.
    let found = catch_unwind(AssertUnwindSafe(|| cells(file.bytes(), options, bounds))).map_err(|_| damaged())?;
    let (sheet, mut cells) = found.map_err(|problem| FormatError::file(file.name(), problem))?;
    cells.retain(|_, cell| !options.null_values.iter().any(|null| cell.is_text(null)));
    let (names, first) = match options.header {
        true => header(file, &mut cells, options, bounds)?,
        false => (numbered(&cells, bounds, declared), 0),
    };
    let mut rows: BTreeSet<u32> = BTreeSet::new();
    for (row, column) in cells.keys().filter(|(row, _)| *row >= first) {
        if !names.contains_key(column) {
            return Err(match options.header {
                true => FormatError::file(file.name(), Problem::Unnamed(reference(first - 1, *column))),
                false => FormatError::file(
                    file.name(),
                    Problem::Ragged {
                        found: (column - names.keys().next().unwrap_or(&0)) as usize + 1,
                        expected: names.len(),
                    },
                )
                .at_line(u64::from(*row) + 1),
            });
        }
        rows.insert(*row);
    }
    let rows: Vec<u32> = rows.into_iter().collect();
    if rows.len().saturating_mul(names.len()) > CELLS {
        return Err(damaged());
    }
    let mut columns: BTreeMap<u32, GridColumn> =
        names.into_iter().map(|(at, name)| (at, GridColumn { name, at, cells: BTreeMap::new() })).collect();
    for ((row, column), cell) in cells.into_iter().filter(|((row, _), _)| *row >= first) {
        if let (Some(column), Ok(at)) = (columns.get_mut(&column), rows.binary_search(&row)) {
            column.cells.insert(at, cell);
        }
    }
    Ok(Grid { sheet, columns: columns.into_values().collect(), rows })
}

/// The names of the columns, and the first row below them.
fn header(
    file: &InputFile,
    cells: &mut Cells,
    options: &ExcelOptions,
    bounds: Bounds,
) -> Result<(BTreeMap<u32, String>, u32), FormatError> {
    let used = cells.keys().next().map(|(row, _)| *row);
    let row = match (options.header_row, bounds.fixed) {
        (Some(row), _) => Some(row - 1),
        (None, true) => Some(bounds.rows.0),
        (None, false) => used,
    };
    let row = row.ok_or_else(|| FormatError::file(file.name(), Problem::NoHeader))?;
    let names: BTreeMap<u32, String> =
        cells.range((row, 0)..=(row, u32::MAX)).map(|((_, column), cell)| (*column, cell.text())).collect();
    if names.is_empty() {
        return Err(FormatError::file(file.name(), Problem::NoHeader).at_line(u64::from(row) + 1));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.values().find(|name| !seen.insert(*name)) {
        let twice = mlspec_record::TableSchemaError::Twice(twice.clone());
        return Err(FormatError::file(file.name(), twice).at_line(u64::from(row) + 1));
    }
    Ok((names, row + 1))
}

/// Names for columns where no row has them: those declared, from the range's or the first used column on.
fn numbered(cells: &Cells, bounds: Bounds, declared: Option<&[&str]>) -> BTreeMap<u32, String> {
    let used = cells.keys().map(|(_, column)| *column);
    let (first, last) = used.fold((u32::MAX, 0), |(first, last), at| (first.min(at), last.max(at)));
    let first = if bounds.columns.1 == u32::MAX { first } else { bounds.columns.0 };
    match declared {
        Some(names) => (first.min(u32::MAX / 2)..).zip(names.iter().map(|name| (*name).to_owned())).collect(),
        None if cells.is_empty() => BTreeMap::new(),
        None => (first..=last).map(|at| (at, format!("column_{}", at - first + 1))).collect(),
    }
}

/// The name of the sheet, and its cells within the bounds that hold something.
fn cells(bytes: &[u8], options: &ExcelOptions, bounds: Bounds) -> Result<(String, Cells), Problem> {
    let mut cells = Cells::new();
    let mut add = |(row, column): (u32, u32), cell: Option<Cell>| {
        let within = |at: u32, (first, last): (u32, u32)| at >= first && at <= last;
        if let Some(cell) = cell.filter(|_| within(row, bounds.rows) && within(column, bounds.columns)) {
            cells.insert((row, column), cell);
        }
    };
    let damaged = || Problem::Damaged("workbook");
    let open = Cursor::new(bytes);
    let sheet;
    // A zip file or a compound file; what is in it, its parts tell.
    if bytes.starts_with(b"PK") {
        if let Ok(mut book) = open_workbook_from_rs::<Xlsx<_>, _>(open.clone()) {
            sheet = pick(&book.sheet_names(), options)?;
            let mut reader = book.worksheet_cells_reader(&sheet).map_err(|_| damaged())?;
            while let Some(record) = reader.next_cell_with_formula_metadata().map_err(|_| damaged())? {
                let cell = Cell::of(Data::from(record.value));
                let never = cell.is_none() && record.formula.is_some();
                add(record.pos, if never { Some(Cell::NotCalculated) } else { cell });
            }
        } else if let Ok(mut book) = open_workbook_from_rs::<Xlsb<_>, _>(open.clone()) {
            sheet = pick(&book.sheet_names(), options)?;
            let mut reader = book.worksheet_cells_reader(&sheet).map_err(|_| damaged())?;
            while let Some(cell) = reader.next_cell().map_err(|_| damaged())? {
                add(cell.get_position(), Cell::of(Data::from(DataRef::clone(cell.get_value()))));
            }
        } else {
            let mut book = open_workbook_from_rs::<Ods<_>, _>(open).map_err(|_| damaged())?;
            sheet = pick(&book.sheet_names(), options)?;
            dense(&book.worksheet_range(&sheet).map_err(|_| damaged())?, &mut add);
        }
    } else {
        let mut book = open_workbook_from_rs::<Xls<_>, _>(open).map_err(|_| damaged())?;
        sheet = pick(&book.sheet_names(), options)?;
        dense(&book.worksheet_range(&sheet).map_err(|_| damaged())?, &mut add);
    }
    Ok((sheet, cells))
}

fn dense(range: &calamine::Range<Data>, add: &mut dyn FnMut((u32, u32), Option<Cell>)) {
    let (row, column) = range.start().unwrap_or_default();
    for (r, c, cell) in range.used_cells() {
        add((row + r as u32, column + c as u32), Cell::of(cell.clone()));
    }
}

fn pick(names: &[String], options: &ExcelOptions) -> Result<String, Problem> {
    let wanted = options.sheet.clone().unwrap_or(Sheet::Number(1));
    let found = match &wanted {
        Sheet::Number(number) => names.get(*number as usize - 1),
        Sheet::Name(name) => names.iter().find(|own| *own == name),
    };
    found.cloned().ok_or_else(|| {
        let known: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        Problem::NoSheet(format!("{wanted}; it has {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_names() {
        for (row, column, name) in [(0, 0, "A1"), (2, 25, "Z3"), (9, 26, "AA10"), (0, 701, "ZZ1"), (0, 702, "AAA1")] {
            assert_eq!(reference(row, column), name);
        }
    }
}
