//! Values that can be found again from the files, kept in memory by the handles of one opened store.

use crate::Store;
use mlspec_record::Digest;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes are kept; the oldest values go first.
const LIMIT: usize = 64 << 20;

/// What is kept, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Memo(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    values: VecDeque<(Digest, Arc<dyn Any + Send + Sync>, usize)>,
    bytes: usize,
}

impl Store {
    /// Keeps a value of about this size in memory, for whoever asks for it by this key through a handle on the same opened
    /// store. Only for what can be found again without it: it may be forgotten at any time.
    pub fn remember<T: Any + Send + Sync>(&self, key: Digest, value: T, bytes: usize) {
        if bytes > LIMIT {
            return;
        }
        let mut kept = self.memo().0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.values.push_back((key, Arc::new(value), bytes));
        kept.bytes += bytes;
        while kept.bytes > LIMIT {
            match kept.values.pop_front() {
                Some((_, _, bytes)) => kept.bytes -= bytes,
                None => break,
            }
        }
    }

    /// The value kept last under this key, if it is of this type and not forgotten.
    pub fn recall<T: Any + Send + Sync>(&self, key: &Digest) -> Option<Arc<T>> {
        let kept = self.memo().0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.values.iter().rev().find(|(known, _, _)| known == key)?;
        Arc::clone(&found.1).downcast().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let key = |n: u8| Digest::of(&[n]);
        for n in 0..4 {
            store.clone().remember(key(n), n, LIMIT / 3);
        }
        let found: Vec<_> = (0..4).map(|n| store.recall::<u8>(&key(n)).map(|n| *n)).collect();
        assert_eq!(found, [None, Some(1), Some(2), Some(3)]);
        assert_eq!(store.recall::<u16>(&key(1)), None, "of another type");
        store.remember(key(9), 9_u8, LIMIT + 1);
        assert_eq!(store.recall::<u8>(&key(9)), None, "too large");
    }
}
