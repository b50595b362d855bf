//! One JSON document.

use crate::{FileReport, Finding, Report};
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let document = json!({
        "exit_code": report.exit_code() as u8,
        "documents": report.documents(),
        "valid": report.valid(),
        "invalid": report.invalid(),
        "skipped": report.skipped(),
        "problems": report.problems(),
        "files": report.files.iter().map(file).collect::<Vec<Value>>(),
    });
    writeln!(out, "{document:#}")
}

fn file(file: &FileReport) -> Value {
    json!({
        "file": file.name,
        "documents": file.documents,
        "valid": file.valid,
        "invalid": file.invalid(),
        "skipped": file.skipped,
        "problems": file.findings.iter().map(finding).collect::<Vec<Value>>(),
        "more_problems": file.more,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "class": finding.class.as_str(),
        "document": finding.document,
        "line": finding.position.map(|position| position.line),
        "column": finding.position.map(|position| position.column),
        "pointer": finding.pointer,
        "keyword": finding.keyword,
        "message": finding.message,
        "help": finding.help,
    })
}
