//! What to check: files, folders, globs and standard input.

use crate::SourceFormat;
use globset::GlobBuilder;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// A file to check, or why there is none.
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File {
        path: PathBuf,
        /// Whether it was met in a folder, where documents that name no schema are passed over.
        met: bool,
    },
    /// A path without documents: its name, what is wrong, and whether reading it failed.
    Nothing { name: String, reason: String, unreadable: bool },
}

/// The files that a path means: `-`, a file, a folder (its files that end as documents do, sorted, without hidden ones), or a glob.
pub(crate) fn sources(path: &str) -> Vec<Source> {
    if path == "-" {
        return vec![Source::Stdin];
    }
    let literal = Path::new(path);
    match literal.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let found = files(literal, &|file| SourceFormat::of(file).is_some(), true);
            or_nothing(found, path, "the folder holds no `.json`, `.ndjson`, `.jsonl`, `.yaml` or `.yml` file")
        }
        Ok(_) => vec![Source::File { path: literal.to_owned(), met: false }],
        Err(_) if path.contains(['*', '?', '[', '{']) => globbed(path),
        Err(error) => vec![Source::Nothing { name: path.to_owned(), reason: reason(&error), unreadable: true }],
    }
}

fn globbed(pattern: &str) -> Vec<Source> {
    let glob = match GlobBuilder::new(pattern).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            let reason = format!("the glob cannot be read: {}", error.kind());
            return vec![Source::Nothing { name: pattern.to_owned(), reason, unreadable: false }];
        }
    };
    let fixed: PathBuf = Path::new(pattern)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
        .collect();
    let relative = fixed.as_os_str().is_empty();
    let root = if relative { Path::new(".") } else { fixed.as_path() };
    let fits = |file: &Path| glob.is_match(file.strip_prefix("./").unwrap_or(file)) || glob.is_match(file);
    or_nothing(files(root, &fits, false), pattern, "the glob matches no file")
}

fn or_nothing(found: Vec<Source>, name: &str, reason: &str) -> Vec<Source> {
    match found.is_empty() {
        true => vec![Source::Nothing { name: name.to_owned(), reason: reason.to_owned(), unreadable: false }],
        false => found,
    }
}

/// Files below a folder, sorted by path; a folder that cannot be read is told.
fn files(root: &Path, fits: &dyn Fn(&Path) -> bool, met: bool) -> Vec<Source> {
    let hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().first() == Some(&b'.');
    let mut found = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|entry| !hidden(entry)) {
        match entry {
            Ok(entry) if entry.path().is_file() && fits(entry.path()) => {
                let path = entry.path();
                let path = path.strip_prefix("./").unwrap_or(path).to_owned();
                found.push(Source::File { path, met });
            }
            Ok(_) => {}
            Err(error) => {
                let name = error.path().unwrap_or(root).display().to_string();
                let reason = error.io_error().map_or_else(|| "a loop of links".to_owned(), reason);
                found.push(Source::Nothing { name, reason, unreadable: true });
            }
        }
    }
    found
}

/// An error of the system as a fragment.
pub(crate) fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}
