//! What may be called in expressions computes a row's value from the row alone: on any part of the rows it gives what it gives on
//! all. Updates rely on it.

use crate::testing::*;
use crate::{Expression, functions};
use mlspec_table::{Equality, row_hashes};

/// Rows whose first value would lead a guess astray. `clean`: texts can be read, each in its way.
fn rows(clean: bool) -> Table {
    let some = |good: [&'static str; 4], bad: [&'static str; 2]| {
        let kept = |text| (!clean).then_some(text);
        [Some(good[0]), kept(bad[0]), Some(good[1]), Some(good[2]), None, kept(bad[1]), Some(good[3])]
    };
    table(df!(
        "_row" => [1_u64, 2, 3, 4, 5, 6, 7],
        "day" => some(["2022-01-31", "31/01/2022", "2022-02-01", "20220131"], ["x", ""]),
        "moment" => some(["31/01/2022 10:00", "2022-01-31 10:00:00", "2022-01-31T10:00:00", "2022-01-31 10:00:00.5"], ["x", ""]),
        "clock" => some(["10:00:00", "10:00", "10:00:00.5", "00:00"], ["25:00:00", ""]),
        "digits" => some(["1", "1.5", "-7", "1e3"], ["x", ""]),
        "text" => some(["ab ba", " a ", "B,b", "%Y"], ["äö", ""]),
        "n" => [None, Some(1_i64), Some(-2), Some(0), Some(7), Some(1), Some(i64::from(i32::MAX))],
        "x" => [None, Some(0.5), Some(-0.0), Some(f64::NAN), Some(2.5), Some(1e300), Some(-1.5)],
        "y" => [Some(3.0), Some(0.0), Some(0.0), Some(-0.0), Some(49.0), Some(0.1), Some(1.0)],
        "p" => [None, Some(true), Some(false), Some(true), Some(false), None, Some(true)]
    ))
}

/// The expression, if its types fit.
fn planned(sql: &str, rows: &Table) -> Option<Expression> {
    let expression = Expression::new(sql).ok()?;
    values(&expression, &rows.frame().clear())?;
    Some(expression)
}

/// Hashes of the values.
fn values(expression: &Expression, rows: &DataFrame) -> Option<Vec<u128>> {
    let made = vec![expression.bind(rows.schema()).ok()?.alias("made")];
    let made = crate::ops::with_columns(rows, made, "").ok()?;
    let made = mlspec_table::normalize(made.select(["_row", "made"]).ok()?).ok()?;
    row_hashes(&made, &["_row", "made"], Equality::Value).ok()
}

#[test]
fn every_function_computes_a_row_from_the_row_alone() {
    let columns = ["day", "moment", "clock", "digits", "text", "n", "x", "p"];
    let mut expressions: Vec<String> = Vec::new();
    for function in functions().map(|function| function.name) {
        expressions.extend(columns.map(|one| format!("{function}({one})")));
        expressions.extend(["day", "text"].map(|one| format!("{function}({one}, '%Y-%m-%d')")));
        expressions.extend(["text", "n", "x"].map(|one| format!("{function}({one}, 2)")));
        expressions.extend(["n", "p"].map(|one| format!("{function}({one}, {one})")));
        expressions.push(format!("{function}(text, 'b', 'c')"));
    }
    for (one, other) in [("x", "y"), ("y", "x"), ("n", "y"), ("y", "n"), ("n", "n")] {
        expressions.extend(["+", "-", "*", "/", "%", "<", "="].map(|sign| format!("{one} {sign} {other}")));
        expressions.push(format!("COALESCE({one}, 0) + COALESCE({other}, 0)"));
    }
    for one in columns {
        for to in ["BIGINT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP", "TIME"] {
            expressions.push(format!("CAST({one} AS {to})"));
            expressions.push(format!("TRY_CAST({one} AS {to})"));
        }
        expressions.push(format!("EXTRACT(year FROM {one})"));
        expressions.push(format!("array_length(string_to_array({one}, ' '))"));
    }
    let (mut worked, mut wrong) = (0, Vec::new());
    let all = [rows(false), rows(true)];
    for sql in expressions {
        let Some(expression) = planned(&sql, &all[0]) else { continue };
        // Where a value cannot be read, only casts go on.
        for all in all.iter().skip(usize::from(!sql.contains("CAST"))) {
            let whole = values(&expression, all.frame());
            worked += usize::from(whole.is_some());
            let row = |at| values(&expression, &all.frame().slice(at as i64, 1));
            let alone: Option<Vec<_>> = (0..all.len()).map(row).collect();
            // Where a part fails, an update lets the plan run.
            if alone.is_some_and(|alone| Some(alone.concat()) != whole) {
                wrong.push(sql.clone());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(worked > 150, "only {worked} expressions are possible at all");
}
