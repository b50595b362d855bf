//! Random plans on random tables: tracked equals untracked; lineage is sufficient, necessary, and the same both ways.
#![allow(clippy::unwrap_used)]

use mlspec_provenance::{Aggregate, AggregateFunction, Join, Plan, Tracer, source_lineage};
use mlspec_record::{ArtifactRef, Name, TableSchema};
use mlspec_store::Store;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ChunkOptions, Table};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One step of a random plan. The columns are always `k` (a key with nulls), `v` (an integer) and `x` (a float).
#[derive(Clone, Debug)]
enum Step {
    Filter(i64),
    Derive(i64),
    FillNulls,
    DropNulls,
    InnerJoin(Box<Tree>),
    LeftJoin(Box<Tree>),
    Concat(Box<Tree>),
    GroupBy,
    Distinct,
}

/// A table and what is done to it.
#[derive(Clone, Debug)]
struct Tree {
    table: &'static str,
    steps: Vec<Step>,
}

impl Step {
    /// Whether a row is lost without any one row that it comes from.
    fn is_necessary(&self) -> bool {
        match self {
            Self::LeftJoin(_) | Self::GroupBy | Self::Distinct => false,
            Self::InnerJoin(right) | Self::Concat(right) => right.is_necessary(),
            _ => true,
        }
    }
}

impl Tree {
    fn is_necessary(&self) -> bool {
        self.steps.iter().all(Step::is_necessary)
    }

    fn plan(&self) -> Plan {
        self.steps.iter().fold(Plan::scan(self.table), |plan, step| match step {
            Step::Filter(bound) => plan.filter(format!("v > {bound}")).unwrap(),
            Step::Derive(by) => plan.derive([("v", format!("v + {by}")), ("x", "x * 2".to_owned())]).unwrap(),
            Step::FillNulls => plan.fill_nulls([("k", "b")]),
            Step::DropNulls => plan.drop_nulls(["k"]),
            Step::InnerJoin(right) => {
                summed(plan.inner_join(&right.plan(), Join::on("r", ["k"]).suffix("_r")).unwrap())
            }
            Step::LeftJoin(right) => summed(plan.left_join(&right.plan(), Join::on("r", ["k"]).suffix("_r")).unwrap()),
            Step::Concat(right) => plan.concat(&[right.plan()], false),
            Step::GroupBy => {
                let of = |function, column| Aggregate::of(function, column);
                let v = [("v", of(AggregateFunction::Sum, "v")), ("x", of(AggregateFunction::Max, "x"))];
                plan.group_by(["k"], v).unwrap()
            }
            Step::Distinct => plan.distinct(["k", "v", "x"]),
        })
    }

    /// The same by polars alone.
    fn oracle(&self, tables: &BTreeMap<String, Table>) -> LazyFrame {
        let scan = tables[self.table].frame().clone().lazy().select([col("k"), col("v"), col("x")]);
        self.steps.iter().fold(scan, |frame, step| match step {
            Step::Filter(bound) => frame.filter(col("v").gt(lit(*bound))),
            Step::Derive(by) => frame.with_columns([col("v") + lit(*by), col("x") * lit(2)]),
            Step::FillNulls => frame.with_columns([col("k").fill_null(lit("b"))]),
            Step::DropNulls => frame.filter(col("k").is_not_null()),
            Step::InnerJoin(right) => met(frame, right.oracle(tables), JoinType::Inner),
            Step::LeftJoin(right) => met(frame, right.oracle(tables), JoinType::Left),
            Step::Concat(right) => concat([frame, right.oracle(tables)], UnionArgs::default()).unwrap(),
            Step::GroupBy => frame.group_by([col("k")]).agg([col("v").sum(), col("x").max()]),
            Step::Distinct => frame.unique_generic(None, UniqueKeepStrategy::Any),
        })
    }
}

/// Brings a join back to the three columns.
fn summed(plan: Plan) -> Plan {
    plan.derive([("v", "v + COALESCE(v_r, 0)"), ("x", "x + COALESCE(x_r, 0)")]).unwrap().select(["k", "v", "x"])
}

fn met(left: LazyFrame, right: LazyFrame, how: JoinType) -> LazyFrame {
    let right = right.rename(["v", "x"], ["v_r", "x_r"], true);
    let both =
        left.join(right, [col("k")], [col("k")], JoinArgs::new(how).with_coalesce(JoinCoalesce::CoalesceColumns));
    both.select([col("k"), col("v") + col("v_r").fill_null(lit(0)), col("x") + col("x_r").fill_null(lit(0.0))])
}

