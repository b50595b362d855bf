//! Where rows stand in their files.

use crate::error::KeyFault;
use crate::ingester::Sources;
use crate::{IngestError, Ingester};
use mlspec_record::body::{RowPlaces, SourceFile, SourceQuery};
use mlspec_table::format::line_of_row;

/// How many rows an error names.
const EXAMPLES: usize = 5;

/// How many runs of rows a document of places may have; beyond, it would be larger than the rows.
const RUNS: usize = 1 << 20;

/// Where rows stand in their files. Rows are counted over all files, from 0, those that are left out among them.
pub(crate) struct Places<'a> {
    pub(crate) ingester: &'a Ingester,
    pub(crate) sources: &'a Sources,
    /// How many rows each file has.
    pub(crate) heights: Vec<usize>,
    /// For each file the numbers of its rows' records, where they do not count up from 1.
    pub(crate) numbers: Vec<Option<Vec<u64>>>,
    /// The sheets of workbooks.
    pub(crate) sheets: Vec<Option<String>>,
    /// The positions of rows that are left out, ascending.
    pub(crate) left_out: Vec<usize>,
}

impl Places<'_> {
    pub(crate) fn check(&self, fault: KeyFault, rows: &[usize]) -> Result<(), IngestError> {
        if rows.is_empty() {
            return Ok(());
        }
        let examples = rows.iter().take(EXAMPLES).map(|row| self.name(*row)).collect();
        Err(IngestError::Key { key: self.ingester.params.key.clone(), fault, count: rows.len(), examples })
    }

    /// The position, among all rows, of one of those that are not left out.
    pub(crate) fn position(&self, row: usize) -> usize {
        // So many rows stay before the one at each position that is left out.
        let (mut low, mut high) = (0, self.left_out.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.left_out.get(middle).is_some_and(|at| at - middle <= row) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        row + low
    }

    /// The file of a row, by its position, and the number of the row's record.
    pub(crate) fn find(&self, position: usize) -> Option<(usize, u64)> {
        let mut row = position;
        for (file, height) in self.heights.iter().enumerate() {
            if row < *height {
                return Some((file, self.number(file, row)));
            }
            row -= height;
        }
        None
    }

    fn number(&self, file: usize, row: usize) -> u64 {
        let numbers = self.numbers.get(file).and_then(Option::as_ref);
        numbers.and_then(|numbers| numbers.get(row).copied()).unwrap_or(row as u64 + 1)
    }

    /// `mails.csv:17`, the line; or `row 16 of mails.parquet`, from 1.
    fn name(&self, row: usize) -> String {
        let Some((file, number)) = self.find(self.position(row)) else { return format!("row {row}") };
        let Some(source) = self.sources.files().get(file) else { return format!("row {number} of the result") };
        let (path, ingester) = (&source.located.path, self.ingester);
        let file = ingester.open(source).ok();
        let line = file.and_then(|file| line_of_row(&file, &ingester.options, number as usize - 1));
        line.map_or_else(|| format!("row {number} of {path}"), |line| format!("{path}:{line}"))
    }

    /// What the record says of the files or the query, and what it cannot say itself.
    pub(crate) fn report(&self, ids: &[u64]) -> (Vec<SourceFile>, Option<SourceQuery>, Option<RowPlaces>) {
        let (mut files, mut query, mut all) = (Vec::new(), None, Vec::new());
        let (mut begin, mut start) = (0, 0);
        for (at, height) in self.heights.iter().enumerate() {
            let runs = self.runs(at, begin, ids.get(start..).unwrap_or_default());
            start += runs.iter().map(|[_, _, rows]| *rows as usize).sum::<usize>();
            begin += height;
            let simple = match runs.as_slice() {
                [[first, record, rows]]
                    if *rows == *height as u64 && (*record == 1 || self.sources.files().len() > at) =>
                {
                    Some((*first, *record))
                }
                _ => None,
            };
            let datastore = self.ingester.params.datastore.clone();
            let (first_row, rows) = (simple.map(|(first, _)| first), *height as u64);
            match self.sources {
                Sources::Query(fetched) => {
                    let (system, digest) = (fetched.system.to_owned(), fetched.digest);
                    let (text, rows) =
                        (self.ingester.params.query.clone().unwrap_or_default(), fetched.frame.height() as u64);
                    query = Some(SourceQuery { datastore, system, text, digest, first_row, rows });
                }
                Sources::Files(sources) => files.extend(sources.get(at).map(|source| SourceFile {
                    datastore,
                    path: source.located.path.clone(),
                    format: self.ingester.options.format.as_str().to_owned(),
                    digest: source.digest,
                    bytes: source.bytes,
                    first_row,
                    first_record: simple.map(|(_, record)| record).filter(|record| *record != 1),
                    rows,
                    sheet: self.sheets.get(at).cloned().flatten(),
                })),
            }
            all.push(if simple.is_some() { Vec::new() } else { runs });
        }
        let runs: usize = all.iter().map(Vec::len).sum();
        let places = (1..=RUNS).contains(&runs).then(|| RowPlaces { format: RowPlaces::FORMAT.to_owned(), files: all });
        (files, query, places)
    }

    /// The rows of a file, which begin at a position, as runs in which ids and numbers count up together. `ids` are those of its rows
    /// that are not left out, and of the files behind it.
    fn runs(&self, file: usize, begin: usize, ids: &[u64]) -> Vec<[u64; 3]> {
        let height = self.heights.get(file).copied().unwrap_or_default();
        let mut runs: Vec<[u64; 3]> = Vec::new();
        let mut ids = ids.iter();
        let mut gone =
            self.left_out.get(self.left_out.partition_point(|at| *at < begin)..).unwrap_or_default().iter().peekable();
        for row in 0..height {
            if gone.next_if(|at| **at == begin + row).is_some() {
                continue;
            }
            let Some(id) = ids.next() else { break };
            let number = self.number(file, row);
            match runs.last_mut() {
                Some([first, record, rows]) if *first + *rows == *id && *record + *rows == number => *rows += 1,
                _ => runs.push([*id, number, 1]),
            }
        }
        runs
    }
}
