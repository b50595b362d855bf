//! Changes of a tiny pipeline: what becomes of them, and what does not when something goes wrong at any point.

use super::*;
use mlspec_ingest::Edition;
use mlspec_record::body::Transformation;
use mlspec_record::{ArtifactKind, Failure as _, Kind, Producer, StageId, Timestamp};
use mlspec_runner::{CheckOptions, LoadOptions, Pipeline, Resources, RunOptions, Silent};
use mlspec_stage::{Context, Host, Port, Ports, Schemas, Stage, StageEntry, StageError, parse_settings};
use mlspec_trace::Pick;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

const PIPELINE: &str = "
pipeline: tiny
version: 1.0.0
datastores: {data: {type: folder, path: data}}
steps:
  people: {uses: ingest@1, settings: {dataset: people, datastore: data, path: people.csv, key: [id]}}
  pets: {uses: ingest@1, settings: {dataset: pets, datastore: data, path: pets.csv}}
  kept: {uses: keep@1, inputs: {rows: people.rows}, settings: {least: 3}}
";

/// Passes its rows on, if there are enough.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Keep {
    least: u64,
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

impl Stage for Keep {
    fn id(&self) -> StageId {
        StageId::new("keep@1").unwrap()
    }

    fn kind(&self) -> Kind {
        Kind::Transformation
    }

    fn producer(&self) -> Producer {
        Producer { name: "keep".to_owned(), version: "1.0.0".to_owned() }
    }

    fn settings(&self) -> Map<String, Value> {
        Map::from_iter([("least".to_owned(), self.least.into())])
    }

    fn ports(&self) -> Ports {
        let port = || vec![Port::new(name("rows"), ArtifactKind::Table)];
        Ports { inputs: port(), outputs: port() }
    }

    fn plan(&self, inputs: &Schemas) -> Result<Schemas, StageError> {
        Ok(inputs.clone())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let rows = cx.input("rows", ArtifactKind::Table)?.artifact.clone();
        if rows.rows.unwrap_or_default() < self.least {
            cx.refuse("too few rows".to_owned());
        }
        cx.body(&Transformation::default())?;
        cx.output(name("rows"), rows)
    }
}

fn registry() -> Registry {
    let build = |_: &Name, settings, _: &mlspec_stage::Site| -> Result<Box<dyn Stage>, StageError> {
        Ok(Box::new(parse_settings::<Keep>(settings)?))
    };
    let keep = StageEntry { id: StageId::new("keep@1").unwrap(), build, settings: || schemars::schema_for!(Keep) };
    Registry::new([mlspec_ingest::entry(), keep])
}

#[derive(Debug, Default)]
struct Clock(AtomicI64);

