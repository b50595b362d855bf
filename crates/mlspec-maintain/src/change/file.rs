//! Changes as a file: several sources at once, and rows that are named nowhere on a command line.

use super::Edit;
use crate::MaintainError;
use mlspec_schema::{SourceFormat, read_documents};
use mlspec_trace::Pick;
use serde::Deserialize;
use std::path::Path;

/// The document: `changes: [{source: customers, key: ["5"]}, …]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    changes: Vec<Entry>,
}

/// One change of one source: exactly one member besides `source`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    source: String,
    /// Rows with these keys go.
    key: Option<Vec<String>>,
    /// Rows that this SQL condition holds for go.
    r#where: Option<String>,
    /// Rows of these ids go: `3,7,10-12`.
    rows: Option<String>,
    /// The rows of this file get its values.
    changes: Option<String>,
    /// The rows of this file come.
    append: Option<String>,
    /// The rows of this file are all there are.
    data: Option<String>,
}

/// Reads changes from a YAML or JSON file; paths in it are relative to its folder.
///
/// # Errors
/// When the file cannot be read or is something else.
pub fn read_changes(path: &Path) -> Result<Vec<(String, Edit)>, MaintainError> {
    let wrong = |reason: String| MaintainError::ChangeFile { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let format = SourceFormat::of(path).unwrap_or_else(|| SourceFormat::guess(&text));
    let documents = read_documents(&text, format).map_err(|error| wrong(error.message))?;
    let [document] = &documents[..] else {
        return Err(wrong(format!("it holds {} documents, expected one", documents.len())));
    };
    // What serde says may quote values of the file.
    let shape = "it must have the form `changes: [{source: NAME, key: [KEY, …]}, …]`, with one of `key`, `where`, `rows`, \
                 `changes`, `append`, `data` for each source";
    let document = Document::deserialize(document).map_err(|_| wrong(shape.to_owned()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    document.changes.into_iter().map(|entry| entry.edit(folder).ok_or_else(|| wrong(shape.to_owned()))).collect()
}

impl Entry {
    fn edit(self, folder: &Path) -> Option<(String, Edit)> {
        let rows = match self.rows {
            Some(text) => Some(Pick::rows(&text).ok()?),
            None => None,
        };
        let file =
            |path: Option<String>, edit: fn(std::path::PathBuf) -> Edit| path.map(|path| edit(folder.join(path)));
        let given = [
            self.key.map(|keys| Edit::Remove(Pick::Key(keys))),
            self.r#where.map(|condition| Edit::Remove(Pick::Where(condition))),
            rows.map(Edit::Remove),
            file(self.changes, Edit::Correct),
            file(self.append, Edit::Append),
            file(self.data, Edit::Replace),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(edit), None) => Some((self.source, edit)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_or_refused_without_quoting_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("changes.yaml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_changes(&path)
        };
        let pick = |source: &str, pick| (source.to_owned(), Edit::Remove(pick));
        assert_eq!(
            read("changes: [{source: a, key: ['5', '6']}, {source: b, where: x > 1}, {source: b, rows: 3-4}]").unwrap(),
            [
                pick("a", Pick::Key(vec!["5".to_owned(), "6".to_owned()])),
                pick("b", Pick::Where("x > 1".to_owned())),
                pick("b", Pick::Rows(vec![3, 4]))
            ]
        );
        let files = read("changes: [{source: a, append: new.csv}, {source: b, data: /d.csv}]").unwrap();
        assert_eq!(files[0].1, Edit::Append(folder.path().join("new.csv")));
        assert_eq!(files[1].1, Edit::Replace("/d.csv".into()));
        for text in [
            "changes: [{source: a}]",
            "changes: [{source: a, key: [x], where: y}]",
            "changes: [{source: a, key: secret}]",
            "changes: [{source: a, rows: secret}]",
            "changes: [{source: a, secret: 1}]",
            "secret: []",
            "[",
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(mlspec_record::Failure::exit_code(&error), mlspec_record::ExitCode::Usage);
            assert!(!error.to_string().contains("secret"), "{text}: {error}");
        }
    }
}
