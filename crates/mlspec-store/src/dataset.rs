//! Datasets: numbered versions, of which the highest is current. Publishing one is one rename, which fails where the
//! number is taken, so no two processes use the same row ids.

use crate::write::{Existing, Flush, sync_folder};
use crate::{Store, StoreError};
use mlspec_record::object::DatasetVersion;
use mlspec_record::{Name, Object, Record};

impl Store {
    fn dataset_folder(name: &Name) -> std::path::PathBuf {
        std::path::Path::new("datasets").join(name.as_str())
    }

    /// The current version of a dataset, if it has one.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn dataset(&self, name: &Name) -> Result<Option<Object<DatasetVersion>>, StoreError> {
        match self.dataset_versions(name)?.last() {
            Some(&newest) => self.dataset_version(name, newest).map(Some),
            None => Ok(None),
        }
    }

    /// The numbers of a dataset's versions, ascending.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn dataset_versions(&self, name: &Name) -> Result<Vec<u64>, StoreError> {
        let files = self.names(Self::dataset_folder(name))?;
        let mut numbers: Vec<u64> = files.iter().filter_map(|file| file.strip_suffix(".json")?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// One version of a dataset.
    ///
    /// # Errors
    /// When there is none of this number, or its file cannot be read.
    pub fn dataset_version(&self, name: &Name, version: u64) -> Result<Object<DatasetVersion>, StoreError> {
        let path = self.find(Self::dataset_folder(name).join(format!("{version}.json")));
        match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| StoreError::Corrupt { path, reason: error.to_string() })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(StoreError::Unknown { what: "dataset version", name: format!("{name}/{version}") })
            }
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    /// The names of all datasets.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn datasets(&self) -> Result<Vec<Name>, StoreError> {
        let names = self.names("datasets")?;
        Ok(names.iter().filter_map(|name| Name::new(name).ok()).collect())
    }

    /// Publishes a version, which becomes the current one.
    ///
    /// # Errors
    /// When another process published a version meanwhile, or row ids would be used again, or the file system refuses.
    pub fn put_dataset_version(&self, version: &Object<DatasetVersion>) -> Result<(), StoreError> {
        let _lock = self.lock(&format!("dataset-{}", version.body.dataset))?;
        self.check_version(version)?;
        self.write_version(version)
    }

    /// Publishes versions of several datasets: all, or none where one cannot be. Where a crash came in between, calling it again
    /// finishes: a version that is published already is none to be refused.
    ///
    /// # Errors
    /// As [`Store::put_dataset_version`].
    pub fn put_dataset_versions(&self, versions: &[Object<DatasetVersion>]) -> Result<(), StoreError> {
        let names: std::collections::BTreeSet<&Name> = versions.iter().map(|version| &version.body.dataset).collect();
        let lock = |name: &&Name| self.lock(&format!("dataset-{name}"));
        let _locks = names.iter().map(lock).collect::<Result<Vec<_>, _>>()?;
        let there = |version: &Object<DatasetVersion>| {
            self.dataset_version(&version.body.dataset, version.body.version).is_ok_and(|found| found == *version)
        };
        let left: Vec<_> = versions.iter().filter(|version| !there(version)).collect();
        left.iter().try_for_each(|version| self.check_version(version))?;
        left.iter().try_for_each(|version| self.write_version(version))
    }

    fn check_version(&self, version: &Object<DatasetVersion>) -> Result<(), StoreError> {
        let name = &version.body.dataset;
        let conflict = |problem: String| StoreError::Conflict { name: name.clone(), problem };
        let Some(current) = self.dataset(name)?.map(|current| current.body) else { return Ok(()) };
        if version.body.version != current.version + 1 {
            return Err(conflict(format!("version {} is published already", current.version)));
        }
        if version.body.next_row < current.next_row {
            return Err(conflict("row ids would be used again".to_owned()));
        }
        Ok(())
    }

    fn write_version(&self, version: &Object<DatasetVersion>) -> Result<(), StoreError> {
        let folder = self.own(Self::dataset_folder(&version.body.dataset));
        let path = folder.join(format!("{}.json", version.body.version));
        self.write(&path, &Record::from_view(version)?.to_bytes()?, Flush::Now, Existing::Kept)?;
        sync_folder(&folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Id, Kind, Status, TableSchema, Timestamp};

    fn version(number: u64, next_row: u64) -> Object<DatasetVersion> {
        let name = Name::new("mails").unwrap();
        let digest = Digest::of(b"");
        let table = ArtifactRef { kind: ArtifactKind::Table, digest, lineage: None, rows: Some(next_row), bytes: 0 };
        Object {
            schema: Kind::DatasetVersion.schema(),
            id: Id::new("a").unwrap(),
            kind: Kind::DatasetVersion,
            name: name.clone(),
            description: None,
            status: Status::Active,
            created: Timestamp::from_millis(0).unwrap(),
            tags: Vec::new(),
            body: DatasetVersion {
                dataset: name,
                version: number,
                columns: TableSchema::default(),
                table,
                record: digest,
                next_row,
            },
        }
    }

    #[test]
    fn numbers_and_row_ids_are_never_used_twice() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let name = Name::new("mails").unwrap();
        assert_eq!(store.dataset(&name).unwrap(), None);
        for (number, next_row, ok) in [(1, 10, true), (1, 10, false), (3, 12, false), (2, 9, false), (2, 12, true)] {
            assert_eq!(store.put_dataset_version(&version(number, next_row)).is_ok(), ok, "{number} {next_row}");
        }
        for number in 3..=11 {
            store.put_dataset_version(&version(number, 12)).unwrap();
        }
        assert_eq!(store.dataset(&name).unwrap(), Some(version(11, 12)));
        assert_eq!(store.dataset_version(&name, 1).unwrap(), version(1, 10));
        assert!(store.dataset_version(&name, 12).is_err());
        let both = [version(12, 12), version(11, 12)];
        store.put_dataset_versions(&both).unwrap();
        store.put_dataset_versions(&both).unwrap();
        assert!(store.put_dataset_versions(&[version(13, 11)]).is_err());
        assert!(store.put_dataset_versions(&[version(14, 12)]).is_err());
        assert_eq!(store.datasets().unwrap(), [name]);
    }
}
