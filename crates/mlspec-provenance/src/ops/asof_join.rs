//! `asof_join`: every row with the nearest row of another table, mostly the last one before it.

use super::fill_nulls::Constant;
use super::join::{beside, check_pairs, needs, right_names};
use super::{names, two};
use crate::engine::Run;
use crate::flight::{bug, ids};
use crate::hash::{pair, seed};
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::{DataType as Type, Dependency};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Every row of the left table, with the row of the right one that is nearest in time, or in another quantity: with none if there is
/// none. Null and NaN are near to nothing. Of right rows at the same place `backward` takes that of the greatest id, `forward` that of
/// the least, and `nearest` the one before where both sides are equally near.
///
/// The result has the columns of the left table, then those of the right one, without the keys of `by`, and without `on` where both
/// tables name it alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AsofJoin {
    /// The right table.
    pub with: String,
    /// The column of numbers, days, moments, times of day or lengths of time, where both tables name it alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// That of the left table, where names differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_on: Option<String>,
    /// That of the right table, where names differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_on: Option<String>,
    /// Columns that must be equal besides, where both tables name them alike. Null equals nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Those of the left table, where names differ; as many as `right_by`, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_by: Vec<String>,
    /// Those of the right table, where names differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub right_by: Vec<String>,
    /// On which side the row is looked for.
    #[serde(default)]
    pub direction: Direction,
    /// How far away the row may be: a number, of days for days; for moments and lengths of time a text such as `2h`, `30m`, `1d12h` or
    /// `500ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Constant>,
    /// Whether a row at the very same place does not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// What is put behind the names of right columns that the left table has too. Without it such a name is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

/// On which side a row is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Direction {
    /// The last row at or before it.
    #[default]
    Backward,
    /// The first row at or after it.
    Forward,
    /// The nearer one of both.
    Nearest,
}

impl AsofJoin {
    /// A join on a column that both tables name alike. `with` names the right table in errors.
    pub fn on(with: impl Into<String>, on: impl Into<String>) -> Self {
        Self { with: with.into(), on: Some(on.into()), ..Self::default() }
    }

    /// Adds columns that must be equal.
    #[must_use]
    pub fn by<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.by.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Sets the side.
    #[must_use]
    pub fn direction(self, direction: Direction) -> Self {
        Self { direction, ..self }
    }

    /// Sets how far away a row may be.
    #[must_use]
    pub fn tolerance(self, tolerance: impl Into<Constant>) -> Self {
        Self { tolerance: Some(tolerance.into()), ..self }
    }

    /// The column of either table.
    fn place(&self) -> Result<(&str, &str), Problem> {
        match (&self.on, &self.left_on, &self.right_on) {
            (Some(on), None, None) => Ok((on, on)),
            (None, Some(left), Some(right)) => Ok((left, right)),
            _ => Err(Problem::Parameter("an as-of join needs either `on`, or `left_on` and `right_on`".to_owned())),
        }
    }

    /// Pairs of columns that must be equal.
    fn keys(&self) -> Result<Vec<(&str, &str)>, Problem> {
        let (left, right) = (self.left_by.len(), self.right_by.len());
        if left != right {
            return Err(Problem::Parameter(format!("`left_by` has {left} columns, `right_by` has {right}")));
        }
        let alike = self.by.iter().map(|key| (key.as_str(), key.as_str()));
        let named = self.left_by.iter().map(String::as_str).zip(self.right_by.iter().map(String::as_str));
        Ok(alike.chain(named).collect())
    }

    fn names(&self, left: &Shape, right: &Shape) -> Vec<(String, String)> {
        let mut out: BTreeSet<_> = self.keys().unwrap_or_default().into_iter().map(|(_, right)| right).collect();
        out.extend(self.on.as_deref());
        right_names(left, right, |column| !out.contains(column), self.suffix.as_deref())
    }

    /// The positions of both tables' columns that this join reads, whatever else is wanted.
    fn reads(&self) -> Result<Vec<(&str, &str)>, Problem> {
        let mut reads = self.keys()?;
        reads.push(self.place()?);
        Ok(reads)
    }

