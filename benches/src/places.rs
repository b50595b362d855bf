//! Where things lie: the program that is measured, its data, and room for results, all in the target directory.

use crate::Result;
use crate::figure::say;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where things lie.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The folder of the built programs, `target/release`.
    programs: PathBuf,
    /// The folder of this package's sources.
    sources: PathBuf,
}

impl Places {
    /// Finds everything. The program `mlspec` lies beside this one: `benches/run` builds both together.
    pub(crate) fn new() -> Result<Self> {
        let own = std::env::current_exe()?;
        let programs = own.parent().ok_or("this program lies nowhere")?.to_owned();
        let places = Self { programs, sources: Path::new(env!("CARGO_MANIFEST_DIR")).to_owned() };
        if !places.program().exists() {
            return Err(format!(
                "there is no `{}`: start the benchmarks with `benches/run`",
                places.program().display()
            )
            .into());
        }
        if cfg!(debug_assertions) {
            say("this is a debug build: its figures mean nothing");
        }
        Ok(places)
    }

    fn program(&self) -> PathBuf {
        self.programs.join(format!("mlspec{}", std::env::consts::EXE_SUFFIX))
    }

    /// The program `mlspec`.
    pub(crate) fn mlspec(&self) -> Command {
        Command::new(self.program())
    }

    /// This program again, to measure one thing in a process of its own.
    pub(crate) fn myself(&self) -> Result<Command> {
        Ok(Command::new(std::env::current_exe()?))
    }

    /// A file of this package.
    pub(crate) fn source(&self, path: &str) -> PathBuf {
        self.sources.join(path)
    }

    /// A folder that stays between runs of the benchmarks.
    pub(crate) fn kept(&self, name: &str) -> Result<PathBuf> {
        let folder = self.programs.join("bench").join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// An empty folder.
    pub(crate) fn empty(&self, name: &str) -> Result<PathBuf> {
        let folder = self.programs.join("bench").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The key that erasures need, made once.
    pub(crate) fn key(&self) -> Result<PathBuf> {
        let file = self.kept("key")?.join("key.json");
        if !file.exists() {
            let mut new = self.mlspec();
            crate::usage::run(new.args(["key", "new", "--output"]).arg(&file))?;
        }
        Ok(file)
    }

    /// The complaints example of this size: `pipeline.yaml` and `data/`, without results of runs.
    pub(crate) fn complaints(&self, customers: u64) -> Result<PathBuf> {
        let folder = self.programs.join("bench").join(format!("complaints-{customers}"));
        let mut example = self.mlspec();
        example.args(["example", "complaints"]).arg(&folder).args(["--customers", &customers.to_string()]);
        crate::usage::run(&mut example)?;
        Ok(folder)
    }

    /// The example's pipeline without the steps that look at columns only, which the peers do not do, as text.
    pub(crate) fn pipeline(&self, folder: &Path) -> Result<String> {
        let text = std::fs::read_to_string(folder.join("pipeline.yaml"))?;
        let mut kept = String::new();
        let mut rest = text.split_inclusive('\n').peekable();
        while let Some(line) = rest.next() {
            let step = |line: &str| line.strip_prefix("  ").is_some_and(|line| !line.starts_with([' ', '#', '\n']));
            let left_out =
                rest.peek().is_some_and(|next| ["analyze@1", "monitor@1"].iter().any(|stage| next.contains(stage)));
            match step(line) && left_out {
                true => while rest.next_if(|next| !step(next)).is_some() {},
                false => kept.push_str(line),
            }
        }
        Ok(kept)
    }
}
