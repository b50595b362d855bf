//! Commitments to erased rows, and the nonces that open them.
//!
//! A commitment is the HMAC-SHA256, keyed by the row's nonce, of the canonical JSON `{"dataset","row","values"}`, where every
//! value is text or null. Who has only the statement learns nothing; who has the nonce can show what the row was.

use super::ProofError;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mlspec_record::erasure::Commitment;
use mlspec_record::{Digest, Name, canonical_bytes};
use mlspec_table::Table;
use mlspec_table::polars::prelude::AnyValue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;

/// A row that was erased, as its owner may reveal it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevealedRow {
    /// The dataset.
    pub dataset: Name,
    /// The id that the row had.
    pub row: String,
    /// The values by column, as text; null for null.
    pub values: BTreeMap<String, Option<String>>,
}

impl RevealedRow {
    /// The rows of a table of this dataset.
    pub(crate) fn of(dataset: &Name, table: &Table) -> Vec<Self> {
        let columns = table.frame().columns().iter().filter(|column| column.name() != mlspec_table::ROW);
        let columns: Vec<_> = columns.collect();
        let row = |(at, id): (usize, u64)| Self {
            dataset: dataset.clone(),
            row: id.to_string(),
            values: columns
                .iter()
                .map(|column| (column.name().to_string(), text(&column.get(at).unwrap_or(AnyValue::Null))))
                .collect(),
        };
        table.ids().into_iter().enumerate().map(row).collect()
    }

    /// The commitment to the row under this nonce.
    pub(crate) fn commit(&self, nonce: &[u8; 32]) -> Result<Commitment, ProofError> {
        let hmac = authenticate(nonce, &canonical_bytes(self)?)?;
        Ok(Commitment { row: self.row.clone(), nonce: Digest::of(nonce), hmac: Digest::from_bytes(hmac).hex() })
    }
}

/// The nonce of a row, drawn from one secret seed: to reveal one reveals no other.
pub(crate) fn nonce(seed: &[u8; 32], dataset: &Name, row: &str) -> Result<[u8; 32], ProofError> {
    authenticate(seed, &canonical_bytes(&json!(["nonce", dataset, row]))?)
}

fn authenticate(key: &[u8; 32], message: &[u8]) -> Result<[u8; 32], ProofError> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).map_err(|_| ProofError::invalid(None, "nonce", "it has a wrong length"))?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().into())
}

/// A cell as text that everybody writes alike; null for null.
pub(crate) fn text(value: &AnyValue<'_>) -> Option<String> {
    Some(match value {
        AnyValue::Null => return None,
        AnyValue::Boolean(value) => value.to_string(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float32(value) => value.to_string(),
        AnyValue::Float64(value) => value.to_string(),
        AnyValue::Binary(bytes) => hex(bytes),
        AnyValue::BinaryOwned(bytes) => hex(bytes),
        AnyValue::List(items) => {
            let items: Vec<Value> = items.iter().map(|item| text(&item).map_or(Value::Null, Value::from)).collect();
            Value::from(items).to_string()
        }
        other => other.to_string(),
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_table::polars::df;

    #[test]
    fn a_commitment_binds_dataset_row_and_every_value() {
        let frame = df!("email" => [Some("a@b.org"), None], "age" => [31_i64, 7], "share" => [0.1, f64::NAN]).unwrap();
        let customers = Name::new("customers").unwrap();
        let rows = RevealedRow::of(&customers, &Table::number(frame, 5).unwrap());
        let texts: Vec<_> = rows.iter().map(|row| (row.row.as_str(), row.values["email"].as_deref())).collect();
        assert_eq!(texts, [("5", Some("a@b.org")), ("6", None)]);
        assert_eq!(rows[1].values["share"].as_deref(), Some("NaN"));
        let seed = [3; 32];
        let own = nonce(&seed, &customers, "5").unwrap();
        let made = rows[0].commit(&own).unwrap();
        assert_eq!(made, rows[0].clone().commit(&own).unwrap());
        let edit = |change: &dyn Fn(&mut RevealedRow)| {
            let mut row = rows[0].clone();
            change(&mut row);
            row.commit(&own).unwrap()
        };
        for other in [
            edit(&|row| row.dataset = Name::new("mails").unwrap()),
            edit(&|row| row.row = "6".to_owned()),
            edit(&|row| row.values.insert("age".to_owned(), Some("32".to_owned())).map_or((), drop)),
            edit(&|row| row.values.insert("age".to_owned(), None).map_or((), drop)),
            rows[0].commit(&nonce(&seed, &customers, "6").unwrap()).unwrap(),
        ] {
            assert_ne!(other.hmac, made.hmac);
        }
        assert_ne!(nonce(&seed, &customers, "5").unwrap(), nonce(&[4; 32], &customers, "5").unwrap());
    }
}
