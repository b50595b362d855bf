//! Settings: what builds and what does not, and that the schema says the same.

use crate::{Case, must};
use mlspec_record::ExitCode;
use mlspec_schema::Schema;
use mlspec_stage::{Stage, StageError};
use serde_json::Value;

/// Everything about the settings; gives the stage of the case.
#[track_caller]
pub(crate) fn check(case: &Case<'_>) -> Box<dyn Stage> {
    let schema = must("compile the settings' schema", Schema::new("settings", (case.entry.settings)().to_value()));
    for settings in std::iter::once(&case.settings).chain(&case.accepted) {
        check_accepted(case, &schema, settings);
    }
    check_unknown(case, &schema);
    for (settings, message) in &case.refused {
        let error = match build(case, settings) {
            Err(error) => error,
            Ok(_) => panic!("a stage was built from {settings}, expected to fail with `{message}`"),
        };
        check_usage(case, settings, &error, message);
    }
    must("build the stage", build(case, &case.settings))
}

fn build(case: &Case<'_>, settings: &Value) -> Result<Box<dyn Stage>, StageError> {
    case.bench.build_at(&case.entry, settings, &case.site)
}

#[track_caller]
fn check_accepted(case: &Case<'_>, schema: &Schema, settings: &Value) {
    let stage = must("build the stage", build(case, settings));
    assert_eq!(stage.id(), case.entry.id, "the stage has the id of its entry");
    assert!(stage.kind().is_stage(), "a stage writes records of stages");
    let producer = stage.producer();
    assert!(!producer.name.is_empty() && !producer.version.is_empty(), "the stage names its crate and version");
    check_obeys(schema, settings);
    let filled = Value::Object(stage.settings());
    check_obeys(schema, &filled);
    let again = must("build the stage from its own settings", build(case, &filled));
    assert_eq!(again.settings(), stage.settings(), "settings with defaults filled in stay as they are");
    assert_eq!(again.ports(), stage.ports(), "settings with defaults filled in give the same ports");
    let ports = stage.ports();
    for side in [ports.inputs, ports.outputs] {
        let mut names: Vec<_> = side.iter().map(|port| port.name.clone()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| !pair[0].clashes_with(&pair[1])), "two ports have one name: {names:?}");
    }
}

#[track_caller]
fn check_obeys(schema: &Schema, settings: &Value) {
    if let Err(problems) = schema.check(settings) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("the stage accepts what its schema does not: {settings}\n{}", problems.join("\n"));
    }
}

#[track_caller]
fn check_unknown(case: &Case<'_>, schema: &Schema) {
    let mut settings = case.settings.clone();
    settings["no_such_setting"] = Value::Bool(true);
    match build(case, &settings) {
        Err(error) => check_usage(case, &settings, &error, "no_such_setting"),
        Ok(_) => panic!("an unknown setting was accepted"),
    }
    assert!(!schema.is_valid(&settings), "the schema accepts an unknown setting");
}

#[track_caller]
fn check_usage(case: &Case<'_>, settings: &Value, error: &StageError, message: &str) {
    let found = error.to_string();
    assert!(found.contains(message), "{settings} was refused with `{found}`, expected `{message}`");
    assert_eq!(error.exit_code(), ExitCode::Usage, "wrong settings are wrong use: {found}");
    crate::messages::check_error("refused settings", error, &case.markers);
}
