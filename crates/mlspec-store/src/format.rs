//! The version of the folder's layout.

use crate::{Store, StoreError, write_atomic};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;

/// The newest layout that this version reads and the one it writes.
const FORMAT: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Format {
    format: u64,
}

impl Store {
    /// Refuses a layout of the future; writes `store.json` where there is none.
    pub(crate) fn check_format(&self) -> Result<(), StoreError> {
        let path = self.root.join("store.json");
        match std::fs::read(&path) {
            Ok(bytes) => {
                let found: Format = serde_json::from_slice(&bytes)
                    .map_err(|error| StoreError::Corrupt { path: path.clone(), reason: error.to_string() })?;
                if found.format <= FORMAT {
                    Ok(())
                } else {
                    Err(StoreError::Newer { found: found.format, known: FORMAT })
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let tmp = self.root.join("tmp");
                std::fs::create_dir_all(&tmp).map_err(|error| StoreError::io(&self.root, error))?;
                write_atomic(&tmp, &path, format!("{{\"format\":{FORMAT}}}\n").as_bytes())
            }
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Store, StoreError};
    use mlspec_record::{ExitCode, Failure};

    #[test]
    fn a_store_opens_again_and_a_newer_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &str| {
            std::fs::write(folder.path().join("store.json"), text).unwrap();
            Store::open(folder.path())
        };
        Store::open(folder.path()).unwrap();
        Store::open(folder.path()).unwrap();
        let newer = check("{\"format\":2}").unwrap_err();
        assert!(matches!(newer, StoreError::Newer { found: 2, known: 1 }));
        assert_eq!(newer.exit_code(), ExitCode::Usage);
        assert!(matches!(check("{").unwrap_err(), StoreError::Corrupt { .. }));
        check("{\"format\":1, \"later\":true}").unwrap();
    }
}
