//! Joins: equalities become keys, conditions on one side go to that side, the rest is a filter where that is the same.

use super::Lower;
use super::names::{Mentions, Relation, Visible, all, as_ready, place, ready, rewrite, text};
use super::query::common_type;
use crate::sql::text::Refusal;
use crate::{CrossJoin, Derive, Filter, Join, Operator, Rename};
use sqlparser::ast::{BinaryOperator, Expr, Ident, Visit as _};
use sqlparser::tokenizer::Location;
use std::collections::BTreeMap;

/// Which rows of both sides stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
}

/// What joins two relations.
pub(super) enum Conditions<'a> {
    /// All of these hold.
    On(Vec<&'a Expr>),
    /// These columns are equal, and one of them stays.
    Using(Vec<Ident>),
}

/// Pairs of keys, with the plan's names; and what must hold on each side for a key to meet another.
pub(super) struct Keys {
    pairs: Vec<(Expr, Expr)>,
    left: Option<String>,
    right: Option<String>,
}

impl Keys {
    pub(super) fn of(pairs: Vec<(Expr, Expr)>) -> Self {
        Self { pairs, left: None, right: None }
    }
}

/// What a condition looks at, with the plan's names.
enum Side {
    Left(Expr),
    Right(Expr),
    /// Left and right key.
    Keys(Box<Expr>, Box<Expr>),
    Both,
}

/// Whether a condition is an equality between both relations.
pub(super) fn links(condition: &Expr, left: &Relation, right: &Relation) -> bool {
    matches!(side(condition, left, right), Ok(Side::Keys(..)))
}

fn side(condition: &Expr, left: &Relation, right: &Relation) -> Result<Side, Refusal> {
    // A name that both sides have must not be taken for one of them.
    let both = together(left, right);
    rewrite(condition, &both)?;
    if let Ok(found) = rewrite(condition, left) {
        return Ok(Side::Left(found));
    }
    if let Ok(found) = rewrite(condition, right) {
        return Ok(Side::Right(found));
    }
    let mut condition = condition;
    while let Expr::Nested(inner) = condition {
        condition = inner;
    }
    if let Expr::BinaryOp { left: one, op: BinaryOperator::Eq, right: other } = condition {
        for (one, other) in [(one, other), (other, one)] {
            if let (Ok(left), Ok(right)) = (rewrite(one, left), rewrite(other, right)) {
                return Ok(Side::Keys(Box::new(left), Box::new(right)));
            }
        }
    }
    Ok(Side::Both)
}

/// The columns of both, told apart by what the plans call them.
fn together(left: &Relation, right: &Relation) -> Relation {
    let tagged = |relation: &Relation, side: &str| {
        relation
            .columns
            .iter()
            .map(move |column| Visible { column: format!("{side}{}", column.column), ..column.clone() })
            .collect::<Vec<_>>()
    };
    Relation { plan: left.plan.clone(), columns: tagged(left, "l ").into_iter().chain(tagged(right, "r ")).collect() }
}

