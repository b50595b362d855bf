//! The same test in another process, with another number of threads.

use crate::must;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;

/// Where the other process leaves what it found.
const OUT: &str = "MLSPEC_TESTKIT_OUT";
/// Which of the test's calls it stands in for.
const CALL: &str = "MLSPEC_TESTKIT_CALL";

/// How often each test has called.
static CALLS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// One call of `check_stage!`.
#[derive(Debug)]
pub(crate) struct Call {
    test: String,
    number: usize,
}

/// What this process is for.
pub(crate) enum Role {
    /// It is the test.
    Test,
    /// It finds out what this call's stage does, and leaves that in a file.
    Other {
        /// The file.
        out: String,
    },
    /// It is on the way to another call.
    Passing,
}

impl Call {
    /// The next call of the test that holds the function of this path.
    pub(crate) fn next(path: &str) -> Self {
        let path = path.strip_suffix("::here").unwrap_or(path).replace("::{{closure}}", "");
        let test = path.split_once("::").map_or(path.as_str(), |(_, test)| test).to_owned();
        let mut calls = CALLS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = calls.entry(test.clone()).or_default();
        *count += 1;
        Self { test, number: *count }
    }

    /// What this process is for.
    #[allow(clippy::disallowed_methods)] // how the other process is told what it is for
    pub(crate) fn role(&self) -> Role {
        match (std::env::var(OUT), std::env::var(CALL)) {
            (Ok(out), Ok(call)) if call == self.number.to_string() => Role::Other { out },
            (Ok(_), _) => Role::Passing,
            _ => Role::Test,
        }
    }

    /// What another process with another number of threads finds.
    #[track_caller]
    pub(crate) fn elsewhere(&self) -> Value {
        let several = std::thread::available_parallelism().is_ok_and(|threads| threads.get() > 1);
        let threads = if several { "1" } else { "2" };
        let folder = must("make a folder", tempfile::tempdir());
        let out = folder.path().join("found.json");
        let program = must("find the test program", std::env::current_exe());
        let run = Command::new(program)
            .args([self.test.as_str(), "--exact", "--nocapture"])
            .env(OUT, &out)
            .env(CALL, self.number.to_string())
            .env("POLARS_MAX_THREADS", threads)
            .env("RAYON_NUM_THREADS", threads)
            .output();
        let run = must("start the test once more", run);
        let Ok(found) = std::fs::read(&out) else {
            let said = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
            panic!("the test `{}` found nothing with {threads} thread(s):\n{said}", self.test);
        };
        must("read what was found", serde_json::from_slice(&found))
    }
}

/// Leaves what was found, and ends the process.
pub(crate) fn leave(out: &str, found: &Value) -> ! {
    must("write what was found", std::fs::write(out, found.to_string()));
    std::process::exit(0)
}
