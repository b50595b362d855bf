//! The stages that pipelines may use.

use mlspec_stage::Registry;
use std::sync::OnceLock;

/// What the program was started with.
static STAGES: OnceLock<Registry> = OnceLock::new();

/// The stages of `mlspec`, in the order of the lifecycle.
pub fn registry() -> Registry {
    Registry::new([
        mlspec_ingest::entry(),
        mlspec_analyze::entry(),
        mlspec_validate::entry(),
        mlspec_transform::entry(),
        mlspec_split::entry(),
        mlspec_encode::entry(),
        mlspec_train::entry(),
        mlspec_evaluate::evaluate_entry(),
        mlspec_evaluate::test_entry(),
        mlspec_monitor::entry(),
        mlspec_evaluate::predict_entry(),
        mlspec_external::entry(),
        mlspec_external::record_entry(),
    ])
}

/// Says which stages there are; the first to say so is right.
pub(crate) fn set(registry: Registry) {
    let _ = STAGES.set(registry);
}

/// The stages that the program was started with.
pub(crate) fn stages() -> Registry {
    STAGES.get_or_init(registry).clone()
}
