//! `spec/layers.toml` against what the manifests say.

use crate::workspace::{metadata, root};
use cargo_metadata::{DependencyKind, Metadata, PackageId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Layers {
    layer: Vec<Layer>,
    without: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Layer {
    number: u32,
    crates: Vec<String>,
}

fn layers() -> Layers {
    toml::from_str(&std::fs::read_to_string(root().join("spec/layers.toml")).unwrap()).unwrap()
}

fn numbers(layers: &Layers) -> BTreeMap<&str, u32> {
    let pairs = layers.layer.iter().flat_map(|layer| layer.crates.iter().map(|name| (name.as_str(), layer.number)));
    pairs.collect()
}

/// The published crates of the workspace: all but the packages that only hold tests and benchmarks.
fn published(metadata: &Metadata) -> impl Iterator<Item = &cargo_metadata::Package> {
    metadata.workspace_packages().into_iter().filter(|package| package.publish.as_ref().is_none_or(|to| !to.is_empty()))
}

#[test]
fn every_crate_has_a_layer_and_every_layer_only_crates() {
    let metadata = metadata();
    let crates: BTreeSet<_> = published(&metadata).map(|package| package.name.to_string()).collect();
    let layered: BTreeSet<_> = numbers(&layers()).keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(crates, layered);
}

#[test]
fn a_crate_depends_on_lower_layers_only() {
    let (metadata, layers) = (metadata(), layers());
    let numbers = numbers(&layers);
    let mut wrong = Vec::new();
    for package in published(&metadata) {
        let own = numbers[package.name.as_str()];
        for dependency in &package.dependencies {
            let Some(&below) = numbers.get(dependency.name.as_str()) else { continue };
            if below >= own {
                wrong.push(format!("{} ({own}) depends on {} ({below})", package.name, dependency.name));
            }
            if dependency.name == "mlspec-testkit" && dependency.kind != DependencyKind::Development {
                wrong.push(format!("{} ships the conformance suite", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn some_crates_never_reach_polars() {
    let (metadata, layers) = (metadata(), layers());
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    for (banned, crates) in &layers.without {
        for name in crates {
            let package = metadata.packages.iter().find(|package| package.name.as_str() == name).unwrap();
            let (mut seen, mut open) = (BTreeSet::new(), vec![&package.id]);
            while let Some(id) = open.pop() {
                if !seen.insert(id) {
                    continue;
                }
                let shipped = nodes[id].deps.iter().filter(|dependency| {
                    dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
                });
                open.extend(shipped.map(|dependency| &dependency.pkg));
            }
            let reached = seen.iter().any(|id| metadata[id].name.as_str() == banned);
            assert!(!reached, "`{name}` reaches `{banned}`");
        }
    }
}

#[test]
fn only_one_crate_names_polars() {
    let metadata = metadata();
    let naming: Vec<_> = published(&metadata)
        .filter(|package| package.dependencies.iter().any(|dependency| dependency.name == "polars"))
        .map(|package| package.name.to_string())
        .collect();
    assert_eq!(naming, ["mlspec-table"]);
}
