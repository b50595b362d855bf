//! Rows of queries: SQLite in a file, PostgreSQL on the server that `bash tests/run` starts.

use mlspec_ingest::{Edition, Edits, IngestParams, entry};
use mlspec_record::body::Ingestion;
use mlspec_record::{ExitCode, Name};
use mlspec_stage::datastore::{Address, Datastore, Postgres, Secret, Tls};
use mlspec_stage::{Outcome, Site, StageError};
use mlspec_table::Table;
use mlspec_table::polars::prelude::AnyValue;
use mlspec_testkit::{Bench, Case, MARKER, OnEmpty, check_stage};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A database to be asked.
struct Db {
    site: Site,
    kind: Kind,
}

enum Kind {
    Sqlite(PathBuf),
    Postgres { url: String, schema: String },
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// An SQLite database with these tables.
fn sqlite(bench: &Bench, sql: &str) -> Db {
    let path = bench.folder().join("shop.db");
    let db = Db {
        site: Site::default().with_datastore(name("shop"), Datastore::Sqlite(path.clone())),
        kind: Kind::Sqlite(path),
    };
    db.execute(sql);
    db
}

/// The URL of the server, with a schema of its own for this test; none where there is no server, which a test run for real must not be.
fn server(schema: &str) -> Option<String> {
    let Ok(url) = std::env::var("MLSPEC_TEST_POSTGRES") else {
        assert!(std::env::var_os("CI").is_none(), "there is no PostgreSQL server: `bash tests/run` starts one");
        eprintln!("not tested: there is no PostgreSQL server; `bash tests/run` starts one");
        return None;
    };
    Some(format!("{url}?options=-csearch_path%3D{schema}"))
}

fn postgres_at(address: Address, tls: Option<Tls>, certificates: Option<&Path>) -> Site {
    let root_certificates = certificates.map(Path::to_owned);
    let server = Postgres { address, tls, root_certificates };
    Site::default().with_datastore(name("shop"), Datastore::Postgres(Box::new(server)))
}

/// A PostgreSQL database with these tables.
fn postgres(sql: &str) -> Option<Db> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let schema = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    let url = server(&schema)?;
    let site = postgres_at(Address::Url(Secret::new(url.clone())), None, None);
    let db = Db { site, kind: Kind::Postgres { url, schema: schema.clone() } };
    db.execute(&format!("CREATE SCHEMA {schema}; {sql}"));
    Some(db)
}

