#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Name`], [`Id`], [`Digest`], [`Version`], [`Status`], [`Timestamp`] and [`Seed`] are values that cannot be invalid;
//! [`ArtifactRef`] names a stored thing and [`Lineage`] where its rows come from; [`Envelope`] is what every stage
//! writes around a [`body`], [`Object`] what MLSpec calls a managed object; [`Record`] is a document with its digests.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod artifact;
pub mod body;
mod canonical;
mod datastore;
mod digest;
mod envelope;
pub mod erasure;
mod failure;
mod id;
mod kind;
mod lineage;
mod name;
pub mod object;
mod pipeline;
mod record;
mod retention;
mod seed;
mod stage_id;
mod status;
mod table_schema;
mod text;
mod timestamp;
mod version;

pub use artifact::{ArtifactKind, ArtifactRef};
pub use canonical::{CanonicalError, canonical_bytes, canonical_digest, canonical_document};
pub use datastore::{Datastore, FromEnvironment, SslMode, TextOrVariable, VariableName, VariableNameError};
pub use digest::{Digest, DigestError, Hasher};
pub use envelope::{
    Code, Elsewhere, Envelope, ExecutionProfile, Input, Output, Producer, ProducerRef, RunRef, StepRef, StepUpdate,
    Tag, UpdateMethod,
};
pub use failure::{ExitCode, Failure, Place};
pub use id::{Id, IdError};
pub use kind::{Kind, KindError, SchemaId, SchemaIdError};
pub use lineage::{
    ColumnLineage, Dependency, FeatureRange, Lineage, LineageNode, LineageParent, RowLineage, SourceColumn,
};
pub use name::{Name, NameError};
pub use object::Object;
pub use pipeline::{Constraint, Parameter, ParameterType, PipelineFile, PortRef, PortRefError, StepFile};
pub use record::{Record, RecordError};
pub use retention::{Age, AgeError, Retention};
pub use seed::{Seed, SeedError};
pub use stage_id::{StageId, StageIdError};
pub use status::{Status, StatusError};
pub use table_schema::{Column, DataType, TableSchema, TableSchemaError};
pub use text::{Description, DescriptionError};
pub use timestamp::{Timestamp, TimestampError};
pub use version::{Version, VersionError};
