//! What row and column lineage costs: a tracked plan beside the same plan written by hand in polars.

use crate::figure::{Figure, Target, say};
use crate::usage::{self, Usage, medians};
use crate::{Arguments, Places, Result};
use clap::ValueEnum;
use mlspec_provenance::{Operator, Plan};
use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
use mlspec_table::polars::sql::sql_expr;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// What a process of its own measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Writes the two tables in a form that is cheap to read.
    Tables,
    /// The preparation with lineage.
    Tracked,
    /// The preparation without.
    Untracked,
    /// The group-by with lineage.
    TrackedGroups,
    /// The group-by without.
    UntrackedGroups,
    /// Files to prepared table, with lineage.
    Prepare,
    /// Ten expectations on a table that is loaded.
    Expectations,
}

const COUNTRY: &str = "country IN ('UK', 'DE', 'FR')";
const PREMIUM: &str = "level = 'premium'";
const SINCE: &str = "date >= date('2022-01-01')";
const ABOUT: &str = "regexp_like(text, 'complaint|bank account')";
const TITLE: &str = "lower(subject)";
const TEXT: &str = "lower(text)";
const WORDS: &str = "length(title) - length(replace(title, ' ', '')) + 1";
const SENTIMENT: &str = "CASE WHEN regexp_like(text, 'angry') THEN 'negative' ELSE 'positive' END";
const LABEL: &str = "is_premium AND sentiment = 'negative'";
const RESULT: [&str; 8] = ["title", "text", "title_words", "bank", "country", "sentiment", "is_premium", "label"];

fn read_csv(path: &Path, names: &[&str]) -> Result<DataFrame> {
    let path = path.to_str().ok_or("the path is not UTF-8")?;
    let mut lazy =
        LazyCsvReader::new(PlRefPath::new(path)).with_has_header(false).with_try_parse_dates(true).finish()?;
    let found: Vec<_> = lazy.collect_schema()?.iter_names().cloned().collect();
    Ok(lazy.rename(found.iter().map(|name| name.as_str()), names.iter().copied(), true).collect()?)
}

fn write_tables(data: &Path, to: &Path) -> Result<()> {
    let tables = [
        ("customers", &["id", "email", "bank", "country", "level"]),
        ("mails", &["id", "email", "date", "subject", "text"]),
    ];
    for (table, names) in tables {
        let mut frame = read_csv(&data.join(format!("{table}.csv")), names)?;
        let file = File::create(to.join(format!("{table}.parquet")))?;
        ParquetWriter::new(file).with_compression(ParquetCompression::Uncompressed).finish(&mut frame)?;
    }
    Ok(())
}

fn read(folder: &Path, table: &str) -> Result<DataFrame> {
    Ok(ParquetReader::new(File::open(folder.join(format!("{table}.parquet")))?).finish()?)
}

/// Operators in the form that pipeline files have.
fn apply(plan: Plan, operators: Value, tables: &BTreeMap<String, Plan>) -> Result<Plan> {
    let operators: Vec<Operator> = serde_json::from_value(operators)?;
    let mut plan = plan;
    for operator in operators {
        plan = plan.apply(operator, tables)?;
    }
    Ok(plan)
}

/// The preparation, tracked.
pub(crate) fn tracked() -> Result<Plan> {
    let customers = apply(
        Plan::scan("customers"),
        json!([{"filter": COUNTRY}, {"derive": {"is_premium": PREMIUM}}]),
        &BTreeMap::new(),
    )?;
    let mails = apply(Plan::scan("mails"), json!([{"filter": SINCE}, {"filter": ABOUT}]), &BTreeMap::new())?;
    let customers =
        apply(customers, json!([{"select": ["email", "bank", "country", "is_premium"]}]), &BTreeMap::new())?;
    let steps = json!([
        {"inner_join": {"with": "customers", "on": ["email"]}},
        {"derive": {"title": TITLE, "text": TEXT}},
        {"derive": {"sentiment": SENTIMENT, "title_words": WORDS}},
        {"derive": {"label": LABEL}},
        {"select": RESULT},
    ]);
    apply(mails, steps, &BTreeMap::from([("customers".to_owned(), customers)]))
}

/// The preparation as one would write it in polars.
fn untracked(customers: DataFrame, mails: DataFrame) -> Result<LazyFrame> {
    let sql = |text: &str, name: &str| sql_expr(text).map(|expr| expr.alias(name));
    let customers = customers.lazy().filter(sql_expr(COUNTRY)?).with_columns([sql(PREMIUM, "is_premium")?]);
    let mails = mails.lazy().filter(sql_expr(SINCE)?).filter(sql_expr(ABOUT)?);
    let joined = mails.join(customers, [col("email")], [col("email")], JoinArgs::new(JoinType::Inner));
    Ok(joined
        .with_columns([sql(TITLE, "title")?, sql(TEXT, "text")?])
        .with_columns([sql(SENTIMENT, "sentiment")?, sql(WORDS, "title_words")?])
        .with_columns([sql(LABEL, "label")?])
        .select(RESULT.map(col)))
}

