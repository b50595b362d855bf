//! `semi_join` and `anti_join`: rows of a table for which another one has, or lacks, equal keys.

use super::groups::Groups;
use super::join::Join;
use super::{names, two};
use crate::engine::Run;
use crate::flight::{bug, ids, node_column};
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use std::collections::BTreeSet;

const MATCH: &str = "@match";

/// Keeps rows of the left table for which the right one has equal keys (`MEETS`), or has none. A row comes from itself; of those that
/// meet, from all that they meet too.
#[derive(Clone, Debug)]
pub(crate) struct ByPartner<const MEETS: bool>(pub(crate) Join);

/// Neither adds columns.
pub(crate) fn check(join: &Join) -> Result<(), Problem> {
    join.keys()?;
    match join.suffix {
        None => Ok(()),
        Some(_) => Err(Problem::Parameter("no column of the right table is kept, so `suffix` has no use".to_owned())),
    }
}

fn shape(join: &Join, inputs: Vec<Shape>) -> Result<Shape, Problem> {
    check(join)?;
    let (mut left, mut right) = two(inputs)?;
    join.check_keys(&left, &right)?;
    let keys = join.keys()?;
    left.note(keys.iter().map(|(left, _)| *left), Dependency::Join);
    right.note(keys.iter().map(|(_, right)| *right), Dependency::Join);
    left.indirect.extend(right.indirect);
    Ok(left)
}

fn needs(join: &Join, wanted: &BTreeSet<String>) -> Vec<BTreeSet<String>> {
    let (left, right): (BTreeSet<_>, _) =
        join.keys().unwrap_or_default().into_iter().map(|(left, right)| (left.to_owned(), right.to_owned())).unzip();
    vec![wanted.union(&left).cloned().collect(), right]
}

fn ways(columns: &[String], inputs: &[Shape]) -> Vec<Way> {
    let Some(left) = inputs.first() else { return Vec::new() };
    match Way::through(columns, |column| names(left).find(|name| *name == column).map(str::to_owned)) {
        Way::Whole => vec![Way::Whole, Way::Whole],
        from_left => vec![from_left, Way::Partners],
    }
}

/// The left rows with the group of right rows that they meet, in the column [`MATCH`]; and those groups.
fn matched(join: &Join, left: &Flight, right: &Flight, operator: &str) -> Result<(DataFrame, Flight, Groups), Problem> {
    let keys = join.keys()?;
    let of_right: Vec<String> = keys.iter().map(|(_, right)| (*right).to_owned()).collect();
    let complete = right.frame.drop_nulls(Some(&of_right)).map_err(bug)?;
    let right = right.clone().with(complete);
    let groups = Groups::new(&right, &of_right, operator)?;
    let firsts = right.frame.select_to_vec(&of_right).map_err(bug)?;
    let mut columns = vec![Column::new(MATCH.into(), &groups.ids)];
    for (at, key) in firsts.into_iter().enumerate() {
        columns.push(key.take(&groups.first).map_err(bug)?.with_name(format!("@key{at}").into()));
    }
    let known = DataFrame::new_infer_height(columns).map_err(bug)?;
    let left_keys: Vec<_> = keys.iter().map(|(left, _)| col(*left)).collect();
    let right_keys: Vec<_> = (0..keys.len()).map(|at| col(format!("@key{at}"))).collect();
    let met = left.frame.clone().lazy().join_builder().with(known.lazy()).left_on(left_keys).right_on(right_keys);
    let met = met.how(JoinType::Left).coalesce(JoinCoalesce::KeepColumns).finish().collect().map_err(bug)?;
    Ok((met.drop_many((0..keys.len()).map(|at| format!("@key{at}"))), right, groups))
}

/// Keeps the left rows for which the other table has equal keys, or has none.
fn keep(run: &mut Run, left: Flight, met: DataFrame, matches: bool) -> Result<Flight, Problem> {
    let found = met.column(MATCH).map_err(bug)?;
    let mask = if matches { found.is_not_null() } else { found.is_null() };
    let kept = met.filter(&mask).map_err(bug)?;
    run.lose(&left, &ids(&kept, ROW)?, true)?;
    Ok(left.with(kept))
}

