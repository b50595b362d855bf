//! Queries in tables of cases: those of `tests/cases/queries.txt`, and what must never be.

use crate::testing::*;
use crate::{Plan, ProvenanceError, query_tables};
use mlspec_record::Failure as _;
use mlspec_table::polars::prelude::*;
use std::collections::BTreeMap;

fn inputs() -> BTreeMap<String, Table> {
    let people = df!(
        "_row" => [1_u64, 2, 3, 4],
        "id" => [1_i64, 2, 3, 4],
        "name" => [Some("Ann"), Some("Bob"), Some("Cyd"), None],
        "city" => [Some("Ulm"), Some("Bonn"), Some("Ulm"), None],
        "age" => [Some(30_i64), Some(17), None, Some(65)]
    );
    let orders = df!(
        "_row" => [10_u64, 11, 12, 13],
        "id" => [10_i64, 11, 12, 13],
        "person" => [Some(1_i64), Some(1), Some(3), Some(9)],
        "amount" => [Some(5.0), Some(2.5), None, Some(1.0)]
    );
    let odd = df!("_row" => [1_u64], "a.b" => [1_i64], "c \"d" => [2_i64], "größe" => [3_i64], "it's" => [4_i64], "select" => [5_i64], "^x$" => [6_i64], "X" => [7_i64], "x" => [8_i64]);
    let empty = df!("_row" => [0_u64; 0], "id" => [0_i64; 0], "name" => [""; 0]);
    let nulls = df!("_row" => [1_u64, 2], "id" => [None::<i64>, None], "name" => [None::<&str>, None]);
    let all = [("people", people), ("orders", orders), ("odd", odd), ("empty", empty), ("nulls", nulls)];
    all.into_iter().map(|(name, frame)| (name.to_owned(), table(frame))).collect()
}

fn plan(sql: &str) -> Result<Plan, ProvenanceError> {
    let plans = inputs().into_keys().map(|name| (name.clone(), Plan::scan(name))).collect();
    Plan::sql(sql, &plans)
}

/// What a query gives, as the cases write it.
fn told(sql: &str) -> Vec<String> {
    let tracked = match plan(sql).and_then(|plan| plan.run(&inputs())) {
        Ok(tracked) => tracked,
        Err(error) => return vec![format!("! {error}")],
    };
    let table = tracked.table().unwrap();
    let columns =
        table.schema().columns().iter().map(|column| format!("{} {}", column.name, column.data_type.as_str()));
    let mut lines = vec![columns.collect::<Vec<_>>().join(", ")];
    let show = |value: AnyValue<'_>| match value.get_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let frame = table.frame().drop("_row").unwrap();
    let row = |at| frame.columns().iter().map(|column| show(column.get(at).unwrap())).collect::<Vec<_>>().join(" | ");
    let mut rows: Vec<_> = (0..frame.height()).map(row).collect();
    rows.sort();
    lines.extend(rows);
    let of = tracked.columns().iter().map(|column| format!("{}: {}", column.column, sources(column)));
    lines.push(format!("< {}", of.collect::<Vec<_>>().join("; ")));
    let mut deciding: Vec<String> =
        all_sources(tracked.indirect()).split(", ").filter(|one| !one.is_empty()).map(str::to_owned).collect();
    deciding.sort();
    lines.push(format!("~ {}", deciding.join(", ")));
    let operators: Vec<_> = tracked.reports().iter().map(|report| report.operator.as_str()).collect();
    lines.push(format!("= {}", operators.join(" ")));
    lines
}

