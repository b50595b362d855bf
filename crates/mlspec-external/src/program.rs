//! The program, and the files that it depends on.

use crate::{ExternalError, ExternalStep};
use mlspec_record::body::ExternalFile;
use mlspec_record::{Digest, Name};
use mlspec_stage::Site;
use mlspec_store::Store;
use std::path::{Path, PathBuf};

/// The program, and the files that it depends on.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Where its file lies.
    pub(crate) path: PathBuf,
    /// Its file's digest.
    pub(crate) digest: Digest,
    /// Where it runs; a folder of its own if there is none.
    pub(crate) directory: Option<PathBuf>,
    /// Further files.
    pub(crate) files: Vec<ExternalFile>,
}

impl Program {
    /// Finds them.
    pub(crate) fn find(step: &ExternalStep, site: &Site, store: &Store) -> Result<Self, ExternalError> {
        let params = &step.params;
        let (name, arguments) = params.command.split_first().ok_or(ExternalError::NoCommand)?;
        let directory = params.directory.as_ref().map(|datastore| site.resolve(datastore, ".")).transpose()?;
        let path = match name.contains('/') {
            true => in_directory(name, params.directory.as_ref(), site)?,
            false => in_path(name, site)?,
        };
        let mut files: Vec<ExternalFile> = Vec::new();
        for argument in arguments {
            // Whatever names no file of the directory is something else.
            let found = params.directory.as_ref().and_then(|datastore| site.resolve(datastore, argument).ok());
            if let Some(found) = found.filter(|found| found.is_file()) {
                add(&mut files, argument, &found, store)?;
            }
        }
        for file in &params.files {
            let datastore = params.directory.as_ref().ok_or_else(|| ExternalError::NoDirectory(file.clone()))?;
            add(&mut files, file, &site.resolve(datastore, file)?, store)?;
        }
        Ok(Self { digest: store.file_digest(&path)?, path, directory, files })
    }
}

fn add(files: &mut Vec<ExternalFile>, path: &str, found: &Path, store: &Store) -> Result<(), ExternalError> {
    if files.iter().all(|file| file.path != path) {
        files.push(ExternalFile { path: path.to_owned(), digest: store.file_digest(found)? });
    }
    Ok(())
}

fn in_directory(name: &str, datastore: Option<&Name>, site: &Site) -> Result<PathBuf, ExternalError> {
    if Path::new(name).is_absolute() {
        let found = PathBuf::from(name);
        return if found.is_file() { Ok(found) } else { Err(ExternalError::NoProgram(name.to_owned())) };
    }
    let datastore = datastore.ok_or_else(|| ExternalError::NoDirectory(name.to_owned()))?;
    let found = site.resolve(datastore, name)?;
    if found.is_file() { Ok(found) } else { Err(ExternalError::NoProgram(name.to_owned())) }
}

fn in_path(name: &str, site: &Site) -> Result<PathBuf, ExternalError> {
    let path = site.environment().variable("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_executable(file));
    found.ok_or_else(|| ExternalError::NoProgram(name.to_owned()))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}
