//! Errors as people read them (what, where, what to do), and as JSON, one a line, for machines. Both go to standard error.

use super::masked::masked;
use crate::fault::Fault;
use crate::world::variable;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceOffset};
use mlspec_record::{Failure, Place};
use serde_json::{Map, Value, json};
use std::fmt;
use std::io::{IsTerminal as _, Write as _, stderr};

/// How errors are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// For people.
    Text,
    /// One JSON document a line.
    Json,
}

/// Tells everything that is wrong.
pub(crate) fn tell(fault: &Fault, style: Style) {
    let Fault::Failures(failures) = fault else { return };
    let mut stderr = stderr().lock();
    for failure in failures {
        let told = match style {
            Style::Text => text(&**failure, stderr.is_terminal()),
            Style::Json => format!("{}\n", as_json(&**failure)),
        };
        // Nobody is left to tell that this failed.
        let _ = stderr.write_all(told.as_bytes());
    }
}

/// The error as a document.
pub(crate) fn as_json(failure: &dyn Failure) -> Value {
    let mut error = Map::new();
    error.insert("message".to_owned(), failure.to_string().into());
    error.insert("exit_code".to_owned(), (failure.exit_code() as u8).into());
    error.extend(failure.hint().map(|hint| ("hint".to_owned(), hint.into())));
    let Place { file, line, column, pointer, step, table_column, row } = failure.place();
    let texts = [("file", file), ("pointer", pointer), ("step", step), ("table_column", table_column)];
    let numbers = [("line", line), ("column", column), ("row", row)];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
    let place: Map<_, _> = texts
        .chain(numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), Value::from(number?)))))
        .collect();
    if !place.is_empty() {
        error.insert("place".to_owned(), place.into());
    }
    json!({"event": "error", "error": error})
}

fn text(failure: &dyn Failure, terminal: bool) -> String {
    let (theme, width) = match terminal && variable("NO_COLOR").is_none() {
        true => (GraphicalTheme::unicode(), 110),
        // Programs search lines: a message stays on one.
        false => (GraphicalTheme::none(), 10_000),
    };
    let told = Told::new(failure);
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    match handler.render_report(&mut text, &told) {
        Ok(()) => text,
        Err(fmt::Error) => format!("error: {}\n", told.message),
    }
}

/// An error in miette's terms.
#[derive(Debug)]
struct Told {
    message: String,
    hint: Option<String>,
    source: Option<NamedSource<String>>,
    label: Option<LabeledSpan>,
}

impl Told {
    fn new(failure: &dyn Failure) -> Self {
        let place = failure.place();
        let (source, label) = match snippet(&place) {
            Some((source, label)) => (Some(source), Some(label)),
            None => (None, None),
        };
        let mut message = failure.to_string();
        let place = unsaid(place, &message);
        if !place.is_empty() {
            message.push_str(&format!(" ({place})"));
        }
        Self { message, hint: failure.hint(), source, label }
    }
}

/// What of a place the message does not say itself.
fn unsaid(place: Place, message: &str) -> Place {
    let said = |text: &String| message.contains(&format!("`{text}`"));
    Place {
        step: place.step.filter(|step| !said(step)),
        table_column: place.table_column.filter(|column| !said(column)),
        row: place.row.filter(|row| !said(&row.to_string())),
        ..place
    }
}

/// The line of a pipeline file that the error is about. Files of data are never shown.
fn snippet(place: &Place) -> Option<(NamedSource<String>, LabeledSpan)> {
    const LARGEST: u64 = 1 << 20;
    let (file, line) = (place.file.as_ref()?, usize::try_from(place.line?).ok()?);
    let settings = [".yaml", ".yml"].iter().any(|end| file.ends_with(end));
    if !settings || std::fs::metadata(file).ok()?.len() > LARGEST {
        return None;
    }
    let text = masked(&std::fs::read_to_string(file).ok()?);
    let column = place.column.and_then(|column| usize::try_from(column).ok()).unwrap_or(1);
    let start = SourceOffset::from_location(&text, line, column).offset().min(text.len());
    let length = text.get(start..).map_or(0, |rest| rest.split(['\n', '\r']).next().unwrap_or("").len());
    Some((NamedSource::new(file, text), LabeledSpan::new(Some("here".to_owned()), start, length)))
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Told {}

impl Diagnostic for Told {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label
            .as_ref()
            .map(|label| Box::new(std::iter::once(label.clone())) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_record::ExitCode;

    #[derive(Debug, thiserror::Error)]
    #[error("unknown setting `trian`")]
    struct Wrong(Place);

    impl Failure for Wrong {
        fn exit_code(&self) -> ExitCode {
            ExitCode::Usage
        }

        fn hint(&self) -> Option<String> {
            Some("did you mean `train`?".to_owned())
        }

        fn place(&self) -> Place {
            self.0.clone()
        }
    }

    #[test]
    fn people_read_what_where_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipeline.yaml");
        std::fs::write(&file, "pipeline: wine\nsteps:\n  trian: 1\n").unwrap();
        let place =
            Place { file: Some(file.display().to_string()), line: Some(3), column: Some(3), ..Place::default() };
        let told = text(&Wrong(place), false);
        for part in ["unknown setting `trian`", "pipeline.yaml:3:3", "trian: 1", "did you mean `train`?"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn files_of_data_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mails.csv");
        std::fs::write(&file, "secret\n").unwrap();
        let place = Place { file: Some(file.display().to_string()), line: Some(1), ..Place::default() };
        assert!(!text(&Wrong(place), false).contains("secret"));
    }

    #[test]
    fn what_the_message_says_is_not_said_again() {
        let place = |column: &str| Place { table_column: Some(column.to_owned()), ..Place::default() };
        assert!(!text(&Wrong(place("trian")), false).contains("column"));
        assert!(text(&Wrong(place("age")), false).contains("column `age`"));
    }

    #[test]
    fn machines_read_members() {
        let place = Place { step: Some("split".to_owned()), row: Some(7), ..Place::default() };
        let error = &as_json(&Wrong(place))["error"];
        assert_eq!((error["exit_code"].as_u64(), error["place"]["row"].as_u64()), (Some(2), Some(7)));
        assert_eq!(error["place"]["step"], "split");
    }
}
