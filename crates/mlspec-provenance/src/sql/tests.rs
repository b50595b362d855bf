//! Expressions in tables of cases: those of `tests/cases/expressions.txt`, and what must never be.

use super::row_wise;
use crate::testing::*;
use crate::{Problem, functions};
use mlspec_record::{ExitCode, Failure as _};
use mlspec_table::polars::prelude::*;

fn reason(sql: &str) -> String {
    match row_wise(sql) {
        Err(Problem::Expression { reason, .. }) => reason,
        other => panic!("`{sql}` gave {other:?}"),
    }
}

/// The four rows that the cases tell of.
fn rows() -> Table {
    let moments = [Some(1_643_623_872_500_000_i64), Some(1_582_934_400_000_000), Some(-1_000_000), None];
    let moment = Series::new("m".into(), moments).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let zoned = Series::new("w".into(), moments).cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)));
    let date = Series::new("d".into(), [Some(19_023_i32), Some(18_321), Some(-1), None]).cast(&DataType::Date).unwrap();
    let times = [Some(36_672_000_000_000_i64), Some(0), Some(86_399_500_000_000), None];
    let time = Series::new("t".into(), times).cast(&DataType::Time).unwrap();
    let text = |text: &str| Series::new("".into(), text.split(' ').filter(|one| !one.is_empty()).collect::<Vec<_>>());
    let list = Series::new("l".into(), [Some(text("b a")), Some(text("")), Some(text("é")), None]);
    let frame = df!(
        "i" => [Some(7_i64), Some(-7), Some(0), None],
        "x" => [Some(2.5), Some(-0.5), Some(f64::NAN), None],
        "u" => [Some(3_u32), Some(0), Some(9), None],
        "s" => [Some("Ab c"), Some("äÖß."), Some(""), None],
        "p" => [Some(true), Some(false), Some(true), None],
        "j" => [Some(r#"{"a": {"b": [1, "x"]}, "c d": null}"#), Some("[10, 20]"), Some("{"), None]
    );
    let mut frame = frame.unwrap();
    for series in [moment, zoned.unwrap(), date, time, list.cast(&DataType::List(Box::new(DataType::String))).unwrap()]
    {
        frame.with_column(series.into_column()).unwrap();
    }
    Table::number(frame, 0).unwrap()
}

/// What an expression gives, as the cases write it.
fn told(sql: &str) -> String {
    let planned = Plan::scan("rows").derive([("made", sql)]).map(|plan| plan.select(["made"]));
    let made = planned.and_then(|plan| plan.run(&tables(&[("rows", rows())])));
    match made {
        Err(error) if error.exit_code() == ExitCode::Data => "fails".to_owned(),
        Err(error) => format!("refused: {error}"),
        Ok(tracked) => {
            let table = tracked.table().unwrap();
            let data_type = table.schema().get("made").unwrap();
            let show = |value: AnyValue<'_>| match value {
                AnyValue::Float64(number) => format!("{number:?}"),
                value => match value.get_str() {
                    Some("") => "(empty)".to_owned(),
                    Some(text) => text.to_owned(),
                    None => value.to_string(),
                },
            };
            let made = table.column("made").unwrap();
            let values: Vec<_> = (0..table.len()).map(|at| show(made.get(at).unwrap())).collect();
            format!("{}: {}", data_type.as_str(), values.join(" | "))
        }
    }
}

