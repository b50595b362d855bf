//! Standard output: buffered, and nothing is lost but by a reader who went away.

use crate::fault::Fault;
use std::fmt::{Arguments, Display};
use std::io::{BufWriter, Stdout, Write as _, stdout};

/// Standard output.
#[derive(Debug)]
pub(crate) struct Out(BufWriter<Stdout>);

impl Out {
    /// Standard output, buffered.
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(stdout()))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Fault> {
        writeln!(self.0, "{line}").map_err(Fault::output)
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn text(&mut self, text: Arguments<'_>) -> Result<(), Fault> {
        self.0.write_fmt(text).map_err(Fault::output)
    }

    /// Writes a JSON document on a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn json(&mut self, value: &serde_json::Value) -> Result<(), Fault> {
        self.line(value)
    }

    /// Writes a JSON document, indented.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn pretty(&mut self, value: &serde_json::Value) -> Result<(), Fault> {
        self.line(format_args!("{value:#}"))
    }

    /// Hands everything over.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn flush(&mut self) -> Result<(), Fault> {
        self.0.flush().map_err(Fault::output)
    }
}
