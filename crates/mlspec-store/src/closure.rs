//! Which files an artifact consists of.
//!
//! The store does not know the formats of artifacts. It finds their parts by the digests that their JSON names, as far as
//! something of that digest is stored; what lies *behind* an artifact (lineage parents, records) is no part of it.

use crate::{Store, StoreError};
use mlspec_record::{ArtifactRef, Digest, Lineage, LineageNode, RowLineage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::time::SystemTime;

/// A file of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its path in the store, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The digest of its bytes.
    pub sha256: Digest,
}

/// Members that point to what lies behind an artifact, and those that name values, not files.
const BEHIND: [&str; 6] = ["lineage", "parents", "record", "producer", "inputs", "values"];

impl Store {
    /// The files that these artifacts and their lineage consist of, sorted.
    ///
    /// # Errors
    /// When one of the artifacts is not stored, or the file system refuses.
    pub fn files_of<'a>(
        &self,
        artifacts: impl IntoIterator<Item = &'a ArtifactRef>,
    ) -> Result<Vec<StoredFile>, StoreError> {
        let mut walk = Walk { store: self, seen: BTreeSet::new(), files: BTreeSet::new() };
        for artifact in artifacts {
            if !walk.visit(&artifact.digest)? {
                return Err(self.absent(&artifact.digest));
            }
            if let Some(lineage) = &artifact.lineage {
                walk.lineage(lineage)?;
            }
        }
        Ok(walk.files.into_iter().collect())
    }

    /// Whether a file is in place. Its size is compared; its bytes only if it was touched after `kept`. One with other
    /// bytes is set aside, so that it is made anew.
    pub fn is_in_place(&self, file: &StoredFile, kept: SystemTime) -> bool {
        let path = self.find(&file.path);
        let Ok(data) = std::fs::metadata(&path) else { return false };
        let untouched = data.modified().is_ok_and(|modified| modified <= kept);
        let same = data.len() == file.bytes
            && (untouched || std::fs::read(&path).is_ok_and(|b| Digest::of(&b) == file.sha256));
        if !same {
            self.set_aside(&path);
        }
        same
    }

    /// Copies a file of an artifact into another store.
    ///
    /// # Errors
    /// When it was changed, or a file system refuses.
    pub fn copy_file(&self, file: &StoredFile, to: &Self) -> Result<(), StoreError> {
        let path = self.find(&file.path);
        let bytes = std::fs::read(&path).map_err(|error| StoreError::io(&path, error))?;
        match Digest::of(&bytes) == file.sha256 {
            true => to.put_later(&to.own(&file.path), &bytes).map(drop),
            false => Err(StoreError::Changed(file.sha256)),
        }
    }

    /// Moves a file with wrong bytes out of the way; it is kept under `changed/` for whoever wants to know why.
    /// What lies in the store below an overlay stays.
    pub(crate) fn set_aside(&self, path: &Path) {
        let folder = self.root.join("changed");
        if let Some(name) = path.strip_prefix(&self.root).ok().and_then(Path::to_str) {
            let moved = std::fs::create_dir_all(&folder);
            // Where this fails, the next read says again that the file was changed.
            let _ = moved.and_then(|()| std::fs::rename(path, folder.join(name.replace(['/', '\\'], "-"))));
        }
    }
}

struct Walk<'a> {
    store: &'a Store,
    seen: BTreeSet<Digest>,
    files: BTreeSet<StoredFile>,
}

impl Walk<'_> {
    /// Adds what is stored under this digest and what it names; says whether there is anything.
    fn visit(&mut self, digest: &Digest) -> Result<bool, StoreError> {
        if !self.seen.insert(*digest) {
            return Ok(true);
        }
        let manifest = self.store.manifest_path(digest);
        if let Some(bytes) = read(&manifest)? {
            self.add(&manifest, bytes.len() as u64, Digest::of(&bytes));
            self.named(&bytes)?;
            return Ok(true);
        }
        let object = self.store.object_path(digest);
        let Some(size) = self.json_or_size(&object)? else { return Ok(false) };
        let bytes = match size {
            Ok(bytes) => {
                self.named(&bytes)?;
                bytes.len() as u64
            }
            Err(size) => size,
        };
        self.add(&object, bytes, *digest);
        Ok(true)
    }

    /// The bytes of an object that looks like JSON, the size of any other.
    fn json_or_size(&self, path: &Path) -> Result<Option<Result<Vec<u8>, u64>>, StoreError> {
        let refused = |error| StoreError::io(path, error);
        let mut file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        let size = file.metadata().map_err(refused)?.len();
        let mut bytes = vec![0; 1];
        if file.read(&mut bytes).map_err(refused)? == 0 || !matches!(bytes[..], [b'{' | b'[']) {
            return Ok(Some(Err(size)));
        }
        file.read_to_end(&mut bytes).map_err(refused)?;
        Ok(Some(Ok(bytes)))
    }

    fn named(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        // What is no JSON names nothing.
        let mut found = Vec::new();
        if let Ok(value) = serde_json::from_slice(bytes) {
            digests(&value, &mut found);
        }
        for named in found {
            match named {
                Named::Any(digest) => drop(self.visit(&digest)?),
                // A table has thousands of them: they are not looked at one by one.
                Named::File(digest, bytes) if self.seen.insert(digest) => {
                    self.files.insert(StoredFile { path: crate::objects::object(&digest), bytes, sha256: digest });
                }
                Named::File(..) => {}
            }
        }
        Ok(())
    }

    fn lineage(&mut self, digest: &Digest) -> Result<(), StoreError> {
        let path = self.store.object_path(digest);
        let bytes = read(&path)?.ok_or_else(|| self.store.absent(digest))?;
        self.add(&path, bytes.len() as u64, *digest);
        let lineage: Lineage = self.store.json(digest)?;
        if let RowLineage::Nodes { table, nodes, .. } = &lineage.rows {
            if let Some(table) = table {
                self.visit(table)?;
            }
            for node in nodes {
                if let LineageNode::Edges { table, .. } = node {
                    self.visit(table)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, bytes: u64, sha256: Digest) {
        if let Some(path) = self.store.relative(path) {
            self.files.insert(StoredFile { path: path.replace('\\', "/"), bytes, sha256 });
        }
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path, error)),
    }
}

