//! Whether edits fit the dataset: rows, columns, types, keys.

use crate::IngestError;
use crate::edit::Edition;
use crate::error::KeyFault;
use crate::ingester::nulls;
use crate::matching::{Hashes, repeated};
use mlspec_table::polars::prelude::DataFrame;
use mlspec_table::{Equality, Table, TableError, from_polars, row_hashes};

/// How many rows an error names.
const EXAMPLES: usize = 5;

impl Edition {
    /// Whether removed and corrected rows are there, and corrections leave keys as they are.
    pub(crate) fn check_known(&self, gone: &[u64], put: &Table) -> Result<(), IngestError> {
        let key = self.key_names();
        let ids = put.ids();
        let mut asked = [gone, &ids].concat();
        asked.sort_unstable();
        let there = Table::read_rows_columns(&self.store, self.digest(), &asked, &key)?;
        let known = there.ids();
        let missing: Vec<u64> = asked.into_iter().filter(|id| known.binary_search(id).is_err()).collect();
        if !missing.is_empty() {
            return Err(IngestError::NoRow { count: missing.len(), examples: examples(&missing) });
        }
        let before = row_hashes(there.frame(), &key, Equality::Value)?;
        let after = row_hashes(put.frame(), &key, Equality::Value)?;
        let same = |(id, hash): (&u64, u128)| {
            known.binary_search(id).is_ok_and(|at| before.get(at).is_some_and(|before| *before == hash))
        };
        match ids.iter().zip(after).filter(|row| !same(*row)).count() {
            0 => Ok(()),
            count => Err(IngestError::KeyChanged { key: self.key().to_vec(), count }),
        }
    }

    /// Whether the keys of new rows are there and nobody else's.
    pub(crate) fn check_appended(&self, rows: &DataFrame, gone: &[u64]) -> Result<(), IngestError> {
        let hashes = self.check_own_keys(rows)?;
        if self.key().is_empty() || hashes.is_empty() {
            return Ok(());
        }
        let new: Hashes = hashes.iter().copied().collect();
        let taken =
            self.key_hashes()?.into_iter().filter(|(hash, id)| new.contains(hash) && gone.binary_search(id).is_err());
        let taken: Hashes = taken.map(|(hash, _)| hash).collect();
        let rows = hashes.iter().enumerate().filter(|(_, hash)| taken.contains(hash)).map(|(at, _)| at);
        self.key_fault(KeyFault::Repeated, &rows.collect::<Vec<_>>())
    }

    /// The hashes of the keys of rows, which are not null and differ from each other.
    pub(crate) fn check_own_keys(&self, rows: &DataFrame) -> Result<Vec<u128>, IngestError> {
        let key = self.key_names();
        self.key_fault(KeyFault::Null, &nulls(rows, &key)?)?;
        let hashes = row_hashes(rows, &key, Equality::Key)?;
        if !key.is_empty() {
            self.key_fault(KeyFault::Repeated, &repeated(&hashes))?;
        }
        Ok(hashes)
    }

    fn key_fault(&self, fault: KeyFault, rows: &[usize]) -> Result<(), IngestError> {
        if rows.is_empty() {
            return Ok(());
        }
        let examples = rows.iter().take(EXAMPLES).map(|row| format!("row {}", row + 1)).collect();
        Err(IngestError::Key { key: self.key().to_vec(), fault, count: rows.len(), examples })
    }

    /// Exactly these columns of the dataset, in this order, of their types.
    pub(crate) fn conform(&self, frame: &DataFrame, columns: &[&str]) -> Result<DataFrame, IngestError> {
        let names = frame.columns().iter().map(|column| column.name().as_str());
        if let Some(extra) = names.into_iter().find(|name| !columns.contains(name)) {
            return Err(IngestError::ExtraColumn(extra.to_owned()));
        }
        let frame = mlspec_table::normalize(frame.clone())?;
        for name in columns {
            let column = frame.columns().iter().find(|column| column.name() == name);
            let column = column.ok_or_else(|| IngestError::NoColumn((*name).to_owned()))?;
            if let Some(expected) = self.current.columns.get(name).filter(|of| from_polars(column.dtype()) != Some(*of))
            {
                let found = from_polars(column.dtype())
                    .map_or_else(|| column.dtype().to_string(), |data_type| data_type.to_string());
                return Err(IngestError::EditType { column: (*name).to_owned(), expected, found });
            }
        }
        Ok(frame.select(columns.iter().copied()).map_err(TableError::from)?)
    }
}

pub(crate) fn examples(ids: &[u64]) -> Vec<String> {
    ids.iter().take(EXAMPLES).map(|id| format!("row {id}")).collect()
}
