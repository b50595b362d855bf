//! Digests of files outside the store, remembered by path, size, times and inode.
//!
//! A file that changed moments ago may change again within the clock's grain and look the same. So a digest is remembered
//! only where the file is clearly older than the moment of remembering, both read from the file system's clock.

use crate::write::{Existing, Flush};
use crate::{Store, StoreError};
use mlspec_record::{Digest, Hasher, canonical_bytes};
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How much older than the moment of remembering a file must be.
const GRAIN: Duration = Duration::from_secs(2);

/// What a file looks like from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stamp {
    path: PathBuf,
    bytes: u64,
    /// Nanoseconds since 1970, as text: they are beyond 2⁵³.
    modified: String,
    changed: String,
    inode: String,
}

#[derive(Serialize, Deserialize)]
struct Memo {
    stamp: Stamp,
    digest: Digest,
}

impl Store {
    /// The SHA-256 of a file outside the store; the file is read only if it may have changed since the last time.
    ///
    /// # Errors
    /// When the file cannot be read or changes meanwhile.
    pub fn file_digest(&self, path: &Path) -> Result<Digest, StoreError> {
        let refused = |error| StoreError::io(path, error);
        let path = path.canonicalize().map_err(refused)?;
        let memo = format!("files/{}.json", Digest::of(path.as_os_str().as_encoded_bytes()).hex());
        let mut file = File::open(&path).map_err(refused)?;
        let before = stamp(&path, &file.metadata().map_err(refused)?).map_err(refused)?;
        let known = std::fs::read(self.find(&memo)).ok().and_then(|bytes| serde_json::from_slice::<Memo>(&bytes).ok());
        if let Some(memo) = known.filter(|memo| memo.stamp == before) {
            return Ok(memo.digest);
        }
        let digest = hash(&mut file).map_err(refused)?;
        let data = std::fs::metadata(&path).map_err(refused)?;
        if stamp(&path, &data).map_err(refused)? != before {
            return Err(StoreError::Unsteady { path });
        }
        self.remember_file(&self.own(&memo), &data, Memo { stamp: before, digest });
        Ok(digest)
    }

    /// Remembers a digest if that is safe. Where it fails, the file is read again the next time.
    fn remember_file(&self, memo_path: &Path, data: &Metadata, memo: Memo) {
        let Ok(bytes) = canonical_bytes(&memo) else { return };
        // The time that the file system gives a file of now.
        let now = tempfile::tempfile_in(self.tmp()).and_then(|file| file.metadata()?.modified());
        let old =
            |time: SystemTime| now.as_ref().is_ok_and(|now| now.duration_since(time).is_ok_and(|age| age > GRAIN));
        if data.modified().is_ok_and(old) && changed(data).is_none_or(old) {
            let _ = self.write(memo_path, &bytes, Flush::Later, Existing::Replaced);
        }
    }
}

/// The digest in a file that remembers one.
pub(crate) fn remembered(memo: &Path) -> Option<Digest> {
    serde_json::from_slice::<Memo>(&std::fs::read(memo).ok()?).ok().map(|memo| memo.digest)
}

fn hash(file: &mut File) -> std::io::Result<Digest> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

fn stamp(path: &Path, data: &Metadata) -> std::io::Result<Stamp> {
    let nanos = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_nanos().to_string(),
        Err(before) => format!("-{}", before.duration().as_nanos()),
    };
    Ok(Stamp {
        path: path.to_owned(),
        bytes: data.len(),
        modified: nanos(data.modified()?),
        changed: changed(data).map(nanos).unwrap_or_default(),
        inode: inode(data),
    })
}

/// When the file's inode changed, which a program cannot set back as it can the time of modification.
#[cfg(unix)]
fn changed(data: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = Duration::from_secs(u64::try_from(data.ctime()).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(seconds + Duration::from_nanos(u64::try_from(data.ctime_nsec()).ok()?))
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<SystemTime> {
    None
}

#[cfg(unix)]
fn inode(data: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!("{}:{}", data.dev(), data.ino())
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_files_are_not_trusted_and_old_ones_are() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store")).unwrap();
        let path = folder.path().join("mails.csv");
        let memos = || crate::records::entries(&store.root.join("files")).unwrap().len();
        std::fs::write(&path, b"a").unwrap();
        assert_eq!(store.file_digest(&path).unwrap(), Digest::of(b"a"));
        assert_eq!(memos(), 0, "it may change within the clock's grain");
        std::fs::write(&path, b"b").unwrap();
        assert_eq!(store.file_digest(&path).unwrap(), Digest::of(b"b"));

        // Set back its time: the change of the inode still betrays it.
        File::options().append(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(store.file_digest(&path).unwrap(), Digest::of(b"b"));
        if cfg!(unix) {
            assert_eq!(memos(), 0);
            std::thread::sleep(GRAIN + Duration::from_millis(100));
            assert_eq!(store.file_digest(&path).unwrap(), Digest::of(b"b"));
            assert_eq!(memos(), 1);
            std::fs::write(&path, b"c").unwrap();
            assert_eq!(store.file_digest(&path).unwrap(), Digest::of(b"c"));
        }
        assert!(store.file_digest(&folder.path().join("none")).is_err());
    }
}
