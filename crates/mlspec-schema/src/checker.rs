//! Checks documents in files, folders, globs and standard input.

use crate::{
    Class, FileReport, Finding, Position, Problem, Report, Schema, SchemaError, SourceFormat, SyntaxError, Target,
    choose::{Chosen, choose},
    claim::{Unclaimed, claimed},
    read::{self, Wanted, decode, locate_all, moved, without_mark},
    sources::{self, Source, sources},
    validate,
};
use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
};

/// How documents are checked.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The schema for all documents: the name or id of a published one, or a file. Without it, documents name their own.
    pub schema: Option<String>,
    /// The format of all files; without it, a file's ending tells, or else its first line.
    pub format: Option<SourceFormat>,
    /// The largest JSON or YAML file, and the longest line of NDJSON, in bytes.
    pub max_bytes: usize,
    /// How many problems of one document are told.
    pub max_per_document: usize,
    /// How many problems are told; the rest is counted.
    pub max_problems: usize,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { schema: None, format: None, max_bytes: 64 << 20, max_per_document: 20, max_problems: 1_000 }
    }
}

/// Checks documents; never more than one of them is in memory.
#[derive(Debug)]
pub struct Checker {
    options: CheckOptions,
    chosen: Option<Chosen>,
}

/// A document that is not valid, with the problems that are told.
struct Judged {
    class: Class,
    document: u64,
    problems: Vec<Problem>,
}

/// A file in the course of being checked.
struct Course<'c> {
    report: FileReport,
    room: &'c mut usize,
    /// Documents that name no schema are passed over.
    lenient: bool,
}

impl Checker {
    /// Compiles the schema of the options, if they name one.
    ///
    /// # Errors
    /// When the schema is unknown, unreadable or no schema.
    pub fn new(options: CheckOptions) -> Result<Self, SchemaError> {
        let chosen = options.schema.as_deref().map(|name| choose(name, options.max_bytes)).transpose()?;
        Ok(Self { options, chosen })
    }

