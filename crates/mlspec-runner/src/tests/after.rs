//! Looking at runs afterwards.

use super::{SUM, World, name, registry};
use crate::{Dag, RunnerError, Shown, find_run, reproduce, show, status};
use mlspec_record::{ExitCode, Failure};

#[test]
fn runs_and_records_are_found_by_what_people_type() {
    let world = World::new();
    let first = world.run(SUM).run;
    let second = world.run(SUM);
    let store = &world.store;
    let record = second.steps[3].record.clone().unwrap();
    let content = second.steps[3].content.unwrap().to_string();
    let check = |what: &str, expect: &str| {
        let found = match show(store, what) {
            Ok(Shown::Run(status)) => format!("run {}", status.run.id),
            Ok(Shown::Record(shown)) => format!("record {}", shown.record.id()),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expect, "{what}");
    };
    check("sum", &format!("run {}", second.run.id));
    check(first.id.as_str(), &format!("run {}", first.id));
    check(&first.id.as_str()[..9], "there is no single run `018bcfe5-`");
    check("sum/six", &format!("record {record}"));
    check("sum/sicks", "there is no record of a step `sicks`");
    check(record.as_str(), &format!("record {record}"));
    check(&content, &format!("record {record}"));
    check("nothing", "there is no run `nothing`");
    assert_eq!(find_run(store, "sum").unwrap().id, second.run.id);

    std::fs::remove_file(store.root().join("index.sqlite")).unwrap();
    check(record.as_str(), &format!("record {record}"));
    std::fs::write(store.root().join("index.sqlite"), "no database").unwrap();
    check(record.as_str(), &format!("record {record}"));
    let table = second.steps[3].outputs[0].artifact.digest;
    let uses = store.index().unwrap().uses(&table).unwrap();
    assert_eq!(uses.iter().filter(|found| found.written).count(), 2, "both runs wrote it: {uses:?}");
}

#[test]
fn status_wants_a_run() {
    let world = World::new();
    assert!(status(&world.store, None).unwrap().is_empty());
    assert!(matches!(status(&world.store, Some(&name("sum"))), Err(RunnerError::Unknown { .. })));
}

#[test]
fn a_dag_as_text_mermaid_dot_and_json() {
    let world = World::new();
    let text = "pipeline: p\nversion: 1.0.0\nsteps:\n  one: { uses: constant@1 }\n  \
                sum: { uses: add@1, inputs: { a: one.rows, b: one.rows } }\n  end: { uses: constant@1, after: [sum] }\n";
    let checked = world.check(text).unwrap();
    let dag = Dag::of(&checked);
    assert_eq!(
        dag.text(),
        "p 1.0.0, 3 steps\nlevel  step  stage       reads\n    0  one   constant@1\n    \
         1  sum   add@1       a from one.rows, b from one.rows\n    2  end   constant@1  after sum\n"
    );
    assert!(dag.mermaid().contains("s0 -->|rows| s1\n"), "{}", dag.mermaid());
    assert!(dag.mermaid().contains("s1 -.-> s2\n"), "{}", dag.mermaid());
    assert!(dag.dot().contains("\"one\" -> \"sum\" [label=\"rows → a\"];"), "{}", dag.dot());
    let json: serde_json::Value = serde_json::from_str(&dag.json().unwrap()).unwrap();
    assert_eq!(json["steps"][2]["level"], 2);
    let run = world.run_watched(&checked, &crate::Silent).run;
    let ran = dag.with_run(&run.body);
    assert!(ran.text().contains("    0  one   constant@1  completed\n"), "{}", ran.text());
    assert!(ran.mermaid().contains("class s0,s1,s2 completed"), "{}", ran.mermaid());
}

const FILE: &str = "
pipeline: file
version: 1.0.0
datastores: { data: { type: folder, path: data } }
steps:
  file: { uses: file@1, settings: { path: n.txt } }
  end: { uses: slow@1, inputs: { rows: file.rows } }
";

#[test]
fn a_run_is_reproduced_or_the_first_difference_is_named() {
    let world = World::new();
    world.write("data/n.txt", "20");
    world.run(FILE);
    let run = world.run(FILE).run;
    let again = || reproduce(&world.store, &run, &registry(), &world.around(), None, &crate::Silent).unwrap();
    let same = again();
    assert_eq!((same.exit_code, same.first_difference()), (ExitCode::Done, None));
    assert_eq!(same.report.run.body.parent_run_id, Some(run.id.clone()));
    assert!(same.report.steps.iter().all(|step| !step.cached), "the store was fresh");
    world.write("data/n.txt", "21");
    let other = again();
    let difference = other.first_difference().unwrap();
    assert_eq!((other.exit_code, difference.step.as_str()), (ExitCode::Refused, "file"));
    assert_eq!(difference.differs, ["outputs"]);
    let left: Vec<_> =
        std::fs::read_dir(world.store.root().join("tmp")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["_lock"], "the fresh store is gone");
    assert_eq!(world.store.runs().unwrap().len(), 2, "and the other one as it was");

    std::fs::remove_file(world.folder.path().join("data/n.txt")).unwrap();
    let gone = reproduce(&world.store, &run, &registry(), &world.around(), None, &crate::Silent).unwrap_err();
    assert_eq!(gone.exit_code(), ExitCode::Usage);
}
