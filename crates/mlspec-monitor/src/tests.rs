//! The stage, its verdicts, what is behind them, and what bad input does.

use crate::{MonitorParams, entry};
use mlspec_record::body::{ColumnDrift, Direction, Monitoring};
use mlspec_record::{ArtifactRef, ExitCode, Name};
use mlspec_stage::{Outcome, Site};
use mlspec_table::polars::prelude::*;
use mlspec_table::{Table, polars};
use mlspec_testkit::{Bench, Case, MARKER, MARKER_NUMBER, OnEmpty, check_stage};
use serde_json::{Value, json};

/// A draw in [0, 1) for a row.
fn draw(row: usize, purpose: u64) -> f64 {
    let mut bits = (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Rows of people; `shift` moves their ages, `odd` is the share of a category that others do not have.
fn people(rows: usize, purpose: u64, shift: f64, odd: f64) -> DataFrame {
    let each = || 0..rows;
    df!(
        "age" => each().map(|at| (draw(at, purpose) + draw(at, purpose + 1) + shift) * 40.0).collect::<Vec<_>>(),
        "team" => each().map(|at| match draw(at, purpose + 2) {
            x if x < odd => format!("{MARKER}-new"),
            x if x < 0.6 => format!("{MARKER}-a"),
            _ => format!("{MARKER}-b"),
        }).collect::<Vec<_>>(),
        "count" => each().map(|at| (draw(at, purpose + 3) * 4.0) as i64 + MARKER_NUMBER).collect::<Vec<_>>(),
        "ok" => each().map(|at| (draw(at, purpose + 4) > 0.1).then_some(draw(at, purpose + 5) > 0.5)).collect::<Vec<_>>(),
        "id" => each().map(|at| format!("{at}-{purpose}")).collect::<Vec<_>>()
    )
    .unwrap()
}

/// Predictions, of which this share is right.
fn predictions(rows: usize, purpose: u64, right: f64) -> DataFrame {
    let label = |at: usize| if draw(at, purpose) < 0.5 { "yes" } else { "no" };
    let other = |label: &str| if label == "yes" { "no" } else { "yes" };
    let said = |at: usize| if draw(at, purpose + 1) < right { label(at) } else { other(label(at)) };
    df!(
        "label" => (0..rows).map(label).collect::<Vec<_>>(),
        "prediction" => (0..rows).map(said).collect::<Vec<_>>(),
        "probability_yes" => (0..rows).map(|at| if said(at) == "yes" { 0.9 } else { 0.2 }).collect::<Vec<_>>()
    )
    .unwrap()
}

fn plain() -> crate::Monitor {
    MonitorParams::default().check().unwrap()
}

fn outcome(bench: &Bench, settings: Value, inputs: &[(&str, &ArtifactRef)]) -> (Outcome, Monitoring) {
    let outcome = bench.outcome(&entry(), &settings, inputs);
    let body = serde_json::from_value(outcome.body.clone()).unwrap();
    (outcome, body)
}

fn column<'a>(body: &'a Monitoring, name: &str) -> &'a ColumnDrift {
    body.columns.iter().find(|column| column.column == name).unwrap()
}

#[test]
fn the_stage_is_a_stage() {
    let bench = Bench::new();
    let source = bench.source("people", people(40, 1, 0.3, 0.2));
    let mut named = bench.table(&source).into_frame();
    named = named.drop("id").unwrap();
    let rows = bench.derived(named, "people", &source);
    let reference = bench.source("before", people(50, 20, 0.0, 0.0));
    let (now, before) = (bench.source("now", predictions(40, 3, 0.5)), bench.source("then", predictions(50, 30, 0.9)));
    let settings = json!({"columns": ["age", "team", "ok"], "contributions": 1, "gates": [{}, {"measure": "psi", "threshold": 0.2, "severity": "warning"}]});
    let case = |settings: Value| {
        Case::new(&bench, entry(), settings)
            .on_empty(OnEmpty::Refuses("there are no rows in the"))
            .input("rows", &rows)
            .input("reference", &reference)
    };
    check_stage!(
        case(settings.clone())
            .input("predictions", &now)
            .input("reference_predictions", &before)
            .accepts(json!({}))
            .accepts(json!({"gates": [{"measure": "l_infinity", "threshold": 0.1}, {"of": "metric", "direction": "down"}], "correction": "holm"}))
            .refuses(json!({"significance": 1.0}), "`significance` must be above 0 and below 1, got `1`")
            .refuses(json!({"bins": 1}), "`bins` must be from 2 to 100, got `1`")
            .refuses(json!({"contributions": 21}), "`contributions` must be at most 20")
            .refuses(json!({"gates": []}), "`gates` must hold at least one gate")
            .refuses(json!({"gates": [{"measure": "l_infinity"}]}), "needs a `threshold`")
            .refuses(json!({"gates": [{"significance": 1.0}]}), "neither a `significance` below 1 nor a `threshold`")
            .refuses(json!({"gates": [{"threshold": -1.0}]}), "must be at least 0")
            .refuses(json!({"gates": [{"measure": "psi", "direction": "up"}]}), "has no direction")
            .refuses(json!({"gates": [{"measure": "psi", "of": "metric"}]}), "have no `measure`")
            .refuses(json!({"columns": ["a", "a"]}), "names the column `a` twice")
            .refuses(json!({"baseline": {"datastore": "no", "path": "x"}}), "there is no datastore `no`")
            .fails("a missing column", json!({"columns": ["no"]}), ExitCode::Usage, "the batch has no column `no`")
            .fails_with("no reference", json!({}), &[("rows", &rows)], ExitCode::Usage, "there are 0 references")
            .fails_with(
                "predictions alone",
                json!({}),
                &[("rows", &rows), ("reference", &reference), ("predictions", &now)],
                ExitCode::Usage,
                "there are 0 references for the predictions"
            )
    );
    check_stage!(case(settings));
}

