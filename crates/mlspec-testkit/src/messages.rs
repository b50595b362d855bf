//! Messages are short fragments that show no cell.

use mlspec_stage::{Outcome, StageError};

/// The message fits after "failed to …: " and neither it nor the hint shows a cell.
#[track_caller]
pub(crate) fn check_error(what: &str, error: &StageError, markers: &[String]) {
    let message = error.to_string();
    assert!(!message.is_empty(), "{what}: the message is empty");
    assert!(!message.ends_with('.'), "{what}: a message is a fragment without a full stop: {message}");
    assert!(!message.starts_with(char::is_uppercase), "{what}: a message begins with a lower-case letter: {message}");
    shows_no_cell(what, &message, markers);
    error.hint().iter().for_each(|hint| shows_no_cell(what, hint, markers));
    shows_no_cell(what, &error.place().to_string(), markers);
}

/// Neither warnings nor refusal show a cell.
#[track_caller]
pub(crate) fn check_outcome(outcome: &Outcome, markers: &[String]) {
    for message in outcome.warnings.iter().chain(&outcome.refusal) {
        shows_no_cell("a warning", message, markers);
    }
}

#[track_caller]
fn shows_no_cell(what: &str, message: &str, markers: &[String]) {
    for marker in markers {
        assert!(!message.contains(marker.as_str()), "{what}: the message shows the value of a cell: {message}");
    }
}
