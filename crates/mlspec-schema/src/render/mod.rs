//! A report for people and for machines.

mod github;
mod json;
mod junit;
mod text;

use crate::Report;
use std::io::{self, Write};

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// For people: place, message, help, and the counts at the end.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// JUnit's XML: a suite per file, a case per document that is not valid.
    Junit,
    /// Workflow commands, which GitHub shows beside the lines.
    Github,
}

/// A text is no format of reports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a report is written as `text`, `json`, `junit` or `github`")]
pub struct FormatError;

impl std::str::FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "junit" => Ok(Self::Junit),
            "github" => Ok(Self::Github),
            _ => Err(FormatError),
        }
    }
}

impl Report {
    /// Writes the report.
    ///
    /// # Errors
    /// When the target cannot be written to.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Text => text::write(self, out),
            Format::Json => json::write(self, out),
            Format::Junit => junit::write(self, out),
            Format::Github => github::write(self, out),
        }
    }

    /// The report as a text.
    pub fn render(&self, format: Format) -> String {
        let mut bytes = Vec::new();
        match self.write(format, &mut bytes) {
            Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => String::new(),
        }
    }
}

/// Text without control characters, which could steer a terminal or break a line.
fn clean(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

fn count(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// What is counted but not told.
fn more(number: u64) -> String {
    count(number, "more problem", "more problems")
}

/// The counts, as a line.
fn summary(report: &Report) -> String {
    let mut parts = vec![format!("{} valid", report.valid())];
    for (number, word) in [(report.invalid(), "not valid"), (report.skipped(), "without a schema passed over")] {
        parts.extend((number > 0).then(|| format!("{number} {word}")));
    }
    let problems = match report.problems() {
        0 => String::new(),
        number => format!("; {}", count(number, "problem", "problems")),
    };
    // What was named but not there to be read is no file.
    let read = report.files.iter().filter(|file| file.documents > 0 || file.worst().is_none()).count();
    let documents = count(report.documents(), "document", "documents");
    format!("{documents} in {}: {}{problems}", count(read as u64, "file", "files"), parts.join(", "))
}
