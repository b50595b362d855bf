//! The splitter as a whole, and the stage.

use crate::{Links, SplitParams, Splitter, entry, leakage, statistics};
use mlspec_provenance::Tracer;
use mlspec_record::body::Splitting;
use mlspec_record::{ArtifactRef, ExitCode, Seed};
use mlspec_table::Table;
use mlspec_table::polars::{df, prelude::*};
use mlspec_testkit::{Bench, Case, MARKER, MARKER_NUMBER, check_stage};
use serde_json::{Value, json};

fn splitter(settings: Value) -> Splitter {
    serde_json::from_value::<SplitParams>(settings).unwrap().check().unwrap()
}

fn seed(seed: u64) -> Seed {
    Seed::new(seed).unwrap()
}

fn numbers(rows: u64) -> Table {
    Table::number(
        df!("id" => (0..rows).collect::<Vec<_>>(), "of" => (0..rows).map(|id| id % 97).collect::<Vec<_>>()).unwrap(),
        0,
    )
    .unwrap()
}

#[test]
fn shares_are_kept() {
    let splitter = splitter(json!({"parts": {"train": 0.7, "validation": 0.15, "test": 0.15}}));
    let names: Vec<_> = splitter.parts().map(ToString::to_string).collect();
    assert_eq!(names, ["test", "train", "validation"]);
    let parts = splitter.assign(&numbers(20_000), None, seed(1)).unwrap();
    for (part, share) in [0.15, 0.7, 0.15].into_iter().enumerate() {
        let found = parts.iter().filter(|&&of| of == part).count() as f64 / 20_000.0;
        assert!((found - share).abs() < 0.01, "part {part} has a share of {found}");
    }
}

#[test]
fn rows_that_come_or_go_move_no_others() {
    for by in [json!("row"), json!({"columns": ["of"]})] {
        let splitter = splitter(json!({"parts": {"a": 0.5, "b": 0.5}, "by": by}));
        let all = numbers(1_000);
        let fewer = Table::new(all.frame().slice(300, 400)).unwrap();
        let parts = splitter.assign(&all, None, seed(1)).unwrap();
        assert_eq!(splitter.assign(&fewer, None, seed(1)).unwrap(), parts[300..700]);
        assert_ne!(splitter.assign(&all, None, seed(2)).unwrap(), parts);
        let own = crate::SplitParams { seed: Some(seed(1)), ..splitter.params().clone() }.check().unwrap();
        assert_eq!(own.assign(&all, None, seed(2)).unwrap(), parts);
    }
}

#[test]
fn equal_keys_stay_together_whatever_their_type() {
    let splitter = splitter(json!({"parts": {"a": 0.5, "b": 0.5}, "by": {"columns": ["key"]}}));
    let part_of = |key: Series| {
        let frame = DataFrame::new(key.len(), vec![key.with_name("key".into()).into()]).unwrap();
        splitter.assign(&Table::number(frame, 0).unwrap(), None, seed(3)).unwrap()
    };
    let small: Vec<u32> = (0..64).map(|n| n % 8).collect();
    let keys = Series::new("key".into(), small);
    let parts = part_of(keys.clone());
    assert_eq!(parts[..8].repeat(8), parts);
    assert!(parts.contains(&0) && parts.contains(&1));
    for wider in [DataType::Int64, DataType::UInt64, DataType::UInt8] {
        assert_eq!(part_of(keys.cast(&wider).unwrap()), parts);
    }
    let zeros = part_of(Series::new("key".into(), [0.0, -0.0]));
    assert_eq!(zeros[0], zeros[1]);
    let nulls = part_of(Series::new("key".into(), [None::<&str>; 5]));
    assert!(nulls.iter().all(|&part| part == nulls[0]), "null is a value");
    let long = "x".repeat(200);
    let texts = part_of(Series::new("key".into(), [long.as_str(), "x", &long]));
    assert_eq!(texts[0], texts[2]);
}

/// Customers, and mails of which the last is written by two customers.
fn mails(bench: &Bench) -> ArtifactRef {
    let rows = 400_u64;
    bench.source(
        "mails",
        df!(
            "customer" => (0..rows).map(|id| id % 40).collect::<Vec<_>>(),
            "text" => (0..rows).map(|id| if id == 5 { MARKER.to_owned() } else { format!("mail {id}") }).collect::<Vec<_>>(),
            "length" => (0..rows).map(|id| (id != 9).then_some(if id == 7 { MARKER_NUMBER } else { 2 })).collect::<Vec<_>>(),
            "open" => (0..rows).map(|id| id % 4 == 0).collect::<Vec<_>>(),
        )
        .unwrap(),
    )
}

