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
    let parts = splitter.assign(&numbers(20_000), None, seed(1)).unwrap().parts;
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
        let parts = splitter.assign(&all, None, seed(1)).unwrap().parts;
        assert_eq!(splitter.assign(&fewer, None, seed(1)).unwrap().parts, parts[300..700]);
        assert_ne!(splitter.assign(&all, None, seed(2)).unwrap().parts, parts);
        let own = crate::SplitParams { seed: Some(seed(1)), ..splitter.params().clone() }.check().unwrap();
        assert_eq!(own.assign(&all, None, seed(2)).unwrap().parts, parts);
    }
}

#[test]
fn equal_keys_stay_together_whatever_their_type() {
    let splitter = splitter(json!({"parts": {"a": 0.5, "b": 0.5}, "by": {"columns": ["key"]}}));
    let part_of = |key: Series| {
        let frame = DataFrame::new(key.len(), vec![key.with_name("key".into()).into()]).unwrap();
        splitter.assign(&Table::number(frame, 0).unwrap(), None, seed(3)).unwrap().parts
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
            "customer" => (0..rows as i64).map(|id| id % 40).collect::<Vec<_>>(),
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
        .accepts(json!({"parts": shares, "stratify": ["open"], "by": {"columns": ["customer"]}}))
        .accepts(json!({"folds": 5, "hold_back": ["fold0-test"]}))
        .accepts(json!({"time": {"column": "length", "order": ["a", "b"], "cuts": [5], "gap": 1, "nulls": "leave_out"}}))
        .accepts(json!({"parts": {"a": 0.5, "b": 0.5}, "time": {"column": "length", "order": ["b", "a"]}}))
        .accepts(json!({"predefined": {"column": "open", "values": {"a": [true], "b": [false]}}, "samples": {"debug": {"of": "a", "rows": 5}}}))
        .accepts(json!({"parts": shares, "leakage": {"source": "mails", "tolerance": 0.01}}))
        .accepts(json!({"parts": shares, "distance": {"columns": ["open"], "max_l_infinity_distance": 0.1, "severity": "warning"}}))
        .refuses(json!({"parts": shares, "distance": {"max_jensen_shannon_distance": 1.5}}), "`distance.max_jensen_shannon_distance` must be")
        .fails("a missing column of a distance", json!({"parts": shares, "distance": {"columns": ["nope"]}}), ExitCode::Usage, "`nope`")
        .refuses(json!({"folds": 1}), "`folds` must be from 2 to 50, got `1`")
        .refuses(json!({"folds": 3, "parts": shares}), "leave no room for")
        .refuses(json!({"folds": 3, "time": {"column": "length", "order": ["a"]}}), "exclude each other")
        .refuses(json!({"time": {"column": "length", "order": ["a", "b"], "cuts": [1]}, "stratify": ["open"]}), "`stratify` goes with")
        .refuses(json!({"predefined": {"column": "open", "values": {"a": [true]}}, "by": {"columns": ["open"]}}), "`by` goes with")
        .refuses(json!({"predefined": {"column": "open", "values": {"a": [true], "b": [true]}}}), "one value for two parts")
        .refuses(json!({"predefined": {"column": "open", "values": {"a": [1.5]}}}), "must be texts, integers or booleans")
        .refuses(json!({"parts": shares, "samples": {"debug": {"of": "nope", "rows": 5}}}), "is of `nope`, which is no part")
        .refuses(json!({"parts": shares, "samples": {"debug": {"of": "train", "rows": 0}}}), "must have a row at least")
        .refuses(json!({"parts": shares, "samples": {"Test": {"of": "train", "rows": 1}}}), "differ only by case")
        .refuses(json!({"parts": shares, "hold_back": ["nope"]}), "`hold_back` names `nope`, which is no part")
        .refuses(json!({"parts": shares, "leakage": {"source": "mails", "tolerance": 2.0}}), "`leakage.tolerance` must be from 0 to 1")
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
fn the_stage_conforms_by_every_method() {
    for settings in [
        json!({"parts": {"train": 0.7, "test": 0.3}, "stratify": ["open"], "samples": {"debug": {"of": "train", "rows": 9}}}),
        json!({"parts": {"train": 0.7, "test": 0.3}, "stratify": ["open"], "by": {"columns": ["customer"]}, "allow_empty": true}),
        json!({"parts": {"train": 0.7, "test": 0.3}, "distance": {"max_population_stability_index": 0.01, "severity": "warning"}, "allow_empty": true}),
        json!({"folds": 3, "distance": {"columns": ["customer", "text"], "max_kolmogorov_smirnov": 0.9}, "allow_empty": true}),
        json!({"folds": 3, "stratify": ["length"], "hold_back": ["fold1-test"], "allow_empty": true}),
        json!({"parts": {"train": 0.7, "test": 0.3}, "time": {"column": "customer", "order": ["train", "test"], "nulls": "leave_out"}, "allow_empty": true}),
        json!({"time": {"column": "customer", "order": ["train", "test"], "cuts": [20], "gap": 3, "nulls": "leave_out"}, "allow_empty": true}),
        json!({"predefined": {"column": "customer", "values": {"a": [1, 2, 3], "b": [5]}, "nulls": "leave_out", "others": "leave_out"}, "allow_empty": true}),
    ] {
        let bench = Bench::new();
        let rows = mails(&bench);
        let case = Case::new(&bench, entry(), settings).input("rows", &rows);
        check_stage!(case);
    }
}

#[test]
fn folds_cover_all_rows_once() {
    let bench = Bench::new();
    let rows = mails(&bench);
    for settings in [json!({"folds": 5}), json!({"folds": 5, "by": {"columns": ["customer"]}, "stratify": ["open"]})] {
        let outcome = bench.outcome(&entry(), &settings, &[("rows", &rows)]);
        let ids = |port: &str| {
            let output = outcome.outputs.iter().find(|output| output.port.as_str() == port).unwrap();
            bench.table(&output.artifact).ids()
        };
        let mut all = Vec::new();
        for fold in 0..5 {
            let (test, train) = (ids(&format!("fold{fold}-test")), ids(&format!("fold{fold}-train")));
            let mut both = [test.clone(), train].concat();
            both.sort_unstable();
            assert_eq!(both, (0..400).collect::<Vec<u64>>());
            assert!((60..=100).contains(&test.len()), "{}", test.len());
            all.extend(test);
        }
        all.sort_unstable();
        assert_eq!(all, (0..400).collect::<Vec<u64>>());
        let body: Splitting = serde_json::from_value(outcome.body).unwrap();
        assert_eq!((body.leakage[0].rows, body.leakage[0].shared), (400, 0));
    }
}

#[test]
fn the_record_tells_cuts_samples_and_what_is_left_out() {
    let bench = Bench::new();
    let settings = json!({
        "time": {"column": "customer", "order": ["old", "new"], "cuts": [30], "gap": 2}, "hold_back": ["new"],
        "samples": {"debug": {"of": "old", "rows": 7}}
    });
    let outcome = bench.outcome(&entry(), &settings, &[("rows", &mails(&bench))]);
    let body: Splitting = serde_json::from_value(outcome.body).unwrap();
    let told: Vec<_> = body.parts.iter().map(|part| (part.name.as_str(), part.rows, part.held_back)).collect();
    assert_eq!(told, [("old", 280, false), ("new", 100, true), ("debug", 7, false)]);
    assert_eq!(body.parts[2].sample_of.as_deref(), Some("old"));
    assert_eq!((body.cuts[0].part.as_str(), body.cuts[0].at.as_deref()), ("old", Some("30")));
    assert_eq!((body.left_out[0].reason.as_str(), body.left_out[0].rows), ("gap", 20));
}

#[test]
fn parts_that_are_too_far_apart_stop_the_pipeline() {
    let bench = Bench::new();
    let far = |severity: &str, limits: Value| {
        let mut settings = json!({
            "time": {"column": "customer", "order": ["old", "new"], "cuts": [20]},
            "distance": {"columns": ["customer", "open"], "severity": severity}
        });
        settings["distance"].as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        bench.outcome(&entry(), &settings, &[("rows", &mails(&bench))])
    };
    let outcome = far("error", json!({"max_kolmogorov_smirnov": 0.5}));
    assert_eq!(outcome.refusal.as_deref(), Some("parts are too far apart in `customer` of `old` and `new`"));
    let body: Splitting = serde_json::from_value(outcome.body).unwrap();
    let [customer, open] = &body.distances[..] else { panic!("{:?}", body.distances) };
    assert_eq!((customer.kolmogorov_smirnov, customer.l_infinity_distance), (Some(1.0), None));
    assert_eq!((open.kolmogorov_smirnov, open.l_infinity_distance), (None, Some(0.0)));
    let told = far("warning", json!({"max_jensen_shannon_distance": 0.1}));
    assert_eq!((told.refusal, told.warnings.len()), (None, 1));
    let near = far("error", json!({"max_l_infinity_distance": 0.1}));
    assert_eq!((near.refusal, near.warnings.len()), (None, 0));
}

/// Tables that are hard, and settings of every method.
#[test]
fn hard_tables_are_split_or_refused_alike_every_time() {
    let names = ["a.b", "né \"x\" 'y', `z`", " "];
    let settings = [
        json!({"parts": {"a": 0.5, "b": 0.5}, "by": {"columns": names}}),
        json!({"parts": {"a": 0.5, "b": 0.5}, "stratify": names}),
        json!({"folds": 2, "by": {"columns": [names[1]]}, "stratify": [names[2]]}),
        json!({"parts": {"a": 0.5, "b": 0.5}, "time": {"column": names[0], "order": ["b", "a"], "nulls": "leave_out"}}),
        json!({"time": {"column": names[0], "order": ["b", "a"], "cuts": [0], "gap": 1, "nulls": "leave_out"}}),
        json!({"predefined": {"column": names[1], "values": {"a": ["x"], "b": [""]}, "nulls": "leave_out", "others": "leave_out"}}),
    ];
    let long = "x".repeat(300_000);
    let frame = |i: &[Option<i64>], s: &[Option<&str>], f: &[Option<f64>]| {
        df!(names[0] => i, names[1] => s, names[2] => f).unwrap()
    };
    let tables = [
        frame(&[], &[], &[]),
        frame(&[None; 3], &[None; 3], &[None; 3]),
        frame(&[Some(1)], &[Some("x")], &[Some(f64::NAN)]),
        frame(
            &[Some(i64::MAX), Some(i64::MIN), Some(0), None],
            &[Some(&long), Some(""), Some("\u{0}\r\n"), None],
            &[Some(f64::NAN), Some(f64::INFINITY), Some(-0.0), Some(5e-324)],
        ),
    ];
    for settings in settings {
        for table in &tables {
            let bench = Bench::new();
            let mut settings = settings.clone();
            settings["allow_empty"] = json!(true);
            let rows = bench.source("rows", table.clone());
            let ran = || bench.outcome(&entry(), &settings, &[("rows", &rows)]);
            let (one, other) = (ran(), ran());
            assert_eq!((&one.outputs, &one.body), (&other.outputs, &other.body), "{settings}");
            let told: u64 =
                one.body["parts"].as_array().unwrap().iter().map(|part| part["rows"].as_u64().unwrap()).sum();
            assert!(told <= 2 * table.height() as u64);
        }
    }
    let wide: Vec<Column> =
        (0..5_000).map(|at| Series::new(format!("c{at}").into(), [1_i64, 2, 3]).into_column()).collect();
    let bench = Bench::new();
    let rows = bench.source("wide", DataFrame::new(3, wide).unwrap());
    let outcome =
        bench.outcome(&entry(), &json!({"folds": 2, "stratify": ["c0"], "allow_empty": true}), &[("rows", &rows)]);
    assert_eq!(outcome.body["parts"][0]["columns"].as_array().unwrap().len(), 5_000);
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
    let parts = splitter(settings).assign(&table, Some(&links), seed(5)).unwrap().parts;
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