    /// How far away a row may be, in the numbers of a type.
    fn reach(&self, found: Type) -> Result<Option<Reach>, Problem> {
        let Some(tolerance) = &self.tolerance else { return Ok(None) };
        let unfit = || Problem::Parameter(format!("`tolerance` does not fit a column of type `{found}`"));
        let number = tolerance.number();
        let reach = match found {
            Type::Float32 | Type::Float64 => Reach::Float(number.ok_or_else(unfit)?),
            Type::Datetime | Type::DatetimeUtc | Type::Duration => {
                Reach::Integer(span(tolerance.text().ok_or_else(unfit)?)?)
            }
            Type::Time => Reach::Integer(span(tolerance.text().ok_or_else(unfit)?)? * 1_000),
            _ => Reach::Integer(number.filter(|number| number.fract() == 0.0).ok_or_else(unfit)? as i128),
        };
        match reach {
            Reach::Float(reach) if reach.is_nan() || reach < 0.0 => Err(unfit()),
            Reach::Integer(reach) if reach < 0 => Err(unfit()),
            reach => Ok(Some(reach)),
        }
    }
}

/// A distance.
#[derive(Clone, Copy)]
enum Reach {
    Float(f64),
    Integer(i128),
}

/// A length of time, in microseconds: numbers with units, from weeks to microseconds, one behind the other.
fn span(text: &str) -> Result<i128, Problem> {
    const UNITS: [(&str, i128); 7] = [
        ("ms", 1_000),
        ("us", 1),
        ("w", 604_800_000_000),
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
    ];
    let wrong = || Problem::Parameter(format!("`{text}` is no length of time, such as `2h` or `1d12h`"));
    let (mut rest, mut sum) = (text, 0_i128);
    while !rest.is_empty() {
        let digits =
            rest.find(|letter: char| !letter.is_ascii_digit()).filter(|digits| *digits > 0).ok_or_else(wrong)?;
        let number: u32 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let (unit, micros) = UNITS.into_iter().find(|(unit, _)| rest.starts_with(unit)).ok_or_else(wrong)?;
        rest = &rest[unit.len()..];
        sum += i128::from(number) * micros;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(sum) }
}

fn check_place(column: &str, found: Type) -> Result<(), Problem> {
    match found {
        Type::Date | Type::Time | Type::Datetime | Type::DatetimeUtc | Type::Duration => Ok(()),
        found if found.is_numeric() => Ok(()),
        found => Err(Problem::Type(format!("the column `{column}` of type `{found}` knows no distance"))),
    }
}

impl Relational for AsofJoin {
    fn name(&self) -> String {
        "asof_join".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("nearest to no row")
    }

    fn others(&self) -> Vec<&str> {
        vec![&self.with]
    }

    fn check(&self) -> Result<(), Problem> {
        self.reads().map(drop)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let (mut left, mut right) = two(inputs)?;
        let reads = self.reads()?;
        check_pairs(&reads, &left, &right)?;
        let (place, _) = self.place()?;
        if let Some(found) = left.schema.get(place) {
            check_place(place, found)?;
            self.reach(found)?;
        }
        left.note(reads.iter().map(|(left, _)| *left), Dependency::Join);
        right.note(reads.iter().map(|(_, right)| *right), Dependency::Join);
        let names = self.names(&left, &right);
        beside(left, right, names)
    }

    fn needs(&self, wanted: &BTreeSet<String>, inputs: &[Shape]) -> Vec<BTreeSet<String>> {
        let ([left, right], Ok(reads)) = (inputs, self.reads()) else { return vec![wanted.clone(); inputs.len()] };
        needs(wanted, left, right, &self.names(left, right), &reads)
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        let keys = self.keys().unwrap_or_default();
        if keys.is_empty() {
            return Affected::All;
        }
        let (left, right) = keys.into_iter().map(|(left, right)| (left.to_owned(), right.to_owned())).unzip();
        Affected::Keys { columns: vec![left, right], nulls: false }
    }