#[test]
fn the_stage_conforms() {
    let bench = Bench::new();
    let rows = mails(&bench);
    let shares = json!({"train": 0.7, "validation": 0.15, "test": 0.15});
    let case = Case::new(&bench, entry(), json!({"parts": shares}))
        .input("rows", &rows)
        .accepts(json!({"parts": {"all": 1}}))
        .accepts(json!({"parts": {"a": 0.1, "b": 0.2, "c": 0.7}, "seed": 0, "allow_empty": true}))
        .accepts(json!({"parts": shares, "by": {"source": "mails"}, "leakage": {"source": "mails"}}))
        .accepts(json!({"parts": shares, "by": {"columns": ["x"]}, "leakage": {"source": "m", "severity": "warning"}}))
        .refuses(json!({"parts": {}}), "at least one part")
        .refuses(json!({"parts": {"train": 0.5, "test": 0.4}}), "sum to 1, got `0.9`")
        .refuses(json!({"parts": {"train": 1.5, "test": -0.5}}), "part `test` must be above 0")
        .refuses(json!({"parts": {"train": 0.0, "test": 1.0}}), "part `train` must be above 0")
        .refuses(json!({"parts": {"a b": 1.0}}), "character 1 is another")
        .refuses(json!({"parts": {"train": 0.5, "Train": 0.5}}), "differ only by case")
        .refuses(json!({"parts": {"all": 1}, "by": {"columns": []}}), "at least one column")
        .refuses(json!({"parts": {"all": 1}, "seed": 9_007_199_254_740_992_u64}), "below 2^53")
        .fails("a missing column", json!({"parts": shares, "by": {"columns": ["nope"]}}), ExitCode::Usage, "`nope`")
        .fails("a missing source", json!({"parts": shares, "by": {"source": "nope"}}), ExitCode::Usage, "source `nope`")
        .fails(
            "an empty part",
            json!({"parts": {"a": 1e-7, "b": 0.9999999}}),
            ExitCode::Data,
            "part `a` would be empty",
        )
        .fails(
            "a gate at a missing source",
            json!({"parts": shares, "leakage": {"source": "nope"}}),
            ExitCode::Usage,
            "source `nope`",
        );
    check_stage!(case);
}

#[test]
fn the_stage_conforms_by_source() {
    let bench = Bench::new();
    let rows = mails(&bench);
    let settings =
        json!({"parts": {"train": 0.5, "test": 0.5}, "by": {"source": "mails"}, "leakage": {"source": "mails"}});
    check_stage!(Case::new(&bench, entry(), settings).input("rows", &rows));
}

#[test]
fn an_empty_part_can_be_allowed() {
    let bench = Bench::new();
    let settings = json!({"parts": {"a": 1e-7, "b": 0.9999999}, "allow_empty": true});
    let outcome = bench.outcome(&entry(), &settings, &[("rows", &mails(&bench))]);
    let rows: Vec<_> = outcome.outputs.iter().map(|output| output.artifact.rows).collect();
    assert_eq!(rows, [Some(0), Some(400)]);
}

#[test]
fn the_report_says_what_the_parts_hold() {
    let bench = Bench::new();
    let outcome = bench.outcome(&entry(), &json!({"parts": {"all": 1}}), &[("rows", &mails(&bench))]);
    let body: Splitting = serde_json::from_value(outcome.body).unwrap();
    assert_eq!((body.parts[0].rows, body.by.as_str()), (400, "row"));
    let columns = &body.parts[0].columns;
    assert_eq!(
        columns.iter().map(|column| column.distinct).collect::<Vec<_>>(),
        [Some(40), None, Some(2), Some(2)],
        "400 are too many to be counted"
    );
    assert_eq!(columns[2].nulls, 1);
    assert_eq!((columns[2].minimum, columns[2].maximum), (Some(2.0), Some(MARKER_NUMBER as f64)));
    assert_eq!((columns[3].mean, columns[3].maximum), (Some(0.25), None));
    assert_eq!((columns[0].mean, columns[1].mean), (Some(19.5), None));
    let deviation = columns[0].standard_deviation.unwrap();
    assert!((deviation - (1599.0_f64 / 12.0).sqrt()).abs() < 1e-12);
    assert_eq!((body.leakage[0].source.as_str(), body.leakage[0].rows, body.leakage[0].shared), ("mails", 400, 0));
}

