//! A run that is killed, or whose store is damaged, and the next one.

use crate::binary::Folder;
use crate::small::small;
use std::time::Duration;

#[test]
fn a_killed_run_is_completed_by_the_next() {
    let folder = Folder::new();
    folder.run(&["example", "complaints", "demo", "--customers", "100"]).expect(0);
    let undisturbed = ["run", "demo/pipeline.yaml", "--store", "undisturbed"];
    folder.run(&undisturbed).expect(0);
    let mut killed = 0;
    for attempt in 1..=12_u64 {
        let mut child = folder.command(&["run", "demo/pipeline.yaml", "--store", "killed"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(attempt * 120));
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(killed > 0, "every attempt was done before it could be killed");
    folder.run(&["run", "demo/pipeline.yaml", "--store", "killed"]).expect(0);
    folder.run(&["validate", "killed/records"]).expect(0);
    assert_eq!(live(&folder, "undisturbed"), live(&folder, "killed"));
    assert_eq!(folder.leftovers("killed"), 0);
}

/// The content digests of the live run's steps.
fn live(folder: &Folder, store: &str) -> Vec<String> {
    let text = folder.read(&format!("{store}/live/complaints.json"));
    let mut contents: Vec<_> =
        text.match_indices("\"content\":\"").map(|(at, _)| text[at..at + 90].to_owned()).collect();
    contents.sort();
    assert!(!contents.is_empty(), "{text}");
    contents
}

#[test]
fn an_artifact_changed_on_disk_is_noticed_and_made_anew() {
    let folder = small();
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    for entry in walkdir::WalkDir::new(folder.path().join(".mlspec/objects")).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let mut bytes = std::fs::read(entry.path()).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(entry.path(), bytes).unwrap();
        }
    }
    let told = folder.run(&["trace", "prepared.rows:3"]).expect(4).text();
    assert!(told.contains("changed on disk"), "{told}");
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let folder = small();
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    folder.write(".mlspec/store.json", r#"{"format": 99}"#);
    let told = folder.run(&["run", "pipeline.yaml"]).expect(2).text();
    assert!(told.contains("99"), "{told}");
    assert_eq!(folder.read(".mlspec/store.json"), r#"{"format": 99}"#);
}
