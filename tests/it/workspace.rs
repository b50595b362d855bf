//! Where the workspace lies, and what is in it.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The files of the workspace with this extension, below the folders that hold sources.
pub(crate) fn sources(extension: &str) -> Vec<PathBuf> {
    let folders = ["crates", "tests", "benches", "examples", "spec"].map(|folder| root().join(folder));
    let entries = folders.iter().filter(|folder| folder.exists()).flat_map(walkdir::WalkDir::new);
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter(|path| !path.components().any(|part| part.as_os_str() == "target" || part.as_os_str() == ".venv"))
        .collect();
    files.sort();
    files
}

/// What `cargo metadata` says of the workspace, for this platform: those of others may not have been downloaded.
pub(crate) fn metadata() -> cargo_metadata::Metadata {
    let version = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked", "--filter-platform", host].map(str::to_owned))
        .exec()
        .unwrap()
}
