//! Objects by the digest of their bytes, JSON objects by the digest of their canonical bytes, manifests by table digest.

use crate::unflushed::By;
use crate::verified::Stamp;
use crate::{Store, StoreError};
use mlspec_record::{Digest, canonical_bytes};
use serde::{Serialize, de::DeserializeOwned};
use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Store {
    /// Where the object of this digest lies.
    pub fn object_path(&self, digest: &Digest) -> PathBuf {
        self.find(object(digest))
    }

    /// Keeps bytes; returns their digest. Bytes that are there already are not written again. They are on disk once anything that
    /// may depend on them is: a record, a version, what is live.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn put_object(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        let path = self.object_path(&digest);
        match std::fs::metadata(&path) {
            Ok(data) if data.len() == bytes.len() as u64 => self.found(&digest, &path),
            _ => self.write_object(&digest, bytes)?,
        }
        Ok(digest)
    }

    /// As [`Store::put_object`], but where a file of this name is there, its bytes are verified, and replaced if they are others.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn put_object_anew(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        match self.has_object(&digest, None) && self.object(&digest).is_ok() {
            true => self.unflushed(self.object_path(&digest), By::Others),
            false => self.write_object(&digest, bytes)?,
        }
        Ok(digest)
    }

    fn write_object(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.own(object(digest));
        let data = self.put_later(&path, bytes)?;
        self.session.verified.note(digest, data.as_ref().and_then(Stamp::of));
        Ok(())
    }

    /// Another process may have written the file a moment ago, and not flushed it yet.
    fn found(&self, digest: &Digest, path: &Path) {
        if !self.session.verified.knows(digest) {
            self.unflushed(path.to_owned(), By::Others);
        }
    }

    /// The bytes of this digest, verified: hashed, unless this process did so before and the file was not touched since.
    ///
    /// # Errors
    /// When they are missing or were changed on disk.
    pub fn object(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.object_path(digest);
        let (bytes, stamp) = read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => self.absent(digest),
            _ => StoreError::io(&path, error),
        })?;
        if self.session.verified.holds(digest, stamp) {
            return Ok(bytes);
        }
        if Digest::of(&bytes) == *digest {
            self.session.verified.note(digest, stamp);
            return Ok(bytes);
        }
        // Out of the way, so that the next run makes it anew.
        self.set_aside(&path);
        Err(StoreError::Changed(*digest))
    }

    /// Whether an object of this digest is there, with this size if one is given. Its bytes are not read.
    pub fn has_object(&self, digest: &Digest, bytes: Option<u64>) -> bool {
        let found = std::fs::metadata(self.object_path(digest));
        found.is_ok_and(|data| bytes.is_none_or(|bytes| data.len() == bytes))
    }

    /// Keeps a value as canonical JSON; returns the digest of those bytes and their number.
    ///
    /// # Errors
    /// When the value has no canonical form, or the file system refuses.
    pub fn put_json(&self, value: &impl Serialize) -> Result<(Digest, u64), StoreError> {
        let bytes = canonical_bytes(value)?;
        Ok((self.put_object(&bytes)?, bytes.len() as u64))
    }

    /// The value whose canonical JSON has this digest.
    ///
    /// # Errors
    /// When it is missing, was changed on disk, or has another shape.
    pub fn json<T: DeserializeOwned>(&self, digest: &Digest) -> Result<T, StoreError> {
        let bytes = self.object(digest)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| StoreError::Corrupt { path: self.object_path(digest), reason: error.to_string() })
    }

    /// Where the manifest of a table digest lies.
    pub fn manifest_path(&self, digest: &Digest) -> PathBuf {
        self.find(manifest(digest))
    }

    /// Keeps the manifest of a table digest.
    ///
    /// # Errors
    /// When the value has no canonical form, or the file system refuses.
    pub fn put_manifest(&self, digest: &Digest, value: &impl Serialize) -> Result<(), StoreError> {
        let (path, bytes) = (self.manifest_path(digest), canonical_bytes(value)?);
        match std::fs::read(&path) {
            Ok(kept) if kept == bytes => {
                self.unflushed(path, By::Others);
                Ok(())
            }
            _ => self.put_later(&self.own(manifest(digest)), &bytes).map(drop),
        }
    }

    /// The manifest of a table digest. That it gives this digest is for the caller to check.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn manifest<T: DeserializeOwned>(&self, digest: &Digest) -> Result<T, StoreError> {
        self.read_manifest(digest).map(|(manifest, _)| manifest)
    }

    /// As [`Store::manifest`], once `check` accepts it. What this process read and checked is not read again while its file stays
    /// as it is.
    ///
    /// # Errors
    /// When it is missing or has another shape, or `check` refuses it.
    pub fn checked_manifest<T, E>(&self, digest: &Digest, check: impl FnOnce(&T) -> Result<(), E>) -> Result<Arc<T>, E>
    where
        T: DeserializeOwned + Any + Send + Sync,
        E: From<StoreError>,
    {
        let key = Digest::of(format!("manifest {digest}").as_bytes());
        if let Some(known) = self.recall::<(Option<Stamp>, Arc<T>)>(&key) {
            let now = std::fs::metadata(self.manifest_path(digest)).ok().as_ref().and_then(Stamp::of);
            if known.0.is_some() && known.0 == now {
                return Ok(Arc::clone(&known.1));
            }
        }
        let (manifest, (stamp, bytes)) = self.read_manifest(digest)?;
        check(&manifest)?;
        let manifest = Arc::new(manifest);
        self.remember(key, (stamp, Arc::clone(&manifest)), bytes);
        Ok(manifest)
    }

    fn read_manifest<T: DeserializeOwned>(&self, digest: &Digest) -> Result<(T, (Option<Stamp>, usize)), StoreError> {
        let path = self.manifest_path(digest);
        let (bytes, stamp) = read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => self.absent(digest),
            _ => StoreError::io(&path, error),
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(manifest) => Ok((manifest, (stamp, bytes.len()))),
            Err(error) => Err(StoreError::Corrupt { path, reason: error.to_string() }),
        }
    }
}

/// The path of an object in the store.
pub(crate) fn object(digest: &Digest) -> String {
    let hex = digest.hex();
    format!("objects/{}/{}", &hex[..2], &hex[2..])
}

/// The path of a manifest in the store.
pub(crate) fn manifest(digest: &Digest) -> String {
    format!("manifests/{}.json", digest.hex())
}

/// The bytes of a file, and its stamp from before they were read.
fn read(path: &Path) -> std::io::Result<(Vec<u8>, Option<Stamp>)> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path)?;
    let data = file.metadata()?;
    let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok((bytes, Stamp::of(&data)))
}
