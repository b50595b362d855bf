//! The settings of every stage, as published: `MLSPEC_BLESS=1` writes the files, otherwise they are compared.

use crate::workspace::root;
use mlspec_record::{SchemaId, Version};
use mlspec_schema::{publish, published_path, published_text};
use mlspec_stage::StageEntry;

fn entries() -> Vec<StageEntry> {
    let mut entries = vec![
        mlspec_ingest::entry(),
        mlspec_analyze::entry(),
        mlspec_validate::entry(),
        mlspec_transform::entry(),
        mlspec_split::entry(),
        mlspec_encode::entry(),
        mlspec_train::entry(),
    ];
    entries.extend([
        mlspec_evaluate::evaluate_entry(),
        mlspec_evaluate::test_entry(),
        mlspec_evaluate::predict_entry(),
        mlspec_monitor::entry(),
        mlspec_external::entry(),
        mlspec_external::record_entry(),
    ]);
    entries
}

#[test]
fn the_settings_of_every_stage_are_published() {
    let mut outdated = Vec::new();
    let settings = entries().into_iter().map(|entry| {
        let id = SchemaId::of(&format!("settings.{}", entry.id.name()), Version::of(1, 0, 0)).unwrap();
        (id, (entry.settings)())
    });
    // Documents beside records that stage crates define.
    use mlspec_validate::ExpectationsDocument as Document;
    for (id, schema) in settings.chain([(Document::schema_id(), Document::json_schema())]) {
        let path = root().join("schemas").join(published_path(&id));
        let text = published_text(&publish(&id, schema));
        if std::env::var_os("MLSPEC_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            outdated.push(published_path(&id));
        }
    }
    assert!(outdated.is_empty(), "run the tests once with MLSPEC_BLESS=1 and commit {outdated:?}");
}

#[test]
fn every_published_schema_is_self_contained() {
    for file in walkdir::WalkDir::new(root().join("crates/mlspec-schema/schemas")).into_iter().map(Result::unwrap) {
        if file.file_type().is_file() {
            let text = std::fs::read_to_string(file.path()).unwrap();
            let references = text.match_indices("\"$ref\": \"").map(|(at, found)| &text[at + found.len()..]);
            for reference in references {
                assert!(reference.starts_with('#'), "{} refers to another file", file.path().display());
            }
        }
    }
}
