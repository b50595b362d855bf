//! What a document leads to in a store: every table, document and file that can be reached from it by digests.

use super::ProofError;
use mlspec_record::Digest;
use mlspec_store::{Store, StoreError};
use mlspec_table::Manifest;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// What was reached.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// Tables, whose chunks are the files of their manifests.
    pub(crate) tables: BTreeMap<Digest, Manifest>,
    /// Objects that are JSON.
    pub(crate) documents: BTreeSet<Digest>,
    /// Objects of other formats.
    pub(crate) blobs: BTreeSet<Digest>,
}

impl Reached {
    /// The objects of all tables, documents and other files.
    pub(crate) fn objects(&self) -> BTreeSet<Digest> {
        let chunks = self.tables.values().flat_map(|manifest| manifest.chunks.iter().map(|chunk| chunk.file));
        chunks.chain(self.documents.iter().copied()).chain(self.blobs.iter().copied()).collect()
    }
}

/// Follows digests. What it reached it does not follow again, so one serves for many documents.
#[derive(Debug)]
pub(crate) struct Reach<'a> {
    store: &'a Store,
    seen: BTreeSet<Digest>,
    pub(crate) reached: Reached,
}

impl<'a> Reach<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, seen: BTreeSet::new(), reached: Reached::default() }
    }

    /// Follows every digest in a document, and every digest in what these name.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(crate) fn follow(&mut self, document: &Value) -> Result<(), ProofError> {
        let mut open = Vec::new();
        digests(document, &mut open);
        while let Some(digest) = open.pop() {
            if self.seen.insert(digest) {
                self.visit(&digest, &mut open)?;
            }
        }
        Ok(())
    }

    /// Takes a document as reached, without following what it names.
    pub(crate) fn keep(&mut self, document: &Digest) {
        self.reached.documents.insert(*document);
    }

    fn visit(&mut self, digest: &Digest, open: &mut Vec<Digest>) -> Result<(), ProofError> {
        if self.store.manifest_path(digest).is_file() {
            let manifest: Manifest = self.store.manifest(digest)?;
            self.seen.extend(manifest.chunks.iter().map(|chunk| chunk.file));
            self.reached.tables.insert(*digest, manifest);
            return Ok(());
        }
        match json(&self.store.object_path(digest))? {
            None => {}
            Some(None) => {
                self.reached.blobs.insert(*digest);
            }
            Some(Some(document)) => {
                self.reached.documents.insert(*digest);
                digests(&document, open);
            }
        }
        Ok(())
    }
}

/// The JSON document of a file; nothing inside where it is something else, nothing at all where there is no file.
fn json(path: &Path) -> Result<Option<Option<Value>>, ProofError> {
    let refused = |error| ProofError::from(StoreError::io(path, error));
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    let mut bytes = vec![0; 1];
    if file.read(&mut bytes).map_err(refused)? == 0 || !matches!(bytes.as_slice(), [b'{' | b'[']) {
        return Ok(Some(None));
    }
    file.read_to_end(&mut bytes).map_err(refused)?;
    Ok(Some(serde_json::from_slice(&bytes).ok()))
}

/// Every digest that stands in a document, as a value or as a name.
pub(crate) fn digests(value: &Value, found: &mut Vec<Digest>) {
    match value {
        Value::String(text) => found.extend(Digest::new(text)),
        Value::Array(items) => items.iter().for_each(|item| digests(item, found)),
        Value::Object(members) => {
            for (key, member) in members {
                found.extend(Digest::new(key));
                digests(member, found);
            }
        }
        _ => {}
    }
}
