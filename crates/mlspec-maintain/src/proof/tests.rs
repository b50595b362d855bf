//! What an incomplete erasure leaves is found; a statement holds until something is changed.

use super::testing::{BEN, Leak, World, keep_run, name, time, world};
use super::*;
use mlspec_record::{ExitCode, Failure as _, Retention};
use mlspec_store::StoreError;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn whatever_is_left_is_found() {
    let whole = |leak| {
        let world = world(leak);
        check(world.bench.store(), &world.erasure).unwrap()
    };
    let good = whole(Leak::Nothing);
    assert_eq!(good.findings, []);
    assert_eq!(good.checks.scan.values, 1);
    assert!(good.checks.provenance.tables > 3 && good.checks.scan.documents > 5);
    let left: Vec<_> = good
        .checks
        .scan
        .remaining
        .iter()
        .map(|left| (left.place.as_str(), left.column.as_deref().unwrap_or(""), left.count))
        .collect();
    assert_eq!(
        left,
        [("mails.rows", "email", 2), ("prepared.rows", "sender", 1)],
        "mails are not erased with their customer"
    );

    for (leak, what, place) in [
        (Leak::OldVersion, Remnant::OldVersion, "prepared.rows"),
        (Leak::Row, Remnant::Rows, "customers.rows"),
        (Leak::Link, Remnant::Lineage, "prepared.rows"),
        (Leak::Index, Remnant::Lineage, "prepared"),
        (Leak::Column, Remnant::Values, "prepared.rows"),
        (Leak::Derived, Remnant::Values, "prepared.rows"),
        (Leak::Category, Remnant::Vocabulary, "encoded.train"),
        (Leak::State, Remnant::Document, "objects/"),
        (Leak::StateTable, Remnant::Values, "manifests/"),
        (Leak::Body, Remnant::Document, "records/run-2/encoded.json"),
        (Leak::FailingRows, Remnant::Rows, "checked"),
        (Leak::Elsewhere, Remnant::Document, "events/a.ndjson"),
    ] {
        let found = whole(leak);
        let fits = |finding: &&Finding| finding.what == what && finding.place.starts_with(place);
        assert!(found.findings.iter().any(|finding| fits(&finding)), "{leak:?}: {:?}", found.findings);
        assert!(!found.findings.iter().any(|finding| finding.to_string().contains(BEN)), "{leak:?}");
    }
}

fn key() -> SecretKey {
    SecretKey::generate(&[9; 64], time(0))
}

fn issued(world: &World) -> Issued {
    let checked = check(world.bench.store(), &world.erasure).unwrap();
    let rows =
        mlspec_table::Table::read_rows(world.bench.store(), &world.erasure.sources[0].before.digest, &[1]).unwrap();
    let dataset = name("customers");
    mlspec_ingest::suppress(world.bench.store(), &dataset, Some(key().suppression_secret()), &rows).unwrap();
    issue(world.bench.store(), &world.erasure, &checked, &key(), &[5; 32], time(2_000)).unwrap()
}

fn ben() -> RevealedRow {
    let values = BTreeMap::from([("email".to_owned(), Some(BEN.to_owned())), ("age".to_owned(), Some("7".to_owned()))]);
    RevealedRow { dataset: name("customers"), row: "1".to_owned(), values }
}

#[test]
fn a_statement_holds() {
    let world = world(Leak::Nothing);
    let issued = issued(&world);
    let text = String::from_utf8(issued.envelope.clone()).unwrap();
    assert!(!text.contains(BEN));
    let receipt = world.bench.folder().join("receipt.json");
    issued.receipt.create(&receipt).unwrap();
    assert!(!std::fs::read_to_string(&receipt).unwrap().contains(BEN));
    let receipt = Receipt::load(&receipt).unwrap();
    let rows = [ben()];
    let against = Against { receipt: Some(&receipt), rows: &rows, store: Some(world.bench.store()) };
    let verdict = verify(&issued.envelope, &key().public(), &against).unwrap();
    assert_eq!(verdict.fails, Vec::<String>::new());
    assert_eq!(verdict.notes.len(), 1, "{:?}", verdict.notes);
    assert_eq!(verdict.statement.unwrap(), issued.statement);
    assert!(mlspec_schema::validate_record(&serde_json::to_value(&issued.statement).unwrap()).is_ok());
}

