//! New versions of datasets: made and stored, not published.

use super::resolve::SourceEdit;
use super::{Maintainer, Request};
use crate::MaintainError;
use mlspec_ingest::{Edition, Edits, suppress};
use mlspec_record::body::Ingestion;
use mlspec_record::object::{ChangeKind, DatasetVersion, SourceChange};
use mlspec_record::{ArtifactRef, Name, Object};
use mlspec_store::{Store, StoreError};
use mlspec_table::{Difference, Table};
use serde_json::Value;

/// A source as it is to be.
#[derive(Clone, Debug)]
pub(crate) struct Revised {
    pub(crate) step: Name,
    pub(crate) before: ArtifactRef,
    pub(crate) after: ArtifactRef,
    pub(crate) body: Ingestion,
    pub(crate) difference: Difference,
    pub(crate) version: Object<DatasetVersion>,
    /// The dataset's list of erased rows as it will be, if it changes.
    pub(crate) suppressed: Option<Value>,
    /// How many new rows were left out, since they were erased before.
    pub(crate) left_out: u64,
}

impl Revised {
    /// How many rows went, came and changed.
    pub(crate) fn counts(&self) -> SourceChange {
        let count = |rows: &[u64]| rows.len() as u64;
        SourceChange {
            step: self.step.clone(),
            dataset: self.body.dataset.clone(),
            removed: count(&self.difference.removed),
            added: count(&self.difference.added),
            changed: count(&self.difference.changed),
        }
    }

    /// Why its step leaves something else, as a sentence.
    pub(crate) fn reason(&self) -> String {
        let SourceChange { removed, added, changed, .. } = self.counts();
        let told = [(removed, "removed"), (added, "added"), (changed, "changed")];
        let told: Vec<_> =
            told.iter().filter(|(rows, _)| *rows > 0).map(|(rows, how)| format!("{rows} rows {how}")).collect();
        format!("its source changed: {}", told.join(", "))
    }
}

impl Maintainer<'_> {
    /// Makes new versions of the sources that change; of those in which nothing changes there is none.
    pub(super) fn revise(
        &self,
        store: &Store,
        edits: &[SourceEdit<'_>],
        request: &Request,
    ) -> Result<Vec<Revised>, MaintainError> {
        let mut revised = Vec::new();
        for edit in edits {
            revised.extend(self.revise_one(store, edit, request)?);
        }
        Ok(revised)
    }

    fn revise_one(
        &self,
        store: &Store,
        edit: &SourceEdit<'_>,
        request: &Request,
    ) -> Result<Option<Revised>, MaintainError> {
        let (dataset, before) = (&edit.source.body.dataset, &edit.source.artifact);
        let secret = self.secret.as_ref().map(mlspec_runner::Secret::bytes);
        let edition = Edition::open_at(store, dataset, &before.digest, secret)?;
        let edits = Edits {
            remove: edit.remove.clone(),
            put: edit.correct.as_ref().map(|path| edition.read_corrections(path)).transpose()?,
            append: edit.append.as_ref().map(|path| edition.read_rows(path)).transpose()?,
            replace: edit.replace.as_ref().map(|path| edition.read_rows(path)).transpose()?,
        };
        let revised = edition.revise(&edits)?;
        let Some(draft) = revised.draft else { return Ok(None) };
        let difference = draft.difference(store)?;
        // What is only tried out needs no secret.
        let suppressed = match request.change == ChangeKind::Forget && !request.is_dry() {
            true => Some(suppressed(store, edit, secret)?),
            false => None,
        };
        Ok(Some(Revised {
            step: edit.source.step.clone(),
            before: before.clone(),
            after: draft.table.clone(),
            version: draft.version(self.around.host.now()),
            body: draft.ingestion,
            difference,
            suppressed,
            left_out: revised.suppressed,
        }))
    }
}

/// The dataset's list of erased rows with these ones. It is made in a store on top of the store, and becomes the list when the
/// erasure is complete.
fn suppressed(store: &Store, edit: &SourceEdit<'_>, secret: Option<&[u8]>) -> Result<Value, MaintainError> {
    let dataset = &edit.source.body.dataset;
    let overlay = store.overlay()?;
    let rows = Table::read_rows(store, &edit.source.artifact.digest, &edit.remove)?;
    suppress(&overlay, dataset, secret, &rows)?;
    let made = overlay.suppressed::<Value>(dataset)?;
    made.map(|(list, _)| list)
        .ok_or_else(|| StoreError::Unknown { what: "list of erased rows", name: dataset.to_string() }.into())
}