    /// Checks everything that the paths mean; `-` is standard input.
    pub fn check_paths(&self, paths: &[impl AsRef<str>], stdin: &mut dyn BufRead) -> Report {
        let mut room = self.options.max_problems;
        let mut report = Report::default();
        for source in paths.iter().flat_map(|path| sources(path.as_ref())) {
            report.files.push(self.check_source(source, stdin, &mut room));
        }
        if report.files.is_empty()
            || (report.is_valid() && report.documents() == report.skipped() && report.skipped() > 0)
        {
            let message = "no document names a schema: nothing was checked";
            let mut nothing = FileReport::new(&paths.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" "));
            nothing.add(Finding::of_file(Class::Nothing, message, Some("name one with `--schema`")), &mut room);
            report.files.push(nothing);
        }
        report
    }

    /// Checks a text as if it were a file of this name.
    pub fn check_text(&self, name: &str, text: &str) -> Report {
        let mut room = self.options.max_problems;
        let format = self.options.format.or_else(|| SourceFormat::of(name.as_ref()));
        Report { files: vec![self.check_reader(name, format, &mut text.as_bytes(), false, &mut room)] }
    }

    fn check_source(&self, source: Source, stdin: &mut dyn BufRead, room: &mut usize) -> FileReport {
        match source {
            Source::Stdin => self.check_reader("-", self.options.format, stdin, false, room),
            Source::Nothing { name, reason, unreadable } => {
                let mut report = FileReport::new(&name);
                let class = if unreadable { Class::Unreadable } else { Class::Nothing };
                report.add(Finding::of_file(class, reason, None), room);
                report
            }
            Source::File { path, met } => {
                let name = path.display().to_string();
                let format = self.options.format.or_else(|| SourceFormat::of(&path));
                match File::open(&path) {
                    Ok(file) => {
                        self.check_reader(&name, format, &mut BufReader::with_capacity(1 << 16, file), met, room)
                    }
                    Err(error) => {
                        let mut report = FileReport::new(&name);
                        report.add(Finding::of_file(Class::Unreadable, sources::reason(&error), None), room);
                        report
                    }
                }
            }
        }
    }

    fn check_reader(
        &self,
        name: &str,
        format: Option<SourceFormat>,
        reader: &mut dyn BufRead,
        lenient: bool,
        room: &mut usize,
    ) -> FileReport {
        let mut course = Course { report: FileReport::new(name), room, lenient };
        let mut line = Vec::new();
        let read = match format {
            Some(SourceFormat::Ndjson) => self.check_lines(&mut line, reader, &mut course),
            Some(format) => self.check_whole(format, &mut line, reader, &mut course),
            None => self.check_guessed(&mut line, reader, &mut course),
        };
        if let Err(error) = read {
            course.add(Finding::of_file(Class::Unreadable, sources::reason(&error), None));
        }
        course.report
    }

    /// A file without a telling name: documents by line if its first line is one, else as a whole.
    fn check_guessed(
        &self,
        head: &mut Vec<u8>,
        reader: &mut dyn BufRead,
        course: &mut Course<'_>,
    ) -> std::io::Result<()> {
        let limit = self.options.max_bytes;
        let mut blank = 0;
        while head.get(blank..).is_some_and(|line| line.iter().all(u8::is_ascii_whitespace)) && head.len() <= limit {
            blank = head.len();
            if (&mut *reader).take(limit as u64 + 1).read_until(b'\n', head)? == 0 {
                break;
            }
        }
        match decode(head).map(SourceFormat::guess) {
            Ok(SourceFormat::Ndjson) => self.check_lines(head, reader, course),
            Ok(format) => self.check_whole(format, head, reader, course),
            Err(_) => self.check_whole(SourceFormat::Json, head, reader, course),
        }
    }

    /// JSON and YAML: the whole text, within the limit.
    fn check_whole(
        &self,
        format: SourceFormat,
        bytes: &mut Vec<u8>,
        reader: &mut dyn BufRead,
        course: &mut Course<'_>,
    ) -> std::io::Result<()> {
        let limit = self.options.max_bytes;
        reader.take((limit + 1).saturating_sub(bytes.len()) as u64).read_to_end(bytes)?;
        if bytes.len() > limit {
            let help = "one document a line in a `.ndjson` file is read line by line";
            let begin = Position { line: 1, column: 1 };
            course.unparsable(SyntaxError::new(begin, format!("the file has more than {limit} bytes")).help(help));
            return Ok(());
        }
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(error) => {
                course.unparsable(error);
                return Ok(());
            }
        };
        match read::read_documents(text, format) {
            Err(error) => course.unparsable(error),
            Ok(documents) => {
                let judged =
                    documents.iter().enumerate().filter_map(|(at, document)| Some((at, self.judge(document, course)?)));
                let judged: Vec<(usize, Judged)> = judged.collect();
                let told = judged
                    .iter()
                    .flat_map(|(document, judged)| judged.problems.iter().map(|problem| (*document, problem)));
                let wanted = told.map(|(document, problem)| Wanted {
                    document,
                    pointer: &problem.pointer,
                    target: problem.target,
                });
                let mut positions = locate_all(text, format, &wanted.collect::<Vec<_>>()).into_iter();
                judged.into_iter().for_each(|(_, judged)| course.tell(judged, &mut positions));
            }
        }
        Ok(())
    }

    /// NDJSON: line by line; `line` holds what was read already.
    fn check_lines(
        &self,
        line: &mut Vec<u8>,
        reader: &mut dyn BufRead,
        course: &mut Course<'_>,
    ) -> std::io::Result<()> {
        let limit = self.options.max_bytes;
        let mut number = 0;
        loop {
            if line.is_empty() && (&mut *reader).take(limit as u64 + 1).read_until(b'\n', line)? == 0 {
                return Ok(());
            }
            if line.len() > limit {
                let begin = Position { line: number + 1, column: 1 };
                course.unparsable(SyntaxError::new(begin, format!("the line has more than {limit} bytes")));
                return Ok(());
            }
            for one in line.split_inclusive(|byte| *byte == b'\n') {
                self.check_line(one, number, course);
                number += 1;
            }
            line.clear();
        }
    }

    fn check_line(&self, line: &[u8], number: u64, course: &mut Course<'_>) {
        let parsed = decode(line)
            .map(without_mark)
            .and_then(|text| if text.trim().is_empty() { Ok(None) } else { Ok(Some((text, read::parse_json(text)?))) });
        match parsed {
            Ok(None) => {}
            Ok(Some((text, document))) => {
                let Some(judged) = self.judge(&document, course) else { return };
                let of = |problem: &Problem| (problem.pointer.clone(), problem.target);
                let wanted: Vec<(String, Target)> = judged.problems.iter().map(of).collect();
                let wanted = wanted.iter().map(|(pointer, target)| Wanted { document: 0, pointer, target: *target });
                let positions = locate_all(text, SourceFormat::Json, &wanted.collect::<Vec<_>>());
                let shift = |at: Position| Position { line: at.line + number, ..at };
                course.tell(judged, &mut positions.into_iter().map(shift));
            }
            Err(error) => course.unparsable(moved(error, number)),
        }
    }

    /// What is to be told of a document; nothing if it is valid, passed over, or there is no room left.
    fn judge(&self, document: &Value, course: &mut Course<'_>) -> Option<Judged> {
        course.report.documents += 1;
        let (class, mut problems) = match self.schema_of(document) {
            Ok(schema) => match validate::check(schema, document) {
                Ok(()) => {
                    course.report.valid += 1;
                    return None;
                }
                Err(problems) => (Class::Invalid, problems),
            },
            Err(Unclaimed::Nothing) if course.lenient => {
                course.report.skipped += 1;
                return None;
            }
            Err(unclaimed) => (Class::UnknownSchema, vec![validate::unclaimed(unclaimed)]),
        };
        let kept = problems.len().min(self.options.max_per_document).min(*course.room);
        course.report.leave(class, problems.len() - kept);
        *course.room -= kept;
        problems.truncate(kept);
        Some(Judged { class, document: course.report.documents, problems })
    }

    fn schema_of(&self, document: &Value) -> Result<&Schema, Unclaimed> {
        match &self.chosen {
            Some(chosen) => Ok(chosen.schema()),
            None => claimed(document),
        }
    }
}

impl Course<'_> {
    /// What cannot be read counts as one document.
    fn unparsable(&mut self, error: SyntaxError) {
        self.report.documents += 1;
        self.add(Finding::of_syntax(self.report.documents, error));
    }

    /// Tells a document's problems, in the order of their places; the room for them is taken already.
    fn tell(&mut self, judged: Judged, positions: &mut dyn Iterator<Item = Position>) {
        let Judged { class, document, problems } = judged;
        let mut placed: Vec<(Position, Problem)> = positions.take(problems.len()).zip(problems).collect();
        placed.sort_by_key(|(position, _)| *position);
        let findings = placed.into_iter().map(|(at, problem)| Finding::of_problem(class, document, at, problem));
        self.report.findings.extend(findings);
    }

    fn add(&mut self, finding: Finding) {
        self.report.add(finding, self.room);
    }
}
