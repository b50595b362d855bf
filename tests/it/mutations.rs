//! The list of faults that `tests/mutate` makes fits the code.

use crate::workspace::root;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutation: Vec<Mutation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    name: String,
    file: String,
    from: String,
    to: String,
    why: String,
}

#[test]
fn every_fault_can_be_made() {
    let list = std::fs::read_to_string(root().join("tests/mutations.toml")).unwrap();
    let List { mutation: list } = toml::from_str(&list).unwrap();
    let mut wrong = Vec::new();
    for Mutation { name, file, from, to, why } in &list {
        let code = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        if code.matches(from.as_str()).count() != 1 {
            wrong.push(format!("{name}: `{from}` stands {} times in {file}", code.matches(from.as_str()).count()));
        }
        if from == to || why.is_empty() {
            wrong.push(format!("{name}: changes nothing, or does not say why it is wrong"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let names: BTreeSet<&str> = list.iter().map(|mutation| mutation.name.as_str()).collect();
    assert_eq!(names.len(), list.len(), "two faults have one name");
    assert!(list.len() >= 10);
}
