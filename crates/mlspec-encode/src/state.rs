//! What the encoders of one part were fitted from, as an object of the store that an update continues from. It is a function
//! of the rows that are there: neither their order nor rows that went leave a trace.

use crate::statistics::{KeptStatistic, Needs, Statistic};
use crate::tally::KeptTally;
use crate::{EncodeError, Encoding};
use mlspec_model::{LABEL, ModelError, RawColumn, Vocabulary};
use mlspec_record::{Digest, TableSchema};
use mlspec_store::Store;
use mlspec_table::polars::prelude::Series;
use mlspec_table::{Table, TableError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format that this version writes and reads.
const FORMAT: &str = "mlspec-encode-state/1";

/// The state as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptState {
    format: String,
    rows: u64,
    /// By the name of the raw column.
    columns: BTreeMap<String, KeptStatistic>,
    /// The classes of the other parts' labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    classes: BTreeMap<String, KeptTally>,
}

/// What encoders are fitted from.
#[derive(Clone, Debug)]
pub(crate) struct Statistics {
    rows: u64,
    /// A statistic for each raw column, in the order of the raw table.
    columns: Vec<(RawColumn, Statistic)>,
    /// The raw columns of which encoders need the values of all rows.
    values: Option<Table>,
}

impl KeptState {
    /// The state of this digest; nothing where it is none of this version.
    pub(crate) fn read(store: &Store, digest: &Digest) -> Option<Self> {
        store.json(digest).ok().filter(|state: &Self| state.format == FORMAT)
    }

    /// The classes of another part's label.
    pub(crate) fn classes(&self, part: &str) -> Option<&KeptTally> {
        self.classes.get(part)
    }
}

impl Statistics {
    /// The statistics of no rows.
    pub(crate) fn new(encoding: &Encoding, schema: &TableSchema) -> Self {
        let columns = encoding.needs(schema).into_iter();
        Self { rows: 0, columns: columns.map(|(raw, needs)| (raw, Statistic::new(needs))).collect(), values: None }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The statistic of each raw column, with the values of all rows where they are needed.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&Statistic, Option<&Series>)> {
        self.columns.iter().map(|(raw, statistic)| {
            let values = self.values.as_ref().filter(|_| statistic.needs().values());
            let column = values.and_then(|values| values.column(&raw.name).ok());
            (statistic, column.map(|column| column.as_materialized_series()))
        })
    }

    /// The ids of the rows whose values are needed.
    pub(crate) fn ids(&self) -> Vec<u64> {
        self.values.as_ref().map(Table::ids).unwrap_or_default()
    }

    /// The raw columns of which the values of all rows are needed.
    pub(crate) fn needed(&self) -> Vec<&str> {
        let needed = self.columns.iter().filter(|(_, statistic)| statistic.needs().values());
        needed.map(|(raw, _)| raw.name.as_str()).collect()
    }

    /// Says where those values are: in all rows of the raw table.
    pub(crate) fn look_into(&mut self, raw: Table) {
        self.values = Some(raw);
    }

    /// Adds rows that were encoded, with the terms found in them.
    pub(crate) fn add(&mut self, raw: &Table, terms: BTreeMap<usize, Vocabulary>) -> Result<(), ModelError> {
        self.rows += raw.len() as u64;
        let mut all: Vec<Option<Vocabulary>> = vec![None; self.columns.len()];
        terms.into_iter().for_each(|(at, terms)| {
            if let Some(place) = all.get_mut(at) {
                *place = Some(terms);
            }
        });
        let columns = self.columns.par_iter_mut().zip(all);
        columns.map(|((column, statistic), terms)| statistic.add(raw, column, terms)).collect()
    }

    /// Takes rows of a raw table away that were added before; nothing where they were not.
    pub(crate) fn take(&mut self, store: &Store, raw: &Digest, ids: &[u64]) -> Option<()> {
        let needed = self.columns.iter().filter(|(_, statistic)| statistic.needs() != Needs::Nothing);
        let names: Vec<&str> = needed.map(|(raw, _)| raw.name.as_str()).collect();
        let rows = Table::read_rows_columns(store, raw, ids, &names).ok().filter(|rows| rows.len() == ids.len())?;
        self.rows = self.rows.checked_sub(rows.len() as u64)?;
        self.columns.par_iter_mut().map(|(raw, statistic)| statistic.take(&rows, raw)).collect()
    }

    /// The statistics of a state; nothing where it is one of other encoders.
    pub(crate) fn read(encoding: &Encoding, schema: &TableSchema, store: &Store, kept: &KeptState) -> Option<Self> {
        let columns = encoding.needs(schema).into_par_iter().map(|(raw, needs)| {
            let statistic = match (needs, kept.columns.get(&raw.name)) {
                (Needs::Nothing, None) => Statistic::new(needs),
                (_, kept) => Statistic::read(store, needs, kept?)?,
            };
            Some((raw, statistic))
        });
        Some(Self { rows: kept.rows, columns: columns.collect::<Option<_>>()?, values: None })
    }

    /// Keeps the state; `before` is what it was read from, `classes` are those of the other parts' labels.
    pub(crate) fn keep(
        &self,
        store: &Store,
        before: Option<&KeptState>,
        classes: BTreeMap<String, KeptTally>,
    ) -> Result<Digest, EncodeError> {
        let kept = |name: &str| before.and_then(|before| before.columns.get(name));
        let columns = self.columns.par_iter().filter(|(_, statistic)| statistic.needs() != Needs::Nothing);
        let columns = columns.map(|(raw, statistic)| Ok((raw.name.clone(), statistic.keep(store, kept(&raw.name))?)));
        let columns = columns.collect::<Result<BTreeMap<_, _>, TableError>>()?;
        let state = KeptState { format: FORMAT.to_owned(), rows: self.rows, columns, classes };
        Ok(store.put_json(&state).map_err(TableError::from)?.0)
    }
}

/// The classes of a raw table's labels.
pub(crate) fn classes_of(raw: &Table) -> Result<Statistic, ModelError> {
    let mut classes = Statistic::new(Needs::Categories);
    let column = RawColumn { name: LABEL.to_owned(), ..RawColumn::weight(LABEL) };
    classes.add(raw, &column, None)?;
    Ok(classes)
}
