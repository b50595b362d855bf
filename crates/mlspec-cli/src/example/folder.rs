//! The folder that an example goes to: nothing in it is overwritten, and no file appears half-written.

use mlspec_record::{ExitCode, Failure};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Why an example could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ExampleError {
    /// Numbers of which at least one is zero, or whose product is no number.
    #[error(
        "an example needs at least one customer and one mail, and fewer than 2⁶⁴, got `{customers}` customers with `{mails}` mails each"
    )]
    Size {
        /// How many customers.
        customers: u64,
        /// How many mails each.
        mails: u64,
    },
    /// No product, or so many that there is no number for their ratings.
    #[error("an example needs at least one product, and fewer than 2⁶⁰, got `{0}`")]
    Products(u64),
    /// A file that would be overwritten.
    #[error("the file `{}` is there already, with other content", .0.display())]
    Exists(PathBuf),
    /// A folder or file that cannot be written.
    #[error("cannot write `{}`: {source}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure for ExampleError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Size { .. } | Self::Products(_) | Self::Exists(_) => ExitCode::Usage,
            Self::Write { .. } => ExitCode::Outside,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Exists(_) => Some("name another folder, or remove the file".to_owned()),
            Self::Size { .. } | Self::Products(_) | Self::Write { .. } => None,
        }
    }
}

/// A folder that an example goes to.
#[derive(Debug)]
pub(crate) struct Folder<'a>(pub(crate) &'a Path);

impl Folder<'_> {
    /// Writes a file whole: under another name first. A file that is there with the same bytes stays as it is.
    ///
    /// # Errors
    /// When a file is there with other bytes, or the folder cannot be written.
    pub(crate) fn write(
        &self,
        file: &str,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), ExampleError> {
        let path = self.0.join(file);
        let unfinished = path.with_added_extension("unfinished");
        let write = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut writer = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
            content(&mut writer)?;
            writer.flush()?;
            if !path.exists() {
                fs::rename(&unfinished, &path)?;
                return Ok(true);
            }
            let same = same_bytes(&path, &unfinished)?;
            fs::remove_file(&unfinished)?;
            Ok(same)
        };
        match write() {
            Ok(true) => Ok(()),
            Ok(false) => Err(ExampleError::Exists(path)),
            Err(source) => {
                // What is left of it may be incomplete; that it cannot be removed either adds nothing.
                let _ = fs::remove_file(&unfinished);
                Err(ExampleError::Write { path, source })
            }
        }
    }
}

/// Whether two files hold the same bytes.
fn same_bytes(left: &Path, right: &Path) -> io::Result<bool> {
    let (left, right) = (File::open(left)?, File::open(right)?);
    if left.metadata()?.len() != right.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (BufReader::with_capacity(1 << 20, left), BufReader::with_capacity(1 << 20, right));
    loop {
        let (a, b) = (left.fill_buf()?, right.fill_buf()?);
        let length = a.len().min(b.len());
        if a.get(..length) != b.get(..length) {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
        left.consume(length);
        right.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_same_file_may_be_there_another_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = Folder(folder.path());
        target.write("a.txt", |file| file.write_all(b"ours")).unwrap();
        target.write("a.txt", |file| file.write_all(b"ours")).unwrap();
        for other in ["mine", "longer"] {
            fs::write(folder.path().join("a.txt"), other).unwrap();
            let error = target.write("a.txt", |file| file.write_all(b"ours")).unwrap_err();
            assert!(matches!(&error, ExampleError::Exists(path) if path.ends_with("a.txt")), "{error}");
            assert_eq!(error.exit_code(), ExitCode::Usage);
            assert_eq!(fs::read_to_string(folder.path().join("a.txt")).unwrap(), other);
        }
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_file_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let error = Folder(folder.path()).write("data/a.txt", |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(error.unwrap_err().exit_code(), ExitCode::Outside);
        assert!(names(&folder.path().join("data")).is_empty());
    }
}
