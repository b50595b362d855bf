//! Per dataset a list of what was erased and must not come back. The store knows nothing of its form.

use crate::{Store, StoreError};
use mlspec_record::{Digest, Name, canonical_bytes};
use serde::{Serialize, de::DeserializeOwned};
use std::path::PathBuf;

impl Store {
    /// The list of a dataset and the digest of its bytes, if there is one.
    ///
    /// # Errors
    /// When it cannot be read or has another shape.
    pub fn suppressed<T: DeserializeOwned>(&self, dataset: &Name) -> Result<Option<(T, Digest)>, StoreError> {
        Ok(Self::read_json(self.find(suppressed_path(dataset)))?.map(|(list, bytes)| (list, Digest::of(&bytes))))
    }

    /// Replaces the list of a dataset by what `change` makes of it, while no other process does. A list that `change` leaves as it
    /// was is not written.
    ///
    /// # Errors
    /// When the list cannot be read or written, or `change` fails.
    pub fn change_suppressed<T, E>(
        &self,
        dataset: &Name,
        change: impl FnOnce(Option<T>) -> Result<T, E>,
    ) -> Result<(), E>
    where
        T: Serialize + DeserializeOwned,
        E: From<StoreError>,
    {
        let _lock = self.lock(&format!("suppressed-{dataset}"))?;
        let (before, digest) = self.suppressed(dataset)?.unzip();
        let bytes = canonical_bytes(&change(before)?).map_err(StoreError::from)?;
        if digest != Some(Digest::of(&bytes)) {
            self.put(&self.own(suppressed_path(dataset)), &bytes)?;
        }
        Ok(())
    }
}

fn suppressed_path(dataset: &Name) -> PathBuf {
    format!("suppressed/{dataset}.json").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_grows() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let name = Name::new("mails").unwrap();
        let add = |store: &Store, item: u64| {
            store.change_suppressed(&name, |list: Option<Vec<u64>>| {
                let mut list = list.unwrap_or_default();
                list.push(item);
                Ok::<_, StoreError>(list)
            })
        };
        let list = |store: &Store| store.suppressed::<Vec<u64>>(&name).unwrap().map(|(list, _)| list);
        assert_eq!(list(&store), None);
        add(&store, 1).unwrap();
        let overlay = store.overlay().unwrap();
        add(&overlay, 2).unwrap();
        assert_eq!((list(&store), list(&overlay)), (Some(vec![1]), Some(vec![1, 2])));
        let failed = store.change_suppressed(&name, |_: Option<Vec<u64>>| Err(StoreError::Missing(Digest::of(b""))));
        assert!(failed.is_err());
        assert_eq!(list(&store), Some(vec![1]));
    }
}
