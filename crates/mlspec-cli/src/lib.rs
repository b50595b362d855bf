#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]
//!
//! # Reading order
//! `args` has the command line, `command` one file for each command; what they do lies in the crates below. `world` is
//! everything that enters from outside, `terminal` everything that goes out, `home` finds stores and runs, `registry` has the
//! stages that pipelines may use.

mod args;
mod command;
mod example;
mod fault;
mod home;
mod registry;
mod terminal;
mod world;

use args::Cli;
use clap::Parser as _;
use clap::error::ErrorKind;
use mlspec_record::ExitCode;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use registry::registry;

use mlspec_stage::Registry;

/// The program, from the command line to the exit code, with these stages: [`registry`] has those that `mlspec` knows, and
/// `Registry::with` adds one's own.
pub fn main_with(registry: Registry) -> std::process::ExitCode {
    registry::set(registry);
    terminal::tell_of_bugs();
    let code = catch_unwind(AssertUnwindSafe(run)).unwrap_or(ExitCode::Bug);
    std::process::ExitCode::from(code as u8)
}

fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Whoever asked for help and closed the pipe has seen enough.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { ExitCode::Done } else { ExitCode::Usage };
        }
    };
    let ended = world::limit(cli.common.threads).and_then(|()| cli.command.execute(&cli.common));
    ended.unwrap_or_else(|fault| {
        terminal::tell(&fault, cli.common.style());
        fault.exit_code()
    })
}