fn step(depth: u32) -> BoxedStrategy<Step> {
    let row_wise = prop_oneof![
        (-2..4_i64).prop_map(Step::Filter),
        (-2..3_i64).prop_map(Step::Derive),
        Just(Step::FillNulls),
        Just(Step::DropNulls),
    ];
    if depth == 0 {
        return row_wise.boxed();
    }
    prop_oneof![
        3 => row_wise,
        1 => tree(depth - 1).prop_map(|tree| Step::InnerJoin(Box::new(tree))),
        1 => tree(depth - 1).prop_map(|tree| Step::LeftJoin(Box::new(tree))),
        1 => tree(depth - 1).prop_map(|tree| Step::Concat(Box::new(tree))),
        1 => Just(Step::GroupBy),
        1 => Just(Step::Distinct),
    ]
    .boxed()
}

fn tree(depth: u32) -> BoxedStrategy<Tree> {
    (prop_oneof![Just("s"), Just("t")], prop::collection::vec(step(depth), 0..4))
        .prop_map(|(table, steps)| Tree { table, steps })
        .boxed()
}

/// Rows of small values, so that keys meet and rows are equal. Floats are halves, whose sums are exact.
fn table() -> impl Strategy<Value = Table> {
    let row = (prop::option::weighted(0.8, 0..3_u8), prop::option::weighted(0.9, -2..5_i64), 0..4_i8);
    (prop::collection::vec(row, 0..7), 0..100_u64).prop_map(|(rows, first)| {
        let k: Vec<_> = rows.iter().map(|row| row.0.map(|k| ["a", "b", "c"][usize::from(k)])).collect();
        let v: Vec<_> = rows.iter().map(|row| row.1).collect();
        let x: Vec<_> = rows.iter().map(|row| f64::from(row.2) / 2.0).collect();
        Table::number(df!("k" => k, "v" => v, "x" => x).unwrap(), first).unwrap()
    })
}

fn tables() -> impl Strategy<Value = BTreeMap<String, Table>> {
    (table(), table()).prop_map(|(s, t)| BTreeMap::from([("s".to_owned(), s), ("t".to_owned(), t)]))
}

/// The rows as texts, without ids, sorted.
fn multiset(frame: &DataFrame) -> Vec<String> {
    let columns: Vec<_> = ["k", "v", "x"].iter().map(|name| frame.column(name).unwrap()).collect();
    let row = |at| columns.iter().map(|column| column.get(at).unwrap().to_string()).collect::<Vec<_>>().join("|");
    let mut rows: Vec<_> = (0..frame.height()).map(row).collect();
    rows.sort();
    rows
}

/// The values of the row of this id, if it is there.
fn row_of(frame: &DataFrame, id: u64) -> Option<Vec<String>> {
    let ids = frame.column("_row").unwrap().u64().unwrap();
    let at = ids.iter().position(|found| found == Some(id))?;
    Some(frame.columns().iter().map(|column| column.get(at).unwrap().to_string()).collect())
}

type Lineage = BTreeMap<u64, BTreeMap<String, BTreeSet<u64>>>;

fn ids(frame: &DataFrame, column: &str) -> Vec<u64> {
    frame.column(column).unwrap().u64().unwrap().iter().flatten().collect()
}

/// For every row, by scan, the rows it comes from.
fn lineage(tracked: &mlspec_provenance::Tracked) -> Lineage {
    let mut found: Lineage = ids(tracked.frame(), "_row").into_iter().map(|row| (row, BTreeMap::new())).collect();
    for scan in tracked.scans() {
        let pairs = tracked.pairs(&scan.name).unwrap();
        for (row, source) in ids(&pairs, "_row").into_iter().zip(ids(&pairs, "source")) {
            found.get_mut(&row).unwrap().entry(scan.name.clone()).or_default().insert(source);
        }
    }
    found
}

