//! What every source file keeps to.

use crate::workspace::{root, sources};
use std::path::Path;

/// No file may be longer; one that comes near holds more than one idea.
const CAP: usize = 600;

fn check(rule: &str, extension: &str, broken: impl Fn(&Path, &str) -> bool) {
    let wrong: Vec<_> = sources(extension)
        .into_iter()
        .filter(|path| broken(path, &std::fs::read_to_string(path).unwrap()))
        .map(|path| path.strip_prefix(root()).unwrap().display().to_string())
        .collect();
    assert!(wrong.is_empty(), "{rule}: {wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    check("begins with `//!` or the README", "rs", |_, text| {
        !text.starts_with("//!") && !text.starts_with("#![doc = include_str!(\"../README.md\")]")
    });
}

#[test]
fn no_file_is_longer_than_the_cap() {
    check("at most 600 lines", "rs", |_, text| text.lines().count() > CAP);
}

#[test]
fn nothing_is_left_unfinished() {
    let this = Path::new(file!()).file_name();
    let marks = ["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX", "#[should_panic"];
    check("no unfinished code", "rs", |path, text| {
        path.file_name() != this && marks.iter().any(|mark| text.contains(mark))
    });
}

#[test]
fn no_test_is_switched_off() {
    let this = Path::new(file!()).file_name();
    check("no ignored test", "rs", |path, text| path.file_name() != this && text.contains("#[ignore"));
}

#[test]
fn the_map_names_every_crate() {
    let map = std::fs::read_to_string(root().join("spec/architecture.md")).unwrap();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(map.contains(&name), "spec/architecture.md does not name `{name}`");
        assert!(readme.contains(&name), "README.md does not name `{name}`");
    }
}
