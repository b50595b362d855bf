//! A file in memory.

use super::{Compression, FormatError, Problem};
use std::io::Read as _;
use std::path::Path;

/// A file in memory, decompressed, with the name that messages show.
#[derive(Clone)]
pub struct InputFile {
    name: String,
    bytes: Vec<u8>,
    whole: bool,
    partition: Vec<(String, Option<String>)>,
}

impl std::fmt::Debug for InputFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InputFile({}, {} bytes)", self.name, self.bytes.len())
    }
}

impl InputFile {
    /// Bytes that lie in memory already, not compressed.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), whole: true, partition: Vec::new() }
    }

    /// Reads a file; `name` is what messages show.
    ///
    /// # Errors
    /// When the file system refuses, or the compressed bytes are damaged.
    pub fn open(path: &Path, name: &str, compression: Compression) -> Result<Self, FormatError> {
        let bytes = std::fs::read(path).map_err(|error| FormatError::file(name, Problem::Io(error)))?;
        Self::decompress(bytes, name, compression, None)
    }

    /// The lines at the beginning of a text file, from about so many bytes; a line that is cut off is left out.
    ///
    /// # Errors
    /// As [`InputFile::open`].
    pub fn open_beginning(path: &Path, name: &str, compression: Compression, bytes: u64) -> Result<Self, FormatError> {
        let refused = |error| FormatError::file(name, Problem::Io(error));
        let mut beginning = Vec::new();
        std::fs::File::open(path).map_err(refused)?.take(bytes).read_to_end(&mut beginning).map_err(refused)?;
        let mut file = Self::decompress(beginning, name, compression, Some(bytes))?;
        file.whole = std::fs::metadata(path).map_err(refused)?.len() < bytes && (file.bytes.len() as u64) < bytes;
        if !file.whole {
            let end = memchr::memrchr(b'\n', &file.bytes).map_or(0, |at| at + 1);
            file.bytes.truncate(end);
        }
        Ok(file)
    }

    /// Takes bytes as they lie in a file. With `at_most`, damage at the end is not looked at: the end is not there.
    fn decompress(
        bytes: Vec<u8>,
        name: &str,
        compression: Compression,
        at_most: Option<u64>,
    ) -> Result<Self, FormatError> {
        let compression = match compression {
            Compression::Auto if bytes.starts_with(&[0x1f, 0x8b]) => Compression::Gzip,
            Compression::Auto if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => Compression::Zstd,
            other => other,
        };
        let damaged = |error| FormatError::file(name, Problem::Decompress(error));
        let mut text = Vec::new();
        let read = match compression {
            Compression::Auto | Compression::None => return Ok(Self::new(name, bytes)),
            Compression::Gzip => {
                let decoder = flate2::read::MultiGzDecoder::new(&bytes[..]);
                decoder.take(at_most.unwrap_or(u64::MAX)).read_to_end(&mut text)
            }
            Compression::Zstd => {
                let decoder = zstd::Decoder::with_buffer(&bytes[..]).map_err(damaged)?;
                decoder.take(at_most.unwrap_or(u64::MAX)).read_to_end(&mut text)
            }
        };
        match read {
            Err(error) if at_most.is_none() => Err(damaged(error)),
            _ => Ok(Self::new(name, text)),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// With columns that its path says, such as `year=2024`: the same value in every row.
    #[must_use]
    pub fn with_partition(self, partition: Vec<(String, Option<String>)>) -> Self {
        Self { partition, ..self }
    }

    /// The columns that its path says.
    pub(crate) fn partition(&self) -> &[(String, Option<String>)] {
        &self.partition
    }

    /// Whether this is all of the file.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The bytes, decompressed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text behind a byte order mark.
    pub(crate) fn text(&self) -> &[u8] {
        self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes)
    }

    /// The line, from 1, of a position in [`InputFile::text`].
    pub(crate) fn line(&self, at: usize) -> u64 {
        let before = self.text().get(..at).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() as u64 + 1
    }
}
