//! The owner's key: one half signs statements, the other keeps erased rows from returning.
//!
//! | in the file | what |
//! | --- | --- |
//! | `id` | the first 16 hex digits of the SHA-256 of the public key |
//! | `public`, `secret` | an Ed25519 key pair, Base64 |
//! | `suppression` | 32 bytes for the HMAC of suppression lists, Base64; unrelated to the pair |
//!
//! Secrets stand in no `Debug`, no message and no record.

use super::ProofError;
use super::private::{self, Readers};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use mlspec_record::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const FORMAT: &str = "mlspec-key/1";
const PUBLIC: &str = "mlspec-public-key/1";

/// A key pair with the secret of suppression lists.
#[derive(Clone)]
pub struct SecretKey {
    created: Timestamp,
    pair: SigningKey,
    suppression: [u8; 32],
}

/// The half of a key that checks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    created: Timestamp,
    bytes: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretFile {
    format: String,
    id: String,
    created: Timestamp,
    public: String,
    secret: String,
    suppression: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicFile {
    format: String,
    id: String,
    created: Timestamp,
    public: String,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl SecretKey {
    /// A key from 64 bytes of the system's randomness.
    pub fn generate(entropy: &[u8; 64], created: Timestamp) -> Self {
        let (mut pair, mut suppression) = ([0; 32], [0; 32]);
        pair.copy_from_slice(&entropy[..32]);
        suppression.copy_from_slice(&entropy[32..]);
        Self { created, pair: SigningKey::from_bytes(&pair), suppression }
    }

    /// Writes the key for its owner alone, and its public half beside it; returns where that is. Nothing is overwritten.
    ///
    /// # Errors
    /// When one of the files is there, the path lies in a store, or the file system refuses.
    pub fn create(&self, path: &Path) -> Result<PathBuf, ProofError> {
        private::outside_stores(path)?;
        let public = path.with_extension("pub.json");
        if public.symlink_metadata().is_ok() {
            return Err(ProofError::Exists(public));
        }
        let half = self.public();
        let file = SecretFile {
            format: FORMAT.to_owned(),
            id: self.id(),
            created: self.created,
            public: STANDARD.encode(half.bytes),
            secret: STANDARD.encode(self.pair.as_bytes()),
            suppression: STANDARD.encode(self.suppression),
        };
        private::create(path, &text(&file)?, Readers::Owner)?;
        half.create(&public)?;
        Ok(public)
    }

    /// Reads a key that only its owner may use.
    ///
    /// # Errors
    /// When there is none, others may read it, it lies in a store, or it is no key.
    pub fn load(path: &Path) -> Result<Self, ProofError> {
        private::outside_stores(path)?;
        let bytes = private::read_private(path).map_err(|error| missing(path, error))?;
        let broken = |reason| ProofError::invalid(Some(path), "key", reason);
        // What serde says could quote the file.
        let file: SecretFile = serde_json::from_slice(&bytes).map_err(|_| broken("it is not of its format"))?;
        if file.format != FORMAT {
            return Err(broken("its format is unknown to this version"));
        }
        let secret = decode(&file.secret).ok_or_else(|| broken("`secret` is not 32 bytes in Base64"))?;
        let suppression = decode(&file.suppression).ok_or_else(|| broken("`suppression` is not 32 bytes in Base64"))?;
        let key = Self { created: file.created, pair: SigningKey::from_bytes(&secret), suppression };
        if decode(&file.public) != Some(key.public().bytes) || file.id != key.id() {
            return Err(broken("its secret and its public half do not belong together"));
        }
        Ok(key)
    }

    /// The key's id, which signatures name.
    pub fn id(&self) -> String {
        self.public().id()
    }

    /// The half that checks signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey { created: self.created, bytes: self.pair.verifying_key().to_bytes() }
    }

    /// The secret of suppression lists. It must reach no file, record, log or message.
    pub fn suppression_secret(&self) -> &[u8; 32] {
        &self.suppression
    }

    pub(crate) fn signer(&self) -> Result<dsse::Ed25519Signer, ProofError> {
        let signer = dsse::Ed25519Signer::from_bytes(self.pair.as_bytes());
        signer
            .map(|signer| signer.with_key_id(self.id()))
            .map_err(|_| ProofError::invalid(None, "key", "it cannot sign"))
    }
}

impl PublicKey {
    /// Reads a public key, or the public half of a secret one.
    ///
    /// # Errors
    /// When there is none, or it is no key.
    pub fn load(path: &Path) -> Result<Self, ProofError> {
        let bytes = private::read(path).map_err(|error| missing(path, error))?;
        let broken = |reason| ProofError::invalid(Some(path), "public key", reason);
        let file: PublicFile = match serde_json::from_slice(&bytes) {
            Ok(file) => file,
            Err(_) => {
                return SecretKey::load(path).map(|key| key.public()).map_err(|error| match error {
                    ProofError::Invalid { .. } => broken("it is not of its format"),
                    other => other,
                });
            }
        };
        if file.format != PUBLIC {
            return Err(broken("its format is unknown to this version"));
        }
        let bytes = decode(&file.public).ok_or_else(|| broken("`public` is not 32 bytes in Base64"))?;
        let key = Self { created: file.created, bytes };
        if file.id != key.id() || dsse::Ed25519Verifier::from_bytes(&bytes).is_err() {
            return Err(broken("its id is another, or its bytes are no key"));
        }
        Ok(key)
    }

    fn create(&self, path: &Path) -> Result<(), ProofError> {
        let public = STANDARD.encode(self.bytes);
        let file = PublicFile { format: PUBLIC.to_owned(), id: self.id(), created: self.created, public };
        private::create(path, &text(&file)?, Readers::Everybody)
    }

    /// The key's id, which signatures name.
    pub fn id(&self) -> String {
        let mut hex = Digest::of(&self.bytes).hex();
        hex.truncate(16);
        hex
    }

    /// The key's bytes in Base64.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.bytes)
    }

    /// When it was made.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    pub(crate) fn verifier(&self) -> Result<dsse::Ed25519Verifier, ProofError> {
        dsse::Ed25519Verifier::from_bytes(&self.bytes)
            .map(|verifier| verifier.with_key_id(self.id()))
            .map_err(|_| ProofError::invalid(None, "public key", "its bytes are no key"))
    }
}