#[test]
fn drift_is_found_told_and_traced() {
    let bench = Bench::new();
    let source = bench.source("people", people(500, 1, 0.25, 0.1));
    let rows = bench.derived(bench.table(&source).into_frame(), "people", &source);
    let reference = bench.source("before", people(2_000, 20, 0.0, 0.0));
    let inputs = [("rows", &rows), ("reference", &reference)];
    let (outcome, body) = outcome(&bench, json!({"gates": [{"severity": "error"}]}), &inputs);
    assert!(!body.passed && outcome.refusal.as_ref().is_some_and(|why| why.contains("`age` (kolmogorov_smirnov)")));
    let drifted: Vec<_> = body.gates[0].drifted.iter().map(|found| (&found.name[..], &found.measure[..])).collect();
    assert!(
        drifted.contains(&("age", "kolmogorov_smirnov")) && drifted.contains(&("team", "unseen_rate")),
        "{drifted:?}"
    );
    assert!(!drifted.iter().any(|(name, _)| ["count", "ok", "id"].contains(name)), "{drifted:?}");
    let age = column(&body, "age");
    let measured = |name: &str| age.measures.iter().find(|one| one.measure == name).unwrap();
    assert_eq!(measured("kolmogorov_smirnov").direction, Some(Direction::Up));
    assert!(measured("kolmogorov_smirnov").value > measured("kolmogorov_smirnov").critical);
    assert!(measured("wasserstein").value.unwrap() > 0.3 && measured("mean").p_value.unwrap() < 1e-9);
    assert_eq!((age.sources[0].scan.as_str(), age.sources[0].column.as_str()), ("people", "age"));
    // The bins told are those of the rows named, and a text is named nowhere.
    let table = bench.table(&rows);
    let ages = table.column("age").unwrap().f64().unwrap().clone();
    for told in &age.contributions {
        let Some(kept) = &told.rows else { continue };
        let ids = bench.table(kept).ids();
        assert_eq!(ids.len() as f64 / 500.0, told.current);
        let inside = |id: &u64| match told.bin.strip_prefix("≥ ") {
            Some(least) => ages.get(*id as usize) >= Some(least.parse::<f64>().unwrap()),
            None => true,
        };
        assert!(ids.iter().all(inside), "{}", told.bin);
    }
    assert!(age.contributions.iter().any(|told| told.bin.starts_with('≥') && told.current > told.reference));
    let team = column(&body, "team");
    let unseen = team.contributions.iter().find(|told| told.bin == "unseen").unwrap();
    let new = bench.table(unseen.rows.as_ref().unwrap());
    let teams = table.column("team").unwrap().str().unwrap().clone();
    assert!(!new.is_empty() && new.ids().iter().all(|id| teams.get(*id as usize).unwrap().ends_with("new")));
    assert!(!outcome.body.to_string().contains(MARKER));
    let shown = self::outcome(&bench, json!({"show": ["team"]}), &inputs).0;
    assert!(shown.body.to_string().contains(MARKER) && shown.refusal.is_none() && !shown.warnings.is_empty());
}

