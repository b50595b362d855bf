//! Random queries on random tables: what a lowered query gives is what SQLite gives; and an update of it equals a run.

use crate::{cases, source, written};
use mlspec_provenance::{Plan, Updated};
use mlspec_record::ArtifactRef;
use mlspec_store::Store;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ChunkOptions, Table};
use proptest::prelude::*;
use rusqlite::types::Value;
use std::collections::BTreeMap;

/// A row: key, integer, float.
type Row = (Option<u8>, Option<i64>, Option<u8>);

const KEYS: [&str; 4] = ["a", "b", "Ab", "it's"];
const FLOATS: [f64; 5] = [0.0, 0.5, -1.5, 2.0, 100.25];

/// A random query; its result has the columns `k` (a text), `v` (an integer) and `x` (a double).
#[derive(Clone, Debug)]
enum Query {
    Table(&'static str),
    /// Rows of a condition; which expressions; whether distinct; whether limited.
    Plain(Box<Query>, Option<usize>, [usize; 3], bool, Option<(u8, u8, bool)>),
    /// Two queries, how they are joined, by which conditions, and what comes out.
    Join(Box<Query>, Box<Query>, usize, usize, usize),
    /// A query, its condition, its keys, its aggregates, and what groups stay.
    Groups(Box<Query>, Option<usize>, usize, usize, bool),
    /// Rows that another query has, or lacks.
    Among(Box<Query>, Box<Query>, usize),
    Union(Box<Query>, Box<Query>, bool),
    /// A query by a name that stands twice.
    Own(Box<Query>),
    Window(Box<Query>, usize),
}

const CONDITIONS: &[&str] = &[
    "q.v > 0",
    "q.k IS NULL",
    "q.k IN ('a', 'it''s')",
    "NOT (q.v = 2 OR q.k = 'a')",
    "q.v BETWEEN 0 AND 2",
    "q.x < 1.5 AND q.v <> 1",
    "q.k LIKE 'a%'",
    "q.k LIKE '%''s' OR q.k LIKE '_b'",
    "CASE WHEN q.v > 0 THEN q.k ELSE 'z' END = 'a'",
    "coalesce(q.v, 0) % 2 = 0",
    "q.v NOT IN (1, NULL)",
    "q.v IN (1, NULL)",
    "q.k = q.k AND q.x IS NOT NULL",
    "(q.v + 1) * 2 >= q.v - -1",
    "q.v IS NOT NULL AND NOT q.v < 1",
    "length(q.k) > 1",
];

const TEXTS: &[&str] = &[
    "q.k",
    "upper(q.k)",
    "coalesce(q.k, 'n')",
    "q.k || 'x'",
    "substr(q.k, 1, 1)",
    "nullif(q.k, 'a')",
    "replace(q.k, 'b', '')",
    "trim(q.k)",
];
const INTEGERS: &[&str] = &[
    "q.v",
    "q.v * 2 - 1",
    "-q.v",
    "coalesce(q.v, 7)",
    "nullif(q.v, 1)",
    "abs(q.v)",
    "length(q.k)",
    "CASE q.v WHEN 1 THEN 10 ELSE q.v END",
    "q.v % 3",
    "CAST(q.x AS BIGINT)",
];
const DOUBLES: &[&str] = &[
    "q.x",
    "q.x + q.v",
    "q.x / 2",
    "q.v * 0.5",
    "CAST(q.v AS DOUBLE)",
    "coalesce(q.x, -1.0)",
    "CASE WHEN q.v > 1 THEN q.x END",
];

/// How two queries are joined: the words, and whether the right side is seen behind it.
const JOINS: &[(&str, bool)] =
    &[("JOIN", true), ("LEFT JOIN", true), ("RIGHT JOIN", true), ("FULL JOIN", true), ("INNER JOIN", true)];
const ONS: &[&str] = &[
    "a.k = b.k",
    "a.v = b.v AND a.k = b.k",
    "b.v = a.v + 1",
    "a.k = b.k AND b.v > 0",
    "a.k = b.k AND a.v > 0",
    "upper(a.k) = upper(b.k) AND a.x IS NOT NULL AND b.x IS NOT NULL",
];
const OUTS: &[&str] = &[
    "a.k AS k, a.v + coalesce(b.v, 0) AS v, b.x AS x",
    "b.k AS k, b.v AS v, a.x AS x",
    "coalesce(a.k, b.k) AS k, coalesce(b.v, a.v) AS v, coalesce(a.x, 0.0) + coalesce(b.x, 0.0) AS x",
];
const GROUPS: &[(&str, &str)] = &[
    ("q.k", "q.k"),
    ("upper(q.k)", "upper(q.k)"),
    ("q.k, q.v % 2", "q.k"),
    ("coalesce(q.k, 'n') || 'y'", "coalesce(q.k, 'n') || 'y'"),
];
const AGGREGATES: &[&str] = &[
    "count(*) AS v, sum(q.x) AS x",
    "sum(q.v) AS v, avg(q.x) AS x",
    "count(DISTINCT q.v) AS v, max(q.x) AS x",
    "min(q.v) AS v, sum(q.v * 0.5) / count(*) AS x",
    "count(q.v) FILTER (WHERE q.v > 0) AS v, sum(q.x) FILTER (WHERE q.k IS NOT NULL) AS x",
    "sum(q.v) + count(*) AS v, max(q.x) - min(q.x) AS x",
];
const WINDOWS: &[&str] = &[
    "q.k AS k, row_number() OVER (PARTITION BY q.k ORDER BY q.v NULLS LAST, q.x NULLS LAST) AS v, q.x AS x",
    "q.k AS k, rank() OVER (ORDER BY q.v DESC NULLS LAST) AS v, q.x AS x",
    "q.k AS k, count(*) OVER (PARTITION BY q.k) AS v, sum(q.x) OVER (PARTITION BY q.k) AS x",
    "q.k AS k, sum(q.v) OVER (PARTITION BY q.k ORDER BY q.v NULLS LAST) AS v, max(q.x) OVER () AS x",
];

impl Query {
    fn sql(&self, own: &mut Vec<String>) -> String {
        let from = |query: &Query, name: &str, own: &mut Vec<String>| match query {
            Query::Table(table) => format!("{table} AS {name}"),
            other => format!("({}) AS {name}", other.sql(own)),
        };
        let filter =
            |condition: &Option<usize>| condition.map_or_else(String::new, |at| format!(" WHERE {}", CONDITIONS[at]));
        match self {
            Self::Table(table) => format!("SELECT k, v, x FROM {table}"),
            Self::Plain(of, condition, [k, v, x], distinct, limit) => {
                let distinct = if *distinct { "DISTINCT " } else { "" };
                // Every column decides, so rows that are equal in the order are equal.
                let limit = limit.map_or_else(String::new, |(n, offset, descending)| {
                    let direction = if descending { "DESC" } else { "ASC" };
                    format!(" ORDER BY v {direction} NULLS LAST, x NULLS LAST, k NULLS FIRST LIMIT {n} OFFSET {offset}")
                });
                let (k, v, x) = (TEXTS[*k], INTEGERS[*v], DOUBLES[*x]);
                format!(
                    "SELECT {distinct}{k} AS k, {v} AS v, {x} AS x FROM {}{}{limit}",
                    from(of, "q", own),
                    filter(condition)
                )
            }
            Self::Join(left, right, how, on, out) => {
                let (left, right) = (from(left, "a", own), from(right, "b", own));
                format!("SELECT {} FROM {left} {} {right} ON {}", OUTS[*out], JOINS[*how].0, ONS[*on])
            }
            Self::Groups(of, condition, keys, aggregates, having) => {
                let (by, k) = GROUPS[*keys];
                let having = if *having { " HAVING count(*) > 1 OR max(q.v) > 0" } else { "" };
                format!(
                    "SELECT {k} AS k, {} FROM {}{} GROUP BY {by}{having}",
                    AGGREGATES[*aggregates],
                    from(of, "q", own),
                    filter(condition)
                )
            }
            Self::Among(of, other, how) => {
                let (of, inner) = (from(of, "q", own), from(other, "r", own));
                let condition = match how {
                    0 => format!("q.k IN (SELECT r.k FROM {inner} WHERE r.v > 0)"),
                    1 => format!("EXISTS (SELECT 1 FROM {inner} WHERE r.k = q.k AND r.v > 0)"),
                    2 => format!("NOT EXISTS (SELECT 1 FROM {inner} WHERE r.v = q.v AND r.x IS NOT NULL)"),
                    _ => format!("q.v > 0 AND (q.k, q.v) IN (SELECT r.k, r.v FROM {inner})"),
                };
                format!("SELECT q.k, q.v, q.x FROM {of} WHERE {condition}")
            }
            Self::Union(left, right, all) => {
                let side =
                    |query: &Query, own: &mut Vec<String>| format!("SELECT k, v, x FROM ({}) AS u", query.sql(own));
                format!("{} UNION {}{}", side(left, own), if *all { "ALL " } else { "" }, side(right, own))
            }
            Self::Own(of) => {
                let sql = of.sql(own);
                own.push(sql);
                let name = format!("own{}", own.len());
                format!(
                    "SELECT a.k AS k, a.v AS v, b.x AS x FROM {name} AS a JOIN {name} AS b ON a.k = b.k AND a.v = b.v"
                )
            }
            Self::Window(of, which) => format!("SELECT {} FROM {}", WINDOWS[*which], from(of, "q", own)),
        }
    }