#[test]
fn numbers_that_json_cannot_hold_are_left_out() {
    let frame = df!("nan" => [1.0, f64::NAN], "large" => [1e300, -1e300], "list" => [Series::new("".into(), [1.5]), Series::new("".into(), [1.5])])
        .unwrap();
    let found = statistics(&Table::number(frame, 0).unwrap()).unwrap();
    assert_eq!((found[0].mean, found[0].minimum, found[0].distinct), (None, None, Some(2)));
    assert_eq!((found[1].mean, found[1].maximum), (Some(0.0), None));
    assert_eq!(found[2].distinct, Some(1));
}

/// Pairs of rows of `people`, as a join writes them: their lineage has two scans of one source.
fn pairs(bench: &Bench) -> ArtifactRef {
    use mlspec_record::{ColumnLineage, DataType as Type, Lineage, LineageNode, LineageParent, RowLineage};
    let people = bench.source("people", df!("name" => (0..60).map(|at| format!("p{at}")).collect::<Vec<_>>()).unwrap());
    let ids: Vec<u64> = (0..30).map(|at| at * 1_000 + 3).collect();
    // Row k pairs person 2k with person 2k + 1; the last row connects persons 0 and 2, so rows 0 and 1 belong together.
    let left: Vec<u64> = (0..30).map(|at| if at == 29 { 0 } else { at * 2 }).collect();
    let right: Vec<Option<u64>> = (0..30).map(|at| Some(if at == 29 { 2 } else { at * 2 + 1 })).collect();
    let nodes = df!("_row" => &ids, "n0" => left, "n1" => right).unwrap();
    let nodes = Table::new(nodes).unwrap().write(bench.store(), &mlspec_table::ChunkOptions::default()).unwrap();
    let scan = |name: &str| LineageParent { scan: name.to_owned(), artifact: people.clone() };
    let lineage = Lineage {
        parents: vec![scan("people"), scan("people#2")],
        rows: RowLineage::Nodes {
            nodes: vec![LineageNode::Scan { parent: 0 }, LineageNode::Scan { parent: 1 }],
            own: None,
            table: Some(nodes.digest),
            roots: vec![0, 1],
        },
        columns: vec![ColumnLineage { column: "n".to_owned(), data_type: Type::Int32, sources: Vec::new() }],
        indirect: Vec::new(),
        features: Vec::new(),
    };
    let table = Table::new(df!("_row" => &ids, "n" => (0..30).collect::<Vec<i32>>()).unwrap()).unwrap();
    bench.keep(&table, &lineage)
}

#[test]
fn rows_connected_through_a_source_stay_together() {
    let bench = Bench::new();
    let rows = pairs(&bench);
    let (tracer, table) = (Tracer::new(bench.store()), bench.table(&rows));
    let settings = json!({"parts": {"a": 0.5, "b": 0.5}, "by": {"source": "people"}});
    let links = Links::read(&tracer, &rows, &table.ids()).unwrap();
    let parts = splitter(settings).assign(&table, Some(&links), seed(5)).unwrap();
    assert!(parts[0] == parts[1] && parts[1] == parts[29]);
    assert!(parts.contains(&0) && parts.contains(&1));
    let together = &leakage(&links, &parts)["people"];
    assert_eq!((together.rows, together.shared, together.links, together.linked), (58, 0, 60, 30));
    let apart: Vec<usize> = (0..30).map(|at| usize::from(at == 29)).collect();
    let leaks = leakage(&links, &apart);
    assert_eq!((leaks.len(), leaks["people"].shared), (1, 2));
}

#[test]
fn a_leak_can_stop_the_pipeline() {
    let bench = Bench::new();
    let rows = pairs(&bench);
    let seed = (0..100).find(|seed| {
        let settings = json!({"parts": {"a": 0.5, "b": 0.5}, "seed": seed});
        let outcome = bench.outcome(&entry(), &settings, &[("rows", &rows)]);
        outcome.body["leakage"][0]["shared"] != 0
    });
    let run = |severity: &str| {
        let leakage = json!({"source": "people", "severity": severity});
        bench.outcome(
            &entry(),
            &json!({"parts": {"a": 0.5, "b": 0.5}, "seed": seed, "leakage": leakage}),
            &[("rows", &rows)],
        )
    };
    let stopped = run("error");
    assert!(stopped.refusal.unwrap().contains("of 58 rows of the source `people` reach more than one part"));
    let told = run("warning");
    assert_eq!((told.refusal, told.warnings.len()), (None, 1));
}