impl<const MEETS: bool> Relational for ByPartner<MEETS> {
    fn name(&self) -> String {
        if MEETS { "semi_join" } else { "anti_join" }.to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some(if MEETS { "no equal key" } else { "has an equal key" })
    }

    fn others(&self) -> Vec<&str> {
        vec![&self.0.with]
    }

    fn check(&self) -> Result<(), Problem> {
        check(&self.0)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        shape(&self.0, inputs)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        needs(&self.0, wanted)
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        self.0.affected()
    }

    fn ways(&self, columns: &[String], inputs: &[Shape]) -> Vec<Way> {
        ways(columns, inputs)
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let (left, right) = two(inputs)?;
        let (met, right, groups) = matched(&self.0, &left, &right, &self.name())?;
        let mut flight = keep(run, left, met, MEETS)?;
        if !MEETS {
            flight.frame = flight.frame.drop(MATCH).map_err(bug)?;
            return Ok(flight);
        }
        // Of right rows that nothing meets nobody asks.
        let used: std::collections::HashSet<u64> = ids(&flight.frame, MATCH)?.iter().flatten().collect();
        let node = groups.node_of(run, &right, |group| used.contains(&group))?;
        flight.frame.rename(MATCH, node_column(node).into()).map_err(bug)?;
        flight.nodes.push(node);
        Ok(flight)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    fn others() -> Table {
        table(df!("_row" => [20_u64, 21, 22, 23], "k" => [Some(2_i64), Some(3), Some(3), None]))
    }

    fn on() -> Join {
        Join::on("u", [""; 0]).and("a", "k")
    }

    #[test]
    fn rows_that_meet_some_and_rows_that_meet_none() {
        let inputs = [("t", numbers()), ("u", others())];
        let semi = run(&Plan::scan("t").semi_join(&Plan::scan("u"), on()).unwrap(), &inputs);
        assert_eq!(cells(&semi.table().unwrap()), ["11|2|y", "12|3|z"]);
        assert_eq!(pairs_of(&semi, "t"), [(11, 11), (12, 12)]);
        assert_eq!(pairs_of(&semi, "u"), [(11, 20), (12, 21), (12, 22)]);
        assert_eq!((semi.reports()[0].dropped, semi.reports()[0].reason.as_deref()), (2, Some("no equal key")));
        assert_eq!(all_sources(semi.indirect()), "t.a join, u.k join");
        let anti = run(&Plan::scan("t").anti_join(&Plan::scan("u"), on()).unwrap(), &inputs);
        assert_eq!(cells(&anti.table().unwrap()), ["10|1|x", "13|null|x"], "null meets nothing, so it stays");
        assert_eq!(pairs_of(&anti, "u"), []);
        assert_eq!(anti.reports()[0].reason.as_deref(), Some("has an equal key"));
    }

    #[test]
    fn a_table_without_itself_is_empty_but_for_nulls() {
        let t = Plan::scan("t");
        let plan = t.clone().anti_join(&t, Join::on("t", ["a"])).unwrap();
        assert_eq!(cells(&run(&plan, &[("t", numbers())]).table().unwrap()), ["13|null|x"]);
        let empty = run(&plan, &[("t", Table::new(numbers().frame().clear()).unwrap())]);
        assert_eq!(empty.table().unwrap().len(), 0);
    }

    #[test]
    fn as_keys_nan_equals_nan_and_the_zeros_are_one() {
        let floats = |zero: f64| table(df!("_row" => [1_u64, 2, 3], "x" => [Some(f64::NAN), Some(zero), None]));
        let inputs = [("l", floats(0.0)), ("r", floats(-0.0))];
        let semi = Plan::scan("l").semi_join(&Plan::scan("r"), Join::on("r", ["x"])).unwrap();
        assert_eq!(cells(&run(&semi, &inputs).table().unwrap()), ["1|NaN", "2|0.0"]);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let inputs = [("t", numbers()), ("u", others())];
        let other = Plan::scan("t").semi_join(&Plan::scan("u"), Join::on("u", [""; 0]).and("b", "k")).unwrap();
        assert!(refusal(&other, &inputs).ends_with("the keys `b` (string) and `k` (int64) have different types"));
        assert!(Plan::scan("t").anti_join(&Plan::scan("u"), on().suffix("_r")).is_err());
    }
}