#[test]
fn expressions_give_what_the_cases_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/expressions.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut cases, mut wrong) = (0, Vec::new());
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (sql, expect) = line.split_once(" => ").unwrap();
        let found = told(sql);
        cases += 1;
        let right = match expect.strip_prefix("refused: ") {
            Some(reason) => found.starts_with("refused: ") && found.contains(reason),
            None => found == expect,
        };
        if !right {
            wrong.push(format!("{sql} => {found}\n    expected {expect}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 300);
    let missing =
        functions().filter(|function| !text.contains(&format!("{}(", function.name))).map(|function| function.name);
    let known = [
        "date_part",
        "acosd",
        "acosh",
        "asind",
        "asinh",
        "atan2d",
        "atand",
        "atanh",
        "cosd",
        "cot",
        "cotd",
        "isinf",
        "log1p",
        "radians",
        "sind",
        "tand",
    ];
    let missing: Vec<_> = missing.filter(|name| !known.contains(name)).collect();
    assert!(missing.len() < 20, "functions without a case: {missing:?}");
}

#[test]
fn the_table_of_functions_is_sound() {
    let mut names = std::collections::BTreeSet::new();
    for function in functions() {
        for name in std::iter::once(&function.name).chain(function.also) {
            assert!(names.insert(*name), "two functions are named `{name}`");
            assert_eq!(name.to_ascii_lowercase(), **name);
        }
        assert!(!function.about.is_empty() && !function.gives.is_empty(), "{}", function.name);
    }
}

#[test]
fn columns_are_those_the_text_names() {
    let check = |sql: &str, columns: &[&str]| {
        let found = row_wise(sql).unwrap_or_else(|error| panic!("`{sql}`: {error}"));
        assert_eq!(found.columns().iter().map(String::as_str).collect::<Vec<_>>(), columns, "{sql}");
    };
    check("country IN ('UK', 'DE', 'FR')", &["country"]);
    check("text LIKE '%select (%' OR text LIKE '%with%'", &["text"]);
    check("date >= DATE '2022-01-01' AND lower(subject) <> ''", &["date", "subject"]);
    check("CASE WHEN a > 1 THEN b ELSE c END", &["a", "b", "c"]);
    check("\"from\" || 'x'", &["from"]);
    check("EXTRACT(year FROM date) = 2022", &["date"]);
    check("TRY_CAST(a AS BIGINT) + COALESCE(b, 0)", &["a", "b"]);
    check("a BETWEEN 1 AND (b)", &["a", "b"]);
    check("text ~ '^x' AND NOT (a IS NULL)", &["a", "text"]);
    check("1", &[]);
    check("\"a.b\" || \"c \"\"d\" || größe || \"^x$\" || \"*\"", &["*", "^x$", "a.b", "c \"d", "größe"]);
    assert_eq!(row_wise("(\"a b\")").unwrap().is_column(), Some("a b"));
    assert_eq!(row_wise("a + 0").unwrap().is_column(), None);
}

#[test]
fn names_are_no_patterns() {
    let frame = df!("^x$" => [1], "*" => [2], "x" => [3], "a.b" => [4], "c \"d" => [5], "größe" => [6]).unwrap();
    let table = Table::number(frame, 0).unwrap();
    let sum = "\"^x$\" * 10000 + \"*\" * 1000 + \"a.b\" * 100 + \"c \"\"d\" * 10 + größe";
    let plan = Plan::scan("t").derive([("made", sum)]).unwrap().select(["made"]);
    assert_eq!(cells(&run(&plan, &[("t", table)]).table().unwrap()), ["0|12456"]);
}

#[test]
fn nothing_can_read_a_file_or_run_a_query() {
    for sql in [
        "read_csv('/etc/passwd')",
        "a IN (SELECT * FROM read_csv('/etc/passwd'))",
        "a IN (FROM read_csv('/etc/passwd'))",
        "a IN (TABLE x)",
        "a IN (WITH t AS (SELECT 1) SELECT * FROM t)",
        "a IN (VALUES (1))",
        "(SELECT 1)",
        "EXISTS (SELECT 1)",
        "ARRAY(SELECT 1)",
        "E'\\'' IN (SELECT x FROM read_csv('/etc/passwd')) AND a = ''",
        "scan_parquet('x')",
        "a; DROP TABLE b",
        "a FROM read_csv('/etc/passwd')",
        "\"read_csv\"('/etc/passwd')",
        "\"lower\"(a)",
        "pg_catalog.lower(a)",
        "lower(DISTINCT a)",
        "lower(a) FILTER (WHERE b)",
        "lower(x => a)",
    ] {
        let reason = reason(sql);
        assert!(!reason.contains("root:"), "{sql}: {reason}");
    }
    assert_eq!(reason("read_csv('/etc/passwd')"), "there is no row-wise function `read_csv`");
    assert!(reason("a IN (SELECT b)").contains("subqueries are not possible"));
    assert_eq!(reason("a +\n  b c"), "`c` follows where it should end (line 2, column 5)");
}

#[test]
fn hostile_texts_end_in_errors() {
    reason(&"(".repeat(100_000));
    reason(&"(".repeat(10_000));
    reason(&format!("{}a{}", "(".repeat(60), ")".repeat(60)));
    assert!(reason(&vec!["a"; 5_000].join(" OR ")).contains("at most 300"));
    for word in [
        "NOT ",
        "- ",
        "-",
        "+",
        "~",
        "CASE ",
        "INTERVAL ",
        "DATE ",
        "EXISTS ",
        "ARRAY[",
        "{",
        "a -> ",
        "a::",
        "x[",
        "PRIOR ",
        "BINARY ",
        "a COLLATE ",
        "a AT TIME ZONE ",
        "SELECT ",
        "WITH ",
    ] {
        reason(&word.repeat(10_000));
    }
    assert!(row_wise(&vec!["a"; 300].join(" OR ")).is_ok());
    assert!(row_wise(&format!("{}a{}", "(".repeat(20), ")".repeat(20))).is_ok());
    assert!(row_wise(&format!("a IN ({})", vec!["1"; 5_000].join(", "))).is_ok());
    assert!(row_wise(&format!("concat({})", vec!["a || 'x'"; 5_000].join(", "))).is_ok());
    for sql in ["'unclosed", "", " ", "a b c", "\u{0}", "a = 'x", "/* a", "1e", "'a' 'b'", "a..b", "::INT"] {
        reason(sql);
    }
    let long = "x".repeat(100_000);
    let error = row_wise(&format!("lowr('{long}')")).unwrap_err().to_string();
    assert!(error.len() < 1_000, "{}", error.len());
}

#[test]
fn deep_expressions_are_computed() {
    let rows = || tables(&[("t", numbers())]);
    let chain = vec!["a"; 120].join(" + ");
    let nested = format!("{}a{}", "abs(".repeat(20), ")".repeat(20));
    let cases = (0..100).fold(String::new(), |sql, at| sql + &format!(" WHEN a = {at} THEN {at}"));
    for sql in [chain, nested, format!("CASE {cases} END")] {
        let plan = Plan::scan("t").derive([("made", sql)]).unwrap().select(["made"]);
        assert_eq!(plan.run(&rows()).unwrap().table().unwrap().len(), 4);
    }
}

#[test]
fn cell_values_are_in_no_error() {
    for sql in [
        "CAST(s AS BIGINT)",
        "date(s)",
        "strptime(s, '%Y-%m-%d %H:%M')",
        "CAST(s AS BOOLEAN)",
        "chr(i)",
        "CAST(s AS TIME)",
        "to_timestamp(s)",
    ] {
        let plan = Plan::scan("rows").derive([("made", sql)]).unwrap();
        let error = plan.run(&tables(&[("rows", rows())])).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Data, "{sql}");
        let shown = format!("{error} {:?}", error.hint());
        assert!(!shown.contains("Ab c") && !shown.contains("-7"), "{shown}");
    }
}

/// `spec/sql.md` has a line per function. `MLSPEC_BLESS=1` writes them.
#[test]
#[allow(clippy::disallowed_methods)]
fn the_page_lists_every_function() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/sql.md");
    let page = std::fs::read_to_string(path).unwrap();
    let line = |function: &crate::Function| {
        let also =
            if function.also.is_empty() { String::new() } else { format!(" (`{}`)", function.also.join("`, `")) };
        let call = format!("`{}({})`", function.name, function.arguments);
        format!("| {call}{also} | {} | {} |\n", function.gives, function.about.replace('|', "\\|"))
    };
    let mut all: Vec<_> = functions().collect();
    all.sort_by_key(|function| function.name);
    let table: String = all.into_iter().map(line).collect();
    let (begin, end) =
        ("<!-- functions -->\n| function | gives | what |\n| --- | --- | --- |\n", "<!-- end of functions -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    if std::env::var_os("MLSPEC_BLESS").is_some() {
        std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(found, table, "run with MLSPEC_BLESS=1");
    }
}
