//! A split that goes on from the one before leaves what a split of everything leaves.

use crate::entry;
use mlspec_record::{
    ArtifactRef, ColumnLineage, DataType, Lineage, LineageNode, LineageParent, RowLineage, body::Splitting,
};
use mlspec_stage::Outcome;
use mlspec_table::Table;
use mlspec_table::polars::df;
use mlspec_testkit::Bench;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Meetings of two people, or of one alone, with a note and a length; and a number that all ids depend on.
#[derive(Clone, Debug, Default)]
struct World {
    people: BTreeSet<u64>,
    meetings: BTreeMap<(u64, Option<u64>), (Option<i64>, String)>,
    salt: u64,
}

#[derive(Clone, Debug)]
enum Edit {
    /// This person is erased, and all meetings with them.
    Forget(u64),
    /// These people meet, whether they are known or not; or their meeting is another.
    Meet(u64, Option<u64>, Option<i64>),
    /// This meeting never took place.
    Cancel(u64, Option<u64>),
    /// All meetings were others.
    Clear,
    /// The same rows come from other people.
    Swap,
}

impl World {
    fn edit(&mut self, edit: &Edit) {
        match *edit {
            Edit::Forget(person) => {
                self.people.remove(&person);
                self.meetings.retain(|(one, other), _| *one != person && *other != Some(person));
            }
            Edit::Meet(one, other, length) => {
                self.people.extend(other.iter().chain([&one]));
                let note = format!("note {}", length.unwrap_or(one as i64) % 5);
                self.meetings.insert((one, other), (length, note));
            }
            Edit::Cancel(one, other) => drop(self.meetings.remove(&(one, other))),
            Edit::Clear => self.meetings.clear(),
            Edit::Swap => self.salt = 1 - self.salt,
        }
    }

    fn keep(&self, bench: &Bench) -> ArtifactRef {
        let people: Vec<u64> = self.people.iter().copied().collect();
        let names: Vec<String> = people.iter().map(|id| format!("p{id}")).collect();
        let people = bench.source("people", df!("_row" => people, "name" => names).unwrap());
        let keys: Vec<&(u64, Option<u64>)> = self.meetings.keys().collect();
        let id = |(one, other): &(u64, Option<u64>)| (one * 1_000 + other.map_or(0, |other| other + 1)).rotate_left(40);
        let ids: Vec<u64> = keys.iter().map(|key| id(key)).collect();
        let left: Vec<Option<u64>> = keys.iter().map(|key| (self.salt == 0).then_some(key.0).or(key.1)).collect();
        let right: Vec<Option<u64>> = keys.iter().map(|key| if self.salt == 0 { key.1 } else { Some(key.0) }).collect();
        let nodes = Table::new(df!("_row" => &ids, "n0" => left, "n1" => right).unwrap()).unwrap();
        let chunk_rows = if ids.len() < 100 { 16 } else { 8_192 };
        let nodes = nodes.write(bench.store(), &mlspec_table::ChunkOptions::rows(chunk_rows)).unwrap();
        let scan = |name: &str| LineageParent { scan: name.to_owned(), artifact: people.clone() };
        let column = |name: &str, data_type| ColumnLineage { column: name.to_owned(), data_type, sources: Vec::new() };
        let lineage = Lineage {
            parents: vec![scan("people"), scan("people#2")],
            rows: RowLineage::Nodes {
                nodes: vec![LineageNode::Scan { parent: 0 }, LineageNode::Scan { parent: 1 }],
                own: None,
                table: Some(nodes.digest),
                roots: vec![0, 1],
            },
            columns: vec![column("length", DataType::Int64), column("note", DataType::String)],
            indirect: Vec::new(),
            features: Vec::new(),
        };
        let (lengths, notes): (Vec<Option<i64>>, Vec<String>) = self.meetings.values().cloned().unzip();
        bench.keep(&Table::new(df!("_row" => ids, "length" => lengths, "note" => notes).unwrap()).unwrap(), &lineage)
    }
}

fn all_of(outcome: &Outcome) -> Value {
    json!({"outputs": outcome.outputs, "body": outcome.body, "refusal": outcome.refusal, "warnings": outcome.warnings})
}

