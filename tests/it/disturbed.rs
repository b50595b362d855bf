//! Changes of a live pipeline that are killed, meet a full disk, meet each other, or are stopped by a gate.

use crate::binary::Folder;
use crate::small::small;
use mlspec_record::{Digest, Name};
use mlspec_store::Store;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

const STORE: &str = ".mlspec";

/// A folder with a live pipeline and a key.
fn deployed() -> Folder {
    let folder = small();
    folder.run(&["key", "new", "--output", "key.json"]).expect(0);
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    folder
}

fn forget<'a>(keys: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["forget", "pipeline.yaml", "--source", "people", "--key-file", "key.json"];
    for key in keys {
        arguments.extend(["--key", key]);
    }
    arguments
}

/// The digest of every table, matrix and state that is live, by step and port; models are left out, which an update may leave
/// within a tolerance.
fn live(folder: &Folder) -> BTreeMap<String, Digest> {
    let store = Store::open(folder.path().join(STORE)).unwrap();
    let live = store.live(&Name::new("small").unwrap()).unwrap().unwrap();
    let outputs = live.steps.iter().flat_map(|(step, outcome)| {
        outcome.outputs.iter().map(move |output| (format!("{step}.{}", output.port), output.artifact.digest))
    });
    outputs.filter(|(port, _)| !port.starts_with("model.") && !port.starts_with("tested.")).collect()
}

/// What is live after the change, undisturbed.
fn undisturbed(keys: &[&str]) -> BTreeMap<String, Digest> {
    let folder = deployed();
    folder.run(&forget(keys)).expect(0);
    live(&folder)
}

/// Asks for the change again, whatever became of it before; it is either made now or was made already.
#[track_caller]
fn once_more(folder: &Folder, keys: &[&str]) {
    let told = folder.run(&forget(keys));
    let was_made = told.code == Some(2) && told.text().contains("no row");
    assert!(told.code == Some(0) || was_made, "{told:?}");
}

#[test]
fn a_killed_change_leaves_the_old_version_or_the_new_one() {
    let expected = undisturbed(&["7", "21"]);
    let (mut killed, mut old, mut new) = (0, 0, 0);
    let base = deployed();
    let before = live(&base);
    for attempt in 1..=14_u64 {
        let folder = base.copy();
        let mut child =
            folder.command(&forget(&["7", "21"])).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(attempt * attempt * 12));
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever looks now sees one version, whole.
        let seen = live(&folder);
        assert!(seen == before || seen == expected, "attempt {attempt}: old and new are mixed");
        folder.run(&["status", "small"]).expect(0);
        folder.run(&["validate", ".mlspec/records"]).expect(0);
        old += usize::from(seen == before);
        new += usize::from(seen == expected);
        once_more(&folder, &["7", "21"]);
        assert_eq!(live(&folder), expected, "attempt {attempt}");
        assert_eq!(folder.leftovers(STORE), 0, "attempt {attempt}");
    }
    assert!(killed > 0, "every attempt was done before it could be killed ({old} old, {new} new)");
}

#[test]
fn two_changes_at_the_same_time_are_made_one_after_the_other_or_refused() {
    let expected = undisturbed(&["3", "4"]);
    let folder = deployed();
    let start =
        |key: &str| folder.command(&forget(&[key])).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ended = ["3", "4"].map(start).map(|child| child.wait_with_output().unwrap());
    for (key, output) in ["3", "4"].into_iter().zip(&ended) {
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 4)), "{key}: {told}");
    }
    assert!(ended.iter().any(|output| output.status.success()), "one of them is made");
    once_more(&folder, &["3"]);
    once_more(&folder, &["4"]);
    assert_eq!(live(&folder), expected);
}

#[cfg(unix)]
#[test]
fn where_the_disk_is_full_a_change_stops_and_the_old_version_stays() {
    let expected = undisturbed(&["7"]);
    let base = deployed();
    let before = live(&base);
    let mut refused = 0;
    for blocks in [1, 2, 3, 4, 6, 8, 12, 16] {
        let folder = base.copy();
        let told = folder.run_limited(&forget(&["7"]), blocks);
        if told.code != Some(0) {
            refused += 1;
            assert_eq!(told.code, Some(4), "{blocks} blocks: {told:?}");
            assert_eq!(live(&folder), before, "{blocks} blocks");
        }
        once_more(&folder, &["7"]);
        assert_eq!(live(&folder), expected, "{blocks} blocks");
    }
    assert!(refused > 3, "only {refused} changes had too little room");
}

#[test]
fn a_change_that_a_gate_or_a_fit_refuses_changes_nothing() {
    let folder = deployed();
    let before = live(&folder);
    folder.write("null.csv", "id,age\n7,\n").write("id.csv", "id,id\n7,8\n").write("twice.csv", "id,age\n7,30\n7,31\n");
    folder.write("again.csv", "id,age,income,city\n7,30,1.5,Ulm\n");
    let on = |command: &'static str, rest: &[&'static str]| {
        [&[command, "pipeline.yaml", "--source", "people", "--key-file", "key.json"][..], rest].concat()
    };
    for (arguments, code, says) in [
        (on("correct", &["--changes", "null.csv"]), 1, "not_null"),
        (on("correct", &["--changes", "id.csv"]), 3, "id"),
        (on("correct", &["--changes", "twice.csv"]), 3, "twice"),
        (on("append", &["--data", "again.csv"]), 3, "key"),
        (on("forget", &["--where", "age >= 40"]), 3, "class"),
        (on("forget", &["--where", "age > 0"]), 3, ""),
        (on("forget", &["--key", "1000"]), 2, "no row"),
    ] {
        let told = folder.run(&arguments);
        assert_eq!(told.code, Some(code), "{arguments:?}: {told:?}");
        assert!(told.text().contains(says), "{arguments:?}: {told:?}");
        assert_eq!(live(&folder), before, "{arguments:?}");
    }
}
