//! Variables of the environment: the one place that reads them.

use mlspec_stage::Environment;
use std::ffi::OsString;

/// A variable, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "what enters from outside enters here")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// All of them, for stages that may ask for those that settings name.
#[expect(clippy::disallowed_methods, reason = "what enters from outside enters here")]
pub(crate) fn variables() -> Environment {
    Environment::new(|name| std::env::var_os(name))
}
