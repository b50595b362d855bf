//! `inner_join`, `left_join`, `right_join` and `full_join`: rows of two tables that have equal keys.

use super::{names, two};
use crate::engine::Run;
use crate::flight::{bug, ids};
use crate::hash::{pair, right as alone, seed};
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct, check_name, merge};
use crate::{Flight, Problem};
use mlspec_record::{DataType, Dependency};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// With which table, and which keys are equal. The result has the columns of the left table, then those of the right one
/// without its keys; in rows of the right table that meet none, the left keys hold the right ones. Null equals nothing; NaN
/// equals NaN and −0 equals 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The right table.
    pub with: String,
    /// The keys, where both tables name them alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// Keys of the left table, where names differ; as many as `right_on`, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_on: Vec<String>,
    /// Keys of the right table, where names differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub right_on: Vec<String>,
    /// What is put behind the names of right columns that the left table has too. Without it such a name is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

impl Join {
    /// A join on keys that both tables name alike. `with` names the right table in errors.
    pub fn on<S: Into<String>>(with: impl Into<String>, keys: impl IntoIterator<Item = S>) -> Self {
        Self { with: with.into(), on: keys.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Adds a pair of keys that are named differently.
    #[must_use]
    pub fn and(mut self, left: impl Into<String>, right: impl Into<String>) -> Self {
        self.left_on.push(left.into());
        self.right_on.push(right.into());
        self
    }

    /// Sets the suffix of right columns that the left table has too.
    #[must_use]
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = Some(suffix.into());
        self
    }

    /// Pairs of left and right key.
    pub(crate) fn keys(&self) -> Result<Vec<(&str, &str)>, Problem> {
        if self.left_on.len() != self.right_on.len() {
            let (left, right) = (self.left_on.len(), self.right_on.len());
            return Err(Problem::Parameter(format!("`left_on` has {left} keys, `right_on` has {right}")));
        }
        let alike = self.on.iter().map(|key| (key.as_str(), key.as_str()));
        let keys: Vec<_> = alike
            .chain(self.left_on.iter().map(String::as_str).zip(self.right_on.iter().map(String::as_str)))
            .collect();
        match keys.is_empty() {
            true => Err(Problem::Parameter("a join needs keys: `on`, or `left_on` and `right_on`".to_owned())),
            false => Ok(keys),
        }
    }

    /// The right table's columns that the result has, by their name there.
    fn right_names(&self, left: &Shape, right: &Shape) -> Result<Vec<(String, String)>, Problem> {
        let keys: BTreeSet<_> = self.keys()?.into_iter().map(|(_, right)| right).collect();
        Ok(right_names(left, right, |column| !keys.contains(column), self.suffix.as_deref()))
    }

    /// The keys are there, and may be compared.
    pub(crate) fn check_keys(&self, left: &Shape, right: &Shape) -> Result<(), Problem> {
        check_pairs(&self.keys()?, left, right)
    }

    fn shape(&self, inputs: Vec<Shape>, how: &JoinType) -> Result<Shape, Problem> {
        let (mut left, mut right) = two(inputs)?;
        let keys = self.keys()?;
        self.check_keys(&left, &right)?;
        left.note(keys.iter().map(|(left, _)| *left), Dependency::Join);
        right.note(keys.iter().map(|(_, right)| *right), Dependency::Join);
        if keeps_right(how) {
            for (left_key, right_key) in keys {
                let both = [left.sources.get(left_key), right.sources.get(right_key)];
                let both = merge(both.into_iter().flatten().flatten().cloned());
                left.sources.insert(left_key.to_owned(), both);
            }
        }
        let right_names = self.right_names(&left, &right)?;
        beside(left, right, right_names)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let ([left, right], Ok(keys)) = (inputs, self.keys()) else { return vec![wanted.clone(); inputs.len()] };
        needs(wanted, left, right, &self.right_names(left, right).unwrap_or_default(), &keys)
    }

    pub(crate) fn affected(&self) -> Affected {
        let keys = self.keys().unwrap_or_default().into_iter();
        let (left, right) = keys.map(|(left, right)| (left.to_owned(), right.to_owned())).unzip();
        Affected::Keys { columns: vec![left, right], nulls: false }
    }

    /// Rows of one table that have the values, and whatever they meet: of the left one where it has such columns. Not where
    /// the other table's rows are kept too: one that meets nothing would look like one whose partner was not looked for.
    fn ways(&self, columns: &[String], inputs: &[Shape], how: &JoinType) -> Vec<Way> {
        let [left, right] = inputs else { return inputs.iter().map(|_| Way::Whole).collect() };
        let keys = self.keys().unwrap_or_default();
        let is_key = |column: &str| keys.iter().find(|(left, _)| *left == column);
        let from_left = Way::through(columns, |column| left.schema.get(column).map(|_| column.to_owned()));
        let right_key = |column: &str| is_key(column).map(|(_, right)| (*right).to_owned());
        let names = self.right_names(left, right).unwrap_or_default();
        let old = |new: &str| names.iter().find(|(_, name)| name == new).map(|(old, _)| old.clone());
        match how {
            JoinType::Full => {
                let keyed = Way::through(columns, |column| is_key(column).map(|(left, _)| (*left).to_owned()));
                vec![keyed, Way::through(columns, right_key)]
            }
            JoinType::Right => match Way::through(columns, |column| right_key(column).or_else(|| old(column))) {
                Way::Whole => vec![Way::Whole, Way::Whole],
                from_right => vec![Way::Partners, from_right],
            },
            _ if from_left != Way::Whole => vec![from_left, Way::Partners],
            _ => match (how, Way::through(columns, old)) {
                (JoinType::Left, _) | (_, Way::Whole) => vec![Way::Whole, Way::Whole],
                (_, from_right) => vec![Way::Partners, from_right],
            },
        }
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>, how: JoinType, name: &str) -> Result<Flight, Problem> {
        let (mut left, mut right) = two(inputs)?;
        let before = (left.clone().keep(|_| false)?, right.clone().keep(|_| false)?);
        let keys = self.keys()?;
        let left_ids = left.hide_ids("@left")?;
        let right_ids = right.hide_ids("@right")?;
        let right_frame = self.right_frame(&left, &right, &keys)?;
        let left_keys: Vec<_> = keys.iter().map(|(left, _)| col(*left)).collect();
        let right_keys: Vec<_> = (0..keys.len()).map(|at| col(format!("@key{at}"))).collect();
        let nodes: Vec<usize> = left.nodes.iter().chain(&right.nodes).copied().collect();
        let joined = std::mem::take(&mut left.frame).lazy().join_builder().with(right_frame.lazy());
        // Coalesced, a key of an inner join would be that of the larger table: 0 or −0.
        let keeps_right = keeps_right(&how);
        let joined = joined.left_on(left_keys).right_on(right_keys).how(how).coalesce(JoinCoalesce::KeepColumns);
        let mut frame = joined.finish().collect().map_err(bug)?;
        drop(right);

        let (from_left, from_right) = (ids(&frame, &left_ids)?, ids(&frame, &right_ids)?);
        if keeps_right {
            fill_keys(&mut frame, &keys, &from_left.is_not_null())?;
        }
        frame = frame.drop_many((0..keys.len()).map(|at| format!("@key{at}")));
        run.lose(&before.0, &from_left, false)?;
        run.lose(&before.1, &from_right, false)?;
        let seed = seed(name);
        let id = |(left, right): (Option<u64>, Option<u64>)| match (left, right) {
            (None, Some(right)) => alone(seed, right),
            (left, right) => pair(seed, left.unwrap_or_default(), right),
        };
        let row: Vec<u64> = from_left.iter().zip(from_right.iter()).map(id).collect();
        for temporary in ["@left", "@right"] {
            if frame.get_column_index(temporary).is_some() {
                frame = frame.drop(temporary).map_err(bug)?;
            }
        }
        frame.with_column(Column::new(ROW.into(), row)).map_err(bug)?;
        Ok(Flight { frame, own: None, nodes })
    }

    /// The right table with its keys under names of their own, and its columns under those of the result.
    fn right_frame(&self, left: &Flight, right: &Flight, keys: &[(&str, &str)]) -> Result<DataFrame, Problem> {
        let key_at: BTreeMap<_, _> = keys.iter().enumerate().map(|(at, (_, right))| (*right, at)).collect();
        let renamed = right.frame.columns().iter().map(|column| {
            let name = column.name().as_str();
            match (key_at.get(name), &self.suffix) {
                (Some(at), _) => column.clone().with_name(format!("@key{at}").into()),
                (None, Some(suffix)) if left.has(name) => column.clone().with_name(format!("{name}{suffix}").into()),
                _ => column.clone(),
            }
        });
        DataFrame::new(right.rows(), renamed.collect()).map_err(bug)
    }
}

/// Whether rows of the right table are kept that meet none.
fn keeps_right(how: &JoinType) -> bool {
    matches!(how, JoinType::Right | JoinType::Full)
}

/// Left keys of rows that have no left row are the right ones.
fn fill_keys(frame: &mut DataFrame, keys: &[(&str, &str)], has_left: &BooleanChunked) -> Result<(), Problem> {
    for (at, (left, _)) in keys.iter().enumerate() {
        let series = |name: &str| Ok::<_, Problem>(frame.column(name).map_err(bug)?.as_materialized_series().clone());
        let filled = series(left)?.zip_with(has_left, &series(&format!("@key{at}"))?).map_err(bug)?;
        frame.with_column(filled.with_name((*left).into()).into_column()).map_err(bug)?;
    }
    Ok(())
}

/// Some of the right table's columns, by their name in a table that has those of the left one too.
pub(crate) fn right_names(
    left: &Shape,
    right: &Shape,
    keep: impl Fn(&str) -> bool,
    suffix: Option<&str>,
) -> Vec<(String, String)> {
    let rename = |column: &str| match (left.schema.get(column), suffix) {
        (Some(_), Some(suffix)) => format!("{column}{suffix}"),
        _ => column.to_owned(),
    };
    names(right).filter(|column| keep(column)).map(|column| (column.to_owned(), rename(column))).collect()
}

/// The left table's columns and these of the right one.
pub(crate) fn beside(mut left: Shape, mut right: Shape, names_of: Vec<(String, String)>) -> Result<Shape, Problem> {
    names_of.iter().try_for_each(|(_, name)| check_name(name))?;
    check_distinct(names(&left).chain(names_of.iter().map(|(_, name)| name.as_str())))?;
    left.indirect.extend(right.indirect);
    for (column, name) in names_of {
        let sources = right.sources.remove(&column).unwrap_or_default();
        left.sources.insert(name, sources);
    }
    Ok(left)
}

/// The columns that both tables need to make wanted ones, and keys in any case.
pub(crate) fn needs(
    wanted: &BTreeSet<String>,
    left: &Shape,
    right_ones: &Shape,
    right_names: &[(String, String)],
    keys: &[(&str, &str)],
) -> Vec<BTreeSet<String>> {
    let mut from_left: BTreeSet<_> = names(left).filter(|column| wanted.contains(*column)).map(str::to_owned).collect();
    let renamed = right_names.iter().filter(|(_, name)| wanted.contains(name));
    let mut from_right: BTreeSet<_> = renamed.map(|(column, _)| column.clone()).collect();
    for (left_key, right_key) in keys {
        from_left.insert((*left_key).to_owned());
        from_right.insert((*right_key).to_owned());
    }
    from_right.retain(|column| right_ones.schema.get(column).is_some());
    // A right column is given a suffix if the left table has its name, so the left one must not be left out.
    from_left.extend(from_right.iter().filter(|column| left.schema.get(column).is_some()).cloned());
    vec![from_left, from_right]
}

/// Pairs of keys are there, each once, and of one type.
pub(crate) fn check_pairs(keys: &[(&str, &str)], left: &Shape, right: &Shape) -> Result<(), Problem> {
    left.require(keys.iter().map(|(left, _)| *left))?;
    right.require(keys.iter().map(|(_, right)| *right))?;
    check_distinct(keys.iter().map(|(left, _)| *left))?;
    check_distinct(keys.iter().map(|(_, right)| *right))?;
    keys.iter().try_for_each(|(left_key, right_key)| check_types(left, left_key, right, right_key))
}

fn check_types(left: &Shape, left_key: &str, right: &Shape, right_key: &str) -> Result<(), Problem> {
    let (Some(left_type), Some(right_type)) = (left.schema.get(left_key), right.schema.get(right_key)) else {
        return Ok(());
    };
    if left_type != right_type {
        let (left, right) = (left_key.to_owned(), right_key.to_owned());
        return Err(Problem::KeyTypes { left, left_type, right, right_type });
    }
    check_key_type(left_key, left_type)
}

/// Lists are no keys.
pub(crate) fn check_key_type(column: &str, data_type: DataType) -> Result<(), Problem> {
    match super::is_list(data_type) {
        true => Err(Problem::Type(format!("the column `{column}` is of type `{data_type}`, which cannot be a key"))),
        false => Ok(()),
    }
}

macro_rules! join {
    ($type:ident, $name:literal, $how:expr) => {
        #[doc = concat!("`", $name, "`")]
        #[derive(Clone, Debug)]
        pub(crate) struct $type(pub(crate) Join);

        impl Relational for $type {
            fn name(&self) -> String {
                $name.to_owned()
            }

            fn reason(&self) -> Option<&'static str> {
                Some("no equal key")
            }

            fn others(&self) -> Vec<&str> {
                vec![&self.0.with]
            }

            fn check(&self) -> Result<(), Problem> {
                self.0.keys().map(drop)
            }

            fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
                self.0.shape(inputs, &$how)
            }

            fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
                self.0.needs(wanted, inputs)
            }

