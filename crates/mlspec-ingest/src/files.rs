//! Paths and patterns become files of a datastore.

use crate::IngestError;
use globset::{GlobBuilder, GlobMatcher};
use mlspec_record::Name;
use mlspec_stage::Site;
use std::path::{Path, PathBuf};

/// A file of the datastore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// Its path in the datastore, with `/`.
    pub(crate) path: String,
    /// Where it lies.
    pub(crate) found: PathBuf,
}

/// The files of all paths: in the order of the paths, those of a pattern sorted, each once.
pub(crate) fn locate(site: &Site, datastore: &Name, paths: &[String]) -> Result<Vec<Located>, IngestError> {
    let mut files: Vec<Located> = Vec::new();
    for path in paths {
        let mut found = match is_pattern(path) {
            false => vec![Located { path: path.clone(), found: site.resolve(datastore, path)? }],
            true => matches(site, datastore, path)?,
        };
        found.retain(|file| files.iter().all(|other| other.found != file.found));
        files.append(&mut found);
    }
    Ok(files)
}

/// Whether all patterns can be read.
pub(crate) fn check_patterns(paths: &[String]) -> Result<(), IngestError> {
    paths.iter().filter(|path| is_pattern(path)).try_for_each(|path| matcher(path).map(drop))
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

fn matcher(pattern: &str) -> Result<GlobMatcher, IngestError> {
    let wrong = |_| IngestError::Pattern(pattern.to_owned());
    Ok(GlobBuilder::new(pattern.strip_prefix("./").unwrap_or(pattern))
        .literal_separator(true)
        .build()
        .map_err(wrong)?
        .compile_matcher())
}

fn matches(site: &Site, datastore: &Name, pattern: &str) -> Result<Vec<Located>, IngestError> {
    // The part before the first pattern says whether the path would leave; then links of what matches are followed.
    let fixed: PathBuf =
        Path::new(pattern).components().take_while(|part| !is_pattern(&part.as_os_str().to_string_lossy())).collect();
    let leaves = Path::new(pattern)
        .components()
        .any(|part| !matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
    if leaves {
        site.resolve(datastore, pattern)?;
    }
    let root = site.resolve(datastore, ".")?;
    let start = match fixed.as_os_str().is_empty() {
        true => root.clone(),
        false => site.resolve(datastore, &fixed.to_string_lossy())?,
    };
    let matcher = matcher(pattern)?;
    let mut found = Vec::new();
    // The start is what links lead to; paths are those as written.
    for entry in walkdir::WalkDir::new(&start).sort_by_file_name() {
        let entry = entry?;
        let Ok(below) = entry.path().strip_prefix(&start) else { continue };
        let path = slashed(&fixed.join(below));
        if !entry.file_type().is_dir() && matcher.is_match(&path) {
            let resolved = site.resolve(datastore, &path)?;
            if resolved.is_file() {
                found.push(Located { path, found: resolved });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    if found.is_empty() { Err(IngestError::NoFile(pattern.to_owned())) } else { Ok(found) }
}

fn slashed(path: &Path) -> String {
    path.components()
        .map(|part| part.as_os_str().to_string_lossy())
        .filter(|part| part != ".")
        .collect::<Vec<_>>()
        .join("/")
}