/// What a document names.
enum Named {
    /// A table, a document, a file, or nothing that is stored.
    Any(Digest),
    /// A file that is no document, and its size: the members `file` and `bytes` of one object.
    File(Digest, u64),
}

fn digests(value: &Value, found: &mut Vec<Named>) {
    match value {
        Value::String(text) => found.extend(Digest::new(text).ok().map(Named::Any)),
        Value::Array(items) => items.iter().for_each(|item| digests(item, found)),
        Value::Object(members) => {
            let file = members.get("file").and_then(Value::as_str).and_then(|file| Digest::new(file).ok());
            if let Some((file, bytes)) = file.zip(members.get("bytes").and_then(Value::as_u64)) {
                found.push(Named::File(file, bytes));
                return;
            }
            let members = members.iter().filter(|(key, _)| !BEHIND.contains(&key.as_str()));
            members.for_each(|(_, member)| digests(member, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_record::ArtifactKind;
    use serde_json::json;

    #[test]
    fn an_artifact_is_its_manifest_its_chunks_and_its_lineage_but_not_its_parents() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let chunk = store.put_object(b"PAR1").unwrap();
        let table = Digest::of(b"table");
        let parent = store.put_object(b"{}").unwrap();
        let manifest = json!({"schema": [], "chunks": [{"file": chunk, "bytes": 4, "values": parent}]});
        store.put_manifest(&table, &manifest).unwrap();
        let edges = store.put_object(b"PAR1 edges").unwrap();
        let artifact =
            |digest, lineage| ArtifactRef { kind: ArtifactKind::Table, digest, lineage, rows: None, bytes: 0 };
        let parents = json!([{"scan": "rows", "artifact": artifact(parent, None)}]);
        let rows = json!({"type": "nodes", "table": edges, "nodes": [{"type": "scan", "parent": 0}], "roots": [0]});
        let (lineage, _) = store.put_json(&json!({"parents": parents, "rows": rows})).unwrap();
        let files = store.files_of([&artifact(table, Some(lineage))]).unwrap();
        assert_eq!(files.len(), 4);
        assert!(files.iter().all(|file| file.sha256 != parent));

        let other = tempfile::tempdir().unwrap();
        let copy = Store::open(other.path()).unwrap();
        files.iter().for_each(|file| store.copy_file(file, &copy).unwrap());
        assert_eq!(copy.files_of([&artifact(table, Some(lineage))]).unwrap(), files);
        assert!(store.files_of([&artifact(Digest::of(b"none"), None)]).is_err());
    }

    #[test]
    fn a_touched_file_is_read_and_a_changed_one_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let digest = store.put_object(b"rows").unwrap();
        let artifact = ArtifactRef { kind: ArtifactKind::Report, digest, lineage: None, rows: None, bytes: 4 };
        let [file] = &store.files_of([&artifact]).unwrap()[..] else { panic!("one file") };
        let path = store.object_path(&digest);
        let kept = std::fs::metadata(&path).unwrap().modified().unwrap();
        assert!(store.is_in_place(file, kept));
        assert!(store.is_in_place(file, SystemTime::UNIX_EPOCH), "touched, but the same bytes");
        std::fs::write(&path, b"ROWS").unwrap();
        assert!(!store.is_in_place(file, SystemTime::UNIX_EPOCH));
        assert!(!path.exists());
        store.put_object(b"rows").unwrap();
        assert!(store.is_in_place(file, SystemTime::UNIX_EPOCH));
    }
}
