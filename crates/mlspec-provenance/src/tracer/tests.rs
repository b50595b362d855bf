//! A small pipeline: two sources, a join, a part of it, a matrix, a model, a report.

use crate::testing::*;
use crate::{
    Aggregate, AggregateFunction, Operator, ProvenanceError, Tracer, identity_lineage, source_lineage, whole_lineage,
};
use mlspec_record::*;
use mlspec_store::Store;
use mlspec_table::ChunkOptions;
use std::collections::BTreeMap;

struct Pipeline {
    _folder: tempfile::TempDir,
    store: Store,
    customers: ArtifactRef,
    mails: ArtifactRef,
    joined: ArtifactRef,
    part: ArtifactRef,
    matrix: ArtifactRef,
    model: ArtifactRef,
    report: ArtifactRef,
}

fn parent(scan: &str, artifact: &ArtifactRef) -> LineageParent {
    LineageParent { scan: scan.to_owned(), artifact: artifact.clone() }
}

fn pipeline() -> Pipeline {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let options = ChunkOptions::default();
    let source = |name: &str, table: &Table| {
        let lineage = source_lineage(&store, &Name::new(name).unwrap(), table.schema()).unwrap();
        ArtifactRef { lineage: Some(lineage), ..table.write(&store, &options).unwrap() }
    };
    let customers = table(df!("_row" => [0_u64, 1, 2], "email" => ["a", "b", "c"], "country" => ["DE", "US", "UK"]));
    let mails =
        table(df!("_row" => [0_u64, 1, 2, 3], "email" => ["a", "c", "a", "d"], "subject" => ["P", "Q", "R", "S"]));
    let (customers_ref, mails_ref) = (source("customers", &customers), source("mails", &mails));

    let plan = Plan::scan("customers").filter("country <> 'US'").unwrap();
    let plan = plan.inner_join(&Plan::scan("mails"), Join::on("mails", ["email"])).unwrap();
    let plan = plan.derive([("title", "lower(subject)")]).unwrap().select(["title", "country"]);
    let tracked = plan.run(&tables(&[("customers", customers), ("mails", mails)])).unwrap();
    let parents =
        BTreeMap::from([("customers".to_owned(), customers_ref.clone()), ("mails".to_owned(), mails_ref.clone())]);
    let joined = tracked.write(&store, &parents, &options).unwrap();

    let kept =
        Plan::scan("rows").filter("title <> 'r'").unwrap().run(&tables(&[("rows", tracked.table().unwrap())])).unwrap();
    let part = ArtifactRef {
        lineage: Some(identity_lineage(&store, parent("rows", &joined), kept.schema()).unwrap()),
        ..kept.table().unwrap().write(&store, &options).unwrap()
    };
    let raw = ArtifactRef { lineage: None, ..part.clone() };
    let object = store.put_json(&serde_json::json!({"raw": raw})).unwrap();
    let features = vec![FeatureRange { encoder: "one_hot".into(), columns: vec!["country".into()], start: 0, end: 2 }];
    let lineage = Lineage {
        parents: vec![parent("train", &part)],
        rows: RowLineage::Identity,
        columns: Vec::new(),
        indirect: Vec::new(),
        features,
    };
    let lineage = Some(store.put_json(&lineage).unwrap().0);
    let matrix =
        ArtifactRef { kind: ArtifactKind::Matrix, digest: object.0, lineage, rows: part.rows, bytes: object.1 };
    let whole = |kind, parents| {
        let (digest, bytes) = store.put_json(&"something").unwrap();
        ArtifactRef { kind, digest, lineage: Some(whole_lineage(&store, parents).unwrap()), rows: None, bytes }
    };
    let model = whole(ArtifactKind::Model, vec![parent("train", &matrix)]);
    let report = whole(ArtifactKind::Report, vec![parent("data", &matrix)]);
    Pipeline { _folder: folder, store, customers: customers_ref, mails: mails_ref, joined, part, matrix, model, report }
}

/// Pairs by dataset.
fn found(pairs: Vec<(crate::SourceScan, Vec<u64>)>) -> Vec<(String, Vec<u64>)> {
    pairs.into_iter().map(|(source, rows)| (source.dataset.to_string(), rows)).collect()
}

