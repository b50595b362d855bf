//! Columns: which source columns does this one depend on, and how?

use crate::{TraceError, View};
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactKind, Id, Name, PortRef, SourceColumn};
use serde::Serialize;

/// The columns of an output and the source columns behind each.
#[derive(Clone, Debug, Serialize)]
pub struct Lineage {
    /// The pipeline.
    pub pipeline: Name,
    /// The run.
    pub run: Id,
    /// The output.
    pub output: PortRef,
    /// Its columns; of a matrix, what each encoder wrote.
    pub columns: Vec<ColumnAnswer>,
    /// The source columns that decided which rows exist or how they are grouped: every column depends on them.
    pub indirect: Vec<SourceColumn>,
}

/// A column and the source columns behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnAnswer {
    /// The column; of a matrix, the encoder and its range of features.
    pub column: String,
    /// The source columns, by dataset (as `scan`), with the kind of dependency.
    pub sources: Vec<SourceColumn>,
}

/// The column lineage of an output, composed down to the sources; of one column, if one is named.
///
/// # Errors
/// When a name is unknown, the output has no columns, or lineage cannot be followed.
pub fn lineage(view: &View, port: &PortRef, column: Option<&str>) -> Result<Lineage, TraceError> {
    let artifact = view.output(port)?;
    let tracer = Tracer::new(&view.store);
    let mut columns: Vec<ColumnAnswer> = match artifact.kind {
        ArtifactKind::Table => {
            let found = tracer.columns(artifact)?.into_iter();
            found.map(|found| ColumnAnswer { column: found.column, sources: found.sources }).collect()
        }
        ArtifactKind::Matrix => {
            let found = tracer.features(artifact)?.into_iter();
            found.map(|(range, sources)| ColumnAnswer { column: name(&range), sources }).collect()
        }
        found => {
            return Err(TraceError::Kind {
                of: port.to_string(),
                found,
                expected: "a table or matrix, which have columns",
            });
        }
    };
    if let Some(column) = column {
        if !columns.iter().any(|answer| answer.column == column) {
            let known = columns.iter().map(|answer| answer.column.as_str());
            return Err(TraceError::unknown("column", column, known).within(&port.to_string()));
        }
        columns.retain(|answer| answer.column == column);
    }
    Ok(Lineage {
        pipeline: view.run.body.file.pipeline.clone(),
        run: view.run.id.clone(),
        output: port.clone(),
        columns,
        indirect: tracer.indirect(artifact)?,
    })
}

/// What an encoder wrote, as one column.
fn name(range: &mlspec_record::FeatureRange) -> String {
    format!("{}({}) #{}-{}", range.encoder, range.columns.join(", "), range.start, range.end.saturating_sub(1))
}