#[test]
fn what_was_tampered_with_is_noticed() {
    let world = world(Leak::Nothing);
    let issued = issued(&world);
    let store = world.bench.store();
    let whole: Value = serde_json::from_slice(&issued.envelope).unwrap();
    let edited = |pointer: &str, value: Value| {
        let mut envelope = whole.clone();
        *envelope.pointer_mut(pointer).unwrap() = value;
        envelope.to_string().into_bytes()
    };
    let payload = whole["payload"].as_str().unwrap();
    let changed_payload = payload.replacen(&payload[40..44], "AAAA", 1);
    let signature = whole["signatures"][0]["sig"].as_str().unwrap();
    let mut turned: Vec<char> = signature.chars().collect();
    turned.swap(0, 10);
    let wrong_sig: String = turned.into_iter().collect();
    let cut = &issued.envelope[..issued.envelope.len() / 2];
    for (what, envelope, code) in [
        ("payload", edited("/payload", json!(changed_payload)), 1),
        ("signature", edited("/signatures/0/sig", json!(wrong_sig)), 1),
        ("cut off", cut.to_vec(), 2),
        ("empty", Vec::new(), 2),
        ("no signature", edited("/signatures", json!([])), 2),
        ("another type", edited("/payloadType", json!("application/json")), 2),
        ("no Base64", edited("/payload", json!("%%%")), 2),
    ] {
        let found = match verify(&envelope, &key().public(), &Against::default()) {
            Ok(verdict) => i32::from(!verdict.is_good()),
            Err(error) => error.exit_code() as i32,
        };
        assert_eq!(found, code, "{what}");
    }
    let other = SecretKey::generate(&[8; 64], time(0));
    let verdict = verify(&issued.envelope, &other.public(), &Against::default()).unwrap();
    assert!(!verdict.is_good() && verdict.statement.is_none());

    let mut row = ben();
    row.values.insert("age".to_owned(), Some("8".to_owned()));
    let other_receipt = {
        let again = issue(store, &world.erasure, &check(store, &world.erasure).unwrap(), &key(), &[6; 32], time(2_000));
        again.unwrap().receipt
    };
    for (what, receipt, rows, good) in [
        ("the row", &issued.receipt, vec![ben()], true),
        ("another value", &issued.receipt, vec![row], false),
        ("another receipt", &other_receipt, Vec::new(), false),
        ("a row without nonce", &issued.receipt, vec![RevealedRow { row: "2".to_owned(), ..ben() }], false),
    ] {
        let against = Against { receipt: Some(receipt), rows: &rows, store: None };
        assert_eq!(verify(&issued.envelope, &key().public(), &against).unwrap().is_good(), good, "{what}");
    }
}

/// Statements that were signed, but do not fit together or obey the schema.
#[test]
fn what_is_signed_must_still_be_a_statement() {
    let world = world(Leak::Nothing);
    let issued = issued(&world);
    let envelope = dsse::Envelope::from_json(&issued.envelope).unwrap();
    let payload = dsse::verify(&envelope, &[&key().public().verifier().unwrap()], 1).unwrap().payload;
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    for (pointer, value, code) in [
        ("/subject/0/digest/sha256", json!("00"), 1),
        ("/predicate/sources/0/erased", json!(2), 1),
        ("/predicate/sources/0/commitments", json!([]), 1),
        ("/predicate/steps", json!("none"), 2),
        ("/predicate/schema", json!("urn:mlspec:schema:ingestion:1.0.0"), 2),
        ("/predicateType", json!("https://example.org/other"), 2),
        ("/_type", json!("https://in-toto.io/Statement/v0.1"), 2),
    ] {
        let mut edited = payload.clone();
        *edited.pointer_mut(pointer).unwrap() = value;
        let signed =
            dsse::sign(super::statement::PAYLOAD_TYPE, edited.to_string().as_bytes(), &key().signer().unwrap())
                .unwrap();
        let found = match verify(&signed.to_json().unwrap(), &key().public(), &Against::default()) {
            Ok(verdict) => i32::from(!verdict.is_good()),
            Err(error) => error.exit_code() as i32,
        };
        assert_eq!(found, code, "{pointer}");
    }
}

