//! Versions of the dataset in the store.

use crate::ingester::Source;
use crate::{IngestError, Ingester, Previous};
use mlspec_record::body::Ingestion;
use mlspec_record::object::DatasetVersion;
use mlspec_record::{ArtifactRef, Digest, Id, Kind, Object, Status, Timestamp};
use mlspec_store::Store;
use mlspec_table::Table;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The document that a version's `record` names: what was read, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Origin {
    settings: Map<String, Value>,
    ingestion: Ingestion,
}

/// Where these files stand among the versions of the dataset.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The version that ids are continued from: the one before the version of these files and settings, or else the current.
    base: Option<DatasetVersion>,
    /// The number that a new version would get; none where these files and settings are the current version.
    pub(crate) next: Option<u64>,
}

impl Standing {
    /// Looks the dataset up.
    pub(crate) fn of(
        store: &Store,
        ingester: &Ingester,
        settings: &Map<String, Value>,
        sources: &[Source],
    ) -> Result<Self, IngestError> {
        let Some(current) = store.dataset(ingester.dataset())? else { return Ok(Self { base: None, next: Some(1) }) };
        let current = current.body;
        let origin: Option<Origin> = store.json(&current.record).ok();
        let same_files = |known: &Ingestion| {
            known.files.len() == sources.len()
                && known
                    .files
                    .iter()
                    .zip(sources)
                    .all(|(file, source)| file.path == source.located.path && file.digest == source.digest)
        };
        let same = origin.is_some_and(|origin| origin.settings == *settings && same_files(&origin.ingestion));
        if !same {
            return Ok(Self { next: Some(current.version + 1), base: Some(current) });
        }
        let before = match current.version {
            0 | 1 => None,
            number => Some(store.dataset_version(ingester.dataset(), number - 1)?.body),
        };
        Ok(Self { base: before, next: None })
    }

    /// What it adds to the cache key.
    pub(crate) fn external(&self) -> Value {
        self.base
            .as_ref()
            .map_or(Value::Null, |base| json!({"table": base.table.digest, "next_row": base.next_row.to_string()}))
    }

    /// The version that ids are continued from.
    pub(crate) fn previous(&self, store: &Store) -> Result<Option<Previous>, IngestError> {
        let read = |base: &DatasetVersion| {
            Ok(Previous { table: Table::read(store, &base.table.digest)?, next_row: base.next_row })
        };
        self.base.as_ref().map(read).transpose()
    }
}

/// Publishes a version.
pub(crate) fn publish(
    store: &Store,
    number: u64,
    table: &ArtifactRef,
    ingestion: &Ingestion,
    settings: Map<String, Value>,
    now: Timestamp,
) -> Result<(), IngestError> {
    let (record, _) = store.put_json(&Origin { settings, ingestion: ingestion.clone() })?;
    let name = ingestion.dataset.clone();
    let body = DatasetVersion {
        dataset: name.clone(),
        version: number,
        columns: ingestion.columns.clone(),
        table: table.clone(),
        record,
        next_row: ingestion.next_row,
    };
    let seed = Digest::of(format!("{name}\0{number}\0{record}").as_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&seed.bytes()[..10]);
    store.put_dataset_version(&Object {
        schema: Kind::DatasetVersion.schema(),
        id: Id::from_time(u64::try_from(now.millis()).unwrap_or_default(), random),
        kind: Kind::DatasetVersion,
        name,
        description: None,
        status: Status::Active,
        created: now,
        tags: Vec::new(),
        body,
    })?;
    Ok(())
}
