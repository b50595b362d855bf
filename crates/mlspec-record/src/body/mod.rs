//! What each kind of stage reports, one file a kind.

mod analysis;
mod evaluation;
mod external;
mod ingestion;
mod monitoring;
mod prediction;
mod splitting;
mod training;
mod transformation;
mod validation;

pub use analysis::{
    Analysis, ColumnSummary, Correlation, Duplicates, HistogramBins, NumberSummary, Outliers, Quantile, SliceSummaries,
    SliceSummary, TopValue,
};
pub use evaluation::{
    ColumnImportance, ColumnOf, Curve, Evaluation, Fairness, FairnessGroup, Interval, Metric, ModelSize,
    PermutationImportances, Slice, SliceMetrics, Test,
};
pub use external::{External, ExternalFile, ExternalOutput, ExternalRows, Taken};
pub use ingestion::{Ingestion, Quarantined, Revision, RowPlaces, SourceFile, SourceQuery};
pub use monitoring::{
    ColumnDrift, ColumnRole, Contribution, Direction, DriftMeasure, Drifted, GateVerdict, MetricDrift, Monitoring,
    PortState,
};
pub use prediction::{PredictedClass, Prediction};
pub use splitting::{ColumnStatistics, Cut, Leak, LeftOut, LinkCount, Part, PartDistance, SplitMethod, Splitting};
pub use training::{
    Convergence, FeatureImportance, Guarantee, ImportanceMeasure, Importances, Method, Start, SummedImportance,
    Training,
};
pub use transformation::{
    EncodedColumn, Encoding, FittedBounds, GroupRows, GroupShares, KeyIndex, OperatorReport, OperatorTable,
    Transformation,
};
pub use validation::{ExpectationResult, ExpectationsRef, Severity, Validation, Waived};
