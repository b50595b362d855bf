//! The committed schemas are those that the types make.

use crate::*;
use std::{fs, path::Path};

/// Compares, or rewrites when `MLSPEC_BLESS=1`.
#[test]
fn committed_schemas_are_those_of_the_types() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let bless = std::env::var_os("MLSPEC_BLESS").is_some_and(|value| value == "1");
    let mut stale = Vec::new();
    for (id, schema) in generate() {
        let file = root.join(published_path(&id));
        let text = published_text(&schema);
        if bless {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &text).unwrap();
        } else if fs::read_to_string(&file).ok().as_deref() != Some(&text) {
            stale.push(published_path(&id));
        }
    }
    assert!(
        stale.is_empty(),
        "schemas/ differs from the types in {stale:?}; run the tests with MLSPEC_BLESS=1 and look at the diff"
    );
}