    fn text(&self) -> String {
        let mut own = Vec::new();
        let sql = self.sql(&mut own);
        let with: Vec<String> = own.iter().enumerate().map(|(at, sql)| format!("own{} AS ({sql})", at + 1)).collect();
        if with.is_empty() { sql } else { format!("WITH {} {sql}", with.join(", ")) }
    }
}

fn query() -> impl Strategy<Value = Query> {
    let table = prop_oneof![Just(Query::Table("s")), Just(Query::Table("t"))];
    table.prop_recursive(3, 8, 2, |inner| {
        let one = || inner.clone().prop_map(Box::new);
        let condition = || prop::option::of(0..CONDITIONS.len());
        let exprs = (0..TEXTS.len(), 0..INTEGERS.len(), 0..DOUBLES.len()).prop_map(|(k, v, x)| [k, v, x]);
        let limit = prop::option::weighted(0.3, (0..5_u8, 0..3_u8, any::<bool>()));
        prop_oneof![
            4 => (one(), condition(), exprs, any::<bool>(), limit).prop_map(|(of, c, e, d, l)| Query::Plain(of, c, e, d, l)),
            4 => (one(), one(), 0..JOINS.len(), 0..ONS.len(), 0..OUTS.len()).prop_map(|(l, r, h, on, out)| Query::Join(l, r, h, on, out)),
            4 => (one(), condition(), 0..GROUPS.len(), 0..AGGREGATES.len(), any::<bool>()).prop_map(|(of, c, k, a, h)| Query::Groups(of, c, k, a, h)),
            3 => (one(), one(), 0..4_usize).prop_map(|(of, other, how)| Query::Among(of, other, how)),
            2 => (one(), one(), any::<bool>()).prop_map(|(l, r, all)| Query::Union(l, r, all)),
            1 => one().prop_map(Query::Own),
            2 => (one(), 0..WINDOWS.len()).prop_map(|(of, which)| Query::Window(of, which)),
        ]
    })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        prop::option::weighted(0.85, 0..KEYS.len() as u8),
        prop::option::weighted(0.85, -2..4_i64),
        prop::option::weighted(0.85, 0..FLOATS.len() as u8),
    );
    prop::collection::vec(row, 0..9)
}

