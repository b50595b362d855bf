//! Encoders and matrices after rows changed: rows are taken out of the statistics and put in, encoders are fitted to what
//! comes out, and of the raw tables only the rows that differ are encoded. The result is that of a run, to the bit.

use crate::encoding::one_class;
use crate::stage::{Encoded, leave};
use crate::state::{KeptState, Statistics, classes_of};
use crate::tally::{KeptTally, Tally, category_id};
use crate::{EncodeError, Encoding};
use mlspec_model::{FittedEncoders, LABEL, Matrix, encode_rows, encode_rows_with_terms};
use mlspec_record::body::Transformation;
use mlspec_record::{ArtifactKind, ArtifactRef, Name, TableSchema};
use mlspec_stage::{Changes, Context, Previous, StageError};
use mlspec_store::Store;
use mlspec_table::{Difference, Table, difference, manifest, patch};
use std::collections::{BTreeMap, BTreeSet};

/// A part before and now.
struct Part<'a> {
    port: &'a Name,
    /// The table that arrives now.
    artifact: ArtifactRef,
    schema: TableSchema,
    /// What changed in it.
    difference: Difference,
    /// The raw table before.
    raw: ArtifactRef,
    /// Whether encoders are fitted on it.
    fitted: bool,
}

/// The raw table of a part, the classes of its labels, and a warning.
type Carried = (ArtifactRef, Option<KeptTally>, Option<String>);

/// The statistics of the rows that are there now, and the raw rows that are new.
type Counted = (Statistics, Table);

/// What the run before left.
struct Before<'a> {
    parts: Vec<Part<'a>>,
    encoders: FittedEncoders,
    state: KeptState,
}

impl Part<'_> {
    /// The rows that were added or changed, with the columns that are encoded.
    fn new_rows(&self, store: &Store, encoding: &Encoding) -> Result<Table, EncodeError> {
        let columns = encoding.table_columns(&self.schema);
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        Ok(self.difference.new_rows(store, &self.artifact.digest, Some(&columns))?)
    }

    /// The raw table with these rows in place of those that changed.
    fn patched(&self, store: &Store, new: &Table) -> Result<ArtifactRef, EncodeError> {
        if self.difference.is_empty() {
            return Ok(self.raw.clone());
        }
        Ok(patch(store, &self.raw.digest, &self.difference.removed, new)?)
    }

    fn encoded(&self, raw: ArtifactRef) -> Encoded<'_> {
        Encoded { port: self.port, artifact: &self.artifact, schema: &self.schema, raw, fitted: self.fitted }
    }
}

impl Encoding {
    /// Carries changes over from the run before; says whether that was possible. If not, nothing was left.
    pub(crate) fn carry_over(&self, cx: &mut Context<'_>, changes: &Changes) -> Result<bool, StageError> {
        let store = cx.store();
        let Some(before) = cx.previous().and_then(|previous| self.before(cx, previous, changes)) else {
            return Ok(false);
        };
        let Some((fit, others)) = before.parts.split_first() else { return Ok(false) };
        let Some(statistics) = Statistics::read(self, &fit.schema, store, &before.state) else { return Ok(false) };
        let start = cx.host().seconds();
        let Some(statistics) = self.after(store, fit, statistics)? else { return Ok(false) };
        let (mut statistics, raw) = statistics.map_err(|error| error.of(fit.port.as_str()))?;
        let patched = fit.patched(store, &raw)?;
        let needed = statistics.needed();
        if !needed.is_empty() {
            statistics.look_into(Table::read_columns(store, &patched.digest, &needed)?);
        }
        let mut warnings = Vec::new();
        let encoders = self.fit_to(&statistics, &fit.schema, &mut warnings);
        let encoders = encoders.map_err(|error| error.of(fit.port.as_str()))?;
        cx.measure("fit_seconds", cx.host().seconds() - start);
        let written = encoders.write(store)?;
        let mut left = vec![fit.encoded(patched)];
        let (mut classes, fewer) = (BTreeMap::new(), knows_less(&before.encoders, &encoders));
        for part in others {
            cx.check_cancelled()?;
            let counted = before.state.classes(part.port.as_str());
            let Some(carried) = self.carry_part(store, part, (&encoders, fewer), counted)? else { return Ok(false) };
            let (raw, kept, warning) = carried.map_err(|error| error.of(part.port.as_str()))?;
            warnings.extend(warning.map(|warning| format!("{warning} (part `{}`)", part.port)));
            classes.extend(kept.map(|kept| (part.port.to_string(), kept)));
            left.push(part.encoded(raw));
        }
        let state = statistics.keep(store, Some(&before.state), classes)?;
        for part in &left {
            leave(cx, part, &encoders, written)?;
        }
        warnings.into_iter().for_each(|warning| cx.warn(warning));
        cx.incremental();
        cx.body(&self.body(&encoders, written.0, state))?;
        Ok(true)
    }

