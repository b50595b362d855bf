//! Groups of rows: how they are treated, what they are made by, and what a gate makes of them.

use super::*;

#[test]
fn groups_of_a_source_column_are_compared() {
    let world = binary();
    let by = |more: Value| {
        let mut by = json!({"source": "customers", "column": "level", "min_rows": 10});
        more.as_object().unwrap().iter().for_each(|(key, value)| by[key] = value.clone());
        json!({"fairness": [by]})
    };
    let found = world.evaluate(&by(json!({})), &world.all()).fairness.remove(0);
    let groups: Vec<_> =
        found.groups.iter().map(|group| (group.value.as_deref(), group.rows, group.compared)).collect();
    // Row 1000 is by customers 0 and 1, row 1001 by none; customer 7 has no level.
    assert_eq!(groups, [(None, 5, false), (Some("basic"), 20, true), (Some("premium"), 15, true)]);
    assert_eq!((found.rows_in_several, found.rows_in_none), (1, 1));
    let rate = |at: usize| found.groups[at].true_positive_rate.unwrap();
    let difference = found.metrics.iter().find(|metric| metric.name == "equal_opportunity_difference").unwrap().value;
    assert_eq!(difference, Some((rate(1) - rate(2)).abs()));
    let stage = |settings: Value| world.bench.build(&evaluate_entry(), &settings);
    assert!(stage(by(json!({"min_rows": 0}))).unwrap_err().to_string().contains("`min_rows`"));
    assert!(stage(by(json!({"quantiles": 1}))).unwrap_err().to_string().contains("from 2 to 100"));
}

#[test]
fn groups_may_be_made_by_several_columns() {
    let world = binary();
    let cross = json!([{"column": "size", "quantiles": 2}]);
    let by = json!({"source": "customers", "column": "level", "cross": cross, "min_rows": 8});
    let slices = json!({"source": "customers", "column": "level", "cross": cross});
    let found = world.evaluate(&json!({"fairness": [by], "slices": [slices]}), &world.all());
    let groups: Vec<_> = found.fairness[0]
        .groups
        .iter()
        .map(|group| (group.value.as_deref(), group.cross[0].as_deref(), group.rows, group.compared))
        .collect();
    let (low, high) = (Some("[0, 20)"), Some("[20, 39]"));
    let (basic, premium) = (Some("basic"), Some("premium"));
    let expect = [
        (None, low, 2, false),
        (None, high, 3, false),
        (basic, low, 10, true),
        (basic, high, 10, true),
        (premium, low, 8, true),
        (premium, high, 7, false),
    ];
    assert_eq!(groups, expect);
    assert_eq!(found.fairness[0].cross[0].source, "rows");
    let slices: Vec<_> = found.slices[0].slices.iter().map(|slice| (slice.value.as_deref(), slice.rows)).collect();
    assert_eq!(slices, expect.map(|(value, _, rows, _)| (value, rows)));
}

#[test]
fn the_gate_looks_at_groups_too() {
    let world = binary();
    let refusal = |min_rows: u64, require: Value| {
        let by = json!([{"source": "customers", "column": "level", "min_rows": min_rows}, {"column": "size", "quantiles": 2, "min_rows": 5}]);
        let settings = json!({"fairness": by, "require": [require]});
        world.bench.outcome(&test_entry(), &settings, &[("model", &world.model), ("data", &world.all())]).refusal
    };
    let by_level = |max: f64| json!({"metric": "demographic_parity_difference", "column": "level", "max": max});
    assert_eq!(refusal(10, by_level(0.5)), None);
    let reason = refusal(10, by_level(0.0)).unwrap();
    assert!(
        reason.starts_with("`demographic_parity_difference` by `customers.level` is 0.0")
            && reason.ends_with("required at most 0"),
        "{reason}"
    );
    let reason = refusal(100, by_level(0.5)).unwrap();
    assert!(reason.contains("is required and undefined: fewer than two groups have at least 100 rows"), "{reason}");
    // Without a column, every entry must reach it.
    let reason = refusal(10, json!({"metric": "demographic_parity_ratio", "min": 0.99})).unwrap();
    assert!(reason.contains("by `customers.level`") && reason.contains("; `demographic_parity_ratio` by `rows.size`"));
}