    fn ways(&self, columns: &[String], inputs: &[Shape]) -> Vec<Way> {
        let Some(left) = inputs.first() else { return Vec::new() };
        let from_left = Way::through(columns, |column| names(left).find(|name| *name == column).map(str::to_owned));
        match (from_left, self.affected(inputs)) {
            (Way::Whole, _) => vec![Way::Whole, Way::Whole],
            (from_left, Affected::All) => vec![from_left, Way::Whole],
            (from_left, _) => vec![from_left, Way::Partners],
        }
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let (mut left, mut right) = two(inputs)?;
        let before = right.clone().keep(|_| false)?;
        let found = self.matches(&left, &right)?;
        let (left_ids, right_ids) = (left.hide_ids("@left")?, right.hide_ids("@right")?);
        let suffix = self.suffix.as_deref().unwrap_or_default();
        let keys: BTreeSet<_> = self.keys()?.into_iter().map(|(_, right)| right).chain(self.on.as_deref()).collect();
        let kept = right.frame.drop_many(keys.iter().copied());
        let mut columns = left.frame.columns().to_vec();
        columns.extend(kept.take(&found).map_err(bug)?.into_columns().into_iter().map(|column| {
            match left.has(column.name()) {
                true => column.clone().with_name(format!("{}{suffix}", column.name()).into()),
                false => column,
            }
        }));
        let mut frame = DataFrame::new(left.rows(), columns).map_err(bug)?;
        let (from_left, from_right) = (ids(&frame, &left_ids)?, ids(&frame, &right_ids)?);
        run.lose(&before, &from_right, false)?;
        let seed = seed("asof_join");
        let row =
            from_left.iter().zip(from_right.iter()).map(|(left, right)| pair(seed, left.unwrap_or_default(), right));
        let row: Vec<u64> = row.collect();
        frame = frame.drop_many(["@left", "@right"]);
        frame.with_column(Column::new(ROW.into(), row)).map_err(bug)?;
        Ok(Flight { frame, own: None, nodes: left.nodes.iter().chain(&right.nodes).copied().collect() })
    }
}

/// For every row the number of its key; none where a part of the key is null.
type Numbers = Vec<Option<u32>>;

/// A row that may be found: its place, its id, its position in the frame.
type Candidate<T> = (T, u64, IdxSize);

impl AsofJoin {
    /// For every left row the position of the right one.
    fn matches(&self, left: &Flight, right: &Flight) -> Result<IdxCa, Problem> {
        let (left_on, right_on) = self.place()?;
        let groups = self.groups(left, right)?;
        let at = |flight: &Flight, column: &str| {
            Ok::<_, Problem>(
                flight.frame.column(column).map_err(bug)?.as_materialized_series().to_physical_repr().rechunk(),
            )
        };
        let (from, to) = (at(left, left_on)?, at(right, right_on)?);
        let ids: Vec<u64> = right.ids()?.iter().flatten().collect();
        let found = mlspec_table::from_polars(left.frame.column(left_on).map_err(bug)?.dtype());
        let reach = found.map(|found| self.reach(found)).transpose()?.flatten();
        if from.dtype().is_float() {
            let floats = |values: &Series| -> Result<Vec<Option<f64>>, Problem> {
                let values = values.cast(&DataType::Float64).map_err(bug)?;
                Ok(values.f64().map_err(bug)?.iter().map(|value| value.filter(|value| !value.is_nan())).collect())
            };
            let reach = match reach {
                Some(Reach::Float(reach)) => Some(reach),
                _ => None,
            };
            Ok(self.nearest(&groups, &floats(&from)?, &floats(&to)?, &ids, reach))
        } else {
            let integers = |values: &Series| -> Result<Vec<Option<i128>>, Problem> {
                Ok(match values.dtype() {
                    DataType::UInt64 => values.u64().map_err(bug)?.iter().map(|value| value.map(i128::from)).collect(),
                    _ => {
                        let values = values.cast(&DataType::Int64).map_err(bug)?;
                        values.i64().map_err(bug)?.iter().map(|value| value.map(i128::from)).collect()
                    }
                })
            };
            let reach = match reach {
                Some(Reach::Integer(reach)) => Some(reach),
                _ => None,
            };
            Ok(self.nearest(&groups, &integers(&from)?, &integers(&to)?, &ids, reach))
        }
    }

