//! The program as a process: its environment, its bounds, its end.

use crate::log::{Kept, drain};
use crate::{ExternalError, ExternalStep};
use mlspec_stage::{Host, Site};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// How many looks a stream is waited for after the process and its group have gone.
const PATIENCE: u32 = 200;

/// How a process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    pub(crate) log: String,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) enum End {
    /// By itself, or by a signal that was not ours.
    Status(ExitStatus),
    /// It took too long.
    Timeout,
    /// The user wanted to stop.
    Stopped,
}

/// What is said on one stream.
type Stream = (Arc<Mutex<Kept>>, JoinHandle<()>);

/// Runs the program with these words.
pub(crate) fn run(
    step: &ExternalStep,
    (site, host): (&Site, &dyn Host),
    (program, arguments): (&Path, &[String]),
    (directory, description): (&Path, &Path),
) -> Result<Ended, ExternalError> {
    let params = &step.params;
    let mut command = limited(program, arguments, params.memory_bytes);
    command.env_clear().envs(variables(step, site)).env("MLSPEC_STEP", description);
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_group(&mut command);
    let name = params.command.first().cloned().unwrap_or_default();
    let mut child = command.spawn().map_err(|error| ExternalError::Start { program: name, error })?;
    let bound = usize::try_from(params.log_bytes).unwrap_or(usize::MAX);
    let out: Option<Stream> = child.stdout.take().map(|stream| drain(stream, bound));
    let err: Option<Stream> = child.stderr.take().map(|stream| drain(stream, bound));
    let end = wait(&mut child, host, params.timeout_seconds);
    // Whatever it started goes with it.
    kill_group(&mut child);
    let end = end?;
    let text = |stream: Option<Stream>, name: &str| {
        let Some((kept, thread)) = stream else { return String::new() };
        for _ in 0..PATIENCE {
            if thread.is_finished() {
                break;
            }
            std::thread::sleep(LOOK);
        }
        kept.lock().unwrap_or_else(PoisonError::into_inner).text(name)
    };
    let log = text(out, "standard output") + &text(err, "standard error");
    Ok(Ended { end, log })
}

/// The variables that the program gets.
fn variables(step: &ExternalStep, site: &Site) -> Vec<(String, OsString)> {
    let names = step.params.environment.iter();
    names.filter_map(|name| Some((name.clone(), site.environment().variable(name)?))).collect()
}

fn wait(child: &mut Child, host: &dyn Host, seconds: u64) -> Result<End, ExternalError> {
    let began = host.seconds();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Status(status));
        }
        let end = if host.is_cancelled() {
            End::Stopped
        } else if host.seconds() - began > seconds as f64 {
            End::Timeout
        } else {
            std::thread::sleep(LOOK);
            continue;
        };
        kill_group(child);
        child.wait()?;
        return Ok(end);
    }
}

/// The program under its limit of address space. The limit must hold before its first instruction, and to set it in the child takes
/// unsafe code; so a shell sets it and becomes the program. The words of the command are its arguments, which it does not read.
#[cfg(unix)]
fn limited(program: &Path, arguments: &[String], memory: Option<u64>) -> Command {
    let Some(memory) = memory else {
        let mut command = Command::new(program);
        command.args(arguments);
        return command;
    };
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"ulimit -v "$1" || exit 126; shift; exec "$@""#, "sh"]);
    command.arg((memory / 1024).to_string()).arg(program).args(arguments);
    command
}

#[cfg(not(unix))]
fn limited(program: &Path, arguments: &[String], _: Option<u64>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// Kills the process and all that it started and that did not leave its group. Where there is nobody left, nothing happens.
#[cfg(unix)]
fn kill_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

#[cfg(not(unix))]
fn kill_group(child: &mut Child) {
    let _ = child.kill();
}

/// The signal that ended the process, if one did.
#[cfg(unix)]
pub(crate) fn signal(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal()
}

#[cfg(not(unix))]
pub(crate) fn signal(_: ExitStatus) -> Option<i32> {
    None
}
