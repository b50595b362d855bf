#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod changes;
mod context;
pub mod datastore;
mod environment;
mod error;
mod ports;
mod registry;
mod site;
mod stage;

pub use changes::{Changes, PortChange, Previous};
pub use context::{BoundInput, Context, Host, Outcome};
pub use environment::Environment;
pub use error::StageError;
pub use ports::{Port, Ports, Schemas};
pub use registry::{Build, Registry, StageEntry, parse_settings, write_settings};
pub use site::{Site, SiteError};
pub use stage::Stage;