fn pair(customers: &[u64], mails: &[u64]) -> Vec<(String, Vec<u64>)> {
    vec![("customers".to_owned(), customers.to_vec()), ("mails".to_owned(), mails.to_vec())]
}

#[test]
fn rows_of_every_kind_of_artifact_lead_to_sources() {
    let it = pipeline();
    let tracer = Tracer::new(&it.store);
    let row = tracer.forward(&it.mails, &[1], &it.part).unwrap();
    for of in [&it.joined, &it.part, &it.matrix] {
        assert_eq!(found(tracer.backward(of, &row).unwrap()), pair(&[2], &[1]));
        let sources = tracer.sources(of).unwrap();
        assert_eq!(sources.iter().map(|source| source.dataset.as_str()).collect::<Vec<_>>(), ["customers", "mails"]);
    }
    assert_eq!(tracer.sources(&it.matrix).unwrap()[1].path, ["train", "rows", "mails"]);
    for of in [&it.model, &it.report] {
        assert_eq!(found(tracer.backward(of, &[]).unwrap()), pair(&[0, 2], &[0, 1]));
        assert_eq!(sorted_pairs(&tracer.pairs(of, &tracer.sources(of).unwrap()[0]).unwrap()), [(0, 0), (0, 2)]);
    }
}

#[test]
fn links_of_some_rows_are_among_those_of_all() {
    let it = pipeline();
    let joined = Table::read(&it.store, &it.joined.digest).unwrap();
    let plan =
        Plan::scan("rows").group_by(["country"], [("n", Aggregate::of(AggregateFunction::Count, "title"))]).unwrap();
    let tracked = plan.run(&tables(&[("rows", joined)])).unwrap();
    let parents = BTreeMap::from([("rows".to_owned(), it.joined.clone())]);
    let groups = tracked.write(&it.store, &parents, &ChunkOptions::default()).unwrap();
    for of in [&it.joined, &it.part, &it.matrix, &groups] {
        let all = Tracer::new(&it.store);
        for source in all.sources(of).unwrap() {
            let mut pairs = all.list_pairs(of, &source).unwrap();
            pairs.sort_unstable();
            let rows: std::collections::BTreeSet<u64> = pairs.iter().map(|pair| pair.0).collect();
            for row in rows {
                let expect: Vec<_> = pairs.iter().copied().filter(|pair| pair.0 == row).collect();
                assert_eq!(Tracer::new(&it.store).list_pairs_of(of, &[row], &source).unwrap(), expect);
            }
        }
        assert!(all.keeps_links(of, of).unwrap());
        assert_eq!(all.keeps_links(of, &ArtifactRef { bytes: 0, ..of.clone() }).unwrap(), *of != groups);
    }
    assert!(!Tracer::new(&it.store).keeps_links(&it.joined, &it.part).unwrap());
}

#[test]
fn source_rows_lead_forward_to_what_is_left_of_them() {
    let it = pipeline();
    let tracer = Tracer::new(&it.store);
    let reached = |source, rows: &[u64], to| tracer.forward(source, rows, to).unwrap().len();
    assert_eq!(reached(&it.customers, &[0], &it.joined), 2);
    assert_eq!(reached(&it.customers, &[0], &it.part), 1);
    assert_eq!(reached(&it.mails, &[2], &it.matrix), 0);
    assert_eq!(reached(&it.customers, &[1], &it.joined), 0);
    assert_eq!(tracer.forward(&it.customers, &[0], &it.model).unwrap(), [0]);
    assert_eq!(reached(&it.customers, &[1], &it.model), 0);
    // This mail is joined and not in the part that the model was fitted on.
    assert_eq!((reached(&it.mails, &[2], &it.joined), reached(&it.mails, &[2], &it.model)), (1, 0));
    assert_eq!(reached(&it.joined, &tracer.forward(&it.mails, &[0], &it.joined).unwrap(), &it.part), 1);
    let error = tracer.forward(&it.part, &[1], &it.joined).unwrap_err();
    assert!(matches!(error, ProvenanceError::Unrelated { .. }), "{error}");
    assert!(matches!(tracer.backward(&it.part, &[12345]), Err(ProvenanceError::NoRow(12345))));
}

