#![doc = include_str!("../README.md")]

mod changes;
mod columns;
mod dag;
mod estimators;
mod expectations;
mod figure;
mod large;
mod peers;
mod places;
mod preparation;
mod provenance;
mod relational;
mod usage;
mod validate;
mod whole;

use clap::{Parser, ValueEnum};

use places::Places;
use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// What goes wrong ends the benchmark; its text is for a person.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Row and column lineage, beside the same plans without.
    Provenance,
    /// The relational part with lineage, beside DuckDB without.
    Relational,
    /// Files to prepared table, beside pandas.
    Preparation,
    /// The whole uncached run, beside pandas and scikit-learn.
    Whole,
    /// Records a second through `mlspec validate`, beside Python's jsonschema.
    Validate,
    /// Ten expectations on ten million rows, beside pandera on polars.
    Expectations,
    /// A thousand trivial steps beside bare writes of the same files, and the same run cached.
    Dag,
    /// Each estimator beside scikit-learn's.
    Estimators,
    /// Customers forgotten by a pipeline that is live, beside the whole uncached run.
    Forget,
    /// The profile of a wide table, beside polars' describe and ydata-profiling.
    Profile,
    /// Drift of a wide table, beside Evidently.
    Drift,
    /// A large CSV file through ingest, transform and split.
    Large,
    /// Customers appended to a pipeline that is live, beside the whole uncached run.
    Append,
}

/// Prints figures as ratios, each of two things measured in the same run.
#[derive(Clone, Debug, Parser)]
#[command(name = "mlspec-bench")]
struct Arguments {
    /// What to measure; everything when nothing is named.
    benches: Vec<Bench>,
    /// Customers of the complaints data; each writes ten mails.
    #[arg(long, default_value_t = 100_000)]
    customers: u64,
    /// Customers of the complaints data that changes are measured with, one size after another.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,300000")]
    sizes: Vec<u64>,
    /// Threads, of ours and of the peers; as many as there are cores when not named.
    #[arg(long, default_value_t = cores())]
    threads: u64,
    /// Steps of the DAG.
    #[arg(long, default_value_t = 1_000)]
    steps: u64,
    /// Records to validate.
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// Rows to hold against expectations, and mails of the relational part.
    #[arg(long, default_value_t = 10_000_000)]
    rows: u64,
    /// The size of the large CSV file, in units of 10⁹ bytes.
    #[arg(long, default_value_t = 5)]
    gigabytes: u64,
    /// How often each measurement is taken; the median counts.
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// Measures one part in this process; the program calls itself with it.
    #[arg(long, hide = true, requires_all = ["data", "tables"])]
    part: Option<provenance::Part>,
    /// The example's data.
    #[arg(long, hide = true)]
    data: Option<PathBuf>,
    /// The example's tables.
    #[arg(long, hide = true)]
    tables: Option<PathBuf>,
}

fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}

/// Limits the threads of a process of ours, whichever library starts them.
fn limit_threads(command: &mut Command, threads: u64) {
    for variable in ["POLARS_MAX_THREADS", "RAYON_NUM_THREADS"] {
        command.env(variable, threads.to_string());
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let (Some(part), Some(data), Some(tables)) = (arguments.part, &arguments.data, &arguments.tables) {
        figure::hand_over(&provenance::part(part, data, tables)?);
        return Ok(());
    }
    let places = Places::new()?;
    let benches = match arguments.benches.as_slice() {
        [] => Bench::value_variants(),
        named => named,
    };
    for bench in benches {
        let figures = match bench {
            Bench::Provenance => provenance::measure(&places, arguments)?,
            Bench::Relational => relational::measure(&places, arguments)?,
            Bench::Preparation => preparation::measure(&places, arguments)?,
            Bench::Whole => whole::measure(&places, arguments)?,
            Bench::Validate => validate::measure(&places, arguments)?,
            Bench::Expectations => expectations::measure(&places, arguments)?,
            Bench::Dag => dag::measure(&places, arguments)?,
            Bench::Estimators => estimators::measure(&places, arguments)?,
            Bench::Forget => changes::measure(&places, arguments, changes::Kind::Forget)?,
            Bench::Profile => columns::profiles(&places, arguments)?,
            Bench::Drift => columns::drift(&places, arguments)?,
            Bench::Large => large::measure(&places, arguments)?,
            Bench::Append => changes::measure(&places, arguments, changes::Kind::Append)?,
        };
        figure::print(&format!("{bench:?}").to_lowercase(), &figures);
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figure::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
