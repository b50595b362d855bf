//! What checking documents found.

use crate::{Position, Problem, SyntaxError, explain::shown};
use mlspec_record::ExitCode;

/// What kind of trouble a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The document breaks its schema.
    Invalid,
    /// The text is no document: its syntax, its encoding, its size or its depth.
    Unparsable,
    /// The document names no schema, or one that is not published.
    UnknownSchema,
    /// Nothing was found to check.
    Nothing,
    /// The file cannot be read.
    Unreadable,
}

impl Class {
    /// The name in reports, such as `unknown-schema`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unparsable => "unparsable",
            Self::UnknownSchema => "unknown-schema",
            Self::Nothing => "nothing",
            Self::Unreadable => "unreadable",
        }
    }

    /// The exit code of a process that found it.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Invalid => ExitCode::Refused,
            Self::Unparsable | Self::UnknownSchema | Self::Nothing => ExitCode::Usage,
            Self::Unreadable => ExitCode::Outside,
        }
    }
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of trouble it is.
    pub class: Class,
    /// The document in its file, from 1; 0 where it concerns the file.
    pub document: u64,
    /// Where in the file.
    pub position: Option<Position>,
    /// JSON pointer in the document; cut where it is very long.
    pub pointer: String,
    /// The schema keyword or rule, or the class where there is none.
    pub keyword: String,
    /// What was expected, a lower-case fragment without values.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    pub(crate) fn of_problem(class: Class, document: u64, position: Position, problem: Problem) -> Self {
        const LONGEST: usize = 1_000;
        let Problem { mut pointer, keyword, message, help, .. } = problem;
        if let Some((cut, _)) = pointer.char_indices().nth(LONGEST) {
            pointer.truncate(cut);
            pointer.push('…');
        }
        Self { class, document, position: Some(position), pointer, keyword, message, help }
    }

    pub(crate) fn of_syntax(document: u64, error: SyntaxError) -> Self {
        let problem = Problem::new(error.pointer.unwrap_or_default(), "syntax", error.message).help(error.help);
        Self::of_problem(Class::Unparsable, document, error.position, problem)
    }

    pub(crate) fn of_file(class: Class, message: impl Into<String>, help: Option<&str>) -> Self {
        let (message, help) = (message.into(), help.map(str::to_owned));
        let keyword = class.as_str().to_owned();
        Self { class, document: 0, position: None, pointer: String::new(), keyword, message, help }
    }
}

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReport {
    /// The file as the user named it; `-` is standard input.
    pub name: String,
    /// How many documents it holds, as far as it could be read.
    pub documents: u64,
    /// How many of them are valid.
    pub valid: u64,
    /// How many were passed over: in a folder, documents that name no schema.
    pub skipped: u64,
    /// What was found, in the order of the file.
    pub findings: Vec<Finding>,
    /// How many findings are counted but not kept.
    pub more: u64,
    worst: Option<Class>,
}

impl FileReport {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: shown_name(name), ..Self::default() }
    }

    /// Adds a finding; keeps it if there is room.
    pub(crate) fn add(&mut self, finding: Finding, room: &mut usize) {
        self.worst = self.worst.max(Some(finding.class));
        if *room > 0 {
            *room -= 1;
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// Counts problems, of which some are not kept.
    pub(crate) fn leave(&mut self, class: Class, more: usize) {
        self.worst = self.worst.max(Some(class));
        self.more += more as u64;
    }

    /// How many documents are not valid and were not passed over.
    pub fn invalid(&self) -> u64 {
        self.documents - self.valid - self.skipped
    }

    /// The gravest class found, if any.
    pub fn worst(&self) -> Option<Class> {
        self.worst
    }
}

fn shown_name(name: &str) -> String {
    name.split('/')
        .map(|part| if part.contains(char::is_control) { shown(part) } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

/// What checking found, file by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The files, in the order in which they were checked.
    pub files: Vec<FileReport>,
}

impl Report {
    /// The exit code: that of the gravest finding.
    pub fn exit_code(&self) -> mlspec_record::ExitCode {
        self.files.iter().filter_map(FileReport::worst).max().map_or(ExitCode::Done, Class::exit_code)
    }

    /// Whether every document is valid.
    pub fn is_valid(&self) -> bool {
        self.exit_code() == ExitCode::Done
    }

    /// How many documents were read.
    pub fn documents(&self) -> u64 {
        self.files.iter().map(|file| file.documents).sum()
    }

    /// How many documents are valid.
    pub fn valid(&self) -> u64 {
        self.files.iter().map(|file| file.valid).sum()
    }

    /// How many documents are not valid.
    pub fn invalid(&self) -> u64 {
        self.files.iter().map(FileReport::invalid).sum()
    }

    /// How many documents were passed over.
    pub fn skipped(&self) -> u64 {
        self.files.iter().map(|file| file.skipped).sum()
    }

    /// How many problems were found, kept or not.
    pub fn problems(&self) -> u64 {
        self.files.iter().map(|file| file.findings.len() as u64 + file.more).sum()
    }
}