#[test]
fn a_store_that_goes_back_breaks_the_statement() {
    let world = world(Leak::Nothing);
    let issued = issued(&world);
    let store = world.bench.store();
    let fails = || {
        let against = Against { store: Some(store), ..Against::default() };
        verify(&issued.envelope, &key().public(), &against).unwrap().fails
    };
    assert_eq!(fails(), Vec::<String>::new());
    let suppressed = store.root().join("suppressed/customers.json");
    let list = std::fs::read(&suppressed).unwrap();
    std::fs::remove_file(&suppressed).unwrap();
    assert_eq!(fails().len(), 1, "nothing keeps the row from returning");
    std::fs::write(&suppressed, list).unwrap();
    let live = store.root().join("live/complaints.json");
    let text = std::fs::read_to_string(&live).unwrap();
    std::fs::remove_file(&live).unwrap();
    assert_eq!(fails().len(), 1, "nothing is live");
    let records: Vec<_> = ["customers", "mails", "checked", "prepared", "encoded"]
        .map(|step| store.record(&world.erasure.base, &name(step)).unwrap())
        .to_vec();
    keep_run(store, "complaints", "run-1", 0, &records);
    assert_eq!(fails().len(), 2, "the run before is live again, with its rows: {:?}", fails());
    std::fs::write(&live, text).unwrap();
    assert_eq!(fails(), Vec::<String>::new());
    keep_run(store, "complaints", "run-3", 2_000, &records);
    assert_eq!(fails().len(), 1, "a later run with the rows: {:?}", fails());
}

#[test]
fn no_statement_is_made_of_an_incomplete_erasure() {
    let world = world(Leak::Column);
    let checked = check(world.bench.store(), &world.erasure).unwrap();
    let error = issue(world.bench.store(), &world.erasure, &checked, &key(), &[5; 32], time(0)).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Refused);
    assert!(!error.to_string().contains(BEN), "{error}");
}

#[test]
fn older_versions_go_and_what_is_live_stays() {
    let world = world(Leak::Nothing);
    let issued = issued(&world);
    let store = world.bench.store();
    let old = world.erasure.sources[0].before.clone();
    let request = PurgeRequest {
        pipeline: name("complaints"),
        retention: Retention::default(),
        reason: "rows were erased".to_owned(),
        statement: Some(world.erasure.run.clone()),
        actor: Some("anna".to_owned()),
        time: time(3_000),
    };
    let planned = purge(store, &request, true).unwrap();
    assert!(store.manifest_path(&old.digest).is_file());
    let report = purge(store, &request, false).unwrap();
    assert_eq!(planned, report);
    assert_eq!((report.runs.len(), report.held.len()), (1, 0));
    assert!(report.artifacts >= 3 && report.bytes > 0, "{report:?}");
    let live = store.live(&name("complaints")).unwrap().unwrap();
    let outputs = live.steps.values().flat_map(|step| &step.outputs).map(|output| &output.artifact);
    store.files_of(outputs).unwrap();
    assert!(check(store, &world.erasure).is_err(), "the values to look for are gone");
    let error = mlspec_table::Table::read(store, &old.digest).unwrap_err().to_string();
    assert!(error.contains("purged on 1970-01-01T00:00:03.000Z by anna: rows were erased"), "{error}");
    let emptied = store.record(&world.erasure.base, &name("encoded")).unwrap();
    assert!(!emptied.to_value().to_string().contains(BEN));
    // What stays among the records obeys its schema; a record without body does not.
    assert!(!store.run_folder(&world.erasure.base).join("encoded.json").exists());
    assert!(store.recorded_steps(&world.erasure.base).unwrap().contains(&name("encoded")));
    let mut everything = Vec::new();
    super::documents::files(store.root(), &mut everything).unwrap();
    for path in everything.iter().filter(|path| !path.ends_with("_lock")) {
        let held = String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(BEN);
        let mails = path.parent().unwrap().parent().unwrap().ends_with("objects");
        assert!(!held || mails, "{}", path.display());
    }
    let against = Against { store: Some(store), ..Against::default() };
    let verdict = verify(&issued.envelope, &key().public(), &against).unwrap();
    assert_eq!((verdict.fails.len(), verdict.notes.len()), (0, 0), "{verdict:?}");
    let again = purge(store, &request, false).unwrap();
    assert_eq!((again.runs.len(), again.files), (0, 0));
}

