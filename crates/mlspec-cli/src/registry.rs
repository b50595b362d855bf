//! The stages that pipelines may use.

use mlspec_stage::Registry;

/// All of them, in the order of the lifecycle.
pub(crate) fn registry() -> Registry {
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
    ])
}