fn key(row: &Row) -> Option<&'static str> {
    row.0.map(|at| KEYS[usize::from(at)])
}

fn float(row: &Row) -> Option<f64> {
    row.2.map(|at| FLOATS[usize::from(at)])
}

fn table(rows: &[Row]) -> Table {
    let k: Vec<_> = rows.iter().map(key).collect();
    let v: Vec<_> = rows.iter().map(|row| row.1).collect();
    let x: Vec<_> = rows.iter().map(float).collect();
    Table::number(df!("k" => k, "v" => v, "x" => x).unwrap(), 0).unwrap()
}

/// A row as text: floats to nine digits, since sums are rounded differently.
fn shown(k: Option<&str>, v: Option<i64>, x: Option<f64>) -> String {
    format!("{k:?} {v:?} {:?}", x.map(|x| format!("{:.9e}", if x == 0.0 { 0.0 } else { x })))
}

fn in_sqlite(sql: &str, tables: &BTreeMap<&str, Vec<Row>>) -> Vec<String> {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.execute_batch("PRAGMA case_sensitive_like = ON").unwrap();
    for (name, rows) in tables {
        connection.execute_batch(&format!("CREATE TABLE {name} (k TEXT, v INTEGER, x REAL)")).unwrap();
        for row in rows {
            connection
                .execute(&format!("INSERT INTO {name} VALUES (?1, ?2, ?3)"), (key(row), row.1, float(row)))
                .unwrap();
        }
    }
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let found = statement.query_map((), |row| {
        let v = match row.get::<_, Value>(1)? {
            Value::Integer(v) => Some(v),
            Value::Real(v) => Some(v as i64),
            _ => None,
        };
        let x = match row.get::<_, Value>(2)? {
            Value::Integer(x) => Some(x as f64),
            Value::Real(x) => Some(x),
            _ => None,
        };
        Ok(shown(row.get::<_, Option<String>>(0)?.as_deref(), v, x))
    });
    let mut found: Vec<String> = found.unwrap().map(Result::unwrap).collect();
    found.sort();
    found
}

