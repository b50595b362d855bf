//! Between artifacts and [`Encoding`]; no decisions here.

use crate::encoding::one_class;
use crate::{EncodeError, EncodeParams, Encoding};
use mlspec_model::{FittedEncoder, FittedEncoders, FittedLabel, LABEL, Matrix, WEIGHT};
use mlspec_record::body::{EncodedColumn, Transformation};
use mlspec_record::{
    ArtifactKind, ArtifactRef, ColumnLineage, Dependency, Digest, Kind, Lineage, LineageParent, Name, Producer,
    RowLineage, SourceColumn, StageId, TableSchema,
};
use mlspec_stage::{
    Changes, Context, Port, Ports, Schemas, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::Store;
use mlspec_table::{ChunkOptions, Table, manifest};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The most names that the record lists of one range.
const MAX_NAMES: usize = 1000;

/// What the binary registers.
pub fn entry() -> StageEntry {
    StageEntry {
        id: id(),
        build: |_, settings, site| {
            let mut params = parse_settings::<EncodeParams>(settings)?;
            params.encoders.iter_mut().try_for_each(|encoder| encoder.load(site))?;
            Ok(Box::new(params.check()?))
        },
        settings: || schemars::schema_for!(EncodeParams),
    }
}

fn id() -> StageId {
    StageId::new("encode@1").unwrap_or_else(|_| unreachable!("the text is in the grammar"))
}

/// One part: the port, the table that arrived there, and in what chunks it lies.
struct Part {
    port: Name,
    artifact: ArtifactRef,
    options: ChunkOptions,
    table: Table,
}

impl Encoding {
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.params().fit).chain(&self.params().apply)
    }

    /// Reads the columns that are encoded.
    fn read(&self, cx: &Context<'_>, port: &Name) -> Result<Part, StageError> {
        let artifact = cx.input(port.as_str(), ArtifactKind::Table)?.artifact.clone();
        let manifest = manifest(cx.store(), &artifact.digest)?;
        let columns = self.table_columns(&manifest.schema);
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let table = Table::read_columns(cx.store(), &artifact.digest, &columns)?;
        let options = manifest.options();
        Ok(Part { port: port.clone(), artifact, options, table })
    }

    /// The columns that are encoded, as far as a part has them.
    pub(crate) fn table_columns(&self, schema: &TableSchema) -> Vec<String> {
        let columns: BTreeSet<String> = self.raw_columns(schema).into_iter().map(|raw| raw.column).collect();
        columns.into_iter().filter(|column| schema.get(column).is_some()).collect()
    }

    fn write(
        &self,
        cx: &mut Context<'_>,
        part: &Part,
        raw: &Table,
        encoders: &FittedEncoders,
        written: (Digest, u64),
    ) -> Result<(), StageError> {
        let raw = raw.write(cx.store(), &part.options)?;
        let schema = part.table.schema();
        let fitted = part.port == self.params().fit;
        leave(cx, &Encoded { port: &part.port, artifact: &part.artifact, schema, raw, fitted }, encoders, written)
    }

    pub(crate) fn body(&self, encoders: &FittedEncoders, digest: Digest, state: Digest) -> Transformation {
        let ranges = encoders.ranges().into_iter().zip(encoders.names_of_ranges(MAX_NAMES));
        let columns = ranges.map(|(range, names)| EncodedColumn { names, range });
        let (classes, positive) = match encoders.label() {
            Some(FittedLabel::Classification { classes, positive, .. }) => (classes.clone(), *positive),
            _ => (Vec::new(), None),
        };
        let encoding = mlspec_record::body::Encoding {
            encoders: digest,
            fitted_rows: encoders.fitted_rows(),
            fitted_on: self.params().fit.to_string(),
            columns: columns.collect(),
            label: encoders.label().map(|label| label.column().to_owned()),
            weight: encoders.weight().map(str::to_owned),
            positive: positive.and_then(|at| classes.get(at as usize).cloned()),
            classes,
            features: encoders.features() as u64,
            state: Some(state),
        };
        Transformation { encoding: Some(encoding), ..Transformation::default() }
    }
}

/// A part that was encoded.
pub(crate) struct Encoded<'a> {
    pub(crate) port: &'a Name,
    /// The table that arrived.
    pub(crate) artifact: &'a ArtifactRef,
    pub(crate) schema: &'a TableSchema,
    /// The raw table.
    pub(crate) raw: ArtifactRef,
    /// Whether encoders are fitted on it.
    pub(crate) fitted: bool,
}

