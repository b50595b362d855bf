//! What the process has used so far, as far as the system tells without more ado: on Linux, from `/proc`.

use mlspec_runner::Resources;
use std::fs;

/// What the process has used so far.
pub(crate) fn resources() -> Resources {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    Resources { cpu_seconds: cpu_seconds(&stat), peak_memory_bytes: peak_memory(&status) }
}

/// User and system time: fields 14 and 15, in hundredths of a second.
fn cpu_seconds(stat: &str) -> Option<f64> {
    // The second field, the program's name, may hold spaces; it ends at the last parenthesis.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_is_read() {
        let stat = "12 (a b) c) R 1 2 3 4 5 6 7 8 9 10 250 50 0 0";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(peak_memory("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!((cpu_seconds(""), peak_memory("VmHWM: x kB")), (None, None));
    }
}
