//! A store on top of another: whatever is written into it is gone when it is dropped, and the one below stays as it is.

use crate::{Store, StoreError};
use std::ops::Deref;
use std::sync::Arc;

/// A store that reads through to another and keeps what is written to itself. Dropped, it leaves nothing behind; what it leaves
/// when its process is killed, the next to open the store below removes.
#[derive(Debug)]
pub struct Overlay {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Deref for Overlay {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Store {
    /// A store on top of this one, for what is to be tried and not kept: everything of this one can be read there, and nothing
    /// that is written there comes here.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn overlay(&self) -> Result<Overlay, StoreError> {
        let tmp = self.tmp();
        let folder = std::fs::create_dir_all(&tmp)
            .and_then(|()| tempfile::Builder::new().prefix("overlay-").tempdir_in(&tmp))
            .map_err(|error| StoreError::io(&tmp, error))?;
        let store =
            Self { root: folder.path().to_owned(), session: Arc::default(), below: Some(Arc::new(self.clone())) };
        store.check_format()?;
        Ok(Overlay { store, _folder: folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::entries;
    use crate::{Change, Event, Live};
    use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Id, Name, Status, Timestamp, Version};
    use std::collections::BTreeMap;
    use std::path::Path;

    /// All files below a folder with their bytes, but for those that are being written and locks.
    fn files(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for name in entries(folder).unwrap() {
            let path = folder.join(&name);
            match path.is_dir() {
                true if name == "tmp" || name == "locks" => {}
                true => files(&path, found),
                false => drop(found.insert(path.display().to_string(), std::fs::read(&path).unwrap())),
            }
        }
    }

    #[test]
    fn what_is_written_stays_above_and_what_is_below_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let name = Name::new("complaints").unwrap();
        let live =
            |run: &str| Live { run: Id::new(run).unwrap(), version: Version::of(1, 0, 0), steps: BTreeMap::new() };
        let (below, table, record) = (store.put_object(b"below").unwrap(), Digest::of(b"table"), Id::new("r").unwrap());
        let event = |name: &str| Event {
            time: Timestamp::from_millis(0).unwrap(),
            actor: None,
            change: Change::Name(Name::new(name).unwrap()),
        };
        store.put_manifest(&table, &serde_json::json!({"chunks": [below]})).unwrap();
        store.put_live(&name, &live("a")).unwrap();
        store.append_event(&record, Status::Active, &event("one")).unwrap();
        let all = || {
            let mut found = BTreeMap::new();
            files(folder.path(), &mut found);
            found
        };
        let before = all();

        let overlay = store.overlay().unwrap();
        assert_eq!(overlay.object(&below).unwrap(), b"below");
        assert_eq!(overlay.put_object(b"below").unwrap(), below);
        assert_eq!(entries(&overlay.root().join("objects")).unwrap().len(), 0, "it is there already");
        let above = overlay.put_object(b"above").unwrap();
        assert!(overlay.has_object(&above, None) && !store.has_object(&above, None));
        let artifact = ArtifactRef { kind: ArtifactKind::Table, digest: table, lineage: None, rows: None, bytes: 0 };
        let parts = overlay.files_of([&artifact]).unwrap();
        assert_eq!(parts, store.files_of([&artifact]).unwrap());
        assert!(parts.iter().all(|file| overlay.is_in_place(file, std::time::SystemTime::UNIX_EPOCH)));
        overlay.put_live(&name, &live("b")).unwrap();
        overlay.append_event(&record, Status::Active, &event("two")).unwrap();
        assert_eq!(overlay.live(&name).unwrap(), Some(live("b")));
        assert_eq!(overlay.live_pipelines().unwrap(), std::slice::from_ref(&name));
        assert_eq!((overlay.events(&record).unwrap().len(), store.events(&record).unwrap().len()), (2, 1));
        assert_eq!(store.live(&name).unwrap(), Some(live("a")));
        drop(overlay);
        assert_eq!(all(), before);
        assert_eq!(entries(&folder.path().join("tmp")).unwrap(), ["_lock"]);
    }
}
