//! Random plans on random tables.

use crate::relations::{Relation, relation};
use mlspec_provenance::{Aggregate, AggregateFunction, Join, Map, Plan};
use mlspec_record::DataType as Type;
use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One step of a random plan. The columns are always `k` (a key with nulls), `v` (an integer) and `x` (a float).
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Filter(i64),
    Derive(i64),
    FillNulls,
    DropNulls,
    InnerJoin(Box<Tree>),
    LeftJoin(Box<Tree>),
    Concat(Box<Tree>),
    GroupBy,
    Distinct,
    Rename,
    Cast,
    Map,
    Relation(Relation),
    Wild(Wild),
}

/// Steps that [`Tree::oracle`] does not know.
#[derive(Clone, Debug)]
pub(crate) enum Wild {
    /// Aggregates other than sum and maximum, by these keys.
    Aggregates(Keys, usize),
    DistinctOn(Keys),
    /// A join by these keys; with the same table again if there is no other.
    Join {
        left: bool,
        keys: Keys,
        with: Option<Box<Tree>>,
    },
    /// The plan itself once more.
    Twice,
    /// The rows of another table, without its `x`.
    Union(Box<Tree>),
    /// Means of groups are joined to their rows, and rows above the mean stay.
    AboveMean,
}

/// Key columns.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    K,
    V,
    X,
    KV,
}

impl Keys {
    pub(crate) fn columns(self) -> Vec<&'static str> {
        match self {
            Self::K => vec!["k"],
            Self::V => vec!["v"],
            Self::X => vec!["x"],
            Self::KV => vec!["k", "v"],
        }
    }
}

/// A table and what is done to it.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) table: &'static str,
    pub(crate) steps: Vec<Step>,
}

impl Step {
    /// Whether a row is lost without any one row that it comes from.
    fn is_necessary(&self) -> bool {
        match self {
            Self::LeftJoin(_) | Self::GroupBy | Self::Distinct | Self::Wild(_) => false,
            Self::InnerJoin(right) | Self::Concat(right) => right.is_necessary(),
            Self::Relation(relation) => relation.is_necessary(),
            _ => true,
        }
    }

    /// The plan of the other table, if there is one.
    pub(crate) fn right(&self) -> Option<&Tree> {
        match self {
            Self::InnerJoin(right) | Self::LeftJoin(right) | Self::Concat(right) => Some(right),
            Self::Relation(relation) => relation.right(),
            _ => None,
        }
    }

    /// Whether it makes several rows of one, or brings rows together.
    fn multiplies(&self) -> bool {
        match self {
            Self::Relation(relation) => relation.multiplies(),
            Self::InnerJoin(_) | Self::LeftJoin(_) | Self::Concat(_) | Self::GroupBy | Self::Distinct => true,
            _ => false,
        }
    }

    /// Whether the rows that it makes depend on several of its rows.
    fn looks_around(&self) -> bool {
        match self {
            Self::Relation(relation) => relation.looks_around(),
            Self::GroupBy | Self::Distinct => true,
            _ => false,
        }
    }

    fn drops_by_others(&self) -> bool {
        matches!(self, Self::Relation(relation) if relation.drops_by_others())
    }
}

impl Tree {
    pub(crate) fn is_necessary(&self) -> bool {
        self.steps.iter().all(Step::is_necessary)
    }

    /// Whether the rows that a row comes from give it again with certainty. Rows that were dropped because of others can come back
    /// beside it, where they come from the same rows: what is done to single rows then does not mind, what looks at several does.
    pub(crate) fn is_sufficient(&self) -> bool {
        let (mut multiplied, mut grouped, mut dropped) = (false, false, false);
        for step in &self.steps {
            let outliers = matches!(step, Step::Relation(Relation::Outliers { .. }));
            let minds = step.looks_around();
            if minds
                && (dropped || (outliers && multiplied) || (grouped && !matches!(step, Step::GroupBy | Step::Distinct)))
            {
                return false;
            }
            dropped |= step.drops_by_others();
            grouped |= minds && !step.drops_by_others();
            multiplied |= step.multiplies();
            if let Some(right) = step.right() {
                if !right.is_sufficient() {
                    return false;
                }
                dropped |= right.steps.iter().any(Step::drops_by_others);
                grouped |= right.steps.iter().any(Step::looks_around);
            }
        }
        true
    }

