//! Variables of the environment, as the program around gives them.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// Variables of the environment by name; the default has none. Values are never shown.
#[derive(Clone, Default)]
pub struct Environment(Option<Arc<Lookup>>);

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Environment {
    /// The variables that a function knows.
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// A variable, if it is set.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        self.0.as_ref().and_then(|lookup| lookup(name))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}
