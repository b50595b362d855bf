//! Files whose texts every reader takes: polars would say that they are views, which parts of pyarrow and older libraries refuse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlspec_table::TableError;
use mlspec_table::polars::prelude::{
    CompatLevel, DataFrame, IpcWriter, KeyValueMetadata, ParquetWriter, PolarsError, SerWriter as _,
};
use std::fs::File;
use std::io::Write;

/// The key of the Arrow schema among the metadata of a Parquet file, by which readers choose types.
const ARROW_SCHEMA: &str = "ARROW:schema";

/// What an Arrow file begins with, padded to eight bytes.
const MAGIC: &[u8] = b"ARROW1\0\0";

/// Writes an Arrow IPC file.
pub(crate) fn write_arrow(to: impl Write, frame: &mut DataFrame) -> Result<(), TableError> {
    Ok(IpcWriter::new(to).with_compat_level(CompatLevel::oldest()).finish(frame)?)
}

/// Writes a Parquet file.
pub(crate) fn write_parquet(to: File, frame: &mut DataFrame) -> Result<(), TableError> {
    let metadata = KeyValueMetadata::from_static(vec![(ARROW_SCHEMA.to_owned(), STANDARD.encode(schema(frame)?))]);
    ParquetWriter::new(to).with_key_value_metadata(Some(metadata)).finish(frame)?;
    Ok(())
}

/// The schema as a message of Arrow's IPC format: the first message of a file without rows.
fn schema(frame: &DataFrame) -> Result<Vec<u8>, TableError> {
    let mut file = Vec::new();
    write_arrow(&mut file, &mut frame.clear())?;
    let message = file.strip_prefix(MAGIC).and_then(|rest| {
        // A mark of four bytes, the length of what follows, which is padded.
        let length = u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?) as usize;
        rest.get(..length.checked_add(8)?)
    });
    let unknown = || PolarsError::ComputeError("an Arrow file begins differently than expected".into());
    Ok(message.ok_or_else(unknown)?.to_vec())
}