            fn affected(&self, _: &[Shape]) -> Affected {
                self.0.affected()
            }

            fn ways(&self, columns: &[String], inputs: &[Shape]) -> Vec<Way> {
                self.0.ways(columns, inputs, &$how)
            }

            fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
                self.0.run(run, inputs, $how, $name)
            }
        }
    };
}

join!(InnerJoin, "inner_join", JoinType::Inner);
join!(LeftJoin, "left_join", JoinType::Left);
join!(RightJoin, "right_join", JoinType::Right);
join!(FullJoin, "full_join", JoinType::Full);

#[cfg(test)]
mod tests {
    use crate::testing::*;

    fn right() -> Table {
        table(
            df!("_row" => [20_u64, 21, 22, 23], "a" => [Some(2_i64), Some(3), Some(3), None], "b" => ["p", "q", "r", "s"]),
        )
    }

    fn joined(left_join: bool) -> Plan {
        let join = Join::on("u", ["a"]).suffix("_right");
        match left_join {
            false => Plan::scan("t").inner_join(&Plan::scan("u"), join).unwrap(),
            true => Plan::scan("t").left_join(&Plan::scan("u"), join).unwrap(),
        }
    }

    fn values(table: &Table) -> Vec<String> {
        let mut values: Vec<_> =
            cells(table).iter().map(|row| row.split_once('|').map(|(_, rest)| rest.to_owned()).unwrap()).collect();
        values.sort();
        values
    }

