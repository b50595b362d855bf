//! For people.

use super::{clean, more, summary};
use crate::{Class, FileReport, Finding, Report};
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for file in &report.files {
        for finding in &file.findings {
            write_finding(file, finding, out)?;
        }
        if file.more > 0 {
            writeln!(out, "{}: {}", file.name, more(file.more))?;
        }
    }
    if report.problems() > 0 {
        writeln!(out)?;
    }
    writeln!(out, "{}", summary(report))
}

fn write_finding(file: &FileReport, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}", file.name)?;
    if let Some(position) = finding.position {
        write!(out, ":{}:{}", position.line, position.column)?;
    }
    writeln!(out, ": {}", clean(&finding.message))?;
    if finding.document > 0 && (finding.class != Class::Unparsable || !finding.pointer.is_empty()) {
        let place = if finding.pointer.is_empty() { "/" } else { &finding.pointer };
        let which = if file.documents > 1 { format!(" of document {}", finding.document) } else { String::new() };
        writeln!(out, "  at `{}`{which} ({})", clean(place), clean(&finding.keyword))?;
    }
    finding.help.iter().try_for_each(|help| writeln!(out, "  help: {}", clean(help)))
}
