//! Files for the program and from it: the description, tables out, tables back.

use crate::params::Exchange;
use crate::{ExternalError, ExternalStep, compatible};
use mlspec_record::{ArtifactRef, Column, Name, Seed, TableSchema};
use mlspec_store::Store;
use mlspec_table::format::{Compression, InputFile, NamedRows, ReadOptions, read_named};
use mlspec_table::{ROW, Table, TableError};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The format of the description.
const FORMAT: &str = "mlspec-external/1";

/// What a program is told.
#[derive(Debug, Serialize)]
pub(crate) struct Description<'a> {
    format: &'static str,
    step: &'a Name,
    seed: Seed,
    settings: &'a Map<String, Value>,
    inputs: BTreeMap<&'a Name, InputFileOf<'a>>,
    outputs: BTreeMap<&'a Name, OutputFileOf<'a>>,
}

#[derive(Debug, Serialize)]
struct InputFileOf<'a> {
    path: PathBuf,
    format: &'static str,
    rows: u64,
    row_ids: &'static str,
    columns: &'a [Column],
}

#[derive(Debug, Serialize)]
struct OutputFileOf<'a> {
    path: PathBuf,
    format: &'static str,
    columns: &'a [Column],
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_of: Option<&'a Name>,
}

/// The folder of one run of a program.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
    format: Exchange,
}

impl Folder {
    /// A folder on the store's file system, removed in the end also where this process is killed.
    pub(crate) fn new(store: &Store, format: Exchange) -> Result<Self, ExternalError> {
        let within = store.writing_folder();
        std::fs::create_dir_all(&within)?;
        let folder = tempfile::Builder::new().prefix("external-").tempdir_in(&within)?;
        // The program runs elsewhere: paths must not depend on where.
        let found = Self { folder, format };
        for name in ["inputs", "outputs", "work"] {
            std::fs::create_dir(found.path()?.join(name))?;
        }
        Ok(found)
    }

    fn path(&self) -> Result<PathBuf, ExternalError> {
        Ok(self.folder.path().canonicalize()?)
    }

    /// Where the program runs if nothing else is said.
    pub(crate) fn work(&self) -> Result<PathBuf, ExternalError> {
        Ok(self.path()?.join("work"))
    }

    fn file(&self, side: &str, port: &Name) -> Result<PathBuf, ExternalError> {
        Ok(self.path()?.join(side).join(format!("{port}.{}", self.format.as_str())))
    }

    /// Writes inputs and description; returns the description's path.
    pub(crate) fn write(
        &self,
        step: &ExternalStep,
        (name, seed): (&Name, Seed),
        (store, inputs): (&Store, &BTreeMap<Name, ArtifactRef>),
    ) -> Result<PathBuf, ExternalError> {
        let mut schemas = BTreeMap::new();
        for (port, artifact) in inputs {
            let table = Table::read(store, &artifact.digest)?;
            self.write_table(&self.file("inputs", port)?, &table)?;
            schemas.insert(port, (table.schema().clone(), table.len() as u64));
        }
        let format = self.format.as_str();
        let mut described = BTreeMap::new();
        for (port, (schema, rows)) in &schemas {
            let path = self.file("inputs", port)?;
            described.insert(*port, InputFileOf { path, format, rows: *rows, row_ids: ROW, columns: schema.columns() });
        }
        let mut outputs = BTreeMap::new();
        for (port, schema) in &step.outputs {
            let rows_of = step.params.outputs.get(port).and_then(|output| output.rows_of.as_ref());
            outputs.insert(
                port,
                OutputFileOf { path: self.file("outputs", port)?, format, columns: schema.columns(), rows_of },
            );
        }
        let settings = &step.params.settings;
        let description = Description { format: FORMAT, step: name, seed, settings, inputs: described, outputs };
        let path = self.path()?.join("step.json");
        std::fs::write(&path, serde_json::to_vec_pretty(&description).map_err(std::io::Error::from)?)?;
        Ok(path)
    }

    fn write_table(&self, path: &Path, table: &Table) -> Result<(), ExternalError> {
        let mut frame = table.frame().clone();
        let file = File::create(path)?;
        match self.format {
            Exchange::Parquet => compatible::write_parquet(file, &mut frame)?,
            Exchange::Arrow => compatible::write_arrow(file, &mut frame)?,
        }
        Ok(())
    }

    /// Reads an output: exactly the declared columns, in their order, and ids if there are some.
    pub(crate) fn read(&self, port: &Name, schema: &TableSchema, log: &Path) -> Result<NamedRows, ExternalError> {
        let path = self.file("outputs", port)?;
        if !path.is_file() {
            return Err(ExternalError::NoOutput { port: port.clone(), log: log.to_owned() });
        }
        let wrong = |error| ExternalError::Output { port: port.clone(), error: Box::new(error) };
        let file = InputFile::open(&path, port.as_str(), Compression::None).map_err(wrong)?;
        let found = read_named(&file, &ReadOptions::new(self.format.format()), schema).map_err(wrong)?;
        let missing = schema.names().find(|name| found.frame.get_column_index(name).is_none());
        if let Some(column) = missing {
            return Err(ExternalError::NoColumn { port: port.clone(), column: column.to_owned() });
        }
        let names: Vec<&str> = schema.names().collect();
        let frame = found.frame.select(names).map_err(TableError::from)?;
        Ok(NamedRows { frame, rows: found.rows })
    }
}
