//! What each kind of stage reports, one file a kind.

mod evaluation;
mod ingestion;
mod splitting;
mod training;
mod transformation;
mod validation;

pub use evaluation::{Curve, Evaluation, Metric, ModelSize, Slice, SliceMetrics, Test};
pub use ingestion::{Ingestion, Revision, SourceFile};
pub use splitting::{ColumnStatistics, Leak, LinkCount, Part, Splitting};
pub use training::{Convergence, Guarantee, Method, Start, Training};
pub use transformation::{EncodedColumn, Encoding, KeyIndex, OperatorReport, Transformation};
pub use validation::{ExpectationResult, ExpectationsRef, Severity, Validation, Waived};