    /// Whether polars alone does this.
    pub(crate) fn has_oracle(&self) -> bool {
        self.steps.iter().all(|step| match step {
            Step::Relation(relation) => relation.has_oracle(),
            Step::Wild(_) => false,
            other => other.right().is_none_or(Tree::has_oracle),
        })
    }

    pub(crate) fn plan(&self) -> Plan {
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
            Step::Rename => {
                let renamed = plan.rename([("k", "v"), ("v", "w")]).derive([("k", "v"), ("v", "w")]).unwrap();
                renamed.select(["k", "v", "x"])
            }
            Step::Cast => plan.cast([("v", Type::String)]).cast([("v", Type::Int64)]),
            Step::Map => {
                plan.map(Map::new("plus", "1", ["v"], [("v", Type::Int64)], |columns| Ok(vec![&columns[0] + 1])))
            }
            Step::Relation(relation) => relation.apply(plan),
            Step::Wild(wild) => wild.apply(plan),
        })
    }

    /// The same by polars alone.
    pub(crate) fn oracle(&self, tables: &BTreeMap<String, Table>) -> LazyFrame {
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
            Step::Rename | Step::Cast => frame,
            Step::Map => frame.with_columns([col("v") + lit(1)]),
            Step::Relation(relation) => relation.oracle(frame, tables),
            Step::Wild(_) => panic!("polars alone does not do this"),
        })
    }
}

impl Wild {
    fn apply(&self, plan: Plan) -> Plan {
        let of = |function, column| Aggregate::of(function, column);
        match self {
            Self::Aggregates(keys, which) => {
                use AggregateFunction as F;
                let (v, x) =
                    [(F::Count, F::Mean), (F::NUnique, F::Std), (F::Min, F::Median), (F::First, F::First)][*which];
                let made = plan.group_by(
                    keys.columns(),
                    [("v_new", of(v, "v")), ("x_new", of(x, "x")), ("k_new", of(F::First, "k"))],
                );
                let made = made.unwrap().derive([("k", "k_new"), ("v", "v_new"), ("x", "x_new")]).unwrap();
                made.cast([("v", Type::Int64)]).select(["k", "v", "x"])
            }
            Self::DistinctOn(keys) => plan.distinct(keys.columns()),
            Self::Join { left, keys, with } => {
                let right = with.as_ref().map_or_else(|| plan.clone(), |tree| tree.plan());
                // All columns have another name on the right, and a key is joined to one that was derived.
                let right = right.rename([("k", "rk"), ("v", "rv"), ("x", "rx")]);
                let right = right.derive([("sk", "rk"), ("sv", "rv"), ("sx", "rx")]).unwrap();
                let on = keys
                    .columns()
                    .into_iter()
                    .fold(Join::on("r", [""; 0]), |join, key| join.and(key, format!("s{key}")));
                let joined = if *left { plan.left_join(&right, on) } else { plan.inner_join(&right, on) };
                let derived = joined.unwrap().derive([
                    ("v", "v + COALESCE(rv, 1)"),
                    ("k", "COALESCE(k, rk)"),
                    ("x", "x + COALESCE(rx, 1)"),
                ]);
                derived.unwrap().select(["k", "v", "x"])
            }
            Self::Twice => plan.clone().concat(&[plan], false),
            Self::Union(tree) => plan.concat(&[tree.plan().select(["v", "k"])], true),
            Self::AboveMean => {
                let mean = [("mean", of(AggregateFunction::Mean, "v"))];
                let means = plan.clone().group_by(["k"], mean).unwrap();
                let joined = plan.inner_join(&means, Join::on("means", ["k"])).unwrap();
                joined.filter("v >= mean").unwrap().select(["k", "v", "x"])
            }
        }
    }
}

