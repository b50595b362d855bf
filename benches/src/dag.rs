//! A thousand trivial steps: what the runner and the records cost, beside bare writes of the same files.

use crate::figure::{Figure, Target, median, say};
use crate::usage::{self, Usage};
use crate::{Arguments, Places, Result};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// How many steps stand side by side; so many chains hang on the one source.
const WIDTH: u64 = 10;

/// A pipeline of one source and `steps - 1` steps that look at its table and pass it on. Each is set a little differently, so
/// that none finds its result in the store.
fn pipeline(steps: u64) -> Result<String> {
    let mut text = String::from(
        "pipeline: thousand\nversion: 1.0.0\ndatastores:\n  data: {type: folder, path: .}\nsteps:\n  \
         step-0:\n    uses: ingest@1\n    settings: {datastore: data, path: numbers.csv}\n",
    );
    for step in 1..steps {
        let before = step.saturating_sub(WIDTH);
        write!(
            text,
            "  step-{step}:\n    uses: validate@1\n    inputs: {{rows: step-{before}.rows}}\n    \
             settings: {{expectations: [{{name: look-{step}, not_null: {{columns: [number]}}}}]}}\n"
        )?;
    }
    Ok(text)
}

/// All files below a folder with their bytes.
fn files(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files(&path, found)?,
            false => found.push((path.clone(), fs::read(&path)?)),
        }
    }
    Ok(())
}

/// Writes the same files elsewhere, each under another name first, flushed to the disk, then renamed.
fn write_bare(from: &Path, to: &Path, found: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    for (path, bytes) in found {
        let path = to.join(path.strip_prefix(from)?);
        let unfinished = path.with_added_extension("unfinished");
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(())
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    let folder = places.empty("dag")?;
    fs::write(folder.join("pipeline.yaml"), pipeline(arguments.steps)?)?;
    fs::write(folder.join("numbers.csv"), "number\n1\n2\n3\n")?;
    let store = folder.join("store");
    let run = || -> Result<Usage> {
        let mut command = places.mlspec();
        command.current_dir(&folder).args(["run", "pipeline.yaml", "--store", "store"]);
        Ok(usage::run(&mut command)?.usage)
    };
    let (mut fresh, mut cached, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..arguments.repeat {
        say(&format!("{} steps, round {} of {}", arguments.steps, round + 1, arguments.repeat));
        if store.exists() {
            fs::remove_dir_all(&store)?;
        }
        fresh.push(run()?.seconds);
        let mut found = Vec::new();
        files(&store, &mut found)?;
        let elsewhere = places.empty("dag-bare")?;
        bare.push(usage::of(|| write_bare(&store, &elsewhere, &found))?.1.seconds);
        cached.push(run()?.seconds);
    }
    let steps = arguments.steps;
    Ok(vec![
        Figure::ratio(
            format!("{steps} steps with records, beside bare writes of the same files"),
            median(fresh),
            median(bare),
            "s",
            Target::AtMost(3.0),
        ),
        Figure::alone(format!("{steps} steps, all from the store"), median(cached), "s", Target::AtMost(0.5)),
    ])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_has_as_many_steps_as_asked_for() {
        let text = pipeline(25).unwrap();
        assert_eq!(text.matches("uses:").count(), 25);
        assert!(text.contains("step-24:\n    uses: validate@1\n    inputs: {rows: step-14.rows}"), "{text}");
    }

    #[test]
    fn bare_writes_copy_every_byte() {
        let folder = std::env::temp_dir().join(format!("mlspec-bench-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::write(from.join("deep/a"), "abc").unwrap();
        let mut found = Vec::new();
        files(&from, &mut found).unwrap();
        write_bare(&from, &to, &found).unwrap();
        assert_eq!(fs::read_to_string(to.join("deep/a")).unwrap(), "abc");
        fs::remove_dir_all(folder).unwrap();
    }
}
