//! Clocks and cancellation for running stages.

use crate::world::now;
use mlspec_record::Timestamp;
use mlspec_stage::Host;
use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Whether the user wants to stop.
static STOP: AtomicBool = AtomicBool::new(false);

/// The machine that the program runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine;

impl Machine {
    /// The machine, with Ctrl-C (and what else asks a program to end) turned into a wish to stop: the first time, running
    /// steps are ended in good order; the second time, the process ends at once. Nothing is lost by that: the next run goes on
    /// from what is stored.
    pub(crate) fn new() -> Self {
        static ONCE: OnceLock<()> = OnceLock::new();
        ONCE.get_or_init(|| {
            // Without a handler Ctrl-C still ends the process, only less politely.
            let _ = ctrlc::set_handler(stop);
            seconds();
        });
        Self
    }
}

fn stop() {
    if STOP.swap(true, Ordering::SeqCst) {
        std::process::exit(mlspec_record::ExitCode::Outside as i32);
    }
    let _ = writeln!(std::io::stderr(), "stopping; once more to stop at once");
}

#[expect(clippy::disallowed_methods, reason = "what enters from outside enters here")]
fn seconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

impl Host for Machine {
    fn now(&self) -> Timestamp {
        now()
    }

    fn seconds(&self) -> f64 {
        seconds()
    }

    fn progress(&self, _: u64, _: u64) {}

    fn is_cancelled(&self) -> bool {
        STOP.load(Ordering::SeqCst)
    }
}
