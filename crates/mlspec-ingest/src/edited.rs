//! Which rows of a version are not as the files said.

use crate::IngestError;
use mlspec_record::body::Revision;
use mlspec_table::{Difference, Equality, Table, row_hashes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The rows that differ from what the files said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edited {
    edits: u64,
    removed: BTreeSet<u64>,
    changed: BTreeSet<u64>,
    added: BTreeSet<u64>,
}

impl Edited {
    /// With one edit more.
    pub(crate) fn and(mut self, found: &Difference) -> Self {
        self.edits += 1;
        for id in &found.removed {
            self.changed.remove(id);
            if !self.added.remove(id) {
                self.removed.insert(*id);
            }
        }
        self.changed.extend(found.changed.iter().filter(|id| !self.added.contains(id)));
        self.added.extend(&found.added);
        self
    }

    pub(crate) fn counts(&self) -> Revision {
        Revision {
            edits: self.edits,
            removed: self.removed.len() as u64,
            changed: self.changed.len() as u64,
            added: self.added.len() as u64,
        }
    }

    /// How many corrected and appended rows are not in `after` as they were in `before`, and how many such rows there are.
    pub(crate) fn contradicted(&self, before: &Table, after: &Table) -> Result<(usize, usize), IngestError> {
        let columns: Vec<&str> = before.schema().names().collect();
        let other = before.schema() != after.schema();
        let hashes = |table: &Table| row_hashes(table.frame(), &columns, Equality::Value);
        let (was, is) = if other { (Vec::new(), Vec::new()) } else { (hashes(before)?, hashes(after)?) };
        let (was_ids, is_ids) = (before.ids(), after.ids());
        let at =
            |ids: &[u64], hashes: &[u128], id: &u64| ids.binary_search(id).ok().and_then(|at| hashes.get(at).copied());
        let rows = self.changed.union(&self.added);
        let same = |id: &&u64| at(&was_ids, &was, id).is_some_and(|hash| at(&is_ids, &is, id) == Some(hash));
        let all = rows.clone().count();
        Ok((all - rows.filter(same).count(), all))
    }
}