#[test]
fn columns_and_features_lead_to_columns_of_datasets() {
    let it = pipeline();
    let tracer = Tracer::new(&it.store);
    let columns = tracer.columns(&it.part).unwrap();
    assert_eq!(
        columns.iter().map(sources).collect::<Vec<_>>(),
        ["mails.subject transformation", "customers.country identity"]
    );
    let expect = "customers.country filter, customers.email join, mails.email join";
    assert_eq!(all_sources(&tracer.indirect(&it.part).unwrap()), expect);
    let features = tracer.features(&it.matrix).unwrap();
    assert_eq!(all_sources(&features[0].1), "customers.country transformation");
}

#[test]
fn groups_are_followed_to_their_rows() {
    let it = pipeline();
    let joined = Table::read(&it.store, &it.joined.digest).unwrap();
    let plan =
        Plan::scan("rows").group_by(["country"], [("n", Aggregate::of(AggregateFunction::Count, "title"))]).unwrap();
    let tracked = plan.filter("n > 1").unwrap().run(&tables(&[("rows", joined)])).unwrap();
    let parents = BTreeMap::from([("rows".to_owned(), it.joined.clone())]);
    let groups = tracked.write(&it.store, &parents, &ChunkOptions::default()).unwrap();
    let tracer = Tracer::new(&it.store);
    let ids = tracked.table().unwrap().ids();
    assert_eq!(found(tracer.backward(&groups, &ids).unwrap()), pair(&[0], &[0, 2]));
    let mails = &tracer.sources(&groups).unwrap()[1];
    assert_eq!(sorted_pairs(&tracer.pairs(&groups, mails).unwrap()), [(ids[0], 0), (ids[0], 2)]);
    assert_eq!(tracer.forward(&it.mails, &[0], &groups).unwrap(), ids);
    assert_eq!(tracer.forward(&it.mails, &[1], &groups).unwrap(), [] as [u64; 0]);
}

#[test]
fn documents_that_refer_to_nothing_are_refused() {
    let it = pipeline();
    let refused = |rows: RowLineage| {
        let lineage =
            Lineage { parents: Vec::new(), rows, columns: Vec::new(), indirect: Vec::new(), features: Vec::new() };
        let digest = it.store.put_json(&lineage).unwrap().0;
        let of = ArtifactRef { lineage: Some(digest), ..it.part.clone() };
        Tracer::new(&it.store).sources(&of).unwrap_err()
    };
    assert!(matches!(refused(RowLineage::Identity), ProvenanceError::Broken(_)));
    let nodes = vec![LineageNode::Scan { parent: 3 }];
    assert!(matches!(
        refused(RowLineage::Nodes { nodes, own: None, table: None, roots: vec![] }),
        ProvenanceError::Broken(_)
    ));
    let itself = vec![LineageNode::Edges { table: it.part.digest, own: Some(0), inputs: vec![] }];
    assert!(matches!(
        refused(RowLineage::Nodes { nodes: itself, own: Some(0), table: None, roots: vec![] }),
        ProvenanceError::Broken(_)
    ));
    let none = ArtifactRef { lineage: None, ..it.part.clone() };
    assert!(matches!(Tracer::new(&it.store).sources(&none), Err(ProvenanceError::NoLineage(_))));
}

#[test]
fn operators_have_a_data_form_that_is_named_by_its_key() {
    let check = |yaml: serde_json::Value| {
        let operator: Operator = serde_json::from_value(yaml.clone()).unwrap();
        assert_eq!(serde_json::to_value(&operator).unwrap(), yaml);
        assert!(yaml.get(operator.name()).is_some());
    };
    use serde_json::json;
    check(json!({"filter": "a > 1"}));
    check(json!({"rename": {"a": "b"}}));
    check(json!({"cast": {"a": "int64"}}));
    check(json!({"fill_nulls": {"a": 1, "b": "x", "c": true}}));
    check(json!({"left_join": {"with": "u", "on": ["a"], "suffix": "_r"}}));
    check(json!({"group_by": {"keys": ["a"], "aggregates": {"n": {"function": "n_unique", "column": "b"}}}}));
    check(json!({"distinct": {}}));
    check(json!({"concat": {"with": ["u"], "union": true}}));
    assert!(serde_json::from_value::<Operator>(json!({"inner_join": {"with": "u", "onn": ["a"]}})).is_err());
}