/// Blocks of a query and what it gives, one empty line between them.
#[test]
fn queries_give_what_the_cases_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/queries.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut cases, mut wrong) = (0, Vec::new());
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let lines: Vec<&str> = block.lines().filter(|line| !line.starts_with('#')).collect();
        if lines.is_empty() {
            continue;
        }
        let (sql, expect): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|line| !line.starts_with("  "));
        let sql = sql.join("\n");
        let expect: Vec<&str> = expect.into_iter().map(|line| &line[2..]).collect();
        let found = told(&sql);
        cases += 1;
        // A refusal is named in part; where the operators are not named they do not matter.
        let right = match (expect.as_slice(), found.as_slice()) {
            ([reason], [error]) if reason.starts_with("! ") => error.contains(&reason[2..]),
            (expect, found) => {
                found.len() >= expect.len()
                    && expect.iter().zip(found).all(|(one, other)| one == other)
                    && expect.len() > 1
            }
        };
        if !right {
            wrong.push(format!("{sql}\n  {}", found.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(cases > 100, "{cases}");
}

#[test]
fn a_query_is_the_steps_it_stands_for() {
    let check = |sql: &str, steps: Plan| {
        let (query, steps) = (plan(sql).unwrap().run(&inputs()).unwrap(), steps.run(&inputs()).unwrap());
        assert_eq!(query.table().unwrap().frame(), steps.table().unwrap().frame(), "{sql}");
        assert_eq!(query.columns(), steps.columns(), "{sql}");
        assert_eq!(query.indirect(), steps.indirect(), "{sql}");
        for scan in query.scans() {
            assert_eq!(pairs_of(&query, &scan.name), pairs_of(&steps, &scan.name), "{sql}");
        }
        assert_eq!(query.reports().len(), steps.reports().len(), "{sql}");
    };
    let people = || Plan::scan("people");
    check(
        "SELECT name, age FROM people WHERE age >= 18",
        people().filter("age >= 18").unwrap().select(["name", "age"]),
    );
    check(
        "SELECT name, age + 1 AS next FROM people",
        people().derive([("next", "age + 1")]).unwrap().select(["name", "next"]),
    );
    check(
        "SELECT p.name, o.amount FROM people AS p JOIN orders AS o ON p.id = o.person",
        people()
            .inner_join(&Plan::scan("orders").rename([("id", "o.id")]), Join::on("orders", [""; 0]).and("id", "person"))
            .unwrap()
            .select(["name", "amount"]),
    );
    check("SELECT DISTINCT city FROM people", people().select(["city"]).distinct([""; 0]));
}

#[test]
fn tables_are_found_where_they_are_named() {
    let check = |sql: &str, expect: &[&str]| {
        assert_eq!(query_tables(sql).unwrap().iter().map(String::as_str).collect::<Vec<_>>(), expect, "{sql}");
    };
    check("SELECT 1 AS a FROM t", &["t"]);
    check("SELECT * FROM a JOIN \"b c\" USING (k), (SELECT * FROM d) AS e", &["a", "b c", "d"]);
    check(
        "WITH a AS (SELECT * FROM b), c AS (SELECT * FROM A) SELECT * FROM c WHERE k IN (SELECT k FROM d)",
        &["b", "d"],
    );
    check("SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k) UNION ALL SELECT * FROM v", &["t", "u", "v"]);
}

#[test]
fn a_query_that_stands_twice_is_computed_once() {
    let plans: BTreeMap<_, _> = BTreeMap::from([("people".to_owned(), Plan::scan("people"))]);
    let adults = Plan::sql("SELECT id, name FROM people WHERE age > 18", &plans).unwrap();
    let both = adults.clone().concat(&[adults], false);
    let tracked = both.run(&inputs()).unwrap();
    assert_eq!(tracked.reports().len(), 3);
    assert_eq!(tracked.table().unwrap().len(), 4);
    let own =
        plan("WITH a AS (SELECT id FROM people WHERE age > 18) SELECT * FROM a UNION ALL SELECT * FROM a").unwrap();
    assert_eq!(own.run(&inputs()).unwrap().reports().len(), 3);
}

#[test]
fn hostile_queries_end_in_errors() {
    let refused = |sql: String| {
        let error = plan(&sql).and_then(|plan| plan.run(&inputs())).map(|_| ()).unwrap_err();
        assert!(error.to_string().len() < 1_000);
        assert_eq!(error.exit_code(), mlspec_record::ExitCode::Usage);
    };
    refused(format!("SELECT {}1{} AS a FROM people", "(".repeat(5_000), ")".repeat(5_000)));
    refused(format!("SELECT * FROM {}people{}", "(SELECT * FROM ".repeat(1_000), ")".repeat(1_000)));
    refused(vec!["SELECT id FROM people"; 1_000].join(" UNION ALL "));
    refused(format!("SELECT * FROM people {}", "JOIN orders USING (id) ".repeat(1_000)));
    refused(format!("SELECT * FROM people WHERE {}", vec!["id = 1"; 1_000].join(" AND ")));
    refused(format!("SELECT '{}", "x".repeat(100_000)));
    refused("SELECT ".repeat(1_000));
    refused("WITH a AS (".repeat(1_000));
    let wide: Vec<String> = (0..200).map(|at| format!("id + {at} AS c{at}")).collect();
    assert_eq!(
        plan(&format!("SELECT {} FROM people", wide.join(", "))).unwrap().run(&inputs()).unwrap().columns().len(),
        200
    );
}