#[test]
fn small_samples_and_small_differences_are_no_drift() {
    let bench = Bench::new();
    let reference = bench.source("before", people(3_000, 20, 0.0, 0.0));
    // Of many batches from one distribution a corrected gate hardly ever finds drift.
    let found = (0..40).filter(|at| {
        let rows = bench.source("now", people(200, 100 + 10 * at, 0.0, 0.0));
        !outcome(&bench, json!({"gates": [{}]}), &[("rows", &rows), ("reference", &reference)]).1.passed
    });
    assert!(found.count() <= 5);
    // The same shift: no drift in few rows, drift in many, and none for a gate whose threshold it does not reach.
    let passed = |rows: usize, gate: Value| {
        let rows = bench.source("now", people(rows, 7, 0.04, 0.0));
        outcome(&bench, json!({"gates": [gate]}), &[("rows", &rows), ("reference", &reference)]).1.passed
    };
    assert!(passed(60, json!({"measure": "mean"})));
    assert!(!passed(3_000, json!({"measure": "mean"})));
    assert!(passed(3_000, json!({"measure": "mean", "threshold": 0.5})));
    assert!(passed(3_000, json!({"measure": "mean", "direction": "down"})));
    assert!(!passed(3_000, json!({"measure": "mean", "direction": "up", "threshold": 0.05})));
}

#[test]
fn models_are_watched() {
    let bench = Bench::new();
    let rows = bench.source("now", people(600, 1, 0.0, 0.0));
    let now = bench.source("said", predictions(600, 3, 0.6));
    let before = bench.source("saidbefore", predictions(900, 30, 0.9));
    let inputs = [("rows", &rows), ("reference", &rows), ("predictions", &now), ("reference_predictions", &before)];
    let gates =
        json!([{"of": "metric"}, {"of": "metric", "direction": "up"}, {"of": "prediction", "severity": "warning"}]);
    let (_, body) = outcome(&bench, json!({ "gates": gates }), &inputs);
    let accuracy = &body.metrics[0];
    assert_eq!((accuracy.metric.as_str(), accuracy.worse, accuracy.drifted), ("accuracy_score", true, true));
    assert!(accuracy.reference > 0.85 && accuracy.current < 0.65 && accuracy.p_value.unwrap() < 1e-6);
    let names: Vec<Vec<&str>> =
        body.gates.iter().map(|gate| gate.drifted.iter().map(|found| found.name.as_str()).collect()).collect();
    assert_eq!(names[0], ["accuracy_score", "brier_score_loss"]);
    assert_eq!(names[1], ["brier_score_loss"], "the error rose, the accuracy fell");
    let roles: Vec<_> = body.columns.iter().skip(5).map(|column| format!("{:?}", column.role)).collect();
    assert_eq!(roles, ["Label", "Prediction", "Prediction"]);
    // A better model is no drift of its metrics.
    let (_, body) = outcome(
        &bench,
        json!({"gates": [{"of": "metric"}]}),
        &[("rows", &rows), ("reference", &rows), ("predictions", &before), ("reference_predictions", &now)],
    );
    assert!(body.passed && body.metrics.iter().all(|metric| !metric.worse));
}

#[test]
fn references_may_be_profiles_and_files() {
    let bench = Bench::new();
    let rows = bench.source("now", people(300, 1, 0.2, 0.0));
    let frame = people(700, 20, 0.0, 0.0);
    let reference = bench.source("before", frame.clone());
    let profile = plain().profile(&Table::number(frame, 0).unwrap()).unwrap();
    let kept = |value: &Value| {
        let (digest, bytes) = bench.store().put_json(value).unwrap();
        ArtifactRef { kind: mlspec_record::ArtifactKind::Report, digest, lineage: None, rows: None, bytes }
    };
    let document = serde_json::to_value(&profile).unwrap();
    let by_table = outcome(&bench, json!({}), &[("rows", &rows), ("reference", &reference)]).1;
    let by_profile = outcome(&bench, json!({}), &[("rows", &rows), ("profile", &kept(&document))]).1;
    assert_eq!((by_table.reference.as_str(), by_profile.reference.as_str()), ("table", "profile"));
    assert_eq!(by_table.columns, by_profile.columns, "no data is needed");

    let folder = bench.folder().join("baselines");
    std::fs::create_dir(&folder).unwrap();
    let site = Site::new([(Name::new("files").unwrap(), folder.clone())].into(), None);
    let run = |text: &str| {
        std::fs::write(folder.join("b.json"), text).unwrap();
        let settings = json!({"baseline": {"datastore": "files", "path": "b.json"}});
        let stage = bench.build_at(&entry(), &settings, &site).unwrap();
        let external = stage.external(bench.store()).unwrap();
        assert_eq!(external["path"], "b.json");
        bench.run(stage.as_ref(), 1, &[("rows", &rows)])
    };
    let found: Monitoring = serde_json::from_value(run(&document.to_string()).unwrap().body).unwrap();
    assert_eq!((found.reference.as_str(), &found.columns), ("baseline", &by_table.columns));
    for (text, reason) in [
        ("{", "is neither a profile nor the record of an analysis"),
        ("{\"format\": \"mlspec-profile/9\"}", "its format is not `mlspec-profile/1`"),
        ("{\"format\": \"mlspec-profile/1\"}", "it is not of its format"),
        ("{}", "is neither a profile nor the record of an analysis"),
    ] {
        let error = run(text).unwrap_err();
        assert!(error.to_string().contains(reason) && error.exit_code() == ExitCode::Data, "{error}");
    }
    let error = bench.run(
        bench.build(&entry(), &json!({})).unwrap().as_ref(),
        1,
        &[("rows", &rows), ("profile", &kept(&json!({"rows": 1})))],
    );
    assert!(error.unwrap_err().to_string().contains("what arrives at `profile` is no profile"));
}