/// Holds a chain of updates against runs; tells how many of the updates went on from what was there.
fn check(settings: &Value, first: &World, steps: &[Vec<Edit>]) -> usize {
    let bench = Bench::new();
    let stage = bench.build(&entry(), settings).unwrap();
    let mut world = first.clone();
    let mut artifact = world.keep(&bench);
    let Ok(mut outcome) = bench.run(stage.as_ref(), 1, &[("rows", &artifact)]) else { return 0 };
    let mut carried = 0;
    for edits in steps {
        edits.iter().for_each(|edit| world.edit(edit));
        let next = world.keep(&bench);
        let updated = bench.update(stage.as_ref(), 1, (&[("rows", &artifact)], &outcome), &[("rows", &next)]);
        let ran = bench.run(stage.as_ref(), 1, &[("rows", &next)]);
        match (updated, ran) {
            (Ok(updated), Ok(ran)) => {
                assert_eq!(all_of(&updated), all_of(&ran), "{edits:?}");
                carried += usize::from(updated.incremental);
                (artifact, outcome) = (next, updated);
            }
            (Err(updated), Err(ran)) => assert_eq!(updated.to_string(), ran.to_string()),
            (updated, ran) => panic!("{:?} but {:?}", updated.map(|_| ()), ran.map(|_| ())),
        }
    }
    carried
}

fn some_edit() -> impl Strategy<Value = Edit> {
    let person = || 0..30_u64;
    let other = || prop::option::weighted(0.4, 0..30_u64);
    prop_oneof![
        4 => person().prop_map(Edit::Forget),
        6 => (person(), other(), prop::option::weighted(0.8, -9..9_i64)).prop_map(|(a, b, n)| Edit::Meet(a, b, n)),
        3 => (person(), other()).prop_map(|(a, b)| Edit::Cancel(a, b)),
        1 => Just(Edit::Clear),
        1 => Just(Edit::Swap),
    ]
}

fn some_world() -> impl Strategy<Value = World> {
    (prop::collection::vec(some_edit(), 0..60), any::<bool>()).prop_map(|(edits, alone)| {
        let mut world = World { people: (0..30).collect(), ..World::default() };
        for edit in &edits {
            match edit {
                // Where everybody meets alone, no rows hang together.
                Edit::Meet(one, _, length) if alone => world.edit(&Edit::Meet(*one, None, *length)),
                edit => world.edit(edit),
            }
        }
        world
    })
}