    /// The numbers of both tables' keys. Without keys all are 0.
    fn groups(&self, left: &Flight, right: &Flight) -> Result<(Numbers, Numbers), Problem> {
        let keys = self.keys()?;
        let (rows_left, rows_right) = (left.rows(), right.rows());
        if keys.is_empty() {
            return Ok((vec![Some(0); rows_left], vec![Some(0); rows_right]));
        }
        let mut columns = Vec::new();
        let mut complete = BooleanChunked::full(PlSmallStr::EMPTY, true, rows_left + rows_right);
        for (at, (of_left, of_right)) in keys.into_iter().enumerate() {
            let mut column = left.frame.column(of_left).map_err(bug)?.clone().with_name(at.to_string().into());
            column.append(right.frame.column(of_right).map_err(bug)?).map_err(bug)?;
            complete = complete & column.is_not_null();
            columns.push(column.rechunk());
        }
        let frame = DataFrame::new(rows_left + rows_right, columns).map_err(bug)?;
        let same = frame.group_by_with_series(frame.columns().to_vec(), true, false).map_err(bug)?.into_groups();
        let mut numbers: Vec<Option<u32>> = vec![None; rows_left + rows_right];
        for (number, group) in same.iter().enumerate() {
            let rows: Vec<IdxSize> = match group {
                GroupsIndicator::Idx((_, rows)) => rows.to_vec(),
                GroupsIndicator::Slice([first, len]) => (first..first + len).collect(),
            };
            for at in rows.into_iter().filter(|at| complete.get(*at as usize) == Some(true)) {
                numbers[at as usize] = Some(number as u32);
            }
        }
        let of_right = numbers.split_off(rows_left);
        Ok((numbers, of_right))
    }

    fn nearest<T: Copy + PartialOrd + std::ops::Sub<Output = T> + Sync>(
        &self,
        (of_left, of_right): &(Numbers, Numbers),
        left: &[Option<T>],
        right: &[Option<T>],
        ids: &[u64],
        reach: Option<T>,
    ) -> IdxCa {
        let count = of_left.iter().chain(of_right).flatten().max().map_or(0, |most| *most as usize + 1);
        let mut candidates: Vec<Vec<Candidate<T>>> = std::iter::repeat_with(Vec::new).take(count).collect();
        for (at, ((group, place), id)) in of_right.iter().zip(right).zip(ids).enumerate() {
            if let (Some(group), Some(place)) = (group, place) {
                candidates[*group as usize].push((*place, *id, at as IdxSize));
            }
        }
        for found in &mut candidates {
            found.sort_unstable_by(|one, other| {
                let order = one.0.partial_cmp(&other.0).unwrap_or(std::cmp::Ordering::Equal);
                order.then_with(|| one.1.cmp(&other.1))
            });
        }
        let of = |(group, place): (&Option<u32>, &Option<T>)| {
            let (group, place) = ((*group)?, (*place)?);
            self.choose(&candidates[group as usize], place, reach)
        };
        of_left.iter().zip(left).map(of).collect()
    }

    /// The row that is taken, of those in order.
    fn choose<T: Copy + PartialOrd + std::ops::Sub<Output = T>>(
        &self,
        candidates: &[Candidate<T>],
        place: T,
        reach: Option<T>,
    ) -> Option<IdxSize> {
        let near = |distance: T| reach.is_none_or(|reach| distance <= reach);
        let before = candidates.partition_point(|found| if self.strict { found.0 < place } else { found.0 <= place });
        let after = candidates.partition_point(|found| if self.strict { found.0 <= place } else { found.0 < place });
        let backward = before.checked_sub(1).and_then(|at| candidates.get(at)).filter(|found| near(place - found.0));
        let forward = candidates.get(after).filter(|found| near(found.0 - place));
        let chosen = match self.direction {
            Direction::Backward => backward,
            Direction::Forward => forward,
            Direction::Nearest => match (backward, forward) {
                (Some(one), Some(other)) if other.0 - place < place - one.0 => Some(other),
                (one, other) => one.or(other),
            },
        };
        chosen.map(|found| found.2)
    }
}

#[cfg(test)]
mod tests {
    use super::{AsofJoin, Direction, span};
    use crate::testing::*;

    fn trades() -> Table {
        table(
            df!("_row" => [1_u64, 2, 3, 4], "t" => [Some(5_i64), Some(10), Some(1), None], "k" => [Some("a"), Some("b"), Some("a"), Some("a")]),
        )
    }

    fn quotes() -> Table {
        table(df!(
            "_row" => [20_u64, 21, 22, 23, 24],
            "t" => [3_i64, 5, 5, 9, 12],
            "k" => [Some("a"), Some("a"), Some("a"), Some("b"), None],
            "q" => ["3", "5", "5+", "9", "12"]
        ))
    }