/// Both sides from one frame, or from two.
fn compared(reference: DataFrame, current: DataFrame) -> Vec<ColumnDrift> {
    let profile = |frame: DataFrame| plain().profile(&Table::number(frame, 0).unwrap()).unwrap();
    let monitor = MonitorParams::default().check().unwrap();
    let drift = monitor.compare(&profile(reference), &profile(current)).unwrap();
    for (column, bins) in &drift.columns {
        let Some(bins) = bins else { panic!("no bins of `{}`", column.column) };
        assert_eq!(bins.labels.len(), bins.current.len());
    }
    drift.columns.into_iter().map(|(column, _)| column).collect()
}

#[test]
fn bad_input_gives_sensible_figures() {
    let odd = "na.me \"of\"\n it é";
    let long = "é".repeat(100_000);
    let nan = df!(odd => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]).unwrap();
    let cases = [
        (df!(odd => [1_i64]).unwrap(), df!(odd => [2_i64]).unwrap()),
        (df!(odd => [None::<f64>, None]).unwrap(), df!(odd => [Some(1.0), None]).unwrap()),
        (nan.clone(), df!(odd => [1.0, 2.0]).unwrap()),
        (nan.clone(), nan),
        (df!(odd => [f64::MAX, f64::MIN]).unwrap(), df!(odd => [0.0, 5e-324]).unwrap()),
        (df!(odd => [long.as_str(), ""]).unwrap(), df!(odd => [None::<&str>]).unwrap()),
        (df!(odd => [true, false]).unwrap(), df!(odd => [None, Some(true)]).unwrap()),
        (df!(odd => [1_u8, 2]).unwrap(), df!(odd => [1.5_f32, 2.0]).unwrap()),
    ];
    for (reference, current) in cases {
        for (one, other) in [(reference.clone(), current.clone()), (current, reference)] {
            let found = compared(one, other).remove(0);
            assert_eq!(found.column, odd);
            for measure in &found.measures {
                assert_eq!(
                    measure.value.is_none(),
                    measure.reason.is_some() && measure.p_value.is_none(),
                    "{measure:?}"
                );
                let figures = [measure.value, measure.p_value, measure.critical];
                assert!(figures.into_iter().flatten().all(f64::is_finite), "{measure:?}");
            }
            serde_json::to_string(&found).unwrap();
        }
    }
}

#[test]
fn columns_come_and_go() {
    let bench = Bench::new();
    let rows = bench.source("now", df!("a" => [1_i64, 2], "b" => ["x", "y"], "new" => [1_i64, 2]).unwrap());
    let reference = bench.source("before", df!("a" => [1_i64, 2], "b" => [1_i64, 2], "gone" => [1_i64, 2]).unwrap());
    let (outcome, body) = outcome(&bench, json!({}), &[("rows", &rows), ("reference", &reference)]);
    assert_eq!((body.missing, body.unknown), (vec!["b".to_owned(), "gone".to_owned()], vec!["new".to_owned()]));
    assert!(outcome.warnings[0].contains("`gone` (missing)"), "{:?}", outcome.warnings);
}

#[test]
fn very_wide_tables_are_compared() {
    let frame = |rows: i64| {
        let columns = (0..5_000_i64).map(|at| {
            polars::prelude::Series::new(format!("c{at}").into(), (0..rows).map(|row| row * at % 7).collect::<Vec<_>>())
        });
        DataFrame::new(rows as usize, columns.map(IntoColumn::into_column).collect()).unwrap()
    };
    assert_eq!(compared(frame(5), frame(4)).len(), 5_000);
}
