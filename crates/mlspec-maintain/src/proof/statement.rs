//! The signed statement: an in-toto statement about an erasure in a DSSE envelope.

use super::commitment::{self, RevealedRow};
use super::live::{self, HeldStep};
use super::{Checked, ProofError, Receipt, SecretKey};
use crate::{ErasedSource, Erasure};
use mlspec_model::Matrix;
use mlspec_record::body::{Guarantee, Training};
use mlspec_record::erasure::{ErasedArtifact, ErasedSourceRows, ErasedStep, ErasureStatement};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Kind, Name, Timestamp, canonical_bytes};
use mlspec_store::Store;
use mlspec_table::Table;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the payload of an envelope is.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What an in-toto statement calls itself.
pub(crate) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// What no statement speaks of.
const OUT_OF_SCOPE: [&str; 4] = [
    "files outside the store, from which the rows came",
    "older versions in the store, until they are purged",
    "copies and backups of the store",
    "rows of other sources that hold the same values: they are counted, not erased",
];

/// An in-toto statement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InToto {
    #[serde(rename = "_type")]
    pub(crate) kind: String,
    pub(crate) subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub(crate) predicate_type: String,
    pub(crate) predicate: Value,
}

/// A thing that a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) digest: BTreeMap<String, String>,
}

/// A signed statement, and the nonces that open its commitments.
#[derive(Clone, Debug)]
pub struct Issued {
    /// What it says.
    pub statement: ErasureStatement,
    /// The envelope as JSON.
    pub envelope: Vec<u8>,
    /// The nonces, for the owner.
    pub receipt: Receipt,
}

/// Makes and signs the statement about an erasure that was checked. `seed` is 32 bytes of the system's randomness, of which the
/// nonces are drawn.
///
/// # Errors
/// When the check did not hold, or something of either run cannot be read.
pub fn issue(
    store: &Store,
    erasure: &Erasure,
    checked: &Checked,
    key: &SecretKey,
    seed: &[u8; 32],
    time: Timestamp,
) -> Result<Issued, ProofError> {
    if !checked.holds() {
        return Err(ProofError::NotErased(checked.findings.clone()));
    }
    let run = store.run(&erasure.run)?;
    let mut receipt = Receipt::new(erasure.pipeline.clone(), erasure.run.clone());
    let sources = erasure.sources.iter().map(|source| source_rows(store, source, key, seed, &mut receipt));
    let statement = ErasureStatement {
        schema: ErasureStatement::schema_id(),
        pipeline: erasure.pipeline.clone(),
        version: run.body.version.clone(),
        time,
        base: erasure.base.clone(),
        run: erasure.run.clone(),
        sources: sources.collect::<Result<_, _>>()?,
        steps: steps(store, erasure)?,
        checks: checked.checks.clone(),
        out_of_scope: OUT_OF_SCOPE.map(str::to_owned).to_vec(),
    };
    let payload = canonical_bytes(&InToto {
        kind: STATEMENT_TYPE.to_owned(),
        subject: subjects(&statement),
        predicate_type: ErasureStatement::schema_id().to_string(),
        predicate: serde_json::to_value(&statement).map_err(mlspec_record::CanonicalError::from)?,
    })?;
    let envelope = dsse::sign(PAYLOAD_TYPE, &payload, &key.signer()?)
        .map_err(|error| ProofError::invalid(None, "statement", error.to_string()))?;
    Ok(Issued { statement, envelope: canonical_bytes(&envelope)?, receipt })
}

/// What the statement is about: every artifact that is live after the erasure.
pub(crate) fn subjects(statement: &ErasureStatement) -> Vec<Subject> {
    let artifacts = statement.steps.iter().flat_map(|step| step.artifacts.iter().map(move |artifact| (step, artifact)));
    let subjects = artifacts.map(|(step, artifact)| Subject {
        name: format!("{}/{}.{}", statement.pipeline, step.step, artifact.port),
        digest: BTreeMap::from([("sha256".to_owned(), artifact.after.hex())]),
    });
    subjects.collect::<BTreeSet<_>>().into_iter().collect()
}