    #[test]
    fn rows_meet_where_keys_are_equal_and_null_equals_nothing() {
        let tracked = run(&joined(false), &[("t", numbers()), ("u", right())]);
        assert_eq!(values(&tracked.table().unwrap()), ["2|y|p", "3|z|q", "3|z|r"]);
        let report = &tracked.reports()[0];
        assert_eq!((report.rows_in, report.rows_out, report.dropped), (8, 3, 3));
        let tracked = run(&joined(true), &[("t", numbers()), ("u", right())]);
        assert_eq!(values(&tracked.table().unwrap()), ["1|x|null", "2|y|p", "3|z|q", "3|z|r", "null|x|null"]);
        assert_eq!(tracked.reports()[0].dropped, 1);
    }

    #[test]
    fn a_row_comes_from_the_two_that_met() {
        let tracked = run(&joined(true), &[("t", numbers()), ("u", right())]);
        assert_eq!(pairs_of(&tracked, "t").len(), 5);
        let mut sources: Vec<_> = pairs_of(&tracked, "u").into_iter().map(|(_, source)| source).collect();
        sources.sort_unstable();
        assert_eq!(sources, [20, 21, 22]);
        assert_eq!(all_sources(tracked.indirect()), "t.a join, u.a join");
        let lineage: Vec<_> = tracked.columns().iter().map(sources_of).collect();
        assert_eq!(lineage, ["t.a identity", "t.b identity", "u.b identity"]);
    }

