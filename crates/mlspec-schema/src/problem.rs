//! One thing that is wrong with a document.

/// Whether a pointer means a value or the key that names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The value.
    #[default]
    Value,
    /// The key.
    Key,
}

/// One thing that is wrong with a document. Neither message nor help shows a value of the document; keys are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// JSON pointer (RFC 6901) of the value that is wrong; empty for the document.
    pub pointer: String,
    /// Whether the value there is wrong, or its key.
    pub target: Target,
    /// The schema keyword that refused it, or the name of a rule beyond JSON Schema.
    pub keyword: String,
    /// What was expected, a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The pointer of a misspelt key that explains a missing field.
    pub(crate) cause: Option<String>,
}

impl Problem {
    pub(crate) fn new(pointer: impl Into<String>, keyword: &str, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self { pointer, target: Target::Value, keyword: keyword.to_owned(), message, help: None, cause: None }
    }

    pub(crate) fn of_key(self) -> Self {
        Self { target: Target::Key, ..self }
    }

    pub(crate) fn help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{} (at `{place}`, {})", self.message, self.keyword)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

/// A pointer one step deeper.
pub(crate) fn join(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
}

/// A pointer's last step, unescaped, and what is before it.
pub(crate) fn split_last(pointer: &str) -> Option<(&str, String)> {
    let (parent, token) = pointer.rsplit_once('/')?;
    Some((parent, token.replace("~1", "/").replace("~0", "~")))
}