#[test]
fn what_other_pipelines_hold_stays() {
    let world = world(Leak::Nothing);
    let store = world.bench.store();
    let record = store.record(&world.erasure.base, &name("customers")).unwrap();
    keep_run(store, "other", "run-0", 0, &[record]);
    let request = PurgeRequest {
        pipeline: name("complaints"),
        retention: Retention::default(),
        reason: "its time was over".to_owned(),
        statement: None,
        actor: None,
        time: time(3_000),
    };
    let report = purge(store, &request, false).unwrap();
    let held: Vec<_> =
        report.held.iter().map(|held| (held.pipeline.as_str(), held.live, held.place.as_str())).collect();
    assert_eq!(held, [("other", true, "customers.rows")]);
    mlspec_table::Table::read(store, &world.erasure.sources[0].before.digest).unwrap();
}

#[test]
fn the_retention_is_followed() {
    let check = |retention: Retention, now: i64, expect: usize| {
        let world = world(Leak::Nothing);
        let request = PurgeRequest {
            pipeline: name("complaints"),
            retention,
            reason: String::new(),
            statement: None,
            actor: None,
            time: time(now),
        };
        let report = purge(world.bench.store(), &request, true).unwrap();
        assert_eq!(report.runs.len(), expect);
        assert_eq!(report.kept.len(), 1 - expect);
        assert_eq!(report.files == 0, expect == 0);
    };
    let older_than = |text: &str| Retention { keep: None, older_than: Some(text.parse().unwrap()) };
    check(Retention { keep: Some(1), older_than: None }, 0, 0);
    check(Retention { keep: Some(0), older_than: None }, 0, 1);
    check(older_than("1h"), 3_600_000, 1);
    check(older_than("1h"), 3_599_999, 0);
    let world = world(Leak::Nothing);
    assert!(matches!(retention(world.bench.store(), &name("complaints"), None), Err(ProofError::NoRetention(_))));
    assert!(matches!(retention(world.bench.store(), &name("none"), None), Err(ProofError::NothingLive(_))));
}

/// Killed before any file that it changes, a purge leaves what is live whole, and the next one finishes it.
#[test]
fn an_interrupted_purge_is_finished() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let request = PurgeRequest {
        pipeline: name("complaints"),
        retention: Retention::default(),
        reason: "its time was over".to_owned(),
        statement: None,
        actor: None,
        time: time(3_000),
    };
    let all = {
        let world = world(Leak::Nothing);
        purge(world.bench.store(), &request, false).unwrap();
        world.bench.store().stored().unwrap()
    };
    for at in (0..usize::MAX).step_by(3) {
        let world = world(Leak::Nothing);
        let count = AtomicUsize::new(0);
        let watched = mlspec_store::Store::open_watched(world.bench.store().root(), move |_| {
            match count.fetch_add(1, Ordering::Relaxed) >= at {
                true => Err(std::io::Error::other("killed")),
                false => Ok(()),
            }
        });
        let ended = purge(&watched.unwrap(), &request, false);
        let store = world.bench.store();
        let live = store.live(&name("complaints")).unwrap().unwrap();
        let outputs = live.steps.values().flat_map(|step| &step.outputs).map(|output| &output.artifact);
        store.files_of(outputs).unwrap();
        if ended.is_ok() {
            assert!(at > 10);
            return;
        }
        assert!(matches!(ended, Err(ProofError::Store(StoreError::Io { .. }))), "{ended:?}");
        resume(store).unwrap();
        purge(store, &request, false).unwrap();
        assert_eq!(store.stored().unwrap(), all, "killed at {at}");
    }
}
