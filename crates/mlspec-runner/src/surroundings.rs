//! What the program around a run provides. Nothing in this crate reads a clock, the environment or random numbers by itself.

use mlspec_record::{Code, Id};
use mlspec_stage::{Environment, Host};
use std::collections::BTreeMap;
use std::fmt;

/// What the program around a run provides.
#[derive(Clone)]
pub struct Surroundings<'a> {
    /// Clocks and cancellation; progress goes to the [`crate::Observer`] instead.
    pub host: &'a dyn Host,
    /// Random bytes for identifiers.
    pub random: &'a (dyn Fn() -> [u8; 10] + Send + Sync),
    /// What the process has used so far.
    pub resources: &'a (dyn Fn() -> Resources + Send + Sync),
    /// Who runs it.
    pub actor: Option<String>,
    /// The revision of the user's code.
    pub code: Option<Code>,
    /// Facts of the machine and the software around, for the records.
    pub environment: BTreeMap<String, String>,
    /// The table engine and its version, such as `polars 0.55.2`: part of every cache key.
    pub engine: String,
    /// Variables of the environment that stages may ask for, where a run is made from a record or another run.
    pub variables: Environment,
    /// How many steps may run at once; at least one does.
    pub threads: usize,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resources {
    /// Processor time in seconds.
    pub cpu_seconds: Option<f64>,
    /// The highest resident memory so far, in bytes.
    pub peak_memory_bytes: Option<u64>,
}

impl Surroundings<'_> {
    /// A new identifier.
    pub(crate) fn id(&self) -> Id {
        let millis = u64::try_from(self.host.now().millis()).unwrap_or_default();
        Id::from_time(millis, (self.random)())
    }
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("engine", &self.engine)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}
