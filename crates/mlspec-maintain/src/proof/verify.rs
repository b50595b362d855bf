//! A statement held against its signature, its schema, the receipt, and a store.

use super::commitment::RevealedRow;
use super::statement::{InToto, PAYLOAD_TYPE, STATEMENT_TYPE, subjects, suppressed};
use super::{ProofError, PublicKey, Receipt};
use mlspec_record::erasure::{ErasedSourceRows, ErasureStatement};
use mlspec_record::{Digest, Name};
use mlspec_store::{Live, Store};
use mlspec_table::Table;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What a statement came to.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// What the statement says; nothing where its signature does not hold, since then nobody said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<ErasureStatement>,
    /// What was checked and holds.
    pub holds: Vec<String>,
    /// What was checked and does not hold.
    pub fails: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// What a statement is held against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Against<'a> {
    /// The receipt with the nonces.
    pub receipt: Option<&'a Receipt>,
    /// Rows whose content is revealed.
    pub rows: &'a [RevealedRow],
    /// The store.
    pub store: Option<&'a Store>,
}

/// Reads revealed rows: a JSON document, or a list of such.
///
/// # Errors
/// When the file cannot be read or holds anything else.
pub fn read_rows(path: &Path) -> Result<Vec<RevealedRow>, ProofError> {
    let bytes = super::private::read(path)?;
    let broken = |_| ProofError::invalid(Some(path), "revealed row", "it is not of its format");
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => serde_json::from_slice(&bytes).map_err(broken),
        _ => serde_json::from_slice(&bytes).map(|row| vec![row]).map_err(broken),
    }
}

/// Verifies the statement in a file.
///
/// # Errors
/// When the file is no statement, or the store cannot be read. That something does not hold is no error: it is in the verdict.
pub fn verify_file(path: &Path, key: &PublicKey, against: &Against<'_>) -> Result<Verdict, ProofError> {
    verify(&super::private::read(path)?, key, against).map_err(|error| match error {
        ProofError::Invalid { path: None, what, reason } => ProofError::invalid(Some(path), what, reason),
        other => other,
    })
}

/// Verifies a statement: its signature, its schema, and what it is held against.
///
/// # Errors
/// When the bytes are no statement, or the store cannot be read. That something does not hold is no error: it is in the verdict.
pub fn verify(envelope: &[u8], key: &PublicKey, against: &Against<'_>) -> Result<Verdict, ProofError> {
    let mut verdict = Verdict { statement: None, holds: Vec::new(), fails: Vec::new(), notes: Vec::new() };
    let invalid = |reason: String| ProofError::invalid(None, "statement", reason);
    let envelope = dsse::Envelope::from_json(envelope).map_err(|_| invalid("it is no DSSE envelope".to_owned()))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(invalid(format!("its payload is not of type `{PAYLOAD_TYPE}`")));
    }
    let payload = match dsse::verify(&envelope, &[&key.verifier()?], 1) {
        Ok(verified) => verified.payload,
        Err(dsse::Error::NoValidSignature { .. }) => {
            verdict.fails.push(format!("it is not signed with the key `{}`, or was changed since", key.id()));
            return Ok(verdict);
        }
        Err(error) => return Err(invalid(error.to_string())),
    };
    verdict.holds.push(format!("signed with the key `{}`", key.id()));
    let statement = read(&payload)?;
    is_consistent(&statement, &mut verdict);
    if let Some(receipt) = against.receipt {
        verdict.receipt(&statement, receipt);
    }
    verdict.rows(&statement, against)?;
    if let Some(store) = against.store {
        verdict.store(&statement, store, against.receipt)?;
    }
    verdict.statement = Some(statement.predicate);
    Ok(verdict)
}

/// A statement that was signed.
struct Signed {
    about: InToto,
    predicate: ErasureStatement,
}

impl std::ops::Deref for Signed {
    type Target = ErasureStatement;

    fn deref(&self) -> &ErasureStatement {
        &self.predicate
    }
}