fn source_rows(
    store: &Store,
    source: &ErasedSource,
    key: &SecretKey,
    seed: &[u8; 32],
    receipt: &mut Receipt,
) -> Result<ErasedSourceRows, ProofError> {
    let rows = Table::read_rows(store, &source.before.digest, &source.rows)?;
    let mut commitments = Vec::with_capacity(rows.len());
    for row in RevealedRow::of(&source.dataset, &rows) {
        let nonce = commitment::nonce(seed, &source.dataset, &row.row)?;
        commitments.push(row.commit(&nonce)?);
        receipt.add(&source.dataset, &row.row, &nonce);
    }
    let marks = mlspec_ingest::suppression_marks(store, &source.dataset, key.suppression_secret(), &rows)?;
    Ok(ErasedSourceRows {
        dataset: source.dataset.clone(),
        step: source.step.clone(),
        before: source.before.digest,
        after: source.after.digest,
        erased: commitments.len() as u64,
        commitments,
        suppressed: marks.iter().map(suppressed).collect(),
    })
}

/// How a statement names an entry of a suppression list.
pub(crate) fn suppressed(entry: &Digest) -> Digest {
    Digest::of(entry.to_string().as_bytes())
}

fn steps(store: &Store, erasure: &Erasure) -> Result<Vec<ErasedStep>, ProofError> {
    let before = live::steps(store, &erasure.base)?;
    let after = live::steps(store, &erasure.run)?;
    let run = store.run(&erasure.run)?;
    // In an order in which steps can run, so that a step's inputs have their guarantee before it.
    let order = run.body.steps.iter().filter_map(|step| after.iter().find(|held| held.name == step.step));
    let mut guarantees: BTreeMap<&Name, Guarantee> = BTreeMap::new();
    let mut steps = Vec::new();
    for step in order {
        let guarantee = guarantee(step, &guarantees)?;
        guarantees.insert(&step.name, guarantee);
        let base = before.iter().find(|base| base.name == step.name);
        steps.push(ErasedStep {
            step: step.name.clone(),
            stage: step.envelope.step.stage.clone(),
            method: step.envelope.step.update.as_ref().map(|update| update.method),
            guarantee,
            record: step.record.content_digest()?,
            artifacts: artifacts(store, step, base)?,
        });
    }
    Ok(steps)
}

/// A model's own guarantee; what is computed from a converged model is no nearer to a full run than the model is.
fn guarantee(step: &HeldStep, known: &BTreeMap<&Name, Guarantee>) -> Result<Guarantee, ProofError> {
    if step.record.kind() == Kind::Training {
        return Ok(step.record.envelope_of::<Training>(Kind::Training)?.body.guarantee);
    }
    let producers = step.envelope.inputs.iter().filter_map(|input| input.producer.as_ref());
    let converged = producers.into_iter().any(|producer| known.get(&producer.step) == Some(&Guarantee::Converged));
    Ok(if converged { Guarantee::Converged } else { Guarantee::Exact })
}

fn artifacts(store: &Store, step: &HeldStep, base: Option<&HeldStep>) -> Result<Vec<ErasedArtifact>, ProofError> {
    let mut found = Vec::new();
    let mut encoders = BTreeSet::new();
    for output in &step.envelope.outputs {
        let before = base.and_then(|base| base.envelope.outputs.iter().find(|other| other.port == output.port));
        let before = before.map(|before| &before.artifact);
        let after = &output.artifact;
        found.push(ErasedArtifact {
            port: output.port.clone(),
            kind: Some(after.kind),
            before: before.map(|before| before.digest),
            after: after.digest,
        });
        if after.kind == ArtifactKind::Matrix {
            let fitted = |matrix: &ArtifactRef| Ok::<_, ProofError>(Matrix::read(store, &matrix.digest)?.encoders);
            encoders.insert((before.map(fitted).transpose()?, fitted(after)?));
        }
    }
    let port = Name::new("encoders").map_err(|_| ProofError::invalid(None, "statement", "a port has no name"))?;
    let encoders = encoders.into_iter();
    found.extend(encoders.map(|(before, after)| ErasedArtifact { port: port.clone(), kind: None, before, after }));
    Ok(found)
}
