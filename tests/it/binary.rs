//! The binary under test, and folders to run it in.

use crate::workspace::root;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The binary, built once with the profile of the tests.
pub(crate) fn mlspec() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build("mlspec-cli", "mlspec"))
}

/// The binary of the example with a stage of its own, built once with the profile of the tests.
pub(crate) fn own_stage() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build("own-stage", "own-stage"))
}

fn build(package: &str, binary: &str) -> PathBuf {
    // The test binary lies in `<target>/<profile>/deps`.
    let profile = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    // Build scripts look at what Cargo says of the package under test; with it, they and all that needs them run anew.
    let ours = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        cargo.env_remove(name);
    }
    let built = cargo
        .args(["build", "--quiet", "--package", package, "--bin", binary])
        .args(if profile.ends_with("release") { &["--release"][..] } else { &[] })
        .env("CARGO_TARGET_DIR", profile.parent().unwrap())
        .current_dir(root())
        .status()
        .unwrap();
    assert!(built.success());
    profile.join(format!("{binary}{}", std::env::consts::EXE_SUFFIX))
}

/// What a run of the binary did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn of(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Both outputs, for searching.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Asserts the exit code, showing what was said.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// A folder of its own for one test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A folder with the same files.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy_folder(self.path(), copy.path());
        copy
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Files that a run began to write in this store and did not finish.
    pub(crate) fn leftovers(&self, store: &str) -> usize {
        let files = std::fs::read_dir(self.path().join(store).join("tmp")).into_iter().flatten();
        files.filter(|entry| entry.as_ref().is_ok_and(|file| file.file_name() != "_lock")).count()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(mlspec());
        command
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null())
            .env_remove("MLSPEC_STORE")
            .env_remove("MLSPEC_KEY_FILE")
            .env("XDG_CONFIG_HOME", self.path().join("settings"))
            .env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs the binary while no file may grow beyond so many blocks of 512 bytes: what a full disk does, file by file.
    #[cfg(unix)]
    pub(crate) fn run_limited(&self, arguments: &[&str], blocks: u32) -> Ran {
        let program = self.command(arguments);
        let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap());
        let words: Vec<String> = std::iter::once(program.get_program()).chain(program.get_args()).map(quoted).collect();
        // Without the trap, the signal would end the program where the system's refusal is to be tested.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {}", words.join(" "));
        Ran::of(Command::new("sh").args(["-c", &script]).current_dir(self.path()).output().unwrap())
    }
}

/// Copies everything below a folder.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let path = to.join(entry.path().strip_prefix(from).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(path).unwrap(),
            false => drop(std::fs::copy(entry.path(), path).unwrap()),
        }
    }
}
