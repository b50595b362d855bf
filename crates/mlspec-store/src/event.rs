//! Changes of status, name or tags: appended, since records themselves never change.

use crate::{Store, StoreError};
use mlspec_record::{Id, Name, Status, StatusError, Tag, Timestamp, canonical_bytes};
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

/// A change of a record or managed object after it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What changed.
    pub change: Change,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The status became this.
    Status(Status),
    /// The name became this.
    Name(Name),
    /// The labels became these.
    Tags(Vec<Tag>),
}

impl Store {
    fn events_path(id: &Id) -> String {
        format!("events/{id}.ndjson")
    }

    /// Appends a change of the object of this id.
    ///
    /// # Errors
    /// When the status may not change so, or the file system refuses.
    pub fn append_event(&self, id: &Id, written: Status, event: &Event) -> Result<(), StoreError> {
        let _lock = self.lock("events")?;
        if let Change::Status(to) = event.change {
            let from = self.status(id, written)?;
            from.change(to).map_err(|error: StatusError| StoreError::Status { id: id.clone(), error })?;
        }
        let path = self.own(Self::events_path(id));
        let mut line = canonical_bytes(event)?;
        line.push(b'\n');
        let append = || {
            let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path)?;
            // A line that a crash cut off ends here, so that ours is whole.
            if file.seek(SeekFrom::End(0))? > 0 {
                file.seek(SeekFrom::End(-1))?;
                let mut last = [0];
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    line.insert(0, b'\n');
                }
            }
            file.write_all(&line)?;
            file.sync_data()
        };
        self.watch(&path)?;
        std::fs::create_dir_all(self.own("events")).map_err(|error| StoreError::io(&path, error))?;
        let known = self.find(Self::events_path(id));
        if known != path && known.exists() {
            std::fs::copy(&known, &path).map_err(|error| StoreError::io(&path, error))?;
        }
        let mut append = append;
        append().map_err(|error| StoreError::io(&path, error))
    }

    /// The changes of the object of this id, oldest first.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn events(&self, id: &Id) -> Result<Vec<Event>, StoreError> {
        let path = self.find(Self::events_path(id));
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    /// The status that the object of this id has now, which was `written` in its document.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn status(&self, id: &Id, written: Status) -> Result<Status, StoreError> {
        let events = self.events(id)?.into_iter();
        Ok(events.fold(written, |status, event| match event.change {
            Change::Status(now) => now,
            _ => status,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_add_up_and_a_cut_off_line_harms_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let id = Id::new("a").unwrap();
        let event = |change| Event { time: Timestamp::from_millis(0).unwrap(), actor: None, change };
        let status = |status| event(Change::Status(status));
        store.append_event(&id, Status::Active, &status(Status::Deprecated)).unwrap();
        let mut file = OpenOptions::new().append(true).open(store.own(Store::events_path(&id))).unwrap();
        file.write_all(b"{\"time\":").unwrap();
        store.append_event(&id, Status::Active, &event(Change::Name(Name::new("new").unwrap()))).unwrap();
        store.append_event(&id, Status::Active, &status(Status::Archived)).unwrap();
        assert_eq!(store.events(&id).unwrap().len(), 3);
        assert_eq!(store.status(&id, Status::Active).unwrap(), Status::Archived);
        let error = store.append_event(&id, Status::Active, &status(Status::Active)).unwrap_err();
        assert!(matches!(error, StoreError::Status { .. }));
    }
}