impl Lower<'_> {
    pub(super) fn join(
        &mut self,
        left: Relation,
        right: Relation,
        kind: Kind,
        conditions: &Conditions<'_>,
        mentions: &Mentions,
        at: Location,
    ) -> Result<Relation, Refusal> {
        let on = match conditions {
            Conditions::Using(names) => return self.using(left, right, kind, names, mentions, at),
            Conditions::On(on) => on,
        };
        let (mut keys, mut of_left, mut of_right, mut of_both) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for condition in on {
            match side(condition, &left, &right)? {
                Side::Left(condition) => of_left.push(condition),
                Side::Right(condition) => of_right.push(condition),
                Side::Keys(left, right) => keys.push((*left, *right)),
                Side::Both => of_both.push((*condition).clone()),
            }
        }
        if kind != Kind::Inner && (!of_both.is_empty() || keys.is_empty()) {
            let place = of_both.first().map(place).unwrap_or(at);
            let reason = match of_both.is_empty() {
                true => "this join needs an equality between both tables: each row is kept or lost by its key",
                false => {
                    "this join takes equalities between both tables and conditions on one of them; another condition on both could only be met row by row"
                }
            };
            return Err(Refusal::at(reason, place));
        }
        let mut inside = Mentions::default();
        for condition in on {
            let _ = condition.visit(&mut inside);
        }
        let (mut left, mut right) = (left, right);
        // A condition on a side of which only rows that meet stay is a filter. On a side whose rows all stay it decides whether
        // they meet: their key is null where it does not hold.
        if matches!(kind, Kind::Inner | Kind::Right | Kind::Semi) {
            left = self.filtered(left, &std::mem::take(&mut of_left), at)?;
        }
        if matches!(kind, Kind::Inner | Kind::Left | Kind::Semi | Kind::Anti) {
            right = self.filtered(right, &std::mem::take(&mut of_right), at)?;
        }
        let mut made = match keys.is_empty() {
            true => self.crossed(left, right, at)?,
            false => {
                let keys = Keys { pairs: keys, left: all(&of_left), right: all(&of_right) };
                let wanted = |key: &Visible| mentions.beyond(&inside, key.table.as_deref(), &key.name, true);
                self.keyed(left, right, kind, keys, &wanted, at)?
            }
        };
        let rest: Vec<Expr> = of_both.iter().map(|condition| rewrite(condition, &made)).collect::<Result<_, _>>()?;
        made = self.filtered(made, &rest, at)?;
        Ok(made)
    }

    /// Keeps the rows for which conditions hold, which have the plan's names.
    pub(super) fn filtered(
        &mut self,
        relation: Relation,
        conditions: &[Expr],
        at: Location,
    ) -> Result<Relation, Refusal> {
        let Some(condition) = all(conditions) else { return Ok(relation) };
        let at = conditions.first().map(place).filter(|place| place.line > 0).unwrap_or(at);
        let plan = self.apply(relation.plan, Operator::Filter(Filter(condition)), Vec::new(), at)?;
        Ok(Relation { plan, columns: relation.columns })
    }

    fn crossed(&mut self, left: Relation, right: Relation, at: Location) -> Result<Relation, Refusal> {
        let right = self.apart(&left, right, &[], at)?;
        let with = right.plan.name().to_owned();
        let plan =
            self.apply(left.plan, Operator::CrossJoin(CrossJoin { with, suffix: None }), vec![right.plan], at)?;
        Ok(Relation { plan, columns: left.columns.into_iter().chain(right.columns).collect() })
    }

    /// Gives the right plan's columns names that the left one does not have; keys go away and may keep theirs.
    fn apart(
        &mut self,
        left: &Relation,
        mut right: Relation,
        keys: &[String],
        at: Location,
    ) -> Result<Relation, Refusal> {
        let (of_left, of_right) = (self.schema(&left.plan)?, self.schema(&right.plan)?);
        let mut taken: std::collections::BTreeSet<String> =
            of_left.names().chain(of_right.names()).map(str::to_owned).collect();
        let mut names = BTreeMap::new();
        for column in
            of_right.names().filter(|column| of_left.get(column).is_some() && !keys.iter().any(|key| key == column))
        {
            let visible = right.columns.iter().find(|visible| visible.column == column);
            let wanted = match visible.and_then(|visible| visible.table.as_ref()) {
                Some(table) => format!("{table}.{column}"),
                None => column.to_owned(),
            };
            let new = super::names::free(&wanted, &taken);
            taken.insert(new.clone());
            names.insert(column.to_owned(), new);
        }
        if names.is_empty() {
            return Ok(right);
        }
        for column in &mut right.columns {
            if let Some(new) = names.get(&column.column) {
                column.column.clone_from(new);
            }
        }
        right.plan = self.apply(right.plan, Operator::Rename(Rename(names)), Vec::new(), at)?;
        Ok(right)
    }

    /// A join by keys. `wanted`: whether a key of the right table is looked at behind the join.
    pub(super) fn keyed(
        &mut self,
        mut left: Relation,
        mut right: Relation,
        kind: Kind,
        keys: Keys,
        wanted: &dyn Fn(&Visible) -> bool,
        at: Location,
    ) -> Result<Relation, Refusal> {
        let Keys { pairs, left: left_condition, right: right_condition } = keys;
        let (of_left, of_right) = (self.schema(&left.plan)?, self.schema(&right.plan)?);
        let mut join = Join { with: right.plan.name().to_owned(), ..Join::default() };
        let (mut left_new, mut right_new, mut gone) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (left_key, right_key) in pairs {
            let casts = match (as_ready(&left_key), as_ready(&right_key)) {
                (Some(left), Some(right)) => {
                    common_type(&of_left, left, &of_right, right).map_err(|reason| Refusal::at(reason, at))?
                }
                _ => None,
            };
            // Rows of the right side that meet none would put their key into the left one.
            let own_left = matches!(kind, Kind::Right | Kind::Full);
            let left_name = match as_ready(&left_key) {
                Some(column)
                    if casts.is_none()
                        && left_condition.is_none()
                        && !own_left
                        && !join.left_on.iter().any(|other| other == column) =>
                {
                    column.to_owned()
                }
                _ => {
                    let name = self.new_name(&text(&left_key), &[&left, &right], &left_new, &right_new)?;
                    left_new.insert(name.clone(), keyed_text(&left_key, left_condition.as_deref(), casts));
                    name
                }
            };
            let right_column =
                as_ready(&right_key).and_then(|column| right.columns.iter().find(|visible| visible.column == column));
            let keeps = matches!(kind, Kind::Semi | Kind::Anti);
            let right_name = match right_column {
                Some(column)
                    if casts.is_none()
                        && right_condition.is_none()
                        && (keeps || !wanted(column))
                        && !join.right_on.contains(&column.column) =>
                {
                    gone.push(column.column.clone());
                    column.column.clone()
                }
                _ => {
                    let name = self.new_name(&text(&right_key), &[&left, &right], &left_new, &right_new)?;
                    right_new.insert(name.clone(), keyed_text(&right_key, right_condition.as_deref(), casts));
                    name
                }
            };
            join.left_on.push(left_name);
            join.right_on.push(right_name);
        }
        left.plan = self.derived(left.plan, left_new, at)?;
        right.plan = self.derived(right.plan, right_new, at)?;
        let semi = matches!(kind, Kind::Semi | Kind::Anti);
        if !semi {
            right = self.apart(&left, right, &join.right_on, at)?;
            right.columns.retain(|column| !gone.contains(&column.column));
        }
        let operator = match kind {
            Kind::Inner => Operator::InnerJoin(join),
            Kind::Left => Operator::LeftJoin(join),
            Kind::Right => Operator::RightJoin(join),
            Kind::Full => Operator::FullJoin(join),
            Kind::Semi => Operator::SemiJoin(join),
            Kind::Anti => Operator::AntiJoin(join),
        };
        let plan = self.apply(left.plan, operator, vec![right.plan], at)?;
        let columns = if semi { left.columns } else { left.columns.into_iter().chain(right.columns).collect() };
        Ok(Relation { plan, columns })
    }

    fn new_name(
        &self,
        wanted: &str,
        relations: &[&Relation],
        left: &BTreeMap<String, String>,
        right: &BTreeMap<String, String>,
    ) -> Result<String, Refusal> {
        let mut taken = std::collections::BTreeSet::new();
        for relation in relations {
            taken.extend(self.schema(&relation.plan)?.names().map(str::to_owned));
        }
        taken.extend(left.keys().chain(right.keys()).cloned());
        Ok(super::names::free(&format!("key {wanted}"), &taken))
    }

    pub(super) fn derived(
        &mut self,
        plan: crate::Plan,
        columns: BTreeMap<String, String>,
        at: Location,
    ) -> Result<crate::Plan, Refusal> {
        match columns.is_empty() {
            true => Ok(plan),
            false => self.apply(plan, Operator::Derive(Derive(columns)), Vec::new(), at),
        }
    }

    /// `USING`: one column stays of two.
    fn using(
        &mut self,
        left: Relation,
        mut right: Relation,
        kind: Kind,
        names: &[Ident],
        mentions: &Mentions,
        at: Location,
    ) -> Result<Relation, Refusal> {
        let mut pairs = Vec::new();
        for name in names {
            let parts = std::slice::from_ref(name);
            pairs.push((left.resolve(parts)?.clone(), right.resolve(parts)?.clone()));
        }
        if matches!(kind, Kind::Semi | Kind::Anti) {
            let keys = pairs.into_iter().map(|(left, right)| (ready(&left.column), ready(&right.column))).collect();
            return self.keyed(left, right, kind, Keys::of(keys), &|_| false, at);
        }
        let (of_left, of_right) = (self.schema(&left.plan)?, self.schema(&right.plan)?);
        let mut join = Join { with: right.plan.name().to_owned(), ..Join::default() };
        let mut copies = BTreeMap::new();
        let mut hidden: Vec<Visible> = Vec::new();
        for (left_column, right_column) in &pairs {
            if let Some(to) = common_type(&of_left, &left_column.column, &of_right, &right_column.column)
                .map_err(|reason| Refusal::at(reason, at))?
            {
                return Err(Refusal::at(
                    format!("`{}` has two types in `USING`; cast both to {to} before", left_column.name),
                    at,
                ));
            }
            let qualified =
                mentions.beyond(&Mentions::default(), right_column.table.as_deref(), &right_column.name, false);
            if qualified {
                let copy = self.new_name(&right_column.column, &[&left, &right], &copies, &BTreeMap::new())?;
                copies.insert(copy.clone(), text(&ready(&right_column.column)));
                hidden.push(Visible { column: copy, bare: false, ..right_column.clone() });
            }
            join.left_on.push(left_column.column.clone());
            join.right_on.push(right_column.column.clone());
        }
        right.plan = self.derived(right.plan, copies, at)?;
        right.columns.retain(|column| !join.right_on.contains(&column.column));
        right.columns.extend(hidden);
        right = self.apart(&left, right, &join.right_on, at)?;
        let mut columns = left.columns;
        if matches!(kind, Kind::Right | Kind::Full) {
            // The one column holds the other side's value too, so it is no longer the left table's.
            let is_key = |column: &Visible| join.left_on.contains(&column.column);
            columns.iter_mut().filter(|column| is_key(column)).for_each(|column| column.table = None);
        }
        let operator = match kind {
            Kind::Left => Operator::LeftJoin(join),
            Kind::Right => Operator::RightJoin(join),
            Kind::Full => Operator::FullJoin(join),
            _ => Operator::InnerJoin(join),
        };
        let plan = self.apply(left.plan, operator, vec![right.plan], at)?;
        columns.extend(right.columns);
        Ok(Relation { plan, columns })
    }
}

fn keyed_text(key: &Expr, condition: Option<&str>, cast: Option<&str>) -> String {
    let key = match cast {
        None => text(key),
        Some(to) => format!("CAST({} AS {to})", text(key)),
    };
    match condition {
        None => key,
        Some(condition) => format!("CASE WHEN {condition} THEN {key} END"),
    }
}
