//! One pipeline over a workbook, a PostgreSQL database and a partitioned folder: what a report of sales by region looks like.

use crate::binary::{Folder, Ran};
use std::path::Path;

const BOOK: &[u8] = include_bytes!("../../crates/mlspec-table/tests/books/books.xlsx");

/// Customers come from the sales team's workbook, orders from the shop's database, visits from files by month.
const PIPELINE: &str = r#"
pipeline: shop
version: 1.0.0
datastores:
  files: {type: folder, path: data}
  shop: {type: postgres, url: {env: SHOP_DATABASE}}
steps:
  customers:
    uses: ingest@1
    settings:
      datastore: files
      path: customers.xlsx
      excel: {sheet: People, range: "A1:C4"}
      key: [id]
  orders:
    uses: ingest@1
    settings:
      datastore: shop
      query: SELECT id, customer, amount::float8 AS amount, ordered_at FROM orders
      key: [id]
  visits:
    uses: ingest@1
    settings:
      datastore: files
      path: "visits/**/*.csv"
      hive: {types: {month: int8}}
      key: [visit]
      bad_rows: {policy: quarantine, max_share: 0.3}
  active:
    uses: transform@1
    inputs: {customers: customers.rows, orders: orders.rows}
    settings:
      from: orders
      steps:
        - {inner_join: {with: customers, left_on: [customer], right_on: [id]}}
        - {derive: {big: "amount >= 20"}}
"#;

/// The server of `bash tests/run`, with a schema of its own; none where there is no server, which a test run for real must not be.
fn database(schema: &str, sql: &str) -> Option<String> {
    let Ok(url) = std::env::var("MLSPEC_TEST_POSTGRES") else {
        assert!(std::env::var_os("CI").is_none(), "there is no PostgreSQL server: `bash tests/run` starts one");
        #[allow(clippy::print_stderr, reason = "a test that was left out is told")]
        {
            eprintln!("not tested: there is no PostgreSQL server; `bash tests/run` starts one");
        }
        return None;
    };
    let schema = format!("{schema}_{}", std::process::id());
    let url = format!("{url}?options=-csearch_path%3D{schema}");
    execute(&url, &format!("CREATE SCHEMA {schema}; {sql}"));
    Some(url)
}

fn execute(url: &str, sql: &str) {
    postgres::Client::connect(url, postgres::NoTls).unwrap().batch_execute(sql).unwrap();
}

fn run(folder: &Folder, url: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = folder.command(arguments);
    command.env_remove("SHOP_DATABASE").envs(url.map(|url| ("SHOP_DATABASE", url)));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Whether a text stands in any file of a folder.
fn holds(folder: &Path, needle: &str) -> bool {
    let files =
        walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let holds = |bytes: Vec<u8>| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    files.filter_map(|entry| std::fs::read(entry.path()).ok()).any(holds)
}

fn shop() -> Folder {
    let folder = Folder::new();
    folder
        .write("pipeline.yaml", PIPELINE)
        .write("data/customers.xlsx", BOOK)
        .write("data/visits/year=2024/month=01/a.csv", "visit,customer\n1,1\n2,3\nnobody\n")
        .write("data/visits/year=2024/month=02/b.csv", "visit,customer\n3,2\n");
    folder
}

#[test]
fn a_workbook_a_database_and_a_partitioned_folder_in_one_run() {
    let tables =
        "CREATE TABLE orders (id int8 PRIMARY KEY, customer int8, amount numeric(9, 2), ordered_at timestamptz);
        INSERT INTO orders VALUES (7, 1, 12.50, '2024-01-05 10:00+01'), (5, 2, 30, '2024-02-01'), (6, 1, 45.25, NULL)";
    let Some(url) = database("shop", tables) else { return };
    let folder = shop();
    run(&folder, Some(&url), &["run", "pipeline.yaml"]).expect(0);

    // Every row says where it stood.
    let trace = |row: &str| run(&folder, None, &["trace", row]).expect(0).stdout;
    let order = trace("orders.rows:1");
    assert!(order.contains("shop query row") || order.contains("query row"), "{order}");
    assert!(
        trace("customers.rows:1").contains("files:customers.xlsx sheet People row"),
        "{}",
        trace("customers.rows:1")
    );
    assert!(
        trace("visits.rows:2").contains("files:visits/year=2024/month=02/b.csv row 1"),
        "{}",
        trace("visits.rows:2")
    );
    let visits = run(&folder, None, &["show", "visits", "--json"]).expect(0).stdout;
    assert!(visits.contains("\"fields\"") && !visits.contains("nobody"), "{visits}");

    // The same rows are the same results; other rows are not.
    let again = run(&folder, Some(&url), &["run", "pipeline.yaml", "--json"]).expect(0);
    assert!(!again.text().contains("\"cached\":false"), "{}", again.text());
    execute(&url, "UPDATE orders SET amount = 1 WHERE id = 5");
    let changed = run(&folder, Some(&url), &["run", "pipeline.yaml", "--json"]).expect(0);
    assert!(changed.text().contains("\"cached\":false"), "{}", changed.text());

    run(&folder, Some(&url), &["reproduce", "shop"]).expect(0);

    // Changes of the live pipeline ask no database.
    run(&folder, None, &["key", "new"]).expect(0);
    run(
        &folder,
        None,
        &["forget", "pipeline.yaml", "--source", "customers", "--key", "2", "--statement", "erased.json", "--purge"],
    )
    .expect(0);
    run(&folder, None, &["verify", "erased.json"]).expect(0);
    folder.write("more.csv", "id,customer,amount,ordered_at\n9,3,5.5,2024-03-01T00:00Z\n");
    run(&folder, None, &["append", "pipeline.yaml", "--source", "orders", "--data", "more.csv"]).expect(0);
    folder.write("gone.csv", "visit,customer,year,month\n1,1,2024,1\n");
    run(&folder, None, &["update", "pipeline.yaml", "--source", "visits", "--data", "gone.csv"]).expect(0);

    // No secret is left anywhere.
    let (_, rest) = url.split_once("://mlspec:").unwrap();
    let password = rest.split_once('@').unwrap().0;
    assert!(!holds(folder.path(), password));
}

#[test]
fn databases_that_cannot_be_asked() {
    let folder = shop();
    let refused = run(&folder, None, &["run", "pipeline.yaml"]).expect(2);
    assert!(refused.stderr.contains("the environment has no variable `SHOP_DATABASE`"), "{}", refused.stderr);
    let url = "postgres://reader:hunter2@127.0.0.1:9/shop";
    let down = run(&folder, Some(url), &["run", "pipeline.yaml"]);
    assert!(down.text().contains("the database cannot be reached"), "{}", down.text());
    assert_eq!(down.code, Some(4), "{}", down.text());
    assert!(!down.text().contains("hunter2"));
    folder.write("pipeline.yaml", PIPELINE.replace("url: {env: SHOP_DATABASE}", "host: db, password: hunter2"));
    let written = run(&folder, None, &["run", "pipeline.yaml"]).expect(2);
    assert!(!written.text().contains("hunter2"), "{}", written.text());
}