    #[test]
    fn a_table_meets_itself_in_two_scans() {
        let t = Plan::scan("t").select(["a"]);
        let plan = Plan::scan("t").inner_join(&t, Join::on("t", ["a"])).unwrap();
        let tracked = run(&plan, &[("t", numbers())]);
        assert_eq!(tracked.scans().iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["t", "t#2"]);
        assert_eq!(pairs_of(&tracked, "t"), pairs_of(&tracked, "t#2"));
        assert_eq!(tracked.table().unwrap().len(), 3);
    }

    #[test]
    fn as_keys_nan_equals_nan_and_the_zeros_are_one() {
        let floats = |first: u64| {
            let zero = if first == 0 { 0.0 } else { -0.0 };
            table(df!("_row" => [first, first + 1, first + 2], "x" => [Some(f64::NAN), Some(zero), None]))
        };
        let plan = Plan::scan("l").inner_join(&Plan::scan("r"), Join::on("r", ["x"])).unwrap();
        assert_eq!(run(&plan, &[("l", floats(0)), ("r", floats(10))]).table().unwrap().len(), 2);
    }

    #[test]
    fn a_row_keeps_its_own_key_whichever_table_is_larger() {
        let floats = |values: &[f64]| table(df!("_row" => (0..values.len() as u64).collect::<Vec<_>>(), "x" => values));
        let check = |left: &[f64], right: &[f64], expect: &[&str]| {
            let plan = Plan::scan("l").inner_join(&Plan::scan("r"), Join::on("r", ["x"])).unwrap();
            let joined = run(&plan, &[("l", floats(left)), ("r", floats(right))]);
            assert_eq!(values(&joined.table().unwrap()), expect);
        };
        check(&[0.0], &[-0.0, 1.0, 2.0], &["0.0"]);
        check(&[-0.0], &[1.0, 0.0, 2.0], &["-0.0"]);
        check(&[0.0, 1.0, 2.0], &[-0.0], &["0.0"]);
    }

    #[test]
    fn differently_named_keys() {
        let plan = Plan::scan("t")
            .inner_join(&Plan::scan("u").rename([("a", "k"), ("b", "c")]), Join::on("u", [""; 0]).and("a", "k"));
        let tracked = run(&plan.unwrap(), &[("t", numbers()), ("u", right())]);
        assert_eq!(values(&tracked.table().unwrap()), ["2|y|p", "3|z|q", "3|z|r"]);
    }

    #[test]
    fn a_plan_finds_collisions_missing_keys_and_types() {
        let check = |join: Join, expect: &str| {
            let plan = Plan::scan("t").inner_join(&Plan::scan("u"), join).unwrap();
            let found = refusal(&plan, &[("t", numbers()), ("u", right())]);
            assert_eq!(found, format!("operator 0 (`inner_join`) of table `t`: {expect}"));
        };
        check(Join::on("u", ["a"]), "two columns would be named `b`");
        check(Join::on("u", ["z"]), "there is no column `z`");
        check(Join::default().and("a", "b"), "the keys `a` (int64) and `b` (string) have different types");
        assert!(Plan::scan("t").inner_join(&Plan::scan("u"), Join::default()).is_err());
    }
}