    /// What the run before left; nothing where it cannot be carried over: a port was connected or disconnected, columns
    /// changed, something is missing.
    fn before<'a>(&'a self, cx: &Context<'_>, previous: &Previous, changes: &Changes) -> Option<Before<'a>> {
        let store = cx.store();
        let body: Transformation = serde_json::from_value(previous.body().clone()).ok()?;
        let body = body.encoding?;
        let state = KeptState::read(store, &body.state?)?;
        let encoders = FittedEncoders::read(store, &body.encoders).ok()?;
        let part = |port| {
            let artifact = cx.input(Name::as_str(port), ArtifactKind::Table).ok()?.artifact.clone();
            let before = match changes.at(port.as_str()) {
                None => artifact.clone(),
                Some(change) => change.before.clone()?,
            };
            let difference = difference(store, &before.digest, &artifact.digest).ok()??;
            let now = manifest(store, &artifact.digest).ok()?;
            let raw = Matrix::read(store, &previous.output(port.as_str())?.digest).ok()?.raw;
            let same_chunks = manifest(store, &raw.digest).ok()?.options() == now.options();
            let fitted = *port == self.params().fit;
            same_chunks.then_some(Part { port, artifact, schema: now.schema, difference, raw, fitted })
        };
        Some(Before { parts: self.parts().map(part).collect::<Option<_>>()?, encoders, state })
    }

    /// The statistics of the rows that are there now, with the raw rows that are new; nothing where the rows before were not
    /// those of the statistics.
    fn after(
        &self,
        store: &Store,
        fit: &Part<'_>,
        mut statistics: Statistics,
    ) -> Result<Option<Result<Counted, EncodeError>>, StageError> {
        if statistics.take(store, &fit.raw.digest, &fit.difference.old_ids()).is_none() {
            return Ok(None);
        }
        let new = fit.new_rows(store, self)?;
        if statistics.rows() == 0 && new.is_empty() {
            return Ok(Some(Err(EncodeError::NoRows)));
        }
        let encoded = encode_rows_with_terms(&new, &self.raw_columns(&fit.schema));
        let added = encoded.and_then(|(raw, terms)| statistics.add(&raw, terms).map(|()| raw));
        Ok(Some(added.map(|raw| (statistics, raw)).map_err(EncodeError::from)))
    }

    /// The raw table of a part that is not fitted on, the classes of its labels, and a warning; nothing where the classes
    /// before were not those of its rows. `fewer` says that some category or class is no longer known.
    fn carry_part(
        &self,
        store: &Store,
        part: &Part<'_>,
        (encoders, fewer): (&FittedEncoders, bool),
        counted: Option<&KeptTally>,
    ) -> Result<Option<Result<Carried, EncodeError>>, StageError> {
        let raw = match encode_rows(&part.new_rows(store, self)?, &encoders.raw_columns()) {
            Ok(raw) => raw,
            Err(error) => return Ok(Some(Err(error.into()))),
        };
        let patched = part.patched(store, &raw)?;
        let checked = if fewer { encoders.check(&Table::read(store, &patched.digest)?) } else { encoders.check(&raw) };
        if let Err(error) = checked {
            return Ok(Some(Err(error.into())));
        }
        if !encoders.label().is_some_and(|label| label.is_class()) {
            return Ok(Some(Ok((patched, None, None))));
        }
        let Some(tally) = counted.and_then(|kept| classes_before(store, part, kept)) else { return Ok(None) };
        let mut classes = classes_of(&raw).map_err(EncodeError::from)?;
        classes.count_on(tally);
        let kept = classes.tally().keep(store, counted)?;
        Ok(Some(Ok((patched, Some(kept), one_class(encoders, Some(&classes))))))
    }
}

/// The classes of a part's rows that did not change.
fn classes_before(store: &Store, part: &Part<'_>, counted: &KeptTally) -> Option<Tally> {
    let mut tally = Tally::read(store, counted)?;
    let ids = part.difference.old_ids();
    let old =
        Table::read_rows_columns(store, &part.raw.digest, &ids, &[LABEL]).ok().filter(|old| old.len() == ids.len())?;
    for class in old.column(LABEL).ok()?.as_materialized_series().str().ok()?.iter() {
        tally.take(category_id(class), 1, 1)?;
    }
    Some(tally)
}

/// Whether rows that could be encoded may be refused now: a category or class is no longer known.
fn knows_less(before: &FittedEncoders, now: &FittedEncoders) -> bool {
    let categories = |encoders: &FittedEncoders| {
        let mut all: BTreeSet<(usize, String, Option<String>)> = BTreeSet::new();
        for (at, encoder) in encoders.encoders().iter().enumerate() {
            for (column, known) in encoder.only() {
                all.extend(known.into_iter().map(|known| (at, column.to_owned(), known.map(str::to_owned))));
            }
        }
        all
    };
    let classes =
        |encoders: &FittedEncoders| encoders.label().map(|label| label.classes().to_vec()).unwrap_or_default();
    let now_classes = classes(now);
    !categories(before).is_subset(&categories(now)) || classes(before).iter().any(|class| !now_classes.contains(class))
}

#[cfg(test)]
mod tests;