/// Brings a join back to the three columns.
pub(crate) fn summed(plan: Plan) -> Plan {
    plan.derive([("v", "v + COALESCE(v_r, 0)"), ("x", "x + COALESCE(x_r, 0)")]).unwrap().select(["k", "v", "x"])
}

pub(crate) fn met(left: LazyFrame, right: LazyFrame, how: JoinType) -> LazyFrame {
    let right = right.rename(["v", "x"], ["v_r", "x_r"], true);
    let both =
        left.join(right, [col("k")], [col("k")], JoinArgs::new(how).with_coalesce(JoinCoalesce::CoalesceColumns));
    both.select([col("k"), col("v") + col("v_r").fill_null(lit(0)), col("x") + col("x_r").fill_null(lit(0.0))])
}

fn step(depth: u32, wild: bool) -> BoxedStrategy<Step> {
    let row_wise = prop_oneof![
        (-2..4_i64).prop_map(Step::Filter),
        (-2..3_i64).prop_map(Step::Derive),
        Just(Step::FillNulls),
        Just(Step::DropNulls),
        Just(Step::Rename),
        Just(Step::Cast),
        Just(Step::Map),
    ];
    if depth == 0 {
        return row_wise.boxed();
    }
    let steps = prop_oneof![
        3 => row_wise,
        1 => tree(depth - 1, wild).prop_map(|tree| Step::InnerJoin(Box::new(tree))),
        1 => tree(depth - 1, wild).prop_map(|tree| Step::LeftJoin(Box::new(tree))),
        1 => tree(depth - 1, wild).prop_map(|tree| Step::Concat(Box::new(tree))),
        3 => relation(depth, wild).prop_map(Step::Relation),
        1 => Just(Step::GroupBy),
        1 => Just(Step::Distinct),
    ];
    if !wild {
        return steps.boxed();
    }
    let keys = || prop_oneof![Just(Keys::K), Just(Keys::V), Just(Keys::X), Just(Keys::KV)];
    let others = prop_oneof![
        (keys(), 0..4_usize).prop_map(|(keys, which)| Wild::Aggregates(keys, which)),
        keys().prop_map(Wild::DistinctOn),
        (any::<bool>(), keys(), prop::option::of(tree(depth - 1, wild).prop_map(Box::new)))
            .prop_map(|(left, keys, with)| Wild::Join { left, keys, with }),
        Just(Wild::Twice),
        tree(depth - 1, wild).prop_map(|tree| Wild::Union(Box::new(tree))),
        Just(Wild::AboveMean),
    ];
    prop_oneof![2 => steps, 1 => others.prop_map(Step::Wild)].boxed()
}

pub(crate) fn tree(depth: u32, wild: bool) -> BoxedStrategy<Tree> {
    (prop_oneof![Just("s"), Just("t")], prop::collection::vec(step(depth, wild), 0..4))
        .prop_map(|(table, steps)| Tree { table, steps })
        .boxed()
}

/// Rows of small values, so that keys meet and rows are equal. Floats are halves, whose sums are exact.
pub(crate) fn table() -> impl Strategy<Value = Table> {
    let row = (prop::option::weighted(0.8, 0..3_u8), prop::option::weighted(0.9, -2..5_i64), 0..4_i8);
    (prop::collection::vec(row, 0..7), 0..100_u64).prop_map(|(rows, first)| {
        let k: Vec<_> = rows.iter().map(|row| row.0.map(|k| ["a", "b", "c"][usize::from(k)])).collect();
        let v: Vec<_> = rows.iter().map(|row| row.1).collect();
        let x: Vec<_> = rows.iter().map(|row| f64::from(row.2) / 2.0).collect();
        Table::number(df!("k" => k, "v" => v, "x" => x).unwrap(), first).unwrap()
    })
}

pub(crate) fn tables() -> impl Strategy<Value = BTreeMap<String, Table>> {
    (table(), table()).prop_map(|(s, t)| BTreeMap::from([("s".to_owned(), s), ("t".to_owned(), t)]))
}
