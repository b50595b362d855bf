//! How many threads compute.
//!
//! Polars and rayon read their limits from the environment when first used, and a program may not safely change its own
//! environment. So a limit starts the program once more, with the same arguments and the limit in its environment.

use crate::fault::{Fault, Misuse};
use crate::world::variable;
use std::env;
use std::num::NonZeroUsize;
use std::process::Command;

/// What the libraries read.
const LIMITS: [&str; 2] = ["POLARS_MAX_THREADS", "RAYON_NUM_THREADS"];

/// How many threads may compute.
pub(crate) fn threads(limit: Option<NonZeroUsize>) -> NonZeroUsize {
    limit.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

/// Holds the process to the limit: returns where that is so already, and else ends as the process that it starts.
///
/// # Errors
/// When the program cannot be started once more.
pub(crate) fn limit(limit: Option<NonZeroUsize>) -> Result<(), Fault> {
    let Some(limit) = limit.map(|limit| limit.to_string()) else { return Ok(()) };
    if LIMITS.iter().all(|name| variable(name).is_some_and(|value| *value == *limit)) {
        return Ok(());
    }
    let program = env::current_exe().map_err(|error| failed(&error))?;
    let mut command = Command::new(program);
    command.args(env::args_os().skip(1)).envs(LIMITS.map(|name| (name, &limit)));
    become_it(command)
}

#[cfg(unix)]
fn become_it(mut command: Command) -> Result<(), Fault> {
    use std::os::unix::process::CommandExt as _;
    Err(failed(&command.exec()))
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<(), Fault> {
    let status = command.status().map_err(|error| failed(&error))?;
    std::process::exit(status.code().unwrap_or(70))
}

fn failed(error: &std::io::Error) -> Fault {
    let hint = format!("set {} yourself instead of `--threads`", LIMITS.map(|name| format!("`{name}`")).join(" and "));
    Misuse::new(format!("the program cannot be started with fewer threads: {error}")).hint(hint).into()
}
