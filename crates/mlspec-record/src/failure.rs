//! What every error of the workspace can say for itself.

use std::fmt;

/// The process exit codes of the binary, a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitCode {
    /// Done.
    Done = 0,
    /// The check or gate said no.
    Refused = 1,
    /// Wrong use, or an invalid file.
    Usage = 2,
    /// Bad data.
    Data = 3,
    /// Something outside failed: disk, network, another process.
    Outside = 4,
    /// A bug of ours.
    Bug = 70,
}

/// Where something is wrong; every part is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named it.
    pub file: Option<String>,
    /// Line in the file, from 1.
    pub line: Option<u64>,
    /// Column in the line, from 1.
    pub column: Option<u64>,
    /// JSON pointer (RFC 6901) in the document.
    pub pointer: Option<String>,
    /// The step of the pipeline.
    pub step: Option<String>,
    /// Column of the table.
    pub table_column: Option<String>,
    /// Row of the table, by id.
    pub row: Option<u64>,
}

impl Place {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(file) = &self.file {
            let mut text = file.clone();
            for number in [self.line, self.column].into_iter().flatten() {
                text.push_str(&format!(":{number}"));
            }
            parts.push(text);
        }
        parts.extend(self.pointer.as_ref().map(|pointer| format!("at `{pointer}`")));
        parts.extend(self.step.as_ref().map(|step| format!("step `{step}`")));
        parts.extend(self.table_column.as_ref().map(|column| format!("column `{column}`")));
        parts.extend(self.row.map(|row| format!("row {row}")));
        f.write_str(&parts.join(", "))
    }
}

/// An error that knows its exit code, its place and what to do about it.
///
/// The message (`Display`) is a lower-case fragment that fits after "failed to …: ", with values in backticks; it never
/// shows cell values or secrets.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// The exit code of a process that ends by this error.
    fn exit_code(&self) -> ExitCode;

    /// What to do about it, as a sentence.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Where it is.
    fn place(&self) -> Place {
        Place::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_with_what_is_known() {
        let all = Place {
            file: Some("a.yaml".to_owned()),
            line: Some(3),
            column: Some(7),
            pointer: Some("/steps/a".to_owned()),
            step: Some("a".to_owned()),
            table_column: Some("text".to_owned()),
            row: Some(12),
        };
        assert_eq!(all.to_string(), "a.yaml:3:7, at `/steps/a`, step `a`, column `text`, row 12");
        assert_eq!(Place { row: Some(0), ..Place::default() }.to_string(), "row 0");
        assert!(Place::default().is_empty() && Place::default().to_string().is_empty() && !all.is_empty());
        assert_eq!([ExitCode::Done as u8, ExitCode::Outside as u8, ExitCode::Bug as u8], [0, 4, 70]);
    }
}
