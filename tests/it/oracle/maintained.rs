//! The same cases from files to a live pipeline: rows are erased, corrected and appended as a user does it, first as a dry run.

use super::changes::Change;
use super::compare::{Apart, compare};
use super::runs::{around, file, left, registry};
use super::sources::{Source, Which};
use super::world::World;
use mlspec_maintain::change::{Changed, Edit, Maintainer, Request, Select};
use mlspec_record::object::ChangeKind;
use mlspec_record::{ExitCode, Name};
use mlspec_runner::{CheckOptions, Given, Pipeline, RunOptions, RunReport, Secret, Silent};
use mlspec_table::polars::prelude::*;
use mlspec_table::{ROW, Table};
use mlspec_testkit::{Bench, FixedHost};
use mlspec_trace::Pick;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};

/// A pipeline that is live, and what its sources hold.
pub(super) struct Maintained<'a> {
    world: &'a World,
    sources: Vec<Source>,
    files: usize,
}

fn name(text: &str) -> Name {
    Bench::name(text)
}

/// A cell as text files have it; they don't tell an empty text from null.
fn cell(frame: &DataFrame, column: &str, at: usize) -> String {
    match frame.column(column).unwrap().get(at).unwrap() {
        AnyValue::Null => String::new(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// Columns of a source as text; of some rows, or of all.
fn csv(source: &Source, columns: &[String], rows: Option<&BTreeSet<u64>>) -> String {
    let frame = source.frame();
    let ids = frame.column(ROW).unwrap().u64().unwrap().clone();
    let mut text = columns.join(",") + "\n";
    for at in 0..frame.height() {
        if rows.is_some_and(|rows| !rows.contains(&ids.get(at).unwrap())) {
            continue;
        }
        let cell = |column: &String| cell(&frame, column, at);
        text += &(columns.iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

fn columns(source: &Source) -> Vec<String> {
    source.frame().get_column_names().into_iter().skip(1).map(ToString::to_string).collect()
}

impl<'a> Maintained<'a> {
    /// Files, read and run; nothing where the pipeline does not become live.
    pub(super) fn begin(world: &'a World, sources: &[Source]) -> Option<Self> {
        let begun = Self { world, sources: sources.to_vec(), files: 0 };
        for source in sources {
            let path = world.bench.folder().join("data").join(format!("{}.csv", source.which.name()));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, csv(source, &columns(source), None)).unwrap();
        }
        let run = begun.run(BTreeMap::new());
        (run.exit_code == ExitCode::Done && run.live).then_some(begun)
    }

    fn run(&self, given: BTreeMap<Name, Given>) -> RunReport {
        let store = self.world.bench.store();
        let mut file = file(self.world);
        for source in &self.sources {
            let step = file.steps.get_mut(&name(source.which.name())).unwrap();
            let table = Table::new(source.frame()).unwrap();
            step.settings.insert("columns".to_owned(), json!(table.schema()));
            step.settings.insert("chunk_rows".to_owned(), json!(self.world.chunk_rows));
            if source.which == Which::People {
                step.settings.insert("key".to_owned(), json!(["id"]));
            }
        }
        let pipeline = Pipeline::of(file, self.world.bench.folder().to_owned(), Map::new()).unwrap();
        let schemas = given.iter().map(|(name, given)| (name.clone(), given.schemas(store).unwrap())).collect();
        let options = CheckOptions { given: schemas, ..CheckOptions::default() };
        let checked = pipeline.check(&registry(), store, &options).unwrap();
        let options = RunOptions { fresh: !given.is_empty(), hold: !given.is_empty(), given, ..RunOptions::default() };
        checked.run(store, &around(&FixedHost::default()), &options, &Silent).unwrap()
    }

    fn write(&mut self, text: &str) -> std::path::PathBuf {
        self.files += 1;
        let path = self.world.bench.folder().join(format!("change-{}.csv", self.files));
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The changes as a user would ask for them, and the sources after them.
    fn edits(&mut self, changes: &[Change]) -> (Vec<(String, Edit)>, Vec<Source>) {
        let (mut edits, mut after) = (Vec::new(), self.sources.clone());
        for change in changes {
            let before = after.clone();
            change.make(&mut after, &mut |_| BTreeSet::new());
            for (was, is) in before.iter().zip(&after) {
                let source = was.which.name().to_owned();
                let gone: Vec<u64> = was.rows.keys().filter(|id| !is.rows.contains_key(id)).copied().collect();
                let new: BTreeSet<u64> = is.rows.keys().filter(|id| !was.rows.contains_key(id)).copied().collect();
                let other: BTreeSet<u64> = was
                    .rows
                    .iter()
                    .filter(|(id, row)| is.rows.get(id).is_some_and(|now| now != *row))
                    .map(|(id, _)| *id)
                    .collect();
                if !gone.is_empty() && was.which == Which::People && gone.len().is_multiple_of(2) {
                    edits.push((
                        source.clone(),
                        Edit::Remove(Pick::Key(gone.iter().map(ToString::to_string).collect())),
                    ));
                } else if !gone.is_empty() {
                    edits.push((source.clone(), Edit::Remove(Pick::Rows(gone))));
                }
                if !new.is_empty() {
                    let path = self.write(&csv(is, &columns(is), Some(&new)));
                    edits.push((source.clone(), Edit::Append(path)));
                }
                if !other.is_empty() {
                    let named: Vec<String> = std::iter::once(ROW.to_owned())
                        .chain(columns(is).into_iter().filter(|column| column != "id"))
                        .collect();
                    let path = self.write(&csv(is, &named, Some(&other)));
                    edits.push((source, Edit::Correct(path)));
                }
            }
        }
        (edits, after)
    }

    fn change(&self, request: &Request) -> Result<Changed, String> {
        let host = FixedHost::default();
        let maintainer = Maintainer {
            store: self.world.bench.store(),
            registry: &registry(),
            around: &around(&host),
            observer: &Silent,
            secret: Some(Secret::new(vec![7; 32])),
            prove: None,
            busy: &|| {},
        };
        maintainer.change(request).map_err(|error| format!("the change fails: {error}"))
    }

    /// Makes the change, dry and then for good; says whether it became live.
    pub(super) fn update(&mut self, changes: &[Change], apart: &mut Apart) -> Result<bool, String> {
        let store = self.world.bench.store();
        let live = || store.live(&name("random")).unwrap().map(|live| live.run);
        let (edits, after) = self.edits(changes);
        if edits.is_empty() {
            return Ok(false);
        }
        let erases = edits.iter().all(|(_, edit)| matches!(edit, Edit::Remove(_)));
        let change = if erases { ChangeKind::Forget } else { ChangeKind::Update };
        let request = Request { of: Select::Named("random".to_owned()), change, edits, dry: false };
        let before = live();
        let dry = self.change(&Request { dry: true, ..request.clone() })?;
        if live() != before {
            return Err("a dry run changes what is live".to_owned());
        }
        let changed = self.change(&request)?;
        let outputs = |changed: &Changed| {
            let steps = changed.run.iter().flat_map(|run| &run.steps);
            steps.map(|step| (step.step.clone(), step.state, step.outputs.clone())).collect::<Vec<_>>()
        };
        if outputs(&dry) != outputs(&changed) {
            return Err("the dry run comes to something else than the change".to_owned());
        }
        let Some(run) = &changed.run else {
            // Other cells may stand for the same values.
            let same = self.sources.iter().zip(&after).all(|(was, is)| was.frame().equals_missing(&is.frame()));
            return if same { Ok(false) } else { Err("rows differ, and nothing was done".to_owned()) };
        };
        self.compare(run, &after, apart)?;
        if !changed.live {
            return if live() == before { Ok(false) } else { Err("something is live that should not be".to_owned()) };
        }
        self.sources = after;
        Ok(true)
    }

    /// A run from the new dataset versions leaves the same; and these hold what they should.
    fn compare(&self, run: &RunReport, after: &[Source], apart: &mut Apart) -> Result<(), String> {
        let store = self.world.bench.store();
        let mut given = BTreeMap::new();
        for source in after {
            let step = name(source.which.name());
            let envelope = store.record(&run.run.id, &step).unwrap().envelope().unwrap();
            let found = self.world.bench.table(&envelope.outputs[0].artifact);
            let plain = |table: &DataFrame| -> Vec<Vec<String>> {
                let names = table.get_column_names();
                let row = |at: usize| names.iter().map(|name| cell(table, name, at)).collect();
                (0..table.height()).map(row).collect()
            };
            let expected = Table::new(source.frame()).unwrap();
            if plain(found.frame()) != plain(expected.frame()) {
                return Err(format!("`{step}` is {}, not {}", found.frame(), expected.frame()));
            }
            let reason = "it is what the change left".to_owned();
            given.insert(step, Given { outputs: envelope.outputs, body: envelope.body, reason, ..Given::default() });
        }
        let anew = self.run(given);
        compare(self.world, &left(self.world, run), &left(self.world, &anew), apart)?;
        if run.exit_code != anew.exit_code {
            return Err(format!("the update ends with {:?}, a full run with {:?}", run.exit_code, anew.exit_code));
        }
        Ok(())
    }
}
