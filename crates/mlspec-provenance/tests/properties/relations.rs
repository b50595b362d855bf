//! Steps of random plans beyond the simplest: by this crate, and by polars alone where it has them.

use crate::random::{Keys, Tree, tree};
use mlspec_provenance::{
    Aggregate, AggregateFunction as A, AsofJoin, CrossJoin, Direction, DropOutliers, Explode, Frame, FrameUnit, Join,
    Limit, OrderBy, OutlierRule, PercentileBounds, Pivot, Plan, Sample, Unpivot, WindowColumn, WindowFunction as F,
};
use mlspec_record::{DataType as Type, Seed};
use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) enum Relation {
    Right(Box<Tree>),
    Full(Box<Tree>),
    Semi(Box<Tree>, Keys),
    Anti(Box<Tree>, Keys),
    Cross(Box<Tree>),
    Asof { right: Box<Tree>, by: bool, direction: u8, tolerance: Option<u8>, strict: bool },
    Window { by: Option<Keys>, order: u8, functions: u8 },
    Limit { n: u8, offset: u8, order: u8, by: Option<Keys> },
    SampleShare(u8),
    SampleRows { n: u8, by: Option<Keys> },
    Explode { drop_empty: bool },
    Unpivot,
    Pivot(u8),
    Outliers { rule: u8, by: Option<Keys> },
    Ordered(Keys, u8),
    Everything,
}

pub(crate) fn relation(depth: u32, wild: bool) -> BoxedStrategy<Relation> {
    let right = move || tree(depth - 1, wild).prop_map(Box::new);
    let by = || prop::option::of(keys());
    prop_oneof![
        right().prop_map(Relation::Right),
        right().prop_map(Relation::Full),
        (right(), keys()).prop_map(|(tree, keys)| Relation::Semi(tree, keys)),
        (right(), keys()).prop_map(|(tree, keys)| Relation::Anti(tree, keys)),
        right().prop_map(Relation::Cross),
        (right(), any::<bool>(), 0..3_u8, prop::option::of(0..3_u8), any::<bool>()).prop_map(
            |(right, by, direction, tolerance, strict)| Relation::Asof { right, by, direction, tolerance, strict }
        ),
        (by(), 0..5_u8, 0..8_u8).prop_map(|(by, order, functions)| Relation::Window { by, order, functions }),
        (0..4_u8, 0..3_u8, 0..5_u8, by()).prop_map(|(n, offset, order, by)| Relation::Limit { n, offset, order, by }),
        (0..5_u8).prop_map(Relation::SampleShare),
        (0..4_u8, by()).prop_map(|(n, by)| Relation::SampleRows { n, by }),
        any::<bool>().prop_map(|drop_empty| Relation::Explode { drop_empty }),
        Just(Relation::Unpivot),
        (0..4_u8).prop_map(Relation::Pivot),
        (0..4_u8, by()).prop_map(|(rule, by)| Relation::Outliers { rule, by }),
        (keys(), 0..4_u8).prop_map(|(keys, which)| Relation::Ordered(keys, which)),
        Just(Relation::Everything),
    ]
    .boxed()
}

pub(crate) fn keys() -> impl Strategy<Value = Keys> {
    prop_oneof![Just(Keys::K), Just(Keys::V), Just(Keys::X), Just(Keys::KV)]
}

fn order(which: u8) -> Vec<OrderBy> {
    let all = || ["v", "k", "x"].map(OrderBy::ascending).to_vec();
    match which {
        0 => Vec::new(),
        1 => vec![OrderBy::descending("v")],
        2 => vec![OrderBy { nulls_first: true, ..OrderBy::ascending("k") }, OrderBy::descending("x")],
        _ => all(),
    }
}

