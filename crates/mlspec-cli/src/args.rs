//! The command line: the commands, and what all of them take.

use crate::command;
use crate::fault::Ended;
use crate::terminal::Style;
use clap::{Parser, Subcommand};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Runs declarative machine-learning pipelines, and says where anything in them came from.
///
/// Exit codes: 0 done, 1 a check said no, 2 wrong use or an invalid file, 3 bad data, 4 something outside failed, 70 a bug.
#[derive(Debug, Parser)]
#[command(name = "mlspec", version, max_term_width = 110, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// The store: a folder, or one that holds `.mlspec` [default: `.mlspec` beside the pipeline file, or in this folder or
    /// one above it; else the environment's MLSPEC_STORE]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(crate) store: Option<PathBuf>,
    /// How many threads compute [default: as many as the machine has]
    #[arg(long, global = true, value_name = "N", help_heading = "Everywhere")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The secret key by which erased rows are recognised and statements signed; `mlspec key new` makes one [default: the
    /// environment's MLSPEC_KEY_FILE]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) key_file: Option<PathBuf>,
    /// Write JSON for machines: answers and events to standard output, errors to standard error
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
}

impl Common {
    /// How errors are told.
    pub(crate) fn style(&self) -> Style {
        if self.json { Style::Json } else { Style::Text }
    }
}

/// The commands, one file each.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(command::run::Args),
    Status(command::status::Args),
    Dag(command::dag::Args),
    Show(command::show::Args),
    Dropped(command::dropped::Args),
    Explain(command::explain::Args),
    Reproduce(command::reproduce::Args),
    Validate(command::validate::Args),
    InferExpectations(command::infer_expectations::Args),
    InferEncode(command::infer_encode::Args),
    DiffExpectations(command::diff_expectations::Args),
    Trace(command::trace::Args),
    Impact(command::impact::Args),
    Usage(command::usage::Args),
    Lineage(command::lineage::Args),
    Diff(command::diff::Args),
    Predict(command::predict::Args),
    Forget(command::forget::Args),
    Correct(command::correct::Args),
    Append(command::append::Args),
    Update(command::update::Args),
    Whatif(command::whatif::Args),
    Key(command::key::Args),
    Verify(command::verify::Args),
    Purge(command::purge::Args),
    Record(command::record::Args),
    Report(command::report::Args),
    Example(command::example::Args),
    Schema(command::schema::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn execute(&self, common: &Common) -> Ended {
        match self {
            Self::Run(args) => command::run::execute(args, common),
            Self::Status(args) => command::status::execute(args, common),
            Self::Dag(args) => command::dag::execute(args, common),
            Self::Show(args) => command::show::execute(args, common),
            Self::Dropped(args) => command::dropped::execute(args, common),
            Self::Explain(args) => command::explain::execute(args, common),
            Self::Reproduce(args) => command::reproduce::execute(args, common),
            Self::Validate(args) => command::validate::execute(args, common),
            Self::InferExpectations(args) => command::infer_expectations::execute(args, common),
            Self::InferEncode(args) => command::infer_encode::execute(args, common),
            Self::DiffExpectations(args) => command::diff_expectations::execute(args, common),
            Self::Trace(args) => command::trace::execute(args, common),
            Self::Impact(args) => command::impact::execute(args, common),
            Self::Usage(args) => command::usage::execute(args, common),
            Self::Lineage(args) => command::lineage::execute(args, common),
            Self::Diff(args) => command::diff::execute(args, common),
            Self::Predict(args) => command::predict::execute(args, common),
            Self::Forget(args) => command::forget::execute(args, common),
            Self::Correct(args) => command::correct::execute(args, common),
            Self::Append(args) => command::append::execute(args, common),
            Self::Update(args) => command::update::execute(args, common),
            Self::Whatif(args) => command::whatif::execute(args, common),
            Self::Key(args) => command::key::execute(args, common),
            Self::Verify(args) => command::verify::execute(args, common),
            Self::Purge(args) => command::purge::execute(args, common),
            Self::Record(args) => command::record::execute(args, common),
            Self::Report(args) => command::report::execute(args, common),
            Self::Example(args) => command::example::execute(args, common),
            Self::Schema(args) => command::schema::execute(args, common),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_each_command_takes_is_read() {
        let check = |line: &str, accepted: bool| {
            let words = std::iter::once("mlspec").chain(line.split_whitespace());
            assert_eq!(Cli::try_parse_from(words).is_ok(), accepted, "{line}");
        };
        for line in [
            "run p.yaml --set a=1 --set b=2 --to split --sample 10 --threads 1 --report r.html --json",
            "status --store s",
            "dag p.yaml --format mermaid",
            "show",
            "dropped prepared --limit 3",
            "explain split --run 0198",
            "reproduce 0198",
            "validate a.json b/ - --schema ingestion --format junit",
            "infer-expectations mails.csv --name mails --output e.yaml",
            "infer-expectations mails.rows --run 0198",
            "infer-encode e.yaml --label spam --output s.yaml",
            "diff-expectations a.yaml b.yaml --allow loosened,removed --json",
            "trace split.train:17 --values --format mermaid",
            "trace mails.rows --key 5 --key 6",
            "impact mails --where a=1",
            "usage train --source mails --ids",
            "lineage split.train --column a --format dot",
            "diff 0198 complaints@live --format json --exit-code",
            "diff a b --all",
            "predict complaints@live --source mails=m.csv --source customers=c.csv --model test --out p.csv",
            "forget p.yaml --source a --key 1 --key 2 --source b --where x>1 --dry-run --json",
            "forget p --change-file c.yaml",
            "correct p --source a --changes c.csv",
            "append p --source a --data c.csv --source b --data d.csv",
            "update p --source a --data c.csv --dry-run",
            "whatif p --source a --drop-where x>1 --without-source b",
            "key new --output k.json",
            "key show --json",
            "verify s.json --public-key k.pub.json --receipt r.json --revealed x.json --store s",
            "purge p --keep 2 --dry-run",
            "purge p --older-than 30d",
            "record add r.json --object m.json --object l.json",
            "report --output r.html",
            "example complaints d --customers 10 --mails-per-customer 3 --seed 7 --run",
            "example reviews d --products 10 --seed 7 --run",
            "example wine d",
            "schema ingestion",
        ] {
            check(line, true);
        }
        for line in [
            "",
            "rnu",
            "run",
            "run p.yaml --threads 0",
            "run p.yaml --sample 0",
            "diff a",
            "predict a --source b",
            "predict a",
            "impact mails",
            "impact mails --rows 1 --key 2",
            "trace",
            "forget",
            "forget p --source a",
            "forget p --key 1",
            "forget p --source a --rows x",
            "correct p --source a --data c.csv",
            "whatif p --change-file c.yaml",
            "key",
            "verify s.json --revealed x.json",
            "purge p --keep 2 --older-than 30d",
            "purge p --older-than 30",
            "validate",
            "infer-expectations",
            "infer-encode",
            "diff-expectations a.yaml",
            "diff-expectations a.yaml b.yaml --allow all",
            "validate a --format xml",
            "report",
            "record",
            "record add",
            "example complaints d --seed 9007199254740992",
        ] {
            check(line, false);
        }
    }
}
