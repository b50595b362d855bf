//! SHA-256 digests.

use crate::text::string_type;
use sha2::Digest as _;

/// A SHA-256 digest, written `sha256:` and 64 lower-case hex digits.
///
/// ```
/// use mlspec_record::Digest;
/// let digest = Digest::of(b"abc");
/// assert_eq!(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Why a text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` and 64 lower-case hex digits")]
pub struct DigestError;

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads `sha256:` and 64 lower-case hex digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: &str) -> Result<Self, DigestError> {
        Self::from_hex(text.strip_prefix("sha256:").ok_or(DigestError)?)
    }

    /// Reads 64 lower-case hex digits, as [`Digest::hex`] writes them.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn from_hex(hex: &str) -> Result<Self, DigestError> {
        let nibble = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(DigestError),
        };
        let digits: &[u8; 64] = hex.as_bytes().try_into().map_err(|_| DigestError)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }

    /// The 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hex digits without prefix, as used in file names.
    pub fn hex(&self) -> String {
        use std::fmt::Write as _;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

string_type!(Digest, DigestError, {
    "type": "string",
    "pattern": "^sha256:[0-9a-f]{64}$",
    "description": "A SHA-256 digest in lower-case hex."
});

/// A digest in the making, for content that arrives in pieces.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes appended.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_hex_with_its_prefix_is_a_digest() {
        let hex = Digest::of(b"abc").hex();
        for (text, valid) in [
            (format!("sha256:{hex}"), true),
            (hex.clone(), false),
            (format!("sha256:{}", hex.to_uppercase()), false),
            (format!("sha512:{hex}"), false),
            (format!("sha256:{}", &hex[1..]), false),
            (format!("sha256:{hex}0"), false),
            (format!("sha256:{}g", &hex[1..]), false),
            (format!("sha256:{}", "é".repeat(32)), false),
            (String::new(), false),
        ] {
            assert_eq!(Digest::new(&text).is_ok(), valid, "{text}");
        }
        assert_eq!(Digest::from_hex(&hex), Ok(Digest::of(b"abc")));
    }

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut hasher = Hasher::new();
        [&b"a"[..], b"", b"bc"].into_iter().for_each(|piece| hasher.update(piece));
        assert_eq!(hasher.finish(), Digest::of(b"abc"));
        assert_eq!(Hasher::new().finish(), Digest::of(b""));
        assert_eq!(Digest::from_bytes(*Digest::of(b"x").bytes()), Digest::of(b"x"));
    }
}