fn plan(sql: &str) -> Plan {
    let plans = ["s", "t"].map(|name| (name.to_owned(), Plan::scan(name))).into();
    Plan::sql(sql, &plans).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn found(frame: &DataFrame) -> Vec<String> {
    let text = frame.column("k").unwrap().str().unwrap().clone();
    let v = frame.column("v").unwrap().cast(&DataType::Int64).unwrap();
    let x = frame.column("x").unwrap().cast(&DataType::Float64).unwrap();
    let (v, x) = (v.i64().unwrap(), x.f64().unwrap());
    let mut rows: Vec<String> = (0..frame.height()).map(|at| shown(text.get(at), v.get(at), x.get(at))).collect();
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(96), max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_gives_what_sqlite_gives(query in query(), s in rows(), t in rows()) {
        let sql = query.text();
        let tables = BTreeMap::from([("s".to_owned(), table(&s)), ("t".to_owned(), table(&t))]);
        let tracked = plan(&sql).run(&tables).unwrap_or_else(|error| panic!("{sql}: {error}"));
        prop_assert_eq!(found(tracked.frame()), in_sqlite(&sql, &BTreeMap::from([("s", s), ("t", t)])), "{}", sql);
    }

    #[test]
    fn an_update_of_a_query_equals_a_run(query in query(), before in (rows(), rows()), after in (rows(), rows())) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let options = ChunkOptions::rows(3);
        let plan = plan(&query.text());
        let tables = |(s, t): &(Vec<Row>, Vec<Row>)| BTreeMap::from([("s".to_owned(), table(s)), ("t".to_owned(), table(t))]);
        let (old, result) = written(&store, &plan, &tables(&before), &options);
        let now = tables(&after);
        let new: BTreeMap<String, ArtifactRef> = now.iter().map(|(name, table)| (name.clone(), source(&store, name, table, &options))).collect();
        let inputs = new.iter().map(|(name, new)| (name.clone(), (old[name].clone(), new.clone()))).collect();
        let Some(Updated { result: made, .. }) = plan.update(&store, &result, &inputs, &options).unwrap() else {
            return Err(TestCaseError::fail("no update"));
        };
        let (_, expect) = written(&store, &plan, &now, &options);
        prop_assert_eq!(&made, &expect, "{}", query.text());
    }
}