/// Runs a plan on some rows of each scan.
fn restricted(plan: &Plan, tables: &BTreeMap<String, Table>, rows: &BTreeMap<String, BTreeSet<u64>>) -> DataFrame {
    let schemas: BTreeMap<String, TableSchema> =
        tables.iter().map(|(name, table)| (name.clone(), table.schema().clone())).collect();
    let none = BTreeSet::new();
    let read = |scan: &mlspec_provenance::Scan| {
        let table = &tables[&scan.table];
        let kept = rows.get(&scan.name).unwrap_or(&none);
        let mask: BooleanChunked = table.ids().iter().map(|id| Some(kept.contains(id))).collect();
        Ok(table.frame().filter(&mask).unwrap())
    };
    plan.run_scans(&schemas, &read).unwrap().frame().clone()
}

/// Keeps both tables as sources and the plan's result.
fn written(
    store: &Store,
    plan: &Plan,
    tables: &BTreeMap<String, Table>,
) -> (BTreeMap<String, ArtifactRef>, ArtifactRef) {
    let options = ChunkOptions::default();
    let source = |(name, table): (&String, &Table)| {
        let lineage = source_lineage(store, &Name::new(name).unwrap(), table.schema()).unwrap();
        (name.clone(), ArtifactRef { lineage: Some(lineage), ..table.write(store, &options).unwrap() })
    };
    let sources: BTreeMap<_, _> = tables.iter().map(source).collect();
    let result = plan.run(tables).unwrap().write(store, &sources, &options).unwrap();
    (sources, result)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn tracked_equals_untracked(tree in tree(2), tables in tables()) {
        let tracked = tree.plan().run(&tables).unwrap();
        prop_assert_eq!(multiset(tracked.frame()), multiset(&tree.oracle(&tables).collect().unwrap()));
        prop_assert!(tracked.table().is_ok());
    }

    #[test]
    fn lineage_is_sufficient_and_necessary(tree in tree(2), tables in tables()) {
        let plan = tree.plan();
        let tracked = plan.run(&tables).unwrap();
        for (row, from) in lineage(&tracked).iter().take(6) {
            let part = restricted(&plan, &tables, from);
            prop_assert_eq!(row_of(&part, *row), row_of(tracked.frame(), *row), "row {} from {:?}", row, from);
            if !tree.is_necessary() {
                continue;
            }
            for (scan, sources) in from {
                for source in sources {
                    let mut less = from.clone();
                    less.get_mut(scan).unwrap().remove(source);
                    prop_assert_eq!(row_of(&restricted(&plan, &tables, &less), *row), None);
                }
            }
        }
    }

    #[test]
    fn a_tracer_finds_the_same_both_ways(tree in tree(2), after in tree(1), tables in tables()) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (sources, first) = written(&store, &tree.plan(), &tables);
        // A second stage on the result of the first.
        let middle = Table::read(&store, &first.digest).unwrap();
        let inputs = BTreeMap::from([("s".to_owned(), middle), ("t".to_owned(), tables["t"].clone())]);
        let parents = BTreeMap::from([("s".to_owned(), first), ("t".to_owned(), sources["t"].clone())]);
        let result = after.plan().run(&inputs).unwrap().write(&store, &parents, &ChunkOptions::default()).unwrap();

        let tracer = Tracer::new(&store);
        let mut forward: BTreeSet<(String, u64, u64)> = BTreeSet::new();
        let mut bulk = BTreeSet::new();
        for source in tracer.sources(&result).unwrap() {
            let pairs = tracer.pairs(&result, &source).unwrap();
            let dataset = source.dataset.to_string();
            bulk.extend(ids(&pairs, "_row").into_iter().zip(ids(&pairs, "source")).map(|(row, source)| (dataset.clone(), row, source)));
            for row in tables[&dataset].ids() {
                for reached in tracer.forward(&source.artifact, &[row], &result).unwrap() {
                    forward.insert((dataset.clone(), reached, row));
                }
            }
        }
        let mut backward = BTreeSet::new();
        for row in Table::read(&store, &result.digest).unwrap().ids() {
            // A fresh tracer reads only the chunks it needs.
            for (source, sources) in Tracer::new(&store).backward(&result, &[row]).unwrap() {
                backward.extend(sources.into_iter().map(|id| (source.dataset.to_string(), row, id)));
            }
        }
        prop_assert_eq!(&bulk, &backward);
        prop_assert_eq!(&forward, &backward);
    }
}

/// The number of cases: few, since polars without optimisation is slow; `PROPTEST_CASES` asks for more.
fn cases(default: u32) -> u32 {
    match ProptestConfig::default().cases {
        256 => default,
        asked => asked,
    }
}
