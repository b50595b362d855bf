//! `clip@1`: values of a column that lie outside of bounds are set to the bound.

use mlspec_record::body::{OperatorReport, Transformation};
use mlspec_record::{
    ArtifactKind, ArtifactRef, Column, ColumnLineage, Dependency, ExitCode, Failure, Kind, Lineage, LineageParent,
    Name, Place, Producer, RowLineage, SourceColumn, StageId, TableSchema,
};
use mlspec_stage::{
    Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::{Store, StoreError};
use mlspec_table::polars::prelude as pl;
use mlspec_table::{Table, TableError, manifest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const ROWS: &str = "rows";

/// What a user may set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClipParams {
    /// The column, of type float64.
    #[schemars(length(min = 1))]
    column: String,
    /// The least value that stays.
    min: f64,
    /// The greatest value that stays, not below `min`.
    max: f64,
}

/// Why a column cannot be clipped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClipError {
    /// No value lies between the bounds, or one is no number.
    #[error("`min` must not be above `max`, got `{min}` and `{max}`")]
    Bounds { min: f64, max: f64 },
    /// There is nothing to clip.
    #[error("the rows have no column `{column}` of type `float64`")]
    Column { column: String },
    /// The table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure for ClipError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bounds { .. } | Self::Column { .. } => ExitCode::Usage,
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Column { column } => Place { table_column: Some(column.clone()), ..Place::default() },
            _ => Place::default(),
        }
    }
}

/// What can run: [`ClipParams`], checked.
#[derive(Debug)]
struct Clip(ClipParams);

/// The stage, for a registry.
pub(crate) fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(ClipParams) }
}

fn id() -> StageId {
    StageId::new("clip@1").expect("the constant is a stage id")
}

fn rows() -> Name {
    Name::new(ROWS).expect("the constant is a name")
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    let params: ClipParams = parse_settings(settings)?;
    let (min, max) = (params.min, params.max);
    // Written so that NaN is refused too.
    if min <= max { Ok(Box::new(Clip(params))) } else { Err(ClipError::Bounds { min, max }.into()) }
}

impl Stage for Clip {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Transformation
    }

    fn producer(&self) -> Producer {
        Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        write_settings(&self.0)
    }

    fn ports(&self) -> Ports {
        let table = || vec![Port::new(rows(), ArtifactKind::Table)];
        Ports { inputs: table(), outputs: table() }
    }

    /// The same columns; and the one to clip must be there, before data is read.
    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        let Some(schema) = inputs.get(ROWS) else { return Ok(Schemas::new()) };
        match schema.get(&self.0.column) {
            Some(mlspec_record::DataType::Float64) => Ok(Schemas::from([(ROWS.to_owned(), schema.clone())])),
            _ => Err(ClipError::Column { column: self.0.column.clone() }.into()),
        }
    }

    /// Reads, clips, writes the table and its lineage, leaves a body. The default of `update` runs this again.
    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let store = cx.store();
        let parent = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
        let table = Table::read(store, &parent.digest).map_err(ClipError::from)?;
        let clipped = self.clip(&table)?;
        let chunks = manifest(store, &parent.digest).map_err(ClipError::from)?.options();
        let artifact = clipped.write(store, &chunks).map_err(ClipError::from)?;
        let lineage = Some(self.lineage(store, parent, clipped.schema())?);
        cx.output(rows(), ArtifactRef { lineage, ..artifact })?;
        let rows = table.len() as u64;
        let report = OperatorReport {
            position: 0,
            operator: "clip".to_owned(),
            table: ROWS.to_owned(),
            rows_in: rows,
            rows_out: rows,
            dropped: 0,
            reason: None,
            bounds: Vec::new(),
            tables: Vec::new(),
            shares: Vec::new(),
        };
        cx.body(&Transformation { operators: vec![report], ..Transformation::default() })
    }
}

impl Clip {
    /// Rows with the same ids; null and NaN stay what they are.
    fn clip(&self, table: &Table) -> Result<Table, ClipError> {
        let ClipParams { column, min, max } = &self.0;
        let values = table.column(column)?.f64().map_err(TableError::from)?;
        let clip = |value: f64| {
            if value < *min {
                *min
            } else if value > *max {
                *max
            } else {
                value
            }
        };
        let clipped: pl::Float64Chunked = values.iter().map(|value| value.map(clip)).collect();
        let mut frame = table.frame().clone();
        let clipped = pl::IntoSeries::into_series(clipped).with_name(column.as_str().into());
        frame.with_column(clipped.into()).map_err(TableError::from)?;
        Ok(Table::new(frame)?)
    }

    /// Each row is the row of the same id; the clipped column is a function of itself, the others are what they were.
    fn lineage(
        &self,
        store: &Store,
        parent: ArtifactRef,
        schema: &TableSchema,
    ) -> Result<mlspec_record::Digest, ClipError> {
        let column = |column: &Column| ColumnLineage {
            column: column.name.clone(),
            data_type: column.data_type,
            sources: vec![SourceColumn {
                scan: ROWS.to_owned(),
                column: column.name.clone(),
                dependency: if column.name == self.0.column {
                    Dependency::Transformation
                } else {
                    Dependency::Identity
                },
            }],
        };
        let lineage = Lineage {
            parents: vec![LineageParent { scan: ROWS.to_owned(), artifact: parent }],
            rows: RowLineage::Identity,
            columns: schema.columns().iter().map(column).collect(),
            indirect: Vec::new(),
            features: Vec::new(),
        };
        Ok(store.put_json(&lineage)?.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use mlspec_table::polars::df;
    use mlspec_testkit::{Bench, Case, MARKER, check_stage};
    use serde_json::json;

    #[test]
    fn conforms() {
        let bench = Bench::new();
        let frame =
            df!("x" => [Some(-1.0), Some(0.5), None, Some(f64::NAN), Some(9.0)], "s" => [MARKER, "a", "b", "c", "d"])
                .unwrap();
        let rows = bench.source("readings", frame);
        let settings = |min: f64, max: f64| json!({"column": "x", "min": min, "max": max});
        let case = Case::new(&bench, entry(), settings(0.0, 1.0))
            .input("rows", &rows)
            .refuses(settings(2.0, 1.0), "`min` must not be above `max`")
            .fails("no such column", json!({"column": "y", "min": 0.0, "max": 1.0}), ExitCode::Usage, "no column `y`")
            .fails("a text", json!({"column": "s", "min": 0.0, "max": 1.0}), ExitCode::Usage, "no column `s`");
        check_stage!(case);
        let outcome = bench.outcome(&entry(), &settings(0.0, 1.0), &[("rows", &rows)]);
        let table = bench.table(&outcome.outputs[0].artifact);
        let values: Vec<Option<f64>> = table.column("x").unwrap().f64().unwrap().iter().collect();
        assert_eq!((values[0], values[1], values[2], values[4]), (Some(0.0), Some(0.5), None, Some(1.0)));
        assert!(values[3].unwrap().is_nan());
    }
}
