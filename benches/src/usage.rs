//! Seconds, CPU seconds and peak memory of processes, read from `/proc`. The clock is read here and nowhere else.
#![allow(clippy::disallowed_methods)]

use crate::Result;
use crate::figure::median;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Linux counts CPU time for `/proc` in hundredths of a second, on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process, or a part of it, cost.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// Wall-clock time.
    pub(crate) seconds: f64,
    /// CPU time of all threads, user and system.
    pub(crate) cpu_seconds: f64,
    /// The most memory resident at any time.
    pub(crate) peak_megabytes: f64,
    /// What was read of files, from the cache of the system too.
    #[serde(default)]
    pub(crate) read_megabytes: f64,
}

/// A process that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// What it cost.
    pub(crate) usage: Usage,
    /// What it printed.
    pub(crate) stdout: String,
}

/// CPU seconds from `/proc/self/stat`: fields 14 and 15 of this process, or 16 and 17 of its children that were waited for.
fn cpu_seconds(first_field: usize) -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in parentheses, which may hold spaces.
    let (_, rest) = text.rsplit_once(')').ok_or("`/proc/self/stat` reads differently than expected")?;
    let ticks: Vec<f64> =
        rest.split_whitespace().skip(first_field - 3).take(2).map(str::parse).collect::<std::result::Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// The peak resident memory of a process so far, if it still runs.
fn peak_megabytes(process: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB");
    kilobytes.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

/// What a process has read so far, if it still runs.
fn read_megabytes(process: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/io")).ok()?;
    let bytes: f64 = text.lines().find_map(|line| line.strip_prefix("rchar:"))?.trim().parse().ok()?;
    Some(bytes / 1e6)
}

/// Runs a command to its end and measures it as a whole. Its error output is shown when it fails.
pub(crate) fn run(command: &mut Command) -> Result<Ended> {
    let (cpu, start) = (cpu_seconds(16)?, Instant::now());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let drain = |stream: Option<Box<dyn Read + Send>>| {
        thread::spawn(move || {
            let mut text = Vec::new();
            stream
                .map_or(Ok(0), |mut stream| stream.read_to_end(&mut text))
                .map(|_| String::from_utf8_lossy(&text).into_owned())
        })
    };
    let stdout = drain(child.stdout.take().map(|stream| Box::new(stream) as _));
    let stderr = drain(child.stderr.take().map(|stream| Box::new(stream) as _));
    let process = child.id().to_string();
    let (mut peak, mut read_so_far) = (0.0_f64, 0.0_f64);
    let (status, seconds) = loop {
        if let Some(status) = child.try_wait()? {
            break (status, start.elapsed().as_secs_f64());
        }
        // Both only grow, so what is missed is what they grow by in the last moment.
        peak = peak_megabytes(&process).map_or(peak, |now| peak.max(now));
        read_so_far = read_megabytes(&process).map_or(read_so_far, |now| read_so_far.max(now));
        thread::sleep(Duration::from_millis(5));
    };
    let read =
        |thread: thread::JoinHandle<std::io::Result<String>>| thread.join().map_err(|_| "a reader failed".to_owned());
    let (stdout, stderr) = (read(stdout)??, read(stderr)??);
    if !status.success() {
        return Err(format!("`{command:?}` ended with {status}:\n{stderr}{stdout}").into());
    }
    let usage =
        Usage { seconds, cpu_seconds: cpu_seconds(16)? - cpu, peak_megabytes: peak, read_megabytes: read_so_far };
    Ok(Ended { usage, stdout })
}

/// Measures a part of this very process.
pub(crate) fn of<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Usage)> {
    let (cpu, start) = (cpu_seconds(14)?, Instant::now());
    let result = work()?;
    let seconds = start.elapsed().as_secs_f64();
    let peak_megabytes = peak_megabytes("self").ok_or("`/proc/self/status` has no peak")?;
    let read_megabytes = read_megabytes("self").unwrap_or_default();
    Ok((result, Usage { seconds, cpu_seconds: cpu_seconds(14)? - cpu, peak_megabytes, read_megabytes }))
}

/// The median of each figure apart.
pub(crate) fn medians(usages: &[Usage]) -> Usage {
    let over = |figure: fn(&Usage) -> f64| median(usages.iter().map(figure).collect());
    Usage {
        seconds: over(|usage| usage.seconds),
        cpu_seconds: over(|usage| usage.cpu_seconds),
        peak_megabytes: over(|usage| usage.peak_megabytes),
        read_megabytes: over(|usage| usage.read_megabytes),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_measured_and_heard() {
        let ended =
            run(Command::new("sh").args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done"]))
                .unwrap();
        assert_eq!(ended.stdout, "done\n");
        assert!(ended.usage.cpu_seconds > 0.0 && ended.usage.peak_megabytes > 0.0, "{:?}", ended.usage);
        assert!(ended.usage.seconds >= 0.5 * ended.usage.cpu_seconds);
    }

    #[test]
    fn a_failing_child_is_an_error_with_its_words() {
        let error = run(Command::new("sh").args(["-c", "echo no luck >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("no luck") && error.contains('3'), "{error}");
    }
}