impl Host for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }

    fn seconds(&self) -> f64 {
        0.0
    }

    fn progress(&self, _: u64, _: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn random() -> [u8; 10] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

struct World {
    folder: tempfile::TempDir,
    clock: Clock,
}

impl World {
    /// Six people with pets, whose pipeline has run.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { folder, clock: Clock::default() };
        world.write("data/people.csv", "id,age\n1,10\n2,20\n3,30\n4,40\n5,50\n6,60\n");
        world.write("data/pets.csv", "pet\ncat\ndog\ncat\n");
        world.write("pipeline.yaml", PIPELINE);
        world.run().unwrap();
        world
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn store(&self) -> Store {
        Store::open(self.folder.path().join("store")).unwrap()
    }

    fn secret() -> Option<Secret> {
        Some(Secret::new(b"secret of the tests".to_vec()))
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings {
            variables: Default::default(),
            host: &self.clock,
            random: &random,
            resources: &Resources::default,
            actor: None,
            code: None,
            environment: Default::default(),
            engine: "none".to_owned(),
            threads: 1,
        }
    }

    fn run(&self) -> Result<RunReport, MaintainError> {
        let pipeline = Pipeline::load(&self.folder.path().join("pipeline.yaml"), &LoadOptions::default())?;
        let options = CheckOptions { secret: Self::secret(), ..CheckOptions::default() };
        let checked = pipeline.check(&registry(), &self.store(), &options)?;
        Ok(checked.run(&self.store(), &self.around(), &RunOptions::default(), &Silent)?)
    }

    fn with<T>(&self, store: &Store, act: impl FnOnce(&Maintainer<'_>) -> T) -> T {
        let (registry, around) = (registry(), self.around());
        let prove = |_: &Store, erasure: &Erasure| Ok(serde_json::json!({"rows": erasure.sources[0].rows.len()}));
        act(&Maintainer {
            store,
            registry: &registry,
            around: &around,
            observer: &Silent,
            secret: Self::secret(),
            prove: Some(&prove),
            busy: &|| {},
        })
    }

    fn change(&self, change: ChangeKind, edits: &[(&str, Edit)], dry: bool) -> Result<Changed, MaintainError> {
        self.change_in(&self.store(), change, edits, dry)
    }

    fn change_in(
        &self,
        store: &Store,
        change: ChangeKind,
        edits: &[(&str, Edit)],
        dry: bool,
    ) -> Result<Changed, MaintainError> {
        let edits = edits.iter().map(|(source, edit)| ((*source).to_owned(), edit.clone())).collect();
        let request = Request { of: Select::Named("tiny".to_owned()), change, edits, dry };
        self.with(store, |maintainer| maintainer.change(&request))
    }

    /// The ids of live rows of the last step, the newest version's number, whether it is live, and how many rows are on the list.
    fn state(&self) -> (u64, u64, bool, usize) {
        let store = self.store();
        let live = store.live(&name("tiny")).unwrap().unwrap();
        let kept = &live.steps[&name("kept")].outputs[0].artifact;
        let dataset = store.dataset(&name("people")).unwrap().unwrap().body;
        let list = store.suppressed::<Value>(&name("people")).unwrap();
        let listed = list.and_then(|(list, _)| list.pointer("/by/0/rows").and_then(Value::as_array).map(Vec::len));
        (kept.rows.unwrap(), dataset.version, dataset.table.digest == kept.digest, listed.unwrap_or(0))
    }
}

fn key(keys: &[&str]) -> Edit {
    Edit::Remove(Pick::Key(keys.iter().map(|key| (*key).to_owned()).collect()))
}

fn sql(condition: &str) -> Edit {
    Edit::Remove(Pick::Where(condition.to_owned()))
}

#[test]
fn rows_are_erased_corrected_appended_and_replaced() {
    let world = World::new();
    assert_eq!(world.state(), (6, 1, true, 0));
    let forgotten = world.change(ChangeKind::Forget, &[("people", key(&["2", "5"]))], false).unwrap();
    assert_eq!((forgotten.live, forgotten.sources[0].removed), (true, 2));
    assert_eq!(forgotten.proof, Some(serde_json::json!({"rows": 2})));
    assert_eq!(world.state(), (4, 2, true, 2));
    let hows: Vec<_> = forgotten.report.steps.iter().map(|step| (step.step.as_str(), step.how)).collect();
    assert_eq!(
        hows,
        [("people", report::How::Revised), ("pets", report::How::TakenOver), ("kept", report::How::Rerun)]
    );

    // The files still have the rows; the next run has not.
    let run = world.run().unwrap();
    assert!(run.live);
    assert_eq!(world.state(), (4, 2, true, 2));

    world.write("fix.csv", "id,age\n1,11\n");
    world.write("new.csv", "id,age\n7,70\n2,20\n");
    world.write("all.csv", "id,age\n1,11\n3,33\n8,80\n");
    let path = |file: &str| world.folder.path().join(file);
    let corrected = world.change(ChangeKind::Correct, &[("people", Edit::Correct(path("fix.csv")))], false).unwrap();
    assert_eq!(corrected.sources[0].changed, 1);
    let appended = world.change(ChangeKind::Append, &[("people", Edit::Append(path("new.csv")))], false).unwrap();
    assert_eq!((appended.sources[0].added, appended.left_out), (1, 1), "an erased row does not come back");
    let replaced = world.change(ChangeKind::Update, &[("people", Edit::Replace(path("all.csv")))], false).unwrap();
    let counts = &replaced.sources[0];
    assert_eq!((counts.removed, counts.added, counts.changed), (3, 1, 1));
    assert_eq!(world.state(), (3, 5, true, 2));
}

#[test]
fn what_is_tried_out_or_concerns_nothing_leaves_everything_as_it_is() {
    let world = World::new();
    let before = (world.state(), world.store().runs().unwrap());
    let tried =
        world.change(ChangeKind::Forget, &[("people", key(&["1"])), ("pets", sql("pet = 'cat'"))], true).unwrap();
    assert_eq!((tried.sources.len(), tried.live, tried.exit_code), (2, false, ExitCode::Done));
    let kept = tried.report.steps.iter().find(|step| step.step.as_str() == "kept").unwrap();
    assert_eq!((kept.outputs[0].before, kept.outputs[0].after), (6, 5));
    let whatif = world.change(ChangeKind::Whatif, &[("people", sql("age > 20"))], false).unwrap();
    assert_eq!(whatif.exit_code, ExitCode::Refused, "the gate says no");
    let nothing = world.change(ChangeKind::Forget, &[("people", sql("age > 200"))], false).unwrap();
    assert!(nothing.run.is_none() && nothing.exit_code == ExitCode::Done);
    let refused = world.change(ChangeKind::Forget, &[("people", sql("age > 20"))], false).unwrap();
    assert_eq!((refused.exit_code, refused.live), (ExitCode::Refused, false));
    let run = refused.run.unwrap().run.id;
    assert_eq!(world.state(), before.0);
    let runs: Vec<_> = world.store().runs().unwrap().into_iter().filter(|id| *id != run).collect();
    assert_eq!(runs, before.1);
    assert_eq!(world.store().pending_pipelines().unwrap(), []);
}

#[test]
fn wrong_requests_are_refused_with_advice() {
    let world = World::new();
    let check = |edits: &[(&str, Edit)], code: ExitCode, message: &str, hint: &str| {
        let error = world.change(ChangeKind::Forget, edits, false).unwrap_err();
        let told = (error.exit_code(), error.to_string(), error.hint().unwrap_or_default());
        assert!(told.0 == code && told.1.contains(message) && told.2.contains(hint), "{told:?}");
    };
    check(&[("peple", key(&["1"]))], ExitCode::Usage, "no dataset `peple`", "did you mean `people`?");
    check(&[("people", sql("agee > 1"))], ExitCode::Usage, "agee", "age");
    check(&[("people", key(&["1", "9"]))], ExitCode::Usage, "1 of 2 keys name no row of `people`", "");
    check(&[("people", Edit::Remove(Pick::Rows(vec![0, 77])))], ExitCode::Usage, "1 of 2 row ids", "");
    check(&[("pets", key(&["cat"]))], ExitCode::Usage, "have no key", "--where");
    world.write("bad.csv", "id,agee\n1,2\n");
    let path = world.folder.path().join("bad.csv");
    check(&[("people", Edit::Correct(path.clone()))], ExitCode::Data, "agee", "");
    check(
        &[("people", Edit::Append(path.clone())), ("people", Edit::Append(path))],
        ExitCode::Usage,
        "several ways",
        "",
    );
    let of = |named: &str| {
        let of = Select::Named(named.to_owned());
        let request =
            Request { of, change: ChangeKind::Forget, edits: vec![("people".to_owned(), key(&["1"]))], dry: true };
        world.with(&world.store(), |maintainer| maintainer.change(&request)).unwrap_err()
    };
    assert_eq!(of("tinny").hint().as_deref(), Some("did you mean `tiny`?"));
    let old = world.store().runs().unwrap().pop().unwrap();
    world.change(ChangeKind::Forget, &[("people", key(&["1"]))], false).unwrap();
    assert!(of(old.as_str()).to_string().contains("is not live"));
    assert_eq!(world.state(), (5, 2, true, 1));
}

/// A copy of a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[test]
fn a_change_that_ends_at_any_point_is_finished_or_taken_back() {
    let before = World::new();
    let edits = [("people", key(&["2", "5"])), ("pets", sql("pet = 'dog'"))];
    // A disk that fails once; a process that is gone.
    for forever in [false, true] {
        let (mut finished, mut taken_back) = (0, 0);
        for at in 0.. {
            let world = World { folder: tempfile::tempdir().unwrap(), clock: Clock(AtomicI64::new(1_000_000)) };
            copy(before.folder.path(), world.folder.path());
            let writes = Arc::new(AtomicUsize::new(0));
            let count = writes.clone();
            let store = Store::open_watched(world.folder.path().join("store"), move |_| {
                let write = count.fetch_add(1, Ordering::Relaxed);
                let fails = if forever { write >= at } else { write == at };
                if fails { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
            });
            let changed = world.change_in(&store.unwrap(), ChangeKind::Forget, &edits, false);
            if writes.load(Ordering::Relaxed) <= at {
                assert!(changed.unwrap().live);
                assert_eq!(world.state(), (4, 2, true, 2));
                break;
            }
            let settled = world.with(&world.store(), |maintainer| maintainer.settle(&name("tiny"))).unwrap();
            match world.state() {
                (6, 1, true, 0) => taken_back += 1,
                (4, 2, true, 2) => finished += 1,
                mixed => panic!("old and new mixed after write {at}: {mixed:?} {settled:?} {:?}", changed.err()),
            }
            assert_eq!(world.store().pending_pipelines().unwrap(), []);
            assert_eq!(world.store().dataset(&name("pets")).unwrap().unwrap().body.version, world.state().1);
            // And it can be made, or made again, after all.
            if world.state().0 == 6 {
                assert!(world.change(ChangeKind::Forget, &edits, false).unwrap().live, "{at}");
            }
            assert_eq!(world.state(), (4, 2, true, 2));
        }
        assert!(finished >= 4 && taken_back >= 8, "{finished} finished, {taken_back} taken back");
    }
}

#[test]
fn an_older_version_that_is_live_is_what_is_changed() {
    let world = World::new();
    // A version that the gate refuses: published, not live.
    world.write("data/people.csv", "id,age\n1,10\n2,20\n");
    assert_eq!(world.run().unwrap().exit_code, ExitCode::Refused);
    assert_eq!(world.state(), (6, 2, false, 0));
    world.change(ChangeKind::Forget, &[("people", key(&["6"]))], false).unwrap();
    assert_eq!(world.state(), (5, 3, true, 1));
    let secret = World::secret().unwrap();
    assert_eq!(Edition::open(&world.store(), &name("people"), Some(secret.bytes())).unwrap().version().version, 3);
}
