//! Predictions as a file for others: CSV, JSON, NDJSON, Parquet, Arrow.

use crate::{PredictError, Predicted};
use mlspec_ingest::FreshRows;
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactRef, Name};
use mlspec_store::Store;
use mlspec_table::format::Format;
use mlspec_table::polars::prelude as pl;
use mlspec_table::polars::prelude::{DataFrame, IdxCa, IdxSize, NamedFrom as _, SerWriter as _, Series};
use mlspec_table::{ROW, Table, TableError};
use std::collections::BTreeMap;
use std::path::Path;

/// Writes predictions to a file, of the format that its name says, whole or not at all. See the README for its columns.
///
/// # Errors
/// When the name says no format, or the file cannot be written. A run without predictions writes nothing.
pub fn write_predictions(store: &Store, predicted: &Predicted, path: &Path) -> Result<(), PredictError> {
    let name = path.display().to_string();
    let format = output_format(&name)?;
    let Some(predictions) = &predicted.predictions else { return Ok(()) };
    let frame = frame(store, predicted, predictions)?;
    let bytes = bytes(frame, format).map_err(TableError::from)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let wrong = |error: mlspec_store::StoreError| PredictError::Write { path: name.clone(), reason: error.to_string() };
    mlspec_store::write_atomic(folder, path, &bytes).map_err(wrong)
}

/// The format that the name of a file for predictions says.
///
/// # Errors
/// When it says none, or one that can only be read.
pub fn output_format(name: &str) -> Result<Format, PredictError> {
    let written = |format: &Format| !matches!(format, Format::Avro | Format::Excel);
    Format::of_path(name).filter(written).ok_or_else(|| PredictError::Format(name.to_owned()))
}

/// The predictions with what tells which new rows they are of, in the order of those.
fn frame(store: &Store, predicted: &Predicted, of: &ArtifactRef) -> Result<DataFrame, PredictError> {
    let table = Table::read(store, &of.digest)?;
    let ids = table.ids();
    let mut columns = table.into_frame().into_columns();
    let (mut behind, mut order) = (Vec::new(), None);
    let tracer = Tracer::new(store);
    for (dataset, fresh) in &predicted.fresh {
        let Some(rows) = rows_behind(&tracer, of, fresh, &ids)? else { continue };
        behind.extend(source_columns(store, dataset, fresh, &rows)?);
        order.get_or_insert(rows);
    }
    let answers = columns.split_off(1);
    columns.extend(behind);
    columns.extend(answers);
    let frame = DataFrame::new(ids.len(), columns).map_err(TableError::from)?;
    let Some(rows) = order else { return Ok(frame) };
    let mut places: Vec<IdxSize> = (0..ids.len() as IdxSize).collect();
    places.sort_by_key(|at| rows.get(*at as usize).copied().flatten());
    Ok(frame.take(&IdxCa::from_vec("".into(), places)).map_err(TableError::from)?)
}

/// For each prediction the one new row behind it; nothing where several stand behind one.
fn rows_behind(
    tracer: &Tracer<'_>,
    of: &ArtifactRef,
    fresh: &FreshRows,
    ids: &[u64],
) -> Result<Option<Vec<Option<u64>>>, PredictError> {
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for scan in tracer.sources(of)?.iter().filter(|scan| scan.artifact.digest == fresh.table.digest) {
        for (row, source) in tracer.list_pairs(of, scan)? {
            if found.insert(row, source).is_some_and(|other| other != source) {
                return Ok(None);
            }
        }
    }
    Ok(Some(ids.iter().map(|id| found.get(id).copied()).collect()))
}

/// The key of the new row behind each prediction, or its place in the file.
fn source_columns(
    store: &Store,
    dataset: &Name,
    fresh: &FreshRows,
    rows: &[Option<u64>],
) -> Result<Vec<pl::Column>, PredictError> {
    let key: Vec<&str> = fresh.ingestion.key.iter().map(String::as_str).collect();
    let first = fresh.ingestion.files.first().and_then(|file| file.first_row);
    if key.is_empty() || key.iter().any(|column| fresh.missing.iter().any(|missing| missing == column)) {
        let Some(first) = first else { return Ok(Vec::new()) };
        let places: Vec<Option<u64>> = rows.iter().map(|row| Some((*row)?.checked_sub(first)? + 1)).collect();
        return Ok(vec![Series::new(format!("{dataset}.row").into(), places).into()]);
    }
    let table = Table::read_columns(store, &fresh.table.digest, &key)?;
    let ids = table.ids();
    let place = |row: &Option<u64>| Some(ids.binary_search(&(*row)?).ok()? as IdxSize);
    let places: IdxCa = IdxCa::new("".into(), rows.iter().map(place).collect::<Vec<Option<IdxSize>>>());
    let column = |name: &&str| {
        let values = table.column(name)?.take(&places).map_err(TableError::from)?;
        Ok(values.with_name(format!("{dataset}.{name}").into()))
    };
    key.iter().map(column).collect()
}

fn bytes(mut frame: DataFrame, format: Format) -> pl::PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        Format::Csv => pl::CsvWriter::new(&mut bytes).finish(&mut frame)?,
        Format::Tsv => pl::CsvWriter::new(&mut bytes).with_separator(b'\t').finish(&mut frame)?,
        Format::Ndjson | Format::Json => {
            // JSON's numbers end at 2^53 for most readers; ids go beyond.
            let ids = frame.column(ROW)?.cast(&pl::DataType::String)?;
            frame.with_column(ids)?;
            let form = if format == Format::Json { pl::JsonFormat::Json } else { pl::JsonFormat::JsonLines };
            pl::JsonWriter::new(&mut bytes).with_json_format(form).finish(&mut frame)?;
        }
        Format::Parquet => drop(pl::ParquetWriter::new(&mut bytes).finish(&mut frame)?),
        Format::Ipc => pl::IpcWriter::new(&mut bytes).finish(&mut frame)?,
        Format::Avro | Format::Excel => return Err(pl::polars_err!(InvalidOperation: "this format is only read")),
    }
    Ok(bytes)
}
