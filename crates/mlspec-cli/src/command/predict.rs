//! `mlspec predict`: what does the model of a run say of new rows?

use super::run::tell_failures;
use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::registry::stages;
use crate::terminal::{Machine, Out, Person};
use crate::world;
use mlspec_predict::{PredictError, Predicted, Request, Scorer, output_format, write_predictions};
use mlspec_runner::Observer;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Predict new raw rows with the preparation, the encoders and the model of a run
///
/// New rows go the way that the rows of the run went, but for the split; nothing is fitted, nothing live is touched. A run is named by
/// its id or the beginning of it, by its pipeline for the newest, or as PIPELINE@live for the one in use.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run that fitted the model
    run: String,
    /// A source of the pipeline and the file that takes its place, of the source's columns; the others are the run's
    #[arg(long, value_name = "NAME=FILE", required = true, value_parser = source)]
    source: Vec<(String, PathBuf)>,
    /// The step that fitted the model, or one that uses it and whose threshold is meant [default: the only model]
    #[arg(long, value_name = "STEP")]
    model: Option<String>,
    /// Write the predictions to a file: CSV, TSV, JSON, NDJSON, Parquet or Arrow, as its ending says
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn source(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.to_owned(), PathBuf::from(path))),
        _ => Err("a source is given as `NAME=FILE`".to_owned()),
    }
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    for (_, path) in &args.source {
        if !path.is_file() {
            return Err(Misuse::file(path, &std::io::ErrorKind::NotFound.into()).into());
        }
    }
    if let Some(out) = &args.out {
        output_format(&out.to_string_lossy())?;
    }
    let store = home::store(common)?;
    let run = home::named_run(&store, &args.run)?;
    let host = world::Machine::new();
    let around = world::surroundings(&host, Path::new("."), common.threads);
    let (person, machine) = (Person::new(), Machine);
    let observer: &dyn Observer = if common.json { &machine } else { &person };
    let registry = stages();
    let secret = world::secret(common)?;
    let scorer = Scorer { store: &store, registry: &registry, around: &around, observer, secret };
    let predicted =
        scorer.predict(&Request { run, model: args.model.clone(), sources: args.source.clone() }).map_err(fault)?;
    tell_failures(&predicted.run, common.style());
    if let Some(out) = &args.out {
        write_predictions(&store, &predicted, out).map_err(fault)?;
    }
    tell(args, common, &predicted)?;
    Ok(predicted.exit_code)
}

fn fault(error: PredictError) -> Fault {
    match error {
        PredictError::Runner(error) => Fault::runner(error),
        other => other.into(),
    }
}

fn tell(args: &Args, common: &Common, predicted: &Predicted) -> Result<(), Fault> {
    let mut out = Out::new();
    let written = args.out.as_ref().filter(|_| predicted.predictions.is_some());
    if common.json {
        out.json(&json!({
            "event": "predicted", "run": predicted.run.run.id, "step": predicted.step, "prediction": super::json(&predicted.prediction)?,
            "predictions": super::json(&predicted.predictions)?, "figures": super::json(&predicted.body)?, "file": written,
        }))?;
        return out.flush();
    }
    let about = &predicted.prediction;
    for source in &about.sources {
        let mut more = Vec::new();
        if source.left_out > 0 {
            more.push(format!("{} left out, since they were erased before", source.left_out));
        }
        if !source.missing.is_empty() {
            more.push(format!("without {}", source.missing.join(", ")));
        }
        let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join("; ")) };
        out.line(format_args!("  {}: {} new rows{more}", source.dataset, source.rows))?;
    }
    for passed in &about.passed_over {
        let (step, count, of) = (&passed.step, passed.expectations, passed.of);
        out.line(format_args!("  {step}: {count} of {of} expectations passed over: they are about missing columns"))?;
    }
    let Some(figures) = &predicted.body else { return out.flush() };
    let run = &predicted.run.run.id;
    out.line(format_args!("run {run}: {} rows predicted by `{}` of run {}", figures.rows, about.model, about.from))?;
    for class in &figures.predicted {
        out.line(format_args!("  {}: {}", class.class, class.rows))?;
    }
    if let Some(mean) = figures.mean {
        out.line(format_args!("  mean {mean:.4}"))?;
    }
    match written {
        Some(path) => out.line(format_args!("wrote {}", path.display()))?,
        None => out.line(format_args!(
            "where a prediction comes from: mlspec trace {}.predictions:ROW --run {run}",
            predicted.step
        ))?,
    }
    out.flush()
}