    #[track_caller]
    fn check(join: AsofJoin, expect: [&str; 4]) -> Tracked {
        let plan = Plan::scan("l").asof_join(&Plan::scan("r"), AsofJoin { suffix: Some("_r".into()), ..join }).unwrap();
        let tracked = run(&plan.select(["q"]), &[("l", trades()), ("r", quotes())]);
        let table = tracked.table().unwrap();
        let from: std::collections::BTreeMap<u64, u64> = pairs_of(&tracked, "l").into_iter().collect();
        let mut found: Vec<_> = table.ids().into_iter().zip(cells(&table)).map(|(id, row)| (from[&id], row)).collect();
        found.sort();
        let found: Vec<_> = found.iter().map(|(_, row)| row.split_once('|').unwrap().1).collect();
        assert_eq!(found, expect);
        tracked
    }

    #[test]
    fn the_nearest_row_on_a_side() {
        let on = || AsofJoin::on("r", "t");
        let tracked = check(on(), ["5+", "9", "null", "null"]);
        assert_eq!(pairs_of(&tracked, "r").len(), 2);
        assert_eq!(all_sources(tracked.indirect()), "l.t join, r.t join");
        assert_eq!(
            (tracked.reports()[0].dropped, tracked.reports()[0].reason.as_deref()),
            (3, Some("nearest to no row"))
        );
        check(AsofJoin { strict: true, ..on() }, ["3", "9", "null", "null"]);
        check(on().direction(Direction::Forward), ["5", "12", "3", "null"]);
        check(AsofJoin { strict: true, ..on().direction(Direction::Forward) }, ["9", "12", "3", "null"]);
        check(on().direction(Direction::Nearest), ["5+", "9", "3", "null"]);
        check(AsofJoin { strict: true, ..on().direction(Direction::Nearest) }, ["3", "9", "3", "null"]);
        check(on().tolerance(0), ["5+", "null", "null", "null"]);
        check(on().tolerance(1).direction(Direction::Nearest), ["5+", "9", "null", "null"]);
    }

    #[test]
    fn within_equal_keys() {
        let on = || AsofJoin::on("r", "t").by(["k"]);
        let tracked = check(on(), ["5+", "9", "null", "null"]);
        assert_eq!(all_sources(tracked.indirect()), "l.k join, l.t join, r.k join, r.t join");
        check(on().direction(Direction::Forward), ["5", "null", "3", "null"]);
    }

    #[test]
    fn columns_of_both_tables() {
        let inputs = [("l", trades()), ("r", quotes())];
        let join = |on: AsofJoin| Plan::scan("l").asof_join(&Plan::scan("r"), on).unwrap();
        let columns = |plan: &Plan| run(plan, &inputs).schema().names().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(columns(&join(AsofJoin::on("r", "t").by(["k"]))), ["t", "k", "q"]);
        let named = AsofJoin {
            left_on: Some("t".into()),
            right_on: Some("t".into()),
            by: vec!["k".into()],
            ..AsofJoin::default()
        };
        assert_eq!(columns(&join(AsofJoin { suffix: Some("_r".into()), ..named.clone() })), ["t", "k", "t_r", "q"]);
        let check = |plan: Plan, expect: &str| {
            let found = refusal(&plan, &inputs);
            assert!(found.ends_with(expect), "{found}");
        };
        check(join(named), "two columns would be named `t`");
        check(join(AsofJoin::on("r", "k")), "the column `k` of type `string` knows no distance");
        check(join(AsofJoin::on("r", "z")), "there is no column `z`");
        check(
            join(AsofJoin::on("r", "t").by(["k"]).tolerance("1h")),
            "`tolerance` does not fit a column of type `int64`",
        );
        check(
            join(AsofJoin::on("r", "t").by(["k"]).tolerance(-1)),
            "`tolerance` does not fit a column of type `int64`",
        );
        let neither = Plan::scan("l").asof_join(&Plan::scan("r"), AsofJoin::default());
        assert!(neither.is_err());
    }

    #[test]
    fn lengths_of_time() {
        let check = |text: &str, expect: Option<i128>| assert_eq!(span(text).ok(), expect, "{text}");
        check("2h", Some(7_200_000_000));
        check("1d12h30m", Some(131_400_000_000));
        check("500ms", Some(500_000));
        check("1s1us", Some(1_000_001));
        for text in ["", "h", "2", "2y", "-1h", "1.5h", "99999999999h", "2h x", "２h"] {
            check(text, None);
        }
    }
}
