//! What each kind of stage reports, one file a kind.

mod analysis;
mod evaluation;
mod ingestion;
mod monitoring;
mod splitting;
mod training;
mod transformation;
mod validation;

pub use analysis::{
    Analysis, ColumnSummary, Correlation, Duplicates, HistogramBins, NumberSummary, Outliers, Quantile, SliceSummaries,
    SliceSummary, TopValue,
};
pub use evaluation::{Curve, Evaluation, Metric, ModelSize, Slice, SliceMetrics, Test};
pub use ingestion::{Ingestion, Revision, SourceFile};
pub use monitoring::{
    ColumnDrift, ColumnRole, Contribution, Direction, DriftMeasure, Drifted, GateVerdict, MetricDrift, Monitoring,
    PortState,
};
pub use splitting::{ColumnStatistics, Leak, LinkCount, Part, Splitting};
pub use training::{Convergence, Guarantee, Method, Start, Training};
pub use transformation::{EncodedColumn, Encoding, KeyIndex, OperatorReport, Transformation};
pub use validation::{ExpectationResult, ExpectationsRef, Severity, Validation, Waived};
