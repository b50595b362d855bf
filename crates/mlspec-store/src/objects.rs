//! Objects by the digest of their bytes, JSON objects by the digest of their canonical bytes, manifests by table digest.

use crate::verified::Stamp;
use crate::{Store, StoreError};
use mlspec_record::{Digest, canonical_bytes};
use serde::{Serialize, de::DeserializeOwned};
use std::path::PathBuf;

impl Store {
    /// Where the object of this digest lies.
    pub fn object_path(&self, digest: &Digest) -> PathBuf {
        self.find(object(digest))
    }

    /// Keeps bytes; returns their digest. Bytes that are there already are not written again.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn put_object(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        let path = self.object_path(&digest);
        let kept = std::fs::metadata(&path).is_ok_and(|data| data.len() == bytes.len() as u64);
        if !kept {
            let path = self.own(object(&digest));
            self.put(&path, bytes)?;
            let stamp = std::fs::metadata(&path).ok().and_then(|data| Stamp::of(&data));
            self.session.verified.note(&digest, stamp);
        }
        Ok(digest)
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
            Ok(kept) if kept == bytes => Ok(()),
            _ => self.put(&self.own(manifest(digest)), &bytes),
        }
    }

    /// The manifest of a table digest. That it gives this digest is for the caller to check.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn manifest<T: DeserializeOwned>(&self, digest: &Digest) -> Result<T, StoreError> {
        let path = self.manifest_path(digest);
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => self.absent(digest),
            _ => StoreError::io(&path, error),
        })?;
        serde_json::from_slice(&bytes).map_err(|error| StoreError::Corrupt { path, reason: error.to_string() })
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
fn read(path: &std::path::Path) -> std::io::Result<(Vec<u8>, Option<Stamp>)> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path)?;
    let data = file.metadata()?;
    let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok((bytes, Stamp::of(&data)))
}