fn read(payload: &[u8]) -> Result<Signed, ProofError> {
    let invalid = |reason: String| ProofError::invalid(None, "statement", reason);
    let about: InToto =
        serde_json::from_slice(payload).map_err(|_| invalid("it is no in-toto statement".to_owned()))?;
    if about.kind != STATEMENT_TYPE {
        return Err(invalid("it is no in-toto statement of version 1".to_owned()));
    }
    let name = ErasureStatement::schema_id().name().to_owned();
    let ours = mlspec_record::SchemaId::new(&about.predicate_type).is_ok_and(|id| id.name() == name);
    if !ours || about.predicate.get("schema").and_then(Value::as_str) != Some(about.predicate_type.as_str()) {
        return Err(invalid("it speaks of something else than an erasure".to_owned()));
    }
    mlspec_schema::validate_record(&about.predicate).map_err(|problems| {
        invalid(problems.first().map(ToString::to_string).unwrap_or_else(|| "its schema refuses it".to_owned()))
    })?;
    let predicate = serde_json::from_value(about.predicate.clone())
        .map_err(|_| invalid("it is not of the shape that its schema says".to_owned()))?;
    Ok(Signed { about, predicate })
}

/// What a statement says must fit together.
fn is_consistent(statement: &Signed, verdict: &mut Verdict) {
    if subjects(statement) != statement.about.subject {
        verdict.fails.push("its subjects are not the artifacts that it speaks of".to_owned());
    }
    for source in &statement.sources {
        let rows: BTreeSet<&String> = source.commitments.iter().map(|commitment| &commitment.row).collect();
        if rows.len() as u64 != source.erased || source.commitments.len() != rows.len() {
            verdict.fails.push(format!("it has not one commitment for each erased row of `{}`", source.dataset));
        }
    }
    if verdict.fails.is_empty() {
        let erased: u64 = statement.sources.iter().map(|source| source.erased).sum();
        verdict.holds.push(format!("{erased} erased rows, each with a commitment"));
    }
}

fn source<'s>(statement: &'s ErasureStatement, dataset: &Name) -> Option<&'s ErasedSourceRows> {
    statement.sources.iter().find(|source| source.dataset == *dataset)
}

impl Verdict {
    /// Whether everything that was checked holds.
    pub fn is_good(&self) -> bool {
        self.fails.is_empty()
    }

    fn say(&mut self, holds: bool, good: impl Into<String>, bad: impl Into<String>) {
        if holds { self.holds.push(good.into()) } else { self.fails.push(bad.into()) }
    }

    /// Every nonce must be one that a commitment names.
    fn receipt(&mut self, statement: &ErasureStatement, receipt: &Receipt) {
        let known = |row: &&super::receipt::RowNonce| {
            let nonce = row.bytes().map(|bytes| Digest::of(&bytes));
            let mut named = source(statement, &row.dataset).into_iter().flat_map(|source| &source.commitments);
            named.any(|commitment| commitment.row == row.row && Some(commitment.nonce) == nonce)
        };
        let fitting = receipt.rows.iter().filter(known).count();
        let ours = receipt.pipeline == statement.pipeline && receipt.run == statement.run;
        self.say(
            ours && fitting == receipt.rows.len(),
            format!("the receipt opens {fitting} commitments"),
            "the receipt is not the one of this statement",
        );
    }

    /// Revealed rows must be those that were committed to.
    fn rows(&mut self, statement: &ErasureStatement, against: &Against<'_>) -> Result<(), ProofError> {
        for row in against.rows {
            let told = format!("row {} of `{}`", row.row, row.dataset);
            let nonce = against.receipt.and_then(|receipt| receipt.nonce(&row.dataset, &row.row));
            match nonce {
                None => self.fails.push(format!("no nonce opens the commitment to {told}")),
                Some(nonce) => {
                    let same = is_committed(statement, row, &nonce)?;
                    self.say(same, format!("{told} is what was revealed"), format!("{told} is not what was revealed"));
                }
            }
        }
        Ok(())
    }

    fn store(
        &mut self,
        statement: &ErasureStatement,
        store: &Store,
        receipt: Option<&Receipt>,
    ) -> Result<(), ProofError> {
        match store.live(&statement.pipeline)? {
            None => self.fails.push(format!("nothing is live of the pipeline `{}` in this store", statement.pipeline)),
            Some(live) => self.live(statement, store, &live)?,
        }
        for source in &statement.sources {
            self.dataset(source, store)?;
            self.suppressed(source, store)?;
            self.before(statement, source, store, receipt)?;
        }
        Ok(())
    }

