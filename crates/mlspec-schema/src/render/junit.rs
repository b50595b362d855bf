//! JUnit's XML, as continuous integration reads it: a suite per file; a case per document with findings, and one for the rest.

use crate::{Class, FileReport, Finding, Report};
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let suites: Vec<(&FileReport, Vec<Case<'_>>)> = report.files.iter().map(|file| (file, cases(file))).collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    writeln!(out, "<testsuites name=\"mlspec validate\" {}>", counts(&all().collect::<Vec<_>>()))?;
    for (file, cases) in &suites {
        let name = escape(&file.name);
        writeln!(out, "  <testsuite name=\"{name}\" {}>", counts(&cases.iter().collect::<Vec<_>>()))?;
        for case in cases {
            write_case(&name, case, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// A document with findings, or what is left of the file.
struct Case<'r> {
    name: String,
    findings: &'r [Finding],
}

impl Case<'_> {
    /// A document that breaks its schema fails; anything else that is found is an error.
    fn is_failure(&self) -> bool {
        self.findings.iter().any(|finding| finding.class == Class::Invalid)
    }
}

fn cases(file: &FileReport) -> Vec<Case<'_>> {
    let by_document = file.findings.chunk_by(|a, b| a.document == b.document);
    let mut cases: Vec<Case<'_>> = by_document
        .map(|findings| {
            let number = findings.first().map_or(0, |finding| finding.document);
            let name = if number == 0 { "file".to_owned() } else { format!("document {number}") };
            Case { name, findings }
        })
        .collect();
    if file.valid > 0 || cases.is_empty() {
        cases.push(Case { name: format!("{} valid", file.valid), findings: &[] });
    }
    cases
}

fn counts(cases: &[&Case<'_>]) -> String {
    let failures = cases.iter().filter(|case| case.is_failure()).count();
    let errors = cases.iter().filter(|case| !case.findings.is_empty()).count() - failures;
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", cases.len())
}

fn write_case(suite: &str, case: &Case<'_>, out: &mut dyn Write) -> io::Result<()> {
    let name = escape(&case.name);
    let Some(first) = case.findings.first() else {
        return writeln!(out, "    <testcase classname=\"{suite}\" name=\"{name}\"/>");
    };
    let element = if case.is_failure() { "failure" } else { "error" };
    let (message, class) = (escape(&first.message), first.class.as_str());
    writeln!(out, "    <testcase classname=\"{suite}\" name=\"{name}\">")?;
    writeln!(out, "      <{element} type=\"{class}\" message=\"{message}\">")?;
    for finding in case.findings {
        if let Some(position) = finding.position {
            write!(out, "{suite}:{}:{}: ", position.line, position.column)?;
        }
        let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        let place = if finding.pointer.is_empty() { String::new() } else { format!("at `{}`, ", finding.pointer) };
        let text = format!("{} ({place}{}){help}", finding.message, finding.keyword);
        writeln!(out, "{}", escape(&text))?;
    }
    writeln!(out, "      </{element}>")?;
    writeln!(out, "    </testcase>")
}

/// Text for element content and attributes; characters that XML 1.0 lacks are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