fn some_method() -> impl Strategy<Value = Value> {
    let parts = || json!({"a": 0.6, "b": 0.3, "c": 0.1});
    let by = |by: Value| json!({"parts": parts(), "by": by});
    let strata = |columns: Value, by: Value| json!({"parts": parts(), "stratify": columns, "by": by});
    let time = |more: Value| {
        let mut time = json!({"column": "length", "order": ["c", "a", "b"], "nulls": "leave_out"});
        time.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        time
    };
    prop_oneof![
        Just(by(json!("row"))),
        Just(by(json!({"columns": ["note"]}))),
        Just(by(json!({"columns": ["length", "note", "length"]}))),
        Just(by(json!({"source": "people"}))),
        Just(strata(json!(["note"]), json!("row"))),
        Just(strata(json!(["note", "length"]), json!({"source": "people"}))),
        Just(strata(json!(["length"]), json!({"columns": ["note"]}))),
        Just(json!({"folds": 3})),
        Just(json!({"folds": 4, "stratify": ["note"], "by": {"source": "people"}})),
        Just(json!({"parts": parts(), "time": time(json!({"gap": 1}))})),
        Just(json!({"time": time(json!({"cuts": [-3, 4], "gap": 2}))})),
        Just(
            json!({"predefined": {"column": "note", "values": {"a": ["note 1", "note 2"], "b": ["note 3"], "c": ["note 4"]}, "others": "leave_out"}})
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn an_update_leaves_what_a_run_leaves(
        world in some_world(),
        steps in prop::collection::vec(prop::collection::vec(some_edit(), 0..4), 1..5),
        method in some_method(),
        allow_empty in prop::bool::weighted(0.8),
        sample in prop::bool::weighted(0.3),
        gate in prop::option::of(prop_oneof![Just("warning"), Just("error")]),
    ) {
        let mut settings = method;
        settings["allow_empty"] = json!(allow_empty);
        if let Some(severity) = gate {
            settings["leakage"] = json!({"source": "people", "severity": severity});
        }
        if sample && settings.get("folds").is_none() {
            settings["samples"] = json!({"debug": {"of": "a", "rows": 3}});
        }
        check(&settings, &world, &steps);
    }
}

/// So many people, each of whom met alone.
fn alone(people: u64) -> World {
    let mut world = World::default();
    (0..people).for_each(|person| world.edit(&Edit::Meet(person, None, Some(person as i64))));
    world
}

#[test]
fn large_tables_are_carried_over_chunk_by_chunk() {
    for by in [json!("row"), json!({"source": "people"}), json!({"columns": ["length"]})] {
        let settings = json!({"parts": {"a": 0.8, "b": 0.2}, "by": by});
        let steps = [
            vec![Edit::Forget(7), Edit::Forget(8_500)],
            vec![Edit::Meet(50_000, None, Some(-3))],
            vec![Edit::Meet(11, None, None)],
            Vec::new(),
        ];
        assert_eq!(check(&settings, &alone(9_000), &steps), steps.len(), "{by}");
    }
}

#[test]
fn rows_at_the_boundary_of_quotas_move_and_are_listed() {
    for settings in [
        json!({"parts": {"a": 0.5, "b": 0.5}, "stratify": ["note"]}),
        json!({"folds": 4}),
        json!({"parts": {"a": 0.5, "b": 0.5}, "time": {"column": "length", "order": ["a", "b"]}}),
    ] {
        let bench = Bench::new();
        let stage = bench.build(&entry(), &settings).unwrap();
        let (world, mut later) = (alone(200), alone(200));
        (0..9).for_each(|at| later.edit(&Edit::Forget(at * 11)));
        let (before, after) = (world.keep(&bench), later.keep(&bench));
        let outcome = bench.run(stage.as_ref(), 1, &[("rows", &before)]).unwrap();
        let updated = bench.update(stage.as_ref(), 1, (&[("rows", &before)], &outcome), &[("rows", &after)]).unwrap();
        assert!(updated.incremental);
        let part_of = |outcome: &Outcome| -> BTreeMap<u64, String> {
            let cells = outcome.outputs.iter().filter(|output| !output.port.as_str().ends_with("train"));
            cells
                .flat_map(|output| {
                    let name = output.port.to_string();
                    bench.table(&output.artifact).ids().into_iter().map(move |id| (id, name.clone()))
                })
                .collect()
        };
        let (was, is) = (part_of(&outcome), part_of(&updated));
        let moved: Vec<u64> = is.iter().filter(|(id, part)| was.get(id) != Some(part)).map(|(id, _)| *id).collect();
        let listed = bench.table(updated.moved.as_ref().unwrap()).ids();
        assert_eq!(listed, moved, "{settings}");
        assert!(!moved.is_empty() && moved.len() < 40, "{settings}: {} rows", moved.len());
        assert_eq!(updated.measurements["moved_rows"], moved.len() as f64);
    }
}

#[test]
fn rows_that_hung_on_an_erased_link_may_move_and_are_counted() {
    let bench = Bench::new();
    let settings = json!({"parts": {"a": 0.5, "b": 0.5}, "by": {"source": "people"}, "allow_empty": true});
    let stage = bench.build(&entry(), &settings).unwrap();
    // A chain from 0 to 29: all in one part, until somebody in the middle is erased.
    let mut world = World::default();
    (0..29).for_each(|person| world.edit(&Edit::Meet(person, Some(person + 1), None)));
    let before = world.keep(&bench);
    let mut moved = 0.0;
    for gone in 10..20 {
        let mut world = world.clone();
        world.edit(&Edit::Forget(gone));
        let after = world.keep(&bench);
        let outcome = bench.run(stage.as_ref(), 1, &[("rows", &before)]).unwrap();
        let updated = bench.update(stage.as_ref(), 1, (&[("rows", &before)], &outcome), &[("rows", &after)]).unwrap();
        assert!(!updated.incremental);
        let body: Splitting = serde_json::from_value(updated.body).unwrap();
        let parts: Vec<u64> = body.parts.iter().map(|part| part.rows).collect();
        let found = updated.measurements.get("moved_rows").copied().unwrap_or(0.0);
        assert_eq!(found > 0.0, parts.iter().all(|rows| *rows > 0), "{gone}: {parts:?}");
        moved += found;
    }
    assert!(moved > 0.0);
}