/// Leaves a part's matrix at its port; the encoders were written as this digest, in as many bytes.
pub(crate) fn leave(
    cx: &mut Context<'_>,
    part: &Encoded<'_>,
    encoders: &FittedEncoders,
    (digest, bytes): (Digest, u64),
) -> Result<(), StageError> {
    let fitted = part.fitted && encoders.encoders().iter().any(FittedEncoder::knows_labels);
    let matrix = Matrix::new(part.raw.clone(), digest).of_fitted(fitted).write(cx.store(), bytes)?;
    let lineage = lineage(cx.store(), part, encoders)?;
    cx.output(part.port.clone(), ArtifactRef { lineage: Some(lineage), ..matrix })
}

/// Keeps the lineage of a matrix: rows and features; label and weight as columns.
fn lineage(store: &Store, part: &Encoded<'_>, encoders: &FittedEncoders) -> Result<Digest, StageError> {
    let column = |name: &str, column: &str| {
        let source =
            SourceColumn { scan: part.port.to_string(), column: column.to_owned(), dependency: Dependency::Identity };
        let data_type = part.schema.get(column)?;
        Some(ColumnLineage { column: name.to_owned(), data_type, sources: vec![source] })
    };
    let label = encoders.label().and_then(|label| column(LABEL, label.column()));
    let weight = encoders.weight().and_then(|weight| column(WEIGHT, weight));
    let lineage = Lineage {
        parents: vec![LineageParent { scan: part.port.to_string(), artifact: part.artifact.clone() }],
        rows: RowLineage::Identity,
        columns: label.into_iter().chain(weight).collect(),
        indirect: Vec::new(),
        features: encoders.ranges(),
    };
    Ok(store.put_json(&lineage)?.0)
}

impl Stage for Encoding {
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
        write_settings(self.params())
    }

    fn ports(&self) -> Ports {
        let ports = |kind| self.parts().map(|part| Port::new(part.clone(), kind)).collect();
        Ports { inputs: ports(ArtifactKind::Table), outputs: ports(ArtifactKind::Matrix) }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        if let Some(fitted) = inputs.get(self.params().fit.as_str()) {
            for (part, schema) in self.parts().filter_map(|part| inputs.get_key_value(part.as_str())) {
                self.check_part(part, schema, fitted)?;
            }
        }
        Ok(Schemas::new())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let parts = u64::try_from(self.parts().count()).unwrap_or(0);
        let fit = self.read(cx, &self.params().fit)?;
        let start = cx.host().seconds();
        let (fitted, statistics) = self.fit_with_statistics(&fit.table).map_err(|error| error.of(fit.port.as_str()))?;
        cx.measure("fit_seconds", cx.host().seconds() - start);
        fitted.warnings.into_iter().for_each(|warning| cx.warn(warning));
        let encoders = fitted.encoders;
        let (digest, bytes) = encoders.write(cx.store())?;
        self.write(cx, &fit, &fitted.raw, &encoders, (digest, bytes))?;
        let mut classes = BTreeMap::new();
        for (name, done) in self.params().apply.iter().zip(1..) {
            cx.check_cancelled()?;
            cx.host().progress(done, parts);
            let part = self.read(cx, name)?;
            let of_part = |error: EncodeError| error.of(name.as_str());
            self.check_part(name.as_str(), part.table.schema(), fit.table.schema())?;
            let (raw, found) = self.apply_and_count(&encoders, &part.table).map_err(of_part)?;
            one_class(&encoders, found.as_ref())
                .into_iter()
                .for_each(|warning| cx.warn(format!("{warning} (part `{name}`)")));
            if let Some(found) = found {
                classes.insert(name.to_string(), found.tally().keep(cx.store(), None)?);
            }
            self.write(cx, &part, &raw, &encoders, (digest, bytes))?;
        }
        cx.host().progress(parts, parts);
        let state = statistics.keep(cx.store(), None, classes)?;
        cx.body(&self.body(&encoders, digest, state))
    }

    fn update(&self, cx: &mut Context<'_>, changes: &Changes) -> Result<(), StageError> {
        match self.carry_over(cx, changes)? {
            true => Ok(()),
            false => self.run(cx),
        }
    }
}
