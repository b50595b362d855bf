//! Versions of the dataset in the store.

use crate::edited::Edited;
use crate::ingester::Sources;
use crate::{IngestError, Ingester, Previous};
use mlspec_record::body::Ingestion;
use mlspec_record::object::DatasetVersion;
use mlspec_record::{ArtifactRef, Digest, Id, Kind, Object, Status, Timestamp};
use mlspec_store::Store;
use mlspec_table::Table;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The document that a version's `record` names: what was read, how, and what was edited since.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) settings: Map<String, Value>,
    pub(crate) ingestion: Ingestion,
    /// The list of erased rows as it was when the files were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) suppressed: Option<Digest>,
    /// The rows that were edited since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) edited: Option<Edited>,
}

/// Where these rows stand among the versions of the dataset.
#[derive(Debug)]
pub(crate) enum Standing {
    /// They are read.
    Read {
        /// The version that ids are continued from: the one before the version of these files and settings, or else the current.
        base: Option<DatasetVersion>,
        /// The number that a new version would get; none where these files and settings are the current version.
        next: Option<u64>,
        /// The rows of the base that were edited.
        edited: Option<Edited>,
    },
    /// The current version came from them, and was edited since: it stays.
    Kept {
        /// The version.
        current: DatasetVersion,
        /// What its record says.
        ingestion: Box<Ingestion>,
    },
}

impl Standing {
    /// Looks the dataset up. `suppressed` is the list of erased rows now.
    pub(crate) fn of(
        store: &Store,
        ingester: &Ingester,
        settings: &Map<String, Value>,
        sources: &Sources,
        suppressed: Option<Digest>,
    ) -> Result<Self, IngestError> {
        let Some(current) = store.dataset(ingester.dataset())? else {
            return Ok(Self::Read { base: None, next: Some(1), edited: None });
        };
        let current = current.body;
        let origin: Option<Origin> = store.json(&current.record).ok();
        let Some(origin) = origin else {
            return Ok(Self::Read { next: Some(current.version + 1), base: Some(current), edited: None });
        };
        let same = origin.settings == *settings && sources.are_those_of(&origin.ingestion);
        match origin.edited {
            Some(_) if same => Ok(Self::Kept { current, ingestion: Box::new(origin.ingestion) }),
            None if same && origin.suppressed == suppressed => {
                let base = match current.version {
                    0 | 1 => None,
                    number => Some(store.dataset_version(ingester.dataset(), number - 1)?.body),
                };
                Ok(Self::Read { base, next: None, edited: None })
            }
            edited => Ok(Self::Read { next: Some(current.version + 1), base: Some(current), edited }),
        }
    }

    /// What it adds to the cache key.
    pub(crate) fn external(&self) -> Value {
        let version =
            |version: &DatasetVersion| json!({"table": version.table.digest, "next_row": version.next_row.to_string()});
        match self {
            Self::Read { base, .. } => base.as_ref().map_or(Value::Null, version),
            Self::Kept { current, .. } => json!({"edited": current.version, "version": version(current)}),
        }
    }
}

/// The version that ids are continued from.
pub(crate) fn previous(store: &Store, base: Option<&DatasetVersion>) -> Result<Option<Previous>, IngestError> {
    let read = |base: &DatasetVersion| {
        Ok(Previous { table: Table::read(store, &base.table.digest)?, next_row: base.next_row })
    };
    base.map(read).transpose()
}

/// A version, to be published.
pub(crate) fn version(
    number: u64,
    table: &ArtifactRef,
    ingestion: &Ingestion,
    record: Digest,
    now: Timestamp,
) -> Object<DatasetVersion> {
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
    Object {
        schema: Kind::DatasetVersion.schema(),
        id: Id::from_time(u64::try_from(now.millis()).unwrap_or_default(), random),
        kind: Kind::DatasetVersion,
        name,
        description: None,
        status: Status::Active,
        created: now,
        tags: Vec::new(),
        body,
    }
}