    /// What is live must be what the statement speaks of, or later.
    fn live(&mut self, statement: &ErasureStatement, store: &Store, live: &Live) -> Result<(), ProofError> {
        if live.run == statement.run {
            let same = |step: &mlspec_record::erasure::ErasedStep| {
                live.steps.get(&step.step).is_some_and(|live| {
                    live.content == step.record
                        && live.outputs.iter().all(|output| {
                            let mut own = step.artifacts.iter().filter(|artifact| artifact.port == output.port);
                            own.any(|artifact| artifact.after == output.artifact.digest)
                        })
                })
            };
            let all = live.steps.len() == statement.steps.len() && statement.steps.iter().all(same);
            self.say(all, "the run of the statement is live", "what is live differs from what the statement says");
        } else if live.run > statement.run {
            self.holds.push(format!("a later run is live: `{}`", live.run));
        } else {
            self.fails.push(format!("a run from before the erasure is live again: `{}`", live.run));
        }
        for source in &statement.sources {
            let outputs = live.steps.get(&source.step).map(|step| step.outputs.as_slice()).unwrap_or_default();
            for output in outputs {
                let kept = held(store, &output.artifact.digest, source)?;
                self.say(
                    kept == 0,
                    format!("none of the erased rows is live in `{}`", source.dataset),
                    format!("{kept} of the erased rows are live in `{}`", source.dataset),
                );
            }
        }
        Ok(())
    }

    fn dataset(&mut self, source: &ErasedSourceRows, store: &Store) -> Result<(), ProofError> {
        let Some(current) = store.dataset(&source.dataset)? else {
            self.fails.push(format!("the dataset `{}` is not in this store", source.dataset));
            return Ok(());
        };
        let kept = held(store, &current.body.table.digest, source)?;
        let version = current.body.version;
        self.say(
            kept == 0,
            format!("version {version} of `{}` has none of the erased rows", source.dataset),
            format!("version {version} of `{}` has {kept} of the erased rows", source.dataset),
        );
        Ok(())
    }

    fn suppressed(&mut self, source: &ErasedSourceRows, store: &Store) -> Result<(), ProofError> {
        let list = store.suppressed::<Value>(&source.dataset)?.map(|(list, _)| list).unwrap_or_default();
        let mut entries = BTreeSet::new();
        entries_of(&list, &mut entries);
        let missing = source.suppressed.iter().filter(|entry| !entries.contains(entry)).count();
        self.say(
            missing == 0,
            format!("the list that keeps rows of `{}` from returning holds all of them", source.dataset),
            format!("the list that keeps rows of `{}` from returning lacks {missing} of them", source.dataset),
        );
        Ok(())
    }

    /// While the version before is there, its rows show what was committed to.
    fn before(
        &mut self,
        statement: &ErasureStatement,
        source: &ErasedSourceRows,
        store: &Store,
        receipt: Option<&Receipt>,
    ) -> Result<(), ProofError> {
        if !store.manifest_path(&source.before).is_file() {
            self.holds.push(format!("the version of `{}` with the rows is gone from the store", source.dataset));
            return Ok(());
        }
        let (dataset, pipeline) = (&source.dataset, &statement.pipeline);
        self.notes.push(format!(
            "the version of `{dataset}` with the rows is still in the store; `mlspec purge {pipeline}` removes it"
        ));
        let Some(receipt) = receipt else { return Ok(()) };
        let rows = Table::read_rows(store, &source.before, &ids(source))?;
        let mut wrong = 0_usize;
        for row in RevealedRow::of(dataset, &rows) {
            if let Some(nonce) = receipt.nonce(dataset, &row.row) {
                wrong += usize::from(!is_committed(statement, &row, &nonce)?);
            }
        }
        self.say(
            wrong == 0,
            format!("the commitments to rows of `{dataset}` are to what stood there"),
            format!("{wrong} commitments to rows of `{dataset}` are not to what stood there"),
        );
        Ok(())
    }
}

fn is_committed(statement: &ErasureStatement, row: &RevealedRow, nonce: &[u8; 32]) -> Result<bool, ProofError> {
    let made = row.commit(nonce)?;
    let mut all = source(statement, &row.dataset).into_iter().flat_map(|source| &source.commitments);
    Ok(all.any(|commitment| *commitment == made))
}

fn ids(source: &ErasedSourceRows) -> Vec<u64> {
    source.commitments.iter().filter_map(|commitment| commitment.row.parse().ok()).collect()
}

/// How many of the erased rows a table has.
fn held(store: &Store, table: &Digest, source: &ErasedSourceRows) -> Result<usize, ProofError> {
    Ok(Table::read_rows_columns(store, table, &ids(source), &[])?.len())
}

/// The entries of a suppression list, as statements name them.
fn entries_of(list: &Value, found: &mut BTreeSet<Digest>) {
    match list {
        Value::String(text) => found.extend(Digest::new(text).ok().map(|entry| suppressed(&entry))),
        Value::Array(items) => items.iter().for_each(|item| entries_of(item, found)),
        Value::Object(members) => members.values().for_each(|member| entries_of(member, found)),
        _ => {}
    }
}