fn tracked_groups() -> Result<Plan> {
    let group = json!([{"group_by": {"keys": ["email"], "aggregates": {
        "mails": {"function": "count"}, "last": {"function": "max", "column": "date"},
    }}}]);
    apply(Plan::scan("mails"), group, &BTreeMap::new())
}

fn untracked_groups(mails: DataFrame) -> LazyFrame {
    mails.lazy().group_by([col("email")]).agg([len().alias("mails"), col("date").max().alias("last")])
}

/// Measures one part in this process: what is read before counts for memory only.
pub(crate) fn part(part: Part, data: &Path, tables: &Path) -> Result<Value> {
    let table =
        |name: &str| -> Result<(String, Table)> { Ok((name.to_owned(), Table::number(read(tables, name)?, 0)?)) };
    let (rows, usage) = match part {
        Part::Expectations => crate::expectations::validate(tables)?,
        Part::Prepare => usage::of(|| crate::preparation::prepare(data))?,
        Part::Tables => usage::of(|| write_tables(data, tables).map(|()| 0))?,
        Part::Tracked => {
            let read = BTreeMap::from([table("customers")?, table("mails")?]);
            usage::of(|| Ok(tracked()?.run(&read)?.table()?.len()))?
        }
        Part::TrackedGroups => {
            let read = BTreeMap::from([table("mails")?]);
            usage::of(|| Ok(tracked_groups()?.run(&read)?.table()?.len()))?
        }
        Part::Untracked => {
            let (customers, mails) = (read(tables, "customers")?, read(tables, "mails")?);
            // Both sides keep what was read, as a caller would who goes on with it.
            usage::of(|| Ok(untracked(customers.clone(), mails.clone())?.collect()?.height()))?
        }
        Part::UntrackedGroups => {
            let mails = read(tables, "mails")?;
            usage::of(|| Ok(untracked_groups(mails.clone()).collect()?.height()))?
        }
    };
    Ok(json!({"rows": rows, "usage": usage}))
}

/// Runs a part in a process of its own, some times; the median of each figure.
pub(crate) fn repeated(
    places: &Places,
    arguments: &Arguments,
    part: Part,
    data: &Path,
    tables: &Path,
) -> Result<(u64, Usage)> {
    let mut usages = Vec::new();
    let mut rows = 0;
    let name = part.to_possible_value().ok_or("a part without a name")?.get_name().to_owned();
    for _ in 0..arguments.repeat {
        let mut command = places.myself()?;
        command.args(["--part", &name, "--data"]).arg(data).arg("--tables").arg(tables);
        crate::limit_threads(&mut command, arguments.threads);
        let report: Value = serde_json::from_str(&usage::run(&mut command)?.stdout)?;
        rows = report["rows"].as_u64().ok_or("a report without rows")?;
        usages.push(serde_json::from_value::<Usage>(report["usage"].clone())?);
    }
    Ok((rows, medians(&usages)))
}

/// Measures.
pub(crate) fn measure(places: &Places, arguments: &Arguments) -> Result<Vec<Figure>> {
    let data = places.complaints(arguments.customers)?.join("data");
    let tables = places.kept(&format!("tables-{}", arguments.customers))?;
    say("tables in memory, with and without lineage");
    repeated(places, &Arguments { repeat: 1, ..arguments.clone() }, Part::Tables, &data, &tables)?;
    let mut figures = Vec::new();
    let pairs = [
        ("preparation", Part::Tracked, Part::Untracked, 1.15),
        ("group-by over all mails", Part::TrackedGroups, Part::UntrackedGroups, 1.6),
    ];
    for (name, tracked, untracked, aim) in pairs {
        let (rows, ours) = repeated(places, arguments, tracked, &data, &tables)?;
        let (same, theirs) = repeated(places, arguments, untracked, &data, &tables)?;
        if rows != same {
            return Err(format!("{name}: {rows} rows with lineage, {same} without").into());
        }
        let figure = |what, ours, theirs, unit, aim| {
            Figure::ratio(format!("{name}, {rows} rows: {what}"), ours, theirs, unit, aim)
        };
        figures.push(figure("CPU time", ours.cpu_seconds, theirs.cpu_seconds, "s", Target::AtMost(aim)));
        figures.push(figure("time", ours.seconds, theirs.seconds, "s", Target::None));
        figures.push(figure("peak memory", ours.peak_megabytes, theirs.peak_megabytes, "MB", Target::AtMost(1.5)));
    }
    Ok(figures)
}
