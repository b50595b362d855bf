//! The stages that pipelines may use.

use mlspec_stage::Registry;

/// All of them.
pub(crate) fn registry() -> Registry {
    Registry::new([])
}
