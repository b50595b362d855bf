//! Workflow commands, which GitHub shows beside the lines of a pull request.

use super::{clean, more, summary};
use crate::{FileReport, Finding, Report};
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for file in &report.files {
        for finding in &file.findings {
            write_finding(file, finding, out)?;
        }
        if file.more > 0 {
            writeln!(out, "::error file={}::{}", property(&file.name), more(file.more))?;
        }
    }
    // A line that begins with `::` would be a command.
    writeln!(out, "{}", summary(report))
}

fn write_finding(file: &FileReport, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "::error file={}", property(&file.name))?;
    if let Some(position) = finding.position {
        write!(out, ",line={},col={}", position.line, position.column)?;
    }
    let place = if finding.pointer.is_empty() { String::new() } else { format!(" at {}", finding.pointer) };
    write!(out, ",title={}::{}", property(&finding.keyword), data(&format!("{}{place}", finding.message)))?;
    finding.help.iter().try_for_each(|help| write!(out, "%0A{}", data(help)))?;
    writeln!(out)
}

fn data(text: &str) -> String {
    clean(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