fn windows(functions: u8) -> [(&'static str, WindowColumn); 2] {
    let (of, place) = (WindowColumn::of, WindowColumn::of_place);
    let (v, x) = match functions {
        0 => (place(F::RowNumber), of(F::Lag, "x")),
        1 => (place(F::DenseRank), of(F::Sum, "x").over(Frame { unit: FrameUnit::Range, ..Frame::running() })),
        2 => (of(F::LastValue, "v").over(Frame::rows(-1, 2)), of(F::Mean, "x").over(Frame::rows(-1, 1))),
        3 => (of(F::Count, "v"), of(F::Std, "x").over(Frame::rows(-2, 0))),
        4 => (place(F::Ntile).n(2), place(F::PercentRank)),
        5 => {
            (WindowColumn { default: Some(7.into()), ..of(F::Lead, "v").n(2) }, of(F::Max, "x").over(Frame::running()))
        }
        6 => (of(F::NthValue, "v").n(2), of(F::Min, "x")),
        _ => (place(F::Rank), of(F::Sum, "x")),
    };
    [("v_new", v), ("x_new", x)]
}

/// Brings a plan back to the three columns.
fn renewed(plan: Plan) -> Plan {
    let plan = plan.derive([("v", "v_new"), ("x", "x_new")]).unwrap();
    plan.cast([("v", Type::Int64), ("x", Type::Float64)]).select(["k", "v", "x"])
}

impl Relation {
    /// The plan of the other table, if there is one.
    pub(crate) fn right(&self) -> Option<&Tree> {
        match self {
            Self::Right(right) | Self::Full(right) | Self::Semi(right, _) | Self::Anti(right, _) => Some(right),
            Self::Cross(right) | Self::Asof { right, .. } => Some(right),
            _ => None,
        }
    }

    pub(crate) fn name(&self) -> String {
        let name = format!("{self:?}");
        let name: String = name.chars().take_while(|letter| letter.is_alphanumeric()).collect();
        match self {
            Self::Window { by, functions, .. } => {
                format!("{name} {functions}{}", if by.is_some() { " in parts" } else { "" })
            }
            Self::Limit { by, offset, .. } => {
                format!(
                    "{name}{}{}",
                    if by.is_some() { " in parts" } else { "" },
                    if *offset > 0 { " with offset" } else { "" }
                )
            }
            Self::Outliers { by, rule } => format!("{name} {rule}{}", if by.is_some() { " in parts" } else { "" }),
            Self::Asof { by, direction, .. } => format!("{name} {direction}{}", if *by { " by keys" } else { "" }),
            Self::Ordered(_, which) | Self::Pivot(which) => format!("{name} {which}"),
            _ => name,
        }
    }

    /// Whether a row is lost without any one row that it comes from.
    pub(crate) fn is_necessary(&self) -> bool {
        match self {
            Self::SampleShare(_) | Self::SampleRows { .. } | Self::Explode { .. } | Self::Unpivot => true,
            Self::Limit { offset, .. } => *offset == 0,
            Self::Cross(right) => right.is_necessary(),
            // Of the right table there are no rows; the others are those of the left one.
            Self::Anti(..) => true,
            _ => false,
        }
    }

    /// Whether it makes several rows of one, or brings rows together.
    pub(crate) fn multiplies(&self) -> bool {
        use Relation::{Anti, Limit, SampleRows, SampleShare, Semi};
        !matches!(self, Limit { .. } | SampleShare(_) | SampleRows { .. } | Semi(..) | Anti(..))
    }

    /// Whether it drops rows because of other rows.
    pub(crate) fn drops_by_others(&self) -> bool {
        use Relation::{Anti, Limit, Outliers, SampleRows};
        matches!(self, Limit { .. } | SampleRows { .. } | Outliers { .. } | Anti(..))
    }

    /// Whether the rows that it makes depend on several of its rows.
    pub(crate) fn looks_around(&self) -> bool {
        use Relation::{Everything, Ordered, Pivot, Window};
        matches!(self, Window { .. } | Pivot(_) | Ordered(..) | Everything) || self.drops_by_others()
    }

    pub(crate) fn apply(&self, plan: Plan) -> Plan {
        let columns = |by: &Option<Keys>| by.map(Keys::columns).unwrap_or_default();
        match self {
            Self::Right(right) => {
                crate::random::summed(plan.right_join(&right.plan(), Join::on("r", ["k"]).suffix("_r")).unwrap())
            }
            Self::Full(right) => {
                crate::random::summed(plan.full_join(&right.plan(), Join::on("r", ["k"]).suffix("_r")).unwrap())
            }
            Self::Semi(right, keys) => plan.semi_join(&right.plan(), Join::on("r", keys.columns())).unwrap(),
            Self::Anti(right, keys) => plan.anti_join(&right.plan(), Join::on("r", keys.columns())).unwrap(),
            Self::Cross(right) => {
                let with = CrossJoin { with: "r".into(), suffix: Some("_r".into()) };
                // Rows multiply.
                crate::random::summed(plan.cross_join(&right.plan().limit(Limit::first(3, [])), with))
            }
            Self::Asof { right, by, direction, tolerance, strict } => {
                let on = AsofJoin {
                    with: "r".into(),
                    left_on: Some("v".into()),
                    right_on: Some("v".into()),
                    by: if *by { vec!["k".into()] } else { Vec::new() },
                    direction: [Direction::Backward, Direction::Forward, Direction::Nearest][usize::from(*direction)],
                    tolerance: tolerance.map(Into::into),
                    strict: *strict,
                    suffix: Some("_r".into()),
                    ..AsofJoin::default()
                };
                let joined = plan.asof_join(&right.plan(), on).unwrap();
                joined.derive([("v", "v + COALESCE(v_r, 9)")]).unwrap().select(["k", "v", "x"])
            }
            Self::Window { by, order: which, functions } => {
                renewed(plan.window(columns(by), order(*which), windows(*functions)).unwrap())
            }
            Self::Limit { n, offset, order: which, by } => {
                let limit = Limit { offset: u64::from(*offset), ..Limit::first(u64::from(*n), order(*which)) };
                plan.limit(limit.partition_by(columns(by)))
            }
            Self::SampleShare(share) => {
                plan.sample(Sample::fraction(f64::from(*share) / 4.0, Seed::default())).unwrap()
            }
            Self::SampleRows { n, by } => {
                let partition_by = columns(by).into_iter().map(str::to_owned).collect();
                plan.sample(Sample { partition_by, ..Sample::n(u64::from(*n), Seed::default()) }).unwrap()
            }
            Self::Explode { drop_empty } => {
                let several = plan.derive([("k", "CASE WHEN v > 1 THEN k || ';a' ELSE k END")]).unwrap();
                let explode = Explode { drop_empty: *drop_empty, ..Explode::text("k", ";") };
                several.explode(explode).unwrap().select(["k", "v", "x"])
            }
            Self::Unpivot => {
                let floats = plan.cast([("v", Type::Float64)]);
                let long = floats.unpivot(Unpivot::columns(["v", "x"])).unwrap();
                let named = long.derive([("v", "CASE WHEN variable = 'v' THEN 1 ELSE 2 END"), ("x", "value")]).unwrap();
                named.cast([("v", Type::Int64)]).select(["k", "v", "x"])
            }
            Self::Pivot(which) => {
                let aggregate = [
                    Aggregate::of(A::Sum, "x"),
                    Aggregate::count(),
                    Aggregate::of(A::Last, "x"),
                    Aggregate::quantile("x", 0.25),
                ][usize::from(*which)]
                .clone();
                let values = [("zero".to_owned(), 0.into()), ("two".to_owned(), 2.into())].into();
                let wide = plan.pivot(Pivot { keys: vec!["k".into()], on: "v".into(), values, aggregate }).unwrap();
                let wide = wide.cast([("zero", Type::Float64), ("two", Type::Float64)]);
                let flat =
                    wide.derive([("v", "CASE WHEN zero IS NULL THEN 1 ELSE 0 END"), ("x", "COALESCE(two, 0.5)")]);
                flat.unwrap().cast([("v", Type::Int64)]).select(["k", "v", "x"])
            }
            Self::Outliers { rule, by } => {
                let rule = match rule {
                    0 => OutlierRule::Iqr(0.5),
                    1 => OutlierRule::ZScore(1.0),
                    2 => OutlierRule::Percentile(PercentileBounds { lower: 0.25, upper: 0.75 }),
                    _ => OutlierRule::Mad(1.0),
                };
                plan.drop_outliers(DropOutliers::of(["x"], rule).partition_by(columns(by))).unwrap()
            }
            Self::Ordered(keys, which) => {
                let by = || [OrderBy::descending("v"), OrderBy::ascending("x")];
                let (v, x) = match which {
                    0 => (Aggregate::of(A::First, "v").order_by(by()), Aggregate::of(A::Last, "x").order_by(by())),
                    1 => (Aggregate::of(A::Mode, "v"), Aggregate::quantile("x", 0.75)),
                    2 => (Aggregate::of(A::Last, "v"), Aggregate::of(A::Mode, "x")),
                    _ => (Aggregate::count(), Aggregate::of(A::Max, "x")),
                };
                let joined = match which {
                    3 => Aggregate { separator: Some("+".into()), ..Aggregate::of(A::Join, "k").order_by(by()) },
                    _ => Aggregate::of(A::Min, "k"),
                };
                let made = plan.group_by(keys.columns(), [("v_new", v), ("x_new", x), ("k_new", joined)]).unwrap();
                renewed(made.derive([("k", "k_new")]).unwrap())
            }
            Self::Everything => {
                let all = [
                    ("v_new", Aggregate::count()),
                    ("x_new", Aggregate::of(A::Sum, "x")),
                    ("k", Aggregate::of(A::Min, "k")),
                ];
                renewed(plan.group_by([""; 0], all).unwrap())
            }
        }
    }

    /// Whether polars alone does this.
    pub(crate) fn has_oracle(&self) -> bool {
        match self {
            Self::SampleShare(_) | Self::SampleRows { .. } | Self::Ordered(..) => false,
            Self::Cross(_) => false,
            Self::Window { functions, by, .. } => *functions == 7 && matches!(by, Some(Keys::K)),
            Self::Limit { order, by, .. } => *order > 2 && by.is_none(),
            Self::Pivot(which) => *which < 2,
            Self::Outliers { rule, by } => (*rule == 0 || *rule == 2) && by.is_none(),
            _ => self.right().is_none_or(Tree::has_oracle),
        }
    }

    pub(crate) fn oracle(&self, frame: LazyFrame, tables: &BTreeMap<String, Table>) -> LazyFrame {
        let right = self.right().map(|right| right.oracle(tables));
        let taken = || right.clone().unwrap();
        let on = |keys: &Keys| keys.columns().into_iter().map(col).collect::<Vec<_>>();
        match self {
            Self::Right(_) => crate::random::met(frame, taken(), JoinType::Right),
            Self::Full(_) => crate::random::met(frame, taken(), JoinType::Full),
            Self::Semi(_, keys) => frame.join(taken(), on(keys), on(keys), JoinArgs::new(JoinType::Semi)),
            Self::Anti(_, keys) => frame.join(taken(), on(keys), on(keys), JoinArgs::new(JoinType::Anti)),
            Self::Asof { by, direction, tolerance, strict, .. } => {
                nearest(&frame.collect().unwrap(), &taken().collect().unwrap(), (*by, *direction, *tolerance, *strict))
            }
            Self::Window { .. } => {
                let options = RankOptions { method: RankMethod::Min, descending: false };
                let filled = col("v").fill_null(lit(i64::MAX));
                frame.select([
                    col("k"),
                    filled.rank(options, None).over([col("k")]).unwrap().cast(DataType::Int64).alias("v"),
                    col("x").sum().over([col("k")]).unwrap(),
                ])
            }
            Self::Limit { n, offset, .. } => {
                let by = SortMultipleOptions::default().with_nulls_last(true);
                frame.sort(["v", "k", "x"], by).slice(i64::from(*offset), IdxSize::from(*n))
            }
            Self::Explode { drop_empty } => {
                let several = when(col("v").gt(lit(1))).then(col("k") + lit(";a")).otherwise(col("k"));
                let listed = frame.with_columns([several.str().split(lit(";")).alias("k")]);
                let options = ExplodeOptions { empty_as_null: !drop_empty, keep_nulls: !drop_empty };
                listed.explode(by_name(["k"], true, false), options)
            }
            Self::Unpivot => {
                let part = |name: &str, code: i64| {
                    frame.clone().select([
                        col("k"),
                        lit(code).cast(DataType::Int64).alias("v"),
                        col(name).cast(DataType::Float64).alias("x"),
                    ])
                };
                concat([part("v", 1), part("x", 2)], UnionArgs::default()).unwrap()
            }
            Self::Pivot(which) => {
                let of = |value: i64| {
                    let x = col("x").filter(col("v").eq(lit(value)));
                    let many = x.clone().count().cast(DataType::Float64);
                    if *which == 1 { many } else { when(many.gt(lit(0))).then(x.sum()).otherwise(lit(NULL)) }
                };
                let wide = frame.group_by([col("k")]).agg([of(0).alias("zero"), of(2).alias("two")]);
                let v = when(col("zero").is_null()).then(lit(1_i64)).otherwise(lit(0_i64));
                wide.select([col("k"), v.cast(DataType::Int64).alias("v"), col("two").fill_null(lit(0.5)).alias("x")])
            }
            Self::Outliers { rule, .. } => {
                let quantile = |share: f64| col("x").quantile(lit(share), QuantileMethod::Linear);
                let times = if *rule == 0 { 0.5 } else { 0.0 };
                let reach = (quantile(0.75) - quantile(0.25)) * lit(times);
                let inside = col("x").gt_eq(quantile(0.25) - reach.clone()).and(col("x").lt_eq(quantile(0.75) + reach));
                frame.filter(inside.or(col("x").is_null()))
            }
            Self::Everything => frame.select([col("k").min(), len().cast(DataType::Int64).alias("v"), col("x").sum()]),
            _ => panic!("polars alone does not do this"),
        }
    }
}

/// By trying all right rows.
fn nearest(
    left: &DataFrame,
    right: &DataFrame,
    (by, direction, tolerance, strict): (bool, u8, Option<u8>, bool),
) -> LazyFrame {
    let texts = |frame: &DataFrame| {
        frame.column("k").unwrap().str().unwrap().iter().map(|k| k.map(str::to_owned)).collect::<Vec<_>>()
    };
    let numbers = |frame: &DataFrame| frame.column("v").unwrap().i64().unwrap().iter().collect::<Vec<_>>();
    let (right_k, right_v) = (texts(right), numbers(right));
    let found = texts(left).into_iter().zip(numbers(left)).map(|(k, v)| {
        let v = v?;
        let fits = |(other, place): (&Option<String>, &Option<i64>)| {
            let place = (*place)?;
            let side = match direction {
                0 => place <= v,
                1 => place >= v,
                _ => true,
            };
            let same = !by || (k.is_some() && *other == k);
            let near = tolerance.is_none_or(|reach| (place - v).abs() <= i64::from(reach));
            (side && same && near && (!strict || place != v)).then_some(((place - v).abs(), place))
        };
        let place = right_k.iter().zip(&right_v).filter_map(fits).min().map(|found| found.1);
        Some(v + place.unwrap_or(9))
    });
    let found: Vec<Option<i64>> = found.collect();
    let mut frame = left.clone();
    frame.with_column(Column::new("v".into(), found)).unwrap();
    frame.lazy()
}