impl Db {
    fn execute(&self, sql: &str) {
        match &self.kind {
            Kind::Sqlite(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            Kind::Postgres { url, .. } => {
                postgres::Client::connect(url, postgres::NoTls).unwrap().batch_execute(sql).unwrap();
            }
        }
    }

    fn run(&self, bench: &Bench, settings: &Value) -> Result<Outcome, StageError> {
        let stage = bench.build_at(&entry(), settings, &self.site)?;
        bench.run(stage.as_ref(), 42, &[])
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        if let Kind::Postgres { schema, .. } = &self.kind {
            self.execute(&format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

fn ask(query: &str, more: Value) -> Value {
    let mut settings = json!({"dataset": "orders", "datastore": "shop", "query": query});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

/// Columns with types, then rows with their ids.
fn shown(bench: &Bench, outcome: &Outcome) -> String {
    let rows = outcome.outputs.iter().find(|output| output.port.as_str() == "rows").unwrap();
    let table = Table::read(bench.store(), &rows.artifact.digest).unwrap();
    let head: Vec<String> = table.schema().columns().iter().map(|c| format!("{}:{}", c.name, c.data_type)).collect();
    let cell = |column: &mlspec_table::polars::prelude::Column, row| match column.get(row).unwrap() {
        AnyValue::Null => "-".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        value => value.to_string(),
    };
    let line = |row| table.frame().columns().iter().map(|c| cell(c, row)).collect::<Vec<_>>().join(", ");
    std::iter::once(head.join(" ")).chain((0..table.len()).map(line)).collect::<Vec<_>>().join("\n")
}

fn body(outcome: &Outcome) -> Ingestion {
    serde_json::from_value(outcome.body.clone()).unwrap()
}

/// What must hold for every database.
fn check(db: &Db, bench: &Bench, query: &str, more: Value, expect: Result<&str, (ExitCode, &str)>) {
    let found = db.run(bench, &ask(query, more));
    match (found, expect) {
        (Ok(outcome), Ok(expect)) => assert_eq!(shown(bench, &outcome), expect, "{query}"),
        (Err(error), Err((code, message))) => {
            let text = error.to_string();
            assert!(text.contains(message), "{query}: {text}");
            assert_eq!(error.exit_code(), code, "{query}: {text}");
            let all = format!("{error:?}{text}{:?}{}", error.hint(), error.place());
            assert!(!all.contains("SECRET") && !all.contains("hunter2"), "{all}");
        }
        (Ok(outcome), Err(_)) => panic!("{query}: {}", shown(bench, &outcome)),
        (Err(error), Ok(_)) => panic!("{query}: {error}"),
    }
}

fn by_id() -> Value {
    json!({"key": ["id"]})
}

#[test]
fn sqlite_conforms() {
    let bench = Bench::new();
    let text = format!("CREATE TABLE t (id INTEGER, text TEXT); INSERT INTO t VALUES (1, '{MARKER}'), (2, NULL)");
    let db = sqlite(&bench, &text);
    let site = Site::new([(name("files"), bench.folder().to_owned())].into(), None);
    let Datastore::Sqlite(path) = db.site.datastore(&name("shop")).unwrap().clone() else { panic!() };
    let case = Case::new(&bench, entry(), ask("SELECT * FROM t", by_id()))
        .site(site.with_datastore(name("shop"), Datastore::Sqlite(path)))
        .on_empty(OnEmpty::ReadsNone)
        .accepts(ask("SELECT 1 AS x", json!({"timeout_seconds": 5, "bad_rows": {"policy": "quarantine"}})))
        .refuses(json!({"datastore": "shop", "query": " "}), "`path` names no file")
        .refuses(ask("SELECT 1", json!({"path": "a.csv"})), "`path` and `query` are both set")
        .refuses(ask("SELECT 1", json!({"format": "csv"})), "`format` and `hive` are for files")
        .refuses(ask("SELECT 1", json!({"timeout_seconds": 0})), "`timeout_seconds` must be at least 1")
        .refuses(json!({"datastore": "files", "path": "a.csv", "timeout_seconds": 9}), "there is no `query`")
        .refuses(json!({"datastore": "shop", "path": "a.csv"}), "is of type `sqlite`, expected `folder`")
        .refuses(
            json!({"datastore": "files", "query": "SELECT 1"}),
            "is of type `folder`, expected `sqlite or postgres`",
        )
        .refuses(
            ask("SELECT 1", json!({"bad_rows": {"policy": "quarantine", "max_share": 1.5}})),
            "`max_share` must be between 0 and 1",
        )
        .fails("no such table", ask("SELECT * FROM nope", json!({})), ExitCode::Usage, "no such table: nope")
        .fails(
            "no such key",
            ask("SELECT * FROM t", json!({"key": ["nope"]})),
            ExitCode::Usage,
            "the key column `nope`",
        )
        .fails(
            "a null key",
            ask("SELECT * FROM t", json!({"key": ["text"]})),
            ExitCode::Data,
            "is null in 1 rows: row 2 of the result",
        );
    check_stage!(case);
}

const NAMES: &str = "CREATE TABLE \"ü.\"\"x\"\" y\" (id INTEGER, \"näme \"\"x\"\".y\" TEXT);
    INSERT INTO \"ü.\"\"x\"\" y\" VALUES (2, 'b'), (1, 'a')";

#[test]
fn sqlite_values_have_their_own_types() {
    let bench = Bench::new();
    let db = sqlite(&bench, NAMES);
    let check = |query: &str, expect| check(&db, &Bench::new(), query, json!({}), expect);
    check("SELECT * FROM \"ü.\"\"x\"\" y\"", Ok("id:int64 näme \"x\".y:string\n0, 1, a\n1, 2, b"));
    check(
        "SELECT 1 AS a, 1.5 AS b, 'x' AS c, x'00ff' AS d, NULL AS e",
        Ok("a:int64 b:float64 c:string d:binary e:string\n0, 1, 1.5, x, b\"\\x00\\xff\", -"),
    );
    check("SELECT 1 AS a UNION ALL SELECT 2.5 UNION ALL SELECT NULL", Ok("a:float64\n0, 1.0\n1, 2.5\n2, -"));
    check("SELECT NULL AS a UNION ALL SELECT 7", Ok("a:int64\n0, 7\n1, -"));
    check("SELECT 9e999 AS a UNION ALL SELECT -9e999", Ok("a:float64\n0, -inf\n1, inf"));
    check("SELECT 1 AS a WHERE 0", Ok("a:string"));
    check("WITH t(x) AS (SELECT 1) SELECT x FROM t", Ok("x:int64\n0, 1"));
    check("SELECT 'SECRET' AS a UNION ALL SELECT 1", Err((ExitCode::Data, "the column `a` mixes texts and integers")));
    check(
        "SELECT 9007199254740993 AS a UNION ALL SELECT 0.5",
        Err((ExitCode::Data, "an integer beyond 2^53 among reals")),
    );
    check("SELECT CAST(x'ff' AS TEXT) AS a", Err((ExitCode::Data, "a text that is not UTF-8")));
    check("SELECT 1 AS a, 2 AS a", Err((ExitCode::Usage, "two columns of the result are named `a`")));
    check("SELECT 1 AS _row", Err((ExitCode::Usage, "cannot name a column")));
    check("SELECT json('{SECRET') AS a", Err((ExitCode::Data, "the query failed on a value")));
    check("SELEKT 1", Err((ExitCode::Usage, "syntax error")));
    check("SELECT 1; SELECT 2", Err((ExitCode::Usage, "there is more than one query")));
    check("DELETE FROM \"ü.\"\"x\"\" y\"", Err((ExitCode::Usage, "the query would change the database")));
    check(
        "INSERT INTO \"ü.\"\"x\"\" y\" VALUES (3, 'c') RETURNING id",
        Err((ExitCode::Usage, "the query would change the database")),
    );
    check("ATTACH DATABASE '/tmp/other.db' AS other", Err((ExitCode::Usage, "it must be one `SELECT`")));
    let wide = (0..2_000).map(|n| format!("{n} AS c{n}")).collect::<Vec<_>>().join(", ");
    let outcome = db.run(&bench, &ask(&format!("SELECT {wide}"), json!({}))).unwrap();
    assert_eq!(body(&outcome).columns.columns().len(), 2_000);
    let long = db.run(&Bench::new(), &ask("SELECT printf('%.*c', 5000000, 'x') AS t", json!({}))).unwrap();
    assert_eq!(body(&long).rows, 1);
}

#[test]
fn declared_types_are_those_of_files() {
    let bench = Bench::new();
    let db = sqlite(&bench, "CREATE TABLE t (d, n); INSERT INTO t VALUES ('2024-02-29', '1.50'), ('1999-01-01', NULL)");
    let typed = |d: &str, n: &str| json!({"columns": [{"name": "d", "type": d}, {"name": "n", "type": n}]});
    check(
        &db,
        &bench,
        "SELECT n, d, 1 AS more FROM t",
        typed("date", "float64"),
        Ok("d:date n:float64\n0, 2024-02-29, 1.5\n1, 1999-01-01, -"),
    );
    check(
        &db,
        &Bench::new(),
        "SELECT * FROM t",
        typed("date", "int64"),
        Err((ExitCode::Data, "a value is not of type `int64`")),
    );
    check(
        &db,
        &Bench::new(),
        "SELECT d FROM t",
        typed("date", "int64"),
        Err((ExitCode::Data, "the file has no column `n`")),
    );
}

#[test]
fn a_file_that_is_no_database_or_is_gone() {
    let bench = Bench::new();
    let db = sqlite(&bench, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    let Kind::Sqlite(path) = &db.kind else { panic!() };
    let whole = std::fs::read(path).unwrap();
    for length in [20, 99, 1_000, whole.len() - 1_000, whole.len() - 1] {
        std::fs::write(path, &whole[..length]).unwrap();
        let error = db.run(&bench, &ask("SELECT * FROM t", json!({}))).unwrap_err();
        assert!(matches!(error.exit_code(), ExitCode::Data | ExitCode::Outside), "{length}: {error}");
    }
    std::fs::write(path, "id,text\n1,SECRET\n".repeat(99)).unwrap();
    check(
        &db,
        &bench,
        "SELECT * FROM t",
        json!({}),
        Err((ExitCode::Data, "the file is no SQLite database, or damaged")),
    );
    std::fs::remove_file(path).unwrap();
    check(&db, &bench, "SELECT * FROM t", json!({}), Err((ExitCode::Outside, "the database cannot be reached")));
}

#[test]
fn a_query_that_takes_too_long_is_given_up() {
    let bench = Bench::new();
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS c FROM n";
    let db = sqlite(&bench, "CREATE TABLE t (a)");
    let soon = json!({"timeout_seconds": 1});
    check(&db, &bench, endless, soon.clone(), Err((ExitCode::Outside, "the query took longer than 1 seconds")));
    let Some(db) = postgres("") else { return };
    check(
        &db,
        &bench,
        "SELECT pg_sleep(60)::text AS x",
        soon,
        Err((ExitCode::Outside, "the query took longer than 1 seconds")),
    );
}

/// First ids, unchanged rows, other rows, other types: for every database.
fn versions(db: &Db, bench: &Bench) {
    let orders = ask("SELECT * FROM orders", by_id());
    let first = db.run(bench, &orders).unwrap();
    assert_eq!(shown(bench, &first), "id:int64 item:string\n0, 10, a\n1, 20, b\n2, 30, c");
    let source = body(&first).query.unwrap();
    assert_eq!((source.rows, source.first_row, body(&first).files.len()), (3, Some(0), 0));
    assert_eq!(source.text, "SELECT * FROM orders");

    let stage = || bench.build_at(&entry(), &orders, &db.site).unwrap();
    let key = stage().external(bench.store()).unwrap();
    assert_eq!(stage().external(bench.store()).unwrap(), key, "the same rows are the same key");
    db.execute("UPDATE orders SET item = 'B' WHERE id = 20; DELETE FROM orders WHERE id = 10; INSERT INTO orders VALUES (5, 'new')");
    assert_ne!(stage().external(bench.store()).unwrap(), key);
    let second = db.run(bench, &orders).unwrap();
    assert_eq!(shown(bench, &second), "id:int64 item:string\n1, 20, B\n2, 30, c\n3, 5, new");

    // Edits stay as long as the database gives the same rows.
    let edition = Edition::open(bench.store(), &name("orders"), None).unwrap();
    let draft = edition.revise(&Edits { remove: vec![2], ..Edits::default() }).unwrap().draft.unwrap();
    draft.publish(bench.store(), mlspec_record::Timestamp::from_millis(0).unwrap()).unwrap();
    let kept = db.run(bench, &orders).unwrap();
    assert_eq!(shown(bench, &kept), "id:int64 item:string\n1, 20, B\n3, 5, new");
    db.execute("INSERT INTO orders VALUES (6, 'newer')");
    let read = db.run(bench, &orders).unwrap();
    assert_eq!(shown(bench, &read), "id:int64 item:string\n1, 20, B\n3, 5, new\n4, 6, newer\n5, 30, c");

    let other = ask("SELECT id, 2 AS item FROM orders", by_id());
    let changed = db.run(bench, &other).unwrap_err();
    assert!(changed.to_string().contains("the column `item` was of type `string` at the first ingest"), "{changed}");
}

#[test]
fn rows_of_queries_keep_their_ids() {
    let tables =
        "CREATE TABLE orders (id BIGINT, item TEXT); INSERT INTO orders VALUES (30, 'c'), (10, 'a'), (20, 'b')";
    let bench = Bench::new();
    versions(&sqlite(&bench, tables), &bench);
    if let Some(db) = postgres(tables) {
        versions(&db, &Bench::new());
    }
}

#[test]
fn the_order_of_the_database_does_not_matter() {
    let bench = Bench::new();
    let db = sqlite(
        &bench,
        "CREATE TABLE t (a, b); INSERT INTO t VALUES ('y', 2), ('x', NULL), ('y', 1), ('x', NULL), (NULL, 0.5)",
    );
    let expect = Ok("a:string b:float64\n0, x, -\n1, x, -\n2, y, 1.0\n3, y, 2.0\n4, -, 0.5");
    for order in ["", "ORDER BY a", "ORDER BY b DESC", "ORDER BY random()"] {
        check(&db, &Bench::new(), &format!("SELECT * FROM t {order}"), json!({}), expect);
    }
}

#[test]
fn rows_with_bad_keys_or_values_can_be_put_aside() {
    let bench = Bench::new();
    let db = sqlite(
        &bench,
        "CREATE TABLE t (id, n); INSERT INTO t VALUES (1, '5'), (1, '6'), (NULL, '7'), (2, 'x'), (3, '8')",
    );
    let more = |share: f64| {
        json!({"key": ["id"], "bad_rows": {"policy": "quarantine", "max_share": share},
            "columns": [{"name": "id", "type": "int64"}, {"name": "n", "type": "int8"}]})
    };
    let outcome = db.run(&bench, &ask("SELECT * FROM t", more(0.6))).unwrap();
    assert_eq!(shown(&bench, &outcome), "id:int64 n:int8\n0, 1, 5\n1, 3, 8");
    let aside = body(&outcome).quarantined.unwrap();
    assert_eq!(
        aside.reasons,
        [("key_null", 1), ("key_repeated", 1), ("type", 1)].map(|(k, n)| (k.to_owned(), n)).into()
    );
    let table = Table::read(bench.store(), &aside.table.digest).unwrap();
    let texts = table.column("text").unwrap().str().unwrap().iter().flatten().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(texts, [r#"{"id":"1","n":"6"}"#, r#"{"id":"2","n":"x"}"#, r#"{"id":null,"n":"7"}"#]);
    let many =
        (ExitCode::Data, "3 of 5 rows cannot be read, and at most a share of 0.5 may be: row 3 of the result (type)");
    check(&db, &Bench::new(), "SELECT * FROM t", more(0.5), Err(many));
}

#[test]
fn postgres_types_stay_exact() {
    let Some(db) = postgres(
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN small AS int CHECK (value < 10);
         CREATE TABLE orders (a int)",
    ) else {
        return;
    };
    let check = |query: &str, expect| check(&db, &Bench::new(), query, json!({}), expect);
    check(
        "SELECT true AS a, 1::int2 AS b, 2 AS c, 3::int8 AS d, 4::oid AS e, 1.5::float4 AS f, 'NaN'::float8 AS g, '-infinity'::float8 AS h",
        Ok(
            "a:boolean b:int16 c:int32 d:int64 e:u_int32 f:float32 g:float64 h:float64\n0, true, 1, 2, 3, 4, 1.5, NaN, -inf",
        ),
    );
    check(
        "SELECT 123456789012345678901234567890.10 AS a, 'NaN'::numeric AS b, 0.00000001 AS c, -7::numeric(9, 2) AS d",
        Ok("a:string b:string c:string d:string\n0, 123456789012345678901234567890.10, NaN, 0.00000001, -7.00"),
    );
    check(
        "SELECT 'x'::text AS \"näme \"\"x\"\".y\", 'y'::varchar(9) AS b, 'z'::char(3) AS c, 'happy'::mood AS d, 7::small AS e, null::int AS f",
        Ok("näme \"x\".y:string b:string c:string d:string e:int32 f:int32\n0, x, y, z  , happy, 7, -"),
    );
    check(
        "SELECT 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid AS a, '{\"b\": [1,  2]}'::json AS b, '{\"b\": [1,  2]}'::jsonb AS c, '\\x00ff'::bytea AS d",
        Ok(
            "a:string b:string c:string d:binary\n0, a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11, {\"b\": [1,  2]}, {\"b\": [1, 2]}, b\"\\x00\\xff\"",
        ),
    );
    check(
        "SELECT date '2024-02-29' AS a, date '0001-01-01' AS b, time '12:30:00.5' AS c, timestamp '1999-12-31 23:59:59.123456' AS d, timestamptz '2024-01-01 00:00+02' AS e",
        Ok(
            "a:date b:date c:time d:datetime e:datetime_utc\n0, 2024-02-29, 0001-01-01, 12:30:00.500, 1999-12-31 23:59:59.123456, 2023-12-31 22:00:00 UTC",
        ),
    );
    check(
        "SELECT ARRAY['a', NULL]::text[] AS a, ARRAY[1, 2]::int4[] AS b, ARRAY[0.5]::float8[] AS c, ARRAY[]::text[] AS d",
        Ok("a:list_string b:list_float64 c:list_float64 d:list_string\n0, [\"a\", null], [1.0, 2.0], [0.5], []"),
    );
    check("SELECT 1 AS a WHERE false", Ok("a:int32"));
    for (query, code, message) in [
        ("SELECT '1 day'::interval AS a", ExitCode::Data, "the column `a` is of the database's type `interval`"),
        ("SELECT '127.0.0.1'::inet AS a", ExitCode::Data, "the database's type `inet`"),
        ("SELECT ROW(1, 'SECRET') AS a", ExitCode::Data, "the database's type `record`"),
        (
            "SELECT date 'infinity' AS a",
            ExitCode::Data,
            "the column `a` has a value that tables cannot hold: an infinite date",
        ),
        ("SELECT timestamp '-infinity' AS a", ExitCode::Data, "an infinite moment"),
        ("SELECT time '24:00' AS a", ExitCode::Data, "the time 24:00"),
        ("SELECT ARRAY[ARRAY[1, 2]]::int[] AS a", ExitCode::Data, "a list of lists"),
        ("SELECT 'SECRET'::int AS a", ExitCode::Data, "the query failed on a value (SQLSTATE 22P02)"),
        (
            "SELECT 1 / (a - a) AS x FROM (SELECT 3 AS a) AS t",
            ExitCode::Data,
            "the query failed on a value (SQLSTATE 22012)",
        ),
        ("SELECT * FROM nope", ExitCode::Usage, "relation \"nope\" does not exist"),
        ("SELEKT 1", ExitCode::Usage, "syntax error"),
        ("SELECT 1; SELECT 2", ExitCode::Usage, "there is more than one query"),
        ("SELECT $1::int AS a", ExitCode::Usage, "it has parameters such as `$1`"),
        ("SELECT 1 AS a, 2 AS a", ExitCode::Usage, "two columns of the result are named `a`"),
        ("INSERT INTO orders VALUES (1)", ExitCode::Usage, "it must be one `SELECT`"),
        ("INSERT INTO orders VALUES (1) RETURNING a", ExitCode::Usage, "the query would change the database"),
        (
            "WITH gone AS (DELETE FROM orders RETURNING a) SELECT * FROM gone",
            ExitCode::Usage,
            "the query would change the database",
        ),
        ("CREATE TABLE other (a int)", ExitCode::Usage, "it must be one `SELECT`"),
        ("COMMIT", ExitCode::Usage, "it must be one `SELECT`"),
        (
            "SELECT set_config('transaction_read_only', 'off', false) AS a",
            ExitCode::Usage,
            "the query would change the database",
        ),
    ] {
        check(query, Err((code, message)));
    }
    let wide = (0..1_600).map(|n| format!("{n} AS c{n}")).collect::<Vec<_>>().join(", ");
    let bench = Bench::new();
    let outcome = db.run(&bench, &ask(&format!("SELECT {wide}"), json!({}))).unwrap();
    assert_eq!(body(&outcome).columns.columns().len(), 1_600);
    let many = ask("SELECT n AS id, repeat('x', 100) AS t FROM generate_series(1, 20000) AS n", by_id());
    assert_eq!(body(&db.run(&Bench::new(), &many).unwrap()).rows, 20_000, "more than one batch");
    let long = ask("SELECT repeat('x', 5000000) AS t", json!({}));
    assert_eq!(body(&db.run(&Bench::new(), &long).unwrap()).rows, 1);
}

#[test]
fn postgres_says_its_columns_before_rows_are_fetched() {
    let Some(db) = postgres("CREATE TABLE t (id int8, at timestamptz)") else { return };
    let bench = Bench::new();
    let stage = bench.build_at(&entry(), &ask("SELECT * FROM t", by_id()), &db.site).unwrap();
    let planned = stage.plan(&mlspec_stage::Schemas::new()).unwrap();
    let names: Vec<String> = planned["rows"].columns().iter().map(|c| format!("{}:{}", c.name, c.data_type)).collect();
    assert_eq!(names, ["id:int64", "at:datetime_utc"]);
    let wrong = bench.build_at(&entry(), &ask("SELECT * FROM t", json!({"key": ["nope"]})), &db.site).unwrap();
    assert!(wrong.plan(&mlspec_stage::Schemas::new()).is_err());
}

#[test]
fn connections_that_fail_say_so_and_show_no_secret() {
    let parts = |port: u16, user: &str, database: &str, password: Option<&str>| Address::Parts {
        host: "127.0.0.1".to_owned(),
        port,
        database: database.to_owned(),
        user: user.to_owned(),
        password: password.map(Secret::new),
    };
    let check = |address: Address, tls, certificates: Option<&Path>, expect| {
        let site = postgres_at(address, tls, certificates);
        assert!(!format!("{site:?}").contains("hunter2"));
        let db = Db { site, kind: Kind::Sqlite(PathBuf::new()) };
        check(&db, &Bench::new(), "SELECT 1 AS a", json!({}), expect);
    };
    let down = (ExitCode::Outside, "the database cannot be reached");
    check(parts(9, "u", "d", Some("hunter2")), None, None, Err(down));
    check(Address::Url(Secret::new("postgres://u:hunter2@127.0.0.1:9/d")), None, None, Err(down));
    check(
        Address::Url(Secret::new("mysql//hunter2")),
        None,
        None,
        Err((ExitCode::Usage, "the URL of the database cannot be read")),
    );
    let Some(url) = server("public") else { return };
    let (_, rest) = url.split_once("://mlspec:").unwrap();
    let (password, rest) = rest.split_once('@').unwrap();
    let port: u16 = rest.split_once(':').unwrap().1.split_once('/').unwrap().0.parse().unwrap();
    let good = Ok("a:int32\n0, 1");
    check(parts(port, "mlspec", "postgres", Some(password)), None, None, good);
    check(
        parts(port, "mlspec", "postgres", Some("hunter2")),
        None,
        None,
        Err((ExitCode::Outside, "user or password are wrong")),
    );
    check(
        parts(port, "nobody", "postgres", Some("hunter2")),
        None,
        None,
        Err((ExitCode::Outside, "user or password are wrong")),
    );
    check(parts(port, "mlspec", "postgres", None), None, None, Err((ExitCode::Outside, "it asks for a password")));
    check(parts(port, "mlspec", "nope", Some(password)), None, None, Err((ExitCode::Outside, "it does not exist")));
    let certificate = PathBuf::from(std::env::var_os("MLSPEC_TEST_POSTGRES_CERTIFICATE").unwrap());
    for tls in [Tls::Preferred, Tls::Required] {
        check(parts(port, "mlspec", "postgres", Some(password)), Some(tls), Some(&certificate), good);
        let unknown = (ExitCode::Outside, "the database cannot be reached");
        check(parts(port, "mlspec", "postgres", Some(password)), Some(tls), None, Err(unknown));
    }
    let none = Path::new("/nonexistent.pem");
    check(
        parts(port, "mlspec", "postgres", Some(password)),
        Some(Tls::Required),
        Some(none),
        Err((ExitCode::Outside, "the certificates cannot be used")),
    );
}

#[test]
fn a_query_without_a_stage() {
    let bench = Bench::new();
    let db = sqlite(&bench, NAMES);
    let params: IngestParams = serde_json::from_value(ask("SELECT 1 AS a", json!({}))).unwrap();
    assert_eq!(params.check("x").unwrap().dataset().as_str(), "orders");
    drop(db);
}
