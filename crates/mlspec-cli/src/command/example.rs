//! `mlspec example`: data and a pipeline to begin with.

use crate::args::Common;
use crate::command::run;
use crate::example::{Complaints, Reviews, write_wine};
use crate::fault::Ended;
use crate::terminal::Out;
use mlspec_record::ExitCode;
use mlspec_trace::{Pick, Target, View, trace};
use std::path::PathBuf;

/// Write an example: data and `pipeline.yaml`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    example: Example,
}

/// The examples.
#[derive(Debug, clap::Subcommand)]
enum Example {
    /// Customers of a bank and their mails, drawn: which mails are complaints by premium customers?
    Complaints {
        /// The folder to write to
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How many customers
        #[arg(long, value_name = "N", default_value_t = 1000)]
        customers: u64,
        /// How many mails they write, on average
        #[arg(long, value_name = "N", default_value_t = 10)]
        mails_per_customer: u64,
        /// The seed: same numbers and same seed, same bytes
        #[arg(long, value_name = "N", default_value_t = 42, value_parser = clap::value_parser!(u64).range(..1 << 53))]
        seed: u64,
        /// Run the pipeline too, write `report.html`, and trace a prediction
        #[arg(long)]
        run: bool,
    },
    /// Products, ratings and reviews, drawn: which reviews do readers find helpful, and are those of third parties treated alike?
    Reviews {
        /// The folder to write to
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How many products; each has twelve ratings and eight reviews on average
        #[arg(long, value_name = "N", default_value_t = 300)]
        products: u64,
        /// The seed: same number and same seed, same bytes
        #[arg(long, value_name = "N", default_value_t = 42, value_parser = clap::value_parser!(u64).range(..1 << 53))]
        seed: u64,
        /// Run the pipeline too, write `report.html`, and trace a prediction
        #[arg(long)]
        run: bool,
    },
    /// Measurements of red wines and what tasters thought of them: regression and classification
    Wine {
        /// The folder to write to
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Run the pipeline too, write `report.html`, and trace a prediction
        #[arg(long)]
        run: bool,
    },
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let (folder, then_run, written) = match &args.example {
        Example::Complaints { folder, customers, mails_per_customer, seed, run } => {
            let (customers, mails_per_customer, seed) = (*customers, *mails_per_customer, *seed);
            (folder, *run, Complaints { customers, mails_per_customer, seed }.write(folder))
        }
        Example::Reviews { folder, products, seed, run } => {
            (folder, *run, Reviews { products: *products, seed: *seed }.write(folder))
        }
        Example::Wine { folder, run } => (folder, *run, write_wine(folder)),
    };
    written?;
    let pipeline = folder.join("pipeline.yaml");
    if !then_run {
        let mut out = Out::new();
        out.line(format_args!("wrote {}\n\nnext:\n  mlspec run {0}", pipeline.display()))?;
        out.flush()?;
        return Ok(ExitCode::Done);
    }
    let report = Some(folder.join("report.html"));
    show(&run::Args { pipeline, report, ..run::Args::default() }, common)
}

/// Runs the example and traces one of its predictions.
fn show(args: &run::Args, common: &Common) -> Ended {
    let (store, done) = run::run(args, common)?;
    let code = run::finish(args, common, &store, &done)?;
    if let Some((port, row)) = run::a_prediction(&done, &store)? {
        let found =
            trace(&View::open(&store, &done.run.id)?, &Target::Port { port, rows: vec![row] }, &Pick::All, 10, true)?;
        let mut out = Out::new();
        match common.json {
            true => out.json(&super::json(&found)?)?,
            false => out.text(format_args!("\nwhere a prediction comes from:\n\n{}", found.to_text()))?,
        }
        out.flush()?;
    }
    Ok(code)
}