fn missing(path: &Path, error: ProofError) -> ProofError {
    match error {
        ProofError::Io { error, .. } if error.kind() == ErrorKind::NotFound => ProofError::NoKey(path.to_owned()),
        other => other,
    }
}

fn decode(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

fn text(file: &impl Serialize) -> Result<Vec<u8>, ProofError> {
    let mut bytes = serde_json::to_vec_pretty(file).map_err(mlspec_record::CanonicalError::from)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_record::{ExitCode, Failure as _};

    fn key(fill: u8) -> SecretKey {
        let mut entropy = [fill; 64];
        entropy[63] = fill.wrapping_add(1);
        SecretKey::generate(&entropy, Timestamp::from_millis(0).unwrap())
    }

    #[test]
    fn a_key_comes_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/key.json");
        let made = key(7);
        let public = made.create(&path).unwrap();
        let read = SecretKey::load(&path).unwrap();
        assert_eq!((read.id(), read.suppression_secret()), (made.id(), made.suppression_secret()));
        assert_eq!(PublicKey::load(&public).unwrap(), made.public());
        assert_eq!(PublicKey::load(&path).unwrap(), made.public());
        assert!(matches!(key(8).create(&path), Err(ProofError::Exists(_))));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(key(8).create(&path), Err(ProofError::Exists(_))), "its public half is there");
        assert!(!path.exists());
        assert!(matches!(SecretKey::load(&path), Err(ProofError::NoKey(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_use_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        key(7).create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let loaded = SecretKey::load(&path);
            assert_eq!(loaded.is_ok(), accepted, "{mode:o}");
            if let Err(error) = loaded {
                assert_eq!(error.exit_code(), ExitCode::Usage);
                assert!(error.hint().unwrap().starts_with("`chmod 600 "));
            }
        }
    }

    #[test]
    fn a_key_does_not_lie_in_a_store() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(".mlspec");
        mlspec_store::Store::open(&root).unwrap();
        for path in ["key.json", "keys/mine.json"] {
            assert!(matches!(key(7).create(&root.join(path)), Err(ProofError::KeyInStore(_))), "{path}");
        }
        key(7).create(&folder.path().join("key.json")).unwrap();
        std::fs::rename(folder.path().join("key.json"), root.join("key.json")).unwrap();
        assert!(matches!(SecretKey::load(&root.join("key.json")), Err(ProofError::KeyInStore(_))));
    }

    #[test]
    fn what_is_wrong_is_told_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        let made = key(7);
        made.create(&path).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        let secret = STANDARD.encode(made.pair.as_bytes());
        let suppression = STANDARD.encode(made.suppression);
        assert!(!format!("{made:?}").contains(&secret[..8]));
        for text in [
            String::new(),
            whole[..whole.len() / 2].to_owned(),
            whole.replace("mlspec-key/1", "mlspec-key/2"),
            whole.replace(&secret, &suppression),
            whole.replace(&secret, "AAAA"),
            whole.replace(&made.id(), "0123456789abcdef"),
            whole.replace("\"secret\": \"", "\"secret\": 12, \"other\": \""),
        ] {
            std::fs::write(&path, &text).unwrap();
            let error = SecretKey::load(&path).unwrap_err();
            assert_eq!(error.exit_code(), ExitCode::Usage, "{text}");
            let told = format!("{error} {:?}", error.hint());
            assert!(!told.contains(&secret[..8]) && !told.contains(&suppression[..8]), "{told}");
            assert!(PublicKey::load(&path).is_err());
        }
    }
}
